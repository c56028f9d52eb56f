"""A crashed callback of the application fails the test with the fixture: in all others the SDK swallows it."""

from __future__ import annotations

from typing import Any

import pytest

from any_sdk import IS_3
from applications import add_application

HEADING = "Rule 'no-callback-errors' is broken (on in tests that use sentry_capture or sentry_server)."


@pytest.fixture
def shop(pytester: pytest.Pytester) -> pytest.Pytester:
    add_application(pytester, "shop_of_crashing_callbacks")
    return pytester


def run(shop: pytest.Pytester, test: str, *args: str) -> pytest.RunResult:
    shop.makepyfile(f"import any_sdk\nfrom shop import *\n\n{test}")
    return shop.runpytest_inprocess("--tb=short", *args)


def test_the_test_fails_with_the_traceback_and_what_was_lost(shop: pytest.Pytester) -> None:
    result = run(shop, "def test(sentry_capture):\n    report()")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*_ test _*",
            HEADING,
            "",
            "  shop.crash (shop.py:14) raised KeyError, which the Sentry SDK swallowed.",
            "    lost: info message (5 characters)",
            "    Traceback (most recent call last):",
            '      File "*shop.py", line 15, in crash',
            '        raise KeyError("oops")',
            "    KeyError: 'oops'",
            "",
            "Expect it with assert_discarded(reason='callback_error'). To waive it, use",
            '@pytest.mark.sentry_allow("no-callback-errors", reason="…"). See "Rules" in the documentation.',
            "*- Captured by Sentry -*",
            "crashed    shop.crash (shop.py:14): KeyError",
            "discarded  info message (5 characters): callback_error by shop.crash (shop.py:14)",
        ],
        consecutive=True,
    )
    result.stdout.no_fnmatch_line("*pytest_sentry_capture/*")
    assert result.ret == pytest.ExitCode.TESTS_FAILED


CRASHES = {
    "before_send": 'sentry_sdk.init(dsn=DSN, before_send=crash)\n    sentry_sdk.capture_message("x")',
    "before_send_transaction": """sentry_sdk.init(dsn=DSN, before_send_transaction=crash, traces_sample_rate=1.0)
    with any_sdk.segment("x"):
        pass""",
    "before_send_span": """sentry_sdk.init(
        dsn=DSN, before_send_span=crash, traces_sample_rate=1.0, trace_lifecycle="stream"
    )
    with any_sdk.streamed_segment("x"):
        pass""",
    "before_send_log": """sentry_sdk.init(dsn=DSN, before_send_log=crash, **any_sdk.logs_enabled())
    sentry_sdk.logger.info("x")""",
    "before_send_metric": """sentry_sdk.init(dsn=DSN, before_send_metric=crash)
    sentry_sdk.metrics.count("x", 1)""",
    "error_sampler": """sentry_sdk.init(dsn=DSN, error_sampler=crash)
    sentry_sdk.capture_message("x")""",
    "traces_sampler": """sentry_sdk.init(dsn=DSN, traces_sampler=crash)
    with any_sdk.segment("x"):
        pass""",
    "event_processor": """sentry_sdk.init(dsn=DSN)
    with any_sdk.new_scope() as scope:
        scope.add_event_processor(crash)
        sentry_sdk.capture_message("x")""",
}
NEEDED = {
    "before_send_transaction": "before_send_transaction",
    "before_send_span": "before_send_span",
    **dict.fromkeys(
        ("before_send_log", "before_send_metric", "traces_sampler"), "errors of callbacks that the SDK catches"
    ),
}


def of_callback(callback: str, *more: object) -> Any:
    """What a test gets, where the SDK has the callback and hides its errors."""
    return pytest.param(
        callback, *more, marks=[pytest.mark.needs(NEEDED[callback])] if callback in NEEDED else [], id=callback
    )


@pytest.mark.parametrize("callback", [of_callback(callback) for callback in CRASHES])
def test_every_callback_counts(callback: str, shop: pytest.Pytester) -> None:
    result = run(shop, f"def test(sentry_capture):\n    {CRASHES[callback]}")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([HEADING, "", "  shop.crash (shop.py:14) raised KeyError, *"])


# Since sentry-sdk 3, an event is lost with a processor that raises. Up to 2.x, it is sent.
LOSSES = {"before_send": True, "event_processor": IS_3, "error_sampler": False, "before_send_span": False}


@pytest.mark.parametrize(
    ("callback", "is_lost"), [of_callback(callback, is_lost) for callback, is_lost in LOSSES.items()]
)
def test_only_a_loss_can_be_expected(callback: str, is_lost: bool, shop: pytest.Pytester) -> None:
    output = run(shop, f"def test(sentry_capture):\n    {CRASHES[callback]}").stdout.str()

    assert ("Expect it with assert_discarded(reason='callback_error')" in output) is is_lost
    assert '@pytest.mark.sentry_allow("no-callback-errors", reason="…").' in output


@pytest.mark.parametrize(
    ("callback", "what"),
    [
        of_callback(callback, "the event was lost" if is_lost else "the SDK swallowed the exception")
        for callback, is_lost in LOSSES.items()
    ],
)
def test_a_failed_assertion_tells_of_the_crash(callback: str, what: str, shop: pytest.Pytester) -> None:
    result = run(
        shop, f"def test(sentry_capture):\n    {CRASHES[callback]}\n    sentry_capture.assert_captured(message='y')"
    )

    result.stdout.fnmatch_lines([f"E * Hint: shop.crash (shop.py:14) raised, and {what}:", "E * KeyError: 'oops'"])


def test_a_test_without_the_fixture_passes(shop: pytest.Pytester) -> None:
    run(shop, "def test():\n    report()").assert_outcomes(passed=1)


def test_an_asserted_discard_accounts_for_its_callback_only(shop: pytest.Pytester) -> None:
    result = run(
        shop,
        """
def test_expected(sentry_capture):
    report()
    sentry_capture.assert_discarded(reason="callback_error")

def test_without_a_reason(sentry_capture):
    report()
    sentry_capture.assert_discarded(message="hello")

def test_another(sentry_capture):
    report()
    report(crash_too)
    sentry_capture.assert_discarded(reason="callback_error", by=crash)

def test_another_reason(sentry_capture):
    def crash_later(event, hint, seen=[]):
        seen.append(1)
        return None if len(seen) == 1 else crash()

    report(crash_later)
    sentry_sdk.capture_message("hello")
    sentry_capture.assert_discarded(reason="before_send")
""",
    )

    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*_ test_another _*",
            HEADING,
            "",
            "  shop.crash_too (shop.py:18) raised ValueError, *",
            "*_ test_another_reason _*",
        ]
    )


def test_waivers_of_functions_classes_and_modules(shop: pytest.Pytester) -> None:
    shop.makepyfile(test_module="from shop import *\npytestmark = waived\ndef test(sentry_capture):\n    report()")
    result = run(
        shop,
        """
@waived
def test_function(sentry_capture):
    report()

@waived
class TestClass:
    def test_method(self, sentry_capture):
        report()

def test_not_waived(sentry_capture):
    report()
""",
    )

    result.assert_outcomes(passed=3, failed=1)


SHAPE = 'takes a rule and a reason, such as sentry_allow("no-callback-errors", reason="…")'


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", SHAPE),
        ("reason='x'", SHAPE),
        ("7, reason='x'", SHAPE),
        ("'no-callback-errors', 'x'", SHAPE),
        ("'no-callback-errors', reason='x', until='y'", "until must be the last day on which the waiver counts, *"),
        ("'no-callback-errors', reason='x', tickets='y'", "unknown argument 'tickets'; did you mean 'ticket'? *"),
        ("'no-callback-errors'", "a waiver needs a reason: sentry_allow('no-callback-errors', reason=\"…\")"),
        ("'no-callback-errors', reason=' '", "a waiver needs a reason: *"),
        (
            "'no-callback-eror', reason='x'",
            "unknown rule 'no-callback-eror'; did you mean 'no-callback-errors'? Valid: *, contract, *, no-pii, *",
        ),
    ],
)
def test_a_wrong_waiver_fails_the_set_up(arguments: str, message: str, shop: pytest.Pytester) -> None:
    result = run(
        shop,
        f"""
@pytest.fixture(scope="module", autouse=True)
def resource():
    yield
    print("torn down")

def test_before():
    pass

@pytest.mark.sentry_allow({arguments})
def test(sentry_capture):
    pass
""",
        "-s",
    )

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*torn down*"])
    result.stdout.fnmatch_lines(
        ["*_ ERROR at setup of test _*", f"sentry_allow: {message}", "*= short test*"], consecutive=True
    )


@pytest.mark.parametrize(
    ("phase", "outcomes"),
    [("setup", {"failed": 1}), ("teardown", {"passed": 1, "errors": 1}), ("both", {"failed": 1, "errors": 1})],
)
def test_the_report_of_the_phase_fails(phase: str, outcomes: dict[str, int], shop: pytest.Pytester) -> None:
    result = run(
        shop,
        f"""
@pytest.fixture
def reporting():
    if "{phase}" != "teardown":
        report()
    yield
    if "{phase}" != "setup":
        report()

def test(sentry_capture, reporting):
    pass
""",
    )

    result.assert_outcomes(**outcomes)
    result.stdout.fnmatch_lines([HEADING])


def test_other_results_stay_what_they_are(shop: pytest.Pytester) -> None:
    result = run(
        shop,
        """
def test_fails(sentry_capture):
    report()
    assert 1 == 2, "its own failure"

def test_skips(sentry_capture):
    report()
    pytest.skip("its own reason")

@pytest.mark.xfail
def test_xfails(sentry_capture):
    report()
    assert 1 == 2
""",
        "-rs",
    )

    result.assert_outcomes(failed=1, skipped=1, xfailed=1)
    result.stdout.fnmatch_lines(["*its own failure*", "SKIPPED * its own reason"])
    result.stdout.no_fnmatch_line(f"*{HEADING}*")


@pytest.mark.parametrize("strict", [False, True])
def test_an_expected_failure_that_passes_fails(strict: bool, shop: pytest.Pytester) -> None:
    result = run(shop, f"@pytest.mark.xfail(strict={strict})\ndef test(sentry_capture):\n    report()")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([HEADING] if not strict else ["*XPASS(strict)*"])


def test_all_sorts_of_tests(shop: pytest.Pytester) -> None:
    result = run(
        shop,
        """
import unittest
from pytest_sentry_capture import SentryCaptureMixin

class UnitTest(SentryCaptureMixin, unittest.TestCase):
    def test(self):
        report()

@pytest.mark.usefixtures("sentry_capture")
class AnotherUnitTest(unittest.TestCase):
    def test(self):
        report()

@pytest.mark.asyncio
async def test_async(sentry_capture):
    report()

@pytest.mark.parametrize("number", [1, 2])
def test_parametrized(sentry_capture, number):
    report()
""",
    )

    result.assert_outcomes(failed=5)


def test_a_rerun_starts_again(shop: pytest.Pytester) -> None:
    result = run(
        shop,
        """
attempts = []

def test(sentry_capture):
    attempts.append(1)
    report(crash if len(attempts) == 1 else None)
""",
        "-p",
        "rerunfailures",
        "--reruns=2",
    )

    assert result.parseoutcomes() == {"passed": 1, "rerun": 1}


def test_the_run_stops_at_it(shop: pytest.Pytester) -> None:
    result = run(shop, "def test_one(sentry_capture):\n    report()\n\ndef test_two():\n    pass", "-x")

    result.assert_outcomes(failed=1)


def test_workers_and_junit(shop: pytest.Pytester) -> None:
    shop.makepyfile("from shop import *\n\ndef test(sentry_capture):\n    report()")

    result = shop.runpytest_subprocess("-n1", "--junitxml=junit.xml")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([HEADING, "*KeyError: 'oops'"])
    written = (shop.path / "junit.xml").read_text()
    assert 'failures="1"' in written
    assert "shop.crash (shop.py:14)" in written


def test_a_secret_is_not_shown(shop: pytest.Pytester) -> None:
    result = run(shop, 'def test(sentry_capture):\n    sentry_capture.secret("oops")\n    report()')

    result.stdout.fnmatch_lines([HEADING, "    KeyError: '[[]secret]'"])

"""The built-in rules: each kept, broken, waived, not judged, not exercised, and with an unused exception."""

from __future__ import annotations

import re
from typing import NamedTuple

import pytest

from applications import add_application
from run_output import rules_in_report

LISTED = ["not judged", "not exercised", "unused"]
"""What the summary has lines for beside broken rules."""


class Case(NamedTuple):
    """A rule's configuration, a test that keeps it, one that breaks it, and what is said of that."""

    rule: str
    value: str
    kept: str
    broken: str
    problem: str
    details: tuple[str, ...] = ()
    at_teardown: bool = False
    needs: tuple[str, ...] = ()


CASES = [
    Case(
        "server-errors-captured",
        "true",
        'client.get("/crash"); client.get("/later"); client.get("/outer")',
        'client.get("/hidden")',
        "GET /hidden answered 500, but no error event was captured.",
        at_teardown=True,
    ),
    Case(
        "server-errors-captured",
        "true",
        'client.get("/docs")\n    client.get("/crash")',
        'client.get("/twice")',
        "GET /twice answered 500, but 2 error events were captured (expected 1).",
        (
            "1. error ZeroDivisionError (16 characters), handled, GET /twice answered 500",
            "2. error HTTPException from ZeroDivisionError (21 characters), handled, GET /twice answered 500",
        ),
        at_teardown=True,
    ),
    Case(
        "server-errors-captured",
        "{ except_status = [500] }",
        'client.get("/hidden"); client.get("/later")',
        'client.get("/warning")',
        "GET /warning answered 503, but no error event was captured.",
        ("captured with level warning: warning message (6 characters), GET /warning answered 503",),
        at_teardown=True,
    ),
    Case(
        "server-errors-captured",
        "true",
        'client.get("/crash")',
        'sentry_capture.client.options["before_send"] = lambda event, hint: None\n    client.get("/crash")',
        "GET /crash answered 500, but its event was discarded: before_send by"
        " test_rule.test_broken.<locals>.<lambda> (test_rule.py:5).",
        ("discarded: error ZeroDivisionError (16 characters), unhandled, GET /crash answered 500",),
        at_teardown=True,
    ),
    Case(
        "no-callback-errors",
        "true",
        'sentry_init(dsn=DSN, before_send=lambda event, hint: event)\n    sentry_sdk.capture_message("x")',
        'sentry_init(dsn=DSN, before_send=lambda event, hint: hint["exc_info"])\n    sentry_sdk.capture_message("x")',
        "test_rule.test_broken.<locals>.<lambda> (test_rule.py:5) raised KeyError, which the Sentry SDK swallowed.",
        ("lost: info message (1 character)", "Traceback (most recent call last):"),
    ),
    Case(
        "no-silent-loss",
        "true",
        'sentry_init(dsn=DSN, before_send=lambda event, hint: None)\n    sentry_sdk.capture_message("x")',
        "sentry_init(dsn=DSN, before_send=lambda event, hint: {**event, 'extra': {'ratio': float('nan')}})\n"
        '    sentry_sdk.capture_message("x")',
        "info message (1 character) was silently lost: unserializable by"
        " test_rule.test_broken.<locals>.<lambda> (test_rule.py:5).",
    ),
    Case(
        "required-tags",
        '["request_id", "region"]',
        """sentry_init(dsn=DSN)
    sentry_sdk.set_tag("request_id", "r"); sentry_sdk.set_tag("region", "eu")
    sentry_sdk.capture_message("x")""",
        'sentry_init(dsn=DSN)\n    sentry_sdk.set_tag("region", "eu")\n    sentry_sdk.capture_message("x")',
        "tags.request_id is missing: info message (1 character)",
    ),
    Case(
        "required-context",
        '{ always = ["release"], when_authenticated = ["user.id"] }',
        'sentry_capture.client.options["release"] = "1"\n    client.get("/crash")\n'
        '    sentry_sdk.set_user({"id": "jane"})\n    client.get("/crash", headers={"Authorization": "Bearer x"})',
        """sentry_capture.client.options["release"] = "1"
    client.get("/crash", headers={"Authorization": "Bearer x"})""",
        "user.id is missing: error ZeroDivisionError (16 characters), unhandled, GET /crash answered 500",
    ),
    Case(
        "tag-values",
        '{ tags = { plan = ["free", "pro"], order = { regex = "^o-[0-9]+$" } } }',
        """sentry_init(dsn=DSN)
    sentry_sdk.set_tag("plan", "pro"); sentry_sdk.set_tag("order", "o-7")
    sentry_sdk.capture_message("x")""",
        """sentry_init(dsn=DSN)
    sentry_sdk.set_tag("plan", "pro"); sentry_sdk.set_tag("order", "seven")
    sentry_sdk.capture_message("x")""",
        "tags.order has a value that is not allowed: info message (1 character)",
        ("found 'seven', allowed what fits the regex '^o-[0-9]+$'",),
    ),
    Case(
        "max-event-bytes",
        "20_000",
        'sentry_init(dsn=DSN)\n    sentry_sdk.capture_message("x")',
        'sentry_init(dsn=DSN, max_value_length=30_000)\n    sentry_sdk.set_extra("page", "x" * 20_000)\n'
        '    sentry_sdk.capture_message("x")',
        "*bytes are more than 20,000: info message (1 character)",
        ("extra: about 20,* bytes",),
    ),
    Case(
        "max-breadcrumbs",
        "2",
        'sentry_init(dsn=DSN)\n    sentry_sdk.add_breadcrumb(message="x")\n    sentry_sdk.capture_message("x")',
        'sentry_init(dsn=DSN)\n    for _ in range(3):\n        sentry_sdk.add_breadcrumb(message="x")\n'
        '    sentry_sdk.capture_message("x")',
        "3 breadcrumbs are more than 2: info message (1 character)",
    ),
    Case(
        "forbidden-data",
        '{ keys = ["IBAN"], patterns = [{ regex = "DE[0-9]{20}" }], allow = ["extra.known"] }',
        'sentry_init(dsn=DSN)\n    sentry_sdk.set_extra("known", "DE00000000000000000000")\n'
        '    sentry_sdk.set_context("payment", {"iban": "[Filtered]"})\n    sentry_sdk.capture_message("x")',
        'sentry_init(dsn=DSN)\n    sentry_sdk.set_context("payment", {"iban": "FR1420041"})\n'
        '    sentry_sdk.capture_message("x")',
        "contexts.payment.iban holds the value of a forbidden key: info message (1 character)",
        ("there: <str of length 9>",),
    ),
    Case(
        "no-scope-bleed",
        '{ allow = ["extra.coupon"] }',
        """client.get("/write"); client.get("/fork")
    scope = sentry_sdk.Scope.get_global_scope()
    scope.set_tag("tenant", "none"); scope.set_user(None); scope.set_context("cart", {"size": 0})
    client.get("/crash"); client.get("/outer")""",
        'client.get("/write"); client.get("/crash")',
        "tags.tenant was written by another request (GET /write): error ZeroDivisionError (16 characters),"
        " unhandled, GET /crash answered 500",
        needs=("scopes without hubs",),
    ),
    Case(
        "no-unexpected-events",
        "true",
        'sentry_init(dsn=DSN)\n    sentry_sdk.capture_message("x")\n    sentry_capture.assert_captured(message="x")',
        'sentry_init(dsn=DSN)\n    sentry_sdk.capture_message("x")\n    sentry_capture.find(message="y")',
        "captured, but the test did not expect it: info message (1 character)",
    ),
]


@pytest.fixture
def shop(pytester: pytest.Pytester) -> pytest.Pytester:
    add_application(pytester, "shop_of_mistakes")
    return pytester


def configure(shop: pytest.Pytester, configuration: str) -> None:
    shop.makepyprojecttoml(configuration)


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{case.rule}-{case.value}", marks=pytest.mark.needs(*case.needs)) for case in CASES]
)
def test_kept_broken_and_waived(case: Case, shop: pytest.Pytester) -> None:
    configure(shop, f"[tool.sentry_capture.rules]\n{case.rule} = {case.value}")
    fixtures = (
        "client, sentry_init, sentry_capture" if "client." in case.kept + case.broken else "sentry_init, sentry_capture"
    )
    shop.makepyfile(
        test_rule=f"""\
from shop import *


def test_broken({fixtures}):
    {case.broken}

def test_kept({fixtures}):
    {case.kept}

@pytest.mark.sentry_allow("{case.rule}", reason="on purpose")
def test_waived({fixtures}):
    {case.broken}
"""
    )

    result = shop.runpytest_inprocess("--sentry-report=report.json")

    broken = {"passed": 3, "errors": 1} if case.at_teardown else {"passed": 2, "failed": 1}
    result.assert_outcomes(**broken)
    problem = re.escape(case.problem).replace("\\ ", r"\s+").replace(r"\*", ".*")
    assert re.search(rf"Rule '{case.rule}' is broken \(pyproject.toml:2\)\.\n\n  {problem}\n", result.stdout.str())
    result.stdout.fnmatch_lines(
        [
            *(f"    {line}" for line in case.details),
            "*To waive it, use*",
            "*- Captured by Sentry -*",
            "*= sentry =*",
            "Rules: 0 kept, 1 broken, 0 not judged, 0 not exercised.",
            f"  broken         {case.rule} in 1 test",
        ]
    )
    for state in LISTED:
        result.stdout.no_fnmatch_line(f"  {state} *")
    assert rules_in_report(shop) == {case.rule: ("broken", 1, 1)}


EVERY_RULE = """
[tool.sentry_capture.rules]
server-errors-captured = true
no-callback-errors = true
no-silent-loss = true
required-tags = ["a"]
required-context = ["release"]
tag-values = { tags = { a = ["b"] } }
max-event-bytes = 1
max-breadcrumbs = 1
forbidden-data = { keys = ["a"], allow = ["extra.a"] }
no-scope-bleed = { allow = ["tags.a"] }
no-unexpected-events = true

[[tool.sentry_capture.expect]]
name = "nothing of the sort"
level = "fatal"
captured = false
"""
EVERY_NAME = [*re.findall(r"^([a-z-]+) = (?=true|\[|\{|1)", EVERY_RULE, re.MULTILINE), "nothing of the sort"]


def test_never_exercised_and_unused(shop: pytest.Pytester) -> None:
    configure(shop, EVERY_RULE)
    marks = "\n".join(f'@pytest.mark.sentry_allow("{name}", reason="x")' for name in EVERY_NAME)
    shop.makepyfile(
        test_rule=f"import pytest\n\n{marks}\n@pytest.mark.parametrize('n', [1, 2])\ndef test(n):\n    pass"
    )

    lenient = shop.runpytest_inprocess("--sentry-report=report.json")
    strict = shop.runpytest_inprocess("--sentry-strict")
    partial = shop.runpytest_inprocess("--sentry-strict", "-k1")

    summary = [
        "Rules: 0 kept, 0 broken, 0 not judged, 12 not exercised.",
        *(f"  not exercised  {name} (pyproject.toml:*)" for name in EVERY_NAME),
        *(f"  unused         sentry_allow('{name}') of test_rule.py::test" for name in reversed(EVERY_NAME)),
        "  unused         'extra.a' in the allow list of 'forbidden-data'",
        "  unused         'tags.a' in the allow list of 'no-scope-bleed'",
    ]
    assert len(EVERY_NAME) == 12
    assert lenient.ret == pytest.ExitCode.OK
    lenient.stdout.fnmatch_lines(summary, consecutive=True)
    assert rules_in_report(shop) == dict.fromkeys(EVERY_NAME, ("not exercised", 0, 0))
    assert strict.ret == pytest.ExitCode.TESTS_FAILED
    strict.stdout.fnmatch_lines([*summary, "With --sentry-strict, each of these fails the run."], consecutive=True)
    assert partial.ret == pytest.ExitCode.OK
    partial.stdout.fnmatch_lines([summary[0]])
    for state in LISTED:
        partial.stdout.no_fnmatch_line(f"  {state} *")


def test_strict_runs_tell_unused_entries_of_ignore_errors(shop: pytest.Pytester) -> None:
    shop.makepyfile(
        """
        from shop import *

        class Unused(Exception):
            pass

        def test(sentry_init, sentry_capture):
            sentry_init(dsn=DSN, ignore_errors=[KeyError, "ValueError", Unused, "shop.OutOfStockError"])
            for error in KeyError(), ValueError(), OutOfStockError():
                sentry_sdk.capture_exception(error)
            sentry_capture.assert_discarded(exception=KeyError, reason="ignore_errors")
        """
    )

    result = shop.runpytest_inprocess("--sentry-strict")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    [line] = [line for line in result.stdout.lines if line.startswith("  unused         ")]
    assert line.endswith(".Unused' in the application's ignore_errors")


def test_rules_judge_tests_without_the_fixture(shop: pytest.Pytester) -> None:
    configure(shop, '[tool.sentry_capture.rules]\nrequired-tags = ["a"]\nno-callback-errors = true')
    shop.makepyfile(
        """
        from shop import *

        def test_message():
            sentry_sdk.init(dsn=DSN)
            sentry_sdk.capture_message("x")

        def test_crash():
            sentry_sdk.init(dsn=DSN, before_send=lambda event, hint: 1 / 0)
            sentry_sdk.capture_message("x")
        """
    )

    result = shop.runpytest_inprocess()

    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["Rule 'required-tags' is broken*", "Rule 'no-callback-errors' is broken*"])


@pytest.mark.parametrize("reading", ["events", "items", "envelopes", "clear()"])
def test_whoever_reads_a_view_has_seen_what_is_in_it(shop: pytest.Pytester, reading: str) -> None:
    configure(shop, "[tool.sentry_capture.rules]\nno-unexpected-events = true")
    shop.makepyfile(
        f"""
        from shop import *

        def test(sentry_init, sentry_capture):
            sentry_init(dsn=DSN)
            sentry_sdk.capture_message("x")
            sentry_capture.{reading}
        """
    )

    shop.runpytest_inprocess().assert_outcomes(passed=1)


def test_a_rule_that_is_off_by_name(shop: pytest.Pytester) -> None:
    configure(shop, "[tool.sentry_capture.rules]\nno-callback-errors = false\nforbidden-data = false")
    shop.makepyfile(
        """
        from shop import *

        def test(sentry_init, sentry_capture):
            sentry_init(dsn=DSN, before_send=lambda event, hint: 1 / 0)
            sentry_sdk.capture_message("x")
            sentry_init(dsn=DSN)
            sentry_capture.secret("hunter2")
            sentry_sdk.capture_message("hunter2")
        """
    )

    shop.runpytest_inprocess().assert_outcomes(passed=1)


def test_severity_and_paths(shop: pytest.Pytester) -> None:
    configure(
        shop,
        """
        [tool.sentry_capture.rules]
        required-tags = { tags = ["a"], severity = "warn", paths = ["."] }
        max-breadcrumbs = { number = 0, paths = ["new", "test_new*.py", "./exact/test_it.py"] }
        """,
    )
    test = """
from shop import *

def test(sentry_init):
    sentry_init(dsn=DSN)
    sentry_sdk.add_breadcrumb(message="x")
    sentry_sdk.capture_message("x")
"""
    for file in "new/test_one.py", "test_new_two.py", "exact/test_it.py", "exact/test_not_it.py", "newer/test_old.py":
        path = shop.path / file
        path.parent.mkdir(exist_ok=True)
        path.write_text(test)

    result = shop.runpytest_inprocess("--import-mode=importlib", "--sentry-report=report.json")

    result.assert_outcomes(passed=2, failed=3)
    assert rules_in_report(shop) == {"required-tags": ("broken", 0, 5), "max-breadcrumbs": ("broken", 0, 3)}
    result.stdout.fnmatch_lines(
        [
            "Rules: 0 kept, 2 broken, 0 not judged, 0 not exercised.",
            "  warning        required-tags in 5 tests",
            "                 tags.a is missing: info message (1 character) [[]in 5 tests, first: exact/*]",
            "  broken         max-breadcrumbs in 3 tests",
            "                 *[[]in 3 tests, first: exact/test_it.py::test]",
            "*= short test summary info =*",
        ],
        consecutive=True,
    )


def test_the_outcome_of_a_test_decides(shop: pytest.Pytester) -> None:
    configure(shop, '[tool.sentry_capture.rules]\nrequired-tags = ["a"]')
    shop.makepyfile(
        """
        from shop import *

        @pytest.fixture(autouse=True)
        def broken(sentry_init):
            sentry_init(dsn=DSN)
            sentry_sdk.capture_message("x")

        def test_fails():
            assert not "its own failure"

        def test_skips():
            pytest.skip("its own reason")

        @pytest.mark.xfail
        def test_xfails():
            assert not "expected"

        @pytest.mark.xfail
        def test_xpasses():
            pass

        @pytest.fixture
        def late():
            yield
            sentry_sdk.capture_message("y")

        def test_late(late):
            pass
        """
    )

    result = shop.runpytest_inprocess("--sentry-report=report.json")

    result.assert_outcomes(failed=3, skipped=1, xfailed=1, errors=1)
    assert rules_in_report(shop) == {"required-tags": ("broken", 0, 5)}
    result.stdout.fnmatch_lines(
        [
            "*_ ERROR at teardown of test_late _*",
            "Rule 'required-tags' is broken (pyproject.toml:2).",
            "*_ test_fails _*",
            "*its own failure*",
            "*_ test_xpasses _*",
            "Rule 'required-tags' is broken (pyproject.toml:2).",
        ]
    )


def test_reruns_and_workers(shop: pytest.Pytester) -> None:
    configure(shop, '[tool.sentry_capture.rules]\nrequired-tags = ["a"]')
    shop.makepyfile(
        """
        from shop import *

        attempts = []

        def test_flaky(sentry_init):
            attempts.append(1)
            sentry_init(dsn=DSN)
            if len(attempts) == 3:
                sentry_sdk.set_tag("a", "b")
            sentry_sdk.capture_message("x")

        def test_broken(sentry_init):
            sentry_init(dsn=DSN)
            sentry_sdk.capture_message("x")
        """
    )

    for args in [], ["-n2"]:
        result = shop.runpytest_subprocess("-p", "rerunfailures", "--reruns=2", "--sentry-report=report.json", *args)

        assert result.parseoutcomes() == {"passed": 1, "failed": 1, "rerun": 4}
        assert rules_in_report(shop) == {"required-tags": ("broken", 1, 1)}


def test_what_comes_outside_of_tests_fails_the_run(shop: pytest.Pytester) -> None:
    configure(shop, '[tool.sentry_capture.rules]\nrequired-tags = ["a"]')
    shop.makepyfile(
        "from shop import *\nsentry_sdk.init(dsn=DSN)\nsentry_sdk.capture_message('x')\ndef test():\n    pass"
    )

    for args in [], ["-n2"]:
        result = shop.runpytest_subprocess(*args)

        assert result.ret == pytest.ExitCode.TESTS_FAILED
        result.assert_outcomes(passed=1)
        result.stdout.fnmatch_lines(
            [
                "Rules: 0 kept, 1 broken, 0 not judged, 0 not exercised.",
                "  broken         required-tags",
                "                 tags.a is missing: info message (1 character) [[](collection)]",
            ],
            consecutive=True,
        )


PLACES = {
    "frame variables": """try:
        1 / len(value[:0])
    except ZeroDivisionError:
        sentry_sdk.capture_exception()""",
    "breadcrumbs": 'sentry_sdk.add_breadcrumb(message="m", data={"k": value})\n    sentry_sdk.capture_message("x")',
    "tags": 'sentry_sdk.set_tag("k", value)\n    sentry_sdk.capture_message("x")',
    "keys": 'sentry_sdk.set_extra(value, "k")\n    sentry_sdk.capture_message("x")',
    "spans": 'with any_sdk.segment("t"), any_sdk.span(value, op="o"):\n        pass',
    "logs": "sentry_sdk.logger.info(value)",
    "metrics": 'sentry_sdk.metrics.count("c", 1, attributes={"k": value})',
    "attachments": "with any_sdk.new_scope() as scope:\n"
    '        scope.add_attachment(bytes=value.encode(), filename="f")\n        sentry_sdk.capture_message("x")',
    "envelope headers": "with any_sdk.segment(value):\n        pass",
    "check-ins": 'from sentry_sdk.crons import capture_checkin\n    capture_checkin(monitor_slug=value, status="ok")',
}
FORMS = {
    "plain": "value",
    "URL-encoded": "__import__('urllib.parse').parse.quote(f'to {value} /')",
    "JSON-escaped": "__import__('json').dumps({'to': f'{value}ü'})",
    **{
        f"base64 at {n}": f"__import__('base64').b64encode(b'{'x' * n}' + value.encode() + b'yy').decode()"
        for n in range(3)
    },
}


NEEDS = {"logs": ["logs"], "metrics": ["metrics"]}


@pytest.mark.parametrize(
    "place", [pytest.param(place, marks=pytest.mark.needs(*NEEDS.get(place, []))) for place in PLACES]
)
def test_secrets_are_found_wherever_they_are(place: str, shop: pytest.Pytester) -> None:
    tests = "".join(
        f"""
def test_{number}(sentry_init, sentry_capture):
    sentry_init(dsn=DSN, traces_sample_rate=1.0, **any_sdk.logs_enabled())
    value = "hünter/2"
    sentry_capture.secret(value)
    value = {form}
    {PLACES[place]}
"""
        for number, form in enumerate(FORMS.values())
        if place != "check-ins" or form == "value"
    )
    shop.makepyfile(
        f"import any_sdk\nfrom shop import *\n{tests}\ndef test_clean(sentry_init, sentry_capture):\n"
        f"    sentry_init(dsn=DSN, traces_sample_rate=1.0, **any_sdk.logs_enabled())\n    value = 'harmless'\n"
        f"    sentry_capture.secret('hünter/2')\n    {PLACES[place]}\n"
    )

    result = shop.runpytest_inprocess("--tb=short", "--sentry-show=full")

    result.assert_outcomes(passed=1, failed=tests.count("def test_"))
    output = result.stdout.str()
    assert output.count("holds a declared secret") >= tests.count("def test_")
    assert "hünter" not in output

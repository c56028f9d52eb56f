"""What takes the place of the SDK's own functions is seen, or is said to hide what is passed to it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from applications import copy_application
from run_output import rules_in_report, summary_of

RULES = """
server-errors-captured = true
no-callback-errors = true
no-silent-loss = true
required-tags = ["order"]
required-context = ["release"]
tag-values = { tags = { order = ["1"] } }
max-event-bytes = 1_000_000
max-breadcrumbs = 100
forbidden-data = { keys = ["iban"] }
no-scope-bleed = true
no-unexpected-events = true
"""
"""All that need no further package."""

SHOP = """
import pytest
import sentry_sdk
from fastapi import FastAPI
from fastapi.testclient import TestClient
from unittest.mock import patch

sentry_sdk.init("https://key@sentry.invalid/1")
app = FastAPI()

@app.get("/crash")
def crash():
    raise LookupError("stock")

@pytest.fixture
def client():
    return TestClient(app, raise_server_exceptions=False)
"""

MOCKED = """
import sentry_sdk
from unittest.mock import patch

CAPTURE_EVENT = "sentry_sdk.capture_event" if hasattr(sentry_sdk, "get_client") else "sentry_sdk.Hub.capture_event"

def test_errors_are_reported(client):
    with patch(CAPTURE_EVENT) as capture_event:
        client.get("/crash")
    assert capture_event.called
"""
"""What integrations call: the function of the package since 2.0, and the hub's method before."""


def configure(project: pytest.Pytester, rules: str = "", others: str = "") -> None:
    (project.path / "sentry_capture.toml").write_text(f"[rules]\n{rules}\n{others}", encoding="utf-8")


def line_of(file: Path, text: str) -> int:
    """The number of the only line that holds this."""
    [number] = [n for n, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1) if text in line]
    return number


def test_absences_that_cannot_be_determined_fail(pytester: pytest.Pytester) -> None:
    copy_application("suite_of_replacements", pytester.path, "test_replacements")

    result = pytester.runpytest("--tb=short", "-q")

    outcomes = result.parseoutcomes()
    assert outcomes.keys() <= {"passed", "skipped", "warnings"}
    assert outcomes["passed"] > 450


@pytest.mark.needs("pytest-mock")
def test_spies_of_pytest_mock_hide_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        r"""
        import any_sdk, pytest, sentry_sdk

        HOLDER = sentry_sdk.Scope if hasattr(sentry_sdk, "get_client") else sentry_sdk.Hub

        @pytest.mark.parametrize("of", ["package", "client", "class"])
        def test_spy(sentry_init, sentry_capture, mocker, of):
            client = sentry_init(dsn="https://key@sentry.invalid/1")
            owner = {"package": sentry_sdk, "client": client, "class": HOLDER}[of]
            spy = mocker.spy(owner, "capture_event")

            sentry_capture.assert_nothing_captured()
            sentry_sdk.capture_event({"message": "hello"})
            spy.assert_called_once()
            sentry_capture.assert_captured(message="hello")
            sentry_capture.assert_not_captured(message="goodbye")

        def test_mock(sentry_init, sentry_capture, mocker):
            sentry_init(dsn="https://key@sentry.invalid/1")
            mocker.patch("sentry_sdk.capture_event")

            with pytest.raises(AssertionError, match=r"by a MagicMock at\stest_spies_\w+\.py:19"):
                sentry_capture.assert_nothing_captured()
        """
    )

    pytester.runpytest("-p", "pytest_mock").assert_outcomes(passed=4)


def test_rules_are_not_judged(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(SHOP)
    file = pytester.makepyfile(test_shop=MOCKED)
    configure(
        pytester,
        RULES,
        """
        [[expect]]
        name = "crashes are captured"
        exception = "LookupError"
        captured = true

        [[expect]]
        name = "nothing is fatal"
        level = "fatal"
        captured = false
        """,
    )

    result = pytester.runpytest("--sentry-report=report.json")

    result.assert_outcomes(passed=1)
    found = rules_in_report(pytester, "state", "kept", "broken", "not_judged", "obstacles")
    assert {rule: judged[:4] for rule, judged in found.items()} == dict.fromkeys(found, ("not judged", 0, 0, 1))
    assert len(found) == 13
    first = f"({line_of(file, 'with patch')}|{line_of(file, 'client.get')})"
    for *_, [obstacle] in found.values():
        assert re.search(rf"capture_event was replaced by a MagicMock.* at test_shop\.py:{first}$", obstacle)
    assert summary_of(result)[-14] == "Rules: 0 kept, 0 broken, 13 not judged, 0 not exercised."


def test_a_rule_is_kept_in_other_tests(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(SHOP)
    pytester.makepyfile(test_shop=f"{MOCKED}\ndef test_without(client):\n    client.get('/crash')")
    configure(pytester, "server-errors-captured = true")

    result = pytester.runpytest("--sentry-report=report.json", "--sentry-strict")

    result.assert_outcomes(passed=2)
    assert result.ret == pytest.ExitCode.OK
    assert rules_in_report(pytester, "state", "kept", "not_judged") == {"server-errors-captured": ("kept", 1, 1)}


def test_a_strict_run_fails_where_a_rule_was_never_judged(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(SHOP)
    pytester.makepyfile(test_shop=MOCKED)
    configure(pytester, "server-errors-captured = true")

    result = pytester.runpytest("--sentry-strict")

    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_what_was_seen_to_be_wrong_stays_wrong(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(SHOP)
    pytester.makepyfile(
        test_shop="""
        from unittest.mock import patch

        def test_crash(client):
            with patch("sentry_sdk.capture_message"):
                client.get("/crash")
        """
    )
    configure(pytester, RULES.replace("no-unexpected-events = true\n", ""))

    result = pytester.runpytest("--sentry-report=report.json")

    result.assert_outcomes(failed=1)
    found = rules_in_report(pytester, "state", "kept", "not_judged")
    assert {rule for rule, (state, *_) in found.items() if state == "broken"} == {"required-tags", "required-context"}
    assert {judged[1:] for judged in found.values()} == {(0, 1)}


def test_a_rule_of_the_projects_own(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        f"""{SHOP}
from pytest_sentry_capture import Rule

class Answers(Rule):
    name = "answers"

    def judge(self, views):
        for exchange in views.exchanges:
            yield self.kept(exchange) if exchange.items else self.broken(exchange, "no item")

def pytest_sentry_capture_rules():
    return [Answers()]
"""
    )
    pytester.makepyfile(test_shop=MOCKED)

    pytester.runpytest("--sentry-report=report.json").assert_outcomes(passed=1)

    assert rules_in_report(pytester, "state", "not_judged") == {"answers": ("not judged", 1)}


def test_what_an_allow_entry_allowed_is_not_unused(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(SHOP)
    pytester.makepyfile(
        test_shop="""
        import sentry_sdk
        from unittest.mock import patch

        def test_message(client):
            with patch("sentry_sdk.capture_message"):
                sentry_sdk.capture_event({"message": "hello", "extra": {"iban": "DE02"}})

        def test_without():
            sentry_sdk.capture_event({"message": "hello"})
        """
    )
    configure(pytester, 'forbidden-data = { keys = ["iban"], allow = ["extra.iban"] }')

    result = pytester.runpytest()

    result.assert_outcomes(passed=2)
    assert summary_of(result)[-1] == "Rules: 1 kept, 0 broken, 0 not judged, 0 not exercised."


def test_a_secret_that_may_have_been_captured_fails(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(SHOP)
    file = pytester.makepyfile(
        test_shop="""
        import sentry_sdk
        from unittest.mock import patch

        def test_secret(sentry_capture):
            sentry_capture.secret("hunter2")
            with patch("sentry_sdk.capture_message"):
                sentry_sdk.capture_message("hunter2")
        """
    )

    result = pytester.runpytest()

    result.assert_outcomes(failed=1)
    where = f"test_shop.py:{line_of(file, 'with patch')}"
    result.stdout.fnmatch_lines(
        [
            "Rule 'forbidden-data' is broken *",
            "  a declared secret may have been captured: sentry_sdk.capture_message was replaced by*",
            f"  {where}",
        ]
    )


@pytest.mark.needs("Sentry's own engine")
def test_personal_data_that_may_have_been_captured(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(SHOP)
    pytester.makepyfile(
        test_shop="""
        import pytest
        from unittest.mock import patch

        def test_pii(sentry_capture):
            assert sentry_capture.pii() == []
            with patch("sentry_sdk.capture_message"):
                pass
            with pytest.raises(AssertionError, match="No personal data was found, but .* cannot be determined"):
                sentry_capture.pii()
        """
    )

    pytester.runpytest().assert_outcomes(passed=1)


def test_what_is_replaced_for_the_whole_session(pytester: pytest.Pytester) -> None:
    """By a function at the import of conftest.py, and in a class by a fixture that uses nothing of this plugin."""
    conftest = pytester.makeconftest(
        f"""{SHOP}
def fake(*args, **kwargs):
    pass

sentry_sdk.capture_message = fake

@pytest.fixture(scope="session", autouse=True)
def quiet():
    holder = sentry_sdk.Scope if hasattr(sentry_sdk, "get_client") else sentry_sdk.Hub
    with patch.object(holder, "capture_exception"):
        yield
"""
    )
    pytester.makepyfile(
        test_shop="""
        import pytest

        @pytest.mark.parametrize("number", [1, 2, 3])
        def test_absence(sentry_capture, number):
            sentry_capture.assert_nothing_captured()
        """
    )

    result = pytester.runpytest_subprocess("--tb=short")

    result.assert_outcomes(failed=3)
    text = result.stdout.str()
    place = line_of(conftest, "sentry_sdk.capture_message = fake")
    assert text.count(f"E   sentry_sdk.capture_message was replaced by conftest.fake at conftest.py:{place}.\n") == 3
    assert text.count(".capture_exception was replaced by a MagicMock.\n") == 3


def test_where_sentry_is_off_because_init_is_replaced(pytester: pytest.Pytester) -> None:
    file = pytester.makepyfile(
        test_shop="""
        import sentry_sdk
        from unittest.mock import patch

        def test_absence(sentry_capture):
            with patch("sentry_sdk.init"):
                sentry_sdk.init("https://key@sentry.invalid/1")
            sentry_capture.assert_nothing_captured()

        def test_inactive(sentry_capture):
            with patch("sentry_sdk.init"):
                sentry_sdk.init("https://key@sentry.invalid/1")
            sentry_capture.assert_inactive()
        """
    )

    result = pytester.runpytest("--tb=short")

    result.assert_outcomes(failed=1, passed=1)
    where = f"test_shop.py:{line_of(file, 'def test_absence') + 1}"
    result.stdout.fnmatch_lines(
        [
            "E   AssertionError: Expected nothing to be captured, but no client was active, so this proves nothing.",
            f"E   Hint: sentry_sdk.init was replaced by a MagicMock at {where}.",
        ]
    )


def test_silence_that_cannot_be_determined_is_not_in_the_contract(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(SHOP)
    pytester.makepyfile(test_shop=MOCKED)
    pytester.runpytest("--sentry-contract=update").assert_outcomes(passed=1)

    contract = pytester.path / "sentry-contract.toml"
    assert "/crash" not in contract.read_text(encoding="utf-8")


def test_the_section_of_a_failed_test_names_what_was_replaced(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(SHOP)
    file = pytester.makepyfile(
        test_shop="""
        from unittest.mock import patch

        def test_crash(client):
            with patch("sentry_sdk.capture_message"):
                client.get("/crash")
            assert False
        """
    )

    result = pytester.runpytest()

    result.stdout.fnmatch_lines(
        [
            "*- Captured by Sentry -*",
            f"replaced   sentry_sdk.capture_message by a MagicMock at test_shop.py:{line_of(file, 'with patch')}",
            "exchange   GET /crash answered 500",
        ],
        consecutive=True,
    )

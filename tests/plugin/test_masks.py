"""Masks in real runs: one list for rules, the search for personal data and reports, and a project's own beside it."""

from __future__ import annotations

import json

import pytest

TESTS = """
import pytest, sentry_sdk

VALUES = {
    "filtered": "[Filtered]", "scrubbed": "[Scrubbed]", "redacted": "<redacted>", "asterisks": "*****",
    "crosses": "x" * 8, "null": None, "empty": "",
    "own text": "(private)", "own pattern": "****1234",
    "in part": "***DE02120300000000202051", "a word": "redacted",
}

@pytest.fixture(params=VALUES)
def value(request, sentry_init):
    sentry_init(dsn="https://key@sentry.invalid/1")
    return VALUES[request.param]

def test_key(value):
    sentry_sdk.set_context("payment", {"password": value})
    sentry_sdk.capture_message("hello")

def test_text(value):
    sentry_sdk.add_breadcrumb(message=f"signed in with password={value}, and more")
    sentry_sdk.capture_message("hello")
"""
USUAL = {"filtered", "scrubbed", "redacted", "asterisks", "crosses", "null", "empty"}
OWN = {"own text", "own pattern"}
MASKS = "masks = ['(Private)', { regex = '\\*{4}[0-9]{4}' }]\n"


def passed(pytester: pytest.Pytester, configuration: str, *args: str) -> set[str]:
    """The cases of which both tests pass."""
    (pytester.path / "sentry_capture.toml").write_text(configuration)
    pytester.makepyfile(test_shop=TESTS)
    lines = pytester.runpytest_inprocess("-rA", "-q", *args).stdout.lines
    outcomes = [line.partition(" test_shop.py::") for line in lines if line.startswith(("PASSED ", "FAILED "))]
    cases = {"key": set[str](), "text": set[str]()}
    for outcome, _, test in outcomes:
        if outcome == "PASSED":
            cases[test.partition("[")[0].removeprefix("test_")].add(test.partition("[")[2].partition("]")[0])
    assert len(outcomes) == 22
    assert cases["key"] == cases["text"]
    return cases["key"]


@pytest.mark.parametrize(
    "rules",
    [
        'rules.forbidden-data = { keys = ["password"] }',
        pytest.param("rules.no-pii = true", marks=pytest.mark.needs("Sentry's own engine")),
    ],
)
def test_masks_are_the_same_for_all_rules(pytester: pytest.Pytester, rules: str) -> None:
    assert passed(pytester, rules) == USUAL
    assert passed(pytester, MASKS + rules) == USUAL | OWN


@pytest.mark.needs("Sentry's own engine")
def test_masks_are_not_findings(pytester: pytest.Pytester) -> None:
    (pytester.path / "sentry_capture.toml").write_text(MASKS)
    pytester.makepyfile(
        """
        import pytest, sentry_sdk

        @pytest.mark.parametrize(("value", "number"), [("[Scrubbed]", 0), ("****1234", 0), ("****12345", 2)])
        def test(sentry_init, sentry_capture, value, number):
            sentry_init(dsn="https://key@sentry.invalid/1")
            sentry_sdk.set_context("payment", {"password": value, "text": f"password={value}"})
            sentry_sdk.capture_message("hello")
            assert len(sentry_capture.pii()) == number
        """
    )

    pytester.runpytest_inprocess().assert_outcomes(passed=3)


def test_masks_are_filtered_in_reports(pytester: pytest.Pytester) -> None:
    (pytester.path / "sentry_capture.toml").write_text(MASKS)
    pytester.makepyfile(
        """
        import sentry_sdk

        def test(sentry_init):
            sentry_init(dsn="https://key@sentry.invalid/1")
            fields = {"a": "[Scrubbed]", "b": "***", "c": "'[Filtered]'", "d": "****1234", "e": "****12345", "f": "x"}
            sentry_sdk.set_context("form", fields)
            sentry_sdk.capture_message("hello")
        """
    )

    pytester.runpytest_inprocess("--sentry-report=report.json").assert_outcomes(passed=1)

    [row] = json.loads((pytester.path / "report.json").read_text())["rows"]
    states = {
        path.rpartition(".")[2]: state for path, state in row["fields"].items() if path.startswith("contexts.form.")
    }
    assert states == {**dict.fromkeys("abcd", "filtered"), **dict.fromkeys("ef", "sent")}


def test_masks_count_with_workers_too(pytester: pytest.Pytester) -> None:
    rules = 'rules.forbidden-data = { keys = ["password"] }'

    assert passed(pytester, MASKS + rules, "-n2") == USUAL | OWN


def test_masks_count_for_what_is_captured_outside_tests(pytester: pytest.Pytester) -> None:
    (pytester.path / "sentry_capture.toml").write_text(f'{MASKS}rules.forbidden-data = {{ keys = ["password"] }}')
    pytester.makepyfile(
        """
        import sentry_sdk

        sentry_sdk.init(dsn="https://key@sentry.invalid/1")
        sentry_sdk.capture_event({"message": "hello", "extra": {"password": "(private)"}})

        def test():
            pass
        """
    )

    result = pytester.runpytest_inprocess()

    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["Rules: 1 kept, *"])

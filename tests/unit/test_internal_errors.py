"""Errors of the plugin itself: they fail the run, and are told apart from those of the tests."""

from __future__ import annotations

from typing import Any

import pytest

import pytest_sentry_capture._run.findings
import pytest_sentry_capture._run.totals
from pytest_sentry_capture._rules.built_in.requirements import RequiredTags
from run_output import json_report, rules_in_report

TESTS = """
import pytest
import sentry_sdk

@pytest.fixture(autouse=True)
def client(sentry_init):
    # since 3, messages have the stack, which is that of the run around this one as well
    sentry_init(dsn="https://key@sentry.invalid/1", attach_stacktrace=False)

def test_short():
    sentry_sdk.capture_message("short")

def test_long():
    sentry_sdk.capture_message("much longer")

def test_nothing():
    pass

def test_deselected():
    pass
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(test_shop=TESTS)
    return pytester


def broken_by_us(*args: Any, **kwargs: Any) -> Any:
    raise LookupError("our own fault")


def test_a_built_in_rule_that_raises_is_our_fault(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    project.makefile(".toml", sentry_capture='rules.required-tags = ["a"]\nrules.max-event-bytes = 100_000')
    with monkeypatch.context() as patch:
        patch.setattr(RequiredTags, "judge", broken_by_us)
        result = project.runpytest_inprocess("--sentry-report=report.json", "-k", "not deselected")

    result.assert_outcomes(failed=3, deselected=1)
    result.stdout.fnmatch_lines(
        [
            "Rule 'required-tags' is broken (sentry_capture.toml:1).",
            "",
            "  the rule itself raised LookupError, an internal error of pytest-sentry-contract. Please report it.",
            "    Traceback (most recent call last):",
            "*pytest_sentry_capture*rule_run.py*",
            "    LookupError: our own fault",
        ]
    )
    assert rules_in_report(project)["max-event-bytes"] == ("kept", 2, 0)


@pytest.mark.parametrize(
    ("place", "outcomes"),
    [
        ("_run.current_test.CurrentTest.judge", {"failed": 3, "errors": 3}),
        ("_run.findings.Findings.add_rows", {"passed": 3, "errors": 3}),
    ],
)
def test_an_error_of_the_plugin_is_that_of_a_test(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, place: str, outcomes: dict[str, int]
) -> None:
    with monkeypatch.context() as patch:  # the run of this test must not stumble over it too
        patch.setattr(f"pytest_sentry_capture.{place}", broken_by_us)
        result = project.runpytest_inprocess("--sentry-report=report.json", "-k", "not deselected")

    result.assert_outcomes(**outcomes, deselected=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            "Internal error in pytest-sentry-contract. Please report it:",
            "Traceback (most recent call last):",
            "LookupError: our own fault",
        ]
    )
    report = json_report(project)
    assert report["partial"] == ["1 test deselected", "3 tests failed"]


def test_an_error_of_the_plugin_at_the_end_of_the_run(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(pytest_sentry_capture._run.totals.Totals, "settle", broken_by_us)
        result = project.runpytest_inprocess("--sentry-report=report.json", "-k", "not deselected")

    result.assert_outcomes(passed=3, deselected=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            "*= sentry =*",
            "Internal error in pytest-sentry-contract. Please report it:",
            "Traceback (most recent call last):",
        ],
        consecutive=True,
    )
    result.stdout.fnmatch_lines(["LookupError: our own fault"])

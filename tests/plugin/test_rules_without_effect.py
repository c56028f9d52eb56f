"""Rules that are on and judge nothing: the summary warns of them, and a strict run fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from run_output import summary_of

TEST = """
import sentry_sdk

def test(sentry_init, sentry_capture):
    sentry_init(dsn="https://key@sentry.invalid/1", attach_stacktrace=False)
    sentry_sdk.capture_message("x")
"""
OWN_RULE = """
from pytest_sentry_capture import Rule

class NoMessages(Rule):
    name = "no-messages"
    def judge(self, views):
        for event in views.events:
            yield self.broken(event, "a message")

def pytest_sentry_capture_rules(config):
    return [NoMessages()]
"""
STRICT = "With --sentry-strict, each of these fails the run."


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def warnings(result: pytest.RunResult) -> list[str]:
    return [line for line in summary_of(result) if line.startswith("  warning")]


@pytest.mark.parametrize("args", [(), ("-n1",)])
def test_a_hook_that_registers_too_late(pytester: pytest.Pytester, args: tuple[str, ...]) -> None:
    write(pytester.path / "checks" / "api" / "conftest.py", OWN_RULE)
    write(pytester.path / "checks" / "api" / "test_api.py", TEST)

    result = pytester.runpytest_inprocess(*args)
    strict = pytester.runpytest_inprocess("--sentry-strict", *args)

    assert result.ret == pytest.ExitCode.OK
    assert warnings(result) == [
        (
            "  warning        checks/api/conftest.py: pytest_sentry_capture_rules was registered during the collection,"
            " too late: its rules are off. Move it to a conftest.py of the rootdir, or name its folder in testpaths or"
            " on the command line"
        )
    ]
    assert strict.ret == pytest.ExitCode.TESTS_FAILED
    assert summary_of(strict)[-1] == STRICT


@pytest.mark.parametrize("args", [(), ("-n1",)])
def test_the_first_line_counts_the_warnings_of_all_configurations(
    pytester: pytest.Pytester, args: tuple[str, ...]
) -> None:
    """Of the rules of two services, and of a hook that came too late."""
    write(pytester.path / "orders" / "sentry_capture.toml", "[rules]\nforbidden-data = true\n")
    write(pytester.path / "orders" / "api" / "conftest.py", OWN_RULE)
    write(pytester.path / "orders" / "api" / "test_api.py", TEST)
    write(pytester.path / "search" / "sentry_capture.toml", "[rules]\nmax-breadcrumbs = 9\n")
    write(pytester.path / "search" / "test_search.py", TEST)

    result = pytester.runpytest_inprocess(*args)
    strict = pytester.runpytest_inprocess("--sentry-strict", *args)

    assert summary_of(result)[0] == "Passed: 1 rule is kept, 2 warnings."
    assert [line.split()[1] for line in warnings(result)] == ["forbidden-data", "orders/api/conftest.py:"]
    assert summary_of(strict)[0] == "Failed: 2 warnings."
    assert strict.ret == pytest.ExitCode.TESTS_FAILED


def test_a_hook_of_a_folder_that_is_named_comes_in_time(pytester: pytest.Pytester) -> None:
    write(pytester.path / "checks" / "api" / "conftest.py", OWN_RULE)
    write(pytester.path / "checks" / "api" / "test_api.py", TEST)

    result = pytester.runpytest_inprocess("checks/api")

    result.assert_outcomes(failed=1)
    assert warnings(result) == []


def test_paths_that_match_no_file(pytester: pytest.Pytester) -> None:
    write(pytester.path / "tests" / "api" / "test_api.py", TEST)
    write(pytester.path / "tests" / "jobs" / "readme.txt", "")
    (pytester.path / "tests" / "empty").mkdir()
    write(
        pytester.path / "sentry_capture.toml",
        """
[rules]
no-silent-loss = { paths = ["tests/apl", "tests/api", "tests/*_apl.py"] }
max-breadcrumbs = { number = 9, paths = ["tests/empty"] }
no-callback-errors = { paths = ["./tests/api/", "tests/jobs", "tests/api/test_api.py", "tests/*_api.py", "."] }
""",
    )

    result = pytester.runpytest_inprocess()
    partial = pytester.runpytest_inprocess("--sentry-strict", "tests/api/test_api.py::test")

    assert result.ret == pytest.ExitCode.OK
    told = [
        (
            "  warning        no-silent-loss (sentry_capture.toml:3): no file matches 'tests/apl', 'tests/*_apl.py' in"
            " its paths"
        ),
        "  warning        max-breadcrumbs (sentry_capture.toml:4): no file matches 'tests/empty' in its paths",
    ]
    assert warnings(result) == told
    assert partial.ret == pytest.ExitCode.TESTS_FAILED
    assert warnings(partial) == told
    assert summary_of(partial)[-1] == STRICT


def test_a_rule_with_nothing_to_look_for(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TEST)
    write(pytester.path / "sentry_capture.toml", "rules.forbidden-data = true")

    result = pytester.runpytest_inprocess()
    strict = pytester.runpytest_inprocess("--sentry-strict")
    pytester.makepyfile(TEST.replace("sentry_sdk.capture", "sentry_capture.secret('hunter2')\n    sentry_sdk.capture"))
    with_secret = pytester.runpytest_inprocess("--sentry-strict")

    assert warnings(result) == [
        (
            "  warning        forbidden-data (sentry_capture.toml:1): nothing to look for: it has neither keys nor"
            " patterns, and no test declared a secret"
        )
    ]
    assert result.ret == with_secret.ret == pytest.ExitCode.OK
    assert strict.ret == pytest.ExitCode.TESTS_FAILED
    assert warnings(with_secret) == []

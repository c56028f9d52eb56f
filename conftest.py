"""What holds for all test runs of this project."""

from __future__ import annotations

import os

import pytest


def pytest_configure() -> None:
    """With ``REPEATABLE_EXAMPLES`` set, Hypothesis tries the same examples each time: no change is refused by chance.

    Without it, as in everyday runs, it searches on. How long an example takes is the machine's affair.
    """
    try:
        import hypothesis
    except ImportError:
        return
    repeatable = bool(os.environ.get("REPEATABLE_EXAMPLES"))
    hypothesis.settings.register_profile("ours", derandomize=repeatable, print_blob=True, deadline=None)
    hypothesis.settings.load_profile("ours")


def _skipped_without_need(config: pytest.Config) -> list[str]:
    """The tests whose skipping fails the run: with ``FAIL_ON_SKIPPED_TESTS`` set, something that they need is missing.

    All skipped ones but those that say with the marker ``needs`` what the installed versions can't do.
    """
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if not os.environ.get("FAIL_ON_SKIPPED_TESTS") or reporter is None:
        return []
    skipped = reporter.stats.get("skipped", [])
    return [report.nodeid for report in skipped if "needs" not in dict(getattr(report, "user_properties", ()))]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fails the run for a skipped test, where that is asked for."""
    if _skipped_without_need(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Names the skipped tests that fail the run."""
    for test in _skipped_without_need(config):
        terminalreporter.write_line(f"FAILED because it was skipped: {test}", red=True)

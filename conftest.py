"""What holds for all test runs of this project."""

from __future__ import annotations

import os

import pytest


def pytest_configure() -> None:
    """With ``REPEATABLE_EXAMPLES`` set, Hypothesis tries the same examples each time: no change is refused by chance.

    Without it, as in everyday runs, it searches on.
    """
    if os.environ.get("REPEATABLE_EXAMPLES"):
        import hypothesis

        hypothesis.settings.register_profile("repeatable", derandomize=True, print_blob=True)
        hypothesis.settings.load_profile("repeatable")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """With ``FAIL_ON_SKIPPED_TESTS`` set, a skipped test fails the run: something that it needs is missing.

    All but those that say with the marker ``needs`` what the installed versions can't do.
    """
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("FAIL_ON_SKIPPED_TESTS") and reporter is not None:
        skipped = reporter.stats.get("skipped", [])
        if any("needs" not in dict(getattr(report, "user_properties", ())) for report in skipped):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

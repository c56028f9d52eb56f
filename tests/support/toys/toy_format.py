"""The number of rows, and nothing else."""

from __future__ import annotations

from pytest_sentry_capture._reports.report import RunReport


def render_report(report: RunReport) -> str:
    """The number of rows."""
    return f"{len(report.rows)} rows"

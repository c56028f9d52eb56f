"""The page of a JSON report that is a file."""

from __future__ import annotations

from pathlib import Path

from pytest_sentry_capture._reports.diff.parts import DamagedError
from pytest_sentry_capture._reports.diff.reading import ReportError, load_report
from pytest_sentry_capture._reports.page.whole_page import render_page


def page_of(report: Path, since: Path | None = None) -> str:
    """The page of a run's report.

    Args:
        report: the file that ``--sentry-report=PATH.json`` has written.
        since: that of an older run, to be compared with it.

    Raises:
        ReportError: one of the files can't be read, is not such a report, or is damaged.
    """
    older = load_report(since) if since is not None else None
    try:
        return render_page(load_report(report), older)
    except DamagedError as error:
        raise ReportError(f"{report} is damaged: {error}.") from None

"""The page of the run that is just over: of its JSON report, as ``sentry-contract render`` makes it of the file."""

from __future__ import annotations

import json

from pytest_sentry_capture._reports.formats import json_report
from pytest_sentry_capture._reports.page.whole_page import render_page
from pytest_sentry_capture._reports.report import RunReport


def render_report(report: RunReport) -> str:
    """The page of a report, compared with the older one that the report names."""
    return render_page(json.loads(json_report.render_report(report)), report.since)

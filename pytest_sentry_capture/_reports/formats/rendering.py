"""Which rendering a report's file gets, by its suffix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from pytest_sentry_capture._reports.formats import json_report, markdown, text
from pytest_sentry_capture._reports.report import RunReport

RENDERINGS: Final[Mapping[str, Callable[[RunReport], str]]] = {
    ".json": json_report.render_report,
    ".md": markdown.render_report,
    ".txt": text.render_report,
}
"""The rendering for each suffix that the name of a report's file may have."""

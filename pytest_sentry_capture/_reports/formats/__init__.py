"""What reports look like, a file a format. The only place that knows the suffixes of their files.

Every run asks which suffixes there are, so the formats themselves are imported when a report is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Final, cast

from pytest_sentry_capture._lazy import imported

if TYPE_CHECKING:
    from pytest_sentry_capture._reports.report import RunReport


@dataclass(frozen=True)
class Format:
    """A format of reports.

    Attributes:
        place: where the function is that makes a text of a report, relative to the package.
        shows_fields: whether it shows the paths of what is sent, which take time to collect.
    """

    place: str
    shows_fields: bool = False

    def render(self, report: RunReport) -> str:
        """A report in this format."""
        return cast("Callable[[RunReport], str]", imported(self.place))(report)


MARKDOWN: Final = Format("_reports.formats.markdown:render_report")
PAGE: Final = Format("_reports.page.of_run:render_report", shows_fields=True)
FORMATS: Final[Mapping[str, Format]] = {
    ".html": PAGE,
    ".json": Format("_reports.formats.json_report:render_report", shows_fields=True),
    ".md": MARKDOWN,
    ".txt": Format("_reports.formats.text:render_report"),
}
"""The format for each suffix that the name of a report's file may have."""


def format_of(file: PurePath) -> Format:
    """The format of a report by the name of its file.

    Raises:
        ValueError: there is none for its suffix, with those that there are.
    """
    if file.suffix not in FORMATS:
        raise ValueError(f"{str(file)!r} has an unknown suffix; valid: {', '.join(FORMATS)}")
    return FORMATS[file.suffix]

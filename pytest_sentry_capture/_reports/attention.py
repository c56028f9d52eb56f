"""What of a run needs attention, one entry each: broken rules, crashed callbacks, lost events, what is unused.

What differs from contracts has its own form, in which it is shown beside this list.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from pytest_sentry_capture._reports.report import RunReport
from pytest_sentry_capture._reports.table import Row, Tally
from pytest_sentry_capture._text import counted

TRACES: Final = ("segment", "transaction", "span", "profile", "profile_chunk")
"""The kinds of which the text formats have numbers alone: there are many of them, and they change with sampling."""
_LOSSES: Final = ("callback_error", "sdk_error", "unserializable", "internal_sdk_error")
"""The discard reasons by which something is lost that nobody wanted to filter out."""
WIDTH: Final = len("warning")


class Entry(NamedTuple):
    """Something that needs attention.

    Attributes:
        state: of what sort it is: ``broken``, ``warning``, ``crashed``, ``lost``, ``expired``, ``unused``.
        name: the rule. Empty for others.
        what: the rest, in one line.
    """

    state: str
    name: str
    what: str

    @property
    def text(self) -> str:
        """The entry in one line of text."""
        return f"{self.name}: {self.what}" if self.name else self.what


def attention(report: RunReport) -> list[Entry]:
    """The entries, the worst first."""
    return [
        *_findings(report, "fail", "broken"),
        *_losses(report),
        *_findings(report, "warn", "warning"),
        *_unused(report),
    ]


def trace_counts(report: RunReport) -> str | None:
    """The numbers of what the text formats have no rows of, in one line, or None if there is none, or has rows."""
    if report.shows_traces:
        return None
    numbers: dict[str, int] = {}
    discarded: dict[str, int] = {}
    for row, tally in report.rows:
        if row.kind in TRACES:
            found = numbers if row.result == "captured" else discarded
            found[row.kind] = found.get(row.kind, 0) + tally.count
    parts = [counted(number, kind.replace("_", " ")) for kind, number in numbers.items()]
    parts += [f"{counted(number, kind.replace('_', ' '))} discarded" for kind, number in discarded.items()]
    return f"Traces: {', '.join(parts)} (--sentry-report-traces lists them)." if parts else None


def listed_rows(report: RunReport) -> list[tuple[Row, Tally]]:
    """The rows that the text formats have."""
    return [(row, tally) for row, tally in report.rows if report.shows_traces or row.kind not in TRACES]


def _findings(report: RunReport, severity: str, state: str) -> Iterator[Entry]:
    for each in report.findings:
        if each.severity == severity:
            yield Entry(state, each.rule, f"{each.problem} [{each.where}]")


def _losses(report: RunReport) -> Iterator[Entry]:
    told: set[str] = set()
    for row, tally in report.rows:
        if row.result in _LOSSES:
            told.add(row.by)
            what = " ".join(part for part in (row.kind, row.exception) if part)
            where = " ".join(part for part in (row.request_or_origin, str(row.status or "")) if part)
            by = f" in {row.by}" if row.by else ""
            times = "" if tally.count == 1 else f"{counted(tally.count, 'time')}, first: "
            yield Entry("lost", "", f"{what}, {where}: {row.result}{by} [{times}{tally.example}]")
    for callback, counts in report.facts.callbacks:
        if counts.crashed and callback.name not in told:
            yield Entry("crashed", "", f"{callback.name} ({callback.option}) {counted(counts.crashed, 'time')}")


def _unused(report: RunReport) -> Iterator[Entry]:
    for waiver in report.waivers:
        if waiver.expired:
            yield Entry("expired", "", f"the waiver of {waiver.rule} ended on {waiver.until} [{waiver.place}]")
    yield from (Entry("unused", "", what) for what in report.unused)

"""The report as plain text, for terminals and logs."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_sentry_capture._reports.attention import WIDTH, attention, listed_rows, trace_counts
from pytest_sentry_capture._reports.contract import differences
from pytest_sentry_capture._reports.report import NOTHING, Cells, RunReport, partial_note, row_cells, rule_cells


def render_report(report: RunReport) -> str:
    """The verdict, if there is one, what needs attention, the capture table and the rules."""
    parts = [f"{each}\n" for each in [report.outcome or report.verdict] if each is not None]
    if report.partial:
        parts.append(f"{partial_note(report.partial)}\n")
    if entries := attention(report):
        parts.append("".join(f"{each.state:{WIDTH}}  {each.text}\n" for each in entries))
    parts += [
        differences.differences_text(each.differences, updated=each.was_updated, file=each.file)
        for each in report.contracts
    ]
    rows, traces = listed_rows(report), trace_counts(report)
    if rows or not traces:
        parts.append(_aligned(row_cells(rows)) if rows else f"{NOTHING}\n")
    if traces:
        parts.append(f"{traces}\n")
    if report.rules:
        parts.append(_aligned(rule_cells(report.rules)))
    return "\n".join(parts)


def _aligned(lines: Sequence[Cells]) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    separator = tuple("-" * width for width in widths)
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n"
        for line in (lines[0], separator, *lines[1:])
    )

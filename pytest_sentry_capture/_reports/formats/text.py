"""The report as plain text, for terminals and logs."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_sentry_capture._reports.contract import differences
from pytest_sentry_capture._reports.report import (
    NOTHING,
    Cells,
    RunReport,
    finding_cells,
    partial_note,
    row_cells,
    rule_cells,
)


def render_report(report: RunReport) -> str:
    """The verdict, if there is one, the capture table, the rules, and what differs from the contract."""
    parts = [f"{report.verdict}\n"] if report.verdict is not None else []
    parts.append(_aligned(row_cells(report.rows)) if report.rows else f"{NOTHING}\n")
    if report.rules:
        parts.append(_aligned(rule_cells(report.rules)))
    if report.findings:
        parts.append(_aligned(finding_cells(report.findings)))
    parts += [
        differences.differences_text(each.differences, updated=each.was_updated, file=each.file)
        for each in report.contracts
    ]
    if report.partial:
        parts.append(f"{partial_note(report.partial)}\n")
    return "\n".join(parts)


def _aligned(lines: Sequence[Cells]) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    separator = tuple("-" * width for width in widths)
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n"
        for line in (lines[0], separator, *lines[1:])
    )

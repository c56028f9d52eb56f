"""The capture table as plain text, for terminals and logs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pytest_sentry_capture.reports.table import Row, Tally

_HEADINGS: Final = (
    "request or origin",
    "status",
    "kind",
    "exception",
    "Sentry",
    "by",
    "level",
    "tags",
    "user",
    "times",
)


def render(rows: Sequence[tuple[Row, Tally]]) -> str:
    """The table with aligned columns; columns that are empty in every row are left out."""
    if not rows:
        return "Nothing was captured, and nothing was discarded.\n"
    lines = [_HEADINGS, *(_cells(row, tally) for row, tally in rows)]
    columns = [column for column in zip(*lines, strict=True) if any(column[1:])]
    widths = [max(map(len, column)) for column in columns]
    separator = tuple("-" * width for width in widths)
    table = [*zip(*columns, strict=True)]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n"
        for line in (table[0], separator, *table[1:])
    )


def _cells(row: Row, tally: Tally) -> tuple[str, ...]:
    return (
        row.origin,
        "" if row.status is None else str(row.status),
        row.kind,
        row.exception,
        row.result,
        row.by,
        row.level,
        ", ".join(row.tags),
        ", ".join(row.user),
        str(tally.count),
    )

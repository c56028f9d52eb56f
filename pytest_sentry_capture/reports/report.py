"""What a run's report holds, whatever the format it is written in, and its tables as rows of cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from pytest_sentry_capture.reports.differences import Difference
from pytest_sentry_capture.reports.table import Row, Tally
from pytest_sentry_capture.version import __version__

RuleState = Literal["kept", "broken", "never exercised"]
Severity = Literal["fail", "warn"]
Cells = tuple[str, ...]

NOTHING: Final = "Nothing was captured, and nothing was discarded."
_ROW_HEADINGS: Final = (
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
    "example",
)
_RULE_HEADINGS: Final = ("rule", "state", "kept", "broken", "severity", "configured in")


@dataclass(frozen=True)
class RuleSummary:
    """What became of one configured rule in the run.

    Attributes:
        name: the rule's name, as configured.
        state: ``broken`` where it was broken at least once.
        kept: how many tests it was kept in.
        broken: how many tests it was broken in.
        severity: what a broken rule does to its test.
        place: where it is configured, such as ``pyproject.toml:12``.
    """

    name: str
    state: RuleState
    kept: int
    broken: int
    severity: Severity
    place: str


@dataclass(frozen=True)
class RunReport:
    """All that a report says about a run.

    Attributes:
        rows: the capture table.
        rules: the configured rules, in the order in which they are shown.
        differences: from the contract; None where the run was not compared with one.
        contract_was_updated: whether the contract has been written anew, with these differences.
        partial: why the run was a partial one, one reason each (``-k was given``); empty for a whole run.
        version: the plugin's.
    """

    rows: Sequence[tuple[Row, Tally]]
    rules: Sequence[RuleSummary] = ()
    differences: Sequence[Difference] | None = None
    contract_was_updated: bool = False
    partial: Sequence[str] = ()
    version: str = __version__


def row_cells(rows: Sequence[tuple[Row, Tally]]) -> list[Cells]:
    """The capture table with its headings; columns that are empty in every row are left out."""
    return _without_empty_columns([_ROW_HEADINGS, *(_cells_of_row(row, tally) for row, tally in rows)])


def rule_cells(rules: Sequence[RuleSummary]) -> list[Cells]:
    """The rules with headings."""
    cells = [(rule.name, rule.state, str(rule.kept), str(rule.broken), rule.severity, rule.place) for rule in rules]
    return _without_empty_columns([_RULE_HEADINGS, *cells])


def partial_note(partial: Sequence[str]) -> str:
    """What it means that the run was a partial one, and why it was."""
    return f"This was a partial run ({'; '.join(partial)}): what is missing here may only not have been tried."


def _without_empty_columns(lines: list[Cells]) -> list[Cells]:
    return [*zip(*(column for column in zip(*lines, strict=True) if any(column[1:])), strict=True)]


def _cells_of_row(row: Row, tally: Tally) -> Cells:
    return (
        row.request_or_origin,
        "" if row.status is None else str(row.status),
        row.kind,
        row.exception,
        row.result,
        row.by,
        row.level,
        ", ".join(row.tags),
        ", ".join(row.user),
        str(tally.count),
        tally.example,
    )

"""The report in GitHub's Markdown, for the summary of a workflow's step."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from pytest_sentry_capture._reports.attention import Entry, attention, listed_rows, trace_counts
from pytest_sentry_capture._reports.contract import differences
from pytest_sentry_capture._reports.report import (
    NOTHING,
    Cells,
    ContractComparison,
    RunReport,
    partial_note,
    row_cells,
    rule_cells,
)
from pytest_sentry_capture._text import printable

_MOST_ROWS_UNFOLDED: Final = 20
_PLAIN: Final = re.compile(r"[A-Za-z0-9 ]*")
_ENDS_A_CODE_SPAN: Final = re.compile(r"[`|\\]")
_PUNCTUATION: Final = re.compile(r"[!-/:-@\[-`{-~]")


def render_report(report: RunReport) -> str:
    """What needs attention first: what differs from the contract, the rules, then the capture table."""
    return "\n".join(["## Sentry", *(f"\n{section}" for section in _sections(report))]) + "\n"


def _sections(report: RunReport) -> Iterator[str]:
    if verdict := report.outcome or report.verdict:
        yield words(verdict)
    if report.partial:
        yield words(partial_note(report.partial))
    if entries := attention(report):
        yield "\n".join(["### Needs attention", "", *map(_entry, entries)])
    if report.contracts:
        yield "\n\n".join([_heading(len(report.contracts)), *map(_differences, report.contracts)])
    if report.rules:
        yield f"### Rules\n\n{_table(rule_cells(report.rules))}"
    if report.has_table:
        yield "\n\n".join(["### Captured and not captured", *_rows(report)])


def _entry(entry: Entry) -> str:
    name = f"{code(entry.name)}: " if entry.name else ""
    return f"- **{entry.state}** {name}{code(entry.what)}"


def _rows(report: RunReport) -> Iterator[str]:
    rows, traces = listed_rows(report), trace_counts(report)
    if rows or not traces:
        yield _folded(row_cells(rows), "rows") if rows else NOTHING
    if traces:
        yield words(traces)


def _folded(lines: Sequence[Cells], called: str) -> str:
    """A table, behind a line that opens it where it is a long one."""
    number = len(lines) - 1
    table = _table(lines)
    if number <= _MOST_ROWS_UNFOLDED:
        return table
    return f"<details><summary>{number} {called}</summary>\n\n{table}\n\n</details>"


def _heading(contracts: int) -> str:
    return "### Contract" if contracts == 1 else "### Contracts"


def _differences(contract: ContractComparison) -> str:
    found = contract.differences
    headline = words(differences.headline(found, updated=contract.was_updated, file=contract.file))
    if not found:
        return headline
    lines = [line for difference in found for line in differences.diff_lines(difference)]
    fence = "`" * (1 + max((len(run) for line in lines for run in re.findall("`{2,}", line)), default=2))
    return "\n".join([headline, "", f"{fence}diff", *map(printable, lines), fence])


def _table(lines: Sequence[Cells]) -> str:
    headings, *rows = lines
    rule = "|".join(" --- " for _ in headings)
    return "\n".join(
        [
            f"| {' | '.join(headings)} |",
            f"|{rule}|",
            *(f"| {' | '.join(code(cell) for cell in cells)} |" for cells in rows),
        ]
    )


def code(text: str) -> str:
    """The text as code, in which nothing is markup, a mention or an emoji."""
    text = " ".join(printable(text).split())
    if _PLAIN.fullmatch(text):
        return text
    if not _ENDS_A_CODE_SPAN.search(text):
        return f"`{text}`"
    return f"<code>{_PUNCTUATION.sub(lambda match: f'&#{ord(match[0])};', text)}</code>"


def words(text: str) -> str:
    """The text as words, in which nothing is markup."""
    return _PUNCTUATION.sub(lambda match: match[0] if match[0] in "-,.:;/'()=" else f"&#{ord(match[0])};", text)

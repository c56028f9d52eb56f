"""Two runs compared, in words: as text, as Markdown, and as JSON for other programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pytest_sentry_capture._reports.contract.differences import Difference, difference_lines
from pytest_sentry_capture._reports.diff.comparing import FieldDifference, PersonalDataDifference, RunDifference
from pytest_sentry_capture._reports.diff.reading import ReadReport
from pytest_sentry_capture._reports.diff.volume import (
    INTEGRATIONS,
    CountDifference,
    NamesDifference,
    ProfilesDifference,
    RowDifference,
    VolumeDifference,
)
from pytest_sentry_capture._reports.formats.json_report import row_json, where_json
from pytest_sentry_capture._reports.formats.markdown import code, words
from pytest_sentry_capture._reports.table import Row
from pytest_sentry_capture._text import printable

VERSION: Final = 1
"""Of the JSON form."""
NOTHING_DIFFERS: Final = "Nothing differs."
_LOGGING: Final = "logging"
_WITHOUT_LOGGING: Final = (
    "  without it a logged error is not an event: LoggingIntegration(level=None, event_level=logging.ERROR) makes it"
    " one"
)
_TITLES: Final = ("Reports lost or gained", "Sent in clear now, or no longer", "Volume and facts of the run")
TOLD_OF_CHANGED: Final = ("by", "level")
"""Beside what became of it: names of tags and of the user's fields are shown as fields."""
_BY_CHANCE: Final = (
    "Items sampled at a rate between 0 and 1 are not listed as lost or gained. To compare all items, set the rate to"
    " 1.0 in both runs."
)


@dataclass(frozen=True)
class ToldDifference:
    """Two runs compared, in words.

    Attributes:
        versions: those of the SDK.
        groups: titles, each with its entries. Of an entry, the first line says it and the others add details.
        notes: what was left out.
    """

    versions: str
    groups: Sequence[tuple[str, Sequence[list[str]]]]
    notes: Sequence[str]


def told(difference: RunDifference) -> ToldDifference:
    """Two runs compared, in words, without the marks of any format."""
    groups = [*zip(_TITLES, _groups(difference), strict=True)]
    return ToldDifference(_versions(difference), groups, _notes(difference))


def render_text(difference: RunDifference) -> str:
    """For a terminal or a log."""
    parts = [_versions(difference)]
    for title, entries in zip(_TITLES, _groups(difference), strict=True):
        if entries:
            parts.append("\n".join([f"{title} ({len(entries)}):", *(f"  {line}" for each in entries for line in each)]))
    if difference.is_empty:
        parts.append(NOTHING_DIFFERS)
    parts += _notes(difference)
    return printable_lines("\n\n".join(parts))


def render_markdown(difference: RunDifference) -> str:
    """In GitHub's Markdown, for a pull request."""
    parts = [f"## {words(_versions(difference))}"]
    for title, entries in zip(_TITLES, _groups(difference), strict=True):
        if entries:
            listed = [f"- {code(first)}" + "".join(f"\n  - {code(line)}" for line in more) for first, *more in entries]
            parts.append("\n".join([f"### {title}", "", *listed]))
    if difference.is_empty:
        parts.append(NOTHING_DIFFERS)
    parts += map(words, map(printable, _notes(difference)))
    return "\n\n".join(parts) + "\n"


def render_json(difference: RunDifference) -> str:
    """For other programs, in ASCII. docs/reference/report-json.md describes it."""
    content: dict[str, Any] = {
        "version": VERSION,
        "before": _run_json(difference.before),
        "after": _run_json(difference.after),
        "sampled_by_chance": difference.has_chance,
        "reports": [
            {
                "state": each.state,
                "before": row_json(each.before) if each.before is not None else None,
                "after": row_json(each.after) if each.after is not None else None,
            }
            for each in difference.reports
        ],
        "fields": [
            {
                "path": each.path,
                "before": each.before,
                "after": each.after,
                "fields": each.count,
                "rows": [row_json(row) for row in each.rows],
            }
            for each in difference.fields
        ],
        "personal_data": [
            {
                "place": each.place,
                "rule": each.rule,
                "kinds": list(each.kinds),
                "state": "new" if each.is_new else "gone",
            }
            for each in difference.personal_data
        ],
        "volume": [_volume_json(each) for each in difference.volume],
    }
    return json.dumps(content, indent=2) + "\n"


RENDERINGS: Final[Mapping[str, Callable[[RunDifference], str]]] = {
    "text": render_text,
    "markdown": render_markdown,
    "json": render_json,
}
"""The rendering for each format that can be asked for."""


def printable_lines(text: str) -> str:
    """The text, each line of it without characters that are invisible or steer terminals."""
    return "\n".join(printable(line) for line in text.split("\n")) + "\n"


def _versions(difference: RunDifference) -> str:
    before, after = difference.before.sdk or "not imported", difference.after.sdk or "not imported"
    return f"sentry-sdk {before}" + (f" -> {after}" if before != after else " in both runs")


def _groups(difference: RunDifference) -> tuple[list[list[str]], ...]:
    return (
        [[*_report(each)] for each in difference.reports],
        [*([_field(each)] for each in difference.fields), *([_finding(each)] for each in difference.personal_data)],
        [[_volume(each), *_about(each)] for each in difference.volume],
    )


def _report(difference: Difference) -> list[str]:
    return [
        *(
            difference_lines(difference, details=TOLD_OF_CHANGED)
            if difference.state == "changed"
            else difference_lines(difference)
        )
    ]


def _field(difference: FieldDifference) -> str:
    many = f" ({difference.count} fields)" if difference.count > 1 else ""
    before, after = difference.before or "not sent", difference.after or "not sent"
    return f"{difference.path}{many}: {before} -> {after}, in {_where(difference.rows)}"


def _where(rows: tuple[Row, ...]) -> str:
    first = rows[0]
    what = " ".join(part for part in (first.kind, first.exception) if part)
    status = f" {first.status}" if first.status is not None else ""
    place = f"{what}, {first.request_or_origin}{status}"
    return place if len(rows) == 1 else f"{len(rows)} rows, first: {place}"


def _finding(difference: PersonalDataDifference) -> str:
    when = "now" if difference.is_new else "no longer"
    return f"{difference.place}: {difference.rule}, which no-pii finds {when} in {', '.join(difference.kinds)}"


def _volume(difference: VolumeDifference) -> str:
    if isinstance(difference, CountDifference):
        return f"{difference.kind} items: {difference.before} -> {difference.after}"
    if isinstance(difference, ProfilesDifference):
        return f"profiles: {' -> '.join('some' if each else 'none' for each in (difference.before, difference.after))}"
    if isinstance(difference, RowDifference):
        what = " ".join(part for part in (difference.kind, difference.level) if part)
        where = " ".join(part for part in (difference.method, difference.origin, str(difference.status or "")) if part)
        before, after = (", ".join(each) or "nothing" for each in (difference.before, difference.after))
        return f"{what}, {where}: {before} -> {after}"
    what = difference.what if difference.what == INTEGRATIONS else "transaction fields that spans cannot have"
    lost = [f"no longer {', '.join(difference.before)}"] if difference.before else []
    gained = [f"new {', '.join(difference.after)}"] if difference.after else []
    return f"{what}: {'; '.join([*lost, *gained])}"


def _about(difference: VolumeDifference) -> list[str]:
    if isinstance(difference, NamesDifference) and difference.what == INTEGRATIONS:
        return [_WITHOUT_LOGGING] if _LOGGING in difference.before else []
    return []


def _volume_json(difference: VolumeDifference) -> dict[str, Any]:
    if isinstance(difference, CountDifference):
        return {"what": "items", **vars(difference)}
    if isinstance(difference, ProfilesDifference):
        return {"what": "profiles", **vars(difference)}
    before, after = list(difference.before), list(difference.after)
    if isinstance(difference, NamesDifference):
        return {"what": difference.what, "before": before, "after": after}
    kind, level = difference.kind, difference.level or None
    return {"what": "row", **where_json(difference), "kind": kind, "level": level, "before": before, "after": after}


def _notes(difference: RunDifference) -> list[str]:
    return [*_partial_notes(difference), *([_BY_CHANCE] if difference.has_chance else [])]


def _partial_notes(difference: RunDifference) -> list[str]:
    first, second = "; ".join(difference.before.partial), "; ".join(difference.after.partial)
    if first and second:
        return [_partial_both(first, second)]
    if first:
        return [_partial_note("first", first, "second")]
    return [_partial_note("second", second, "first")] if second else []


def _partial_both(first: str, second: str) -> str:
    return (
        f"Both runs were partial (the first: {first}; the second: {second}): rows of only one run are left out,"
        " because the other run may not have tested them."
    )


def _partial_note(name: str, reasons: str, other: str) -> str:
    return (
        f"The {name} run was partial ({reasons}): rows of only the {other} run are left out, because the {name}"
        " run may not have tested them."
    )


def _run_json(report: ReadReport) -> dict[str, Any]:
    return {"sdk": report.sdk, "partial": list(report.partial)}

"""Two runs compared, in words: as text, as Markdown, and as JSON for other programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from pytest_sentry_capture.reports.diff.comparing import FieldDifference, RunDifference, VolumeDifference
from pytest_sentry_capture.reports.diff.reading import ReadReport
from pytest_sentry_capture.reports.differences import lines
from pytest_sentry_capture.reports.json_report import row_json
from pytest_sentry_capture.reports.markdown import code, words
from pytest_sentry_capture.reports.names import printable
from pytest_sentry_capture.reports.table import Row

VERSION: Final = 1
"""Of the JSON form."""
_NOTHING: Final = "Nothing differs."
_INTEGRATIONS: Final = "integrations"
_LOGGING: Final = "logging"
_WITHOUT_LOGGING: Final = (
    "  without it a logged error is no event: LoggingIntegration(level=None, event_level=logging.ERROR) makes it one"
)
_TITLES: Final = ("Reports lost or gained", "Sent in clear now, or no longer", "Volume and facts of the run")


def render_text(difference: RunDifference) -> str:
    """For a terminal or a log."""
    parts = [_versions(difference)]
    for title, entries in zip(_TITLES, _groups(difference), strict=True):
        if entries:
            parts.append("\n".join([f"{title} ({len(entries)}):", *(f"  {line}" for each in entries for line in each)]))
    if difference.is_empty:
        parts.append(_NOTHING)
    parts += _partial_notes(difference)
    return printable_lines("\n\n".join(parts))


def render_markdown(difference: RunDifference) -> str:
    """In GitHub's Markdown, for a pull request."""
    parts = [f"## {words(_versions(difference))}"]
    for title, entries in zip(_TITLES, _groups(difference), strict=True):
        if entries:
            listed = [f"- {code(first)}" + "".join(f"\n  - {code(line)}" for line in more) for first, *more in entries]
            parts.append("\n".join([f"### {title}", "", *listed]))
    if difference.is_empty:
        parts.append(_NOTHING)
    parts += map(words, _partial_notes(difference))
    return "\n\n".join(parts) + "\n"


def render_json(difference: RunDifference) -> str:
    """For other programs, in ASCII; docs/reports.md describes it."""
    content: dict[str, Any] = {
        "version": VERSION,
        "before": _run_json(difference.before),
        "after": _run_json(difference.after),
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
            {"place": place, "rule": rule, "state": "new" if is_new else "gone"}
            for place, rule, is_new in difference.personal_data
        ],
        "volume": [vars(each) for each in difference.volume],
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
        [[*lines(each)] for each in difference.reports],
        [*([_field(each)] for each in difference.fields), *([each] for each in _personal_data(difference))],
        [[_volume(each), *_about(each)] for each in difference.volume],
    )


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


def _personal_data(difference: RunDifference) -> Iterator[str]:
    for place, rule, is_new in difference.personal_data:
        yield f"{place}: {rule}, which no-pii finds {'now' if is_new else 'no longer'}"


def _volume(difference: VolumeDifference) -> str:
    before, after = difference.before, difference.after
    if before and after and difference.what != _INTEGRATIONS:
        return f"{difference.what}: {before} -> {after}"
    parts = [*([f"no longer {before}"] if before else []), *([f"new {after}"] if after else [])]
    return f"{difference.what}: {'; '.join(parts)}"


def _about(difference: VolumeDifference) -> list[str]:
    is_off = difference.what == _INTEGRATIONS and _LOGGING in difference.before.split(", ")
    return [_WITHOUT_LOGGING] if is_off else []


def _partial_notes(difference: RunDifference) -> list[str]:
    runs = ("first", difference.before), ("second", difference.after)
    return [
        f"The {name} run was a partial one ({'; '.join(run.partial)}):"
        f" {'what is new' if name == 'first' else 'what is gone'} may only not have been tried, and is left out."
        for name, run in runs
        if run.partial
    ]


def _run_json(report: ReadReport) -> dict[str, Any]:
    return {"sdk": report.sdk, "partial": list(report.partial)}

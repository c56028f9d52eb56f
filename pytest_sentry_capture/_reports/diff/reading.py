"""JSON reports read back, and what can be wrong with one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple, get_args

from pytest_sentry_capture._reports.diff.parts import DamagedError, Part
from pytest_sentry_capture._reports.diff.schema_check import check_by_schema
from pytest_sentry_capture._reports.example_items import ExampleItem
from pytest_sentry_capture._reports.fields import FIELD_STATES, Fields, FieldState, merge, note
from pytest_sentry_capture._reports.formats.json_report import VERSION
from pytest_sentry_capture._reports.personal_data import PersonalData
from pytest_sentry_capture._reports.table import CAPTURED, JOB, NOTHING, OFF, SILENT, Row, State

_HEADERS: Final = "request.headers."
_WRITE: Final = "To write one, run `pytest --sentry-report=run.json`."


class ReportError(Exception):
    """Why a file is not a report that can be compared, in one sentence for users."""


class DamagedReportError(ReportError):
    """Why a file can't be read, or holds only part of a report, in one sentence for users."""


@dataclass(frozen=True)
class ReadRow:
    """A row of a report.

    Attributes:
        row: its columns.
        by_chance: whether a random number had a say in it each time that it was seen.
        fields: the state of each field that its items have.
    """

    row: Row
    by_chance: bool
    fields: Mapping[str, FieldState]


class ReportedRow(NamedTuple):
    """A row of a report, with all that it says about its items.

    Attributes:
        row: its columns, with the project.
        fields: the state of each field that its items have, as the report has them.
        example: one of its items, or None if there is none.
    """

    row: Row
    fields: Fields
    example: ExampleItem | None


@dataclass(frozen=True)
class ReadReport:
    """A run, as its report describes it. See ``RunReport`` and ``RunFacts`` for the other attributes.

    Attributes:
        is_older: whether it is from before rows had a state: silent answers during which something else than an event
            was captured have no row then.
    """

    sdk: str | None
    integrations: frozenset[str]
    counts: Mapping[str, int]
    partial: Sequence[str]
    rows: Sequence[ReadRow]
    personal_data: frozenset[PersonalData]
    is_older: bool = False


def read_report(path: Path) -> ReadReport:
    """Read a report that ``--sentry-report=PATH.json`` has written.

    Raises:
        ReportError: the file can't be read, is not such a report, or is of another version of the format.
    """
    return _checked(_load(path), path)


def _load(path: Path) -> Any:
    if path.suffix.lower() == ".toml":
        raise ReportError(f"{path} is a TOML file, not a report. {_WRITE}")
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise DamagedReportError(f"{path} could not be read: {error.strerror}.") from None
    except (ValueError, RecursionError):
        raise DamagedReportError(f"{path} is not valid JSON: is it what --sentry-report=PATH.json wrote?") from None


def read_content(content: Any) -> ReadReport:
    """Read what the JSON report of a run holds, of this version of the format.

    Raises:
        DamagedError: a part of it is missing or not what it has to be.
    """
    return _read(Part(content))


def load_report(path: Path) -> dict[str, Any]:
    """What is in a report that ``--sentry-report=PATH.json`` has written, checked as ``read_report`` does.

    Raises:
        ReportError: the file can't be read, is not such a report, or is of another version of the format.
    """
    content = _load(path)
    _checked(content, path)
    return dict(content)


def read_rows(content: Mapping[str, Any]) -> list[ReportedRow]:
    """All rows of a report, those that differ in their projects alone too.

    Raises:
        DamagedError: one of them is missing something, or holds what it can't.
    """
    rows = content["rows"]
    check_by_schema(rows, "rows")
    return [*map(_reported, rows)]


def _reported(columns: Mapping[str, Any]) -> ReportedRow:
    request, job, discarded, item = columns["request"], columns.get("job"), columns["discarded"], columns.get("item")
    row = Row(
        origin=job or (request["route"] if request is not None else columns["origin"] or ""),
        method=JOB if job else request["method"] if request is not None else "",
        status=columns["status"],
        kind=columns["kind"] or "",
        exception=columns["exception"] or "",
        result=discarded["reason"] if discarded is not None else CAPTURED if columns["captured"] else NOTHING,
        by="" if discarded is None else discarded["by"] or "",
        level=columns["level"] or "",
        tags=tuple(columns["tags"]),
        user=tuple(columns["user"]),
        project=columns["project"] or "",
    )
    if row.result == NOTHING:
        row = row._replace(result=OFF if columns["state"] == OFF else SILENT if row.is_failure else NOTHING)
    example = ExampleItem(item, columns.get("before"), columns["example"]) if item is not None else None
    return ReportedRow(row, columns["fields"], example)


def report_content(path: Path) -> dict[str, Any]:
    """What is in a report of this version of the format. Its parts are not checked.

    Raises:
        DamagedReportError: the file can't be read, or is not JSON.
        ReportError: it is not a report, or one of another version of the format.
    """
    content = _load(path)
    _check_version(content, path)
    return dict(content)


def _checked(content: Any, path: Path) -> ReadReport:
    _check_version(content, path)
    try:
        return _read(Part(content))
    except DamagedError as error:
        raise DamagedReportError(f"{path} is damaged: {error}.") from None


def _check_version(content: Any, path: Path) -> None:
    version = content.get("version") if isinstance(content, dict) else None
    if not isinstance(version, int) or isinstance(version, bool) or "rows" not in content:
        raise ReportError(f"{path} is not a report of pytest-sentry-contract. {_WRITE}")
    if version < VERSION:
        raise ReportError(
            f"{path} is a report of version {version}, which lacks data for a comparison. This pytest-sentry-contract"
            f" writes version {VERSION}: run `pytest --sentry-report={path.name}` again."
        )
    if version > VERSION:
        raise ReportError(
            f"{path} is a report of version {version}, and this pytest-sentry-contract reads version {VERSION}:"
            " upgrade it."
        )


def _read(report: Part) -> ReadReport:
    rows = report.at("rows").entries()
    return ReadReport(
        sdk=report.at("sdk").text_or_none(),
        integrations=frozenset(each.text() for each in report.at("integrations").entries()),
        counts={kind: count.number() for kind, count in report.at("counts").values()},
        partial=[each.text() for each in report.at("partial").entries()],
        rows=_together(map(_read_row, rows)),
        personal_data=frozenset(
            _read_personal_data(each) for each in report.at("personal_data").entries() if not each.has("allowed_by")
        ),
        is_older=not all(each.has("state") for each in rows),
    )


def _together(rows: Iterable[ReadRow]) -> list[ReadRow]:
    """Those that differ in their projects alone as one, for runs with one project name none."""
    found: dict[Row, ReadRow] = {}
    for each in rows:
        known = found.get(each.row)
        if known is None:
            found[each.row] = each
            continue
        fields = {**known.fields}
        merge(fields, each.fields)
        found[each.row] = ReadRow(each.row, known.by_chance and each.by_chance, fields)
    return [*found.values()]


def _read_row(columns: Part) -> ReadRow:
    return ReadRow(read_columns(columns), columns.at("by_chance").truth(), _read_fields(columns.at("fields")))


def read_columns(columns: Part) -> Row:
    """A row without what is counted of it.

    Raises:
        DamagedError: a part of it is missing or not what it has to be.
    """
    origin, method = _read_where(columns)
    result, by = _read_result(columns)
    row = Row(
        origin=origin,
        method=method,
        status=_read_status(columns.at("status")),
        kind=columns.at("kind").text_or_none() or "",
        exception=columns.at("exception").text_or_none() or "",
        result=result,
        by=by,
        level=columns.at("level").text_or_none() or "",
        tags=tuple(each.text() for each in columns.at("tags").entries()),
        user=tuple(each.text() for each in columns.at("user").entries()),
    )
    if row.result == NOTHING:
        return row._replace(result=_read_silence(row, columns))
    return row


def _read_where(part: Part) -> tuple[str, str]:
    """The origin and the method."""
    if part.has("job") and not part.at("job").is_null:
        return part.at("job").text(), JOB
    request = part.at("request")
    if request.is_null:
        return part.at("origin").text(), ""
    return request.at("route").text(), request.at("method").text()


def _read_status(part: Part) -> int | str | None:
    """The status of an answer or of a job."""
    return part.text() if part.is_text else part.number_or_none()


def _read_result(columns: Part) -> tuple[str, str]:
    """What became of it, and the callable that discarded it."""
    discarded, was_captured = columns.at("discarded"), columns.at("captured").truth()
    if discarded.is_null:
        return CAPTURED if was_captured else NOTHING, ""
    return discarded.at("reason").text(), discarded.at("by").text_or_none() or ""


def _read_silence(row: Row, columns: Part) -> State:
    """What became of an operation without an event. Waived ones are recognized by their columns, like older ones."""
    state = columns.at("state").one_of(get_args(State)) if columns.has("state") else None
    if state == OFF:
        return OFF
    return SILENT if row.is_failure else NOTHING


def _read_fields(part: Part) -> Fields:
    fields: Fields = {}
    for path, state in part.values():
        note(fields, _in_one_case(path), state.one_of(FIELD_STATES))
    return fields


def _read_personal_data(part: Part) -> PersonalData:
    origin, method = _read_where(part)
    return PersonalData(
        kind=part.at("kind").text(),
        method=method,
        origin=origin,
        status=_read_status(part.at("status")),
        place=_in_one_case(part.at("place").text()),
        rule=part.at("rule").text(),
    )


def _in_one_case(path: str) -> str:
    """Names of headers in lower case: frameworks write them in several."""
    return path.lower() if path.startswith(_HEADERS) else path

"""The contract file: the committed rows of the capture table, read, compared with a run, and updated."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from pytest_sentry_capture._recording import JOB_STATUSES
from pytest_sentry_capture._recording.kinds import FACTS, CapturedSegment, CapturedTransaction
from pytest_sentry_capture._reports.contract.differences import FILE, UPDATE, Difference, differences
from pytest_sentry_capture._reports.contract.toml_lines import ROW, Layout, Line, Table, new_table
from pytest_sentry_capture._reports.table import CAPTURED, JOB, SILENT, STATUSES, WITHOUT_ITEM, Row, Tally
from pytest_sentry_capture._text import did_you_mean

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

VERSION: Final = 2
"""Of the format: goes up when a reader of the version before would not understand the file."""
_OLDEST_VERSION: Final = 1
"""In which transactions had their own rows, with tags and users, and spans that were discarded had rows too."""
_VERSION_KEY: Final = "version"
_NEW: Final = f"""\
# What this application sends to Sentry and what it filters out: one [[{ROW}]] for each distinct case.
# Update it with `{UPDATE}`, enforce it with `pytest --sentry-contract=check`.
# Your comments are kept.

{_VERSION_KEY} = {VERSION}
"""
_KEYS: Final = (
    "request", "job", "origin", "status", "kind", "exception", "captured", "discarded", "by", "level", "tags", "user",
)  # fmt: skip
_SLOT: Final = {"origin": "request", "job": "request", "discarded": "captured"}
"""Keys that say the same thing in other words than another one, in whose place they stand."""
_TRIGGERS: Final = ("request", "job", "origin")
_LISTS: Final = ("tags", "user")
_REQUEST: Final = re.compile(r"\S+ \S.*", re.DOTALL)
_BY_CHANCE: Final = ("backpressure", "queue_overflow", "ratelimit_backoff", "network_error")
"""Discard reasons that describe load and the network, not of the application."""
_LEFT_OUT: Final = tuple(kind for kind, facts in FACTS.items() if not facts.is_pinned)
"""Profiles hold what was running at certain moments, and none is sent after too short a time. Which spans a segment
has, and how each is lost, differs between SDKs."""
_CONFLICT: Final = re.compile(r"<{7}(?: |$)|>{7}(?: |$)")
_TOML_PLACE: Final = re.compile(r"(?P<what>.*) \(at line (?P<line>\d+), column (?P<column>\d+)\)", re.DOTALL)


class ContractError(Exception):
    """All mistakes in a contract file, one a line, in words for users."""


@dataclass(frozen=True)
class Contract:
    """A contract file as it was read.

    Attributes:
        text: the file's.
        tables: the row of each table, in the order of the file, or None for what this version has no rows for.
        version: of the file.
    """

    text: str = _NEW
    tables: tuple[Row | None, ...] = ()
    version: int = VERSION

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows, in the order of the file."""
        return tuple(dict.fromkeys(row for row in self.tables if row is not None))

    @classmethod
    def parse(cls, text: str, name: str = FILE) -> Contract:
        """Read a contract.

        Args:
            text: the file's. One without content is a contract without rows.
            name: the file as messages name it.

        Raises:
            ContractError: the file is damaged, has a merge conflict in it, or is from a newer version.
        """
        text = text.removeprefix("\N{BYTE ORDER MARK}")
        if not text.strip():
            return cls()
        mistakes = _unreadable(text) or _mistakes(layout := Layout.of(text))
        if mistakes:
            raise ContractError("\n".join(f"{name}{mistake}" for mistake in mistakes))
        version = next(line.value for line in layout.head if line.key == _VERSION_KEY)
        return cls(text, tuple(_current(_row(table.values), version) for table in layout.tables), version)

    @classmethod
    def of_row_values(cls, rows: Iterable[Mapping[str, Any]], version: int) -> Contract:
        """The contract with these rows, as ``row_values`` gives them.

        Raises:
            KeyError: a row lacks what every row has.
        """
        return cls("", tuple(_row(values) for values in rows), version)

    def row_values(self) -> list[dict[str, Any]]:
        """The rows by the keys of the file, for reports: without comments."""
        return [_values(row) for row in self.rows]

    def comparable(self, rows: Iterable[tuple[Row, Tally]]) -> list[Row]:
        """The rows of a run that this contract may have, as ``pinned`` gives them.

        Version 1 had no row of a silent answer during which a transaction or a log was captured.
        """
        known = {*self.rows}
        is_older = self.version < VERSION
        return pinned((row, tally) for row, tally in rows if not (is_older and tally.has_others) or row in known)

    def differences(self, found: Iterable[Row], *, partial: bool = False) -> list[Difference]:
        """How the rows of a run, as ``pinned`` gives them, differ. In a partial run nothing is ever gone."""
        rows = {*found}
        return differences(
            [row for row in self.rows if row in rows or self._has_to_be_found(row)], rows, partial=partial
        )

    def _has_to_be_found(self, row: Row) -> bool:
        """An old contract does not say which of its traces outside of requests the application started itself."""
        return self.version == VERSION or row.kind != CapturedSegment.kind or bool(row.method)

    def updated(self, found: Iterable[Row], *, partial: bool = False) -> str:
        """The file's new text: sorted, what stays as it was written, and with all comments.

        Args:
            found: the run's rows, as ``pinned`` gives them.
            partial: whether not everything was run: rows are changed and added then, never removed.
        """
        found = {*found}
        text = self.text if self.text.endswith("\n") else f"{self.text}\n"
        layout = Layout.of(text)
        changes = self.differences(found, partial=partial)
        after = {change.before: change.after for change in changes if change.before is not None}
        blocks: list[tuple[Row, Table, bool]] = []
        seen: set[Row | None] = {None}
        for row, table in zip(self.tables, layout.tables, strict=True):
            before, new = _row(table.values), after.get(row, row) if row is not None else None
            if self.version != VERSION and not partial and row not in found:
                new = after.get(row) if row is not None else None
            is_kept = new is not None and row not in seen
            seen.add(row)
            changed = table if new is None or new == before else _changed(table, before, new, layout.newline)
            blocks.append((new or before, changed, is_kept))
        blocks += [
            (change.after, new_table(_values(change.after), layout.newline), True)
            for change in changes
            if change.before is None and change.after is not None
        ]
        blocks.sort(key=lambda block: block[0].sort_key)
        _put_together(layout, [(table, is_kept) for _, table, is_kept in blocks])
        layout.head = [_of_this_version(line, layout.newline) for line in layout.head]
        return self.text if layout.text == text else layout.text


def read_contract(path: Path, name: str = FILE) -> Contract:
    """Read a contract file.

    Args:
        name: the file as messages name it.

    Raises:
        ContractError: see ``Contract.parse``, or the file is not in UTF-8.
        OSError: the file can't be read. FileNotFoundError where there is none.
    """
    content = path.read_bytes()
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ContractError(f"{name}:{line}: not in UTF-8, as TOML files are: {error.reason}") from None
    return Contract.parse(text, name)


def pinned(rows: Iterable[tuple[Row, Tally]]) -> list[Row]:
    """The rows of a run that belong in a contract.

    These do not: what was seen only in tests that waive the contract, and what the table leaves to chance. Profiles and
    discarded spans, and what is lost by load or the network, which differ from run to run. Answers below 400 during
    which nothing was captured, which say nothing of monitoring, and what tests do while Sentry is off.
    """
    return [row for row, tally in rows if tally.in_contract and _is_pinned(row)]


def _is_pinned(row: Row) -> bool:
    if row.result in WITHOUT_ITEM:
        return row.result == SILENT
    return row.result not in _BY_CHANCE and row.kind not in _LEFT_OUT


def _current(row: Row, version: int) -> Row | None:
    """What a row of an older version says in terms of this one, or None if this has no such rows."""
    if version == VERSION:
        return row
    if row.kind == CapturedTransaction.kind:
        return row._replace(kind=CapturedSegment.kind, level="", tags=(), user=())
    return None if row.kind in _LEFT_OUT else row


def _of_this_version(line: Line, newline: str) -> Line:
    is_older = line.key == _VERSION_KEY and line.value != VERSION
    return line.with_value(_VERSION_KEY, VERSION, newline) if is_older else line


def _values(row: Row) -> dict[str, Any]:
    """What stands in the file for a row, in this order. What is empty is left out."""
    values: dict[str, Any] = {
        **_trigger(row),
        "status": row.status,
        "kind": row.kind,
        "exception": row.exception,
        **({"captured": row.result == CAPTURED} if row.result in (CAPTURED, SILENT) else {"discarded": row.result}),
        "by": row.by,
        "level": row.level,
        "tags": list(row.tags),
        "user": list(row.user),
    }
    return {key: value for key, value in values.items() if value not in (None, "", [])}


def _trigger(row: Row) -> dict[str, str]:
    """What the row is about: a request, a job, or what else it came from."""
    if row.method == JOB:
        return {"job": row.origin}
    return {"request" if row.method else "origin": row.request_or_origin}


def _row(values: Mapping[str, Any]) -> Row:
    method, _, route = values.get("request", "").partition(" ")
    if "job" in values:
        method, route = JOB, values["job"]
    return Row(
        origin=route or values.get("origin", ""),
        method=method,
        status=values.get("status"),
        kind=values.get("kind", ""),
        exception=values.get("exception", ""),
        result=values.get("discarded") or (CAPTURED if values["captured"] else SILENT),
        by=values.get("by", ""),
        level=values.get("level", ""),
        tags=tuple(sorted(set(values.get("tags", ())))),
        user=tuple(sorted(set(values.get("user", ())))),
    )


def _changed(table: Table, before: Row, after: Row, newline: str) -> Table:
    """The table with another row's values: lines of values that stay are left alone."""
    old, new = _values(before), _values(after)
    of_slot = {_slot(key): key for key in new}
    keys: list[Line] = []
    orphaned: list[str] = []
    for line in table.keys:
        key = of_slot.pop(_slot(line.key), None)
        if key is None:
            orphaned += [*line.above, *(f"{comment}{newline}" for comment in line.comments)]
            continue
        updated = line if old.get(key) == new[key] else line.with_value(key, new[key], newline)
        keys.append(replace(updated, above=[*orphaned, *updated.above]))
        orphaned = []
    for key in of_slot.values():
        place = sum(_order(line.key) < _order(key) for line in keys)
        [line] = new_table({key: new[key]}, newline).keys
        keys.insert(place, line)
    return replace(table, keys=keys, end=[*orphaned, *table.end])


def _put_together(layout: Layout, blocks: Sequence[tuple[Table, bool]]) -> None:
    """Make these the layout's tables. The comments of removed ones stay, in place."""
    layout.tables = []
    orphaned: list[str] = []
    for table, is_kept in blocks:
        if is_kept:
            layout.tables.append(replace(table, above=_apart(orphaned, table.above, layout.newline)))
            orphaned = []
        else:
            orphaned = _apart(orphaned, table.remains(layout.newline), layout.newline)
    layout.tail = _apart(orphaned, layout.tail, layout.newline)


def _apart(comments: list[str], lines: list[str], newline: str) -> list[str]:
    """Comments, and lines that they do not belong to."""
    blank = [newline] if comments and lines and lines[0].strip() else []
    return [*comments, *blank, *lines]


def _slot(key: str) -> str:
    return _SLOT.get(key, key)


def _order(key: str) -> int:
    return _KEYS.index(key)


def _unreadable(text: str) -> list[str]:
    """Why the file can't be read at all: each with the line, if there is one."""
    conflicts = [f":{number}" for number, line in enumerate(text.split("\n"), 1) if _CONFLICT.match(line.rstrip("\r"))]
    if conflicts:
        return [f'{conflicts[0]}: a merge conflict. Keep one side, whichever, and run "{UPDATE}"']
    try:
        version = tomllib.loads(text).get(_VERSION_KEY)
    except tomllib.TOMLDecodeError as error:
        placed = _TOML_PLACE.fullmatch(str(error))
        if placed is None:
            return [f": not valid TOML: {error}"]
        return [f":{placed['line']}: not valid TOML: {placed['what']} (column {placed['column']})"]
    if isinstance(version, int) and version > VERSION:
        return [f": from a newer version of pytest-sentry-contract: format {version}, this one reads {VERSION}"]
    return []


def _mistakes(layout: Layout) -> list[str]:
    """Everything that is wrong in a file, each with its line."""
    found = [*_mistakes_in_head(layout.head)]
    is_current = any(line.key == _VERSION_KEY and line.value == VERSION for line in layout.head)
    for table in layout.tables:
        if table.number in layout.foreign:
            name = layout.foreign[table.number].partition("#")[0].strip()
            found.append(f":{table.number}: unknown table {name}. Valid: [[{ROW}]]")
        else:
            found += _mistakes_in_row(table)
            found += _kinds_of_before(table) if is_current else ()
    return found


def _kinds_of_before(table: Table) -> Iterator[str]:
    for line in table.keys:
        if line.key == "kind" and line.value == CapturedTransaction.kind:
            instead = f'Write kind = "{CapturedSegment.kind}", without tags and user'
            yield f":{line.number}: kind: transactions are segments since version 2 of the format. {instead}"


def _mistakes_in_head(head: Iterable[Line]) -> Iterator[str]:
    if not any(line.key == _VERSION_KEY for line in head):
        yield f": the line {_VERSION_KEY} = {VERSION} is missing at the beginning"
    for line in head:
        if line.key == ROW:
            yield f":{line.number}: each row is a table of its own, headed [[{ROW}]]"
        elif line.key != _VERSION_KEY:
            yield f":{line.number}: {did_you_mean('key', line.key, [_VERSION_KEY])}"
        elif not isinstance(line.value, int) or isinstance(line.value, bool) or line.value < _OLDEST_VERSION:
            yield f":{line.number}: {_VERSION_KEY}: {line.value!r} is not a version of the format. Valid: {VERSION}"


def _mistakes_in_row(table: Table) -> Iterator[str]:
    for line in table.keys:
        problem = _problem(line.key, line.value, is_of_job="job" in table.values)
        if line.key not in _KEYS:
            yield f":{line.number}: {did_you_mean('key', line.key, _KEYS)}"
        elif problem:
            yield f":{line.number}: {line.key}: {_shown(line.value)} {problem}"
    values = table.values
    for keys in (_TRIGGERS, ("captured", "discarded")):
        given = sum(key in values for key in keys)
        if given != 1:
            names = " and ".join([", ".join(map(repr, keys[:-1])), repr(keys[-1])])
            yield f":{table.number}: a row has {'only one of' if given else 'one of'} {names}"
    if "kind" not in values and values.get("captured") is not False:
        yield f":{table.number}: a row has a 'kind', such as \"event\", unless captured = false: a silent failure"
    if "by" in values and "discarded" not in values:
        yield f":{table.number}: 'by' names the callable that discarded something, and the row has no 'discarded'"


def _problem(key: str, value: object, *, is_of_job: bool) -> str | None:
    """Why a value can't be one of this key."""
    if key == "status":
        return _problem_of_status(value, is_of_job=is_of_job)
    if key == "captured":
        return None if isinstance(value, bool) else "is neither true nor false"
    if key in _LISTS:
        is_list = isinstance(value, list) and all(isinstance(each, str) for each in value)
        return None if is_list else 'is not a list of names. Write one such as ["request_id"]'
    if not isinstance(value, str):
        return "is not a string. Write it in quotes"
    if key == "request" and not _REQUEST.fullmatch(value):
        return 'is not a method with a route. Write them as in "GET /orders/{number}"'
    if key == "discarded" and value in (CAPTURED, *WITHOUT_ITEM):
        return f"is not a discard reason. Write captured = {str(value == CAPTURED).lower()}"
    if key in ("origin", "job", "kind", "discarded") and not value:
        return "is empty"
    return None


def _problem_of_status(value: object, *, is_of_job: bool) -> str | None:
    if is_of_job:
        return None if value in JOB_STATUSES else f"is not a status of a job. Valid: {', '.join(JOB_STATUSES)}"
    is_status = isinstance(value, int) and value in STATUSES
    return None if is_status else "is not an HTTP status. Write a number such as 404"


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)

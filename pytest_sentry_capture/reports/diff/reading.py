"""JSON reports read back, and what can be wrong with one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pytest_sentry_capture.reports.fields import FIELD_STATES, FieldState
from pytest_sentry_capture.reports.json_report import VERSION, row_from
from pytest_sentry_capture.reports.table import Row

_NEEDED: Final = ("sdk", "integrations", "counts", "partial", "rows", "personal_data")


class ReportError(Exception):
    """Why a file is no report that can be compared, in one sentence for users."""


@dataclass(frozen=True)
class ReadRow:
    """A row of a report.

    Attributes:
        row: its columns.
        in_contract: whether it was seen where a contract applies.
        fields: the state of each field that its items have.
    """

    row: Row
    in_contract: bool
    fields: Mapping[str, FieldState]


@dataclass(frozen=True)
class ReadReport:
    """A run, as its report tells of it; see ``RunReport`` and ``RunFacts`` for the attributes."""

    sdk: str | None
    integrations: frozenset[str]
    counts: Mapping[str, int]
    partial: Sequence[str]
    rows: Sequence[ReadRow]
    personal_data: frozenset[tuple[str, str]]


def read_report(path: Path) -> ReadReport:
    """Read a report that ``--sentry-report=PATH.json`` has written.

    Raises:
        ReportError: the file can't be read, is no such report, or is of another version of the format.
    """
    if path.suffix == ".toml":
        raise ReportError(f"{path} is a contract, not a report: pytest --sentry-report=run.json writes a report.")
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise ReportError(f"{path} could not be read: {error.strerror}.") from None
    except (ValueError, RecursionError):
        raise ReportError(f"{path} is not valid JSON: is it what --sentry-report=PATH.json wrote?") from None
    return _checked(content, path)


def _checked(content: Any, path: Path) -> ReadReport:
    version = content.get("version") if isinstance(content, dict) else None
    if not isinstance(version, int) or isinstance(version, bool) or "rows" not in content:
        raise ReportError(f"{path} is not a report of pytest-sentry-contract.")
    if version < VERSION:
        raise ReportError(
            f"{path} is a report of version {version}, which says too little to compare: write it again with this"
            f" pytest-sentry-contract, which writes version {VERSION}."
        )
    if version > VERSION:
        raise ReportError(
            f"{path} is from a newer pytest-sentry-contract: a report of version {version}; this one reads {VERSION}."
        )
    try:
        return _read(content)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ReportError(f"{path} is damaged: it lacks a part that every report of version {VERSION} has.") from None


def _read(content: Mapping[str, Any]) -> ReadReport:
    for name in _NEEDED:
        if not isinstance(content[name], (dict if name == "counts" else list, str, type(None))):
            raise TypeError(name)
    return ReadReport(
        sdk=content["sdk"],
        integrations=frozenset(map(str, content["integrations"])),
        counts={str(kind): int(count) for kind, count in content["counts"].items()},
        partial=[str(reason) for reason in content["partial"]],
        rows=[_read_row(row) for row in content["rows"]],
        personal_data=frozenset((str(each["place"]), str(each["rule"])) for each in content["personal_data"]),
    )


def _read_row(columns: Mapping[str, Any]) -> ReadRow:
    fields = {str(path): state for path, state in columns["fields"].items()}
    if not all(state in FIELD_STATES for state in fields.values()):
        raise ValueError("fields")
    return ReadRow(row_from(dict(columns)), bool(columns["in_contract"]), fields)

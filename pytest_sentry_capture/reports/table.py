"""The capture table: what was captured and what was not, one row for each distinct way, counted over the run.

Nothing in it is a value of the application's: names of tags and user fields, never what they hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from typing import Any, Final

from pytest_sentry_capture.items import Capture, CapturedEvent, CapturedItem, CapturedTransaction, Discard, Exchange
from pytest_sentry_capture.matching import exception_names
from pytest_sentry_capture.recording import Recording

CAPTURED: Final = "captured"
SILENT: Final = "nothing"
_DIRECT: Final = "direct"
"""The origin of what the application hands to the SDK by itself, outside of any exchange."""
_UNSPECIFIC_MECHANISM: Final = "generic"
_NOT_SHOWN: Final = ("session", "client_report")


@dataclass(frozen=True)
class Row:
    """One distinct way in which something was captured, was discarded, or was answered without either.

    Attributes:
        origin: the method and route of the exchange, or what else it came from: ``logging``, ``threading``, …
        status: the status of the exchange's answer.
        result: ``captured``, the discard reason, or ``nothing`` for an exchange that Sentry was told nothing about.
        by: the callable that discarded it.
    """

    origin: str
    status: int | None
    kind: str
    exception: str
    result: str
    by: str
    level: str
    tags: tuple[str, ...]
    user: tuple[str, ...]


@dataclass
class Tally:
    """How often a row was seen, and one test in which it was."""

    count: int
    example: str


class CaptureTable:
    """The rows of a run, built recording by recording, and merged from parallel workers."""

    def __init__(self) -> None:
        self._rows: dict[Row, Tally] = {}

    def add(self, recording: Recording) -> None:
        """Count what one recording holds."""
        for entry in recording.entries:
            for row, quantity in _rows_of(entry):
                self._count(row, quantity, recording.label)

    def merge(self, exported: Iterable[Sequence[Any]]) -> None:
        """Add the rows that another process has exported."""
        for values, count, example in exported:
            row: dict[str, Any] = {
                name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
            }
            self._count(Row(**row), count, example)

    def export(self) -> list[list[Any]]:
        """The rows as plain lists, for another process."""
        return [[asdict(row), tally.count, tally.example] for row, tally in self._rows.items()]

    def rows(self) -> list[tuple[Row, Tally]]:
        """All rows, sorted by what they say."""
        return sorted(self._rows.items(), key=lambda pair: [str(value) for value in astuple(pair[0])])

    def _count(self, row: Row, quantity: int, example: str) -> None:
        tally = self._rows.setdefault(row, Tally(0, example))
        tally.count += quantity
        tally.example = min(tally.example, example)


def _rows_of(entry: object) -> Iterator[tuple[Row, int]]:
    if isinstance(entry, Capture):
        for item in entry.items:
            if item.kind not in _NOT_SHOWN:
                yield _row(item, item.kind or item.type_header, entry.exchange, CAPTURED, ""), 1
    elif isinstance(entry, Discard):
        by = _short_name(entry.by.name) if entry.by is not None else ""
        yield _row(entry.item, entry.kind, entry.exchange, entry.reason, by), entry.quantity
    elif isinstance(entry, Exchange) and not entry.captures and not entry.discarded:
        exception = entry.exception_type.__name__ if entry.exception_type is not None else ""
        yield Row(_origin(None, entry), entry.status, "", exception, SILENT, "", "", (), ()), 1


def _row(item: CapturedItem, kind: str, exchange: Exchange | None, result: str, by: str) -> Row:
    names = exception_names(item)
    return Row(
        origin=_origin(item, exchange),
        status=exchange.status if exchange is not None else None,
        kind=kind,
        exception=names[0].rpartition(".")[2] if names else "",
        result=result,
        by=by,
        level=(item.level or "") if isinstance(item, CapturedEvent) else "",
        tags=_names(item.tags) if isinstance(item, (CapturedEvent, CapturedTransaction)) else (),
        user=_names(item.user) if isinstance(item, (CapturedEvent, CapturedTransaction)) else (),
    )


def _origin(item: CapturedItem | None, exchange: Exchange | None) -> str:
    if exchange is not None:
        return f"{exchange.method} {exchange.route or '(no route)'}"
    if isinstance(item, CapturedEvent):
        if item.get("logentry"):
            return "logging"
        return _DIRECT if item.mechanism in (None, _UNSPECIFIC_MECHANISM) else item.mechanism
    return _DIRECT


def _names(values: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(sorted(map(str, values)))


def _short_name(name: str) -> str:
    return ".".join(name.replace(".<locals>", "").split(".")[-2:])

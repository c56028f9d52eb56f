"""What the application's callbacks did to what they were given: counts, and never what they were given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from pytest_sentry_capture._recording import (
    BETWEEN_TESTS,
    COLLECTION,
    CallableLocation,
    CallbackError,
    Capture,
    CaptureContext,
    Discard,
    Entry,
    Recording,
    without_moved,
)
from pytest_sentry_capture._recording.kinds import facts_of
from pytest_sentry_capture._reports.example_items import ExampleItems
from pytest_sentry_capture._reports.names import ShownNames
from pytest_sentry_capture._reports.table import short_name

PROCESSOR: Final = "event_processor"
_CRASHED: Final = "callback_error"
_DROPPED: Final = ("before_send", PROCESSOR)
_UNKNOWN_OPTION: Final = "callback"


class Callback(NamedTuple):
    """A callback of the application.

    Attributes:
        option: what it was given to the SDK as, such as ``before_send``.
        name: the callable within its class or module.
        file: the file that defines it, relative to the rootdir, or None if it is not below that.
        line: the line of its definition, or None without a file.
    """

    option: str
    name: str
    file: str | None
    line: int | None


@dataclass
class CallbackTally:
    """How often a callback was called, and with which results.

    Attributes:
        calls: how often it was called, as far as that was seen.
        passed: how often something came out of it.
        compared: how often what it let pass was compared with what went in, which tests with the fixture do.
        changed: how often that differed.
        dropped: how often it dropped something.
        crashed: how often it raised.
    """

    calls: int = 0
    passed: int = 0
    compared: int = 0
    changed: int = 0
    dropped: int = 0
    crashed: int = 0

    def add(self, other: CallbackTally) -> None:
        """Count in those of another test."""
        for name, number in vars(other).items():
            setattr(self, name, getattr(self, name) + number)


class CallbackCounts:
    """The callbacks of a test or a run, with what they did."""

    def __init__(self) -> None:
        self._tallies: dict[Callback, CallbackTally] = {}

    def add_recordings(self, names: ShownNames, examples: ExampleItems, recordings: Iterable[Recording]) -> None:
        """Count what callbacks did in recordings. Not in the processes that a test's server was notified of."""
        for recording in recordings:
            if recording.label not in (COLLECTION, BETWEEN_TESTS):
                _Counting(self, names, examples).add(recording.entries)

    def merge(self, exported: Iterable[Sequence[Any]]) -> None:
        """Add what another process, or another test, has exported."""
        for callback, tally in exported:
            self.tally(Callback(*callback)).add(CallbackTally(**tally))

    def export(self) -> list[list[Any]]:
        """The counts as lists of what JSON can say."""
        return [[[*callback], vars(tally)] for callback, tally in self._tallies.items()]

    def tally(self, callback: Callback) -> CallbackTally:
        """The counts of one callback."""
        return self._tallies.setdefault(callback, CallbackTally())

    def at(self, place: tuple[str, str | None, int | None]) -> CallbackTally | None:
        """The counts of the first callback that is defined there."""
        return next((tally for callback, tally in self._tallies.items() if callback[1:] == place), None)

    def sorted(self) -> list[tuple[Callback, CallbackTally]]:
        """All callbacks, in the same order on every machine."""
        return sorted(self._tallies.items(), key=lambda each: tuple(map(str, each[0])))


class _Counting:
    def __init__(self, counts: CallbackCounts, names: ShownNames, examples: ExampleItems) -> None:
        self._counts = counts
        self._names = names
        self._examples = examples

    def add(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if isinstance(entry, Capture) and entry.context.callback is not None:
                self._passed(entry, entry.context.callback)
            elif isinstance(entry, Discard) and entry.by is not None:
                self._discarded(entry, entry.by)
        for entry in entries:
            if isinstance(entry, CallbackError) and entry._consequence is None:
                place = self._place(entry.by)
                tally = self._counts.at(place) or self._counts.tally(Callback(_UNKNOWN_OPTION, *place))
                tally.crashed += 1

    def _passed(self, capture: Capture, by: CallableLocation) -> None:
        tally = self._counts.tally(Callback(_option(capture.kind), *self._place(by)))
        tally.calls += len(capture.items)
        tally.passed += len(capture.items)
        if capture.context.before_callback is not None and len(capture.items) == 1:
            tally.compared += 1
            tally.changed += _is_changed(capture.context, dict(capture.items[0]))

    def _discarded(self, discard: Discard, by: CallableLocation) -> None:
        if discard.reason not in (*_DROPPED, _CRASHED):
            return
        option = PROCESSOR if discard.reason == PROCESSOR else _option(discard.kind)
        if discard.reason == _CRASHED and discard._context.callback != by:
            return  # it may be a processor or a sampler: the error itself says which callable
        tally = self._counts.tally(Callback(option, *self._place(by)))
        if option != PROCESSOR:
            tally.calls += discard.quantity
        if discard.reason in _DROPPED:
            tally.dropped += discard.quantity

    def _place(self, by: CallableLocation) -> tuple[str, str | None, int | None]:
        file = self._examples.file(by.file)
        shown = self._names.file(file) if file is not None else None
        return short_name(self._names, by.name), shown, by.line if shown is not None else None


def _option(kind: str) -> str:
    facts = facts_of(kind)
    return (facts.callback if facts is not None else None) or _UNKNOWN_OPTION


def _is_changed(context: CaptureContext, after: dict[str, Any]) -> bool:
    before = context.payload_before_callback
    return isinstance(before, dict) and before != without_moved(after)

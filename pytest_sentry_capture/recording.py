"""The thread-safe store of everything seen during one attempt at one test, and which recording is the current one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Final, TypeVar

from pytest_sentry_capture.items import (
    CallbackError,
    Capture,
    CapturedEnvelope,
    CapturedItem,
    CapturedSpan,
    CapturedTransaction,
    Discard,
    Exchange,
    Phase,
    SdkError,
)

Entry = Capture | CapturedEnvelope | Discard | Exchange | CallbackError | SdkError
AnyEntry = TypeVar("AnyEntry", Capture, CapturedEnvelope, Discard, Exchange, CallbackError, SdkError)

COLLECTION: Final = "(collection)"
BETWEEN_TESTS: Final = "(between tests)"


class Recording:
    """What one attempt at one test saw, in order; the run recording holds what came outside any test.

    Attributes:
        label: the test's node id, or ``(collection)`` or ``(between tests)``.
        phase: the phase that new entries belong to; None outside tests.
        detailed: whether live exceptions, the payloads before callbacks and the origins of values are kept, which
            costs memory and time: for tests that look at them through the fixture.
        client_was_active: whether a Sentry client was active at any time.
    """

    def __init__(self, label: str) -> None:
        self.label = label
        self.phase: Phase | None = None
        self.detailed = False
        self.client_was_active = False
        self._entries: list[Entry] = []
        self._lock = Lock()

    def add(self, entry: Entry) -> None:
        """Append one entry, from any thread, and link it with its exchange."""
        with self._lock:
            entry.phase = self.phase
            self._entries.append(entry)
            if isinstance(entry, Capture) and entry.exchange is not None:
                entry.exchange.captures.append(entry)
            elif isinstance(entry, Discard) and entry.exchange is not None:
                entry.exchange.discarded.append(entry)

    def clear(self) -> None:
        """Forget everything seen so far."""
        with self._lock:
            self._entries.clear()

    @property
    def entries(self) -> list[Entry]:
        with self._lock:
            return list(self._entries)

    def entries_of(self, entry_type: type[AnyEntry]) -> list[AnyEntry]:
        """The entries of one type, in order."""
        return [entry for entry in self.entries if isinstance(entry, entry_type)]

    def items(self) -> list[CapturedItem]:
        """Every captured item, of known and unknown types."""
        return [item for capture in self.entries_of(Capture) for item in capture.items]

    def items_of(self, kind: str) -> list[CapturedItem]:
        """The captured items of one kind; spans are those of transactions and streamed ones alike."""
        if kind == CapturedSpan.kind:
            return [span for capture in self.entries_of(Capture) for span in _spans(capture)]
        return [item for capture in self.entries_of(Capture) if capture.kind == kind for item in capture.items]


def _spans(capture: Capture) -> Iterator[CapturedItem]:
    if capture.kind == CapturedSpan.kind:
        yield from capture.items
    elif capture.kind == CapturedTransaction.kind:
        for item in capture.items:
            if isinstance(item, CapturedTransaction):
                yield from item.spans


_exchange_under_way: ContextVar[tuple[Recording, Exchange] | None] = ContextVar("exchange_under_way", default=None)


class Recorder:
    """Decides which recording is the current one: one for the whole process, whatever thread or task captures.

    A context variable can't say it: contexts of event loops and threads outlive the test in which they were made.
    """

    def __init__(self) -> None:
        self.run = Recording(COLLECTION)
        self.current = self.run

    def begin(self, label: str) -> Recording:
        """Start the recording of an attempt at a test."""
        self.current = Recording(label)
        return self.current

    def finish(self) -> None:
        """Let what comes now belong to the run recording, until the next attempt begins."""
        self.run.label = BETWEEN_TESTS
        self.current = self.run

    @property
    def exchange(self) -> Exchange | None:
        """The exchange that the calling context serves, if it belongs to the current recording."""
        under_way = _exchange_under_way.get()
        return under_way[1] if under_way is not None and under_way[0] is self.current else None

    @contextmanager
    def exchange_under_way(self, exchange: Exchange) -> Iterator[None]:
        """Record an exchange, and link to it what the calling context captures meanwhile."""
        exchange.parent = self.exchange
        recording = self.current
        recording.add(exchange)
        token = _exchange_under_way.set((recording, exchange))
        try:
            yield
        finally:
            _exchange_under_way.reset(token)

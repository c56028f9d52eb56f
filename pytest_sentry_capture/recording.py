"""The thread-safe store of everything seen during one attempt at one test, and which recording is the current one.

This module is imported by every pytest run, with or without Sentry, so it imports next to nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from pytest_sentry_capture.items import Discard, Entry, Exchange, Phase

AnyEntry = TypeVar("AnyEntry", bound="Entry")

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
        has_callback_errors: whether a callback of the application has raised.
        secrets: values that the test has declared secret, which no message may show.
        accounted_for: the discards that the test has asserted.
    """

    def __init__(self, label: str) -> None:
        self.label = label
        self.phase: Phase | None = None
        self.detailed = False
        self.client_was_active = False
        self.has_callback_errors = False
        self.secrets: list[str] = []
        self.accounted_for: list[Discard] = []
        self._entries: list[Entry] = []
        self._cleared = 0
        self._listeners: tuple[Callable[[], None], ...] = ()
        self._lock = Lock()

    def add(self, *entries: Entry) -> None:
        """Append entries that belong together, from any thread."""
        with self._lock:
            for entry in entries:
                entry.join(self.phase)
            self._entries += entries
        if self._listeners:
            self.notify()

    def clear(self) -> None:
        """Forget everything seen so far."""
        with self._lock:
            self._entries.clear()
            self._cleared += 1

    def release_exceptions(self) -> None:
        """Let go of the live exceptions, and of all that hangs on them."""
        if self.detailed:
            for entry in self.entries:
                entry.release_exceptions()

    @property
    def entries(self) -> list[Entry]:
        """Everything seen so far, in order."""
        with self._lock:
            return list(self._entries)

    def entries_since(self, position: tuple[int, int]) -> tuple[list[Entry] | None, tuple[int, int]]:
        """What was added since a position that this method gave, and the new position; the first is ``(0, 0)``.

        In place of the entries stands None when the recording has been cleared meanwhile: ask again from the start.
        """
        with self._lock:
            cleared, index = position
            entries = self._entries[index:] if cleared == self._cleared else None
            return entries, (self._cleared, len(self._entries) if entries is not None else 0)

    def notify(self) -> None:
        """Tell those who wait that something has been added, or that an entry is complete now."""
        for listener in self._listeners:
            listener()

    @contextmanager
    def notifying(self, listener: Callable[[], None]) -> Iterator[None]:
        """Call ``listener``, from any thread, whenever there is something new."""
        with self._lock:
            self._listeners += (listener,)
        try:
            yield
        finally:
            with self._lock:
                self._listeners = tuple(each for each in self._listeners if each is not listener)

    def entries_of(self, entry_type: type[AnyEntry]) -> list[AnyEntry]:
        """The entries of one type, in order."""
        return [entry for entry in self.entries if isinstance(entry, entry_type)]


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
            recording.notify()

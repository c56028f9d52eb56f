"""The thread-safe store of everything seen during one attempt at one test, and which recording is the current one.

No lock guards it: signal handlers, destructors and forked children capture too, while the code that they interrupted,
or a thread that the child does not have, would hold the lock permanently. What is done to its lists is one step of
Python.

This module is imported by every pytest run, with or without Sentry, so it imports next to nothing itself.
"""

from __future__ import annotations

import sys
from _thread import get_ident
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from itertools import count
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

if TYPE_CHECKING:
    from types import FrameType

    from pytest_sentry_capture._recording.children import UnseenWork
    from pytest_sentry_capture._recording.entries import Discard, Entry, Operation, Phase
    from pytest_sentry_capture._recording.masks import Masks
    from pytest_sentry_capture._recording.replacements import Replacement

AnyEntry = TypeVar("AnyEntry", bound="Entry")

COLLECTION: Final = "(collection)"
BETWEEN_TESTS: Final = "(between tests)"
_SHORTEST_REDACTED: Final = 4
"""Characters below which a value would be found in words that have nothing to do with it."""
_MOST_REDACTED: Final = 1000
_NUMBERS: Final = count(1)


class Children(Protocol):
    """The processes that were forked from this one, and those that it has started in another way."""

    @property
    def were_seen(self) -> bool:
        """Whether this process has forked, so that what children have written is looked for."""

    def publish(self, recording: Recording) -> None:
        """Tell children which recording is the current one."""

    def receive(self) -> None:
        """Add to the recordings what children have written since the last time."""

    def are_awaited(self, recording: Recording) -> bool:
        """Whether it is worth while to wait for children that were forked in the course of a test."""

    def stop_waiting(self, recording: Recording) -> None:
        """The children of a test were given their time."""

    def unseen(self, recording: Recording) -> list[UnseenWork]:
        """Why an absence in a recording proves nothing."""

    def started(self, recording: Recording) -> list[UnseenWork]:
        """The processes that ran in a test and that share no memory with this one."""


class Recording:
    """What one attempt at one test saw, in order. Two recordings of the run hold items from outside any test.

    Attributes:
        label: the test's node id, or ``(collection)`` or ``(between tests)``.
        phase: the phase that new entries belong to. None outside tests.
        detailed: whether live exceptions, the payloads before callbacks and the origins of values are kept, which
            costs memory and time: for tests that look at them through the fixture.
        client_was_active: whether a Sentry client was active at any time.
        without_transactions: why its SDK makes no transactions, in words for users, or None if it may make some.
        left_out_of_spans: the beginnings of paths of transactions of which its SDK puts nothing into spans.
        has_callback_errors: whether a callback of the application has raised.
        secrets: values that the test has declared secret, which no message may show.
        personal_data: values that were found to be personal data or secrets, which no message may show either.
        settles_sampling: whether decisions about what is sampled are settled where the test stands, which chance would
            make otherwise.
        own_masks: the masks that count where the test stands, or None for the usual ones.
        accounted_for: the discards that the test has asserted.
        unknown_exceptions: the names of exception classes that were said not to be captured, and that nothing had.
        beside: the label of a test that another thread ran at the same time. None as long as there was none.
        replacements: what took the place of the SDK's own functions meanwhile, in the order in which it was noticed.
        under_way: the operations that the application has not returned from, in the order in which they began.
        grace: how many seconds are waited for such an operation, once, where it may still report something.
        when_late: called for each entry that comes after the attempt has been summed up, or None until then.
        number: tells it from all other recordings of the process.
        children: the processes that were forked from this one, or None if nobody looks for them.
        pass_on: in a forked child, passes entries on to the test process, or None in that.
        allows_unseen: whether the test states that the processes that it starts do not report to Sentry.
    """

    children: Children | None = None
    pass_on: Callable[[Recording, tuple[Entry, ...]], None] | None = None
    allows_unseen = False

    def __init__(self, label: str) -> None:
        self.label = label
        self.number = next(_NUMBERS)
        self.phase: Phase | None = None
        self.detailed = False
        self.client_was_active = False
        self.without_transactions: str | None = None
        self.left_out_of_spans: tuple[str, ...] = ()
        self.has_callback_errors = False
        self.secrets: list[str] = []
        self.personal_data: dict[str, None] = {}
        self.settles_sampling = False
        self.own_masks: Masks | None = None
        self.accounted_for: list[Discard] = []
        self.unknown_exceptions: dict[str, None] = {}
        self.beside: str | None = None
        self.replacements: list[Replacement] = []
        self.under_way: dict[Operation, None] = {}
        self.grace = 0.0
        self.when_late: Callable[[Entry], None] | None = None
        self._entries: list[Entry] = []
        self._listeners: list[Callable[[], None]] = []

    def add(self, *entries: Entry) -> None:
        """Append entries that belong together, from any thread."""
        for entry in entries:
            entry._join(self.phase)
            if self.label is COLLECTION:
                entry._module_file = _file_of_module(sys._getframe(1))
        self._entries.extend(entries)
        if self.when_late is not None:
            for entry in entries:
                self.when_late(entry)
        if self.pass_on is not None:
            self.pass_on(self, entries)
        self.notify()

    def changed(self, operation: Operation) -> None:
        """More is known of an operation now, or it is complete."""
        if self.pass_on is not None:
            self.pass_on(self, (operation,))
        self.notify()

    def receive(self) -> None:
        """Add what forked children have captured since the last time."""
        if self.children is not None:
            self.children.receive()

    @property
    def waits_for_children(self) -> bool:
        """Whether something may come from a forked child, which can wake nobody."""
        return self.children is not None and self.children.were_seen

    @property
    def unseen(self) -> list[UnseenWork]:
        """Why an absence proves nothing, because of other processes."""
        return self.children.unseen(self) if self.children is not None else []

    @property
    def started_unseen(self) -> bool:
        """Whether a process ran meanwhile that can't be seen."""
        return self.children is not None and bool(self.children.started(self))

    def redact(self, values: Iterable[str]) -> None:
        """Show none of these values in what is put in words about the recording from now on.

        Plain words are left alone: they would be missed in sentences that have nothing to do with the values.
        """
        for value in values:
            is_words = value.replace(" ", "").isalpha()
            if len(value) >= _SHORTEST_REDACTED and not is_words and len(self.personal_data) < _MOST_REDACTED:
                self.personal_data[value] = None

    @property
    def redacted(self) -> list[str]:
        """All values that no message may show."""
        return [*self.secrets, *self.personal_data]

    def hiding(self, *kinds: str) -> list[Replacement]:
        """The replacements for which items of one of these kinds may be missing here. Without kinds, of all kinds."""
        return [each for each in self.replacements if each.kinds is None or any(map(each.hides, kinds))]

    @property
    def masks(self) -> Masks:
        """What stands in place of values that were taken out, where the test stands."""
        from pytest_sentry_capture._recording.masks import USUAL_MASKS  # which a run without Sentry has no need of

        return USUAL_MASKS if self.own_masks is None else self.own_masks

    def holding(self, entries: list[Entry]) -> Recording:
        """A recording of the same test that holds these entries only."""
        part = copy(self)
        part._entries = entries
        return part

    def release_exceptions(self) -> None:
        """Let go of the live exceptions, and of all that hangs on them."""
        if self.detailed:
            for entry in self.entries:
                entry._release_exceptions()

    @property
    def entries(self) -> list[Entry]:
        """Everything seen so far, in order."""
        return list(self._entries)

    def entries_since(self, index: int) -> list[Entry]:
        """What has been added since there were ``index`` entries."""
        return self._entries[index:]

    def notify(self) -> None:
        """Tell those who wait that something has been added, or that an entry is complete now."""
        if self._listeners:
            for listener in list(self._listeners):
                listener()

    @contextmanager
    def notifying(self, listener: Callable[[], None]) -> Iterator[None]:
        """Call ``listener``, from any thread, whenever there is something new."""
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)

    def entries_of(self, entry_type: type[AnyEntry]) -> list[AnyEntry]:
        """The entries of one type, in order."""
        return [entry for entry in self.entries if isinstance(entry, entry_type)]


def _file_of_module(frame: FrameType | None) -> str | None:
    """The file of the innermost module that is being imported, or None if none is, as in another thread."""
    while frame is not None and frame.f_code.co_name != "<module>":
        frame = frame.f_back
    return frame.f_code.co_filename if frame is not None else None


class Recorder:
    """Decides which recording is the current one: one for the whole process, whatever thread or task captures.

    A context variable can't say it: contexts of event loops and threads outlive the test in which they were made. Where
    several threads run tests at the same time, each of them has its own current recording, and all other threads
    have that of the test that began last.

    Args:
        masks: what stands in place of values that were taken out, or None for the usual masks.
        grace: see ``Recording.grace``.
        settles_sampling: whether decisions about what is sampled are settled, which chance would make otherwise.
    """

    def __init__(self, masks: Masks | None = None, grace: float = 0.0, *, settles_sampling: bool = False) -> None:
        self._masks = masks
        self._grace = grace
        self._settles_sampling = settles_sampling
        self._children: Children | None = None
        self._in_child: Callable[[], Recording | None] | None = None
        self._collection = self._made(COLLECTION)
        self._between_tests = self._made(BETWEEN_TESTS)
        self._latest = self._collection
        self._under_way: dict[int, Recording] = {}

    @property
    def current(self) -> Recording:
        """The recording that takes what is captured now, by the calling thread."""
        if self._in_child is not None and (recording := self._in_child()) is not None:
            return recording
        return self.at_fork

    @property
    def at_fork(self) -> Recording:
        """The current recording of the test process. In a child, as it was when that was forked."""
        if len(self._under_way) < 2:
            return self._latest
        return self._under_way.get(get_ident(), self._latest)

    @property
    def others(self) -> list[Recording]:
        """Those of the tests that other threads run now."""
        if not self._under_way.keys() - {get_ident()}:
            return []
        alive = sys._current_frames()
        for thread in self._under_way.keys() - alive.keys():
            self._under_way.pop(thread, None)  # it died before its test had ended
        return [recording for thread, recording in tuple(self._under_way.items()) if thread != get_ident()]

    @property
    def runs_several(self) -> bool:
        """Whether several threads run tests."""
        return len(self._under_way) > 1

    @property
    def runs_in_this_thread(self) -> bool:
        """Whether the calling thread is one that runs a test."""
        return get_ident() in self._under_way

    @property
    def of_run(self) -> tuple[Recording, ...]:
        """The recordings of items from outside any test."""
        return self._collection, self._between_tests

    def begin(self, label: str) -> Recording:
        """Start the recording of an attempt at a test."""
        recording = self._made(label)
        for other in self.others:
            recording.beside, other.beside = other.label, other.beside or label
        self._under_way[get_ident()] = self._latest = recording
        self.publish()
        return recording

    def finish(self) -> None:
        """Let what comes now belong to the run, until the next attempt begins, or to the tests of other threads."""
        self._latest.receive()
        self._under_way.pop(get_ident(), None)
        self._latest = next(iter(self.others), self._between_tests)
        self.publish()

    def watch_children(self, children: Children) -> None:
        """Take from now on what forked children capture."""
        self._children = children
        for recording in (*self.of_run, self._latest, *self._under_way.values()):
            recording.children = children
        self.publish()

    def publish(self) -> None:
        """Tell forked children which recording is the current one, and whether the test looks at details."""
        if self._children is not None:
            self._children.publish(self._latest)

    def look_for_child(self, current: Callable[[], Recording | None]) -> None:
        """There is a fork: ask from now on what the current recording is in a child, or None in the test process."""
        self._in_child = current

    def notice_child(self) -> None:
        """Take note of it if this process is a child, before something is recorded."""
        if self._in_child is not None:
            self._in_child()

    def forget_run(self) -> None:
        """In a child process: let go of what the parent has recorded outside of tests, and tells itself."""
        self._collection = self._made(COLLECTION)
        self._latest = self._between_tests = self._made(BETWEEN_TESTS)
        self._under_way.clear()
        self._in_child = None

    def _made(self, label: str) -> Recording:
        recording = Recording(label)
        recording.own_masks = self._masks
        recording.grace = self._grace
        recording.settles_sampling = self._settles_sampling
        recording.children = self._children
        return recording

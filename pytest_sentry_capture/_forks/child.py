"""A forked child's side: what is recorded in it is written for the test process, silently if that fails."""

from __future__ import annotations

import marshal
import os
from collections.abc import Callable
from functools import partial
from typing import Final, Literal

from pytest_sentry_capture._forks.encoding import OPERATIONS, Encoder, Plain, batch_of
from pytest_sentry_capture._forks.shared_memory import SharedMemory
from pytest_sentry_capture._recording import Capture, CapturedEnvelope, Entry, Operation, Recording, SharedCounter

Sort = Literal["forked", "entries", "operation", "count", "active", "started", "leaves"]
_MOST_OPERATIONS: Final = 1000


class Child:
    """What this process, which was forked, passes on.

    Args:
        memory: what it shares with the test process.
        recording: the one that was current when it was forked.
        outer: the child that it was forked from in turn, or None if that is the test process.
        follows: whether what it captures belongs to whichever test runs, else to the one that was running in its
            thread, because others run in other threads.

    Attributes:
        process: its number.
    """

    def __init__(self, memory: SharedMemory, recording: Recording, outer: Child | None, *, follows: bool) -> None:
        self._memory = memory
        self._recording = recording
        self._follows = follows
        self.process = os.getpid()
        self._stamp = memory.stamp
        self._at_fork: Recording = outer._at_fork if outer is not None else recording
        self._places: int = outer._places if outer is not None else len(recording.entries)
        self._operations: dict[int, tuple[Entry, Plain]] = dict(outer._operations) if outer is not None else {}
        self._serial = 0
        self._collected: list[Capture] = []
        recording.pass_on = self._pass_on

    def current(self) -> Recording:
        """The recording that takes what is captured now."""
        if self._follows and (stamp := self._memory.stamp) != self._stamp:
            self._stamp = stamp
            number, is_detailed = divmod(stamp, 2)
            if number != self._recording.number:
                self._recording = self._successor(number)
            self._recording.detailed = bool(is_detailed)
        return self._recording

    def forked(self) -> None:
        """Tell the test process of this one."""
        self._write("forked", self._recording, self._recording.phase)

    def leaves(self) -> None:
        """This process runs its own tests from now on."""
        self._at_fork.pass_on = self._recording.pass_on = None
        self._write("leaves", self._recording, None)

    def note_client(self) -> None:
        """A client has been made."""
        self._write("active", self.current(), None)

    def started(self, process: int, name: str) -> None:
        """A process was started that does not share memory with this one."""
        self._write("started", self.current(), (process, name))

    def counts(self, **counters: SharedCounter) -> None:
        """Pass on what these count from now on."""
        for name, counter in counters.items():
            counter.on_change = partial(self._count, name)

    def _count(self, name: str, key: Plain, number: int) -> None:
        self._write("count", self.current(), (name, key, number))

    def _successor(self, number: int) -> Recording:
        """The recording of a test that has begun since, as far as this process knows it."""
        before, recording = self._recording, Recording(self._recording.label)
        recording.number = number
        recording.client_was_active = before.client_was_active
        recording.settles_sampling = before.settles_sampling
        recording.own_masks = before.own_masks
        recording.pass_on = self._pass_on
        return recording

    def _pass_on(self, recording: Recording, entries: tuple[Entry, ...]) -> None:
        if len(entries) == 1 and isinstance(entries[0], OPERATIONS):
            self._guarded(recording, partial(self._pass_on_operation, recording, entries[0]))
            return
        collected = [each for each in entries if isinstance(each, Capture) and each.envelope is None]
        if collected:
            self._collected += collected  # lost, in production too, if nothing has them handed over
            return
        if len(entries) == 1 and isinstance(entries[0], CapturedEnvelope):
            entries = (*self._handed_over(entries[0], entries), *entries)
        self._guarded(recording, lambda: self._write_plain("entries", recording, Encoder(self._told).encode(entries)))

    def _handed_over(self, envelope: CapturedEnvelope, entries: tuple[Entry, ...]) -> list[Capture]:
        """What the SDK had collected, and hands over in an envelope."""
        types = {capture.type for capture in batch_of(envelope, entries)}
        found = [capture for capture in self._collected if capture.type in types]
        self._collected = [capture for capture in self._collected if capture.type not in types]
        return found

    def _pass_on_operation(self, recording: Recording, operation: Operation) -> None:
        reference = self._told(operation)
        if reference is None:
            self._serial += 1
            reference = ("child", self.process, self._serial)
            self._operations[id(operation)] = operation, reference
            if len(self._operations) > _MOST_OPERATIONS:
                self._operations.pop(next(iter(self._operations)))
        if reference[0] == "child":
            self._write_plain("operation", recording, (reference, Encoder(self._told).operation(operation)))

    def _told(self, operation: Entry) -> Plain:
        """What stands for an operation: where it is in the recording that the test process has too, or its number."""
        known, reference = self._operations.get(id(operation), (None, None))
        if known is operation:
            return reference
        for place, entry in enumerate(self._at_fork.entries[: self._places]):
            if entry is operation:
                return "parent", self._at_fork.number, place
        return None

    def _write(self, sort: Sort, recording: Recording, content: Plain) -> None:
        self._guarded(recording, lambda: self._write_plain(sort, recording, content))

    def _write_plain(self, sort: Sort, recording: Recording, content: Plain) -> None:
        known = self.process, recording.number, self.current().number, recording.client_was_active, sort, content
        if not self._memory.write(marshal.dumps(known)):
            self._memory.note_loss(recording.number)

    def _guarded(self, recording: Recording, action: Callable[[], None]) -> None:
        """The application must not notice that something could not be passed on. The test process must."""
        try:
            action()
        except Exception:
            self._memory.note_loss(recording.number)

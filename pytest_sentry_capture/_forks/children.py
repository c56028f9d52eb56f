"""The test process's side: which children it has forked, what they have written, and what may have been missed."""

from __future__ import annotations

import marshal
import os
from collections.abc import Callable
from contextlib import suppress
from threading import RLock
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

from pytest_sentry_capture._forks.pools import Pools
from pytest_sentry_capture._forks.processes import can_list_children, children, is_alive
from pytest_sentry_capture._forks.started import StartedProcesses
from pytest_sentry_capture._recording import (
    CallbackError,
    Operation,
    Phase,
    Recorder,
    Recording,
    SharedCounter,
    UnseenWork,
)

if TYPE_CHECKING:
    from pytest_sentry_capture._forks.child import Child
    from pytest_sentry_capture._forks.encoding import Plain
    from pytest_sentry_capture._forks.shared_memory import SharedMemory

_watching: Final[list[ForkedChildren]] = []
"""Those of the runs in this process: the last one is that whose test runs."""


class _Known:
    """What is known of a child.

    Attributes:
        number: of the recording during which it was forked.
        is_of_call: whether that was in the course of a test, else it serves tests, such as a pool that a fixture made.
        overdue: the recordings for which it was given time to end.
        operations: the exchanges and jobs that are under way in it, and the number of the recording of each.
        has_worked: whether there was one: then it waits for the next when there is none.
    """

    def __init__(self, number: int, *, is_of_call: bool) -> None:
        self.number = number
        self.is_of_call = is_of_call
        self.overdue: set[int] = set()
        self.operations: dict[Plain, tuple[int, Operation]] = {}
        self.has_worked = False

    @property
    def is_idle(self) -> bool:
        return self.has_worked and not self.operations

    def may_report_to(self, number: int) -> bool:
        """Whether something may come from it that belongs to a recording."""
        return self.serves(number) or (self.number == number and self.is_of_call and not self.is_idle)

    def serves(self, number: int) -> bool:
        """Whether an operation of the recording is about to end in it, whenever it was forked."""
        return any(its == number and operation._is_ending for its, operation in self.operations.values())


class ForkedChildren:
    """The children of a run's process.

    Args:
        recorder: knows the recordings.
        counters: what is counted in children too, by name.
    """

    def __init__(self, recorder: Recorder, **counters: SharedCounter) -> None:
        self._recorder = recorder
        self._counters = counters
        self._recordings: WeakValueDictionary[int, Recording] = WeakValueDictionary()
        self._processes = StartedProcesses(self._has_started)
        self._start_over()

    def _start_over(self) -> None:
        self._process = os.getpid()
        self._child: Child | None = None
        self._memory: SharedMemory | None = None
        self._lost: set[int] = set()
        self._lock = RLock()
        self._is_reading = False
        self._forks = self._forks_looked_at = 0
        self._known: dict[int, _Known] = {}
        self._operations: dict[Plain, Operation] = {}
        self._started: list[tuple[int, int, str]] = []
        self._services: set[int] = set()
        self._pools = Pools()

    def watch(self, when_imported: Callable[[str, Callable[[], None]], None]) -> None:
        """Look after children that are forked from now on. No fork is slowed down before.

        Args:
            when_imported: has a function called when a module has been imported.
        """
        _register()
        _watching.append(self)
        self._recorder.watch_children(self)
        when_imported(self._processes.module(), self._processes.install)
        self._processes.install()

    def stop(self) -> None:
        """Look after them no more."""
        if self in _watching:
            _watching.remove(self)
        self._processes.uninstall()
        if self._memory is not None:
            self._memory.close()
            self._memory = None

    def become_test_process(self) -> None:
        """In a child that runs tests itself: its own children are looked after from now on."""
        if os.getpid() == self._process:
            return
        if (child := self._own) is not None:
            child.leaves()
        for counter in self._counters.values():
            counter.on_change = None
        if self._memory is not None:
            self._memory.close()
        self._start_over()

    @property
    def _own(self) -> Child | None:
        """What passes on what is captured, where this process is a child. That is found out when it is first asked for.

        Nothing runs in a child before: there, each page of memory that is written to is copied, which would take as
        long as the fork.
        """
        if self._memory is None or (process := os.getpid()) == self._process:
            return None
        if self._child is None or self._child.process != process:
            self._begin_child(self._memory)
        return self._child

    def _begin_child(self, memory: SharedMemory) -> None:
        from pytest_sentry_capture._forks.child import Child

        recorder = self._recorder
        outer, self._child = self._child, None
        recording = outer.current() if outer is not None else recorder.at_fork
        self._child = child = Child(memory, recording, outer, follows=not recorder.runs_several)
        child.counts(**self._counters)
        child.forked()

    def _current_of_child(self) -> Recording | None:
        child = self._own
        return child.current() if child is not None else None

    def note_client(self) -> None:
        """A client has been made, be it in a child."""
        if (child := self._own) is not None:
            child.note_client()

    @property
    def were_seen(self) -> bool:
        """See ``Children``."""
        return self._forks > 0 and self._own is None

    def publish(self, recording: Recording) -> None:
        """See ``Children``."""
        is_new = recording.number not in self._recordings
        self._recordings[recording.number] = recording
        if self._memory is None or self._own is not None:
            return
        self._memory.stamp = 2 * recording.number + recording.detailed
        if is_new:
            self._memory.forget_loss(recording.number)
            self._forget_ended()
            if not self._known:
                self._memory.discard_read()

    def receive(self) -> None:
        """See ``Children``."""
        if self._memory is None or self._own is not None:
            return
        with self._lock:
            if self._is_reading:  # in a signal handler
                return
            self._is_reading = True
            try:
                for content in self._memory.read():
                    self._take(content)
            except OSError:
                self._lost.add(self._recorder.current.number)
            finally:
                self._is_reading = False
        self._look_for_unknown(self._recorder.current)

    def are_awaited(self, recording: Recording) -> bool:
        """See ``Children``."""
        if not self.were_seen:
            return False
        self.receive()
        return bool(self._running(recording, overdue=False))

    def stop_waiting(self, recording: Recording) -> None:
        """See ``Children``."""
        for process in self._running(recording, overdue=False):
            self._known[process].overdue.add(recording.number)

    def unseen(self, recording: Recording) -> list[UnseenWork]:
        """See ``Children``."""
        if self._own is not None:
            return []
        found: list[UnseenWork] = []
        if self.were_seen:
            self.receive()
            running = sorted(self._running(recording, overdue=True))
            found += [UnseenWork("running", f"pid {process}") for process in running]
            if self._has_loss(recording):
                found.append(UnseenWork("lost", ""))
        return found if recording.allows_unseen else [*found, *self.started(recording)]

    def started(self, recording: Recording) -> list[UnseenWork]:
        """See ``Children``: those that were started in the course of a test, or that run meanwhile."""
        self._started = [each for each in self._started if each[1] >= recording.number or is_alive(each[0])]
        names = [name for process, number, name in self._started if number <= recording.number]
        return [UnseenWork("started", name) for name in dict.fromkeys(names)]

    def _has_loss(self, recording: Recording) -> bool:
        if recording.number in self._lost:
            return True
        return self._memory is not None and self._memory.has_loss(recording.number)

    def _running(self, recording: Recording, *, overdue: bool) -> set[int]:
        """The children that may still capture something that belongs to a test."""
        self._forget_ended()
        running = {
            process
            for process, known in self._known.items()
            if known.may_report_to(recording.number) and (overdue or recording.number not in known.overdue)
        }
        if not running:
            return running
        idle = self._services | self._pools.idle_workers(self._forks)
        # a pool may know of a result before the end of its job has been read here
        return {process for process in running if process not in idle or self._known[process].serves(recording.number)}

    def _look_for_unknown(self, recording: Recording) -> None:
        """Take note of children that have not come to describe themselves yet."""
        if self._forks == self._forks_looked_at:
            return
        self._forks_looked_at = self._forks
        for process in children():
            if process not in self._known and self._shares(process):
                self._known[process] = _Known(recording.number, is_of_call=recording.phase == "call")

    def _forget_ended(self) -> None:
        self._known = {process: known for process, known in self._known.items() if self._shares(process)}

    def _shares(self, process: int) -> bool:
        """Whether a process is alive, and has not turned into another program."""
        return is_alive(process) and self._memory is not None and self._memory.is_shared_by(process) is not False

    def _take(self, content: bytes) -> None:
        process, number, now, is_active, sort, what = marshal.loads(content)  # noqa: S302  (its checksum was right)
        recording = self._recordings.get(number) or self._recorder.current
        if is_active:
            recording.client_was_active = True
        try:
            self._take_from(process, recording, now, sort, what)
        except Exception:
            if self._memory is not None:
                self._memory.note_loss(number)

    def _take_from(self, process: int, recording: Recording, now: int, sort: str, what: Plain) -> None:
        if sort == "forked":
            self._is_forked(process, recording, what)
        elif sort == "leaves":
            self._known.pop(process, None)
        elif sort == "started":
            started, name = what
            self._started.append((started, recording.number, name))
        elif sort == "count":
            name, key, number = what
            self._counters[name][key] += number
        elif sort == "operation":
            self._take_operation(process, recording, *what)
        elif sort == "entries":
            self._take_entries(process, recording, now, what)

    def _is_forked(self, process: int, recording: Recording, phase: Phase | None) -> None:
        known = self._known.setdefault(process, _Known(recording.number, is_of_call=True))
        known.number, known.is_of_call = recording.number, phase == "call"

    def _take_operation(self, process: int, recording: Recording, reference: Plain, what: Plain) -> None:
        from pytest_sentry_capture._forks.decoding import Decoder

        known = self._operations.get(reference)
        operation = Decoder(self._operation, process).update(known, what)
        child = self._known.get(process)
        if child is not None:
            child.has_worked = True
            child.operations[reference] = recording.number, operation
            if operation._has_returned:
                del child.operations[reference]
        if known is None:
            self._operations[reference] = operation
            recording.add(operation)
        else:
            recording.notify()

    def _take_entries(self, process: int, recording: Recording, now: int, what: Plain) -> None:
        from pytest_sentry_capture._forks.decoding import Decoder

        entries = Decoder(self._operation, process).decode(what)
        of_parent = recording.number != now and all(getattr(each, "operation", None) is None for each in entries)
        target = (self._recordings.get(now) or recording) if of_parent else recording
        if any(isinstance(each, CallbackError) for each in entries):
            target.has_callback_errors = True
        target.add(*entries)

    def _operation(self, reference: Plain) -> Operation | None:
        """The exchange or job that something stands for. One of this process only as long as it is under way."""
        if reference is None:
            return None
        where, one, other = reference
        if where == "child":
            return self._operations.get(reference)
        recording = self._recordings.get(one)
        entry = recording.entries[other] if recording is not None else None
        return entry if isinstance(entry, Operation) and not entry._has_returned else None

    def _has_started(self, process: int, name: str | None) -> None:
        """A process was started by multiprocessing. Without a name it captures nothing by itself."""
        if name is None:
            self._services.add(process)
        elif (child := self._own) is not None:
            child.started(process, name)
        else:
            self._started.append((process, self._recorder.current.number, name))

    def _before_fork(self) -> None:
        """In the process that is about to fork: all that a child needs is there, and imported.

        All memory that is written to, be it to count a reference, has to be copied once more after each fork.
        """
        if self._memory is not None and os.getpid() == self._process:
            self._forks += 1
        elif self._own is None:
            self._forks += 1
            self._share_memory()
            self._recorder.current.notify()  # who waits has to look from now on

    def _share_memory(self) -> None:
        from pytest_sentry_capture._forks.shared_memory import SharedMemory

        try:
            self._memory = SharedMemory()
        except OSError:
            self._lost.add(self._recorder.current.number)
            return
        self._recorder.look_for_child(self._current_of_child)
        self._recorder.publish()


def _register() -> None:
    """Handlers can't be taken away again: once a process, and they do nothing while nobody is watching."""
    if _REGISTERED or not hasattr(os, "register_at_fork"):
        return
    _REGISTERED.append(True)
    os.register_at_fork(before=_before)
    if not can_list_children():
        os.register_at_fork(after_in_child=_in_child)


_REGISTERED: Final[list[bool]] = []


def _before() -> None:
    if _watching:
        try:
            _watching[-1]._before_fork()
        except Exception:
            return


def _in_child() -> None:
    """Where the system does not describe children, they describe themselves, although that takes as long as a fork."""
    if _watching:
        with suppress(Exception):
            _watching[-1].note_client()

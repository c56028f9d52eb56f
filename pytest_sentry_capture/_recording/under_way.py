"""Which operation the calling context serves: what it captures meanwhile is linked to it."""

from __future__ import annotations

from _thread import get_ident
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pytest_sentry_capture._recording.entries import Operation
    from pytest_sentry_capture._recording.recording import Recorder, Recording


class UnderWay:
    """An operation that is under way, and the recording that it belongs to.

    It is recorded when this is made, as a part of the operation that the calling context serves.
    """

    def __init__(self, operation: Operation, recording: Recording) -> None:
        self.operation = operation
        self.recording = recording
        operation.parent = current_operation(recording)
        operation._thread = get_ident()
        recording.under_way[operation] = None
        recording.add(operation)

    def enter(self) -> Token[UnderWay | None]:
        """Link to the operation what the calling context captures from now on."""
        return _UNDER_WAY.set(self)

    @staticmethod
    def leave(token: Token[UnderWay | None]) -> None:
        """Let the calling context serve again what it served before."""
        try:
            _UNDER_WAY.reset(token)
        except ValueError:  # a coroutine that is closed in another context than it ran in
            return

    def ends(self) -> None:
        """The application has returned: nothing serves the operation any more."""
        self.recording.receive()  # what a child captured that it has waited for is of this operation
        self.operation._has_returned = True
        self.recording.under_way.pop(self.operation, None)
        self.recording.changed(self.operation)


_UNDER_WAY: Final[ContextVar[UnderWay | None]] = ContextVar("current_operation", default=None)

served_now: Final = _UNDER_WAY.get
"""The operation that the calling context serves, whatever recording it belongs to."""
enter_operation: Final = _UNDER_WAY.set
"""``UnderWay.enter``, in half the time: a body is read in many steps, and each of them enters the operation."""
leave_operation: Final = _UNDER_WAY.reset
"""The end of what ``enter_operation`` began, in the same context."""


def current_recording(recorder: Recorder) -> Recording:
    """The recording that takes what the calling context captures.

    As long as an operation is under way this is that of the test in which it began, which may be over. What a request
    leaves behind, such as a task that serves later requests too, belongs to the test that runs.
    """
    serves = _UNDER_WAY.get()
    if serves is None or serves.operation._has_returned:
        return recorder.current
    recorder.notice_child()
    return serves.recording


def current_operation(recording: Recording) -> Operation | None:
    """The operation that the calling context serves, or None if there is none, or where it is another recording's."""
    serves = _UNDER_WAY.get()
    return serves.operation if serves is not None and serves.recording is recording else None


@contextmanager
def serving(operation: Operation, recording: Recording) -> Iterator[None]:
    """Record an operation, and link to it what the calling context captures meanwhile."""
    serves = UnderWay(operation, recording)
    token = serves.enter()
    try:
        yield
    finally:
        serves.leave(token)
        serves.ends()

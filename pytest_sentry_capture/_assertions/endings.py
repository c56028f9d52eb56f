"""Waiting for those who may still report something: applications that have answered, and forked children."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from pytest_sentry_capture._assertions.waiting import wait_until
from pytest_sentry_capture._recording import Operation, Recording


def await_endings(recording: Recording) -> None:
    """Block the thread while other threads complete operations, at most ``Recording.grace`` for each, and once.

    What has failed or is answered is waited for, and jobs. An answer that is still open, such as a stream, is not.
    Children that were forked in the course of the test are waited for as well.
    """
    __tracebackhide__ = True
    if recording.waits_for_children:
        _await_children(recording)
    while awaited := _awaited(recording.under_way):
        try:
            wait_until(partial(_have_returned, awaited), recording, recording.grace)
        finally:  # a wait that was interrupted is not taken up again
            for operation in awaited:
                operation._is_overdue = not operation._has_returned


def _await_children(recording: Recording) -> None:
    __tracebackhide__ = True
    children = recording.children
    if children is not None and children.are_awaited(recording):
        try:
            wait_until(lambda: not children.are_awaited(recording), recording, recording.grace)
        finally:  # a wait that was interrupted is not taken up again
            children.stop_waiting(recording)


def _awaited(operations: Iterable[Operation]) -> list[Operation]:
    return [operation for operation in list(operations) if operation._is_awaited]  # which other threads add to


def _have_returned(operations: Iterable[Operation]) -> bool:
    return all(operation._has_returned for operation in operations)

"""Waiting for applications that have answered and have not returned: what they report comes after the answer."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from pytest_sentry_capture._assertions.waiting import wait_until
from pytest_sentry_capture._recording import Operation, Recording


def await_endings(recording: Recording) -> None:
    """Block the thread while other threads complete operations, at most ``Recording.grace`` for each, and once.

    What has failed or is answered is waited for, and jobs; an answer that is still open, such as a stream, is not.
    """
    __tracebackhide__ = True
    while awaited := _awaited(recording.under_way):
        try:
            wait_until(partial(_have_returned, awaited), recording, recording.grace)
        finally:  # a wait that was interrupted is not taken up again
            for operation in awaited:
                operation._is_overdue = not operation._has_returned


def _awaited(operations: Iterable[Operation]) -> list[Operation]:
    return [operation for operation in list(operations) if operation._is_awaited]  # which other threads add to


def _have_returned(operations: Iterable[Operation]) -> bool:
    return all(operation._has_returned for operation in operations)

"""Which operations Sentry was notified of: during which an event was captured or discarded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from pytest_sentry_capture._recording.entries import Entry, Job, Operation, Remark

_EVENT: Final = "event"


def with_event(entries: Iterable[Entry]) -> set[Operation]:
    """The operations during which an event was captured or discarded.

    Where the application made a request to itself, or ran a job at once, this happened during the operation that did.
    """
    found: set[Operation] = set()
    for entry in entries:
        if isinstance(entry, Operation) and _has_own_event(entry):
            found.update((entry, *ancestors(entry)))
    return found


def ancestors(operation: Operation) -> Iterator[Operation]:
    """The operations during which the application began this one, the nearest first."""
    while operation.parent is not None:
        operation = operation.parent
        yield operation


def hints_of(entries: Iterable[Entry]) -> list[str]:
    """Why something may not have been captured, as far as the adapters of frameworks know."""
    found: dict[str, None] = {}
    for each in entries:
        hint = each._hint if isinstance(each, Operation) else each.text if isinstance(each, Remark) else None
        if hint is not None:
            found[hint] = None
    return [*found]


def unseen_failures(entries: Iterable[Entry]) -> list[Job]:
    """The jobs that have failed where the SDK is not."""
    return [each for each in entries if isinstance(each, Job) and each._is_unseen and each._has_failed]


def _has_own_event(operation: Operation) -> bool:
    is_discarded = any(each.kind == _EVENT and not each._is_of_logging for each in operation.discarded)
    return is_discarded or any(each.kind == _EVENT for each in operation._captures)

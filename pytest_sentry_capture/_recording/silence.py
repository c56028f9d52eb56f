"""Which exchanges Sentry was told of: during which an event was captured or discarded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from pytest_sentry_capture._recording.entries import Entry, Exchange

LEAST_FAILURE: Final = 400
"""The status from which on an answer says that the request failed (RFC 9110, 15)."""
_EVENT: Final = "event"


def has_failed(exchange: Exchange) -> bool:
    """Whether the answer was 400 or more, or the application crashed; a request that is cancelled does neither."""
    error_type = exchange.exception_type
    has_crashed = error_type is not None and issubclass(error_type, Exception)
    return has_crashed or (exchange.status is not None and exchange.status >= LEAST_FAILURE)


def with_event(entries: Iterable[Entry]) -> set[Exchange]:
    """The exchanges during which an event was captured or discarded.

    Where the application made a request to itself, this happened during the exchange that made it too.
    """
    found: set[Exchange] = set()
    for entry in entries:
        if isinstance(entry, Exchange) and _has_own_event(entry):
            found.update((entry, *ancestors(entry)))
    return found


def ancestors(exchange: Exchange) -> Iterator[Exchange]:
    """The exchanges during which the application made this one to itself, the nearest first."""
    while exchange.parent is not None:
        exchange = exchange.parent
        yield exchange


def hints_of(entries: Iterable[Entry]) -> list[str]:
    """Why something may not have been captured during exchanges, as far as the adapters of frameworks know."""
    return [*dict.fromkeys(each._hint for each in entries if isinstance(each, Exchange) and each._hint is not None)]


def _has_own_event(exchange: Exchange) -> bool:
    is_discarded = any(each.kind == _EVENT and not each._is_of_logging for each in exchange.discarded)
    return is_discarded or any(each.kind == _EVENT for each in exchange._captures)

"""Which HTTP exchange the calling context serves: what it captures meanwhile is linked to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pytest_sentry_capture._recording.entries import Exchange
    from pytest_sentry_capture._recording.recording import Recording

_UNDER_WAY: Final[ContextVar[tuple[Recording, Exchange] | None]] = ContextVar("current_operation", default=None)


def current_operation(recording: Recording) -> Exchange | None:
    """The exchange that the calling context serves; None where there is none, or where it is another recording's."""
    under_way = _UNDER_WAY.get()
    return under_way[1] if under_way is not None and under_way[0] is recording else None


@contextmanager
def serving(exchange: Exchange, recording: Recording) -> Iterator[None]:
    """Record an exchange, and link to it what the calling context captures meanwhile."""
    exchange.parent = current_operation(recording)
    recording.add(exchange)
    token = _UNDER_WAY.set((recording, exchange))
    try:
        yield
    finally:
        _UNDER_WAY.reset(token)
        recording.notify()

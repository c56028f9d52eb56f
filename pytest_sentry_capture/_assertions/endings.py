"""Waiting for applications that have answered and have not returned: what they report comes after the answer."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from pytest_sentry_capture._assertions.waiting import wait_until
from pytest_sentry_capture._recording import Exchange, Recording


def await_endings(recording: Recording) -> None:
    """Block the thread while other threads complete exchanges, at most ``Recording.grace`` for each, and once.

    What has failed or is answered is waited for; an answer that is still open, such as a stream of events, is not.
    """
    __tracebackhide__ = True
    while awaited := _awaited(recording.under_way):
        try:
            wait_until(partial(_have_returned, awaited), recording, recording.grace)
        finally:  # a wait that was interrupted is not taken up again
            for exchange in awaited:
                exchange._is_overdue = not exchange._has_returned


def _awaited(exchanges: Iterable[Exchange]) -> list[Exchange]:
    return [exchange for exchange in list(exchanges) if exchange._is_awaited]  # which other threads add to


def _have_returned(exchanges: Iterable[Exchange]) -> bool:
    return all(exchange._has_returned for exchange in exchanges)

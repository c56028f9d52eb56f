"""Waiting for those who may still report something: applications that have answered, and forked children."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from pytest_sentry_capture._assertions.waiting import wait_until
from pytest_sentry_capture._recording import Exchange, Recording


def await_endings(recording: Recording) -> None:
    """Block the thread while other threads complete exchanges, at most ``Recording.grace`` for each, and once.

    What has failed or is answered is waited for; an answer that is still open, such as a stream of events, is not.
    Children that were forked in the course of the test are waited for as well.
    """
    __tracebackhide__ = True
    if recording.waits_for_children:
        _await_children(recording)
    while awaited := _awaited(recording.under_way):
        wait_until(partial(_have_returned, awaited), recording, recording.grace)
        for exchange in awaited:
            exchange._is_overdue = not exchange._has_returned


def _await_children(recording: Recording) -> None:
    __tracebackhide__ = True
    children = recording.children
    if children is not None and children.are_awaited(recording):
        wait_until(lambda: not children.are_awaited(recording), recording, recording.grace)
        children.stop_waiting(recording)


def _awaited(exchanges: Iterable[Exchange]) -> list[Exchange]:
    return [exchange for exchange in list(exchanges) if exchange._is_awaited]  # which other threads add to


def _have_returned(exchanges: Iterable[Exchange]) -> bool:
    return all(exchange._has_returned for exchange in exchanges)

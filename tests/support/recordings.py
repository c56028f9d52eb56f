"""Recordings as runs make them, and the assertions on them, for tests that need neither a run nor an SDK."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from pytest_sentry_capture import CapturedItem, Kind, SentryCapture
from pytest_sentry_capture._recording.entries import Capture, Entry
from pytest_sentry_capture._recording.recording import Recording
from pytest_sentry_capture._relay.relay_project import RelayProject


def capture(payload: object, item_type: str = "event", **about: Any) -> Capture:
    """An item that was captured with this payload. ``about`` is what else a capture has."""
    return Capture(item_type, json.dumps(payload).encode(), **about)


def recording(
    *entries: Entry,
    label: str = "tests/test_shop.py::test_order",
    secrets: Sequence[str] = (),
    left_out_of_spans: tuple[str, ...] = (),
) -> Recording:
    """What was recorded of a test while a client was active."""
    result = Recording(label)
    result.client_was_active = True
    result.secrets += tuple(secrets)
    result.left_out_of_spans = left_out_of_spans
    result.add(*entries)
    return result


def assertions_on(recorded: Recording, without_transactions: str | None = None) -> SentryCapture:
    """The fixture ``sentry_capture`` of a test of which this is left.

    Args:
        recorded: what its assertions are about.
        without_transactions: why its SDK has no transactions.
    """
    return SentryCapture(recorded, _SdkOfThePast(without_transactions), RelayProject)


class _SdkOfThePast:
    """An SDK of which only the recording is left."""

    client: Any = "active"
    options: Mapping[str, Any] = {}
    scope_values: Mapping[str, Mapping[str, Any]] = {}
    kinds_from_logging: frozenset[str] = frozenset(("event", "log"))
    about_loop: str | None = None

    def __init__(self, without_transactions: str | None) -> None:
        self.without_transactions = without_transactions

    def drain(self) -> None: ...
    def flush(self) -> None: ...
    def override(self, options: dict[str, Any]) -> AbstractContextManager[None]:
        return nullcontext()


def found_in(capture: SentryCapture, kind: Kind = "event", **criteria: Any) -> Sequence[CapturedItem]:
    """What matches. Nothing where there is none for certain, and where this cannot be determined."""
    try:
        items: Sequence[CapturedItem] = capture.find(kind, **criteria)
    except AssertionError as error:
        if not str(error).startswith("Found no "):
            raise
        return []
    return items

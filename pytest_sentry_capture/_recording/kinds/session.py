"""Sessions of users, which tell how healthy a release is."""

from __future__ import annotations

from typing import ClassVar, Final

from pytest_sentry_capture._public import export
from pytest_sentry_capture._recording.entries import CapturedItem
from pytest_sentry_capture._recording.facts import OF_PAYLOAD, WHERE, ItemType, KindFacts

_FIELDS: Final = (
    "sid", "did", "seq", "timestamp", "started", "init", "duration", "status", "errors", "attrs", "aggregates",
)  # fmt: skip


class CapturedSession(CapturedItem):
    """A session update, or the aggregates of many (``aggregates`` is in the payload then).

    Payloads: https://develop.sentry.dev/sdk/telemetry/sessions/.
    """

    __slots__ = ()
    kind: ClassVar[str] = "session"
    _facts: ClassVar[KindFacts] = KindFacts(
        fields={**dict.fromkeys(_FIELDS, OF_PAYLOAD), "where": WHERE},
        paths=_FIELDS,
        item_types=(ItemType("session", "session"), ItemType("sessions", "session")),
        counts="never",
    )


export(CapturedSession)

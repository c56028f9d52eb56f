"""Sessions of users, which tell how healthy a release is."""

from __future__ import annotations

from typing import ClassVar, Final

from pytest_sentry_capture._public import export
from pytest_sentry_capture._recording.entries import CapturedItem, Unknown
from pytest_sentry_capture._recording.facts import (
    LIST_OF_PAYLOAD,
    MAPPING_OF_PAYLOAD,
    OF_PAYLOAD,
    TEXT_OF_PAYLOAD,
    WHERE,
    Field,
    ItemType,
    KindFacts,
)
from pytest_sentry_capture._recording.known_values import AMOUNTS, STATUSES_OF_SESSIONS, TRUTHS

_FIELDS: Final = {
    **dict.fromkeys(("sid", "did"), TEXT_OF_PAYLOAD),
    "seq": Field(is_of_payload=True, known=AMOUNTS),
    **dict.fromkeys(("timestamp", "started"), OF_PAYLOAD),
    "init": Field(is_of_payload=True, known=TRUTHS, default=False),
    "duration": Field(is_of_payload=True, known=AMOUNTS),
    "status": Field(is_of_payload=True, known=STATUSES_OF_SESSIONS, default="ok"),
    "errors": Field(is_of_payload=True, known=AMOUNTS, default=0),
    "attrs": MAPPING_OF_PAYLOAD,
    "aggregates": LIST_OF_PAYLOAD,
}
_OF_ONE_SESSION: Final = ("sid", "did", "seq", "timestamp", "started", "init", "duration", "status", "errors")
_AGGREGATED: Final = "it holds aggregates of several sessions"


class CapturedSession(CapturedItem):
    """A session update, or the aggregates of many (``aggregates`` is in the payload then).

    Payloads: https://develop.sentry.dev/sdk/telemetry/sessions/.
    """

    __slots__ = ()
    kind: ClassVar[str] = "session"
    _facts: ClassVar[KindFacts] = KindFacts(
        fields={**_FIELDS, "where": WHERE},
        paths=(*_FIELDS,),
        item_types=(ItemType("session", "session"), ItemType("sessions", "session")),
        counts="never",
    )

    def _unknown(self, name: str) -> Unknown | None:
        aggregates = self.get("aggregates")
        if not isinstance(aggregates, list) or name not in _OF_ONE_SESSION:
            return super()._unknown(name)
        if name != "status":
            return Unknown(_AGGREGATED)
        counted = {status for each in aggregates if isinstance(each, dict) for status in each if each[status]}
        return Unknown(_AGGREGATED, tuple(sorted(counted & {*STATUSES_OF_SESSIONS.words})))


export(CapturedSession)

"""What SDKs report to have discarded."""

from __future__ import annotations

from typing import ClassVar, Final

from pytest_sentry_capture._public import export
from pytest_sentry_capture._recording.entries import CapturedItem
from pytest_sentry_capture._recording.facts import KIB, OF_PAYLOAD, WHERE, ItemType, KindFacts

_FIELDS: Final = ("timestamp", "discarded_events")


class CapturedClientReport(CapturedItem):
    """What an SDK reports to have discarded itself.

    Payload: https://develop.sentry.dev/sdk/telemetry/client-reports/.
    """

    __slots__ = ()
    kind: ClassVar[str] = "client_report"
    _facts: ClassVar[KindFacts] = KindFacts(
        fields={**dict.fromkeys(_FIELDS, OF_PAYLOAD), "where": WHERE},
        paths=_FIELDS,
        item_types=(ItemType("client_report", "internal", 4 * KIB),),
        counts="never",
    )


export(CapturedClientReport)

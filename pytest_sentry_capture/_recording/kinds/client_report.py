"""What SDKs report to have discarded."""

from __future__ import annotations

from typing import ClassVar, Final

from pytest_sentry_capture._public import export
from pytest_sentry_capture._recording.entries import CapturedItem
from pytest_sentry_capture._recording.facts import KIB, LIST_OF_PAYLOAD, OF_PAYLOAD, WHERE, ItemType, KindFacts

_FIELDS: Final = {"timestamp": OF_PAYLOAD, "discarded_events": LIST_OF_PAYLOAD}


class CapturedClientReport(CapturedItem):
    """A client report: how much an SDK has discarded itself.

    Payload: https://develop.sentry.dev/sdk/telemetry/client-reports/.
    """

    __slots__ = ()
    kind: ClassVar[str] = "client_report"
    _facts: ClassVar[KindFacts] = KindFacts(
        fields={**_FIELDS, "where": WHERE},
        paths=(*_FIELDS,),
        item_types=(ItemType("client_report", "internal", 4 * KIB),),
        counts="never",
    )


export(CapturedClientReport)

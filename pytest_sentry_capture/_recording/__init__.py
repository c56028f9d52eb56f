"""What was seen during one attempt at one test: captured items, discards, exchanges and errors. Plain typed data.

The standard library is all that it needs. Not here: who sees it (``_sdk``, ``_operations``, ``_server``), and who asks
for it (``_assertions``, ``_rules``, ``_reports``).
"""

from collections.abc import Mapping
from typing import Final

from pytest_sentry_capture._recording.captures import (
    CLASSES,
    Capture,
    CaptureContext,
    CapturedEnvelope,
    CapturedItem,
    Content,
    FileContent,
    ForeignWrite,
    LateContent,
    RawItem,
    mark_seen,
)
from pytest_sentry_capture._recording.discards import (
    DISCARD_REASONS,
    KIND_OF_CATEGORY,
    Discard,
)
from pytest_sentry_capture._recording.entries import (
    CallbackError,
    Entry,
    Exchange,
    Phase,
    SdkError,
)
from pytest_sentry_capture._recording.kinds import (
    ITEM_TYPE_OF_KIND,
    CapturedAttachment,
    CapturedCheckIn,
    CapturedClientReport,
    CapturedEvent,
    CapturedFeedback,
    CapturedLog,
    CapturedMetric,
    CapturedProfile,
    CapturedSession,
    CapturedSpan,
    CapturedTransaction,
    Kind,
)
from pytest_sentry_capture._recording.plain_json import PlainJson
from pytest_sentry_capture._recording.rejections import Rejection
from pytest_sentry_capture._recording.segments import SEGMENT_STATUSES, CapturedSegment, SegmentStatus

CLASS_OF_KIND: Final[Mapping[str, type[CapturedItem]]] = {
    **{item_class.kind: item_class for item_class in CLASSES.values()},
    CapturedSegment.kind: CapturedSegment,
}

__all__ = [
    "CLASS_OF_KIND",
    "DISCARD_REASONS",
    "ITEM_TYPE_OF_KIND",
    "KIND_OF_CATEGORY",
    "SEGMENT_STATUSES",
    "CallbackError",
    "Capture",
    "CaptureContext",
    "CapturedAttachment",
    "CapturedCheckIn",
    "CapturedClientReport",
    "CapturedEnvelope",
    "CapturedEvent",
    "CapturedFeedback",
    "CapturedItem",
    "CapturedLog",
    "CapturedMetric",
    "CapturedProfile",
    "CapturedSegment",
    "CapturedSession",
    "CapturedSpan",
    "CapturedTransaction",
    "Content",
    "Discard",
    "Entry",
    "Exchange",
    "FileContent",
    "ForeignWrite",
    "Kind",
    "LateContent",
    "Phase",
    "PlainJson",
    "RawItem",
    "Rejection",
    "SdkError",
    "SegmentStatus",
    "mark_seen",
]

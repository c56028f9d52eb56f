"""What a recording holds, as users see it: captured items, discards, exchanges and errors. Plain typed data."""

from collections.abc import Mapping
from typing import Final

from pytest_sentry_capture.items.captures import (
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
    mark_asked_for,
)
from pytest_sentry_capture.items.discards import (
    DISCARD_REASONS,
    KIND_OF_CATEGORY,
    Discard,
)
from pytest_sentry_capture.items.entries import (
    CallbackError,
    Entry,
    Exchange,
    Phase,
    SdkError,
)
from pytest_sentry_capture.items.kinds import (
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
from pytest_sentry_capture.items.plain_json import PlainJson
from pytest_sentry_capture.items.rejections import Rejection
from pytest_sentry_capture.items.segments import SEGMENT_STATUSES, CapturedSegment, SegmentStatus

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
    "mark_asked_for",
]

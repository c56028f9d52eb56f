"""User feedback."""

from __future__ import annotations

from typing import ClassVar

from pytest_sentry_capture._public import export
from pytest_sentry_capture._recording.entries import CapturedItem
from pytest_sentry_capture._recording.facts import (
    KNOWN_OF_EVENTS,
    MAPPING_OF_PAYLOAD,
    PATHS_OF_EVENTS,
    TEXT_OF_PAYLOAD,
    WHERE,
    Field,
    ItemType,
    KindFacts,
)
from pytest_sentry_capture._recording.known_values import LEVELS, TAGS


class CapturedFeedback(CapturedItem):
    """User feedback. The Python SDK sends none. Other SDKs do.

    Payload: https://develop.sentry.dev/sdk/telemetry/feedbacks/.
    """

    __slots__ = ()
    kind: ClassVar[str] = "feedback"
    _facts: ClassVar[KindFacts] = KindFacts(
        fields={
            "contexts": MAPPING_OF_PAYLOAD,
            "tags": Field(is_of_payload=True, known=TAGS),
            **dict.fromkeys(("user", "request"), MAPPING_OF_PAYLOAD),
            **dict.fromkeys(("release", "environment"), TEXT_OF_PAYLOAD),
            "level": Field(is_of_payload=True, known=LEVELS),
            "where": WHERE,
        },
        paths=PATHS_OF_EVENTS,
        known=KNOWN_OF_EVENTS,
        item_types=(ItemType("feedback", "feedback", makes_event=True),),
        callback="before_send",
        is_shown_short=True,
    )


export(CapturedFeedback)

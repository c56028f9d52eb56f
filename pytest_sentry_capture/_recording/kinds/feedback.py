"""User feedback."""

from __future__ import annotations

from typing import ClassVar

from pytest_sentry_capture._public import export
from pytest_sentry_capture._recording.entries import CapturedItem
from pytest_sentry_capture._recording.facts import (
    OF_PAYLOAD,
    PATHS_OF_EVENTS,
    SEARCHED_TEXT_OF_PAYLOAD,
    WHERE,
    ItemType,
    KindFacts,
)


class CapturedFeedback(CapturedItem):
    """User feedback. The Python SDK sends none; other SDKs do.

    Payload: https://develop.sentry.dev/sdk/telemetry/feedbacks/.
    """

    __slots__ = ()
    kind: ClassVar[str] = "feedback"
    _facts: ClassVar[KindFacts] = KindFacts(
        fields={
            **dict.fromkeys(("contexts", "tags", "user", "request"), OF_PAYLOAD),
            **dict.fromkeys(("release", "environment", "level"), SEARCHED_TEXT_OF_PAYLOAD),
            "where": WHERE,
        },
        paths=PATHS_OF_EVENTS,
        item_types=(ItemType("feedback", "feedback", makes_event=True),),
        callback="before_send",
        is_shown_short=True,
    )


export(CapturedFeedback)

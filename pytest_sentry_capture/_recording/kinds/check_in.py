"""Check-ins of monitors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from pytest_sentry_capture._public import export
from pytest_sentry_capture._recording.entries import CapturedItem, Words
from pytest_sentry_capture._recording.facts import (
    AMOUNT,
    KIB,
    KNOWN_OF_EVENTS,
    PATHS_OF_EVENTS,
    TEXT,
    WHERE,
    Field,
    ItemType,
    KindFacts,
    Sort,
)
from pytest_sentry_capture._recording.fields import joined, text_at
from pytest_sentry_capture._recording.known_values import AMOUNTS, STATUSES_OF_CHECK_INS


class CapturedCheckIn(CapturedItem):
    """A check-in of a monitor. Payload: https://develop.sentry.dev/sdk/telemetry/check-ins/."""

    __slots__ = ()
    kind: ClassVar[str] = "check_in"
    _facts: ClassVar[KindFacts] = KindFacts(
        fields={
            "monitor_slug": TEXT,
            "status": Field(Sort.TEXT, known=STATUSES_OF_CHECK_INS),
            "duration": AMOUNT,
            **dict.fromkeys(("environment", "release"), TEXT),
            "where": WHERE,
        },
        paths=PATHS_OF_EVENTS,
        known={**KNOWN_OF_EVENTS, "status": STATUSES_OF_CHECK_INS, "duration": AMOUNTS},
        item_types=(ItemType("check_in", "monitor", 100 * KIB),),
        callback="before_send",
        noun="check-in",
        is_shown_short=True,
    )

    @property
    def monitor_slug(self) -> str | None:
        """Which monitor it belongs to."""
        return text_at(self, "monitor_slug")

    @property
    def status(self) -> str | None:
        """``"in_progress"``, ``"ok"`` or ``"error"``."""
        return text_at(self, "status")

    @property
    def duration(self) -> float | None:
        """How long the job took, in seconds, or None in a first check-in."""
        duration = self.get("duration")
        return duration if isinstance(duration, (int, float)) else None

    @property
    def environment(self) -> str | None:
        """Where the job runs, such as ``"production"``."""
        return text_at(self, "environment")

    @property
    def release(self) -> str | None:
        """The version of the application."""
        return text_at(self, "release")

    def _title(self, words: Words) -> Iterable[str | None]:
        return (words.name(joined("check-in", self.monitor_slug, self.status)),)


export(CapturedCheckIn)

"""Check-ins of monitors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from pytest_sentry_capture._public import export
from pytest_sentry_capture._recording.entries import CapturedItem, Words
from pytest_sentry_capture._recording.facts import (
    KIB,
    NUMBER,
    PATHS_OF_EVENTS,
    SEARCHED_TEXT,
    TEXT,
    WHERE,
    ItemType,
    KindFacts,
)
from pytest_sentry_capture._recording.fields import joined, text_at


class CapturedCheckIn(CapturedItem):
    """A check-in of a monitor. Payload: https://develop.sentry.dev/sdk/telemetry/check-ins/."""

    __slots__ = ()
    kind: ClassVar[str] = "check_in"
    _facts: ClassVar[KindFacts] = KindFacts(
        fields={
            "monitor_slug": SEARCHED_TEXT,
            "status": TEXT,
            "duration": NUMBER,
            **dict.fromkeys(("environment", "release"), SEARCHED_TEXT),
            "where": WHERE,
        },
        paths=PATHS_OF_EVENTS,
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
        """How long the job took, in seconds; None in a first check-in."""
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

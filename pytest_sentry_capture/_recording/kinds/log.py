"""Structured logs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from pytest_sentry_capture._public import export
from pytest_sentry_capture._recording.entries import Words
from pytest_sentry_capture._recording.facts import (
    KNOWN_OF_TELEMETRY,
    PATHS_OF_TELEMETRY,
    SECTION,
    TEXT,
    TRACE_ID,
    WHERE,
    Field,
    ItemType,
    KindFacts,
    Sort,
)
from pytest_sentry_capture._recording.fields import joined, text_at
from pytest_sentry_capture._recording.kinds.telemetry import Telemetry
from pytest_sentry_capture._recording.known_values import LOG_LEVELS, Numbers


class CapturedLog(Telemetry):
    """A structured log. Payload: https://develop.sentry.dev/sdk/telemetry/logs/."""

    __slots__ = ()
    kind: ClassVar[str] = "log"
    _facts: ClassVar[KindFacts] = KindFacts(
        fields={
            "level": Field(Sort.TEXT, known=LOG_LEVELS),
            **dict.fromkeys(("body", "template"), TEXT),
            "attributes": SECTION,
            "trace_id": TRACE_ID,
            "where": WHERE,
        },
        paths=(*PATHS_OF_TELEMETRY, "body", "level", "severity_number"),
        known={**KNOWN_OF_TELEMETRY, "level": LOG_LEVELS, "severity_number": Numbers(1, 24)},
        text="body",
        item_types=(ItemType("log", "log_item"),),
        meant={"message": "body"},
        callback="before_send_log",
    )

    @property
    def level(self) -> str | None:
        """``"trace"``, ``"debug"``, ``"info"``, ``"warn"``, ``"error"`` or ``"fatal"``."""
        return text_at(self, "level")

    @property
    def body(self) -> str | None:
        """The message, with its parameters filled in."""
        return text_at(self, "body")

    @property
    def template(self) -> str | None:
        """The message before its parameters were filled in, or None if it had none."""
        return text_at(self.attributes, "sentry.message.template")

    def _details(self, words: Words) -> tuple[str | None, ...]:
        logger = self.attributes.get("logger.name")
        return (words.name(f"logger {logger}") if isinstance(logger, str) else None,)

    def _title(self, words: Words) -> Iterable[str | None]:
        is_written = self.template is None
        text = words.text(self.body if is_written else self.template, is_personal=is_written)
        return (joined(words.name(joined(self.level, "log")), text),)


export(CapturedLog)

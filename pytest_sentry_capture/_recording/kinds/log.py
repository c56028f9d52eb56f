"""Structured logs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from pytest_sentry_capture._public import export
from pytest_sentry_capture._recording.entries import Words
from pytest_sentry_capture._recording.facts import (
    PATHS_OF_TELEMETRY,
    SEARCHED_TEXT,
    SECTION,
    TEXT,
    WHERE,
    ItemType,
    KindFacts,
)
from pytest_sentry_capture._recording.fields import joined, text_at
from pytest_sentry_capture._recording.kinds.telemetry import Telemetry


class CapturedLog(Telemetry):
    """A structured log. Payload: https://develop.sentry.dev/sdk/telemetry/logs/."""

    __slots__ = ()
    kind: ClassVar[str] = "log"
    _facts: ClassVar[KindFacts] = KindFacts(
        fields={
            **dict.fromkeys(("level", "body", "template"), SEARCHED_TEXT),
            "attributes": SECTION,
            "trace_id": TEXT,
            "where": WHERE,
        },
        paths=(*PATHS_OF_TELEMETRY, "body", "level", "severity_number"),
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
        """The message before its parameters were filled in; None where it had none."""
        return text_at(self.attributes, "sentry.message.template")

    def _title(self, words: Words) -> Iterable[str | None]:
        is_written = self.template is None
        text = words.text(self.body if is_written else self.template, is_personal=is_written)
        return (joined(words.name(joined(self.level, "log")), text),)


export(CapturedLog)

"""Trace metrics."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from pytest_sentry_capture._public import export
from pytest_sentry_capture._recording.entries import Words
from pytest_sentry_capture._recording.facts import (
    KNOWN_OF_TELEMETRY,
    NUMBER,
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
from pytest_sentry_capture._recording.known_values import METRIC_TYPES


class CapturedMetric(Telemetry):
    """A trace metric. Payload: https://develop.sentry.dev/sdk/telemetry/metrics/."""

    __slots__ = ()
    kind: ClassVar[str] = "metric"
    _facts: ClassVar[KindFacts] = KindFacts(
        fields={
            "name": TEXT,
            "type": Field(Sort.TEXT, known=METRIC_TYPES),
            "value": NUMBER,
            "unit": TEXT,
            "attributes": SECTION,
            "trace_id": TRACE_ID,
            "where": WHERE,
        },
        paths=(*PATHS_OF_TELEMETRY, "name", "type", "unit", "value"),
        known={**KNOWN_OF_TELEMETRY, "type": METRIC_TYPES},
        item_types=(ItemType("trace_metric", "trace_metric"),),
        callback="before_send_metric",
    )

    @property
    def name(self) -> str | None:
        """The metric's name."""
        return text_at(self, "name")

    @property
    def type(self) -> str | None:
        """``"counter"``, ``"gauge"`` or ``"distribution"``."""
        return text_at(self, "type")

    @property
    def value(self) -> float | None:
        """The value, in ``unit``."""
        value = self.get("value")
        return value if isinstance(value, (int, float)) else None

    @property
    def unit(self) -> str | None:
        """The unit of ``value``, such as ``"millisecond"``, or None if it has none."""
        return text_at(self, "unit")

    def _title(self, words: Words) -> Iterable[str | None]:
        name = words.name(joined(self.type, "metric", self.name))
        return (joined(name, None if words.masked else words.shown(self.value)),)


export(CapturedMetric)

"""What Sentry sends in containers of several, with attributes of the form ``{value, type}``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pytest_sentry_capture._recording.entries import Capture, CapturedItem
from pytest_sentry_capture._recording.fields import mapping_of, text_at, unwrapped


class Telemetry(CapturedItem):
    """An item of a container."""

    __slots__ = ()

    @classmethod
    def _items_in(cls, payload: dict[str, Any], capture: Capture) -> Iterable[CapturedItem]:
        items = payload.get("items")
        return (
            [cls(mapping_of(each), capture) for each in items] if isinstance(items, list) else [cls(payload, capture)]
        )

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes with their plain values."""
        return {key: unwrapped(value) for key, value in mapping_of(self.get("attributes")).items()}

    @property
    def trace_id(self) -> str | None:
        """The id of the trace that it belongs to: 32 hexadecimal digits."""
        return text_at(self, "trace_id")

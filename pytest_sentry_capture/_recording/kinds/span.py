"""Spans: those of transactions, and streamed ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from pytest_sentry_capture._public import export
from pytest_sentry_capture._recording.entries import Capture, CapturedItem, Unknown, Words
from pytest_sentry_capture._recording.facts import (
    KNOWN_OF_SPANS,
    ORIGIN,
    PATHS_OF_SPANS,
    SAMPLED_TRACES,
    SECTION,
    TEXT,
    TRACE_ID,
    WHERE,
    Field,
    ItemType,
    KindFacts,
    Sort,
)
from pytest_sentry_capture._recording.fields import joined, mapping_of, text_at
from pytest_sentry_capture._recording.kinds.sentry_event import SentryEvent
from pytest_sentry_capture._recording.kinds.telemetry import Telemetry
from pytest_sentry_capture._recording.known_values import STATUSES_OF_SPANS


class CapturedSpan(Telemetry):
    """A span: one of a transaction, or a streamed one.

    Payloads: https://develop.sentry.dev/sdk/telemetry/traces/.
    """

    __slots__ = ("_parent",)
    kind: ClassVar[str] = "span"
    _facts: ClassVar[KindFacts] = KindFacts(
        fields={
            **dict.fromkeys(("op", "name"), TEXT),
            "status": Field(Sort.TEXT, known=STATUSES_OF_SPANS),
            "origin": ORIGIN,
            "attributes": SECTION,
            "trace_id": TRACE_ID,
            "transaction": TEXT,
            "where": WHERE,
        },
        paths=PATHS_OF_SPANS,
        known=KNOWN_OF_SPANS,
        text="name",
        item_types=(ItemType("span", "span"),),
        further_carriers=("transaction",),
        meant={"description": "name"},
        sampled_by=SAMPLED_TRACES,
        callback="before_send_span",
        callback_can_drop=False,
        counts="as trace",
        is_pinned=False,
    )

    def __init__(
        self, payload: Mapping[str, Any], capture: Capture | None = None, parent: SentryEvent | None = None
    ) -> None:
        super().__init__(payload, capture)
        self._parent = parent

    @classmethod
    def _in_capture(cls, capture: Capture) -> list[CapturedItem]:
        """The spans that a capture carries: streamed ones, or those of a transaction."""
        if capture.kind not in ("transaction", cls.kind):
            return []
        carried = ([item] if isinstance(item, cls) else getattr(item, "spans", ()) for item in capture.items)
        return [span for spans in carried for span in spans]

    @property
    def is_segment(self) -> bool:
        """Whether it is a segment: the first streamed span of a service. A transaction's own spans never are."""
        return self._parent is None and self.get("is_segment") is True

    @property
    def op(self) -> str | None:
        """What sort of work it is, such as ``"db"`` or ``"http.client"``."""
        op = text_at(self, "op")
        return op or text_at(self.attributes, "sentry.op", op)

    @property
    def name(self) -> str | None:
        """The description of a transaction's span, the name of a streamed one."""
        description = text_at(self, "description")
        return description or text_at(self, "name", description)

    @property
    def status(self) -> str | None:
        """How it ended, such as ``"ok"``, or None if it has no status. Older SDKs, such as 2.45, send it as a tag."""
        status = text_at(self, "status")
        return status or text_at(mapping_of(self.get("tags")), "status", status)

    @property
    def origin(self) -> str | None:
        """The integration that created it, such as ``"auto.http.httpx"``, or ``"manual"``."""
        origin = text_at(self, "origin")
        return origin or text_at(self.attributes, "sentry.origin", origin)

    @property
    def transaction(self) -> str | None:
        """The name of the transaction or segment that the span belongs to."""
        return self._parent.transaction if self._parent else text_at(self.attributes, "sentry.segment.name")

    @property
    def attributes(self) -> dict[str, Any]:
        """The span's data: that of a transaction's span, or the unwrapped attributes of a streamed one."""
        return dict(mapping_of(self.get("data"))) if self._parent is not None else super().attributes

    def _unknown(self, name: str) -> Unknown | None:
        if name == "transaction" and self._parent is None:
            return Unknown("its payload does not name its segment")
        return super()._unknown(name)

    def _details(self, words: Words) -> tuple[str | None, ...]:
        transaction = words.text(self.transaction)
        return f"segment {transaction}" if transaction else None, words.name(f"origin {self.origin}")

    def _title(self, words: Words) -> Iterable[str | None]:
        return (joined(words.name(joined("span", self.op)), words.text(self.name)),)


export(CapturedSpan)

"""What the SDK was asked to send and did not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from pytest_sentry_capture._recording.callables import CallableLocation
from pytest_sentry_capture._recording.captures import Capture, CaptureContext, CapturedItem
from pytest_sentry_capture._recording.entries import Entry, Exchange, Phase
from pytest_sentry_capture._recording.kinds import ITEM_TYPE_OF_KIND, CapturedTransaction
from pytest_sentry_capture._recording.segments import CapturedSegment

DISCARD_REASONS: Final = (
    "queue_overflow", "cache_overflow", "buffer_overflow", "ratelimit_backoff", "network_error", "sample_rate",
    "before_send", "event_processor", "send_error", "internal_sdk_error", "insufficient_data", "backpressure",
    "ignored", "callback_error", "ignore_errors", "no_client", "closed_client", "recursion_guard", "sdk_error",
    "unserializable",
)  # fmt: skip
"""Sentry's (https://develop.sentry.dev/sdk/telemetry/client-reports/), and those of ``Discard``."""

KIND_OF_CATEGORY: Final = {
    "error": "event",
    "default": "event",
    "security": "event",
    "monitor": "check_in",
    "log_item": "log",
    "trace_metric": "metric",
    "profile_chunk": "profile",
    "internal": "client_report",
}
"""Sentry's data categories whose name is not that of the kind (https://develop.sentry.dev/sdk/foundations/transport/rate-limiting/)."""


@dataclass(eq=False, slots=True)
class Discard(Entry):
    """Something that the SDK was asked to send and did not.

    Attributes:
        reason: Sentry's discard reason (``before_send``, ``event_processor``, ``sample_rate``, …:
            https://develop.sentry.dev/sdk/telemetry/client-reports/) or, where the SDK is silent or vague, one of
            ``callback_error``, ``ignore_errors``, ``no_client``, ``closed_client``, ``recursion_guard``, ``sdk_error``,
            ``unserializable``.
        category: Sentry's data category, as in client reports (``error``, ``transaction``, ``span``, ``log_item``, …:
            https://develop.sentry.dev/sdk/foundations/transport/rate-limiting/#definitions).
        kind: the kind of item that was lost.
        by: the callable that discarded it; None where no callable is involved.
        quantity: how many items were lost.
        payload: what was lost, as JSON, as far as it got; None where the SDK had built nothing.
        exchange: the HTTP exchange during which it was lost.
        of_lost_segment: whether it was lost only because the segment that it belongs to was.
    """

    reason: str
    category: str
    kind: str
    by: CallableLocation | None = None
    quantity: int = 1
    payload: bytes | None = None
    context: CaptureContext = field(default_factory=CaptureContext)
    exchange: Exchange | None = None
    of_lost_segment: bool = False
    _item: CapturedItem | None = None

    def join(self, phase: Phase | None) -> None:
        self.phase = phase
        if self.exchange is not None:
            self.exchange.discarded.append(self)

    def release_exceptions(self) -> None:
        self.context.release_exceptions()

    @property
    def exception(self) -> BaseException | None:
        """The live exception, kept like an event's ``original_exception``."""
        return self.context.chain.original if self.context.chain is not None else None

    @property
    def event(self) -> dict[str, Any] | None:
        """The payload as far as it got, or None where the SDK had built none."""
        return dict(self.item) if self.payload is not None else None

    @property
    def item(self) -> CapturedItem:
        """The lost item, with the shortcuts of its kind; empty where the SDK had built none."""
        if self._item is None:
            [self._item, *_] = self._items_in(self.payload or b"{}") or self._items_in(b"{}")
        return self._item

    def item_as(self, kind: str) -> CapturedItem | None:
        """The lost item as one of its own kind, or as a segment if it was one; None for other kinds."""
        if kind == self.kind:
            return self.item
        if kind != CapturedSegment.kind:
            return None
        was_segment = self.kind == CapturedTransaction.kind or CapturedSegment.of(self.item) is not None
        return CapturedSegment.of_discarded(self.item) if was_segment else None

    def _items_in(self, payload: bytes) -> list[CapturedItem]:
        item_type = ITEM_TYPE_OF_KIND.get(self.kind, self.kind)
        return Capture(item_type, payload, {}, self.context, self.exchange, phase=self.phase).items

    def __repr__(self) -> str:
        by = f" by {self.by}" if self.by else ""
        return f"<Discard {self.kind}: {self.reason}{by}>"

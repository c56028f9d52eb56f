"""Transactions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from pytest_sentry_capture._public import export
from pytest_sentry_capture._recording.entries import Capture, Words
from pytest_sentry_capture._recording.facts import (
    KNOWN_OF_EVENTS,
    OF_EXCHANGE,
    PATHS_OF_EVENTS,
    SAMPLED_TRACES,
    SECTION,
    SOURCE,
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
from pytest_sentry_capture._recording.kinds.span import CapturedSpan
from pytest_sentry_capture._recording.known_values import STATUSES_OF_TRANSACTIONS


class CapturedTransaction(SentryEvent):
    """A captured transaction with its spans.

    Payload: https://develop.sentry.dev/sdk/data-model/event-payloads/transaction/.
    """

    __slots__ = ("_spans",)
    kind: ClassVar[str] = "transaction"
    _facts: ClassVar[KindFacts] = KindFacts(
        fields={
            **dict.fromkeys(("transaction", "op"), TEXT),
            "status": Field(Sort.TEXT, known=STATUSES_OF_TRANSACTIONS),
            "source": SOURCE,
            **dict.fromkeys(("tags", "user", "contexts", "request"), SECTION),
            **dict.fromkeys(("release", "environment"), TEXT),
            "trace_id": TRACE_ID,
            **OF_EXCHANGE,
            "where": WHERE,
        },
        paths=PATHS_OF_EVENTS,
        known=KNOWN_OF_EVENTS,
        text="transaction",
        item_types=(ItemType("transaction", "transaction", makes_event=True),),
        meant={"name": "transaction"},
        sampled_by=SAMPLED_TRACES,
        callback="before_send_transaction",
        counts="as trace",
        is_shown_short=True,
    )

    def __init__(self, payload: Mapping[str, Any], capture: Capture | None = None) -> None:
        super().__init__(payload, capture)
        self._spans: list[CapturedSpan] | None = None

    @property
    def op(self) -> str | None:
        """What sort of work it is, such as ``"http.server"``."""
        return text_at(mapping_of(self.contexts.get("trace")), "op")

    @property
    def status(self) -> str | None:
        """How it ended, such as ``"ok"`` or ``"internal_error"``."""
        return text_at(mapping_of(self.contexts.get("trace")), "status")

    @property
    def source(self) -> str | None:
        """What its name was made from, such as ``"route"``, ``"url"`` or ``"custom"``."""
        return text_at(mapping_of(self.get("transaction_info")), "source")

    @property
    def spans(self) -> list[CapturedSpan]:
        """The spans that the transaction carries, without its root."""
        if self._spans is None:
            spans = self.get("spans")
            self._spans = [
                CapturedSpan({**mapping_of(span)}, self._capture, parent=self)
                for span in (spans if isinstance(spans, list) else ())
            ]
        return list(self._spans)

    @property
    def _origin(self) -> str | None:
        return text_at(mapping_of(self.contexts.get("trace")), "origin")

    def _details(self, words: Words) -> tuple[str | None, ...]:
        return (words.name(f"origin {self._origin}") if self._origin else None,)

    def _title(self, words: Words) -> Iterable[str | None]:
        return joined("transaction", words.text(self.transaction, is_personal=self.source == "url")), words.name(
            self.op or ""
        )


export(CapturedTransaction)

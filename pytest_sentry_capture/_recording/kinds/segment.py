"""Segments: the work of one service in a trace, whether the SDK sends it as a transaction or as a streamed span."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final, Literal, get_args

from pytest_sentry_capture._public import export
from pytest_sentry_capture._recording.attribute_names import attributes_below, span_path
from pytest_sentry_capture._recording.entries import Capture, CapturedItem, Unknown, Words
from pytest_sentry_capture._recording.facts import (
    DERIVED_SECTION,
    KNOWN_OF_EVENTS,
    KNOWN_OF_SPANS,
    OF_OPERATION,
    ORIGIN,
    PATHS_OF_EVENTS,
    PATHS_OF_SPANS,
    SAMPLED_TRACES,
    SEGMENT_STATUS,
    SOURCE,
    TEXT,
    TRACE_ID,
    WHERE,
    KindFacts,
)
from pytest_sentry_capture._recording.fields import joined, mapping_of, path_of_url, text_at, unwrapped
from pytest_sentry_capture._recording.kinds.sentry_event import OPS_OF_REQUESTS, SOURCES_OF_REQUESTS
from pytest_sentry_capture._recording.kinds.span import CapturedSpan
from pytest_sentry_capture._recording.kinds.transaction import CapturedTransaction
from pytest_sentry_capture._recording.masks import is_empty
from pytest_sentry_capture._recording.payload_walk import resolve

SegmentStatus = Literal["ok", "error"]
SEGMENT_STATUSES: Final[tuple[SegmentStatus, ...]] = get_args(SegmentStatus)
MANUAL: Final = "manual"
"""The origin of what an application starts itself, the SDK's default
(https://develop.sentry.dev/sdk/telemetry/traces/trace-origin/)."""
_OP_OF_CLIENTS: Final = "http.client"
"""The op of a request that an application sends."""
_ENDS: Final = ("timestamp", "end_timestamp")
"""When a transaction or a streamed span ended, which no payload has that the SDK gave up before."""


def has_at(payload: Mapping[str, Any], path: str) -> bool:
    """Whether a payload has something at a dotted path that is not empty."""
    return not is_empty(resolve(payload, path))


class CapturedSegment(CapturedItem):
    """A segment in Sentry's sense: a transaction, or a span with ``is_segment``.

    The mapping is the item's payload, in its own form. The properties are the same for both forms. ``status`` has only
    two values. To read the SDK's own status, use its path in the payload.
    """

    __slots__ = ("_has_ended",)
    kind: ClassVar[str] = "segment"
    _facts: ClassVar[KindFacts] = KindFacts(
        fields={
            **dict.fromkeys(("name", "op"), TEXT),
            "status": SEGMENT_STATUS,
            "source": SOURCE,
            "origin": ORIGIN,
            "attributes": DERIVED_SECTION,
            **dict.fromkeys(("environment", "release"), TEXT),
            "trace_id": TRACE_ID,
            **OF_OPERATION,
            "where": WHERE,
        },
        paths=tuple(dict.fromkeys((*PATHS_OF_EVENTS, *PATHS_OF_SPANS))),
        known={**KNOWN_OF_EVENTS, **KNOWN_OF_SPANS},
        further_carriers=("transaction", "span"),
        meant={"transaction": "name"},
        instead={
            "tags": "spans have no tags. Set an attribute, and ask for it with attributes={…}",
            "user": "spans have the user as attributes. Ask for attributes={'user.id': …}",
            "request": (
                "spans have the request as attributes. Ask for method, path or attributes={'http.request.method': …}"
            ),
            "contexts": "spans have no contexts. Set an attribute, and ask for it with attributes={…}",
            "extra": "spans have no extra. Set an attribute, and ask for it with attributes={…}",
        },
        text="name",
        sampled_by=SAMPLED_TRACES,
        counts="as trace",
        is_shown_short=True,
    )

    def __init__(self, payload: Mapping[str, Any], capture: Capture | None = None, *, has_ended: bool = True) -> None:
        super().__init__(payload, capture)
        self._has_ended = has_ended

    @classmethod
    def of(cls, item: CapturedItem) -> CapturedSegment | None:
        """The same item as a segment, or None if it is not one."""
        if isinstance(item, CapturedTransaction) or (isinstance(item, CapturedSpan) and item.is_segment):
            return cls(item, item._capture)
        return None

    @classmethod
    def _of_discarded(cls, item: CapturedItem) -> CapturedSegment | None:
        """A discarded transaction or segment, which the SDK may have given up before it ended, or None for others."""
        if not isinstance(item, CapturedTransaction) and cls.of(item) is None:
            return None
        return cls(item, item._capture, has_ended=any(has_at(item, end) for end in _ENDS))

    @classmethod
    def _in_capture(cls, capture: Capture) -> list[CapturedItem]:
        """The segments that a capture carries."""
        if capture.kind not in (CapturedTransaction.kind, CapturedSpan.kind):
            return []
        return [segment for item in capture.items if (segment := cls.of(item)) is not None]

    @property
    def is_span(self) -> bool:
        """Whether it is a streamed span, which has attributes and no tags, contexts or request."""
        return "is_segment" in self

    def _has(self, path: str, *, left_out: Sequence[str] = ()) -> bool | None:
        """Whether it says what a transaction says at a dotted path, or None if its SDK puts nothing of the sort there.

        Args:
            path: the path, be it that of a whole section, such as ``user``.
            left_out: the beginnings of further paths of which its SDK puts nothing into spans, as it is configured.
        """
        if not self.is_span:
            return has_at(self, path)
        place, below = span_path(path), attributes_below(path)
        if place is None and not below:
            return None
        found = place is not None and has_at(self, place)
        names = [name for name in self.attributes if has_at(self.attributes, name)]
        found = found or any(name.startswith(below) for name in names) if below else found
        return None if not found and path.startswith((*left_out,)) else found

    @property
    def name(self) -> str | None:
        """The name of the transaction or span, such as ``"/statements/{statement_id}"``."""
        return text_at(self, "name" if self.is_span else "transaction")

    @property
    def op(self) -> str | None:
        """What sort of work it is, such as ``"http.server"``."""
        return self._text("sentry.op") if self.is_span else text_at(self._trace, "op")

    @property
    def status(self) -> SegmentStatus | None:
        """``"ok"``, also if the SDK gives no status, or ``"error"`` for any failure.

        None for a discarded segment that was not sampled or was ignored, because it has no result.
        """
        status = text_at(self if self.is_span else self._trace, "status")
        if not status and not self._has_ended:
            return None
        return "ok" if status in (None, "", "ok") else "error"

    @property
    def source(self) -> str | None:
        """What its name was made from, such as ``"route"``, ``"url"`` or ``"custom"``."""
        if self.is_span:
            return self._text("sentry.segment.name.source") or self._text("sentry.span.source")
        return text_at(mapping_of(self.get("transaction_info")), "source")

    @property
    def origin(self) -> str | None:
        """The integration that created it, such as ``"auto.http.starlette"``, or ``"manual"``. None with SDK 1.x."""
        return self._text("sentry.origin") if self.is_span else text_at(self._trace, "origin")

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes of the span, or the data of the transaction's root, with their plain values."""
        if not self.is_span:
            return dict(mapping_of(self._trace.get("data")))
        return {key: unwrapped(value) for key, value in mapping_of(self.get("attributes")).items()}

    @property
    def environment(self) -> str | None:
        """Where the application runs, such as ``"production"``."""
        return self._text("sentry.environment") if self.is_span else text_at(self, "environment")

    @property
    def release(self) -> str | None:
        """The version of the application that the client was given."""
        return self._text("sentry.release") if self.is_span else text_at(self, "release")

    @property
    def trace_id(self) -> str | None:
        """The id of the trace that it belongs to: 32 hexadecimal digits."""
        return text_at(self if self.is_span else self._trace, "trace_id")

    @property
    def status_code(self) -> int | None:
        """The status of the exchange's answer, else what the payload says of it."""
        if self.exchange is not None and self.exchange.status is not None:
            return self.exchange.status
        response = mapping_of(mapping_of(self.get("contexts")).get("response"))
        status_code = self._attribute("http.response.status_code") if self.is_span else response.get("status_code")
        return status_code if isinstance(status_code, int) else None

    @property
    def method(self) -> str | None:
        """The HTTP method of the exchange, else what the payload says of it."""
        if self.exchange is not None:
            return self.exchange.method
        return self._text("http.request.method") if self.is_span else text_at(mapping_of(self.get("request")), "method")

    @property
    def path(self) -> str | None:
        """The path of the exchange, else of the request that the payload describes."""
        if self.exchange is not None:
            return self.exchange.path
        if self.is_span and (path := self._text("url.path")) is not None:
            return path
        url = self._text("url.full") if self.is_span else text_at(mapping_of(self.get("request")), "url")
        return path_of_url(url) if url else None

    @property
    def route(self) -> str | None:
        """The route template of the exchange, such as ``"/statements/{statement_id}"``."""
        return self.exchange.route if self.exchange is not None else None

    def _unknown(self, name: str) -> Unknown | None:
        if name in OF_OPERATION:
            return self._unknown_of_operation(name, came_of_request=self._came_of_request)
        return super()._unknown(name)

    @property
    def _came_of_request(self) -> bool:
        """Whether the payload shows that it is about an HTTP request that was served."""
        if not self.is_span:
            return CapturedTransaction(self)._came_of_request
        if (self.op or "").startswith(_OP_OF_CLIENTS):
            return False
        return self.method is not None or self.source in SOURCES_OF_REQUESTS or self.op in OPS_OF_REQUESTS

    def _details(self, words: Words) -> tuple[str | None, ...]:
        return (words.name(f"origin {self.origin}") if self.origin else None,)

    def _title(self, words: Words) -> Iterable[str | None]:
        return joined("segment", words.text(self.name, is_personal=self.source == "url")), words.name(self.op or "")

    @property
    def _trace(self) -> dict[str, Any]:
        return mapping_of(mapping_of(self.get("contexts")).get("trace"))

    def _attribute(self, name: str) -> object:
        return unwrapped(mapping_of(self.get("attributes")).get(name))

    def _text(self, name: str) -> str | None:
        value = self._attribute(name)
        return value if isinstance(value, str) else None


export(CapturedSegment)

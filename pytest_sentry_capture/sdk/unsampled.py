"""Transactions and streamed spans that are not sampled: the SDK only counts them, here it is known which they were."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final

from pytest_sentry_capture.sdk.modules import Touchpoints
from pytest_sentry_capture.sdk.observer import Observer

_MEANING: Final = "What transactions and spans that are not sampled were called is not known."
_KEPT: Final = ("sentry.op", "sentry.origin")
_SOURCE: Final = "sentry.segment.name.source"
"""The one attribute that the SDK keeps, as a text or as a member of its enumeration."""


def watch_unsampled(touchpoints: Touchpoints, observer: Observer) -> None:
    """Give the discards of an unsampled trace what is known of its transaction, or of each of its spans."""
    features = touchpoints.features
    with touchpoints.missing_means(_MEANING):
        if features.has_transactions:
            watched = functools.partial(_watched, observer=observer, kind="transaction", payload_of=_transaction)
            touchpoints.replace("tracing:Transaction.finish", watched)
        if features.unsampled_span is not None:
            spans = _Spans()
            watched = functools.partial(_watched, observer=observer, kind="span", payload_of=spans.payload_of)
            touchpoints.replace(f"{features.unsampled_span}._end", watched)
            touchpoints.replace(f"{features.unsampled_span}.__init__", spans.noted)


def _watched(
    original: Callable[..., Any], observer: Observer, kind: str, payload_of: Callable[[Any], dict[str, Any]]
) -> Callable[..., Any]:
    @functools.wraps(original)
    def finish(span: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        attempt = observer.begin(kind, None, {}, {})
        attempt.payload_when_lost = functools.partial(payload_of, span)
        attempt.of_lost_segment = kind == "span" and _segment_of(span) is not span and _is_unsampled(_segment_of(span))
        token = observer.enter(attempt)
        try:
            return original(span, *args, **kwargs)
        finally:
            observer.leave(token)

    return finish


def _transaction(transaction: Any) -> dict[str, Any]:
    trace = _texts(transaction, "name", "source", "op", "origin", "trace_id", "span_id")
    name, source = trace.pop("name", None), trace.pop("source", None)
    return {
        "type": "transaction",
        "transaction": name,
        "transaction_info": {"source": source},
        "contexts": {"trace": trace},
    }


class _Spans:
    """The attributes of unsampled segments, which the SDK does not keep: by identity, for they have no room."""

    def __init__(self) -> None:
        self._attributes: dict[int, dict[str, Any]] = {}

    def noted(self, original: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(original)
        def init(span: Any, *args: Any, **kwargs: Any) -> None:
            __tracebackhide__ = True
            original(span, *args, **kwargs)
            given = kwargs.get("attributes")
            if _segment_of(span) is span and isinstance(given, dict):
                self._attributes[id(span)] = {name: value for name in _KEPT if type(value := given.get(name)) is str}
            else:
                self._attributes.pop(id(span), None)

        return init

    def payload_of(self, span: Any) -> dict[str, Any]:
        """What is known of a span, in the form in which spans are sent."""
        payload: dict[str, Any] = {**_texts(span, "name", "trace_id", "span_id"), "is_segment": False}
        if _segment_of(span) is span:
            attributes = {"sentry.origin": "manual", **self._attributes.pop(id(span), {})}  # the SDK's own default
            source = span._attributes.get(_SOURCE)
            attributes |= {_SOURCE: str.__str__(source)} if isinstance(source, str) else {}
            payload["is_segment"] = True
            payload["attributes"] = {name: {"value": value, "type": "string"} for name, value in attributes.items()}
        return payload


def _segment_of(span: Any) -> Any:
    return getattr(span, "_segment", None)


def _is_unsampled(segment: Any) -> bool:
    return getattr(segment, "_unsampled_reason", None) is not None


def _texts(span: Any, *names: str) -> dict[str, str]:
    """The attributes that are texts, and nothing that could have code of users."""
    values = ((name, getattr(span, name, None)) for name in names)
    return {name: str(value) for name, value in values if isinstance(value, str)}

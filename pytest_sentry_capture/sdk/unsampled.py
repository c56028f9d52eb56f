"""Transactions and streamed spans that are not sampled: the SDK only counts them, here it is known which they were."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, Final

from pytest_sentry_capture.callables import CallableLocation
from pytest_sentry_capture.sdk.modules import Touchpoints
from pytest_sentry_capture.sdk.observer import Attempt, Observer

_MEANING: Final = "What transactions and spans that are not sampled were called is not known."
_KEPT: Final = ("sentry.op", "sentry.origin")
_SOURCE: Final = "sentry.segment.name.source"
"""The one attribute that the SDK keeps, as a text or as a member of its enumeration."""


def watch_unsampled(touchpoints: Touchpoints, observer: Observer) -> None:
    """Give the discards of an unsampled trace what is known of its transaction, or of each of its spans."""
    features = touchpoints.features
    with touchpoints.missing_means(_MEANING):
        if features.has_transactions:
            transactions = _Transactions(observer)
            touchpoints.replace("tracing:Transaction.finish", transactions.finished)
            touchpoints.replace("tracing:Transaction._set_initial_sampling_decision", transactions.decided)
        if features.unsampled_span is not None:
            spans = _Spans(observer)
            touchpoints.replace(f"{features.unsampled_span}._end", spans.ended)
            touchpoints.replace(f"{features.unsampled_span}.__init__", spans.noted)


class _Transactions:
    """What becomes of transactions, and whose sampler has raised: by identity, for they have no room for it."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._crashed: dict[int, CallableLocation] = {}

    def decided(self, original: Callable[..., None]) -> Callable[..., None]:
        @wraps(original)
        def decide(transaction: Any, *args: Any, **kwargs: Any) -> None:
            __tracebackhide__ = True
            self._crashed.pop(id(transaction), None)
            with self._observer.raised_callbacks() as raised:
                original(transaction, *args, **kwargs)
            if raised and transaction.sampled is False:
                self._crashed[id(transaction)] = raised[0]

        return decide

    def finished(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def finish(transaction: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            attempt = self._observer.begin("transaction", None, {}, {})
            attempt.raised_in = self._crashed.pop(id(transaction), None)
            attempt.context.sample_rate = _rate_of(transaction)
            attempt.payload_when_lost = partial(_transaction, transaction)
            return _attempted(self._observer, attempt, original, transaction, *args, **kwargs)

        return finish


class _Spans:
    """The attributes of unsampled segments, which the SDK does not keep: by identity, for they have no room."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._attributes: dict[int, dict[str, Any]] = {}

    def noted(self, original: Callable[..., None]) -> Callable[..., None]:
        @wraps(original)
        def init(span: Any, *args: Any, **kwargs: Any) -> None:
            __tracebackhide__ = True
            original(span, *args, **kwargs)
            given = kwargs.get("attributes")
            if _segment_of(span) is span and isinstance(given, dict):
                self._attributes[id(span)] = {name: value for name in _KEPT if type(value := given.get(name)) is str}
            else:
                self._attributes.pop(id(span), None)

        return init

    def ended(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def end(span: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            attempt = self._observer.begin("span", None, {}, {})
            attempt.payload_when_lost = partial(self._payload_of, span)
            attempt.of_lost_segment = _segment_of(span) is not span and _is_unsampled(_segment_of(span))
            return _attempted(self._observer, attempt, original, span, *args, **kwargs)

        return end

    def _payload_of(self, span: Any) -> dict[str, Any]:
        """What is known of a span, in the form in which spans are sent."""
        payload: dict[str, Any] = {**_texts(span, "name", "trace_id", "span_id"), "is_segment": False}
        if _segment_of(span) is span:
            attributes = {"sentry.origin": "manual", **self._attributes.pop(id(span), {})}  # the SDK's own default
            source = span._attributes.get(_SOURCE)
            attributes |= {_SOURCE: str.__str__(source)} if isinstance(source, str) else {}
            payload["is_segment"] = True
            payload["attributes"] = {name: {"value": value, "type": "string"} for name, value in attributes.items()}
        return payload


def _attempted(
    observer: Observer, attempt: Attempt, original: Callable[..., Any], span: Any, *args: Any, **kwargs: Any
) -> Any:
    __tracebackhide__ = True
    token = observer.enter(attempt)
    try:
        return original(span, *args, **kwargs)
    finally:
        observer.leave(token)


def _rate_of(transaction: Any) -> float | None:
    """The rate that a transaction was sampled with, which is not among its headers where the trace is another's."""
    rate = getattr(transaction, "sample_rate", None)
    return rate if type(rate) is float else None


def _transaction(transaction: Any) -> dict[str, Any]:
    trace = _texts(transaction, "name", "source", "op", "origin", "trace_id", "span_id")
    name, source = trace.pop("name", None), trace.pop("source", None)
    return {
        "type": "transaction",
        "transaction": name,
        "transaction_info": {"source": source},
        "contexts": {"trace": trace},
    }


def _segment_of(span: Any) -> Any:
    return getattr(span, "_segment", None)


def _is_unsampled(segment: Any) -> bool:
    return getattr(segment, "_unsampled_reason", None) is not None


def _texts(span: Any, *names: str) -> dict[str, str]:
    """The attributes that are texts, and nothing that could have code of users."""
    values = ((name, getattr(span, name, None)) for name in names)
    return {name: str(value) for name, value in values if isinstance(value, str)}

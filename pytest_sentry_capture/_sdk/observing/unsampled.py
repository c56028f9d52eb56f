"""Transactions and streamed spans that are not sampled: the SDK only counts them, here it is known which they were."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from pytest_sentry_capture._sdk.call_stack import wrapping
from pytest_sentry_capture._sdk.observing.losses import Losses
from pytest_sentry_capture._sdk.observing.observer import Attempt, Observer
from pytest_sentry_capture._sdk.observing.sampling import SamplingDecisions
from pytest_sentry_capture._sdk.patching.touchpoints import Touchpoints
from pytest_sentry_capture._sdk.versions import Features

_MEANING: Final = "The names of transactions and spans that are not sampled are not known."
_KEPT: Final = ("sentry.op", "sentry.origin")
_SOURCE: Final = "sentry.segment.name.source"
"""The one attribute that the SDK keeps, as a text or as a member of its enumeration."""


def watch_unsampled(
    touchpoints: Touchpoints,
    observer: Observer,
    losses: Losses,
    decisions: SamplingDecisions,
    active_client: Callable[[], Any],
) -> None:
    """Give the discards of an unsampled trace what is known of its transaction, or of each of its spans."""
    features = touchpoints.features
    parts = (features, observer, losses, decisions, active_client)
    with touchpoints.missing_means(_MEANING):
        if features.has_transactions:
            transactions = _Transactions(*parts)
            touchpoints.replace("tracing:Transaction.finish", transactions.finished)
        if features.unsampled_span is not None:
            spans = _Spans(*parts)
            touchpoints.replace(f"{features.unsampled_span}._end", spans.ended)
            touchpoints.replace(f"{features.unsampled_span}.__init__", spans.noted)


class _Unsampled:
    """Noted where the SDK reports it, or here if there is no transport to report it to."""

    def __init__(
        self,
        features: Features,
        observer: Observer,
        losses: Losses,
        decisions: SamplingDecisions,
        active_client: Callable[[], Any],
    ) -> None:
        self._features = features
        self._observer = observer
        self._losses = losses
        self._decisions = decisions
        self._active_client = active_client

    def _run(self, attempt: Attempt, end: Callable[[], Any], reason: str | None, *categories: str) -> Any:
        """Have the SDK end a transaction or span, which is lost for a reason if there is one."""
        __tracebackhide__ = True
        token = self._observer.enter(attempt)
        try:
            result = end()
            client = self._active_client() if reason is not None else None
            if reason is not None and client is not None and self._features.traces(client.options):
                for category in categories:
                    self._losses.note_unseen(client, reason, category)
        finally:
            self._observer.leave(token)
        return result


class _Transactions(_Unsampled):
    """What becomes of transactions."""

    def finished(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @wrapping(original)
        def finish(transaction: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            attempt = self._observer.begin("transaction", None, {}, {})
            decision = self._decisions.of(transaction)
            attempt.raised_in, attempt.context.sampling = decision.raised_in, decision.sampling
            attempt.context.sample_rate = _rate_in(transaction, "sample_rate")  # which its headers may lack
            attempt.payload_when_lost = partial(_transaction, transaction)
            is_lost = transaction._span_recorder is None and transaction.timestamp is None
            end = partial(original, transaction, *args, **kwargs)
            result = self._run(attempt, end, "sample_rate" if is_lost else None, "transaction", "span")
            self._decisions.forget(transaction)
            return result

        return finish


class _Spans(_Unsampled):
    """The attributes of unsampled segments, which the SDK does not keep: by identity, for they have no room."""

    _attributes: dict[int, dict[str, Any]]

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._attributes = {}

    def noted(self, original: Callable[..., None]) -> Callable[..., None]:
        @wrapping(original)
        def init(span: Any, *args: Any, **kwargs: Any) -> None:
            __tracebackhide__ = True
            original(span, *args, **kwargs)
            given = kwargs.get("attributes") if _is_unsampled(span) else None
            if isinstance(given, dict) and _segment_of(span) is span:
                self._attributes[id(span)] = {name: value for name in _KEPT if type(value := given.get(name)) is str}
            elif self._attributes:
                self._attributes.pop(id(span), None)

        return init

    def ended(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @wrapping(original)
        def end(span: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            if not _is_unsampled(span):  # tracing is off, and nothing is lost
                return original(span, *args, **kwargs)
            attempt = self._observer.begin("span", None, {}, {})
            attempt.context.sample_rate = _rate_in(_segment_of(span), "_sample_rate")
            attempt.context.sampling = self._decisions.of(_segment_of(span)).sampling
            attempt.payload_when_lost = partial(self._payload_of, span)
            attempt.of_lost_segment = _segment_of(span) is not span and _is_unsampled(_segment_of(span))
            reason = None if getattr(span, "_finished", True) else getattr(span, "_unsampled_reason", None)
            return self._run(attempt, partial(original, span, *args, **kwargs), reason, "span")

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


def _rate_in(holder: Any, name: str) -> float | None:
    """The rate with which a transaction or segment was sampled, or None if that was decided elsewhere."""
    rate = getattr(holder, name, None)
    return float(rate) if isinstance(rate, (int, float)) else None


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


def _is_unsampled(span: Any) -> bool:
    return getattr(span, "_unsampled_reason", None) is not None


def _texts(span: Any, *names: str) -> dict[str, str]:
    """The attributes that are texts, and nothing that could have code of users."""
    values = ((name, getattr(span, name, None)) for name in names)
    return {name: str(value) for name, value in values if isinstance(value, str)}

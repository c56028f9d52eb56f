"""The application's ``before_send`` and its like, observed where the SDK calls them: they stay as they were given."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from typing import Any

from pytest_sentry_capture._recording import location_of
from pytest_sentry_capture._recording.kinds import facts_of
from pytest_sentry_capture._sdk.call_stack import wrapping
from pytest_sentry_capture._sdk.observing.observer import Attempt, Observer
from pytest_sentry_capture._sdk.patching.touchpoints import Touchpoints


def callback_of(options: Mapping[str, Any], kind: str) -> Any:
    """The callback that items of a kind pass last, with these options, or None if there is none."""
    facts = facts_of(kind)
    name = (facts.callback if facts is not None else None) or ""
    callback = options.get(name)
    if callback is None and isinstance(experiments := options.get("_experiments"), dict):
        callback = experiments.get(name)
    return callback if callable(callback) else None


def observe_callbacks(touchpoints: Touchpoints, observer: Observer) -> None:
    """See what goes into the callback for events, and what comes out of it."""
    with touchpoints.missing_means("Changes by before_send, and the callback that dropped an event, are not known."):
        touchpoints.replace("client:serialize", lambda original: _watched_serializer(original, observer))
    touchpoints.replace("client:_Client._prepare_event", lambda original: _watched_preparation(original, observer))


def _watched_serializer(original: Callable[..., Any], observer: Observer) -> Callable[..., Any]:
    """The last thing that the SDK does to an event before it calls the callback is to serialize it."""

    @wrapping(original)
    def serialize(event: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        serialized = original(event, *args, **kwargs)
        attempt = observer.attempt
        if attempt is not None and attempt.stage == "begun" and attempt.client is not None:
            attempt.payload = serialized
            attempt.stage = "in callback"
            callback = callback_of(attempt.options, attempt.kind)
            if callback is not None:
                attempt.context.callback = location_of(callback)
                attempt.context.before_callback = _snapshot(serialized) if attempt.detailed else None
        return serialized

    return serialize


def _watched_preparation(original: Callable[..., Any], observer: Observer) -> Callable[..., Any]:
    @wrapping(original)
    def prepare_event(client: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        prepared = original(client, *args, **kwargs)
        attempt = observer.attempt
        if attempt is not None and attempt.client is client and attempt.stage != "prepared":
            note_result(attempt, prepared)
            if prepared is not None:
                attempt.stage = "prepared"
        return prepared

    return prepare_event


def note_result(attempt: Attempt, result: Any) -> None:
    """Say what the callback of an attempt has returned, or what went on without one."""
    if attempt.context.callback is None:
        attempt.payload = result if type(result) is dict else attempt.payload
    elif result is None:
        attempt.reason = attempt.reason or ("before_send" if attempt.raised_in is None else None)
    elif _is_payload(result, attempt.kind):
        attempt.payload = result
    else:
        attempt.got_nonsense = True


def _is_payload(result: object, kind: str) -> bool:
    return isinstance(result, dict) and (kind not in ("event", "transaction", "check_in") or "event_id" in result)


def _snapshot(payload: Any) -> bytes | None:
    """The payload, which is plain data: the SDK's serializer has made it. A deep copy takes 12 times as long."""
    try:
        return pickle.dumps(payload, protocol=5)
    except Exception:
        return None

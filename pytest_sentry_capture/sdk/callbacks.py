"""The application's callbacks, observed: what went into ``before_send`` and its like, and what came out."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any, Final

from pytest_sentry_capture.callables import CallableLocation
from pytest_sentry_capture.sdk.observer import Observer

BEFORE_SEND_OPTIONS: Final = (
    "before_send",
    "before_send_transaction",
    "before_send_log",
    "before_send_metric",
    "before_send_span",
)
_CAN_NOT_DROP: Final = ("before_send_span",)


class ObservedCallback:
    """Stands for a ``before_send*`` callback in a client's options, and equals it.

    It is pickled as the callback itself, so that a client stays picklable.
    """

    def __init__(self, callback: Callable[..., Any], option: str, observer: Observer) -> None:
        self.__wrapped__ = callback
        self._option = option
        self._observer = observer

    def __call__(self, payload: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        attempt = self._observer.attempt
        if attempt is None:
            return self.__wrapped__(payload, *args, **kwargs)
        attempt.context.callback = location = CallableLocation.of(self.__wrapped__)
        attempt.payload = payload
        if attempt.detailed:
            attempt.context.before_callback = _snapshot(payload)
        try:
            result = self.__wrapped__(payload, *args, **kwargs)
        except BaseException as error:
            self._observer.callback_raised(location, error)
            if self._option not in _CAN_NOT_DROP:
                attempt.raised_in = location
            raise
        if result is None and self._option not in _CAN_NOT_DROP:
            attempt.reason = attempt.reason or "before_send"
        attempt.got_nonsense = result is not None and not _is_payload(result, attempt.kind)
        return result

    def __eq__(self, other: object) -> bool:
        return self.__wrapped__ == (other.__wrapped__ if isinstance(other, ObservedCallback) else other)

    def __hash__(self) -> int:
        return hash(self.__wrapped__)

    def __repr__(self) -> str:
        return repr(self.__wrapped__)

    def __reduce__(self) -> tuple[Callable[[Any], Any], tuple[Any]]:
        return _itself, (self.__wrapped__,)


def _itself(callback: Any) -> Any:
    return callback


def observe_callbacks(options: dict[str, Any], observer: Observer) -> None:
    """Put observed callbacks into a client's options; the dictionaries that the user gave stay as they are."""
    _observe_each(options, observer)
    experiments = options.get("_experiments")
    if isinstance(experiments, dict) and any(is_unobserved(experiments.get(name)) for name in BEFORE_SEND_OPTIONS):
        options["_experiments"] = {**experiments}
        _observe_each(options["_experiments"], observer)


def _observe_each(options: dict[str, Any], observer: Observer) -> None:
    for name in BEFORE_SEND_OPTIONS:
        if is_unobserved(options.get(name)):
            options[name] = ObservedCallback(options[name], name, observer)


def is_unobserved(callback: object) -> bool:
    """Whether this is a callback that the application has put there since the others were looked at."""
    return callback is not None and callable(callback) and not isinstance(callback, ObservedCallback)


def _is_payload(result: object, kind: str) -> bool:
    return isinstance(result, dict) and (kind not in ("event", "transaction", "check_in") or "event_id" in result)


def _snapshot(payload: Any) -> bytes | None:
    try:
        return pickle.dumps(payload, protocol=5)
    except Exception:
        return None

"""What the SDK only writes to its own log: the processor that dropped an event, and the errors it swallowed.

On sentry-sdk 1.x the log is the only witness. Its methods are replaced, instead of adding a filter, because a logging
configuration with ``disable_existing_loggers`` silences filters too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from pytest_sentry_capture._recording import location_of
from pytest_sentry_capture._sdk.call_stack import wrapping
from pytest_sentry_capture._sdk.observing.observer import Observer
from pytest_sentry_capture._sdk.observing.swallowed_errors import application_frame, arose_in_delivery
from pytest_sentry_capture._sdk.patching.touchpoints import Touchpoints

_INTERNAL_ERROR: Final = "Internal error in sentry_sdk"


def watch_sdk_log(touchpoints: Touchpoints, observer: Observer) -> None:
    """Listen to the SDK's log."""
    with touchpoints.missing_means(
        "The processor that dropped an event, and errors that the SDK swallowed, are not known."
    ):
        dropped = touchpoints.features.dropping_processor_logs
        touchpoints.replace("utils:logger.info", lambda original: _watched_info(original, observer, dropped))
        loses = touchpoints.features.processors_that_raise_lose_events
        note = partial(_note_internal_error, observer=observer, processors_lose_events=loses)
        touchpoints.replace("utils:logger.warning", lambda original: _watched_warning(original, note))
        touchpoints.replace("utils:logger.error", lambda original: _watched_error(original, note))


def _watched_info(original: Callable[..., None], observer: Observer, dropped: Sequence[str]) -> Callable[..., None]:
    @wrapping(original)
    def info(message: Any, *args: Any, **kwargs: Any) -> None:
        if args and type(message) is str and message in dropped and (attempt := observer.attempt) is not None:
            attempt.dropped_by = location_of(args[-1])
        original(message, *args, **_one_frame_up(kwargs))

    return info


def _watched_warning(original: Callable[..., None], note: Callable[[Any], None]) -> Callable[..., None]:
    """A sampler that raises is a warning in the newer SDKs."""

    @wrapping(original)
    def warning(message: Any, *args: Any, **kwargs: Any) -> None:
        if kwargs.get("exc_info"):
            note(kwargs["exc_info"])
        original(message, *args, **_one_frame_up(kwargs))

    return warning


def _watched_error(original: Callable[..., None], note: Callable[[Any], None]) -> Callable[..., None]:
    @wrapping(original)
    def error(message: Any, *args: Any, **kwargs: Any) -> None:
        if type(message) is str and message == _INTERNAL_ERROR:
            note(kwargs.get("exc_info"))
        original(message, *args, **_one_frame_up(kwargs))

    return error


def _note_internal_error(exc_info: Any, observer: Observer, *, processors_lose_events: bool) -> None:
    error = exc_info[1] if isinstance(exc_info, tuple) else sys.exc_info()[1]
    if not isinstance(error, BaseException) or arose_in_delivery(error):
        return
    attempt = observer.attempt
    is_in_callback = attempt is not None and attempt.stage == "in callback"
    options = attempt.options if attempt is not None else {}
    callback = application_frame(error, options) or (attempt.context.callback if attempt and is_in_callback else None)
    if attempt is not None and is_in_callback:
        attempt.raised_in = attempt.context.callback
    elif attempt is not None and attempt.stage == "begun" and processors_lose_events:
        attempt.raised_in = callback
    if callback is not None:
        observer.callback_raised(callback, error)
    else:
        observer.sdk_failed(error)


def _one_frame_up(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Python 3.10's ``logging`` counts our frame, later ones pass over it (see ``invisible``)."""
    return {**kwargs, "stacklevel": kwargs.get("stacklevel", 1) + 1} if sys.version_info < (3, 11) else kwargs

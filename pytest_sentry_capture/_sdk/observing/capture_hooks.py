"""Every call that asks the SDK to send something, from its start to its end: captured, or discarded for a reason."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from pytest_sentry_capture._recording import SECTIONS, ScopeOrigin, location_of
from pytest_sentry_capture._recording.kinds import FACTS
from pytest_sentry_capture._sdk.call_stack import wrapping
from pytest_sentry_capture._sdk.observing.callbacks import callback_of
from pytest_sentry_capture._sdk.observing.hand_over import HandOver, is_closed
from pytest_sentry_capture._sdk.observing.ignored_errors import note_use
from pytest_sentry_capture._sdk.observing.observer import Attempt, Observer
from pytest_sentry_capture._sdk.observing.scope_values import scopes_of, values_of
from pytest_sentry_capture._sdk.observing.swallowed_errors import application_frame
from pytest_sentry_capture._sdk.patching.touchpoints import Modules, Touchpoints

if TYPE_CHECKING:
    from pytest_sentry_capture._sdk.observing.clients import Clients
    from pytest_sentry_capture._sdk.observing.scope_writes import ScopeWrites

Capture = Callable[..., Any]

_CAPTURES: Final = ("capture_event", "capture_message", "capture_exception")
_OUTLINE: Final = ("message", "level", "logger", "transaction")
"""Texts of an event that can be read without asking anything else of it."""
_NO_HINT: Final[Mapping[str, Any]] = {}
_TOO_EARLY: Final = "Items captured while the SDK serializes an event are lost without a discard."
_WITHOUT_CLIENT: Final = "Items captured without a client are lost without a discard."


class CaptureHooks:
    """Wraps the SDK's entry points, and judges how each call ended.

    Args:
        before_attempt: called with the hint of each event that is about to be captured.
    """

    def __init__(
        self,
        modules: Modules,
        observer: Observer,
        clients: Clients,
        hand_over: HandOver,
        before_attempt: Callable[[Mapping[str, Any]], None],
        scope_writes: ScopeWrites,
    ) -> None:
        self._modules = modules
        self._features = modules.features
        self._observer = observer
        self._clients = clients
        self._hand_over = hand_over
        self._before_attempt = before_attempt
        self._scope_writes = scope_writes
        self._silenced: Callable[[], bool] = bool

    def install(self, touchpoints: Touchpoints) -> None:
        touchpoints.replace("client:_Client.capture_event", self._event_capture)
        with touchpoints.missing_means("Errors that ignore_errors drops have the reason sdk_error."):
            touchpoints.find("client:_Client._is_ignored_error")
        with touchpoints.missing_means(_TOO_EARLY):
            self._silenced = partial(touchpoints.find("utils:disable_capture_event").get, False)
        for method, kind in self._features.telemetry_entry_points.items():
            with touchpoints.missing_means(f"Why {kind}s were not sent, and who dropped them, is not known."):
                touchpoints.replace(f"client:_Client.{method}", partial(self._telemetry, kind=kind))
            with touchpoints.missing_means(_WITHOUT_CLIENT):
                touchpoints.replace(f"client:BaseClient.{method}", partial(self._without_client, kind=kind))
        if self._features.has_hubs:
            for method in _CAPTURES:
                touchpoints.replace(f"hub:Hub.{method}", self._hub_capture)
            return
        with touchpoints.missing_means(_WITHOUT_CLIENT):
            touchpoints.replace("client:BaseClient.capture_event", partial(self._without_client, kind=None))
        for method in _CAPTURES if self._features.guards_scopes else ():
            with touchpoints.missing_means(_TOO_EARLY):
                touchpoints.replace(f"scope:Scope.{method}", self._scope_capture)

    def _event_capture(self, original: Capture) -> Capture:
        @wrapping(original)
        def capture_event(
            client: Any, /, event: Any, hint: Any = None, scope: Any = None, *args: Any, **kwargs: Any
        ) -> Any:
            __tracebackhide__ = True
            if not self._clients.observes(client):
                with self._observer.looking_away():
                    return original(client, event, hint, scope, *args, **kwargs)
            if self._silenced():
                self._refused_unseen((event,), {})
                return original(client, event, hint, scope, *args, **kwargs)
            attempt = self._begin(client, event, hint, scope)
            is_guarded = scope is not None and self._features.turns_down_captures(scope)
            token = self._observer.enter(attempt)
            try:
                event_id = original(client, event, hint, scope, *args, **kwargs)
                if attempt.bare is not None and attempt.reason is None:
                    self._hand_over.record_bare(attempt)
            except Exception as error:
                self._failed(attempt, error)
                raise
            finally:
                self._observer.leave(token)
            if not attempt.handed_over:
                self._judge(attempt, client, is_guarded=is_guarded, event=event, hint=hint or {})
            return event_id

        return capture_event

    def _begin(self, client: Any, event: Any, hint: Any, scope: Any) -> Attempt:
        self._before_attempt(hint or {})
        attempt = self._observer.begin(_kind_of(event), event, hint or {}, client.options)
        self._clients.describe(attempt, client)
        if attempt.detailed:
            attempt.context.scope_origin = self._scope_origin(event, scope)
        if attempt.operation is not None:
            attempt.context.foreign_writes = self._scope_writes.foreign_to(attempt.operation, event, scope)
        return attempt

    def _judge(self, attempt: Attempt, client: Any, *, is_guarded: bool, event: Any, hint: Mapping[str, Any]) -> None:
        if attempt.raised_in is not None:
            self._observer.discarded(attempt, "callback_error", attempt.raised_in)
        elif attempt.reason is not None:
            self._observer.discarded(attempt, attempt.reason)
        elif attempt.dropped_by is not None:
            self._observer.discarded(attempt, "event_processor", attempt.dropped_by)
        elif is_guarded and attempt.kind != "transaction":
            self._observer.discarded(attempt, "recursion_guard")
        elif _is_ignored(client, event, hint):
            note_use(client.options, hint, self._observer.ignored_errors)
            self._observer.discarded(attempt, "ignore_errors")
        elif is_closed(client):
            self._observer.discarded(attempt, "closed_client")
        elif attempt.stage == "prepared" and attempt.kind == "event" and not attempt.got_nonsense:
            self._observer.discarded(attempt, "sample_rate")  # all that is left, where nothing was reported
        else:
            self._observer.discarded(attempt, "sdk_error")

    def _failed(self, attempt: Attempt, error: Exception) -> None:
        if attempt.handed_over:
            return
        callback = attempt.raised_in or application_frame(error, attempt.options)
        if callback is not None:
            self._observer.callback_raised(callback, error)
            self._observer.discarded(attempt, "callback_error", callback)
        else:
            self._observer.discarded(attempt, "sdk_error")

    def _telemetry(self, original: Capture, kind: str) -> Capture:
        """Logs, metrics and streamed spans: a loss that has no reason here is a setting, such as logs being off."""

        @wrapping(original)
        def capture(client: Any, /, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            telemetry = _telemetry_in((*args, *kwargs.values()) if kwargs else args, kind)
            if telemetry is None or not self._clients.observes(client):
                return original(client, *args, **kwargs)
            options = client.options
            attempt = self._observer.begin(kind, telemetry, _NO_HINT, options)
            attempt.client = client
            self._clients.note_use(client)
            callback = callback_of(options, kind)
            if callback is not None:
                attempt.context.callback = location_of(callback)
                attempt.stage = "in callback" if FACTS[kind].callback_can_drop else "begun"
            token = self._observer.enter(attempt)
            try:
                result = original(client, *args, **kwargs)
            except Exception as error:
                attempt.wire_form = self._features.wire_form(kind)
                self._failed(attempt, error)
                raise
            finally:
                self._observer.leave(token)
            if not attempt.handed_over:
                attempt.wire_form = self._features.wire_form(kind)
                self._judge_telemetry(attempt, client)
            return result

        return capture

    def _judge_telemetry(self, attempt: Attempt, client: Any) -> None:
        if attempt.raised_in is not None:
            self._observer.discarded(attempt, "callback_error", attempt.raised_in)
        elif attempt.reason is not None:
            self._observer.discarded(attempt, attempt.reason)
        elif is_closed(client):
            self._observer.discarded(attempt, "closed_client")
        elif attempt.context.callback is not None and self._features.collects(attempt.kind, client.options):
            self._observer.discarded(attempt, "before_send")  # of which up to 2.60 or so nothing was reported

    def _without_client(self, original: Capture, kind: str | None) -> Capture:
        @wrapping(original)
        def capture(client: Any, /, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            given = (*args, *kwargs.values())
            payload = next((each for each in given if isinstance(each, dict)), None)
            if payload is not None and type(client) is not self._modules.client._Client:
                hint = kwargs.get("hint") or (args[1] if len(args) > 1 else None) or {}
                attempt = self._observer.begin(kind or _kind_of(payload), payload, hint if kind is None else {}, {})
                attempt.wire_form = self._features.wire_form(kind) if kind else None
                self._observer.discarded(attempt, "no_client")
            return original(client, *args, **kwargs)

        return capture

    def _scope_capture(self, original: Capture) -> Capture:
        """A capture made while the SDK serializes (in a ``__repr__``, say) ends before it reaches a client."""

        @wrapping(original)
        def capture(scope: Any, /, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            if self._silenced():
                self._refused_unseen(args, kwargs)
            return original(scope, *args, **kwargs)

        return capture

    def _refused_unseen(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        """Nothing is asked of what is captured: the answer could be another capture, and so on without an end."""
        given = _given(args, kwargs)
        if type(given) is dict:
            texts = {name: given[name] for name in _OUTLINE if type(given.get(name)) is str}
            self._observer.refused_unseen(_kind_of(given), texts)
        else:
            self._observer.refused_unseen("event", _outline(given))

    def _hub_capture(self, original: Capture) -> Capture:
        """sentry-sdk 1.x: without a client a hub returns at once."""

        @wrapping(original)
        def capture(hub: Any, /, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            if hub.client is None:
                self._observer.discarded(self._begin_from_arguments(args, kwargs), "no_client")
            return original(hub, *args, **kwargs)

        return capture

    def _begin_from_arguments(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Attempt:
        given = _given(args, kwargs)
        if isinstance(given, dict):
            hint = kwargs.get("hint") or (args[1] if len(args) > 1 else None) or {}
            return self._observer.begin(_kind_of(given), given, hint if isinstance(hint, dict) else {}, {})
        if isinstance(given, str):
            return self._observer.begin("event", {"message": given}, {}, {})
        exc_info = (
            self._modules.utils.exc_info_from_error(given) if isinstance(given, BaseException) else sys.exc_info()
        )
        return self._observer.begin("event", _outline(exc_info[1]), {"exc_info": exc_info}, {})

    def _scope_origin(self, event: Mapping[str, Any], merged: Any) -> ScopeOrigin:
        given = {name: {**value} if type(value) is dict else value for name, value in event.items() if name in SECTIONS}
        if self._features.has_hubs:
            return ScopeOrigin(given, partial(values_of, merged), (("scope", values_of(merged)),))
        values = tuple([(name, values_of(scope)) for name, scope in scopes_of(self._modules)])
        return ScopeOrigin(given, partial(values_of, merged), values)


def _kind_of(event: Mapping[str, Any]) -> str:
    kind = event.get("type") or "event"
    return kind if kind in ("transaction", "check_in", "feedback") else "event"


def _telemetry_in(arguments: tuple[Any, ...], kind: str) -> Any:
    """The telemetry among an entry point's arguments, which differ from version to version."""
    for argument in arguments:
        if isinstance(argument, dict) or (kind == "span" and hasattr(argument, "span_id")):
            return argument
    return None


def _is_ignored(client: Any, event: Any, hint: Mapping[str, Any]) -> bool:
    try:
        return bool(client._is_ignored_error(event, hint))
    except Exception:
        return False


def _given(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """What must be captured: an event, a message or an error, or None for the error that is being handled."""
    return args[0] if args else next((kwargs[name] for name in ("event", "message", "error") if name in kwargs), None)


def _outline(given: object) -> dict[str, Any]:
    """What is known of a message or an error without asking it anything."""
    if type(given) is str:
        return {"message": given}
    error = given if issubclass(type(given), BaseException) else sys.exc_info()[1]
    if not isinstance(error, BaseException):
        return {}
    arguments = BaseException.__dict__["args"].__get__(error)
    value = arguments[0] if len(arguments) == 1 and type(arguments[0]) is str else None
    values = [{"type": type(error).__name__, "module": type(error).__module__, "value": value}]
    return {"level": "error", "exception": {"values": values}}

"""What clients hand to their transports, seen from the client: the transport is the application's own, and untouched.

Whether it is the SDK's, a class of the application's, a mock, or one whose method has been replaced, does not matter.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, Final

from pytest_sentry_capture._recording import CapturedEnvelope, Content, FileContent, PlainJson
from pytest_sentry_capture._sdk.call_stack import invisible, wrapping
from pytest_sentry_capture._sdk.identity import KnownOf
from pytest_sentry_capture._sdk.observing.observer import Attempt, Handed, Observer
from pytest_sentry_capture._sdk.observing.plain_data import json_data
from pytest_sentry_capture._sdk.patching.touchpoints import Touchpoints

_TRANSPORT: Final = "transport"
_MADE_BY_THE_SERIALIZER: Final = ("event", "transaction")


class HandOver:
    """Records what is handed over at the moment at which it is.

    The SDK asks its client for the transport when an envelope is complete, and not before: that is the moment.
    """

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._recorded: KnownOf[None] = KnownOf()
        self._sends_bare_events = False

    def install(self, touchpoints: Touchpoints, alive: Callable[[], Iterable[Any]]) -> None:
        """Watch the clients. ``alive`` tells which there are."""
        self._alive = alive
        self._json_dumps: Callable[[Any], bytes] = touchpoints.find("utils:json_dumps")
        self._repr_processors: Sequence[Any] = touchpoints.find("serializer:global_repr_processors")
        self._sends_bare_events = touchpoints.features.sends_bare_events
        for name in touchpoints.features.transports_that_take_envelopes:
            touchpoints.replace(f"transport:{name}.capture_envelope", self._taking_envelopes)
        touchpoints.add("client:_Client.transport", self._transport_of_clients())
        touchpoints.replace("envelope:Envelope.__init__", self._noting_envelopes)

    def _transport_of_clients(self) -> property:
        """The attribute of clients, which stands in their own dictionary as without us."""

        @invisible
        def get(client: Any) -> Any:
            __tracebackhide__ = True
            try:
                transport = client.__dict__[_TRANSPORT]
            except KeyError:
                name = type(client).__name__
                raise AttributeError(f"{name!r} object has no attribute {_TRANSPORT!r}") from None
            attempt = self._observer.attempt
            if attempt is not None and attempt.client is client and attempt.stage == "prepared":
                self._is_asked_for(attempt)
            return transport

        @invisible
        def assign(client: Any, transport: Any) -> None:
            __tracebackhide__ = True
            client.__dict__[_TRANSPORT] = transport

        @invisible
        def delete(client: Any) -> None:
            del client.__dict__[_TRANSPORT]

        return property(get, assign, delete)

    def _noting_envelopes(self, original: Callable[..., None]) -> Callable[..., None]:
        @wrapping(original)
        def init(envelope: Any, *args: Any, **kwargs: Any) -> None:
            __tracebackhide__ = True
            original(envelope, *args, **kwargs)
            attempt = self._observer.attempt
            if attempt is not None and attempt.stage == "prepared" and attempt.envelope is None:
                attempt.envelope = envelope

        return init

    def _taking_envelopes(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """An application may hand an envelope of its own making to its client's transport."""

        @wrapping(original)
        def capture_envelope(transport: Any, envelope: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            if not sys._getframe(1).f_globals.get("__name__", "").startswith("sentry_sdk."):
                self._is_handed_by_the_application(transport, envelope)
            return original(transport, envelope, *args, **kwargs)

        return capture_envelope

    def _is_handed_by_the_application(self, transport: Any, envelope: Any) -> None:
        is_new = type(envelope).__module__ == "sentry_sdk.envelope" and envelope not in self._recorded
        if is_new and any(client.__dict__.get(_TRANSPORT) is transport for client in self._alive()):
            self.record(envelope, None)

    def _is_asked_for(self, attempt: Attempt) -> None:
        """The transport of the attempt's client is asked for, to hand something to it, or to report a loss."""
        if attempt.handed_over or is_closed(attempt.client):
            return
        if attempt.envelope is not None:
            self.record(attempt.envelope, attempt)
        elif self._sends_bare_events and attempt.bare is None:
            attempt.bare = self._content_of_event(attempt.payload, attempt)

    def record(self, envelope: Any, attempt: Attempt | None) -> None:
        """Record an envelope with its items."""
        self._recorded[envelope] = None
        try:
            headers = {**envelope.headers}
            parts = self._parts_of(envelope, attempt)
        except Exception:
            for item in envelope.items:
                self._observer.unserializable(item.type or "", item.payload.json)
            return
        self._observer.captured(parts, CapturedEnvelope(headers))

    def record_bare(self, attempt: Attempt) -> None:
        """Record an event that sentry-sdk 1.x has sent without an envelope."""
        if attempt.handed_over:
            return
        if isinstance(attempt.bare, Exception):
            self._observer.unserializable("event", attempt.payload)
        elif attempt.bare is not None:
            headers = {"event_id": attempt.payload.get("event_id")}
            part: Handed = ("event", attempt.bare, {"content_type": "application/json", "type": "event"})
            self._observer.captured([part], CapturedEnvelope(headers))

    def record_batch(self, envelope: Any) -> None:
        """Record an envelope of one of the SDK's batchers, whose items were recorded when they were handed over."""
        self._recorded[envelope] = None
        try:
            recorded = CapturedEnvelope({**envelope.headers})
            parts = self._parts_of(envelope, None)
        except Exception:  # its items have been found to be no JSON already
            return
        for part in parts:
            recorded._add(*part)
        self._observer.recording.add(recorded)

    def _parts_of(self, envelope: Any, attempt: Attempt | None) -> list[Handed]:
        if not _is_plain(envelope.headers):
            check = self._json_dumps if attempt is not None and attempt.sends else json_data
            check(envelope.headers)
        return [(item.type or "", self._content_of(item, attempt), {**item.headers}) for item in envelope.items]

    def _content_of(self, item: Any, attempt: Attempt | None) -> Content:
        """An item's payload, without having the SDK keep it in another form than it would by itself."""
        payload = item.payload
        if payload.bytes is not None:
            return bytes(payload.bytes)
        if payload.path is not None:
            content = FileContent(payload.path)
            if attempt is not None and attempt.sends:
                content.read()
            return content
        if payload.json is None:
            return b""
        if item.type in _MADE_BY_THE_SERIALIZER and attempt is not None:
            content_or_error = self._content_of_event(payload.json, attempt)
            if isinstance(content_or_error, Exception):
                raise content_or_error
            return content_or_error
        return self._json(payload.json, attempt)

    def _content_of_event(self, payload: Any, attempt: Attempt) -> Content | Exception:
        """An event's payload. One that no callback had in hand is just what the SDK's serializer made.

        Such a one is kept in a fifth of the time that the SDK's encoder takes (an event of 8 kB), and made JSON when it
        is first read.
        """
        is_untouched = attempt.context.callback is None and type(payload) is dict and not self._repr_processors
        if is_untouched:
            with suppress(ValueError):
                return PlainJson(payload)
        try:
            return self._json(payload, attempt)
        except Exception as error:
            return error

    def _json(self, payload: Any, attempt: Attempt | None) -> Content:
        """A payload as JSON where the SDK would encode it. Where it would send nothing, it encodes nothing.

        Raises:
            Exception: it is not JSON: what the SDK's own encoder raises, or what is like it.
        """
        return self._json_dumps(payload) if attempt is not None and attempt.sends else PlainJson(json_data(payload))


def is_closed(client: Any) -> bool:
    """Whether a client had a transport and has none any more. One without a DSN never has one."""
    options = client.options
    had_one = bool(options.get("dsn")) or options.get("transport") is not None
    return had_one and client.__dict__.get(_TRANSPORT) is None


def _is_plain(headers: dict[str, Any]) -> bool:
    """Whether headers are as they mostly are, text and the trace's fields as text. Encoding takes 8 times as long."""
    for value in headers.values():
        if type(value) is not str and not (type(value) is dict and all(type(each) is str for each in value.values())):
            return False
    return True

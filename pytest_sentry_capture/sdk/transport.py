"""The way out: a transport that records what every client sends, and passes it on only where that is allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from sentry_sdk import transport as transports
from sentry_sdk.envelope import Envelope, Item
from sentry_sdk.serializer import global_repr_processors
from sentry_sdk.transport import HttpTransport, Transport
from sentry_sdk.utils import json_dumps

from pytest_sentry_capture.items import CapturedEnvelope, PlainJson
from pytest_sentry_capture.sdk.network import Network
from pytest_sentry_capture.sdk.observer import Observer

AsyncHttpTransport: Any = getattr(transports, "AsyncHttpTransport", None)
_HTTP_BASE: type = HttpTransport.__mro__[HttpTransport.__mro__.index(Transport) - 1]
"""What all of the SDK's HTTP transports derive from; its name differs between versions."""


class RecordingTransport(Transport):
    """Records envelopes, and hands them to the user's own transport, or to the SDK's where sending is allowed.

    Attributes:
        delivery: the transport that receives everything too, or None.
        refused_host: the host that the SDK would have sent to, where the network policy forbids it.
    """

    def __init__(
        self,
        options: dict[str, Any],
        observer: Observer,
        network: Network,
        make_delivery: Callable[[dict[str, Any]], Transport | None],
    ) -> None:
        __tracebackhide__ = True
        super().__init__(options)
        self._observer = observer
        self._network = network
        self.refused_host = self._refused_host(options)
        self._is_async = False
        self.delivery = self._allowed_delivery(options, make_delivery)

    @property
    def __class__(self) -> type:
        """The SDK asks for it to tell whether a client is closed by ``close_async``, or by ``close``."""
        return AsyncHttpTransport if self._is_async else RecordingTransport

    @__class__.setter
    def __class__(self, _: type) -> None:
        """Declared because typing asks for it: a transport stays what it is."""

    def capture_envelope(self, envelope: Envelope) -> None:
        __tracebackhide__ = True
        self._record(envelope, items=True)
        self._deliver(envelope)

    def capture_batch(self, envelope: Envelope) -> None:
        """Take an envelope from one of the SDK's batchers, whose items were recorded when they were handed over."""
        __tracebackhide__ = True
        self._record(envelope, items=False)
        self._deliver(envelope)

    def capture_event(self, event: Any) -> None:
        """sentry-sdk 1.x sends error events without an envelope unless something else travels with them."""
        __tracebackhide__ = True
        envelope = Envelope(headers={"event_id": event.get("event_id")})
        envelope.add_event(event)
        self._record(envelope, items=True)
        if self.refused_host is not None:
            self._network.block(self.refused_host)
        delivery: Any = self.delivery
        if delivery is not None:
            delivery.capture_event(event)

    def record_lost_event(
        self, reason: str, data_category: Any = None, item: Any = None, quantity: int = 1, **more: Any
    ) -> None:
        if item is not None:
            category, lost = item.data_category, item.headers.get("item_count") or 1
        else:
            category, lost = data_category, quantity
        self._observer.lost(reason, category, lost, self._options)
        if self.delivery is not None:
            counted = {} if quantity == 1 else {"quantity": quantity}  # a parameter that old SDKs don't have
            self.delivery.record_lost_event(reason, data_category, item, **counted, **more)

    def flush(self, timeout: float, callback: Any = None) -> Any:
        return self.delivery.flush(timeout, callback) if self.delivery is not None else None

    def kill(self) -> Any:
        return self.delivery.kill() if self.delivery is not None else None

    def is_healthy(self) -> bool:
        return self.delivery.is_healthy() if self.delivery is not None else True

    def __getattr__(self, name: str) -> Any:
        delivery = self.__dict__.get("delivery")
        if delivery is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(delivery, name)

    @property
    def _options(self) -> Mapping[str, Any]:
        return self.options or {}

    def _record(self, envelope: Envelope, *, items: bool) -> None:
        try:
            headers = {**envelope.headers}
            if not _is_plain(headers):
                json_dumps(headers)
            parts = [(item.type or "", self._content_of(item), {**item.headers}) for item in envelope.items]
        except Exception:
            for item in envelope.items if items else ():
                self._observer.unserializable(item.type or "", item.payload.json)
            return
        recorded = CapturedEnvelope(headers)
        if items:
            self._observer.captured(parts, recorded)
        else:
            self._observer.recorder.current.add(recorded)
            for part in parts:
                recorded.add(*part)

    def _content_of(self, item: Item) -> bytes | PlainJson:
        """An item's payload. An event that no callback had in hand is just what the SDK's serializer made."""
        attempt, payload = self._observer.attempt, item.payload.json
        is_untouched = item.type == "event" and attempt is not None and attempt.context.callback is None
        if is_untouched and isinstance(payload, dict) and self.delivery is None and not global_repr_processors:
            with suppress(ValueError):
                return PlainJson(payload)
        return item.get_bytes()

    def _deliver(self, envelope: Envelope) -> None:
        if self.refused_host is not None:
            self._network.block(self.refused_host)
        if self.delivery is not None:
            self.delivery.capture_envelope(envelope)

    def _allowed_delivery(
        self, options: dict[str, Any], make_delivery: Callable[[dict[str, Any]], Transport | None]
    ) -> Transport | None:
        may_be_async = bool((options.get("_experiments") or {}).get("transport_async"))
        if self.refused_host and not may_be_async:
            return None
        delivery = make_delivery(options)
        self._is_async = AsyncHttpTransport is not None and isinstance(delivery, AsyncHttpTransport)
        return None if self.refused_host else delivery

    def _refused_host(self, options: dict[str, Any]) -> str | None:
        given = options.get("transport")
        if isinstance(given, _HTTP_BASE):
            return self._network.refused_host(given.parsed_dsn, given.options or options)  # type: ignore[attr-defined]
        is_http = given is None or (isinstance(given, type) and issubclass(given, _HTTP_BASE))
        if is_http and self.parsed_dsn is not None:
            return self._network.refused_host(self.parsed_dsn, options)
        return None


def _is_plain(headers: dict[str, Any]) -> bool:
    """Whether headers are as they mostly are: text, and the trace's fields as text."""
    for value in headers.values():
        if type(value) is not str and not (type(value) is dict and all(type(each) is str for each in value.values())):
            return False
    return True

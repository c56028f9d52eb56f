"""Captured items of every kind.

An item is a ``dict``: the payload itself, in Sentry's wire form, with typed shortcuts for what tests ask about.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, NamedTuple, cast
from urllib.parse import urlsplit

from pytest_sentry_capture.callables import CallableLocation
from pytest_sentry_capture.changes import MISSING, Change, difference
from pytest_sentry_capture.exception_chain import ExceptionChain
from pytest_sentry_capture.items.entries import Entry, Exchange, Phase
from pytest_sentry_capture.items.plain_json import PlainJson
from pytest_sentry_capture.normalization import normalized
from pytest_sentry_capture.provenance import KEYED_SECTIONS, PLAIN_SECTIONS, Provenance, Source
from pytest_sentry_capture.suggestions import unknown

if TYPE_CHECKING:
    from pytest_sentry_capture.payloads import Breadcrumb, ExceptionPayload, Request, User

Kind = Literal[
    "event",
    "transaction",
    "span",
    "log",
    "metric",
    "check_in",
    "session",
    "profile",
    "attachment",
    "feedback",
    "client_report",
]

_MOVED_TO_HEADERS: Final = "dynamic_sampling_context"
"""What the SDK moves from an event's trace context to the envelope's headers after ``before_send``."""


class ForeignWrite(NamedTuple):
    """A value of an event that another exchange than the event's own was the last to write on a scope."""

    path: str
    exchange: Exchange


@dataclass(slots=True)
class CaptureContext:
    """What was known at the moment of a capture call, beyond the payload that came out of it."""

    chain: ExceptionChain | None = None
    provenance: Provenance | None = None
    before_callback: bytes | None = None
    callback: CallableLocation | None = None
    scrubs: tuple[Change, ...] = ()
    foreign_writes: tuple[ForeignWrite, ...] = ()

    def release_exceptions(self) -> None:
        """Let go of live exceptions."""
        self.chain = self.chain and self.chain.released()

    @property
    def payload_before_callback(self) -> Any:
        """What went into ``before_send`` or its like; ``MISSING`` where there was none or it was not kept."""
        if self.before_callback is None:
            return MISSING
        return _without_moved(json.loads(json.dumps(pickle.loads(self.before_callback), default=str, skipkeys=True)))


@dataclass(eq=False, slots=True)
class Capture(Entry):
    """One envelope item as it was handed to the transport, parsed when first read.

    ``content`` is the payload as bytes, or as plain JSON data where it was certain to be that, which is cheaper.
    ``asked_for`` says that the test has seen it: returned or counted by an assertion, or in a view that was read.
    """

    type: str
    content: bytes | PlainJson
    headers: dict[str, Any] = field(default_factory=dict)
    context: CaptureContext = field(default_factory=CaptureContext)
    exchange: Exchange | None = None
    envelope: CapturedEnvelope | None = None
    asked_for: bool = False
    _items: list[CapturedItem] | None = None

    def join(self, phase: Phase | None) -> None:
        self.phase = phase
        if self.exchange is not None:
            self.exchange.captures.append(self)

    def release_exceptions(self) -> None:
        self.context.release_exceptions()

    @property
    def payload(self) -> bytes:
        """The payload as a transport would have sent it."""
        return _json(self.content.parsed()) if isinstance(self.content, PlainJson) else self.content

    @property
    def kind(self) -> str:
        """The kind of the items; the item type itself where it is not a known one."""
        return _class_of(self.type).kind or self.type

    @property
    def items(self) -> list[CapturedItem]:
        """The typed items: one, or the several that Sentry's container items (spans, logs, metrics) carry."""
        if self._items is None:
            self._items = self._parsed()
        return self._items

    def _parsed(self) -> list[CapturedItem]:
        item_class = _class_of(self.type)
        if item_class is CapturedAttachment:
            return [CapturedAttachment(self.headers, self)]
        try:
            content = self.content.parsed() if isinstance(self.content, PlainJson) else json.loads(self.content)
        except (ValueError, RecursionError):  # no JSON, or nested deeper than Python reads
            return [RawItem({}, self)]
        if issubclass(item_class, _Contained) and isinstance(content, dict) and isinstance(content.get("items"), list):
            return [item_class(_mapping(each), self) for each in content["items"]]
        return [item_class(content, self)] if isinstance(content, dict) else [RawItem({}, self)]


class CapturedItem(dict[str, Any]):
    """A captured item of any type: the payload itself, with typed shortcuts."""

    __slots__ = ("_capture",)
    kind: ClassVar[str] = ""
    """The kind, as in assertions; empty for types that this plugin does not know."""

    def __init__(self, payload: Mapping[str, Any], capture: Capture | None = None) -> None:
        super().__init__(payload)
        self._capture = capture or Capture(type="", content=b"")

    @property
    def type_header(self) -> str:
        """The item type of the envelope, such as ``"event"`` or ``"trace_metric"``."""
        return self._capture.type

    @property
    def payload(self) -> bytes:
        """The item's payload as it was handed to the transport."""
        return self._capture.payload

    @property
    def envelope(self) -> CapturedEnvelope | None:
        """The envelope that carried the item; None for buffered kinds, which travel in batches."""
        return self._capture.envelope

    @property
    def exchange(self) -> Exchange | None:
        """The HTTP exchange during which the item was captured."""
        return self._capture.exchange

    @property
    def phase(self) -> Phase | None:
        """The phase of the test in which the item was captured; None outside tests."""
        return self._capture.phase


class RawItem(CapturedItem):
    """An item of a type that this plugin does not know; its bytes are in ``payload``."""

    __slots__ = ()


class _ErrorOrTransaction(CapturedItem):
    """What error events and transactions have in common: both are Sentry events."""

    __slots__ = ()

    @property
    def event_id(self) -> str | None:
        """32 hexadecimal digits."""
        return _text(self, "event_id")

    @property
    def transaction(self) -> str | None:
        """The name of the transaction, such as ``"/statements/{statement_id}"``."""
        return _text(self, "transaction")

    @property
    def tags(self) -> dict[str, Any]:
        """The tags by name; empty where there are none."""
        return _pairs(self.get("tags"))

    @property
    def user(self) -> User:
        """The user's fields; empty where there is no user."""
        return cast("User", _mapping(self.get("user")))

    @property
    def contexts(self) -> dict[str, Any]:
        """The contexts by name, such as ``trace`` and ``runtime``; empty where there are none."""
        return _mapping(self.get("contexts"))

    @property
    def request(self) -> Request:
        """The HTTP request as the SDK describes it; empty where there is none."""
        return cast("Request", _mapping(self.get("request")))

    @property
    def release(self) -> str | None:
        """The version of the application that the client was given."""
        return _text(self, "release")

    @property
    def environment(self) -> str | None:
        """Where the application runs, such as ``"production"``, the SDK's default."""
        return _text(self, "environment")

    @property
    def trace_id(self) -> str | None:
        """The id of the trace that it belongs to: 32 hexadecimal digits."""
        return _text(_mapping(self.contexts.get("trace")), "trace_id")

    @property
    def status_code(self) -> int | None:
        """The status of the exchange's answer, else that of the outermost exception that has one."""
        if self.exchange is not None and self.exchange.status is not None:
            return self.exchange.status
        chain = self._capture.context.chain
        if chain is not None and chain.status_code is not None:
            return chain.status_code
        status_code = _mapping(self.contexts.get("response")).get("status_code")
        return status_code if isinstance(status_code, int) else None

    @property
    def method(self) -> str | None:
        """The HTTP method of the exchange, else of the event's request."""
        return self.exchange.method if self.exchange is not None else _text(_mapping(self.request), "method")

    @property
    def path(self) -> str | None:
        """The path of the exchange, else of the event's request URL."""
        if self.exchange is not None:
            return self.exchange.path
        url = _text(_mapping(self.request), "url")
        return _url_path(url) if url else None

    @property
    def route(self) -> str | None:
        """The route template of the exchange, such as ``"/statements/{statement_id}"``."""
        return self.exchange.route if self.exchange is not None else None

    @property
    def attachments(self) -> list[CapturedAttachment]:
        """The attachments that travelled in the same envelope."""
        captures = self.envelope.captures if self.envelope is not None else ()
        return [item for capture in captures for item in capture.items if isinstance(item, CapturedAttachment)]

    @property
    def changes(self) -> list[Change]:
        """What ``before_send`` or ``before_send_transaction`` and the scrubber altered.

        Known for what was captured while the test used the ``sentry_capture`` fixture.
        """
        context = self._capture.context
        before = context.payload_before_callback
        altered = [] if before is MISSING else difference(before, _without_moved(dict(self)), by=context.callback)
        return [*context.scrubs, *altered]

    def normalized(self) -> dict[str, Any]:
        """The payload as a plain dict for snapshots, the same on every machine and in every run.

        Ids, clocks, hosts, versions (the release too) and stack frames give way to placeholders such as
        ``"<timestamp>"``; ids of traces and spans are numbered.
        """
        return normalized(self)

    def scope_of(self, section: str, key: str | None = None) -> Source | None:
        """Which scope, call or callback gave a value, or None where the event does not have it.

        Args:
            section: one of ``tags``, ``user``, ``contexts``, ``extra``, ``request`` (with ``key``), or ``level``,
                ``logger``, ``message``, ``transaction``, ``fingerprint``, ``release``, ``environment``,
                ``server_name``, ``dist`` (without).
            key: the key within the section.

        Raises:
            ValueError: the section is none of these, or needs a key, or takes none.
            LookupError: the event was captured before the test used the ``sentry_capture`` fixture.
        """
        __tracebackhide__ = True
        _check_section(section, key)
        value = _value_at(self, section, key)
        if value is MISSING:
            return None
        context = self._capture.context
        if context.provenance is None:
            raise LookupError("where values came from is kept only while a test uses the sentry_capture fixture")
        before = context.payload_before_callback
        if before is not MISSING and _value_at(before, section, key) != value:
            return "before_send"
        return context.provenance.source_of(section, key, value)


class CapturedEvent(_ErrorOrTransaction):
    """A captured error or message event.

    Payload: https://develop.sentry.dev/sdk/data-model/event-payloads/.
    """

    __slots__ = ()
    kind: ClassVar[str] = "event"

    @property
    def exceptions(self) -> list[ExceptionPayload]:
        """The exceptions of the payload, as Sentry orders them: the outermost one last."""
        return cast("list[ExceptionPayload]", _values(self.get("exception")))

    @property
    def original_exception(self) -> BaseException | None:
        """The live exception, kept until the teardown of the test that uses the fixture ends."""
        chain = self._capture.context.chain
        return chain.original if chain is not None else None

    @property
    def exception_chain(self) -> ExceptionChain | None:
        """The classes of the exceptions behind the event; None when it was captured without one."""
        return self._capture.context.chain

    @property
    def exception(self) -> str | None:
        """The type of the outermost exception, as in the payload."""
        return _text(self._outermost, "type")

    @property
    def message(self) -> str | None:
        """The formatted log message, else the message, else the outermost exception's value."""
        entry = _mapping(self.get("logentry")) or _mapping(self.get("message"))
        return (
            _text(entry, "formatted")
            or _formatted(_text(entry, "message"), entry.get("params"))
            or _text(self, "message")
            or _text(self._outermost, "value")
        )

    @property
    def level(self) -> str | None:
        """``"fatal"``, ``"error"``, ``"warning"``, ``"info"`` or ``"debug"``."""
        return _text(self, "level")

    @property
    def logger(self) -> str | None:
        """The name of the logger through which the event came, if any."""
        return _text(self, "logger")

    @property
    def mechanism(self) -> str | None:
        """The type of the mechanism that caught the outermost exception, such as ``"starlette"`` or ``"logging"``."""
        return _text(_mapping(self._outermost.get("mechanism")), "type")

    @property
    def handled(self) -> bool | None:
        """Whether the application handled the outermost exception; None where the payload does not say."""
        handled = _mapping(self._outermost.get("mechanism")).get("handled")
        return handled if isinstance(handled, bool) else None

    @property
    def extra(self) -> dict[str, Any]:
        """Further data by name; empty where there is none."""
        return _mapping(self.get("extra"))

    @property
    def breadcrumbs(self) -> list[Breadcrumb]:
        """What led to the event, the oldest first."""
        return cast("list[Breadcrumb]", _values(self.get("breadcrumbs")))

    @property
    def fingerprint(self) -> list[str]:
        """What Sentry groups the event by, where the application says so; else empty."""
        fingerprint = self.get("fingerprint")
        return fingerprint if isinstance(fingerprint, list) else []

    @property
    def _outermost(self) -> dict[str, Any]:
        exceptions = self.exceptions
        return cast("dict[str, Any]", exceptions[-1]) if exceptions else {}


class CapturedTransaction(_ErrorOrTransaction):
    """A captured transaction with its spans.

    Payload: https://develop.sentry.dev/sdk/data-model/event-payloads/transaction/.
    """

    __slots__ = ("_spans",)
    kind: ClassVar[str] = "transaction"

    def __init__(self, payload: Mapping[str, Any], capture: Capture | None = None) -> None:
        super().__init__(payload, capture)
        self._spans: list[CapturedSpan] | None = None

    @property
    def op(self) -> str | None:
        """What sort of work it is, such as ``"http.server"``."""
        return _text(_mapping(self.contexts.get("trace")), "op")

    @property
    def status(self) -> str | None:
        """How it ended, such as ``"ok"`` or ``"internal_error"``."""
        return _text(_mapping(self.contexts.get("trace")), "status")

    @property
    def source(self) -> str | None:
        """What its name was made from, such as ``"route"``, ``"url"`` or ``"custom"``."""
        return _text(_mapping(self.get("transaction_info")), "source")

    @property
    def spans(self) -> list[CapturedSpan]:
        """The spans that the transaction carries, without its root."""
        if self._spans is None:
            spans = self.get("spans")
            self._spans = [
                CapturedSpan({**_mapping(span)}, self._capture, parent=self)
                for span in (spans if isinstance(spans, list) else ())
            ]
        return list(self._spans)


class _Contained(CapturedItem):
    """A kind that Sentry sends in containers of several, with attributes of the form ``{value, type}``."""

    __slots__ = ()

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes with their plain values."""
        return {key: _unwrapped(value) for key, value in _mapping(self.get("attributes")).items()}

    @property
    def trace_id(self) -> str | None:
        """The id of the trace that it belongs to: 32 hexadecimal digits."""
        return _text(self, "trace_id")


class CapturedSpan(_Contained):
    """A span: one of a transaction, or a streamed one.

    Payloads: https://develop.sentry.dev/sdk/telemetry/traces/.
    """

    __slots__ = ("_parent",)
    kind: ClassVar[str] = "span"

    def __init__(
        self, payload: Mapping[str, Any], capture: Capture | None = None, parent: CapturedTransaction | None = None
    ) -> None:
        super().__init__(payload, capture)
        self._parent = parent

    @property
    def op(self) -> str | None:
        """What sort of work it is, such as ``"db"`` or ``"http.client"``."""
        return _text(self, "op") or _text(self.attributes, "sentry.op")

    @property
    def name(self) -> str | None:
        """The description of a transaction's span, the name of a streamed one."""
        return _text(self, "description") or _text(self, "name")

    @property
    def status(self) -> str | None:
        """How it ended, such as ``"ok"``; None where nobody said. Older SDKs (2.45, say) send it as a tag."""
        return _text(self, "status") or _text(_mapping(self.get("tags")), "status")

    @property
    def origin(self) -> str | None:
        """What made it, such as ``"auto.http.httpx"`` or ``"manual"``."""
        return _text(self, "origin") or _text(self.attributes, "sentry.origin")

    @property
    def transaction(self) -> str | None:
        """The name of the transaction or segment that the span belongs to."""
        return self._parent.transaction if self._parent else _text(self.attributes, "sentry.segment.name")

    @property
    def attributes(self) -> dict[str, Any]:
        """The span's data: that of a transaction's span, or the unwrapped attributes of a streamed one."""
        return dict(_mapping(self.get("data"))) if self._parent is not None else super().attributes


class CapturedLog(_Contained):
    """A structured log. Payload: https://develop.sentry.dev/sdk/telemetry/logs/."""

    __slots__ = ()
    kind: ClassVar[str] = "log"

    @property
    def level(self) -> str | None:
        """``"trace"``, ``"debug"``, ``"info"``, ``"warn"``, ``"error"`` or ``"fatal"``."""
        return _text(self, "level")

    @property
    def body(self) -> str | None:
        """The message, with its parameters filled in."""
        return _text(self, "body")

    @property
    def template(self) -> str | None:
        """The message before its parameters were filled in; None where it had none."""
        return _text(self.attributes, "sentry.message.template")


class CapturedMetric(_Contained):
    """A trace metric. Payload: https://develop.sentry.dev/sdk/telemetry/metrics/."""

    __slots__ = ()
    kind: ClassVar[str] = "metric"

    @property
    def name(self) -> str | None:
        """The metric's name."""
        return _text(self, "name")

    @property
    def type(self) -> str | None:
        """``"counter"``, ``"gauge"`` or ``"distribution"``."""
        return _text(self, "type")

    @property
    def value(self) -> float | None:
        """The value, in ``unit``."""
        value = self.get("value")
        return value if isinstance(value, (int, float)) else None

    @property
    def unit(self) -> str | None:
        """The unit of ``value``, such as ``"millisecond"``; None where it has none."""
        return _text(self, "unit")


class CapturedCheckIn(CapturedItem):
    """A check-in of a monitor. Payload: https://develop.sentry.dev/sdk/telemetry/check-ins/."""

    __slots__ = ()
    kind: ClassVar[str] = "check_in"

    @property
    def monitor_slug(self) -> str | None:
        """Which monitor it belongs to."""
        return _text(self, "monitor_slug")

    @property
    def status(self) -> str | None:
        """``"in_progress"``, ``"ok"`` or ``"error"``."""
        return _text(self, "status")

    @property
    def duration(self) -> float | None:
        """How long the job took, in seconds; None in a first check-in."""
        duration = self.get("duration")
        return duration if isinstance(duration, (int, float)) else None

    @property
    def environment(self) -> str | None:
        """Where the job runs, such as ``"production"``."""
        return _text(self, "environment")

    @property
    def release(self) -> str | None:
        """The version of the application."""
        return _text(self, "release")


class CapturedSession(CapturedItem):
    """A session update, or the aggregates of many (``aggregates`` is in the payload then).

    Payloads: https://develop.sentry.dev/sdk/telemetry/sessions/.
    """

    __slots__ = ()
    kind: ClassVar[str] = "session"


class CapturedProfile(CapturedItem):
    """A transaction's profile, or a chunk of a continuous one.

    Payloads: https://develop.sentry.dev/sdk/telemetry/profiles/.
    """

    __slots__ = ()
    kind: ClassVar[str] = "profile"


class CapturedAttachment(CapturedItem):
    """An attachment: the mapping is its item headers, its content is in ``payload``.

    Headers: https://develop.sentry.dev/sdk/telemetry/attachments/.
    """

    __slots__ = ()
    kind: ClassVar[str] = "attachment"

    @property
    def filename(self) -> str | None:
        """The name that the attachment has in Sentry."""
        return _text(self, "filename")

    @property
    def content_type(self) -> str | None:
        """The media type, such as ``"text/plain"``."""
        return _text(self, "content_type")


class CapturedFeedback(CapturedItem):
    """User feedback. The Python SDK sends none; other SDKs do.

    Payload: https://develop.sentry.dev/sdk/telemetry/feedbacks/.
    """

    __slots__ = ()
    kind: ClassVar[str] = "feedback"


class CapturedClientReport(CapturedItem):
    """What an SDK reports to have discarded itself.

    Payload: https://develop.sentry.dev/sdk/telemetry/client-reports/.
    """

    __slots__ = ()
    kind: ClassVar[str] = "client_report"


_CLASSES: Final[dict[str, type[CapturedItem]]] = {
    "event": CapturedEvent,
    "transaction": CapturedTransaction,
    "span": CapturedSpan,
    "log": CapturedLog,
    "trace_metric": CapturedMetric,
    "check_in": CapturedCheckIn,
    "session": CapturedSession,
    "sessions": CapturedSession,
    "profile": CapturedProfile,
    "profile_chunk": CapturedProfile,
    "attachment": CapturedAttachment,
    "feedback": CapturedFeedback,
    "client_report": CapturedClientReport,
}
"""Sentry's item types (https://develop.sentry.dev/sdk/foundations/transport/envelope-items/)."""

ITEM_TYPE_OF_KIND: Final[dict[str, str]] = {
    item_class.kind: item_type for item_type, item_class in reversed(_CLASSES.items())
}


CLASS_OF_KIND: Final[dict[str, type[CapturedItem]]] = {item_class.kind: item_class for item_class in _CLASSES.values()}


def spans_of(capture: Capture) -> list[CapturedSpan]:
    """The spans that a capture carries: streamed ones, or those of a transaction."""
    return [
        span
        for item in capture.items
        for span in (item.spans if isinstance(item, CapturedTransaction) else [item])
        if isinstance(span, CapturedSpan)
    ]


def mark_asked_for(items: Iterable[CapturedItem]) -> None:
    """Say that the test has seen these items."""
    for item in items:
        item._capture.asked_for = True


def _class_of(item_type: str) -> type[CapturedItem]:
    return _CLASSES.get(item_type, RawItem)


@dataclass(eq=False, slots=True)
class CapturedEnvelope(Entry):
    """An envelope as it was handed to the transport (https://develop.sentry.dev/sdk/foundations/transport/envelopes/).

    ``during`` is the bad day of ``sentry_server`` during which it came, such as ``"slow"``; None on a good one.
    """

    headers: dict[str, Any]
    captures: list[Capture] = field(default_factory=list)
    during: str | None = None

    def add(self, item_type: str, content: bytes | PlainJson, headers: dict[str, Any]) -> None:
        """Add an item that is recorded apart from its envelope."""
        self.captures.append(Capture(item_type, content, headers, envelope=self, phase=self.phase))

    @property
    def items(self) -> list[CapturedItem]:
        """The typed items, in the order in which they travel."""
        return [item for capture in self.captures for item in capture.items]

    def mark_asked_for(self) -> None:
        """Say that the test has seen what travels in it."""
        for capture in self.captures:
            capture.asked_for = True

    def serialize(self) -> bytes:
        """The bytes that a real transport would have sent, before compression."""
        lines = [_json(self.headers), b"\n"]
        for capture in self.captures:
            payload = capture.payload
            lines += [_json({**capture.headers, "length": len(payload)}), b"\n", payload, b"\n"]
        return b"".join(lines)


def _without_moved(payload: Any) -> Any:
    """The payload without what the SDK moves out of it."""
    trace = _mapping(_mapping(_mapping(payload).get("contexts")).get("trace"))
    if _MOVED_TO_HEADERS not in trace:
        return payload
    trace = {name: value for name, value in trace.items() if name != _MOVED_TO_HEADERS}
    return {**payload, "contexts": {**payload["contexts"], "trace": trace}}


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(values: Mapping[str, Any], key: str) -> str | None:
    value = values.get(key)
    return value if isinstance(value, str) else None


def _values(value: object) -> list[dict[str, Any]]:
    """A list of interfaces, which Sentry accepts bare or under ``values``."""
    values = value.get("values") if isinstance(value, dict) else value
    return [each for each in values if isinstance(each, dict)] if isinstance(values, list) else []


def _pairs(value: object) -> dict[str, Any]:
    """Tags, which Sentry accepts as a mapping or as a list of pairs."""
    if isinstance(value, list):
        return {str(pair[0]): pair[1] for pair in value if isinstance(pair, list) and len(pair) == 2}
    return _mapping(value)


def _formatted(template: str | None, params: object) -> str | None:
    """A log message as Sentry's servers format it where the SDK (up to 2.34 or so) leaves this to them."""
    try:
        return template % (tuple(params) if isinstance(params, list) else params) if template and params else template
    except (TypeError, ValueError, KeyError):
        return template


def _unwrapped(value: object) -> object:
    return value["value"] if isinstance(value, dict) and value.keys() >= {"value", "type"} else value


def _url_path(url: str) -> str | None:
    try:
        return urlsplit(url).path
    except ValueError:
        return None


def _json(value: object) -> bytes:
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()


def _check_section(section: str, key: str | None) -> None:
    __tracebackhide__ = True
    if section not in (*KEYED_SECTIONS, *PLAIN_SECTIONS):
        raise ValueError(unknown("section", section, (*KEYED_SECTIONS, *PLAIN_SECTIONS)))
    if (section in KEYED_SECTIONS) != (key is not None):
        raise ValueError(f"section {section!r} {'needs a key' if key is None else 'takes no key'}")


def _value_at(payload: Mapping[str, Any], section: str, key: str | None) -> Any:
    value = payload.get(section)
    if key is None:
        return MISSING if value is None else value
    return (_pairs(value) if section == "tags" else _mapping(value)).get(key, MISSING)

"""Captured items of every kind, with typed shortcuts for what tests ask about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, cast

from pytest_sentry_capture._recording.captures import CLASSES, Capture, CapturedItem
from pytest_sentry_capture._recording.changes import MISSING, Change
from pytest_sentry_capture._recording.exception_chain import ExceptionChain
from pytest_sentry_capture._recording.fields import (
    check_section,
    formatted,
    interfaces_of,
    mapping_of,
    path_of_url,
    tags_of,
    text_at,
    unwrapped,
    value_at,
    without_moved,
)
from pytest_sentry_capture._recording.normalization import normalized
from pytest_sentry_capture._recording.payload_walk import differing_places, dotted
from pytest_sentry_capture._recording.scope_origin import Source

if TYPE_CHECKING:
    from pytest_sentry_capture._recording.payload_types import Breadcrumb, ExceptionPayload, Request, User

Kind = Literal[
    "event",
    "segment",
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


class _ErrorOrTransaction(CapturedItem):
    """What error events and transactions have in common: both are Sentry events."""

    __slots__ = ()

    @property
    def event_id(self) -> str | None:
        """32 hexadecimal digits."""
        return text_at(self, "event_id")

    @property
    def transaction(self) -> str | None:
        """The name of the transaction, such as ``"/statements/{statement_id}"``."""
        return text_at(self, "transaction")

    @property
    def tags(self) -> dict[str, Any]:
        """The tags by name; empty where there are none."""
        return tags_of(self.get("tags"))

    @property
    def user(self) -> User:
        """The user's fields; empty where there is no user."""
        return cast("User", mapping_of(self.get("user")))

    @property
    def contexts(self) -> dict[str, Any]:
        """The contexts by name, such as ``trace`` and ``runtime``; empty where there are none."""
        return mapping_of(self.get("contexts"))

    @property
    def request(self) -> Request:
        """The HTTP request as the SDK describes it; empty where there is none."""
        return cast("Request", mapping_of(self.get("request")))

    @property
    def release(self) -> str | None:
        """The version of the application that the client was given."""
        return text_at(self, "release")

    @property
    def environment(self) -> str | None:
        """Where the application runs, such as ``"production"``, the SDK's default."""
        return text_at(self, "environment")

    @property
    def trace_id(self) -> str | None:
        """The id of the trace that it belongs to: 32 hexadecimal digits."""
        return text_at(mapping_of(self.contexts.get("trace")), "trace_id")

    @property
    def status_code(self) -> int | None:
        """The status of the exchange's answer, else that of the outermost exception that has one."""
        if self.exchange is not None and self.exchange.status is not None:
            return self.exchange.status
        chain = self._capture.context.chain
        if chain is not None and chain.status_code is not None:
            return chain.status_code
        status_code = mapping_of(self.contexts.get("response")).get("status_code")
        return status_code if isinstance(status_code, int) else None

    @property
    def method(self) -> str | None:
        """The HTTP method of the exchange, else of the event's request."""
        return self.exchange.method if self.exchange is not None else text_at(mapping_of(self.request), "method")

    @property
    def path(self) -> str | None:
        """The path of the exchange, else of the event's request URL."""
        if self.exchange is not None:
            return self.exchange.path
        url = text_at(mapping_of(self.request), "url")
        return path_of_url(url) if url else None

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
        if before is MISSING:
            return [*context.scrubs]
        differing = differing_places(before, without_moved(dict(self)))
        altered = (Change(dotted(keys), one, other, context.callback) for keys, one, other in differing)
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
        check_section(section, key)
        value = value_at(self, section, key)
        if value is MISSING:
            return None
        context = self._capture.context
        if context.scope_origin is None:
            raise LookupError("where values came from is kept only while a test uses the sentry_capture fixture")
        before = context.payload_before_callback
        if before is not MISSING and value_at(before, section, key) != value:
            return "before_send"
        return context.scope_origin.source_of(section, key, value)


class CapturedEvent(_ErrorOrTransaction, item_types=("event",)):
    """A captured error or message event.

    Payload: https://develop.sentry.dev/sdk/data-model/event-payloads/.
    """

    __slots__ = ()
    kind: ClassVar[str] = "event"

    @property
    def exceptions(self) -> list[ExceptionPayload]:
        """The exceptions of the payload, as Sentry orders them: the outermost one last."""
        return cast("list[ExceptionPayload]", interfaces_of(self.get("exception")))

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
        return text_at(self._outermost, "type")

    @property
    def message(self) -> str | None:
        """The formatted log message, else the message, else the outermost exception's value."""
        entry = mapping_of(self.get("logentry")) or mapping_of(self.get("message"))
        text = text_at(entry, "formatted")
        text = text or formatted(text_at(entry, "message", text), entry.get("params"))
        text = text or text_at(self, "message", text)
        return text or text_at(self._outermost, "value", text)

    @property
    def level(self) -> str | None:
        """``"fatal"``, ``"error"``, ``"warning"``, ``"info"`` or ``"debug"``."""
        return text_at(self, "level")

    @property
    def logger(self) -> str | None:
        """The name of the logger through which the event came, if any."""
        return text_at(self, "logger")

    @property
    def mechanism(self) -> str | None:
        """The type of the mechanism that caught the outermost exception, such as ``"starlette"`` or ``"logging"``."""
        return text_at(mapping_of(self._outermost.get("mechanism")), "type")

    @property
    def handled(self) -> bool | None:
        """Whether the application handled the outermost exception; None where the payload does not say."""
        handled = mapping_of(self._outermost.get("mechanism")).get("handled")
        return handled if isinstance(handled, bool) else None

    @property
    def extra(self) -> dict[str, Any]:
        """Further data by name; empty where there is none."""
        return mapping_of(self.get("extra"))

    @property
    def breadcrumbs(self) -> list[Breadcrumb]:
        """What led to the event, the oldest first."""
        return cast("list[Breadcrumb]", interfaces_of(self.get("breadcrumbs")))

    @property
    def fingerprint(self) -> list[str]:
        """What Sentry groups the event by, where the application says so; else empty."""
        fingerprint = self.get("fingerprint")
        return fingerprint if isinstance(fingerprint, list) else []

    @property
    def _outermost(self) -> dict[str, Any]:
        exceptions = self.exceptions
        return cast("dict[str, Any]", exceptions[-1]) if exceptions else {}


class CapturedTransaction(_ErrorOrTransaction, item_types=("transaction",)):
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
        return text_at(mapping_of(self.contexts.get("trace")), "op")

    @property
    def status(self) -> str | None:
        """How it ended, such as ``"ok"`` or ``"internal_error"``."""
        return text_at(mapping_of(self.contexts.get("trace")), "status")

    @property
    def source(self) -> str | None:
        """What its name was made from, such as ``"route"``, ``"url"`` or ``"custom"``."""
        return text_at(mapping_of(self.get("transaction_info")), "source")

    @property
    def spans(self) -> list[CapturedSpan]:
        """The spans that the transaction carries, without its root."""
        if self._spans is None:
            spans = self.get("spans")
            self._spans = [
                CapturedSpan({**mapping_of(span)}, self._capture, parent=self)
                for span in (spans if isinstance(spans, list) else ())
            ]
        return list(self._spans)


class _Contained(CapturedItem):
    """A kind that Sentry sends in containers of several, with attributes of the form ``{value, type}``."""

    __slots__ = ()

    @classmethod
    def _items_in(cls, payload: dict[str, Any], capture: Capture) -> Iterable[CapturedItem]:
        items = payload.get("items")
        return (
            [cls(mapping_of(each), capture) for each in items] if isinstance(items, list) else [cls(payload, capture)]
        )

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes with their plain values."""
        return {key: unwrapped(value) for key, value in mapping_of(self.get("attributes")).items()}

    @property
    def trace_id(self) -> str | None:
        """The id of the trace that it belongs to: 32 hexadecimal digits."""
        return text_at(self, "trace_id")


class CapturedSpan(_Contained, item_types=("span",)):
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

    @classmethod
    def in_capture(cls, capture: Capture) -> list[CapturedItem]:
        """The spans that a capture carries: streamed ones, or those of a transaction."""
        if capture.kind not in (CapturedTransaction.kind, cls.kind):
            return []
        carried = ([item] if isinstance(item, cls) else getattr(item, "spans", ()) for item in capture.items)
        return [span for spans in carried for span in spans]

    @property
    def is_segment(self) -> bool:
        """Whether it is a segment: the first streamed span of a service. A transaction's own spans never are."""
        return self._parent is None and self.get("is_segment") is True

    @property
    def op(self) -> str | None:
        """What sort of work it is, such as ``"db"`` or ``"http.client"``."""
        op = text_at(self, "op")
        return op or text_at(self.attributes, "sentry.op", op)

    @property
    def name(self) -> str | None:
        """The description of a transaction's span, the name of a streamed one."""
        description = text_at(self, "description")
        return description or text_at(self, "name", description)

    @property
    def status(self) -> str | None:
        """How it ended, such as ``"ok"``; None where nobody said. Older SDKs (2.45, say) send it as a tag."""
        status = text_at(self, "status")
        return status or text_at(mapping_of(self.get("tags")), "status", status)

    @property
    def origin(self) -> str | None:
        """What made it, such as ``"auto.http.httpx"`` or ``"manual"``."""
        origin = text_at(self, "origin")
        return origin or text_at(self.attributes, "sentry.origin", origin)

    @property
    def transaction(self) -> str | None:
        """The name of the transaction or segment that the span belongs to."""
        return self._parent.transaction if self._parent else text_at(self.attributes, "sentry.segment.name")

    @property
    def attributes(self) -> dict[str, Any]:
        """The span's data: that of a transaction's span, or the unwrapped attributes of a streamed one."""
        return dict(mapping_of(self.get("data"))) if self._parent is not None else super().attributes


class CapturedLog(_Contained, item_types=("log",)):
    """A structured log. Payload: https://develop.sentry.dev/sdk/telemetry/logs/."""

    __slots__ = ()
    kind: ClassVar[str] = "log"

    @property
    def level(self) -> str | None:
        """``"trace"``, ``"debug"``, ``"info"``, ``"warn"``, ``"error"`` or ``"fatal"``."""
        return text_at(self, "level")

    @property
    def body(self) -> str | None:
        """The message, with its parameters filled in."""
        return text_at(self, "body")

    @property
    def template(self) -> str | None:
        """The message before its parameters were filled in; None where it had none."""
        return text_at(self.attributes, "sentry.message.template")


class CapturedMetric(_Contained, item_types=("trace_metric",)):
    """A trace metric. Payload: https://develop.sentry.dev/sdk/telemetry/metrics/."""

    __slots__ = ()
    kind: ClassVar[str] = "metric"

    @property
    def name(self) -> str | None:
        """The metric's name."""
        return text_at(self, "name")

    @property
    def type(self) -> str | None:
        """``"counter"``, ``"gauge"`` or ``"distribution"``."""
        return text_at(self, "type")

    @property
    def value(self) -> float | None:
        """The value, in ``unit``."""
        value = self.get("value")
        return value if isinstance(value, (int, float)) else None

    @property
    def unit(self) -> str | None:
        """The unit of ``value``, such as ``"millisecond"``; None where it has none."""
        return text_at(self, "unit")


class CapturedCheckIn(CapturedItem, item_types=("check_in",)):
    """A check-in of a monitor. Payload: https://develop.sentry.dev/sdk/telemetry/check-ins/."""

    __slots__ = ()
    kind: ClassVar[str] = "check_in"

    @property
    def monitor_slug(self) -> str | None:
        """Which monitor it belongs to."""
        return text_at(self, "monitor_slug")

    @property
    def status(self) -> str | None:
        """``"in_progress"``, ``"ok"`` or ``"error"``."""
        return text_at(self, "status")

    @property
    def duration(self) -> float | None:
        """How long the job took, in seconds; None in a first check-in."""
        duration = self.get("duration")
        return duration if isinstance(duration, (int, float)) else None

    @property
    def environment(self) -> str | None:
        """Where the job runs, such as ``"production"``."""
        return text_at(self, "environment")

    @property
    def release(self) -> str | None:
        """The version of the application."""
        return text_at(self, "release")


class CapturedSession(CapturedItem, item_types=("session", "sessions")):
    """A session update, or the aggregates of many (``aggregates`` is in the payload then).

    Payloads: https://develop.sentry.dev/sdk/telemetry/sessions/.
    """

    __slots__ = ()
    kind: ClassVar[str] = "session"


class CapturedProfile(CapturedItem, item_types=("profile", "profile_chunk")):
    """A transaction's profile, or a chunk of a continuous one.

    Payloads: https://develop.sentry.dev/sdk/telemetry/profiles/.
    """

    __slots__ = ()
    kind: ClassVar[str] = "profile"


class CapturedAttachment(CapturedItem, item_types=("attachment",)):
    """An attachment: the mapping is its item headers, its content is in ``payload``.

    Headers: https://develop.sentry.dev/sdk/telemetry/attachments/.
    """

    __slots__ = ()
    kind: ClassVar[str] = "attachment"

    @classmethod
    def _items_of(cls, capture: Capture) -> list[CapturedItem]:
        return [cls(capture.headers, capture)]

    @property
    def filename(self) -> str | None:
        """The name that the attachment has in Sentry."""
        return text_at(self, "filename")

    @property
    def content_type(self) -> str | None:
        """The media type, such as ``"text/plain"``."""
        return text_at(self, "content_type")


class CapturedFeedback(CapturedItem, item_types=("feedback",)):
    """User feedback. The Python SDK sends none; other SDKs do.

    Payload: https://develop.sentry.dev/sdk/telemetry/feedbacks/.
    """

    __slots__ = ()
    kind: ClassVar[str] = "feedback"


class CapturedClientReport(CapturedItem, item_types=("client_report",)):
    """What an SDK reports to have discarded itself.

    Payload: https://develop.sentry.dev/sdk/telemetry/client-reports/.
    """

    __slots__ = ()
    kind: ClassVar[str] = "client_report"


ITEM_TYPE_OF_KIND: Final[dict[str, str]] = {
    item_class.kind: item_type for item_type, item_class in reversed(CLASSES.items())
}

"""What error events and transactions have in common: both are Sentry events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from pytest_sentry_capture._recording.changes import MISSING, Change
from pytest_sentry_capture._recording.entries import CapturedItem, Unknown
from pytest_sentry_capture._recording.facts import OF_OPERATION
from pytest_sentry_capture._recording.fields import (
    check_section,
    mapping_of,
    path_of_url,
    tags_of,
    text_at,
    value_at,
    without_moved,
)
from pytest_sentry_capture._recording.kinds.attachment import CapturedAttachment
from pytest_sentry_capture._recording.normalization import normalized
from pytest_sentry_capture._recording.payload_walk import differing_places, dotted
from pytest_sentry_capture._recording.scope_origin import Source

if TYPE_CHECKING:
    from pytest_sentry_capture._recording.payload_types import Request, User

SOURCES_OF_REQUESTS: Final = ("url", "route", "view", "component")
"""What names of transactions are made from where a request is served
(https://develop.sentry.dev/sdk/data-model/event-payloads/transaction/#transaction-annotations)."""
OPS_OF_REQUESTS: Final = ("http.server", "websocket.server")


class SentryEvent(CapturedItem):
    """An error event or a transaction."""

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
        """The tags by name, empty if there are none."""
        return tags_of(self.get("tags"))

    @property
    def user(self) -> User:
        """The user's fields, empty if there is no user."""
        return cast("User", mapping_of(self.get("user")))

    @property
    def contexts(self) -> dict[str, Any]:
        """The contexts by name, such as ``trace`` and ``runtime``, empty if there are none."""
        return mapping_of(self.get("contexts"))

    @property
    def request(self) -> Request:
        """The HTTP request as the SDK describes it, empty if there is none."""
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

    def _unknown(self, name: str) -> Unknown | None:
        if name in OF_OPERATION:
            return self._unknown_of_operation(name, came_of_request=self._came_of_request)
        return super()._unknown(name)

    @property
    def _came_of_request(self) -> bool:
        """Whether the payload shows that an HTTP request was served meanwhile."""
        is_named_for_one = mapping_of(self.get("transaction_info")).get("source") in SOURCES_OF_REQUESTS
        is_traced_as_one = mapping_of(self.contexts.get("trace")).get("op") in OPS_OF_REQUESTS
        return is_named_for_one or is_traced_as_one or bool(self.get("request") or self.contexts.get("response"))

    @property
    def attachments(self) -> list[CapturedAttachment]:
        """The attachments that traveled in the same envelope."""
        captures = self.envelope._captures if self.envelope is not None else ()
        return [item for capture in captures for item in capture.items if isinstance(item, CapturedAttachment)]

    @property
    def changes(self) -> list[Change]:
        """What ``before_send`` or ``before_send_transaction`` and the scrubber altered.

        Known for captured items while the test used the ``sentry_capture`` fixture.
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

        Ids, timestamps, hosts, versions (also the release) and stack frames are replaced by placeholders such as
        ``"<timestamp>"``. Ids of traces and spans are numbered.
        """
        return normalized(self)

    def scope_of(self, section: str, key: str | None = None) -> Source | None:
        """Return which scope, call or callback set a value, or None if the event does not have it.

        Args:
            section: one of ``tags``, ``user``, ``contexts``, ``extra``, ``request`` (with ``key``), or ``level``,
                ``logger``, ``message``, ``transaction``, ``fingerprint``, ``release``, ``environment``,
                ``server_name``, ``dist`` (without).
            key: the key within the section.

        Raises:
            ValueError: the section is unknown, or needs a key, or takes none.
            LookupError: the event was captured before the test used the ``sentry_capture`` fixture.
        """
        __tracebackhide__ = True
        check_section(section, key)
        value = value_at(self, section, key)
        if value is MISSING:
            return None
        context = self._capture.context
        if context.scope_origin is None:
            raise LookupError("the source of values is recorded only while a test uses the sentry_capture fixture")
        before = context.payload_before_callback
        if before is not MISSING and value_at(before, section, key) != value:
            return "before_send"
        return context.scope_origin.source_of(section, key, value)

"""What a test sees: its recording, as views and assertions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import Any, Literal, Protocol, TypeVar, overload

from pytest_sentry_capture import explain
from pytest_sentry_capture.callables import CallableLocation
from pytest_sentry_capture.items import (
    CallbackError,
    Capture,
    CapturedAttachment,
    CapturedCheckIn,
    CapturedClientReport,
    CapturedEnvelope,
    CapturedEvent,
    CapturedFeedback,
    CapturedItem,
    CapturedLog,
    CapturedMetric,
    CapturedProfile,
    CapturedSession,
    CapturedSpan,
    CapturedTransaction,
    Discard,
    Exchange,
    SdkError,
    spans_of,
)
from pytest_sentry_capture.matching import Expectation
from pytest_sentry_capture.recording import Recording

AnyItem = TypeVar("AnyItem", bound=CapturedItem)

_NEVER_COUNTED = ("session", "client_report")
_TRACES = ("transaction", "span", "profile")


class Sdk(Protocol):
    """What a view needs of the SDK."""

    @property
    def client(self) -> Any: ...
    @property
    def options(self) -> Mapping[str, Any]: ...
    def drain(self) -> None: ...
    def flush(self) -> None: ...
    def override(self, options: dict[str, Any]) -> AbstractContextManager[None]: ...


class InitialisingSdk(Protocol):
    """What ``sentry_init`` needs of the SDK."""

    def init(self, options: dict[str, Any]) -> Any: ...


class SentryCapture:
    """What the application told Sentry during this test, and what it kept from Sentry.

    Every view is a new plain list, in order of capture, complete when it is read. Assertions fail with
    ``AssertionError``. Criteria and kinds are one vocabulary, described in the documentation.
    """

    def __init__(self, recording: Recording, sdk: Sdk) -> None:
        self._recording = recording
        self._sdk = sdk

    @property
    def events(self) -> list[CapturedEvent]:
        """Error and message events."""
        return self._of(CapturedEvent)

    @property
    def transactions(self) -> list[CapturedTransaction]:
        return self._of(CapturedTransaction)

    @property
    def spans(self) -> list[CapturedSpan]:
        """The spans of transactions, and streamed ones."""
        return self._of(CapturedSpan)

    @property
    def logs(self) -> list[CapturedLog]:
        return self._of(CapturedLog)

    @property
    def metrics(self) -> list[CapturedMetric]:
        return self._of(CapturedMetric)

    @property
    def check_ins(self) -> list[CapturedCheckIn]:
        return self._of(CapturedCheckIn)

    @property
    def sessions(self) -> list[CapturedSession]:
        """Session updates and aggregates."""
        return self._of(CapturedSession)

    @property
    def profiles(self) -> list[CapturedProfile]:
        """Profiles of transactions, and chunks of continuous ones."""
        return self._of(CapturedProfile)

    @property
    def attachments(self) -> list[CapturedAttachment]:
        return self._of(CapturedAttachment)

    @property
    def feedback(self) -> list[CapturedFeedback]:
        return self._of(CapturedFeedback)

    @property
    def client_reports(self) -> list[CapturedClientReport]:
        return self._of(CapturedClientReport)

    @property
    def items(self) -> list[CapturedItem]:
        """Everything that was captured, of unknown types too."""
        self._sdk.drain()
        return [item for capture in self._recording.entries_of(Capture) for item in capture.items]

    @property
    def envelopes(self) -> list[CapturedEnvelope]:
        """The raw envelopes, with headers and bytes."""
        self._sdk.drain()
        return self._recording.entries_of(CapturedEnvelope)

    @property
    def discarded(self) -> list[Discard]:
        """What the SDK was asked to send and did not."""
        self._sdk.drain()
        return self._recording.entries_of(Discard)

    @property
    def exchanges(self) -> list[Exchange]:
        """The HTTP requests that the application served, and its answers."""
        return self._recording.entries_of(Exchange)

    @property
    def callback_errors(self) -> list[CallbackError]:
        """The application's callbacks that raised."""
        return self._recording.entries_of(CallbackError)

    @property
    def sdk_errors(self) -> list[SdkError]:
        """The errors inside the SDK that it swallowed."""
        return self._recording.entries_of(SdkError)

    @property
    def client(self) -> Any:
        """The application's active client (``sentry_sdk.client.BaseClient``), or None."""
        return self._sdk.client

    @property
    def dsn(self) -> str | None:
        """The active client's DSN."""
        client = self._sdk.client
        return client.dsn if client is not None else None

    @property
    def options(self) -> Mapping[str, Any]:
        """The active client's options, read-only; empty without a client."""
        return MappingProxyType(dict(self._sdk.options))

    def flush(self) -> None:
        """Have the SDK hand over what it buffers, and wait for what is really being sent."""
        self._sdk.flush()

    def clear(self) -> None:
        """Forget what was seen so far."""
        self._sdk.drain()
        self._recording.clear()

    def override(self, **options: Any) -> AbstractContextManager[None]:
        """Change SDK options for a block of code, on the live client and on clients made meanwhile.

        Raises:
            TypeError: the SDK has no such option.
            ValueError: an option has a wrong value, or a live client would ignore it.
        """
        __tracebackhide__ = True
        return self._sdk.override(options)

    @overload
    def find(self, kind: Literal["event"] = "event", **criteria: Any) -> list[CapturedEvent]: ...
    @overload
    def find(self, kind: Literal["transaction"], **criteria: Any) -> list[CapturedTransaction]: ...
    @overload
    def find(self, kind: Literal["span"], **criteria: Any) -> list[CapturedSpan]: ...
    @overload
    def find(self, kind: Literal["log"], **criteria: Any) -> list[CapturedLog]: ...
    @overload
    def find(self, kind: Literal["metric"], **criteria: Any) -> list[CapturedMetric]: ...
    @overload
    def find(self, kind: Literal["check_in"], **criteria: Any) -> list[CapturedCheckIn]: ...
    @overload
    def find(self, kind: str, **criteria: Any) -> list[CapturedItem]: ...
    def find(self, kind: str = "event", **criteria: Any) -> Any:
        """The captured items of a kind that match all criteria.

        Raises:
            ValueError: the kind is unknown.
            TypeError: a criterion is unknown.
        """
        __tracebackhide__ = True
        expectation = Expectation(kind, criteria)
        return [item for item in self._of_kind(kind) if expectation.matches(item)]

    @overload
    def assert_captured(self, kind: Literal["event"] = "event", **criteria: Any) -> CapturedEvent: ...
    @overload
    def assert_captured(self, kind: Literal["transaction"], **criteria: Any) -> CapturedTransaction: ...
    @overload
    def assert_captured(self, kind: Literal["span"], **criteria: Any) -> CapturedSpan: ...
    @overload
    def assert_captured(self, kind: Literal["log"], **criteria: Any) -> CapturedLog: ...
    @overload
    def assert_captured(self, kind: Literal["metric"], **criteria: Any) -> CapturedMetric: ...
    @overload
    def assert_captured(self, kind: Literal["check_in"], **criteria: Any) -> CapturedCheckIn: ...
    @overload
    def assert_captured(self, kind: str, **criteria: Any) -> CapturedItem: ...
    def assert_captured(self, kind: str = "event", **criteria: Any) -> Any:
        """Exactly one item of the kind matches all criteria; it is returned."""
        __tracebackhide__ = True
        return self._assert_count(1, "exactly one", kind, criteria)[0]

    def assert_count(self, n: int, kind: str = "event", **criteria: Any) -> list[CapturedItem]:
        """Exactly ``n`` items of the kind match all criteria; they are returned."""
        __tracebackhide__ = True
        return self._assert_count(n, str(n), kind, criteria)

    def assert_not_captured(self, kind: str = "event", **criteria: Any) -> None:
        """No item of the kind matches all criteria; fails too when no client was active."""
        __tracebackhide__ = True
        self._assert_was_active()
        self._assert_count(0, "no", kind, criteria)

    def assert_nothing_captured(self, traces: bool = False) -> None:
        """Nothing but sessions and client reports was captured, and with ``traces`` no traces and profiles either.

        Fails too when no client was active.
        """
        __tracebackhide__ = True
        self._assert_was_active()
        ignored = _NEVER_COUNTED if traces else (*_NEVER_COUNTED, *_TRACES)
        if found := [item for item in self.items if item.kind not in ignored]:
            raise AssertionError(explain.unexpected("nothing to be captured", found))

    def assert_discarded(
        self,
        kind: str = "event",
        *,
        reason: str | None = None,
        by: str | Callable[..., Any] | None = None,
        **criteria: Any,
    ) -> list[Discard]:
        """At least one such discard, and no such item captured; the discards are returned.

        Args:
            reason: Sentry's discard reason, or one of the plugin's own (see ``Discard``).
            by: the callable that discarded it, or its dotted or bare name.
        """
        __tracebackhide__ = True
        self._assert_was_active()
        expectation = Expectation(kind, criteria)
        name = by if by is None or isinstance(by, str) else CallableLocation.of(by).name
        of_kind = [discard for discard in self.discarded if discard.kind == kind]
        found = [
            discard
            for discard in of_kind
            if reason in (None, discard.reason) and _is_by(discard, name) and expectation.matches(discard.item)
        ]
        captured = [item for item in self._of_kind(kind) if expectation.matches(item)]
        if captured or not found:
            raise AssertionError(explain.not_discarded(expectation, reason, name, captured, of_kind))
        return found

    def assert_inactive(self) -> None:
        """Sentry was off: no client was active at any time of the test."""
        __tracebackhide__ = True
        if self._client_was_active:
            raise AssertionError(explain.was_active(self.items))

    @property
    def _client_was_active(self) -> bool:
        return self._recording.client_was_active or self._sdk.client is not None

    def _assert_was_active(self) -> None:
        __tracebackhide__ = True
        if not self._client_was_active:
            raise AssertionError(explain.NO_CLIENT)

    def _assert_count(self, n: int, wanted: str, kind: str, criteria: Mapping[str, Any]) -> list[CapturedItem]:
        __tracebackhide__ = True
        expectation = Expectation(kind, criteria)
        items = self._of_kind(kind)
        matching = [item for item in items if expectation.matches(item)]
        if len(matching) != n:
            discarded = [
                discard for discard in self.discarded if discard.kind == kind and expectation.matches(discard.item)
            ]
            raise AssertionError(
                explain.wrong_count(
                    expectation, wanted, matching, items, discarded, client_was_active=self._client_was_active
                )
            )
        return matching

    def _of(self, item_class: type[AnyItem]) -> list[AnyItem]:
        return [item for item in self._of_kind(item_class.kind) if isinstance(item, item_class)]

    def _of_kind(self, kind: str) -> list[CapturedItem]:
        self._sdk.drain()
        captures = self._recording.entries_of(Capture)
        if kind == CapturedSpan.kind:
            return [span for capture in captures for span in spans_of(capture)]
        return [item for capture in captures if capture.kind == kind for item in capture.items]


def _is_by(discard: Discard, name: str | None) -> bool:
    if name is None:
        return True
    return discard.by is not None and (discard.by.name == name or discard.by.name.endswith(f".{name}"))


class SentryInit:
    """Initialises clients that live for one test: for filters, processors and libraries tested by themselves."""

    def __init__(self, sdk: InitialisingSdk) -> None:
        self._sdk = sdk

    def __call__(self, **options: Any) -> Any:
        """Initialise Sentry like ``sentry_sdk.init`` and return the client (``sentry_sdk.client.BaseClient``).

        Integrations that enable themselves (``auto_enabling_integrations``) stay off unless asked for.

        Raises:
            TypeError: the SDK has no such option.
        """
        __tracebackhide__ = True
        return self._sdk.init({"auto_enabling_integrations": False, **options})

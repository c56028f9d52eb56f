"""The recording of a test as lists: one for each kind of item, and those of what else was seen."""

from __future__ import annotations

from collections.abc import Mapping
from threading import RLock
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

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
from pytest_sentry_capture.recording import Recording

AnyItem = TypeVar("AnyItem", bound=CapturedItem)

_CARRY_SPANS = (CapturedSpan.kind, CapturedTransaction.kind)


class ObservedSdk(Protocol):
    """What views need of the SDK."""

    @property
    def client(self) -> Any: ...
    @property
    def options(self) -> Mapping[str, Any]: ...
    def drain(self) -> None: ...


class RecordingViews:
    """Views of a recording, each a new plain list, in order of capture, complete when it is read."""

    def __init__(self, recording: Recording, sdk: ObservedSdk) -> None:
        self._recording = recording
        self._sdk = sdk
        self._lock = RLock()
        self._position = (0, 0)
        self._captures: list[Capture] = []
        self._by_class: dict[type[CapturedItem], tuple[int, list[CapturedItem]]] = {}

    @property
    def events(self) -> list[CapturedEvent]:
        """Error and message events."""
        return self._view(CapturedEvent)

    @property
    def transactions(self) -> list[CapturedTransaction]:
        return self._view(CapturedTransaction)

    @property
    def spans(self) -> list[CapturedSpan]:
        """The spans of transactions, and streamed ones."""
        return self._view(CapturedSpan)

    @property
    def logs(self) -> list[CapturedLog]:
        return self._view(CapturedLog)

    @property
    def metrics(self) -> list[CapturedMetric]:
        return self._view(CapturedMetric)

    @property
    def check_ins(self) -> list[CapturedCheckIn]:
        return self._view(CapturedCheckIn)

    @property
    def sessions(self) -> list[CapturedSession]:
        """Session updates and aggregates."""
        return self._view(CapturedSession)

    @property
    def profiles(self) -> list[CapturedProfile]:
        """Profiles of transactions, and chunks of continuous ones."""
        return self._view(CapturedProfile)

    @property
    def attachments(self) -> list[CapturedAttachment]:
        return self._view(CapturedAttachment)

    @property
    def feedback(self) -> list[CapturedFeedback]:
        return self._view(CapturedFeedback)

    @property
    def client_reports(self) -> list[CapturedClientReport]:
        return self._view(CapturedClientReport)

    @property
    def items(self) -> list[CapturedItem]:
        """Everything that was captured, of unknown types too."""
        with self._lock:
            self._catch_up()
            return [item for capture in self._captures for item in capture.items]

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

    def clear(self) -> None:
        """Forget what was seen so far."""
        self._sdk.drain()
        self._recording.clear()

    def _view(self, item_class: type[AnyItem]) -> list[AnyItem]:
        return [*self._items_of(item_class)]

    def _items_of(self, item_class: type[AnyItem]) -> list[AnyItem]:
        """All items of a class: a list that grows, and must not be handed out."""
        with self._lock:
            self._catch_up()
            seen, items = self._by_class.get(item_class, (0, []))
            for capture in self._captures[seen:]:
                if item_class is CapturedSpan and capture.kind in _CARRY_SPANS:
                    items += spans_of(capture)
                elif capture.kind == item_class.kind:
                    items += [item for item in capture.items if isinstance(item, item_class)]
            self._by_class[item_class] = len(self._captures), items
            return items  # type: ignore[return-value]

    def _catch_up(self) -> None:
        self._sdk.drain()
        entries, self._position = self._recording.entries_since(self._position)
        if entries is None:
            self._captures, self._by_class = [], {}
            entries, self._position = self._recording.entries_since(self._position)
        self._captures += [entry for entry in entries or () if isinstance(entry, Capture)]

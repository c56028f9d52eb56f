"""The recording of a test as lists: one for each kind of item, and those of what else was seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import RLock
from typing import TypeVar

from pytest_sentry_capture._recording import (
    CallbackError,
    Capture,
    CapturedEnvelope,
    CapturedItem,
    Discard,
    Entry,
    Exchange,
    Job,
    Operation,
    Recording,
    SdkError,
)
from pytest_sentry_capture._recording.kinds import (
    FACTS,
    CapturedAttachment,
    CapturedCheckIn,
    CapturedClientReport,
    CapturedEvent,
    CapturedFeedback,
    CapturedLog,
    CapturedMetric,
    CapturedProfile,
    CapturedSegment,
    CapturedSession,
    CapturedSpan,
    CapturedTransaction,
)

AnyItem = TypeVar("AnyItem", bound=CapturedItem)
AnyEntry = TypeVar("AnyEntry", bound=Entry)


class RecordingViews:
    """Views of a recording, each a new plain list, in order of capture, complete when it is read.

    Args:
        recording: what is viewed.
        drain: has all buffered items handed over to the recording.
    """

    def __init__(self, recording: Recording, drain: Callable[[], None]) -> None:
        self._recording = recording
        self._drain = drain
        # No plain lock: draining runs callbacks of the application in this thread, and one of them may read a view.
        self._lock = RLock()
        self._start = 0
        self._position = 0
        self._captures: list[Capture] = []
        self._by_class: dict[type[CapturedItem], tuple[int, list[CapturedItem]]] = {}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._recording.label}>"

    @property
    def events(self) -> list[CapturedEvent]:
        """Error and message events."""
        __tracebackhide__ = True
        return self._view(CapturedEvent)

    @property
    def segments(self) -> list[CapturedSegment]:
        """The segments of traces: transactions, or streamed spans that are segments."""
        __tracebackhide__ = True
        return self._view(CapturedSegment)

    @property
    def transactions(self) -> list[CapturedTransaction]:
        """Transactions, each with the spans that it carries."""
        __tracebackhide__ = True
        return self._view(CapturedTransaction)

    @property
    def spans(self) -> list[CapturedSpan]:
        """The spans of transactions, and streamed ones."""
        __tracebackhide__ = True
        return self._view(CapturedSpan)

    @property
    def logs(self) -> list[CapturedLog]:
        """Sentry's structured logs, one by one."""
        __tracebackhide__ = True
        return self._view(CapturedLog)

    @property
    def metrics(self) -> list[CapturedMetric]:
        """Trace metrics, one by one."""
        __tracebackhide__ = True
        return self._view(CapturedMetric)

    @property
    def check_ins(self) -> list[CapturedCheckIn]:
        """Check-ins of cron monitors."""
        __tracebackhide__ = True
        return self._view(CapturedCheckIn)

    @property
    def sessions(self) -> list[CapturedSession]:
        """Session updates and aggregates."""
        __tracebackhide__ = True
        return self._view(CapturedSession)

    @property
    def profiles(self) -> list[CapturedProfile]:
        """Profiles of transactions, and chunks of continuous ones."""
        __tracebackhide__ = True
        return self._view(CapturedProfile)

    @property
    def attachments(self) -> list[CapturedAttachment]:
        """Attachments of all envelopes."""
        __tracebackhide__ = True
        return self._view(CapturedAttachment)

    @property
    def feedback(self) -> list[CapturedFeedback]:
        """User feedback."""
        __tracebackhide__ = True
        return self._view(CapturedFeedback)

    @property
    def client_reports(self) -> list[CapturedClientReport]:
        """Client reports: how much an SDK has discarded. The SDK in the test process sends none."""
        __tracebackhide__ = True
        return self._view(CapturedClientReport)

    @property
    def items(self) -> list[CapturedItem]:
        """All captured items, including those of unknown types."""
        __tracebackhide__ = True
        items = self._all_items()
        self._handed_out(items)
        if not items:
            self._nothing_seen("item", *FACTS)
        return items

    @property
    def envelopes(self) -> list[CapturedEnvelope]:
        """The raw envelopes, with headers and bytes."""
        __tracebackhide__ = True
        self._drain()
        envelopes = self._entries_of(CapturedEnvelope)
        self._handed_out(envelopes)
        if not envelopes:
            self._nothing_seen("envelope", *FACTS)
        return envelopes

    @property
    def discarded(self) -> list[Discard]:
        """The items that the SDK was asked to send and did not.

        Log records below the level of events are not in it. To find them, use
        ``assert_discarded(reason="log_level")``.
        """
        __tracebackhide__ = True
        self._drain()
        return self._losses([each for each in self._entries_of(Discard) if not each._is_below_level], "discard")

    def _all_items(self) -> list[CapturedItem]:
        with self._lock:
            self._catch_up()
            return [item for capture in self._captures for item in capture.items]

    def _handed_out(self, view: Iterable[CapturedItem | CapturedEnvelope]) -> None:
        """A view has been read, with these items or envelopes."""

    def _nothing_seen(self, noun: str, *kinds: str) -> None:
        """A view is empty: nothing that goes by this noun was seen, be it of these kinds."""

    def _view(self, item_class: type[AnyItem]) -> list[AnyItem]:
        __tracebackhide__ = True
        items = [*self._items_of(item_class)]
        self._handed_out(items)
        if not items:
            self._nothing_seen(item_class.kind, item_class.kind)
        return items

    def _losses(self, losses: list[AnyEntry], noun: str) -> list[AnyEntry]:
        __tracebackhide__ = True
        if not losses:
            self._nothing_seen(noun, *FACTS)
        return losses

    def _items_of(self, item_class: type[AnyItem]) -> list[AnyItem]:
        """All items of a class: a list that grows, and must not be handed out."""
        with self._lock:
            self._catch_up()
            seen, items = self._by_class.get(item_class, (0, []))
            for capture in self._captures[seen:]:
                items += item_class._in_capture(capture)
            self._by_class[item_class] = len(self._captures), items
            return items  # type: ignore[return-value]

    def _catch_up(self) -> None:
        # Views are read again and again, by every assertion and every wait: only what is new is looked at each time.
        self._drain()
        entries = self._recording.entries_since(self._position)
        self._position += len(entries)
        self._captures += [entry for entry in entries if isinstance(entry, Capture)]

    def _start_here(self) -> None:
        """Leave out of the views what was seen so far."""
        with self._lock:
            self._catch_up()
            self._start = self._position
            self._captures, self._by_class = [], {}

    @property
    def _entries(self) -> list[Entry]:
        return self._recording.entries_since(self._start)

    def _entries_of(self, entry_type: type[AnyEntry]) -> list[AnyEntry]:
        return [entry for entry in self._entries if isinstance(entry, entry_type)]


class ApplicationViews(RecordingViews):
    """What is seen besides of an application in this process."""

    @property
    def exchanges(self) -> list[Exchange]:
        """The HTTP requests that the application served, and its answers."""
        __tracebackhide__ = True
        self._drain()
        return self._entries_of(Exchange)

    @property
    def _operations(self) -> list[Operation]:
        return self._entries_of(Operation)

    @property
    def jobs(self) -> list[Job]:
        """The attempts at tasks, queued jobs and commands that ran."""
        __tracebackhide__ = True
        self._drain()
        return self._entries_of(Job)

    @property
    def callback_errors(self) -> list[CallbackError]:
        """The application's callbacks that raised."""
        __tracebackhide__ = True
        self._drain()
        return self._losses(self._entries_of(CallbackError), "callback error")

    @property
    def sdk_errors(self) -> list[SdkError]:
        """The errors inside the SDK that it swallowed."""
        __tracebackhide__ = True
        self._drain()
        return self._losses(self._entries_of(SdkError), "SDK error")

"""What a recording holds: captured items in their envelopes, discards and operations, which refer to each other.

An item is a ``dict``: the payload itself, in Sentry's wire form. ``kinds`` adds typed shortcuts.
"""

from __future__ import annotations

import copy
import json
import pickle
import sys
from _thread import get_ident
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Literal, NamedTuple, Protocol, TypeVar, get_args

from pytest_sentry_capture._public import export
from pytest_sentry_capture._recording.callables import CallableLocation
from pytest_sentry_capture._recording.changes import MISSING, Change
from pytest_sentry_capture._recording.contents import Content
from pytest_sentry_capture._recording.exception_chain import ExceptionChain
from pytest_sentry_capture._recording.facts import KindFacts
from pytest_sentry_capture._recording.fields import without_moved
from pytest_sentry_capture._recording.plain_json import PlainJson
from pytest_sentry_capture._recording.sampling import SamplerCall, Sampling
from pytest_sentry_capture._recording.scope_origin import ScopeOrigin

Phase = Literal["setup", "call", "teardown"]
_NOT_OBSERVED: Final = "its request was not observed in this process"
_SERVER_ERROR: Final = 500
LEAST_FAILURE: Final = 400
"""The status from which on an answer says that the request failed (RFC 9110, 15)."""
_NOT_ANSWERED: Final = "its request has not been answered"
_NOT_ENDED: Final = "its job has not ended"
JobStatus = Literal["succeeded", "failed", "retried", "ignored", "rejected"]
JOB_STATUSES: Final[tuple[JobStatus, ...]] = get_args(JobStatus)


@dataclass(eq=False, slots=True)
class Entry:
    """Something seen during a test. ``phase`` is the phase of the test, None outside tests."""

    phase: Phase | None = field(default=None, kw_only=True)
    _process: int | None = field(default=None, kw_only=True)
    """The number of the forked child in which it was seen, or None for the test process."""
    _module_file: str | None = field(default=None, kw_only=True, compare=False, repr=False)
    """The file of the module that was being imported when it was seen, where tests were collected meanwhile."""

    def _join(self, phase: Phase | None) -> None:
        """Become part of a recording."""
        self.phase = phase

    def _release_exceptions(self) -> None:
        """Let go of live exceptions. What is known of them otherwise stays."""


class ForeignWrite(NamedTuple):
    """A value of an event that another operation than the event's own was the last to write on a scope."""

    path: str
    operation: Operation


@dataclass(slots=True)
class CaptureContext:
    """What was known at the moment of a capture call, beyond the payload that came out of it."""

    chain: ExceptionChain | None = None
    scope_origin: ScopeOrigin | None = None
    before_callback: bytes | None = None
    callback: CallableLocation | None = None
    sample_rate: float | None = None
    sampling: Sampling | None = None
    scrubs: tuple[Change, ...] = ()
    foreign_writes: tuple[ForeignWrite, ...] = ()
    project: str = ""
    """Of the DSN of the client that was asked, empty if it has none."""

    def release_exceptions(self) -> None:
        """Let go of live exceptions."""
        self.chain = self.chain and self.chain.released()

    @property
    def payload_before_callback(self) -> Any:
        """What went into ``before_send`` or its like. ``MISSING`` where there was none or it was not kept."""
        if self.before_callback is None:
            return MISSING
        return without_moved(json.loads(json.dumps(pickle.loads(self.before_callback), default=str, skipkeys=True)))


@dataclass(eq=False, slots=True)
class Capture(Entry):
    """One envelope item as it was handed to the transport, parsed when first read.

    ``content`` is the payload as bytes, or as plain JSON data where it was certain to be that, which is cheaper.
    ``seen`` says that the test has seen it: returned or counted by an assertion, or in a view that was read.
    """

    type: str
    content: Content
    headers: dict[str, Any] = field(default_factory=dict)
    context: CaptureContext = field(default_factory=CaptureContext)
    operation: Operation | None = None
    envelope: CapturedEnvelope | None = None
    seen: bool = False
    _items: list[CapturedItem] | None = None

    def _join(self, phase: Phase | None) -> None:
        self.phase = phase
        if self.operation is not None:
            for operation in _takers(self.operation):
                operation._captures.append(self)

    def _release_exceptions(self) -> None:
        self.context.release_exceptions()

    @property
    def payload(self) -> bytes:
        """The payload as a transport would have sent it."""
        if isinstance(self.content, bytes):
            return self.content
        if isinstance(self.content, PlainJson):
            return _json(self.content.parsed())
        return self.content.read()

    @property
    def sample_rate(self) -> float | None:
        """The rate with which an event, or the trace that the items belong to, was sampled, as far as it is known.

        Where the project has every decision settled (``sampling = "all"``), it is 1.
        """
        sampling = self.context.sampling
        if sampling is not None and sampling.is_settled:
            return 1.0
        if self.type == "event":
            return sampling.rate if sampling is not None else None
        rate = sample_rate_of(self.envelope.headers.get("trace")) if self.envelope is not None else None
        return self.context.sample_rate if rate is None else rate

    @property
    def kind(self) -> str:
        """The kind of the items. The item type itself where it is not a known one."""
        return _class_of(self.type).kind or self.type

    @property
    def items(self) -> list[CapturedItem]:
        """The typed items: one, or the several that Sentry's container items (spans, logs, metrics) carry."""
        if self._items is None:
            self._items = _class_of(self.type)._items_of(self)
        return self._items

    def parsed(self) -> Any:
        """The payload as Python has it.

        Raises:
            ValueError: it is not JSON.
            RecursionError: it is nested deeper than Python reads.
        """
        return self.content.parsed() if isinstance(self.content, PlainJson) else json.loads(self.payload)


def sample_rate_of(context: object) -> float | None:
    """The sample rate of a dynamic sampling context, or None if it has none."""
    try:
        return float(context["sample_rate"]) if isinstance(context, dict) and "sample_rate" in context else None
    except (TypeError, ValueError):
        return None


class Words(Protocol):
    """Puts values in words, for those who may read them: see ``Formatter``."""

    @property
    def masked(self) -> bool:
        """Whether what may be personal is left out."""

    def shown(self, value: object) -> str:
        """A value as a test would write it."""

    def name(self, name: str) -> str:
        """A name. Masked, without the addresses and identifiers in it."""

    def text(self, text: str | None, *, is_personal: bool = True) -> str | None:
        """A text that a person has written, or what it was made from. Masked, its length, or what a name is."""


class Unknown(NamedTuple):
    """What is known of a field that has no value here, though there is one.

    Attributes:
        why: why the value is unknown, in words for users.
        may_be: the values of which it is one, or None if it may be any.
    """

    why: str
    may_be: tuple[object, ...] | None = None


CLASS_OF_ITEM_TYPE: Final[dict[str, type[CapturedItem]]] = {}
"""By Sentry's item types (https://develop.sentry.dev/sdk/foundations/transport/envelope-items/)."""
CLASS_OF_KIND: Final[dict[str, type[CapturedItem]]] = {}


class CapturedItem(dict[str, Any]):
    """A captured item of any type: the payload itself, with typed shortcuts."""

    __slots__ = ("_capture",)
    kind: ClassVar[str] = ""
    """The kind, as in assertions. Empty for types that this plugin does not know."""
    _facts: ClassVar[KindFacts]

    def __init_subclass__(cls) -> None:
        if "_facts" in vars(cls):
            CLASS_OF_KIND[cls.kind] = cls
            CLASS_OF_ITEM_TYPE.update({item_type.name: cls for item_type in cls._facts.item_types})

    def __init__(self, payload: Mapping[str, Any], capture: Capture | None = None) -> None:
        super().__init__(payload)
        self._capture = capture or Capture(type="", content=b"")

    def __copy__(self) -> CapturedItem:
        return type(self)({**self}, self._capture)

    def __deepcopy__(self, memo: dict[int, Any]) -> CapturedItem:
        return type(self)(copy.deepcopy({**self}, memo), self._capture)

    def __reduce__(self) -> tuple[Any, ...]:
        """For pickle: the payload, without what else was recorded around it."""
        return type(self), ({**self}, Capture(self.type_header, self.payload, self._capture.headers))

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
        """The envelope in which the item was sent, or None for buffered kinds, because these are sent in batches."""
        return self._capture.envelope

    @property
    def exchange(self) -> Exchange | None:
        """The HTTP exchange during which the item was captured, also if a job that ran within it captured the item."""
        return _nearest(self._capture.operation, Exchange)

    @property
    def job(self) -> Job | None:
        """The job during which the item was captured."""
        return _nearest(self._capture.operation, Job)

    @property
    def job_status(self) -> JobStatus | None:
        """The status of the job, or None if there is no job, or it has not ended."""
        return self.job.status if self.job is not None else None

    @property
    def _job_name(self) -> str | None:
        return self.job.name if self.job is not None else None

    @property
    def phase(self) -> Phase | None:
        """The phase of the test in which the item was captured. None outside tests."""
        return self._capture.phase

    @property
    def _process(self) -> int | None:
        """The number of the forked child in which it was captured, or None for the test process."""
        return self._capture._process

    @property
    def _sampler_call(self) -> SamplerCall | None:
        """What the traces sampler was given and answered that decided about the item, or None if none did."""
        return self._capture.context.sampling.call if self._capture.context.sampling is not None else None

    def _title(self, words: Words) -> Iterable[str | None]:
        """What tells the item from others in one line, in parts: what names it, then what more there is to say."""
        del words
        return (self._facts.noun or self.kind.replace("_", " "),)

    def _details(self, words: Words) -> tuple[str | None, ...]:
        """What tells the item from another one with the same title: segment, logger, origin and place."""
        del words
        return ()

    def _unknown(self, name: str) -> Unknown | None:
        """Why the value of a criterion is unknown, where it reads as None, or None if the item just has no such value.

        What is unknown may be anything: who asks whether nothing like it was captured gets no answer.
        """
        default = self._facts.fields[name].default
        return None if default is None else Unknown(f"Sentry uses {default!r} if nothing is sent", (default,))

    def _unknown_of_operation(self, name: str, *, came_of_request: bool) -> Unknown | None:
        """Why what is asked of the request or job is unknown. See ``_unknown``."""
        if name == "job_status":
            return Unknown(_NOT_ENDED) if self.job is not None and self.job.status is None else None
        if self.exchange is None:
            return Unknown(_NOT_OBSERVED) if came_of_request and name != "job" else None
        return Unknown(_NOT_ANSWERED) if name == "status_code" and self.exchange.status is None else None

    @classmethod
    def _in_capture(cls, capture: Capture) -> list[CapturedItem]:
        """The items of this class that a capture carries, be it within others."""
        return [item for item in capture.items if isinstance(item, cls)] if capture.kind == cls.kind else []

    @classmethod
    def _of_discarded(cls, item: CapturedItem) -> CapturedItem | None:
        """A discarded item of another kind as one of this kind, which is a view of it, or None if it is not one."""
        del item
        return None

    @classmethod
    def _items_of(cls, capture: Capture) -> list[CapturedItem]:
        """The items that a capture of this class holds."""
        try:
            payload = capture.parsed()
        except (ValueError, RecursionError):  # no JSON, or nested deeper than Python reads
            return [RawItem({}, capture)]
        return [*cls._items_in(payload, capture)] if isinstance(payload, dict) else [RawItem({}, capture)]

    @classmethod
    def _items_in(cls, payload: dict[str, Any], capture: Capture) -> Iterable[CapturedItem]:
        return (cls(payload, capture),)


class RawItem(CapturedItem):
    """An item of a type that this plugin does not know. Its bytes are in ``payload``."""

    __slots__ = ()

    def _title(self, words: Words) -> Iterable[str | None]:
        return (words.name(self.type_header.replace("_", " ")),)


def _class_of(item_type: str) -> type[CapturedItem]:
    return CLASS_OF_ITEM_TYPE.get(item_type, RawItem)


@dataclass(eq=False, slots=True)
class CapturedEnvelope(Entry):
    """An envelope as it was handed to the transport (https://develop.sentry.dev/sdk/foundations/transport/envelopes/).

    ``during`` names the simulated failures of ``sentry_server`` during which it came, such as ``"slow"``, or None
    without such failures.
    """

    headers: dict[str, Any]
    _captures: list[Capture] = field(default_factory=list)
    during: str | None = None

    def _join(self, phase: Phase | None) -> None:
        self.phase = phase
        for capture in self._captures:
            capture.phase = phase

    def _add(self, item_type: str, content: Content, headers: dict[str, Any]) -> None:
        """Add an item that is recorded apart from its envelope."""
        self._captures.append(Capture(item_type, content, headers, envelope=self))

    @property
    def items(self) -> list[CapturedItem]:
        """The typed items, in the order in which they travel."""
        return [item for capture in self._captures for item in capture.items]

    def serialize(self) -> bytes:
        """The bytes that a real transport would have sent, before compression."""
        lines = [_json(self.headers), b"\n"]
        for capture in self._captures:
            payload = capture.payload
            lines += [_json({**capture.headers, "length": len(payload)}), b"\n", payload, b"\n"]
        return b"".join(lines)


@dataclass(eq=False, slots=True)
class Operation(Entry):
    """What the application does for one trigger: an exchange or a job.

    Attributes:
        duration: seconds from its beginning until it was complete, or None until then.
        parent: the operation that was under way when it began, in process.
        discarded: discarded items meanwhile, also by jobs that ran within it.
    """

    duration: float | None = field(default=None, kw_only=True)
    parent: Operation | None = field(default=None, kw_only=True)
    _hint: str | None = field(default=None, kw_only=True)
    """Why something may not have been captured during it, in words for users, where its framework is the reason."""
    _about_silence: str | None = field(default=None, kw_only=True)
    """Of which failures its framework does not notify the SDK, in words for users."""
    _about_loop: str | None = field(default=None, kw_only=True)
    """Why exceptions of tasks of its event loop are not captured, in words for users."""
    _thread: int = field(default=0, kw_only=True)
    """The identifier of the thread that serves it."""
    _is_task: bool = field(default=False, kw_only=True)
    """Whether a task of an event loop serves it, which goes on when the loop does."""
    _has_returned: bool = field(default=False, kw_only=True)
    """Whether the application serves it no more."""
    _is_overdue: bool = field(default=False, kw_only=True)
    """Whether it was waited for as long as the application is given time to return."""
    _chain: ExceptionChain | None = field(default=None, kw_only=True)
    _captures: list[Capture] = field(default_factory=list, kw_only=True)
    discarded: list[Discard] = field(default_factory=list, kw_only=True)

    def _release_exceptions(self) -> None:
        self._chain = self._chain and self._chain.released()

    @property
    def _has_failed(self) -> bool:
        """Whether it is silent unless an event is captured or discarded meanwhile."""
        return False

    @property
    def _is_unfinished(self) -> bool:
        """Whether its verdict is not known: the application may still report something, and was given time for it.

        In the calling thread's own event loop it was given none, for nothing goes on there while the thread waits.
        """
        is_in_this_thread = self._is_task and self._thread == get_ident()
        return self._is_ending and (self._is_overdue or is_in_this_thread)

    @property
    def _is_awaited(self) -> bool:
        """Whether it is worth while to wait until the application returns, which another thread is about to do."""
        if self._is_overdue or not self._is_ending:
            return False
        return self._thread != get_ident() and self._thread in sys._current_frames()

    @property
    def _is_ending(self) -> bool:
        """Whether the application has little left to do, such as to report a crash."""
        return not self._has_returned

    @property
    def exception(self) -> BaseException | None:
        """The live exception that left the application, kept like an event's ``original_exception``."""
        return self._chain.original if self._chain is not None else None

    @property
    def exception_type(self) -> type[BaseException] | None:
        """The class of the exception that left the application."""
        return self._chain[0].error_type if self._chain else None

    @property
    def items(self) -> list[CapturedItem]:
        """Captured items while it ran, by jobs that ran within it too."""
        return [item for capture in self._captures for item in capture.items]

    @property
    def _own_items(self) -> list[CapturedItem]:
        """Captured items while it ran, without those captured by operations within it."""
        return [item for capture in self._captures if capture.operation is self for item in capture.items]


@dataclass(eq=False, slots=True)
class Exchange(Operation):
    """One HTTP request and its answer, or one WebSocket, as the application under test saw it.

    Attributes:
        method: of the request. ``"WEBSOCKET"`` for a WebSocket.
        path: of the request, without its query.
        route: the template that matched, with a leading slash. None if none matched or if it is unknown.
        status: of the answer, or None until it starts. A WebSocket has 101. If it is refused, it has 403 or the status
            of the answer.
        duration: seconds from the request until the answer was complete or the WebSocket closed. None until then.
        parent: the request or job in which the application called itself, without the network.
        authenticated: whether the request named its user and was not refused.
        discarded: items that were discarded during the request.
    """

    method: str
    path: str
    route: str | None = None
    status: int | None = None
    authenticated: bool = False
    _is_answered: bool = False
    """Whether its answer is complete, or is being completed."""

    @property
    def _has_crashed(self) -> bool:
        """Whether the application crashed. A request that is cancelled does not."""
        return self.exception_type is not None and issubclass(self.exception_type, Exception)

    @property
    def _has_failed(self) -> bool:
        """Whether the answer was 400 or more, or the application crashed."""
        return self._has_crashed or (self.status is not None and self.status >= LEAST_FAILURE)

    @property
    def _is_ending(self) -> bool:
        """Whether the application has little left to do, such as to report a crash. Not while it answers."""
        has_failed = self._chain is not None or (self.status or 0) >= _SERVER_ERROR
        return not self._has_returned and (self._is_answered or has_failed)

    def _route_of_sdk(self) -> str | None:
        """The route after which the SDK has named captured items, or None if it has named nothing after a route."""
        for item in self.items:
            name, info = item.get("transaction"), item.get("transaction_info")
            if type(name) is str and name.startswith("/") and type(info) is dict and info.get("source") == "route":
                return name
        return None

    def __repr__(self) -> str:
        return f"<Exchange {self.method} {self.path} -> {self.status}>"


@dataclass(eq=False, slots=True)
class Job(Operation):
    """One attempt at a task, at a queued job, or at a command.

    Attributes:
        name: of the task, such as ``"shop.tasks.send_receipt"``.
        system: the worker that runs it: ``"celery"``, ``"rq"``, ``"dramatiq"``, ``"command"``, or the name of a
            ``JobSystem``.
        queue: the name of its queue, or None if there is none or if it is unknown.
        attempt: the number of this attempt at the task, counted from 1.
        status: ``"succeeded"``, ``"failed"`` (there is no further attempt), ``"retried"`` (there will be one),
            ``"ignored"`` or ``"rejected"``. None while it runs, and if its process died.
        expected: whether the task lists the exception as expected, with ``throws`` of Celery or Dramatiq.
        duration: seconds that it took, or None until it has ended.
        parent: the request or job that ran it in the same process, such as the request that calls an eager task.
        discarded: items that were discarded during the job.
    """

    name: str
    system: str
    queue: str | None = None
    attempt: int = 1
    status: JobStatus | None = None
    expected: bool = False
    _about_report: str | None = None
    """Who reports its exception in production and does not in a test, in words for users, or None if nobody else."""
    _is_unseen: bool = False
    """Whether the SDK is not there where it runs, for the reason of ``_hint``: silence proves nothing then."""
    _reports_retries: bool | None = False
    """Whether the SDK's integration reports attempts that are retried, or None if there is no integration."""
    _earlier: Job | None = None
    """The attempt that this one runs within, where a retry runs at once."""

    @property
    def _has_failed(self) -> bool:
        """Whether there is no further attempt."""
        return self.status == "failed"

    def __repr__(self) -> str:
        return f"<Job {self.name} {self.status}, attempt {self.attempt}>"


@dataclass(eq=False, slots=True)
class Remark(Entry):
    """Why something may not have been captured, in words for users, that belongs to no operation."""

    text: str


AnyOperation = TypeVar("AnyOperation", bound=Operation)


def _nearest(operation: Operation | None, operation_type: type[AnyOperation]) -> AnyOperation | None:
    """The nearest operation of a type: this one, or one that it is part of."""
    while operation is not None and not isinstance(operation, operation_type):
        operation = operation.parent
    return operation


def _takers(operation: Operation) -> Sequence[Operation]:
    """The operations that an entry belongs to: a job's belong to what has run the job too."""
    takers = [operation]
    while isinstance(operation, Job) and operation.parent is not None:
        operation = operation.parent
        takers.append(operation)
    return takers


DISCARD_REASONS: Final = (
    "queue_overflow", "cache_overflow", "buffer_overflow", "ratelimit_backoff", "network_error", "sample_rate",
    "before_send", "event_processor", "send_error", "internal_sdk_error", "insufficient_data", "backpressure",
    "ignored", "callback_error", "ignore_errors", "no_client", "closed_client", "recursion_guard", "sdk_error",
    "unserializable", "ignored_logger", "log_level", "logger_disabled",
)  # fmt: skip
"""Sentry's (https://develop.sentry.dev/sdk/telemetry/client-reports/), and those of ``Discard``."""

_LOG_LEVEL: Final = "log_level"
_OF_LOGGING: Final = ("ignored_logger", _LOG_LEVEL, "logger_disabled")
"""The reasons of records that did not become events: nobody has asked the SDK to send these."""


@dataclass(eq=False, slots=True)
class Discard(Entry):
    """An item that the SDK was asked to send and did not send.

    Attributes:
        reason: Sentry's discard reason (``before_send``, ``event_processor``, ``sample_rate``, …:
            https://develop.sentry.dev/sdk/telemetry/client-reports/) or, where the SDK is silent or vague, one of
            ``callback_error``, ``ignore_errors``, ``no_client``, ``closed_client``, ``recursion_guard``, ``sdk_error``,
            ``unserializable``. In tests that use ``sentry_capture``, a log record that became no event is one too:
            ``ignored_logger``, ``log_level`` (it is below the level of events), ``logger_disabled``.
        category: Sentry's data category, as in client reports (``error``, ``transaction``, ``span``, ``log_item``, …:
            https://develop.sentry.dev/sdk/foundations/transport/rate-limiting/#definitions).
        kind: the kind of item that was lost.
        by: the callable that discarded it, or None if no callable is involved.
        quantity: how many items were lost.
        payload: what was lost, as JSON, as far as it got, or None if the SDK had built nothing.
        operation: the exchange or job during which it was lost.
        sampling: the result and the arguments of the traces sampler.
    """

    reason: str
    category: str
    kind: str
    by: CallableLocation | None = None
    quantity: int = 1
    payload: bytes | None = None
    _context: CaptureContext = field(default_factory=CaptureContext)
    operation: Operation | None = None
    _of_lost_segment: bool = False
    """Whether it was lost only because the segment that it belongs to was."""
    _below_level: bool = False
    """Whether it is a log record that would have become no event in any case, because of its level."""
    _item: CapturedItem | None = None

    def _join(self, phase: Phase | None) -> None:
        self.phase = phase
        if self.operation is not None:
            for operation in _takers(self.operation):
                operation.discarded.append(self)

    def _release_exceptions(self) -> None:
        self._context.release_exceptions()

    @property
    def exchange(self) -> Exchange | None:
        """The HTTP exchange during which it was lost, also if a job that ran within it lost it."""
        return _nearest(self.operation, Exchange)

    @property
    def job(self) -> Job | None:
        """The job during which it was lost."""
        return _nearest(self.operation, Job)

    @property
    def _is_of_logging(self) -> bool:
        """Whether it is a log record that became no event.

        Tables, contracts and rules leave these out, for they are seen only in tests that use the fixture, and an answer
        with nothing but these is silent.
        """
        return self.reason in _OF_LOGGING

    @property
    def _is_below_level(self) -> bool:
        """Whether it is a log record that is not an error, by the application's own settings."""
        return self._below_level or self.reason == _LOG_LEVEL

    @property
    def exception(self) -> BaseException | None:
        """The live exception, kept like an event's ``original_exception``."""
        return self._context.chain.original if self._context.chain is not None else None

    @property
    def sampling(self) -> dict[str, Any] | None:
        """The result and the arguments of the traces sampler, or None if none was called.

        ``answer`` is its answer (None where it raised, what is neither a number nor a text is the name of its class),
        ``name`` and ``op`` what the transaction or segment was called at that moment, and ``parent_sampled`` the
        caller's decision: True, False or None.
        """
        call = self._sampler_call
        return call.as_dict() if call is not None else None

    @property
    def _sampler_call(self) -> SamplerCall | None:
        return self._context.sampling.call if self._context.sampling is not None else None

    @property
    def event(self) -> dict[str, Any] | None:
        """The payload as far as it got, or None where the SDK had built none."""
        return dict(self.item) if self.payload is not None else None

    @property
    def item(self) -> CapturedItem:
        """The lost item, with the shortcuts of its kind, empty if the SDK had built none."""
        if self._item is None:
            [self._item, *_] = self._items_in(self.payload or b"{}") or self._items_in(b"{}")
        return self._item

    def _item_as(self, kind: str) -> CapturedItem | None:
        """The lost item as one of its own kind, or as a segment if it was one, or None for other kinds."""
        if kind == self.kind:
            return self.item
        item_class = CLASS_OF_KIND.get(kind)
        return item_class._of_discarded(self.item) if item_class is not None else None

    def _items_in(self, payload: bytes) -> list[CapturedItem]:
        item_class = CLASS_OF_KIND.get(self.kind)
        types = item_class._facts.item_types if item_class is not None else ()
        item_type = types[0].name if types else self.kind
        found = Capture(item_type, payload, {}, self._context, self.operation, phase=self.phase, _process=self._process)
        return found.items

    def __repr__(self) -> str:
        by = f" by {self.by}" if self.by else ""
        return f"<Discard {self.kind}: {self.reason}{by}>"


def mark_seen(handed_out: Iterable[CapturedItem | CapturedEnvelope]) -> None:
    """Say that the test has seen these items, or what travels in these envelopes, which are not parsed for that."""
    for each in handed_out:
        for capture in each._captures if isinstance(each, CapturedEnvelope) else (each._capture,):
            capture.seen = True


def unreadable_items(entries: Iterable[Entry], item_types: Container[str]) -> list[CapturedItem]:
    """The items of these types that hold no JSON, or none that anything can be read in."""
    captures = (entry for entry in entries if isinstance(entry, Capture) and entry.type in item_types)
    in_doubt = (capture for capture in captures if not isinstance(capture.content, PlainJson))
    return [item for capture in in_doubt for item in capture.items if isinstance(item, RawItem)]


def _json(value: object) -> bytes:
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()


export(CapturedItem, RawItem, CapturedEnvelope, Exchange, Job, Discard)

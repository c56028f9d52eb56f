"""What the SDK collects and sends later, from threads: logs, metrics, streamed spans, sessions and profiles.

Logs, metrics and spans are recorded the moment they are handed to their batcher, the others when they are handed over.
The threads run as without us, and views are complete when they are read: what is collected is handed over first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Thread, current_thread
from typing import Any, Final
from weakref import ref

from pytest_sentry_capture._recording import Content, FlatJson, LateContent, PlainJson
from pytest_sentry_capture._recording.kinds import item_type_of
from pytest_sentry_capture._sdk.call_stack import wrapping
from pytest_sentry_capture._sdk.identity import KnownOf
from pytest_sentry_capture._sdk.observing.flushes import Flushes
from pytest_sentry_capture._sdk.observing.hand_over import HandOver, is_closed
from pytest_sentry_capture._sdk.observing.losses import Losses, what_is_lost
from pytest_sentry_capture._sdk.observing.observer import Observer
from pytest_sentry_capture._sdk.observing.plain_data import as_json, flat_copy, json_data, plain_copy
from pytest_sentry_capture._sdk.observing.sampling import SamplingDecisions
from pytest_sentry_capture._sdk.patching.naps import Naps
from pytest_sentry_capture._sdk.patching.touchpoints import Touchpoints, UnsupportedSdkError

_OF_THE_SDK: Final = ("_segment_span",)
"""What the SDK keeps in an item for itself."""
_NOT_FLAT: Final = (*_OF_THE_SDK, "attributes")
_PLAIN: Final = frozenset((str, int, float, bool, type(None)))
_LATE: Final = "Some items are recorded only when the SDK flushes them by itself."
_PATIENCE: Final = 2.0
"""Seconds to wait for what a thread of the SDK is just handing over, and for its end."""


class Telemetry:
    """Records what the clients' batchers, and what else collects, take and hand over."""

    def __init__(
        self,
        observer: Observer,
        hand_over: HandOver,
        losses: Losses,
        decisions: SamplingDecisions,
        naps: Naps,
        touchpoints: Touchpoints,
    ) -> None:
        self._observer = observer
        self._decisions = decisions
        self._hand_over = hand_over
        self._losses = losses
        self._naps = naps
        self._touchpoints = touchpoints
        self._owners: KnownOf[tuple[ref[Any], str]] = KnownOf()
        self._watched: set[tuple[type, str]] = set()
        self._wrapped: list[tuple[ref[Any], str, ref[Any]]] = []
        self._holding: KnownOf[None] = KnownOf()
        self._late: dict[int, LateContent] = {}
        self._flushes = Flushes(_PATIENCE)

    def observe(self, client: Any) -> None:
        """Look after what a client collects, except for parts that are not built as this plugin knows them."""
        batchers = self._touchpoints.features.batchers(client)
        for name in ("session_flusher", *batchers.values()):
            with self._touchpoints.missing_means(_LATE):
                if not hasattr(client, name):
                    raise UnsupportedSdkError(f"its clients have no {name}, which this plugin must reach")
        for kind, name in batchers.items():
            batcher = getattr(client, name, None)
            if batcher is not None and batcher not in self._owners:
                self._owners[batcher] = ref(client), kind
                with self._touchpoints.missing_means(_LATE):
                    self._observe_batcher(client, batcher)
        for name, hands_over, takes in self._touchpoints.features.collecting_parts:
            part = getattr(client, name, None)
            if part is not None and part not in self._owners:
                self._owners[part] = ref(client), ""
                with self._touchpoints.missing_means(_LATE):
                    self._watch(type(part), takes, self._noting)
                    self._wrap(client, part, hands_over, partial(self._hand_over.record, attempt=None))

    def observe_profiler(self, client: Any, scheduler: Any) -> None:
        """Look after a profiler that profiles continuously, which a client has set up."""
        if "capture_func" in vars(scheduler):
            self._wrap(client, scheduler, "capture_func", partial(self._hand_over.record, attempt=None))

    def drain(self) -> None:
        """Have handed over what the clients have collected."""
        while (client := self._holding.pop_any()) is not None:
            if not is_closed(client):
                self._drain(client)

    def _drain(self, client: Any) -> None:
        for part in self._parts(client):
            self._flush(part)

    def _flush(self, part: Any) -> None:
        try:
            part.flush()
        except Exception as error:
            self._observer.sdk_failed(error)
            self._forget(part)
        else:
            self._flushes.wait_for(part)

    def _forget(self, batcher: Any) -> None:
        """Give up what a batcher can't hand over, such as a text that ``before_send_log`` has returned.

        The SDK fails again and again, and sends nothing of this client any more.
        """
        for buffer in self._touchpoints.features.buffers_of(batcher):
            buffer.clear()

    def close(self, client: Any, *, leads_nowhere: bool) -> None:
        """Close a client, and wait for the end of its threads.

        Args:
            client: the client.
            leads_nowhere: whether its transport sends nothing, so that none of its threads waits for an answer.
        """
        transport = client.__dict__.get("transport")
        parts = [*self._parts(client), *filter(None, [client.__dict__.get("monitor")])]
        threads = [thread for part in parts if (thread := _thread_of(part)) is not None]
        if leads_nowhere and (worker := getattr(transport, "_worker", None)) is not None:
            threads += filter(None, [vars(worker).get("_thread")])
        if not is_closed(client):
            self._drain(client)
        if transport is not None:
            client.close()
        elif not is_closed(client):  # the SDK closes no client without a transport
            for part in parts:
                part.kill()
        for thread in threads:
            self._naps.wake(thread)
            if thread is not current_thread():
                thread.join(_PATIENCE)

    def release(self) -> None:
        """Give the parts of clients back what they had."""
        for reference, name, replacement in self._wrapped:
            part, ours = reference(), replacement()
            if part is not None and ours is not None and vars(part).get(name) is ours:
                setattr(part, name, ours.__wrapped__)
        self._wrapped.clear()

    def _parts(self, client: Any) -> list[Any]:
        features = self._touchpoints.features
        names = (*(part.name for part in features.collecting_parts), *features.batchers(client).values())
        return [part for name in names if (part := client.__dict__.get(name)) is not None]

    def _observe_batcher(self, client: Any, batcher: Any) -> None:
        features, batcher_class = self._touchpoints.features, type(batcher)
        if features.wire_form_of(batcher_class) is None:
            self._watch(batcher_class, "add", self._noting)
            self._wrap(client, batcher, "_capture_func", partial(self._hand_over.record, attempt=None))
            raise _missing(batcher_class, "_to_transport_format")
        self._watch(batcher_class, "add", self._adding)
        self._watch(batcher_class, features.wire_form_of(batcher_class), self._formatting)
        if "_record_lost_func" in vars(batcher):
            self._wrap_losses(client, batcher)
        self._watch(batcher_class, "_flush", self._flushing)
        self._wrap(client, batcher, "_capture_func", self._hand_over.record_batch)

    def _watch(self, part_class: type, name: str | None, make: Callable[[Any], Any]) -> None:
        """Replace a method where its class has it, once for all that derive from that."""
        owner = next((base for base in part_class.__mro__ if name in vars(base)), None)
        if owner is None or name is None:
            raise _missing(part_class, str(name))
        if (owner, name) not in self._watched:
            self._watched.add((owner, name))
            self._touchpoints.replace_in(owner, name, make)

    def _wrap(self, client: Any, part: Any, name: str, record: Callable[[Any], None]) -> None:
        """See what a part of a client hands over."""
        original = vars(part).get(name)
        if original is None:
            raise _missing(type(part), name)
        reference = ref(client)

        @wrapping(original)
        def capture(envelope: Any) -> Any:
            __tracebackhide__ = True
            owner = reference()
            if owner is not None and not is_closed(owner):
                record(envelope)
            return original(envelope)

        self._put(part, name, capture)

    def _wrap_losses(self, client: Any, batcher: Any) -> None:
        original, reference, note = batcher._record_lost_func, ref(client), self._losses.note_unseen

        @wrapping(original)
        def record_lost(reason: str, data_category: Any, item: Any = None, quantity: int = 1) -> None:
            __tracebackhide__ = True
            if (owner := reference()) is not None:
                category, number = what_is_lost(data_category, item, quantity)
                note(owner, reason, category, number)
            original(reason, data_category, item, quantity)

        self._put(batcher, "_record_lost_func", record_lost)

    def _put(self, part: Any, name: str, replacement: Any) -> None:
        setattr(part, name, replacement)
        self._wrapped.append((ref(part), name, ref(replacement)))  # what it replaces holds the client

    def _owner_of(self, part: Any) -> tuple[Any, str]:
        reference, kind = self._owners.get(part) or (_nobody, "")
        return reference(), kind

    def _noting(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @wrapping(original)
        def add(part: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            result = original(part, *args, **kwargs)
            client, _ = self._owner_of(part)
            if client is not None:
                self._holding[client] = None
                self._observer.recording.notify()
            return result

        return add

    def _adding(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @wrapping(original)
        def add(batcher: Any, item: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            client, kind = self._owner_of(batcher)
            if client is None:
                return original(batcher, item, *args, **kwargs)
            if self._late:
                self._late.pop(id(item), None)  # of one that was never formatted, and is gone
            refusal = _refusal(batcher, client)
            content = self._content_of(batcher, item, kind) if refusal is None else None
            result = original(batcher, item, *args, **kwargs)
            self._added(client, kind, item, content, refusal)
            return result

        return add

    def _added(
        self, client: Any, kind: str, item: Any, content: Content | Exception | None, refusal: str | None
    ) -> None:
        attempt = self._observer.attempt
        if attempt is not None:
            attempt.reason = attempt.reason or refusal
            segment = item.get("_segment_span") if isinstance(item, dict) else None
            attempt.context.sample_rate = _sample_rate(segment)
            attempt.context.sampling = self._decisions.of(segment).sampling if segment is not None else None
            attempt.got_nonsense = attempt.context.callback is not None and type(item) is not dict
            if attempt.reason is not None:
                return
        if isinstance(content, Exception):
            if attempt is not None and attempt.got_nonsense:
                attempt.reason = "sdk_error"
            else:
                self._observer.unserializable(item_type_of(kind), item)
        elif content is not None:
            if client not in self._holding:
                self._holding[client] = None
            self._observer.captured([(item_type_of(kind), content, {})], None)

    def _content_of(self, batcher: Any, item: Any, kind: str) -> Content | Exception:
        """What the SDK makes of an item: now, if that asks nothing of its objects, else when the SDK does it."""
        wire_form = self._touchpoints.features.wire_form(kind)
        if (flat := _flat_span(item, kind)) is not None:
            return FlatJson(flat, wire_form)
        try:
            if not _has_objects(item):
                return PlainJson(json_data(wire_form(_own_copy(item))))
            if type(item) is dict:
                self._late[id(item)] = late = LateContent(partial(as_json, plain_copy(item), wire_form))
                return late
            with _guarded(batcher):
                return PlainJson(json_data(wire_form(item)))
        except Exception as error:
            return error

    def _formatting(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @wrapping(original)
        def to_transport_format(item: Any) -> Any:
            __tracebackhide__ = True
            formatted = original(item)
            if (late := self._late.pop(id(item), None)) is not None:
                late.arrive(_encoded(formatted))
            return formatted

        return to_transport_format

    def _flushing(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @wrapping(original)
        def flush(batcher: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            with self._flushes.of(batcher):
                return original(batcher, *args, **kwargs)

        return flush


def _nobody() -> None:
    """In place of a reference to the client of a batcher that the application has made by itself."""


def _missing(part_class: type, name: str) -> UnsupportedSdkError:
    return UnsupportedSdkError(f"its {part_class.__name__} has no {name}, which this plugin must reach")


def _refusal(batcher: Any, client: Any) -> str | None:
    """Why a batcher will silently take nothing: it was killed, or this thread is inside of it already."""
    of_batcher = vars(batcher)
    if is_closed(client) or of_batcher.get("_running") is False:
        return "closed_client"
    return "recursion_guard" if getattr(of_batcher.get("_active"), "flag", False) else None


@contextmanager
def _guarded(batcher: Any) -> Iterator[None]:
    """Let a batcher take nothing from this thread, as while it hands over: who is asked for a text may log."""
    active = vars(batcher).get("_active")
    if active is None:
        yield
        return
    active.flag = True
    try:
        yield
    finally:
        active.flag = False


def _encoded(formatted: Any) -> bytes:
    """What the SDK has made of an item, as JSON."""
    try:
        plain = json_data(formatted)
    except Exception:
        plain = plain_copy(formatted)
    return json.dumps(plain, separators=(",", ":")).encode()


def _has_objects(item: Any) -> bool:
    """Whether a log, metric or span holds anything but plain data, so that the SDK will ask it for its text."""
    if type(item) is not dict:
        return True
    return any(_holds_objects(value, 30) for name, value in item.items() if name not in _OF_THE_SDK)


def _holds_objects(value: Any, depth: int) -> bool:
    kind = type(value)
    if kind in _PLAIN or issubclass(kind, (str, int, float)):
        return False
    if not depth:
        return True
    if kind is dict:
        return any(
            type(key) is not str or (type(each) not in _PLAIN and _holds_objects(each, depth - 1))
            for key, each in value.items()
        )
    return kind not in (list, tuple) or any(_holds_objects(each, depth - 1) for each in value)


def _flat_span(item: Any, kind: str) -> dict[str, Any] | None:
    """A copy of a span whose attributes are plain values and lists of them, or None for any other.

    Its wire form can be made when it is read, which saves a third of a request.
    """
    if kind != "span" or type(item) is not dict or type(attributes := item.get("attributes")) is not dict:
        return None
    own_attributes = flat_copy(attributes)
    if own_attributes is None:
        return None
    own = flat_copy({name: value for name, value in item.items() if name not in _NOT_FLAT})
    return None if own is None else {**own, "attributes": own_attributes}


def _own_copy(item: Any) -> Any:
    """A copy for the SDK to make its wire form of: it may write into the attributes."""
    attributes = item.get("attributes")
    return {**item, "attributes": {**attributes}} if type(attributes) is dict else {**item}


def _sample_rate(segment: Any) -> float | None:
    """The rate that a streamed span's trace was sampled with. Asking the SDK's baggage for it would freeze that."""
    rate = getattr(segment, "_sample_rate", None)
    return rate if isinstance(rate, float) else None


def _thread_of(part: Any) -> Thread | None:
    """The thread in which a part hands over what it has collected, or looks how the transport is."""
    thread = vars(part).get("_flusher") or vars(part).get("_thread")
    return thread if isinstance(thread, Thread) else None

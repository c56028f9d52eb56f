"""The SDK's buffers: logs, metrics, streamed spans and sessions, which it collects and sends from threads.

Here they are recorded the moment they are handed to their batcher, and no thread is started: a view is complete when it
is read, and a closed client leaves nothing behind.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from threading import Thread
from typing import Any, Final
from weakref import WeakSet, ref

from sentry_sdk.utils import json_dumps

from pytest_sentry_capture.items import ITEM_TYPE_OF_KIND
from pytest_sentry_capture.sdk.modules import Touchpoints, UnsupportedSdkError
from pytest_sentry_capture.sdk.observer import Observer
from pytest_sentry_capture.sdk.transport import RecordingTransport
from pytest_sentry_capture.sdk.versions import Features

_THREADS: Final = dict.fromkeys(("monitor", "session_flusher"), ("_thread", "_thread_for_pid"))
_THREAD_OF_BATCHER: Final = ("_flusher", "_flusher_pid")
"""Where a part of a client keeps its thread, and the process in which that runs."""
_LATE: Final = "Some items are recorded only when the SDK hands them over by itself."


class _NoThread:
    """Takes the place of a background thread, so that the SDK believes it has one."""

    def join(self, timeout: float | None = None) -> None:
        """There is nothing to wait for."""


class Buffers:
    """Records what clients' batchers take, and keeps clients' threads from starting."""

    def __init__(self, observer: Observer, touchpoints: Touchpoints, watch_transport: Callable[[Any], None]) -> None:
        self._observer = observer
        self._touchpoints = touchpoints
        self._watch_transport = watch_transport
        self._holding: WeakSet[Any] = WeakSet()

    def observe(self, client: Any) -> None:
        """Look after a client's buffers, but for those that are not built as this plugin knows them."""
        batchers = self._touchpoints.features.batchers(client)
        for name in ("session_flusher", *batchers.values()):
            with self._touchpoints.missing_means(_LATE):
                _check_has(client, name)
        for name in ("monitor", "session_flusher", "metrics_aggregator", *batchers.values()):
            if (part := getattr(client, name, None)) is not None:
                with self._touchpoints.missing_means(_LATE):
                    _keep_from_starting(part, name, *_THREADS.get(name, _THREAD_OF_BATCHER))
        for kind, name in batchers.items():
            batcher = getattr(client, name, None)
            if batcher is not None and "add" not in vars(batcher):
                with self._touchpoints.missing_means(_LATE):
                    self._observe_batcher(client, batcher, kind, self._touchpoints.features)
                self._note_additions(client, batcher, "add")
        for name in "session_flusher", "metrics_aggregator":
            if (part := getattr(client, name, None)) is not None:
                self._note_additions(client, part, "add_session" if name == "session_flusher" else "add")

    def drain(self) -> None:
        """Let the clients' buffers hand over what they hold."""
        while True:
            try:
                client = self._holding.pop()
            except KeyError:  # to ask before would not help: another thread may drain too
                return
            batchers = self._touchpoints.features.batchers(client)
            for name in ("session_flusher", "metrics_aggregator", *batchers.values()):
                part = getattr(client, name, None)
                if part is not None and client.transport is not None:
                    part.flush()

    def _note_additions(self, client: Any, part: Any, method: str) -> None:
        original, holding, reference = getattr(part, method), self._holding, ref(client)
        recorder, watch_transport = self._observer.recorder, self._watch_transport

        def add(*args: Any, **kwargs: Any) -> Any:
            result = original(*args, **kwargs)
            if (owner := reference()) is not None:
                watch_transport(owner)
                holding.add(owner)
                recorder.current.notify()
            return result

        setattr(part, method, add)

    def _observe_batcher(self, client: Any, batcher: Any, kind: str, features: Features) -> None:
        observer, original_add, item_type = self._observer, batcher.add, ITEM_TYPE_OF_KIND[kind]
        wire_form = _reached(batcher, "_to_transport_format", features.wire_form(kind))
        original_capture = _reached(batcher, "_capture_func", getattr(batcher, "_capture_func", None))
        is_full = _reached(batcher, "_flush_event", getattr(batcher, "_flush_event", None))

        def add(item: Any) -> None:
            __tracebackhide__ = True
            attempt, refusal = observer.attempt, _refusal(batcher)
            if attempt is not None:
                attempt.reason = attempt.reason or refusal
                attempt.context.sample_rate = _sample_rate(item)
            try:
                payload = json_dumps(wire_form(item))
            except Exception:
                if attempt is not None and attempt.got_nonsense:
                    attempt.reason = "sdk_error"
                else:
                    observer.unserializable(item_type, item)
                return
            original_add(item)
            if refusal is None and (attempt is None or attempt.reason is None):
                observer.captured([(item_type, payload, {})], None)
            if is_full.is_set():
                is_full.clear()
                batcher.flush()

        def capture(envelope: Any) -> None:
            transport = client.transport
            if isinstance(transport, RecordingTransport):
                transport.capture_batch(envelope)
            else:
                original_capture(envelope)

        batcher.add = add
        batcher._capture_func = capture


def _reached(batcher: Any, name: str, found: Any) -> Any:
    if found is None:
        raise UnsupportedSdkError(f"its {type(batcher).__name__} has no {name}, which this plugin must reach")
    return found


def _sample_rate(item: Any) -> float | None:
    """The rate that a streamed span's trace was sampled with; asking the SDK's baggage for it would freeze that."""
    rate = getattr(item.get("_segment_span"), "_sample_rate", None) if isinstance(item, dict) else None
    return rate if isinstance(rate, float) else None


def _refusal(batcher: Any) -> str | None:
    """Why a batcher will silently take nothing: it was killed, or this thread is inside of it already."""
    if batcher._flusher is None:
        return "closed_client"
    return "recursion_guard" if getattr(getattr(batcher, "_active", None), "flag", False) else None


def _stop_early_starter(part: Any, thread: Thread) -> None:
    """In 1.40 and its like the aggregator of statsd metrics starts its thread as soon as it is made."""
    part._running = False
    part._flush_event.set()
    thread.join()
    part._running = True
    part._flush_event.clear()


def _keep_from_starting(part: Any, name: str, thread: str, process_id: str) -> None:
    running = getattr(part, thread, None)
    if isinstance(running, Thread) and running.is_alive():
        _stop_early_starter(part, running)
    for attribute, value in (thread, _NoThread()), (process_id, os.getpid()):
        if not hasattr(part, attribute):
            raise UnsupportedSdkError(f"its clients have no {name}.{attribute}, which this plugin must reach")
        setattr(part, attribute, value)


def _check_has(client: Any, name: str) -> None:
    if not hasattr(client, name):
        raise UnsupportedSdkError(f"its clients have no {name}, which this plugin must reach")

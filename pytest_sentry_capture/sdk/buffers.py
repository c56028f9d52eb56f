"""The SDK's buffers: logs, metrics, streamed spans and sessions, which it collects and sends from threads.

Here they are recorded the moment they are handed to their batcher, and no thread is started: a view is complete when it
is read, and a closed client leaves nothing behind.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any, Final

from sentry_sdk.utils import json_dumps

from pytest_sentry_capture.items import ITEM_TYPE_OF_KIND
from pytest_sentry_capture.sdk.modules import UnsupportedSdkError
from pytest_sentry_capture.sdk.observer import Observer
from pytest_sentry_capture.sdk.transport import RecordingTransport

_BATCHERS: Final = {"log": "log_batcher", "metric": "metrics_batcher", "span": "span_batcher"}
_BATCHER_CLASSES: Final = {
    "log": ("_log_batcher", "LogBatcher"),
    "metric": ("_metrics_batcher", "MetricsBatcher"),
    "span": ("_span_batcher", "SpanBatcher"),
}
_HOLDS_ITEMS: Final = "_holds_items_for_pytest_sentry_capture"
_WIRE_FORMS: Final = ("_to_transport_format", "_log_to_transport_format", "_metric_to_transport_format")


class _NoThread:
    """Takes the place of a background thread, so that the SDK believes it has one."""

    def join(self, timeout: float | None = None) -> None:
        """There is nothing to wait for."""


def wire_form_of(kind: str) -> Callable[[Any], Any] | None:
    """How the SDK turns a log, metric or span into what it sends."""
    module_name, class_name = _BATCHER_CLASSES[kind]
    batcher_class = getattr(sys.modules.get(f"sentry_sdk.{module_name}"), class_name, None)
    return next((getattr(batcher_class, name) for name in _WIRE_FORMS if hasattr(batcher_class, name)), None)


def observe_buffers(client: Any, observer: Observer) -> None:
    """Record what a client's batchers take, and keep its threads from starting.

    Raises:
        UnsupportedSdkError: a buffer is not built as this plugin knows it.
    """
    for name in "monitor", "session_flusher":
        if (part := getattr(client, name, None)) is not None:
            _keep_from_starting(part, f"{name}._thread", f"{name}._thread_for_pid")
    for name in (*_BATCHERS.values(), "metrics_aggregator"):
        if (part := getattr(client, name, None)) is not None:
            _keep_from_starting(part, f"{name}._flusher", f"{name}._flusher_pid")
    for kind, name in _BATCHERS.items():
        batcher = getattr(client, name, None)
        if batcher is not None and "add" not in vars(batcher):
            _observe_batcher(client, batcher, kind, observer)


def drain(client: Any) -> None:
    """Let a client's buffers hand over what they hold."""
    if client.transport is None:
        return
    sessions = client.session_flusher
    if sessions.pending_sessions or sessions.pending_aggregates:
        sessions.flush()
    if getattr(client, "metrics_aggregator", None) is not None:
        client.metrics_aggregator.flush()
    for name in _BATCHERS.values():
        batcher = getattr(client, name, None)
        if batcher is not None and vars(batcher).pop(_HOLDS_ITEMS, False):
            batcher.flush()


def _keep_from_starting(part: Any, thread: str, process_id: str) -> None:
    for path, value in (thread, _NoThread()), (process_id, os.getpid()):
        attribute = path.partition(".")[2]
        if not hasattr(part, attribute):
            raise UnsupportedSdkError(f"its clients have no {path}, which this plugin must reach")
        setattr(part, attribute, value)


def _observe_batcher(client: Any, batcher: Any, kind: str, observer: Observer) -> None:
    original_add, original_capture, wire_form = batcher.add, batcher._capture_func, wire_form_of(kind)
    if wire_form is None:
        raise UnsupportedSdkError(
            f"its {type(batcher).__name__} has no _to_transport_format, which this plugin must reach"
        )

    def add(item: Any) -> None:
        __tracebackhide__ = True
        attempt = observer.attempt
        if batcher._flusher is None or getattr(getattr(batcher, "_active", None), "flag", False):
            if attempt is not None:
                attempt.reason = "closed_client" if batcher._flusher is None else "recursion_guard"
            original_add(item)
            return
        try:
            payload = json_dumps(wire_form(item))
        except Exception:
            if attempt is not None and attempt.got_nonsense:
                attempt.reason = "sdk_error"
            else:
                observer.unserializable(ITEM_TYPE_OF_KIND[kind], item)
            return
        original_add(item)
        vars(batcher)[_HOLDS_ITEMS] = True
        if attempt is None or attempt.reason is None:
            observer.captured([(ITEM_TYPE_OF_KIND[kind], payload, {})], None)
        if batcher._flush_event.is_set():
            batcher._flush_event.clear()
            batcher.flush()

    def capture(envelope: Any) -> None:
        transport = client.transport
        if isinstance(transport, RecordingTransport):
            transport.capture_batch(envelope)
        else:
            original_capture(envelope)

    batcher.add = add
    batcher._capture_func = capture

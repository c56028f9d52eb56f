"""A payload for snapshots: ids, clocks, hosts, versions and stack frames give way to placeholders.

What is replaced are the attributes that Sentry defines (https://develop.sentry.dev/sdk/data-model/event-payloads/) and,
in texts, memory addresses, ports of the machine itself and the path of the Python interpreter. What the application
adds stays as it is otherwise.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, Final

from pytest_sentry_capture._recording.fields import interfaces_of

_REPLACED: Final = (
    "event_id", "check_in_id", "timestamp", "start_timestamp", "dist", "sdk", "modules", "debug_meta",
)  # fmt: skip
_FROM_SURROUNDINGS: Final = ("release", "server_name")
"""What the SDK takes from the environment or from git where the application doesn't give it, or leaves out."""
_META: Final = "_meta"
"""What the SDK says about shortened values, which depends on the lengths of paths."""
_REPLACED_IN_SPAN: Final = ("timestamp", "start_timestamp", "end_timestamp", "exclusive_time")
_REPLACED_IN_SPAN_DATA: Final = (
    "thread.id", "thread.name", "server.address", "server.port", "network.peer.address", "network.peer.port",
    "network.local.address", "network.local.port", "client.address", "client.port",
)  # fmt: skip
_REPLACED_IN_SPAN_TAGS: Final = ("subprocess.pid",)
_REPLACED_IN_ENVIRONMENT: Final = ("SERVER_NAME", "SERVER_PORT", "REMOTE_ADDR")
_REPLACED_IN_HEADERS: Final = ("user-agent", "accept-encoding", "sentry-trace", "baggage", "traceparent", "date")
_NUMBERED: Final = {"trace_id": "trace_id", "span_id": "span_id", "parent_span_id": "span_id"}
_VERSIONS: Final = ("version", "build", "kernel_version", "raw_description")
_ADDRESS: Final = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")
_LOOPBACK_PORT: Final = re.compile(r"(\blocalhost|\b127\.[0-9.]+|\[::1\]):[0-9]+")


def normalized(payload: Mapping[str, Any]) -> dict[str, Any]:
    """A plain copy of an event's or transaction's payload that is the same on every machine and in every run."""
    return _Normalization().of(payload)


class _Normalization:
    """One payload's normalization. Ids are numbered in the order of their first appearance."""

    def __init__(self) -> None:
        self._numbers: defaultdict[str, dict[str, int]] = defaultdict(dict)

    def of(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        result = _replace(_copied(payload), _REPLACED)
        result.pop(_META, None)
        result.update({name: f"<{name}>" for name in _FROM_SURROUNDINGS})
        _change(result, "contexts", self._contexts)
        _change(result, "spans", lambda spans: [self._span(span) for span in spans], list)
        for name in "exception", "threads":
            for value in interfaces_of(result.get(name)):
                _without_frames(value)
        for crumb in interfaces_of(result.get("breadcrumbs")):
            _replace(crumb, ("timestamp",))
        _change(result, "request", _request)
        _change(result, "extra", lambda extra: _replace(extra, ("sys.argv",)))
        return result

    def _contexts(self, contexts: dict[str, Any]) -> dict[str, Any]:
        _change(contexts, "trace", self._span)
        for name in "runtime", "os", "browser":
            _change(contexts, name, lambda context: _replace(context, _VERSIONS))
        _change(contexts, "profile", lambda profile: _replace(profile, ("profile_id", "profiler_id")))
        return contexts

    def _span(self, span: Any) -> Any:
        if not isinstance(span, dict):
            return span
        for name, counted in _NUMBERED.items():
            if isinstance(identifier := span.get(name), str):
                numbers = self._numbers[counted]
                span[name] = f"<{counted} {numbers.setdefault(identifier, len(numbers) + 1)}>"
        _change(span, "data", lambda data: _replace(data, _REPLACED_IN_SPAN_DATA))
        _change(span, "tags", lambda tags: _replace(tags, _REPLACED_IN_SPAN_TAGS))
        return _replace(span, _REPLACED_IN_SPAN)


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_copied(key): _copied(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_copied(each) for each in value]
    return _without_machine(value) if isinstance(value, str) else value


def _without_machine(text: str) -> str:
    if sys.executable:
        text = text.replace(sys.executable, "<python>")
    return _LOOPBACK_PORT.sub(r"\1:<port>", _ADDRESS.sub("0x…", text))


def _replace(values: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    for name in names:
        if values.get(name) is not None:
            values[name] = f"<{name}>"
    return values


def _change(values: dict[str, Any], name: str, change: Callable[[Any], Any], expected: type = dict) -> None:
    if isinstance(values.get(name), expected):
        values[name] = change(values[name])


def _without_frames(value: dict[str, Any]) -> None:
    _replace(value, ("stacktrace", "raw_stacktrace", "thread_id", "id"))


def _request(request: dict[str, Any]) -> dict[str, Any]:
    _change(request, "env", lambda environment: _replace(environment, _REPLACED_IN_ENVIRONMENT))
    _change(request, "headers", _headers)
    return request


def _headers(headers: dict[str, Any]) -> dict[str, Any]:
    for name in headers:
        if str(name).lower() in _REPLACED_IN_HEADERS:
            headers[name] = f"<{str(name).lower()}>"
    return headers

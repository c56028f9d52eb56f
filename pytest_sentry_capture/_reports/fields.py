"""Which fields the items of a row have, and in which state they are sent: paths, never values."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal, get_args

from pytest_sentry_capture._recording.entries import CapturedItem, RawItem
from pytest_sentry_capture._recording.fields import mapping_of, unwrapped
from pytest_sentry_capture._recording.kinds import CapturedAttachment
from pytest_sentry_capture._recording.scope_origin import SCRUBBED_TEXTS
from pytest_sentry_capture._recording.test_runner import first_own_frame
from pytest_sentry_capture._reports.names import shown_key

FieldState = Literal["filtered", "cut", "sent"]
FIELD_STATES: Final = get_args(FieldState)
"""From what tells the least to what tells the most: what one item sends in clear is sent, whatever others filter."""

Fields = dict[str, FieldState]
"""The dotted paths of the fields, without the indices of lists, and the state of each."""

BODY: Final = "http.request.body.data"
"""The attribute that holds a request's body as one text."""
_HEADER: Final = "http.request.header."
_LEFT_OUT: Final = frozenset(("_meta", "is_segment", "links", "modules", "sdk", "spans", "type"))
"""What tells nothing of the application, and spans, which are items of their own."""
_OF_THE_SDK: Final = frozenset(
    (
        *(
            "event_id",
            "trace_id",
            "span_id",
            "parent_span_id",
            "check_in_id",
            "profile_id",
            "profiler_id",
            "sid",
            "did",
        ),
        *("timestamp", "start_timestamp", "end_timestamp", "started", "received", "breadcrumbs.values.timestamp"),
        *("contexts.trace.trace_id", "contexts.trace.span_id", "contexts.trace.parent_span_id"),
        *("contexts.trace.data.thread.id", "contexts.profile.profiler_id", "contexts.replay.replay_id"),
        "contexts.trace.data.profiler_id",
        *("exception.values.mechanism.exception_id", "exception.values.mechanism.parent_id"),
        "exception.values.mechanism.source",
        *("exception.values.thread_id", "threads.values.id"),
    )
)
"""Ids, clocks and words of the SDK's own, by their whole paths: elsewhere an application may call anything so."""
_ATTRIBUTES_LEFT_OUT: Final = frozenset(
    (
        *("sentry.segment.id", "sentry.profiler_id", "thread.id"),
        *("network.protocol.name", "sentry.is_localhost", "sentry.sdk.integrations", "sentry.sdk.name"),
        *("sentry.sdk.version", "sentry.trace_lifecycle"),
    )
)
_FRAMES: Final = ("stacktrace", "frames")
_LIMIT: Final = "!limit"
_DEEPEST: Final = 12


def fields_of(item: CapturedItem) -> Fields:
    """The fields of an item that hold something."""
    if isinstance(item, (CapturedAttachment, RawItem)):
        return {}
    fields: Fields = {}
    own = {key: value for key, value in item.items() if key != "attributes"}
    for path, state in _walk(own, mapping_of(item.get("_meta")), ()):
        note(fields, path, state)
    for name, value in mapping_of(item.get("attributes")).items():
        if name not in _ATTRIBUTES_LEFT_OUT:
            for path, state in _walk(_attribute(name, unwrapped(value)), {}, (_shown_attribute(name),)):
                note(fields, path, state)
    return fields


def merge(fields: Fields, others: Mapping[str, FieldState]) -> None:
    """Add the fields of further items."""
    for path, state in others.items():
        note(fields, path, state)


def note(fields: Fields, path: str, state: FieldState) -> None:
    """Add a field: of several states the one that tells the most stays."""
    if tells_more(state, fields.get(path)):
        fields[path] = state


def tells_more(state: FieldState | None, other: FieldState | None) -> bool:
    """Whether a field tells more in one state than in another; None stands for a field that is not sent."""
    return state is not None and (other is None or FIELD_STATES.index(state) > FIELD_STATES.index(other))


def _shown_attribute(name: str) -> str:
    """The name of an attribute; of a header only its own name may be one that is not shown."""
    prefix = _HEADER if name.startswith(_HEADER) else ""
    return prefix + shown_key(name[len(prefix) :])


def _attribute(name: str, value: Any) -> Any:
    """An attribute's value; what a body holds, where it is JSON."""
    if name == BODY and isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _walk(value: Any, meta: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[str, FieldState]]:
    if isinstance(value, dict) and len(path) < _DEEPEST:
        for key, each in value.items():
            name = str(key)
            place = (*path, shown_key(name))
            if (path or name not in _LEFT_OUT) and ".".join(place) not in _OF_THE_SDK:
                yield from _walk(each, mapping_of(meta.get(name)), place)
    elif isinstance(value, list) and len(path) < _DEEPEST:
        for index, each in enumerate(value) if path[-2:] != _FRAMES else _in_app(value):
            yield from _walk(each, mapping_of(meta.get(str(index))), path)
    elif path and value not in (None, ""):
        yield ".".join(path), _state(value, meta)


def _in_app(frames: Sequence[Any]) -> Iterator[tuple[int, Any]]:
    """The application's frames: not those that started the test, which differ with how pytest is called."""
    first = first_own_frame(frames)
    for index, frame in enumerate(frames[first:], first):
        is_of_a_file = not str(mapping_of(frame).get("filename")).startswith("<")
        if mapping_of(frame).get("in_app") and is_of_a_file:
            yield index, frame


def _state(value: Any, meta: Mapping[str, Any]) -> FieldState:
    if value in SCRUBBED_TEXTS:
        return "filtered"
    remarks = mapping_of(meta.get("")).get("rem") or ()
    is_cut = any(isinstance(remark, list) and remark[:1] == [_LIMIT] for remark in remarks)
    return "cut" if is_cut else "sent"


def place_of(path: str) -> str:
    """A path of a finding, as fields are named: without indices, and with names that may be shown."""
    parts = [shown_key(part) for part in path.split(".") if not part.isdigit()]
    return ".".join(parts[1:-1] if parts[:1] == ["attributes"] and parts[-1:] == ["value"] else parts)

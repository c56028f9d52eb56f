"""Which fields the items of a row have, and in which state they are sent: paths, never values."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, Literal, get_args

from pytest_sentry_capture._recording import (
    CONTAINERS,
    CapturedItem,
    Keys,
    Masks,
    RawItem,
    at,
    dotted,
    first_own_frame,
    is_empty,
    mapping_of,
    parts_of,
    unwrapped,
    walk,
)
from pytest_sentry_capture._recording.kinds import CapturedAttachment
from pytest_sentry_capture._reports.names import ShownNames

FieldState = Literal["filtered", "cut", "sent"]
FIELD_STATES: Final = get_args(FieldState)
"""From what tells the least to what tells the most: what one item sends in clear is sent, whatever others filter."""

Fields = dict[str, FieldState]
"""The dotted paths of the fields, without the indices of lists, and the state of each."""

BODY: Final = "http.request.body.data"
"""The attribute that holds a request's body as one text."""
_HEADER: Final = "http.request.header."
_LEFT_OUT: Final = frozenset(("_meta", "attributes", "is_segment", "links", "modules", "sdk", "spans", "type"))
"""What tells nothing of the application, attributes, which have fields of other names, and spans, which are items."""
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
"""Ids, clocks and the SDK's own words, by their whole paths: elsewhere an application may call anything so."""
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


def fields_of(names: ShownNames, masks: Masks, item: CapturedItem) -> Fields:
    """The fields of an item that hold something.

    Args:
        names: says how keys are shown.
        masks: what stands in place of a value that was filtered out.
        item: the item.
    """
    if isinstance(item, (CapturedAttachment, RawItem)):
        return {}
    own = {key: value for key, value in item.items() if key not in _LEFT_OUT}
    attributes = {
        name: _attribute(name, unwrapped(value))
        for name, value in mapping_of(item.get("attributes")).items()
        if name not in _ATTRIBUTES_LEFT_OUT
    }
    fields: Fields = {}
    for path, state in _fields_in(names, masks, own, names.key, mapping_of(item.get("_meta")), _OF_THE_SDK):
        note(fields, path, state)
    for path, state in _fields_in(names, masks, attributes, partial(_shown_attribute, names)):
        note(fields, path, state)
    return fields


def merge(fields: Fields, others: Mapping[str, FieldState]) -> None:
    """Add the fields of further items."""
    if not fields:
        fields.update(others)
        return
    if fields == others:
        return
    for path, state in others.items():
        note(fields, path, state)


def note(fields: Fields, path: str, state: FieldState) -> None:
    """Add a field: of several states the one that tells the most stays."""
    if tells_more(state, fields.get(path)):
        fields[path] = state


def tells_more(state: FieldState | None, other: FieldState | None) -> bool:
    """Whether a field tells more in one state than in another. None stands for a field that is not sent."""
    return state is not None and (other is None or FIELD_STATES.index(state) > FIELD_STATES.index(other))


def _shown_attribute(names: ShownNames, name: str) -> str:
    """The name of an attribute. Of a header only its own name may be one that is not shown."""
    prefix = _HEADER if name.startswith(_HEADER) else ""
    return prefix + names.key(name[len(prefix) :])


def _attribute(name: str, value: Any) -> Any:
    """An attribute's value. What a body holds, where it is JSON."""
    if name == BODY and isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _fields_in(
    names: ShownNames,
    masks: Masks,
    payload: Mapping[str, Any],
    shown_at_root: Callable[[str], str],
    meta: Mapping[str, Any] | None = None,
    left_out: frozenset[str] = frozenset(),
) -> Iterator[tuple[str, FieldState]]:
    """The fields of a payload.

    Args:
        names: says how keys are shown.
        masks: what stands in place of a value that was filtered out.
        payload: what they are looked for in.
        shown_at_root: how the keys of the payload itself are shown.
        meta: the SDK's notes about it.
        left_out: the paths of fields that are not wanted.
    """

    def shown(keys: Keys) -> list[str]:
        own = [key for key in keys if isinstance(key, str)]
        return [*map(shown_at_root, own[:1]), *map(names.key, own[1:])]

    def parts(keys: Keys, container: Any) -> Iterable[tuple[Any, Any]]:
        place = shown(keys)
        if len(place) >= _DEEPEST:
            return ()
        if isinstance(container, list):
            return in_app_frames(container) if keys[-2:] == _FRAMES else enumerate(container)
        return (part for part in parts_of(container) if dotted(shown((*keys, part[0]))) not in left_out)

    for keys, value in walk(payload, parts):
        place = shown(keys)
        is_entered = isinstance(value, CONTAINERS) and len(place) < _DEEPEST
        if not is_entered and not is_empty(value):
            yield dotted(place), _state(masks, value, at(meta, (*keys, "")))


def in_app_frames(frames: Sequence[Any]) -> Iterator[tuple[int, Any]]:
    """The application's frames: not those that started the test, which differ with how pytest is called."""
    first = first_own_frame(frames)
    for index, frame in enumerate(frames[first:], first):
        is_of_a_file = not str(mapping_of(frame).get("filename")).startswith("<")
        if mapping_of(frame).get("in_app") and is_of_a_file:
            yield index, frame


def _state(masks: Masks, value: Any, notes: object) -> FieldState:
    if isinstance(value, str) and masks.is_mask(value):
        return "filtered"
    remarks = mapping_of(notes).get("rem") or ()
    is_cut = any(isinstance(remark, list) and remark[:1] == [_LIMIT] for remark in remarks)
    return "cut" if is_cut else "sent"


def place_of(names: ShownNames, path: str) -> str:
    """A path of a finding, as fields are named: without indices, and with names that may be shown."""
    parts = [names.key(part) for part in names.redacted(path).split(".") if not part.isdigit()]
    return ".".join(parts[1:-1] if parts[:1] == ["attributes"] and parts[-1:] == ["value"] else parts)

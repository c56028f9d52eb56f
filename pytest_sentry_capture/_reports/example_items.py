"""Example items of rows: the names and the structure of sent items, and no value that could be one of a person's."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from pytest_sentry_capture._recording import (
    MISSING,
    CapturedItem,
    Masks,
    Recording,
    interfaces_of,
    mapping_of,
    unwrapped,
)
from pytest_sentry_capture._recording.kinds import CapturedAttachment, CapturedEvent, CapturedSegment
from pytest_sentry_capture._reports.fields import in_app_frames
from pytest_sentry_capture._reports.names import ROUTE_SOURCES, ShownNames

MOST_BYTES: Final = 1500
"""Of an example item as compact JSON."""
_FOR_LEFT_OUT: Final = 200
"""Bytes kept for the names of parts that have no room."""
_MOST_LEFT_OUT: Final = 5
_MOST_NAMES: Final = 20
_STACKS: Final = ((8, 12), (4, 4), (2, 0))
"""How many frames, and variables of each, an exception shows: the first pair that has room."""
_MOST_EXCEPTIONS: Final = 4
_FOR_EXCEPTIONS: Final = 800
_CLASSES: Final = ((0, "0"), (9, "1-9"), (99, "10-99"), (999, "100-999"))
_SHOWN_OTHERWISE: Final = frozenset(
    (
        *("level", "logger", "exception", "tags", "user", "contexts", "request", "breadcrumbs", "extra", "attributes"),
        *("_meta", "modules", "sdk", "spans", "event_id", "timestamp", "start_timestamp", "end_timestamp", "type"),
        *("trace_id", "span_id", "parent_span_id", "transaction_info", "links", "is_segment", "op", "status"),
    )
)
_FRAMED: Final = ("headers", "cookies", "env", "data")


class ExampleItem(NamedTuple):
    """An example of a row.

    Attributes:
        item: the item without values. See the schema of the report.
        before: the same before the application's callback, or None if that was not recorded.
        test: the label of the recording that it is from.
    """

    item: dict[str, Any]
    before: dict[str, Any] | None
    test: str

    @property
    def rank(self) -> tuple[bool, str]:
        """The lowest is the one to show: those that describe the callback first, then the same in every run."""
        return self.before is None, self.test


class ExampleItems:
    """Makes the examples of one process: one for each row, and another where that tells more.

    Args:
        root: the rootdir. Of other files than those below it no path is shown.
    """

    def __init__(self, root: Path) -> None:
        self._root = f"{root.as_posix().rstrip('/')}/"
        self._made: dict[object, tuple[str, bool]] = {}

    def example(self, names: ShownNames, recording: Recording, row: object, item: CapturedItem) -> ExampleItem | None:
        """An example of a row, or None if the process has made one that tells as much.

        An attempt at the test that has the example makes it again: only the last attempt counts.
        """
        has_before = tells_of_callback(item)
        made = self._made.get(row)
        if made is not None and made[0] != recording.label and (made[1] or not has_before):
            return None
        outline = _Outline(names, recording.masks, self._root)
        before = item._capture.context.payload_before_callback if has_before else MISSING
        told = outline.of(item, before) if isinstance(before, dict) else None
        self._made[row] = recording.label, told is not None
        return ExampleItem(outline.of(item, item), told, recording.label)

    def file(self, path: object) -> str | None:
        """A file relative to the rootdir, or None if it is not below it."""
        return relative_file(self._root, path)


def tells_of_callback(item: CapturedItem) -> bool:
    """Whether it was recorded what an item was before the application's callback."""
    context = item._capture.context
    return context.before_callback is not None and context.callback is not None


def relative_file(root: str, path: object) -> str | None:
    """A file relative to the rootdir, which ends with a slash, or None if it is not below it."""
    if not isinstance(path, str):
        return None
    path = path.replace("\\", "/")
    return path[len(root) :] if path.startswith(root) else None


def length_class(number: int) -> str:
    """The class of a length: ``"1-9"``, ``"1000 or more"``."""
    return next((name for most, name in _CLASSES if number <= most), "1000 or more")


class _Outline:
    """Puts payloads down without their values."""

    def __init__(self, names: ShownNames, masks: Masks, root: str) -> None:
        self._names = names
        self._masks = masks
        self._root = root

    def of(self, item: CapturedItem, payload: Mapping[str, Any]) -> dict[str, Any]:
        """An item with this payload, within ``MOST_BYTES``: what tells the most first."""
        if isinstance(item, CapturedAttachment):
            return {"payload": f"<bytes of {length_class(len(item.payload))}>"}
        shown: dict[str, Any] = {}
        left_out: list[str] = []
        room = MOST_BYTES - _FOR_LEFT_OUT
        for name, value in self._parts(item, payload):
            size = len(json.dumps({name: value}, separators=(",", ":")))
            if size <= room:
                shown[name] = value
                room -= size
            else:
                left_out.append(name[:30])
        if left_out:
            shown["left_out"] = left_out[:_MOST_LEFT_OUT]
        return shown

    def _parts(self, item: CapturedItem, payload: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        yield from self._words(item, payload)
        if exceptions := self._exceptions(payload):
            yield "exceptions", exceptions
        if tags := self._tags(item, payload):
            yield "tags", tags
        for name in "user", "extra":
            if values := mapping_of(payload.get(name)):
                yield name, self._named(values)
        if attributes := mapping_of(payload.get("attributes")):
            yield "attributes", self._named({name: unwrapped(value) for name, value in attributes.items()})
        if contexts := mapping_of(payload.get("contexts")):
            yield "contexts", self._contexts(contexts)
        if request := mapping_of(payload.get("request")):
            yield "request", self._request(request)
        if categories := self._breadcrumbs(payload):
            yield "breadcrumbs", categories
        others = {name: value for name, value in payload.items() if name not in _SHOWN_OTHERWISE}
        yield from self._named(others).items()

    def _words(self, item: CapturedItem, payload: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for name in "level", "logger":
            if isinstance(payload.get(name), str):
                yield name, self._names.key(payload[name])
        trace = mapping_of(mapping_of(payload.get("contexts")).get("trace"))
        for name in "op", "status":
            value = payload.get(name) or trace.get(name)
            if isinstance(value, str):
                yield name, self._names.key(value)
        if isinstance(item, CapturedSegment):
            route, source = item.name, item.source
        else:
            route, source = payload.get("transaction"), mapping_of(payload.get("transaction_info")).get("source")
        if isinstance(route, str) and source in ROUTE_SOURCES:
            yield "route", self._names.route(route)

    def _exceptions(self, payload: Mapping[str, Any]) -> list[dict[str, Any]]:
        chain = [mapping_of(each) for each in interfaces_of(payload.get("exception"))][-_MOST_EXCEPTIONS:]
        found: list[dict[str, Any]] = []
        for frames, variables in _STACKS:
            found = [self._exception(each, frames, variables) for each in chain]
            if len(json.dumps(found, separators=(",", ":"))) <= _FOR_EXCEPTIONS:
                break
        return found

    def _exception(self, exception: Mapping[str, Any], frames: int, variables: int) -> dict[str, Any]:
        mechanism = mapping_of(exception.get("mechanism"))
        shown: dict[str, Any] = {"type": self._names.class_name(str(exception.get("type") or ""))}
        if isinstance(exception.get("module"), str):
            shown["module"] = self._names.dotted(exception["module"])
        if isinstance(mechanism.get("type"), str):
            shown["mechanism"] = self._names.key(mechanism["type"])
        if isinstance(mechanism.get("handled"), bool):
            shown["handled"] = mechanism["handled"]
        if isinstance(exception.get("value"), str):
            shown["value"] = self._value(exception["value"])
        stack = mapping_of(exception.get("stacktrace")).get("frames")
        own = [frame for _, frame in in_app_frames(stack)] if isinstance(stack, list) else []
        if own:
            shown["frames"] = [self._frame(mapping_of(frame), variables) for frame in own[-frames:]]
        return shown

    def _frame(self, frame: Mapping[str, Any], variables: int) -> dict[str, Any]:
        shown: dict[str, Any] = {
            name: self._names.dotted(frame[name]) for name in ("function", "module") if isinstance(frame.get(name), str)
        }
        if (file := relative_file(self._root, frame.get("abs_path"))) is not None:
            shown["file"] = self._names.file(file)
        if isinstance(frame.get("lineno"), int):
            shown["line"] = frame["lineno"]
        names = [self._names.key(str(name)) for name in islice(mapping_of(frame.get("vars")), variables)]
        return {**shown, "variables": names} if names else shown

    def _tags(self, item: CapturedItem, payload: Mapping[str, Any]) -> dict[str, Any]:
        tags = mapping_of(payload.get("tags"))
        return {
            self._names.key(str(name)): {"scope": _scope_of(item, payload, str(name)), "value": self._value(value)}
            for name, value in islice(tags.items(), _MOST_NAMES)
        }

    def _contexts(self, contexts: Mapping[str, Any]) -> dict[str, Any]:
        return {
            self._names.key(str(name)): self._named(mapping_of(context))
            for name, context in islice(contexts.items(), _MOST_NAMES)
        }

    def _request(self, request: Mapping[str, Any]) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        for name, value in islice(request.items(), _MOST_NAMES):
            if name == "method" and isinstance(value, str):
                shown[name] = self._names.method(value)
            elif name in _FRAMED and isinstance(value, dict):
                shown[name] = self._named(value)
            else:
                shown[self._names.key(str(name))] = self._value(value)
        return shown

    def _breadcrumbs(self, payload: Mapping[str, Any]) -> dict[str, int]:
        crumbs = interfaces_of(payload.get("breadcrumbs"))
        categories = (mapping_of(each).get("category") for each in crumbs)
        found = Counter(self._names.key(each) if isinstance(each, str) else "(none)" for each in categories)
        return dict(islice(found.items(), _MOST_NAMES))

    def _named(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {self._names.key(str(name)): self._value(value) for name, value in islice(values.items(), _MOST_NAMES)}

    def _value(self, value: object) -> Any:
        """A value as its type and the class of its length. Masks are shown, for they say that nothing was sent."""
        if value is None:
            return None
        if isinstance(value, bool):
            return "<boolean>"
        if isinstance(value, (int, float)):
            return "<number>"
        if isinstance(value, str):
            return "[Filtered]" if self._masks.is_mask(value) else f"<text of {length_class(len(value))}>"
        kind = "object" if isinstance(value, dict) else "list"
        return f"<{kind} of {length_class(len(value))}>" if isinstance(value, (dict, list)) else "<unknown>"


def _scope_of(item: CapturedItem, payload: Mapping[str, Any], tag: str) -> str | None:
    """Where a tag was set, or None if no test recorded it."""
    if not isinstance(item, CapturedEvent) or item._capture.context.scope_origin is None or payload is not item:
        return None
    return item.scope_of("tags", tag)

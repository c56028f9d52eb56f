"""The places of a payload: how they are walked, how they are written as paths, and how a path is read again.

The keys to a place, ``("exception", "values", 0, "type")``, tell it from every other. Users read and write it as a
dotted path, ``exception.values.0.type``. A key may have dots itself, as in ``attributes.user.id.value``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest
from typing import Any, Final

from pytest_sentry_capture._recording.changes import MISSING

Key = str | int
"""A key of a mapping, or the index of an element of a list."""
Keys = tuple[Key, ...]
Parts = Callable[[Keys, Any], Iterable[tuple[Any, Any]]]
"""What a walk meets in the container to which these keys lead: keys and values."""

CONTAINERS: Final = (dict, list, tuple)
_NOTED: Final = (("rem", list), ("err", list), ("len", int), ("val", object))
"""What a note may hold: remarks, errors, and the length or the value that there was before."""
_INDEX: Final = re.compile(r"-?[0-9]{1,9}")


def dotted(keys: Iterable[object]) -> str:
    """The path as users write it."""
    return ".".join(map(str, keys))


def is_within(path: str, place: str) -> bool:
    """Whether a dotted path is this place, or leads to something in it."""
    return path == place or path.startswith(f"{place}.")


def parts_of(value: Any) -> Iterable[tuple[Any, Any]]:
    """The keys and values in a container. Nothing for any other value."""
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, (list, tuple)) else ()


def _everything(_: Keys, container: Any) -> Iterable[tuple[Any, Any]]:
    return parts_of(container)


def walk(payload: Any, parts: Parts = _everything, *, start: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    """Every place in a payload, containers included, in the order of the payload.

    A container that stands at several places is entered at each of them, but never within itself. Nothing is asked of
    objects of other types: payloads that the SDK has not serialized yet may have some of the application's. It keeps
    its own stack, for such a payload may be nested deeper than Python recurses.

    Args:
        payload: a container.
        parts: what the walk meets in each container.
        start: the keys to the payload itself.
    """
    entered = {id(payload)}
    stack = [(start, payload, iter(parts(start, payload)))]
    while stack:
        keys, container, rest = stack[-1]
        for key, value in rest:
            place = (*keys, key)
            yield place, value
            if issubclass(type(value), CONTAINERS) and id(value) not in entered:
                entered.add(id(value))
                stack.append((place, value, iter(parts(place, value))))
                break
        else:
            stack.pop()
            entered.discard(id(container))


def containers(payload: Any) -> Iterator[tuple[Keys, Any]]:
    """A payload and every container in it."""
    yield (), payload
    yield from (place for place in walk(payload) if isinstance(place[1], CONTAINERS))


def names_and_texts(payload: Any) -> tuple[set[str], list[str]]:
    """All keys of a payload, and its texts and numbers as texts, wherever they stand.

    For searches that only ask whether it is worth looking closely: it takes a quarter of the time of ``walk``.
    """
    names: set[object] = set()
    texts: list[str] = []
    entered = {id(payload)}
    queue: list[Any] = [payload]
    for container in queue:  # which grows meanwhile
        is_mapping = isinstance(container, dict)
        if is_mapping:
            names.update(container)
        for value in container.values() if is_mapping else container:
            kind = type(value)
            if kind is str:
                texts.append(value)
            elif issubclass(kind, CONTAINERS):
                if id(value) not in entered:
                    entered.add(id(value))
                    queue.append(value)
            elif value is not None:
                texts.append(str(value))
    return {*map(str, names)}, texts


def differing_places(before: Any, after: Any) -> Iterator[tuple[Keys, Any, Any]]:
    """Every place at which two payloads differ, with what stands there in each, or ``MISSING``.

    In the order of the first payload. In each mapping, the keys that only the second has come last.
    """
    stack: list[Iterator[tuple[Keys, Any, Any]]] = [iter([((), before, after)])]
    while stack:
        for keys, one, other in stack[-1]:
            if isinstance(one, dict) and isinstance(other, dict):
                stack.append(_of_mappings(keys, one, other))
                break
            if isinstance(one, list) and isinstance(other, list):
                stack.append(_of_lists(keys, one, other))
                break
            if type(one) is not type(other) or one != other:
                yield keys, one, other
        else:
            stack.pop()


def common_containers(one: Any, other: Any, *, without: str) -> Iterator[tuple[Keys, Any, Any]]:
    """The containers of two payloads of JSON at places where both have a mapping, or both a list, from the outside in.

    What stands under the key ``without`` is left out. The types are compared one by one, because it is the larger part
    of what the rule ``accepted-by-sentry`` does by itself: with ``isinstance`` it takes twice the time.
    """
    queue: list[tuple[Keys, Any, Any]] = [((), one, other)] if type(one) is type(other) in (dict, list) else []
    for keys, first, second in queue:  # which grows meanwhile
        yield keys, first, second
        if type(second) is dict:
            for key, value in second.items():
                kind = type(value)
                if (kind is dict or kind is list) and key != without and type(first.get(key)) is kind:
                    queue.append(((*keys, key), first[key], value))
        else:
            for index, (part, value) in enumerate(zip(first, second, strict=False)):
                kind = type(value)
                if (kind is dict or kind is list) and type(part) is kind:
                    queue.append(((*keys, index), part, value))


def notes_in(meta: Any) -> Iterator[tuple[Keys, dict[str, Any]]]:
    """What a payload's ``_meta`` notes, and on which places: the SDK on what it has cut, Sentry on what it has changed.

    The notes on a place stand under an empty key, which may be a key of the payload too.
    """

    def parts(keys: Keys, container: Any) -> Iterable[tuple[Any, Any]]:
        return () if keys[-1:] == ("",) and _is_note(container) else parts_of(container)

    for keys, value in walk(meta, parts):
        if keys[-1] == "" and _is_note(value):
            yield keys[:-1], value


def at(payload: Any, keys: Iterable[Key]) -> Any:
    """What stands at a place, or None. Indices are texts in ``_meta``, and may be texts among the keys."""
    for key in keys:
        payload = _part(payload, key)
    return None if payload is MISSING else payload


def resolve(payload: Any, path: str) -> Any:
    """What stands at a dotted path of a payload, or ``MISSING``. Elements of lists are addressed by their index.

    A path may have several readings: ``a.b`` of ``{"a": {"b": 1}, "a.b": 2}``. The one with the shortest keys is taken.
    """
    return resolve_parts(payload, path.split("."))


def resolve_parts(payload: Any, parts: list[str]) -> Any:
    """What stands at a path that is given in its parts, or ``MISSING``."""
    found = payload
    for part in parts:
        found = _part(found, part)
    return found if found is not MISSING else _resolve_with_dots(payload, parts)


def _resolve_with_dots(payload: Any, parts: list[str]) -> Any:
    """What stands at a path in which several parts may be one key."""
    readings = [(payload, 0)]
    while readings:
        value, start = readings.pop()
        if start == len(parts):
            return value
        for length in sorted({1, *_lengths_with_dots(value)}, reverse=True):
            end = start + length
            found = _part(value, ".".join(parts[start:end])) if end <= len(parts) else MISSING
            if found is not MISSING:
                readings.append((found, end))
    return MISSING


def _lengths_with_dots(value: Any) -> Iterator[int]:
    """In how many parts of a path the keys with dots are written."""
    keys = value if isinstance(value, dict) else ()
    return (key.count(".") + 1 for key in keys if isinstance(key, str) and "." in key)


def _part(value: Any, key: Key) -> Any:
    if isinstance(value, dict):
        if key in value:
            return value[key]
        if isinstance(key, int):
            return value.get(str(key), MISSING)
        return next((part for name, part in value.items() if type(name) is not str and str(name) == key), MISSING)
    if isinstance(value, (list, tuple)):
        index = int(key) if isinstance(key, int) or _INDEX.fullmatch(key) else len(value)
        return value[index] if -len(value) <= index < len(value) else MISSING
    return MISSING


def _is_note(value: Any) -> bool:
    return isinstance(value, dict) and any(name in value and isinstance(value[name], kind) for name, kind in _NOTED)


def _of_mappings(keys: Keys, one: dict[Any, Any], other: dict[Any, Any]) -> Iterator[tuple[Keys, Any, Any]]:
    return (((*keys, key), one.get(key, MISSING), other.get(key, MISSING)) for key in {**one, **other})


def _of_lists(keys: Keys, one: list[Any], other: list[Any]) -> Iterator[tuple[Keys, Any, Any]]:
    return (((*keys, index), *pair) for index, pair in enumerate(zip_longest(one, other, fillvalue=MISSING)))

"""The places of a payload: walks through its containers, each of which is met once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

CONTAINERS: Final = (dict, list, tuple)


def at(value: Any, keys: Sequence[str]) -> Any:
    """What stands at a place; None where nothing does."""
    for key in keys:
        value = dict(pairs(value)).get(key)
    return value


def pairs(value: Any) -> Iterator[tuple[str, Any]]:
    """The parts of a container by their names in paths."""
    if isinstance(value, dict):
        yield from ((str(key), each) for key, each in value.items())
    elif isinstance(value, (list, tuple)):
        yield from ((str(index), each) for index, each in enumerate(value))


def places(payload: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every container of a payload with its path, each once."""
    queue: list[tuple[tuple[str, ...], Any]] = [((), payload)]
    seen = set()
    for keys, container in queue:  # which grows meanwhile
        if id(container) not in seen:
            seen.add(id(container))
            yield keys, container
            queue += [((*keys, key), each) for key, each in pairs(container) if isinstance(each, CONTAINERS)]


def path_to(payload: Any, container: Any) -> tuple[str, ...]:
    """Where a container of the payload stands."""
    return next(keys for keys, each in places(payload) if each is container)


def places_of_name(payload: Any, name: str) -> Iterator[tuple[str, ...]]:
    """Where a text is a key, or the first of a pair."""
    for keys, container in places(payload):
        if isinstance(container, dict) and any(str(key) == name for key in container):
            yield (*keys, name)
        elif isinstance(container, (list, tuple)) and len(container) == 2 and container[0] == name:
            yield (*keys, "0")


def frames_of(payload: Any) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """The frames of all stack traces with their paths."""
    for keys, container in places(payload):
        if isinstance(container, dict) and len(keys) > 1 and keys[-2] == "frames":
            yield keys, container


def texts_of(value: Any) -> Iterator[str]:
    """A value, or all that a container holds."""
    if not isinstance(value, CONTAINERS):
        yield as_text(value)
        return
    for _, container in places(value):
        yield from (as_text(each) for _, each in pairs(container) if not isinstance(each, CONTAINERS))


def as_text(value: Any) -> str:
    """A value as the carrier holds it."""
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)

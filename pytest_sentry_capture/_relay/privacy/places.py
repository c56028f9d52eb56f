"""The places of a payload: walks through its containers, each of which is met once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

CONTAINERS: Final = (dict, list, tuple)


def at(value: Any, keys: Sequence[str]) -> Any:
    """What stands at a place; None where nothing does."""
    for key in keys:
        value = _part(value, key)
    return value


def _part(container: Any, name: str) -> Any:
    if isinstance(container, dict):
        return container[name] if name in container else dict(pairs(container)).get(name)
    is_index = isinstance(container, (list, tuple)) and name.isdecimal() and int(name) < len(container)
    return container[int(name)] if is_index else None


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


def paths_of(payload: Any) -> dict[int, tuple[str, ...]]:
    """Where each container of the payload stands, by identity."""
    return {id(container): keys for keys, container in places(payload)}


def places_of_names(payload: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The texts that are keys, or the first of pairs, with their places."""
    for keys, container in places(payload):
        if isinstance(container, dict):
            yield from ((name, (*keys, name)) for name in map(str, container))
        elif isinstance(container, (list, tuple)) and len(container) == 2 and type(container[0]) is str:
            yield container[0], (*keys, "0")


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

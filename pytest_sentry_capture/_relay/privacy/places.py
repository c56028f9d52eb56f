"""What is looked for in a payload to say where a remark of Relay's belongs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pytest_sentry_capture._recording import CONTAINERS, Keys, containers, walk


def paths_of(payload: Any) -> dict[int, Keys]:
    """Where each container of the payload stands first, by identity."""
    first: dict[int, Keys] = {}
    for keys, container in containers(payload):
        first.setdefault(id(container), keys)
    return first


def places_of_names(payload: Any) -> Iterator[tuple[str, Keys]]:
    """The texts that are keys, or the first of pairs, with their places."""
    for keys, container in containers(payload):
        if isinstance(container, dict):
            yield from ((name, (*keys, name)) for name in map(str, container))
        elif isinstance(container, (list, tuple)) and len(container) == 2 and type(container[0]) is str:
            yield container[0], (*keys, 0)


def frames_of(payload: Any) -> Iterator[tuple[Keys, Mapping[str, Any]]]:
    """The frames of all stack traces with their places."""
    for keys, container in containers(payload):
        if isinstance(container, dict) and keys[-2:-1] == ("frames",):
            yield keys, container


def texts_of(value: Any) -> Iterator[str]:
    """A value, or all that a container holds."""
    places = walk(value) if isinstance(value, CONTAINERS) else (((), value),)
    yield from (as_text(each) for _, each in places if not isinstance(each, CONTAINERS))


def as_text(value: Any) -> str:
    """A value as the probe event holds it."""
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)

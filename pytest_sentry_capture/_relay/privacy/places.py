"""What is looked for in a payload to say where a remark of Relay's belongs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pytest_sentry_capture._recording.payload_walk import CONTAINERS, Keys, containers, walk


def path_to(payload: Any, container: Any) -> Keys:
    """Where a container of the payload stands."""
    return next(keys for keys, each in containers(payload) if each is container)


def places_of_name(payload: Any, name: str) -> Iterator[Keys]:
    """Where a text is a key, or the first of a pair."""
    for keys, container in containers(payload):
        if isinstance(container, dict) and any(str(key) == name for key in container):
            yield (*keys, name)
        elif isinstance(container, (list, tuple)) and len(container) == 2 and container[0] == name:
            yield (*keys, 0)


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
    """A value as the carrier holds it."""
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)

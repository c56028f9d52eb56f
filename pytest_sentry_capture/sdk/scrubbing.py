"""What an event scrubber takes out of an event, which it changes in place before the event is serialised."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, Final

from pytest_sentry_capture.callables import CallableLocation
from pytest_sentry_capture.changes import MISSING, Change
from pytest_sentry_capture.sdk.observer import Observer

Path = tuple[str, ...]
Place = tuple[Path, dict[Any, Any], dict[Any, Any]]
"""A dictionary of an event: where it is, the dictionary itself, and a copy of what it held before."""

_SDKS_OWN: Final = "sentry_sdk.scrubber"


def observed_scrubbing(original: Callable[[Any, Any], None], observer: Observer) -> Callable[[Any, Any], None]:
    """A scrubber's ``scrub_event`` that notes which values it took out."""
    is_the_sdks = original.__module__ == _SDKS_OWN
    places = _places_of_the_sdks_scrubber if is_the_sdks else _all_places

    @functools.wraps(original)
    def scrub_event(scrubber: Any, event: Any) -> None:
        __tracebackhide__ = True
        attempt = observer.attempt
        if attempt is None or not attempt.detailed or attempt.is_scrubbing:
            return original(scrubber, event)
        attempt.is_scrubbing = True
        before = list(_all_places(event, ()) if getattr(scrubber, "recursive", False) else places(event, ()))
        original(scrubber, event)
        attempt.context.scrubs = tuple(
            change for path, now, then in before if now != then for change in _scrubs(path, now, then, scrubber)
        )
        return None

    return scrub_event


def _places_of_the_sdks_scrubber(event: dict[str, Any], _: Path) -> Iterator[Place]:
    """Where ``sentry_sdk.scrubber.EventScrubber`` looks when it is not recursive."""
    for name in "extra", "user":
        yield from _place((name,), event.get(name))
    request = _mapping(event.get("request"))
    for name in "headers", "cookies", "data":
        yield from _all_places(request.get(name), ("request", name))
    for index, crumb in enumerate(_values(event.get("breadcrumbs"))):
        yield from _place(("breadcrumbs", "values", str(index), "data"), _mapping(crumb).get("data"))
    yield from _frame_variables(event)
    for index, span in enumerate(_sequence(event.get("spans"))):
        yield from _place(("spans", str(index), "data"), _mapping(span).get("data"))


def _frame_variables(event: dict[str, Any]) -> Iterator[Place]:
    for name in "exception", "threads":
        for index, value in enumerate(_values(event.get(name))):
            frames = _sequence(_mapping(_mapping(value).get("stacktrace")).get("frames"))
            for frame_index, frame in enumerate(frames):
                path = name, "values", str(index), "stacktrace", "frames", str(frame_index), "vars"
                yield from _place(path, _mapping(frame).get("vars"))


def _all_places(value: Any, path: Path, within: tuple[int, ...] = ()) -> Iterator[Place]:
    """Every dictionary in a value; applications may have put a value into itself."""
    if not isinstance(value, (dict, list)) or id(value) in within:
        return
    if isinstance(value, dict):
        yield path, value, {**value}
    within = (*within, id(value))
    for key, each in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(each, (dict, list)):
            yield from _all_places(each, (*path, str(key)), within)


def _place(path: Path, value: Any) -> tuple[Place, ...]:
    return ((path, value, {**value}),) if isinstance(value, dict) and value else ()


def _values(interface: Any) -> Any:
    return _sequence(_mapping(interface).get("values"))


def _mapping(value: Any) -> dict[str, Any]:
    """A dictionary, or an empty one: callbacks of the application may have put anything into an event."""
    return value if isinstance(value, dict) else {}


def _sequence(value: Any) -> Any:
    return value if isinstance(value, (list, tuple)) else ()


def _scrubs(path: Path, now: dict[Any, Any], before: dict[Any, Any], scrubber: Any) -> Iterator[Change]:
    by = CallableLocation.of(type(scrubber).scrub_event)
    for key in {**before, **now}:
        old, new = before.get(key, MISSING), now.get(key, MISSING)
        if old is not new:
            new = getattr(new, "value", new) if type(new).__name__ == "AnnotatedValue" else new
            yield Change(".".join((*path, str(key))), old, new, by, scrubbed=True)

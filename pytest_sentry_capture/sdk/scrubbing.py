"""What an event scrubber takes out of an event, which it changes in place before the event is serialised."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, Final

from sentry_sdk.scrubber import EventScrubber

from pytest_sentry_capture.callables import CallableLocation
from pytest_sentry_capture.changes import MISSING, Change
from pytest_sentry_capture.sdk.observer import Observer

Path = tuple[str, ...]
Place = tuple[Path, dict[Any, Any], dict[Any, Any]]
"""A dictionary of an event: where it is, the dictionary itself, and a copy of what it held before."""

_OWN_SCRUB_EVENT: Final = EventScrubber.scrub_event


def observed_scrubbing(original: Callable[[Any, Any], None], observer: Observer) -> Callable[[Any, Any], None]:
    """A scrubber's ``scrub_event`` that notes which values it took out."""
    places = _places_of_the_sdks_scrubber if original is _OWN_SCRUB_EVENT else _all_places

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
        if type(values := event.get(name)) is dict and values:
            yield (name,), values, {**values}
    request = event.get("request") or {}
    for name in "headers", "cookies", "data":
        if isinstance(values := request.get(name), (dict, list)):
            yield from _all_places(values, ("request", name))
    for index, crumb in enumerate(_values(event.get("breadcrumbs"))):
        if type(data := crumb.get("data")) is dict and data:
            yield ("breadcrumbs", "values", str(index), "data"), data, {**data}
    yield from _frame_variables(event)
    for index, span in enumerate(event.get("spans") or ()):
        if type(data := span.get("data")) is dict and data:
            yield ("spans", str(index), "data"), data, {**data}


def _frame_variables(event: dict[str, Any]) -> Iterator[Place]:
    for name in "exception", "threads":
        for index, value in enumerate(_values(event.get(name))):
            for frame_index, frame in enumerate((value.get("stacktrace") or {}).get("frames") or ()):
                if variables := frame.get("vars"):
                    path = name, "values", str(index), "stacktrace", "frames", str(frame_index), "vars"
                    yield path, variables, {**variables}


def _all_places(value: Any, path: Path) -> Iterator[Place]:
    if isinstance(value, dict):
        yield path, value, {**value}
        for key, each in value.items():
            if isinstance(each, (dict, list)):
                yield from _all_places(each, (*path, str(key)))
    else:
        for index, each in enumerate(value):
            if isinstance(each, (dict, list)):
                yield from _all_places(each, (*path, str(index)))


def _values(interface: Any) -> Any:
    return (interface.get("values") or ()) if type(interface) is dict else ()


def _scrubs(path: Path, now: dict[Any, Any], before: dict[Any, Any], scrubber: Any) -> Iterator[Change]:
    by = CallableLocation.of(type(scrubber).scrub_event)
    for key in {**before, **now}:
        old, new = before.get(key, MISSING), now.get(key, MISSING)
        if old is not new:
            new = getattr(new, "value", new) if type(new).__name__ == "AnnotatedValue" else new
            yield Change(".".join((*path, str(key))), old, new, by, scrubbed=True)

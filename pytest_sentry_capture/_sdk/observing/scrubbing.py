"""What an event scrubber takes out of an event, which it changes in place before the event is serialized."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from pytest_sentry_capture._recording import MISSING, Change, Keys, dotted, location_of, walk
from pytest_sentry_capture._sdk.call_stack import wrapping
from pytest_sentry_capture._sdk.observing.observer import Observer
from pytest_sentry_capture._sdk.patching.touchpoints import Touchpoints

Place = tuple[Keys, dict[Any, Any], dict[Any, Any]]
"""A dictionary of an event: where it is, the dictionary itself, and a copy of what it held before."""

_SDKS_OWN: Final = "sentry_sdk.scrubber"


class Scrubbing:
    """Watches the event scrubbers that clients have (sentry-sdk up to 2)."""

    def __init__(self, touchpoints: Touchpoints, observer: Observer) -> None:
        self._touchpoints = touchpoints
        self._observer = observer
        self._watched: set[type] = {type(None)}

    def watch(self, scrubber: Any) -> None:
        """See what a scrubber takes out from now on."""
        if type(scrubber) in self._watched:
            return
        for scrubber_class in type(scrubber).__mro__:
            if "scrub_event" in vars(scrubber_class) and scrubber_class not in self._watched:
                self._touchpoints.replace_in(scrubber_class, "scrub_event", self._observed)
            self._watched.add(scrubber_class)

    def _observed(self, original: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
        """A scrubber's ``scrub_event`` that notes which values it took out."""
        observer = self._observer
        places = _places_of_the_sdks_scrubber if original.__module__ == _SDKS_OWN else _all_places

        @wrapping(original)
        def scrub_event(scrubber: Any, event: Any) -> None:
            __tracebackhide__ = True
            attempt = observer.attempt
            if attempt is None or not attempt.detailed or attempt.is_scrubbing:
                return original(scrubber, event)
            attempt.is_scrubbing = True
            is_recursive = vars(scrubber).get("recursive") is True
            before = list(_all_places(event, ()) if is_recursive else places(event, ()))
            original(scrubber, event)
            attempt.context.scrubs = tuple(
                change for path, now, then in before for change in _scrubs(path, now, then, scrubber)
            )
            return None

        return scrub_event


def _places_of_the_sdks_scrubber(event: dict[str, Any], _: Keys) -> Iterator[Place]:
    """Where ``sentry_sdk.scrubber.EventScrubber`` looks when it is not recursive."""
    for name in "extra", "user":
        yield from _place((name,), event.get(name))
    request = _mapping(event.get("request"))
    for name in "headers", "cookies", "data":
        yield from _all_places(request.get(name), ("request", name))
    for index, crumb in enumerate(_values(event.get("breadcrumbs"))):
        yield from _place(("breadcrumbs", "values", index, "data"), _mapping(crumb).get("data"))
    yield from _frame_variables(event)
    for index, span in enumerate(_sequence(event.get("spans"))):
        yield from _place(("spans", index, "data"), _mapping(span).get("data"))


def _frame_variables(event: dict[str, Any]) -> Iterator[Place]:
    for name in "exception", "threads":
        for index, value in enumerate(_values(event.get(name))):
            frames = _sequence(_mapping(_mapping(value).get("stacktrace")).get("frames"))
            for frame_index, frame in enumerate(frames):
                path = name, "values", index, "stacktrace", "frames", frame_index, "vars"
                yield from _place(path, _mapping(frame).get("vars"))


def _all_places(value: Any, path: Keys) -> Iterator[Place]:
    """Every plain dictionary in a value."""
    for keys, each in walk([value], _plain_parts):
        if type(each) is dict:
            yield (*path, *keys[1:]), each, {**each}


def _plain_parts(_: Keys, container: Any) -> Iterable[tuple[Any, Any]]:
    """What is in a plain container: nothing is asked of any object of the application."""
    if type(container) is dict:
        return [(_named(key), value) for key, value in container.items()]
    return enumerate(container) if type(container) is list else ()


def _place(path: Keys, value: Any) -> tuple[Place, ...]:
    return ((path, value, {**value}),) if type(value) is dict and value else ()


def _values(interface: Any) -> Any:
    return _sequence(_mapping(interface).get("values"))


def _mapping(value: Any) -> dict[str, Any]:
    """A plain dictionary, or an empty one: callbacks of the application may have put anything into an event."""
    return value if type(value) is dict else {}


def _sequence(value: Any) -> Any:
    return value if type(value) in (list, tuple) else ()


def _scrubs(path: Keys, now: dict[Any, Any], before: dict[Any, Any], scrubber: Any) -> Iterator[Change]:
    """What is another object than before. Whether two are equal is nothing to ask objects of the application."""
    by = location_of(type(scrubber).scrub_event)
    for key in {**before, **now}:
        old, new = before.get(key, MISSING), now.get(key, MISSING)
        if old is not new:
            new = new.value if type(new).__name__ == "AnnotatedValue" else new
            yield Change(dotted((*path, _named(key))), old, new, by, scrubbed=True)


def _named(key: Any) -> str:
    return key if type(key) is str else str(key) if type(key) is int else f"<{type(key).__name__}>"

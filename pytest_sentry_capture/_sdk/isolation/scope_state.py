"""The state of scopes and hubs: read, copied, put back, and what one piece of code changed in it.

Threads of the application may write to it meanwhile: what Python code iterates over is a copy, made in one step.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Any, Final

from pytest_sentry_capture._recording import MISSING
from pytest_sentry_capture._sdk.versions import Features

_GROWING: Final = ("_event_processors", "_error_processors", "_attachments", "_breadcrumbs")
"""The attributes to which the SDK only appends."""
_CRUMBS: Final = "_breadcrumbs"
_DISPLACED: Final = "_n_breadcrumbs_truncated"
"""How many breadcrumbs others have displaced (since 2.26)."""
_QUERIES: Final = ("query", "redis")
"""The categories of breadcrumbs for what is asked of databases."""
_OWN_OBJECTS: Final = ("Session", "PropagationContext", "FlagBuffer")
"""The SDK's own mutable objects that hang on a scope."""
_CONTAINERS: Final = (dict, list, deque)
_DEEPEST: Final = 8


class State:
    """What a scope or hub consists of: the values of its attributes."""

    __slots__ = ("_shape", "values")

    def __init__(self, shape: _Shape, values: Iterable[Any]) -> None:
        self._shape = shape
        self.values = [*values]

    def __getitem__(self, name: str) -> Any:
        return self.values[self._shape.positions[name]]

    def __setitem__(self, name: str, value: Any) -> None:
        self.values[self._shape.positions[name]] = value

    def get(self, name: str) -> Any:
        """The value of an attribute, or None if there is no such attribute."""
        return self[name] if name in self._shape.positions else None

    def items(self) -> Iterator[tuple[str, Any]]:
        """Names and values."""
        return zip(self._shape.names, self.values, strict=True)

    def outline(self) -> State:
        """A copy deep enough to find later what was added, replaced or removed."""
        return State(
            self._shape, (copy.copy(value) if isinstance(value, _CONTAINERS) else value for value in self.values)
        )


def read(holder: Any) -> State:
    """The state itself, not a copy."""
    shape = _shape_of(holder.__class__)
    return State(shape, shape.values_of(holder))


def write(holder: Any, state: State) -> None:
    """Give a scope or hub this state."""
    shape = _shape_of(holder.__class__)
    for name, held, value in zip(shape.names, shape.values_of(holder), state.values, strict=True):
        if held is value:
            continue
        if value is MISSING:
            delattr(holder, name)
        else:
            setattr(holder, name, value)


def lend(holder: Any) -> State:
    """Leave a scope or hub with a copy of its state, which shares no container with it, and return the state itself."""
    state = read(holder)
    for name, value in state.items():
        copier = _COPIERS[value.__class__]
        if copier is not None:
            setattr(holder, name, copier(value))
    return state


@dataclass
class StateChange:
    """One attribute, or one key of a dictionary attribute, that was given another value, or what a list grew by."""

    name: str
    key: str | None
    before: Any
    after: Any

    def apply(self, state: State) -> None:
        """Make the same change in another state."""
        self._put(state, self.after)

    def revert(self, state: State) -> None:
        """Undo the change, unless something else has put another value there since."""
        if self.name in _GROWING:
            grown = {id(each) for each in self.after}
            state[self.name] = type(state[self.name])(each for each in list(state[self.name]) if id(each) not in grown)
        elif self._is_there(state):
            self._put(state, self.before)

    def _is_there(self, state: State) -> bool:
        held = self._get(state)
        return held is self.after or (isinstance(self.after, list) and bool(held == self.after))  # lists are lent

    def _get(self, state: State) -> Any:
        return state.get(self.name) if self.key is None else (state.get(self.name) or {}).get(self.key, MISSING)

    def _put(self, state: State, value: Any) -> None:
        if self.name in _GROWING:
            state[self.name] = type(state[self.name])([*state[self.name], *value])
        elif self.key is None:
            state[self.name] = [*value] if isinstance(value, list) else value  # which is changed in place
        else:
            content = {key: each for key, each in (state.get(self.name) or {}).items() if key != self.key}
            state[self.name] = content if value is MISSING else {**content, self.key: value}


def changes(before: State, after: State) -> Iterator[StateChange]:
    """What changed between an outline of a state and the state now."""
    for name, value in after.items():
        old = before.get(name)
        if name in _GROWING:
            known = {id(each) for each in old or ()}
            if grown := [each for each in list(value) if id(each) not in known]:
                yield StateChange(name, None, [], grown)
        elif isinstance(value, dict) and isinstance(old, dict):
            for key in {**old, **value}:
                if old.get(key, MISSING) is not value.get(key, MISSING):
                    yield StateChange(name, key, old.get(key, MISSING), value.get(key, MISSING))
        elif isinstance(value, list) and isinstance(old, list):
            if value != old:
                yield StateChange(name, None, old, [*value])
        elif value is not old:
            yield StateChange(name, None, old, value)


def forget_queries(holder: Any, before: State) -> None:
    """Take queries of databases out of the breadcrumbs that a scope has got since, and put back what they displaced.

    Migrations and data that a fixture of a wider scope sets up are not part of what leads to an event of a test.
    """
    crumbs = before.get(_CRUMBS)
    if not isinstance(crumbs, deque):
        return
    now = list(getattr(holder, _CRUMBS))
    known = {id(each) for each in crumbs}
    new = [each for each in now if id(each) not in known]
    others = [each for each in new if not (type(each) is dict and each.get("category") in _QUERIES)]
    if len(others) == len(new):
        return
    setattr(holder, _CRUMBS, deque([*crumbs, *others][-max(len(crumbs), len(now)) :]))
    if (displaced := before.get(_DISPLACED)) is not None:
        setattr(holder, _DISPLACED, displaced)


class _Shape:
    """The attributes of a class: of a scope, of a hub, or of what hangs on one.

    All values are read in one call, which takes a third of the time of a call for each: every test and every fixture of
    a wider scope reads all scopes.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self.positions = {name: position for position, name in enumerate(names)}
        self._values_of: Callable[[object], tuple[Any, ...]] = attrgetter(*names)

    def values_of(self, holder: object) -> tuple[Any, ...]:
        """The values of all attributes. ``MISSING`` for one that was never given a value."""
        try:
            return self._values_of(holder)
        except AttributeError:  # see ``Features.client_on``
            return tuple(getattr(holder, name, MISSING) for name in self.names)


@cache
def _shape_of(holder_class: Any) -> _Shape:
    return _Shape(_slots_of(holder_class) or Features.attributes_of_hubs)


def _slots_of(kind: Any) -> tuple[str, ...]:
    return tuple(slot for base in kind.__mro__ for slot in getattr(base, "__slots__", ()))


def _copier(kind: Any) -> Callable[[Any], Any] | None:
    """How a value of this type is copied, or None if it can't be changed in place, or is shared on purpose."""
    if kind in _CONTAINERS:
        return _copied
    if issubclass(kind, (dict, set)):
        return copy.copy
    if kind.__name__ in _OWN_OBJECTS and kind.__module__.startswith("sentry_sdk."):
        return copy.deepcopy if kind.__name__ == "FlagBuffer" else _shallow_copier(kind)
    return None


def _shallow_copier(kind: Any) -> Callable[[Any], Any]:
    """Like ``copy.copy``, in half the time, for classes that consist of slots. It is done for every test."""
    slots = _slots_of(kind)  # of a single one attrgetter gives the value, no tuple
    if len(slots) < 2 or kind.__dictoffset__ or hasattr(kind, "__copy__"):
        return copy.copy
    shape = _Shape(slots)

    def copied(value: Any) -> Any:
        twin = kind.__new__(kind)
        for slot, each in zip(slots, shape.values_of(value), strict=True):
            if each is not MISSING:
                setattr(twin, slot, each)
        return twin

    return copied


class _Copiers(dict[type, Callable[[Any], Any] | None]):
    """The copiers of all types that were met: a quarter of the time of choosing again, dozens of times in each test."""

    def __missing__(self, kind: type) -> Callable[[Any], Any] | None:
        copier = self[kind] = _copier(kind)
        return copier


_COPIERS: Final = _Copiers()


def _copied(value: Any, depth: int = _DEEPEST) -> Any:
    """A copy of a container and of those in it. What else is in them is shared, for it is the application's.

    It takes a quarter of the time of ``copy.deepcopy``, which would run code of the application's objects too.
    """
    copied = type(value)(value)
    if not copied:
        return copied
    if depth:
        for key, each in copied.items() if type(copied) is dict else enumerate(copied):
            if type(each) in _CONTAINERS:
                copied[key] = _copied(each, depth - 1)
    return copied

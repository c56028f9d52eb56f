"""The state of scopes (and of 1.x hubs): read, copied, put back, and what one piece of code changed in it.

Threads of the application may write to it meanwhile: what Python code iterates over is a copy, made in one step.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Any, Final

from pytest_sentry_capture.changes import MISSING

State = dict[str, Any]

_GROWING: Final = ("_event_processors", "_error_processors", "_attachments", "_breadcrumbs")
"""The attributes to which the SDK only appends."""
_OWN_OBJECTS: Final = ("Session", "PropagationContext", "FlagBuffer")
"""The SDK's own mutable objects that hang on a scope."""
_CONTAINERS: Final = (dict, list, deque)
_DEEPEST: Final = 8


def read(holder: Any) -> State:
    """The state itself, not a copy: attribute by attribute."""
    names, values_of = _attributes(holder.__class__)
    try:
        return dict(zip(names, values_of(holder), strict=True))
    except AttributeError:  # in 2.0 and its like a forked scope has no client, not even None
        return {name: getattr(holder, name, MISSING) for name in names}


def write(holder: Any, state: State) -> None:
    """Give a scope or hub this state."""
    for name, value in read(holder).items():
        if state[name] is MISSING is not value:
            delattr(holder, name)
        elif state[name] is not value:
            setattr(holder, name, state[name])


def lend(holder: Any) -> State:
    """Leave a scope or hub with a copy of its state, which shares no container with it, and return the state itself."""
    state = read(holder)
    for name, value in state.items():
        if value is not None and (copier := _copier(value.__class__)) is not None:
            setattr(holder, name, copier(value))
    return state


def outline(state: State) -> State:
    """A copy deep enough to find later what was added, replaced or removed."""
    return {name: copy.copy(value) if isinstance(value, _CONTAINERS) else value for name, value in state.items()}


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


@cache
def _attributes(holder_class: Any) -> tuple[tuple[str, ...], Callable[[object], tuple[Any, ...]]]:
    """The names of what a scope, or else a hub, consists of, and how to get all values at once."""
    slots = tuple(slot for base in holder_class.__mro__ for slot in getattr(base, "__slots__", ()))
    names = slots or ("_stack", "_last_event_id")
    return names, attrgetter(*names)


@cache
def _copier(kind: Any) -> Callable[[Any], Any] | None:
    """How a value of this type is copied; None where it can't be changed in place, or is shared on purpose."""
    if kind in _CONTAINERS:
        return _copied
    if issubclass(kind, (dict, set)):
        return copy.copy
    if kind.__name__ in _OWN_OBJECTS and kind.__module__.startswith("sentry_sdk."):
        return copy.deepcopy if kind.__name__ == "FlagBuffer" else _shallow_copier(kind)
    return None


def _shallow_copier(kind: Any) -> Callable[[Any], Any]:
    """Like ``copy.copy``, several times as fast; it is done for every test."""
    slots = tuple(slot for base in kind.__mro__ for slot in getattr(base, "__slots__", ()))
    if not slots or kind.__dictoffset__ or hasattr(kind, "__copy__"):
        return copy.copy

    def copied(value: Any) -> Any:
        twin = kind.__new__(kind)
        for slot in slots:
            if hasattr(value, slot):
                setattr(twin, slot, getattr(value, slot))
        return twin

    return copied


def _copied(value: Any, depth: int = _DEEPEST) -> Any:
    copied = type(value)(value)
    if depth:
        for key, each in copied.items() if type(copied) is dict else enumerate(copied):
            if type(each) in _CONTAINERS:
                copied[key] = _copied(each, depth - 1)
    return copied

"""One function of the SDK that captures go through, and what is in its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import FunctionType, MethodType, ModuleType
from typing import Any, Final
from weakref import WeakSet, ref

from pytest_sentry_capture._recording import Recording, Replacement
from pytest_sentry_capture._sdk.observing.foreign_callables import MISSING, described, is_mock, passes_calls_on
from pytest_sentry_capture._sdk.observing.hand_over import is_closed
from pytest_sentry_capture._sdk.observing.user_frames import NOWHERE, Place, place_in_user_code

Kinds = frozenset[str] | None
"""The kinds of items that go through a function, or None for all, empty for what turns Sentry on."""

_SDK: Final = "sentry_sdk"


class Own:
    """Stands for the SDK's own, where that is in its place."""


@dataclass(eq=False)
class Watched:
    """A function of the SDK, and what is in its place.

    Attributes:
        called: as users call it.
        kinds: of the items that go through it.
        read: tells what is there. ``Own`` where it is the SDK's own.
        is_own: whether something is the SDK's own.
        value: what was there when it was last read.
        found: where it was put there, or noticed, and which of the two. Also of what it has replaced in its turn.
        noted_in: the recordings that describe it.
    """

    called: str
    kinds: Kinds
    read: Callable[[], object]
    is_own: Callable[[object], bool]
    value: object = Own
    found: dict[int, tuple[object, Place, bool]] = field(default_factory=dict)
    noted_in: WeakSet[Recording] = field(default_factory=WeakSet)

    def note(self, recording: Recording, *, is_written: bool = False) -> None:
        """Note in a recording what is there, unless it is the SDK's own, or passes each call on to that.

        A mock that has just been put there may be set in the next line to pass calls on. It is looked at again when it
        is put back, and when somebody asks.
        """
        value = self.read()
        if value is not self.value:
            self._begin(value, is_written=is_written)
        if value is Own or recording in self.noted_in or passes_calls_on(value, self.is_own):
            return
        if is_written and is_mock(value):
            return
        self.noted_in.add(recording)
        _, place, is_exact = self.found.get(id(value), (None, NOWHERE, False))
        note = Replacement(self.called, described(value), self.kinds, *place, is_exact=is_exact)
        if note not in recording.replacements:
            recording.replacements.append(note)

    def _begin(self, value: object, *, is_written: bool) -> None:
        self.value = value
        self.noted_in.clear()
        if value is Own:
            self.found.clear()
        elif id(value) not in self.found:
            self.found[id(value)] = value, place_in_user_code(), is_written


class Attribute:
    """A name that a module or class has for something of the SDK, or will have once that is imported.

    Attributes:
        owned_by: the attributes among which it is.
        own: the SDK's own. None as long as there is none, ``Own`` where it had been replaced before the plugin came.
    """

    def __init__(self, owner: Any, name: str) -> None:
        self.owned_by: Mapping[str, Any] = vars(owner)
        self.name = name
        self._can_be_reloaded = not isinstance(owner, type)  # a class that is made once more is another
        own = self.owned_by.get(name)
        self.own = own if own is None or _may_be_of_sdk(own) else Own

    def read(self) -> object:
        value = self.owned_by.get(self.name)
        if self.own is None or (value is not self.own and self._can_be_reloaded and _was_reloaded(value)):
            self.own = value
        if value is self.own:
            return Own
        return MISSING if value is None and self.name not in self.owned_by else value

    def is_own(self, value: object) -> bool:
        return value is self.own


def attributes_of(owner: Any, called: str, names: Mapping[str, Kinds]) -> dict[str, tuple[Attribute, Watched]]:
    """What must be watched of a module or class, by name."""
    attributes = {name: Attribute(owner, name) for name in names}
    return {
        name: (each, Watched(f"{called}.{name}", names[name], each.read, each.is_own))
        for name, each in attributes.items()
    }


def method_of(owner: Any, name: str, kinds: Kinds) -> Watched:
    """What a client or hub has itself, in place of a method of its class, until the client is closed."""
    kind, reference = type(owner), ref(owner)
    function = next((vars(base)[name] for base in kind.__mro__ if name in vars(base)), None)

    def is_own(value: object) -> bool:
        return type(value) is MethodType and value.__func__ is function and value.__self__ is reference()

    def read() -> object:
        owner = reference()
        if owner is None or ("options" in owner.__dict__ and is_closed(owner)):
            return Own
        value = owner.__dict__.get(name, Own)
        return Own if is_own(value) else value

    return Watched(f"{name} of a {kind.__name__.strip('_').lower()}", kinds, read, is_own)


def _may_be_of_sdk(value: object) -> bool:
    """Whether something is the SDK's own, or what this plugin has put around that, by its name."""
    if type(value) is ModuleType:
        return value.__name__.startswith(_SDK)
    if type(value) not in (type, FunctionType):
        return not is_mock(value)
    module = vars(value).get("__module__") if type(value) is type else value.__module__
    return isinstance(module, str) and module.startswith(_SDK) and not is_mock(value)


def _was_reloaded(value: object) -> bool:
    """Whether a function was made by a module of the SDK, which has been executed once more."""
    function = value.func if type(value) is partial else value
    return type(function) is FunctionType and str(function.__globals__.get("__name__")).startswith(_SDK)

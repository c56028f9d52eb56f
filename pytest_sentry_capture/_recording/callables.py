"""Where an application's callables come from: the answer to "who dropped this event?"."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import BuiltinFunctionType, FrameType, FunctionType, MethodType, MethodWrapperType
from typing import Any, Final

from pytest_sentry_capture._public import export

_BUILT_IN: Final = (BuiltinFunctionType, MethodWrapperType)
_CACHED: Final = type(functools.lru_cache(lambda: None))


@dataclass(frozen=True)
class CallableLocation:
    """A callable's qualified name and the place of its definition.

    ``name`` is dotted (``"shop.monitoring.drop_expected"``); ``file`` and ``line`` are None for callables without
    Python source, such as builtins.
    """

    name: str
    file: str | None = None
    line: int | None = None
    _target: object = field(default=None, compare=False, repr=False)
    """The callable itself; None where only its place is known, as of one that a traceback tells."""

    def __str__(self) -> str:
        return self.name if self.file is None else f"{self.name} ({self.file}:{self.line})"


def location_of(target: object) -> CallableLocation:
    """The location of a function, method, partial, class or instance with ``__call__``, without asking it anything.

    Objects of other types, such as proxies and mocks, are called what their class is called: their attributes may be
    code of the application.
    """
    defined = _definition(target)
    if type(defined) is FunctionType:
        name, code = _dotted(defined.__module__, defined.__qualname__), defined.__code__
        return CallableLocation(name, code.co_filename, code.co_firstlineno, target)
    if type(defined) in _BUILT_IN:
        return CallableLocation(_dotted(*_name_of(defined)), _target=target)
    kind = defined if type(defined) is type else type(defined)
    return CallableLocation(_dotted(vars(kind).get("__module__"), kind.__qualname__), _target=target)


def location_of_frame(frame: FrameType) -> CallableLocation:
    """The location of the function that a traceback's frame was executing."""
    code = frame.f_code
    name: str = getattr(code, "co_qualname", code.co_name)
    return CallableLocation(_dotted(frame.f_globals.get("__name__"), name), code.co_filename, code.co_firstlineno)


def is_callable_at(location: CallableLocation, given: object) -> bool:
    """Whether a callable is the one at a location, or what that wraps; where only the place is known, that is compared.

    The callable that is given is not unwrapped: another wrapper of the same function is another callable.
    """
    if location._target is None:
        return location == location_of(given)
    return any(_is_same(layer, given) for layer in _layers(location._target))


def _is_same(one: object, other: object) -> bool:
    if one is other:
        return True
    if type(one) is MethodType and type(other) is MethodType:  # each access makes another object
        return one == other
    return type(one) is FunctionType and type(other) is FunctionType and _is_reloaded(one, other)


def _is_reloaded(one: FunctionType, other: FunctionType) -> bool:
    """Whether two functions are one, whose module was imported anew. Lambdas and closures have no name of their own."""
    name = one.__qualname__
    is_named = (one.__module__, name) == (other.__module__, other.__qualname__) and "<" not in name
    return is_named and one.__code__ == other.__code__


def _layers(target: object) -> Iterator[object]:
    """A callable, and what is behind it: behind methods, partials and the wrappers that ``functools`` makes."""
    while True:
        yield target
        if type(target) is functools.partial:
            target = target.func
        elif type(target) is MethodType:
            target = target.__func__
        elif type(target) is FunctionType and "__wrapped__" in target.__dict__:
            target = target.__dict__["__wrapped__"]
        elif type(target) is _CACHED:
            target = vars(target)["__wrapped__"]
        else:
            return


def _definition(target: object) -> object:
    """What is behind all layers: a function, a class, or an instance's method for calls."""
    *_, innermost = _layers(target)
    kind = type(innermost)
    return innermost if kind is FunctionType or kind is type or kind in _BUILT_IN else _call_of(innermost)


def _call_of(target: object) -> object:
    """The method that is run when an instance is called, if its class is written in Python; else the instance."""
    found = next((vars(base)["__call__"] for base in type(target).__mro__ if "__call__" in vars(base)), None)
    return found if type(found) is FunctionType else target


def _name_of(built_in: Any) -> tuple[object, str]:
    return built_in.__module__, built_in.__qualname__


def _dotted(module: object, name: str) -> str:
    return f"{module}.{name}" if isinstance(module, str) and module else name


export(CallableLocation)

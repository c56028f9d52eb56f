"""Where an application's callables come from: the answer to "who dropped this event?"."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import BuiltinFunctionType, CellType, FrameType, FunctionType, MethodType, MethodWrapperType
from typing import Any, Final

from pytest_sentry_capture._public import export

_BUILT_IN: Final = (BuiltinFunctionType, MethodWrapperType)
_PLAIN: Final = (str, bytes, int, float, complex, bool, type(None))
_SUPER: Final = ("__class__",)
"""The variable that a method has of its class where it calls ``super()``."""
_CACHED: Final = type(functools.lru_cache(lambda: None))


@dataclass(frozen=True)
class CallableLocation:
    """A callable's qualified name and the place of its definition.

    ``name`` is dotted (``"shop.monitoring.drop_expected"``). ``file`` and ``line`` are None for callables without
    Python source, such as builtins.
    """

    name: str
    file: str | None = None
    line: int | None = None
    _target: object = field(default=None, compare=False, repr=False)
    """The callable itself, or None if only its place is known, as of one that a traceback tells."""

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
    """Whether a callable is the one at a location, or what that wraps. Where only the place is known, that is compared.

    The callable that is given is not unwrapped: another wrapper of the same function is another callable.
    """
    if location._target is None:
        return location == location_of(given) or any(_is_defined_at(location, layer) for layer in _layers(given))
    return any(_is_same(layer, given) for layer in _layers(location._target))


def _is_same(one: object, other: object) -> bool:
    if one is other or (type(other) is MethodType and other.__self__ is one and other.__func__ is _call_of(one)):
        return True
    if type(one) is MethodType and type(other) is MethodType:  # each access makes another object
        return one == other or _is_reloaded_method(one, other)
    return type(one) is FunctionType and type(other) is FunctionType and _is_reloaded(one, other)


def _is_reloaded(one: FunctionType, other: FunctionType) -> bool:
    """Whether two functions are one, whose module was imported again.

    Lambdas and closures have no unique name. A wrapper has that of what it wraps: two wrappers are one only where
    that was imported again, for what is wrapped twice has two.
    """
    name = one.__qualname__
    is_named = (one.__module__, name) == (other.__module__, other.__qualname__) and "<" not in name
    if not is_named or one.__code__ != other.__code__ or not _are_alike(_defaults(one), _defaults(other)):
        return False
    wrapped, other_wrapped = (each.__dict__.get("__wrapped__") for each in (one, other))
    if type(wrapped) is FunctionType and type(other_wrapped) is FunctionType:
        is_anew = wrapped is not other_wrapped and _is_reloaded(wrapped, other_wrapped)
        return is_anew and _are_alike(_enclosed(one), _enclosed(other))
    return one.__code__.co_name == name.rpartition(".")[2] and one.__code__.co_freevars in ((), _SUPER)


def _is_reloaded_method(one: MethodType, other: MethodType) -> bool:
    """Whether two methods are that of a class, whose module was imported again."""
    owner, other_owner = one.__self__, other.__self__
    if type(owner) is not type or type(other_owner) is not type or _class_name(owner) != _class_name(other_owner):
        return False
    function: object = one.__func__
    other_function: object = other.__func__
    if type(function) is not FunctionType or type(other_function) is not FunctionType:
        return False
    return _is_reloaded(function, other_function)


def _class_name(kind: type) -> tuple[object, str]:
    return vars(kind).get("__module__"), kind.__qualname__


def _defaults(function: FunctionType) -> tuple[object, ...]:
    by_name = function.__kwdefaults__ or {}
    return (*(function.__defaults__ or ()), *by_name, *by_name.values())


def _enclosed(function: FunctionType) -> tuple[object, ...]:
    """The values of a closure's variables."""
    return tuple(_contents(cell) for cell in function.__closure__ or ())


def _contents(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # it has none yet
        return None


def _are_alike(some: tuple[object, ...], others: tuple[object, ...]) -> bool:
    """Whether values are equal, as far as that can be determined without code of the application."""
    return len(some) == len(others) and all(
        type(one).__qualname__ == type(other).__qualname__ and (type(one) not in _PLAIN or one == other)
        for one, other in zip(some, others, strict=True)
    )


def _is_defined_at(location: CallableLocation, target: object) -> bool:
    """Whether a function, or what an instance runs when it is called, is defined at a place."""
    function = target if type(target) is FunctionType else _call_of(target)
    if type(function) is not FunctionType:
        return False
    return (function.__code__.co_filename, function.__code__.co_firstlineno) == (location.file, location.line)


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
    """The method that is run when an instance is called, if its class is written in Python, else the instance."""
    found = next((vars(base)["__call__"] for base in type(target).__mro__ if "__call__" in vars(base)), None)
    return found if type(found) is FunctionType else target


def _name_of(built_in: Any) -> tuple[object, str]:
    return built_in.__module__, built_in.__qualname__


def _dotted(module: object, name: str) -> str:
    return f"{module}.{name}" if isinstance(module, str) and module else name


export(CallableLocation)

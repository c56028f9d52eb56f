"""Where an application's callables come from: the answer to "who dropped this event?"."""

from __future__ import annotations

import functools
from dataclasses import dataclass
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

    def __str__(self) -> str:
        return self.name if self.file is None else f"{self.name} ({self.file}:{self.line})"


def location_of(target: object) -> CallableLocation:
    """The location of a function, method, partial, class or instance with ``__call__``, without asking it anything.

    Objects of other types, such as proxies and mocks, are called what their class is called: their attributes may be
    code of the application.
    """
    target = _definition(target)
    if type(target) is FunctionType:
        code = target.__code__
        return CallableLocation(_dotted(target.__module__, target.__qualname__), code.co_filename, code.co_firstlineno)
    if type(target) in _BUILT_IN:
        return CallableLocation(_dotted(*_name_of(target)))
    kind = target if type(target) is type else type(target)
    return CallableLocation(_dotted(vars(kind).get("__module__"), kind.__qualname__))


def location_of_frame(frame: FrameType) -> CallableLocation:
    """The location of the function that a traceback's frame was executing."""
    code = frame.f_code
    name: str = getattr(code, "co_qualname", code.co_name)
    return CallableLocation(_dotted(frame.f_globals.get("__name__"), name), code.co_filename, code.co_firstlineno)


def _definition(target: object) -> object:
    """What is behind methods, partials and the wrappers that ``functools`` makes."""
    while True:
        kind = type(target)
        if type(target) is functools.partial:
            target = target.func
        elif type(target) is MethodType:
            target = target.__func__
        elif type(target) is FunctionType:
            if "__wrapped__" not in target.__dict__:
                return target
            target = target.__dict__["__wrapped__"]
        elif kind is _CACHED:
            target = vars(target)["__wrapped__"]
        else:
            return target if kind is type or kind in _BUILT_IN else _call_of(target)


def _call_of(target: object) -> object:
    """The method that is run when an instance is called, if its class is written in Python; else the instance."""
    found = next((vars(base)["__call__"] for base in type(target).__mro__ if "__call__" in vars(base)), None)
    return found if type(found) is FunctionType else target


def _name_of(built_in: Any) -> tuple[object, str]:
    return built_in.__module__, built_in.__qualname__


def _dotted(module: object, name: str) -> str:
    return f"{module}.{name}" if isinstance(module, str) and module else name


export(CallableLocation)

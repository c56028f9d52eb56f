"""Where an application's callables come from: the answer to "who dropped this event?"."""

from __future__ import annotations

import functools
import inspect
from dataclasses import dataclass
from types import CodeType, FrameType


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

    @classmethod
    def of(cls, target: object) -> CallableLocation:
        """The location of a function, method, partial, class or instance with ``__call__``."""
        target = _definition(target)
        name = getattr(target, "__qualname__", None) or type(target).__qualname__
        module = getattr(target, "__module__", None)
        code = getattr(target, "__code__", None)
        if isinstance(code, CodeType):
            return cls(_dotted(module, name), code.co_filename, code.co_firstlineno)
        return cls(_dotted(module, name))

    @classmethod
    def of_frame(cls, frame: FrameType) -> CallableLocation:
        """The location of the function that a traceback's frame was executing."""
        code = frame.f_code
        name: str = getattr(code, "co_qualname", code.co_name)
        return cls(_dotted(frame.f_globals.get("__name__"), name), code.co_filename, code.co_firstlineno)


def _definition(target: object) -> object:
    while isinstance(target, functools.partial):
        target = target.func
    if callable(target):
        target = inspect.unwrap(target)
    target = getattr(target, "__func__", target)
    is_named = isinstance(target, type) or hasattr(target, "__qualname__")
    return target if is_named or not callable(target) else type(target).__call__


def _dotted(module: object, name: str) -> str:
    return f"{module}.{name}" if isinstance(module, str) and module else name

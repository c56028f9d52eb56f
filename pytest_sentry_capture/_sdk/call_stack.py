"""Our functions between those of the SDK, which are hidden from code that looks at the stack."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import FunctionType
from typing import Any, Final, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

INVISIBLE: Final = "<importlib._bootstrap: pytest_sentry_capture>"
"""A file name that ``warnings`` and, since Python 3.11, ``logging`` pass over when they look for a caller: both take a
file with ``importlib`` and ``_bootstrap`` in its name for the import system's."""


def invisible(function: Function) -> Function:
    """The function under that name: warnings, log records and profiles name the caller that it stands before."""
    code = function.__code__
    function.__code__ = code.replace(co_filename=INVISIBLE)
    return function


def as_part_of(original: FunctionType) -> Callable[[Function], Function]:
    """Like ``functools.wraps``, and in tracebacks the function stands where the original does.

    What walks up the stack until it has left ``logging`` passes over it: ``logging`` itself, when it looks for a caller
    or shows where a handler failed, and handlers that pass records on to other libraries.
    """

    def decorate(function: Function) -> Function:
        code, place = function.__code__, original.__code__
        function.__code__ = code.replace(co_filename=place.co_filename, co_firstlineno=place.co_firstlineno)
        return functools.wraps(original)(function)  # type: ignore[return-value]

    return decorate


def wrapping(original: Callable[..., Any]) -> Callable[[Function], Function]:
    """Like ``functools.wraps``, and invisible."""

    def decorate(function: Function) -> Function:
        return functools.wraps(original)(invisible(function))  # type: ignore[return-value]

    return decorate

"""What is known of a callable that took the place of one of the SDK's, without asking it anything."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial
from types import FunctionType
from typing import Any, Final

from pytest_sentry_capture._recording import CallableLocation, location_of
from pytest_sentry_capture._text import with_article

MISSING: Final = object()
"""In place of what is not there."""
_MOCKS: Final = ("unittest.mock", "mock.mock")
"""The modules whose mocks are known: the standard library's, and that of the package it comes from."""
_SPIES: Final = "pytest_mock.plugin"
_MOST_LAYERS: Final = 10


def is_mock(value: object) -> bool:
    """Whether something is a mock, or a function that stands for one."""
    return _mock_in(value) is not None


def described(value: Any) -> CallableLocation:
    """What it is called, and its place where it has one. It is not kept."""
    if value is MISSING:
        return CallableLocation("nothing")
    mock = _mock_in(value)
    if mock is not None:
        return CallableLocation(with_article(type(mock).__name__))
    location = location_of(value.__func__ if type(value) in (classmethod, staticmethod) else value)
    return CallableLocation(location.name, location.file, location.line)


def passes_calls_on(value: object, is_own: Callable[[object], bool]) -> bool:
    """Whether each call of it calls the SDK's own function: of mocks and spies that wrap this, and of nothing else.

    Args:
        value: what replaced the SDK's function.
        is_own: whether something is the SDK's own.
    """
    for _ in range(_MOST_LAYERS):
        if is_own(value):
            return True
        value = _always_called_by(value)
    return False


def _always_called_by(value: object) -> object:
    if type(value) is partial:
        return value.func
    if (mock := _mock_in(value)) is None:
        is_of_spy = type(value) is FunctionType and value.__globals__.get("__name__") == _SPIES
        return vars(value).get("__wrapped__", MISSING) if is_of_spy else MISSING
    if mock is not value:
        effect = vars(value).get("side_effect")
        return MISSING if effect is None else effect
    return _always_called_by_mock(_attributes(mock), sys.modules[_module_of(mock)])


def _always_called_by_mock(mock: Mapping[str, Any], module: Any) -> object:
    if mock.get("_mock_side_effect") is not None:
        return mock["_mock_side_effect"]
    returns = mock.get("_mock_return_value") is not module.DEFAULT
    wrapped = mock.get("_mock_wraps")
    return MISSING if returns or wrapped is None else wrapped


def _mock_in(value: object) -> object:
    """A mock, or the one behind a function that has the signature of another, or None if there is none."""
    candidate = vars(value).get("mock") if type(value) is FunctionType else value
    return candidate if _module_of(candidate) else None


def _module_of(value: object) -> str:
    """The module of a mock's class. Empty for what is not a mock."""
    modules = (base.__module__ for base in type(value).__mro__ if base.__name__ == "NonCallableMock")
    return next((module for module in modules if module in _MOCKS), "")


def _attributes(value: object) -> Mapping[str, Any]:
    attributes: Mapping[str, Any] = object.__getattribute__(value, "__dict__")
    return attributes

"""The variable that replaces one of the SDK's context variables, if several runs in one process take turns."""

from __future__ import annotations

import importlib.util
import sys
from contextvars import ContextVar
from types import ModuleType
from typing import Any

import pytest

from pytest_sentry_capture._sdk.isolation import scopes
from pytest_sentry_capture._sdk.lifetimes import Lifetimes


def imported_again(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module with other classes, as in a run that imports the plugin once more."""
    spec = importlib.util.find_spec(scopes.__name__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, scopes.__name__, module)
    spec.loader.exec_module(module)
    return module


def test_a_token_of_another_run_is_reset_though_the_module_was_imported_again(monkeypatch: pytest.MonkeyPatch) -> None:
    sdks_own: ContextVar[Any] = ContextVar("scope", default=None)
    earlier = scopes.LifetimeVar(sdks_own, Lifetimes())
    earlier.take_root("root")
    token = earlier.set("of a thread that runs on")

    later = imported_again(monkeypatch).LifetimeVar(earlier, Lifetimes())
    later.reset(token)

    assert earlier.get() == "root"


def test_what_is_not_a_token_is_refused() -> None:
    variable = scopes.LifetimeVar(ContextVar("scope", default=None), Lifetimes())

    with pytest.raises(TypeError, match="expected an instance of Token, got 'token'"):
        variable.reset("token")  # type: ignore[arg-type]


def test_a_token_of_another_variable_is_refused() -> None:
    variable = scopes.LifetimeVar(ContextVar("scope", default=None), Lifetimes())
    other = scopes.LifetimeVar(ContextVar("other", default=None), Lifetimes())

    with pytest.raises(ValueError, match="was created by a different ContextVar"):
        variable.reset(other.set("value"))

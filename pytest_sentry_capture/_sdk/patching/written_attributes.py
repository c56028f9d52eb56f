"""The attributes of the SDK's modules and objects that others write: who patches them is noticed as it happens."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from importlib import import_module
from types import ModuleType
from typing import Any

from pytest_sentry_capture._sdk.call_stack import invisible
from pytest_sentry_capture._sdk.patching.touchpoints import Touchpoints

Watch = Callable[[Any, str], AbstractContextManager[None]]
"""Given an owner and the name of its attribute: what is entered while the attribute is written or deleted."""


def watch_module(touchpoints: Touchpoints, module: ModuleType, names: Collection[str], watch: Watch) -> None:
    """Watch attributes of a module, which is read as before: only its class is another."""

    def reduced(module: ModuleType, _: object) -> Any:
        """Libraries that pickle modules by name, such as cloudpickle, know only the class that all modules have."""
        return import_module, (module.__name__,)

    def make(base: type) -> type:
        kind = type("module", (base,), {"__reduce_ex__": reduced})
        for name, method in _methods(kind, names, watch).items():
            setattr(kind, name, method)
        return kind

    touchpoints.replace_class(module, make)


def watch_instances(touchpoints: Touchpoints, touchpoint: str, names: Collection[str], watch: Watch) -> None:
    """Watch attributes of the instances of a class, on which there are none of these as a rule."""
    for name, method in _methods(touchpoints.find(touchpoint), names, watch).items():
        touchpoints.add(f"{touchpoint}.{name}", method)


def _methods(kind: Any, names: Collection[str], watch: Watch) -> dict[str, Callable[..., None]]:
    @invisible
    def assign(owner: Any, name: str, value: Any) -> None:
        __tracebackhide__ = True
        if name not in names:
            super(kind, owner).__setattr__(name, value)
            return
        with watch(owner, name):
            super(kind, owner).__setattr__(name, value)

    @invisible
    def delete(owner: Any, name: str) -> None:
        __tracebackhide__ = True
        if name not in names:
            super(kind, owner).__delattr__(name)
            return
        with watch(owner, name):
            super(kind, owner).__delattr__(name)

    return {"__setattr__": assign, "__delattr__": delete}

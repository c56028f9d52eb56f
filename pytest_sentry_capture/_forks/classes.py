"""Classes of exceptions by their names: those that this process has loaded. Nothing is imported for them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import lru_cache
from types import ModuleType
from typing import Any, Final, cast

_OF_TYPE: Final[Any] = vars(type)

Names = tuple[tuple[str, str], ...]
"""The module and the qualified name of a class, and of those that it derives from, in the order of resolution."""


@lru_cache(maxsize=500)
def class_named(names: Names) -> type[BaseException]:
    """The class of these names. Where this process has no such class, one that is called so stands in its place."""
    found: type[BaseException] = BaseException
    for module, name in reversed(names):
        found = _loaded(module, name) or _stand_in(module, name, found)
    return found


def _loaded(module: str, name: str) -> type[BaseException] | None:
    """The newest class of this name: one that was defined in a function may be there many times."""
    loaded = sys.modules.get(module)
    found: Any = vars(loaded).get(name) if type(loaded) is ModuleType else None
    if issubclass(type(found), type) and issubclass(found, BaseException) and name_of(found) == (module, name):
        return cast("type[BaseException]", found)
    *_, newest = (None, *(each for each in _all_classes() if name_of(each) == (module, name)))
    return newest


def name_of(kind: type) -> tuple[str, str]:
    """The module and the qualified name of a class, whatever its metaclass makes of them."""
    module, name = (_OF_TYPE[attribute].__get__(kind) for attribute in ("__module__", "__qualname__"))
    return (module if type(module) is str else ""), name


def _all_classes() -> Iterator[type[BaseException]]:
    found, waiting = {BaseException}, [BaseException]
    while waiting:
        each = waiting.pop()
        yield each
        derived = [other for other in type.__subclasses__(each) if other not in found]
        found.update(derived)
        waiting += derived


def _stand_in(module: str, name: str, base: type[BaseException]) -> type[BaseException]:
    """A class with a name. It derives from the nearest base that runs no code of the application for that."""
    base = next(each for each in base.__mro__ if issubclass(each, BaseException) and _is_silent(each))
    return type(name.rpartition(".")[2], (base,), {"__module__": module, "__qualname__": name})


def _is_silent(base: type) -> bool:
    """Whether nothing is called when a class derives from this one."""
    has_hook = any("__init_subclass__" in vars(each) for each in base.__mro__ if each is not object)
    return type(base) is type and not has_hook

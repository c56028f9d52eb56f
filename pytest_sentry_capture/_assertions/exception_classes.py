"""The exception classes that are loaded in this process, by the names that criteria and payloads call them."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterator
from types import ModuleType

from pytest_sentry_capture._text import edits_between

_BUILT_IN = builtins.__name__
_MOST_EDITS = 2
_LEFT_OUT = ("Error", "Exception", "Warning")
"""With what names of classes end, and who writes one from memory may leave out."""


def loaded_exception_classes() -> Iterator[type[BaseException]]:
    """All that derive from ``BaseException``, in the order in which they were made."""
    seen: dict[type[BaseException], None] = {BaseException: None}
    queue = [BaseException]
    for each in queue:  # which grows meanwhile
        queue += (new := [sub for sub in type.__subclasses__(each) if sub not in seen])
        seen.update(dict.fromkeys(new))
    return iter(seen)


def names_of(error_type: type) -> tuple[str, str]:
    """What a criterion may call a class: its bare and its dotted name. A class may call anything its module."""
    return error_type.__name__, f"{error_type.__module__}.{error_type.__qualname__}"


def written_name_of(error_type: type) -> str:
    """The dotted name, and the bare one of what is built in."""
    return names_of(error_type)[error_type.__module__ != _BUILT_IN]


def classes_in_payload(module: str | None, name: str) -> list[type[BaseException]]:
    """The loaded classes that a payload calls like this: as a rule one, or none where it is of another process."""
    home = module or _BUILT_IN
    return [
        each
        for each in loaded_exception_classes()
        if each.__module__ == home and name in (each.__name__, each.__qualname__)
    ]


def is_loaded(name: str) -> bool:
    """Whether a loaded class has this bare or dotted name."""
    built_in = vars(builtins).get(name)
    if isinstance(built_in, type) and built_in.__name__ == name:  # asked for most, and found at once
        return True
    bare = name.rpartition(".")[2]
    return any(bare == each.__name__ and name in names_of(each) for each in loaded_exception_classes())


def nearest_name(name: str) -> str | None:
    """The name of the loaded class that is meant by a name which none has, or None if none is like it.

    One is meant by another place that it is imported from, such as ``fastapi.HTTPException``, by another place in its
    package, by what is two edits from its name, and by its name without "Error" at the end.
    """
    alias = _imported_as(name)
    if alias is not None:
        return written_name_of(alias)
    endings = ("", *(ending for ending in _LEFT_OUT if not name.endswith(ending)))
    wanted = [f"{name}{ending}".lower() for ending in endings]
    found: list[tuple[int, str]] = []
    for each in loaded_exception_classes():
        known = names_of(each)["." in name]
        edits = [count for one in wanted if (count := edits_between(one, known.lower(), most=_MOST_EDITS)) is not None]
        if edits or _is_elsewhere_in_its_package(name, each):
            found.append((min(edits, default=0), known))
    return min(found, default=(0, None))[1]


def _is_elsewhere_in_its_package(name: str, error_type: type) -> bool:
    package, dot, _ = name.partition(".")
    bare, dotted = names_of(error_type)
    return bool(dot) and name.rpartition(".")[2] == bare and dotted.partition(".")[0] == package


def _imported_as(name: str) -> type[BaseException] | None:
    """The class that a loaded module has under a name which is not the class's own, such as ``IOError``."""
    module_name, _, attribute = name.rpartition(".")
    module = sys.modules.get(module_name or _BUILT_IN)
    if not isinstance(module, ModuleType):
        return None
    found = object.__getattribute__(module, "__dict__").get(attribute)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None

"""Names that are imported when they are first used: what a run without Sentry does not use, it does not pay for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy_names(module_name: str, places: Mapping[str, str]) -> Callable[[str], Any]:
    """Make the ``__getattr__`` of a module that offers names from other modules of this package.

    Nothing is kept: a name is that of the module which ``sys.modules`` holds now, as for any import statement.

    Args:
        module_name: the name of the module that offers them.
        places: where each name is, relative to this package: ``"version:__version__"``, or ``"cli"`` for a module.
    """

    def find(name: str) -> Any:
        if name not in places:
            raise AttributeError(f"module {module_name!r} has no attribute {name!r}")
        return imported(places[name])

    return find


def imported(place: str) -> Any:
    """Import a module of this package, or what stands in it, by its place as in ``lazy_names``."""
    module_name, _, attribute = place.partition(":")
    module = import_module(f".{module_name}", __package__)
    return getattr(module, attribute) if attribute else module

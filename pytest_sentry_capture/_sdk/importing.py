"""Tells when a module has been imported, without importing anything itself."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from importlib.abc import Loader

LOGGER: Final = "sentry_sdk.logger"
"""A module of the SDK that is imported when somebody asks for it."""


class ImportWatcher:
    """Calls a function each time one of the watched modules has been executed: imported, reloaded or imported again.

    What the function raises is the importing code's to handle, so it should not raise.
    """

    def __init__(self) -> None:
        self._callbacks: dict[str, Callable[[], None]] = {}

    def watch(self, module_name: str, callback: Callable[[], None]) -> None:
        self._callbacks[module_name] = callback

    def install(self) -> None:
        sys.meta_path.insert(0, self)

    def uninstall(self) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The import system's question (importlib.abc.MetaPathFinder): answered by the finders after this one."""
        if name not in self._callbacks:
            return None
        for finder in sys.meta_path[sys.meta_path.index(self) + 1 :]:
            find_spec = getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = find_spec(name, path, target) if find_spec is not None else None
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = cast("Loader", _WatchedLoader(spec.loader, self._callbacks[name]))
                return spec
        return None


class _WatchedLoader:
    """A loader that reports the end of a module's execution, and is the real loader in everything else."""

    def __init__(self, loader: Any, callback: Callable[[], None]) -> None:
        self._loader = loader
        self._callback = callback

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._callback()

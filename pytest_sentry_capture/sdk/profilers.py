"""The SDK's profilers: one of each sort for the whole process, set up by a client, but not stopped when it is closed.

Here they end with the client, and the one that it had replaced is there again.
"""

from __future__ import annotations

from typing import Any, Final
from weakref import WeakKeyDictionary

from pytest_sentry_capture.sdk.modules import Modules

_PROFILERS: Final = ("profiler", "profiler.transaction_profiler", "profiler.continuous_profiler")
"""The modules that hold a profiler's scheduler as ``_scheduler``: the first up to 2.0 or so, the others since."""

Schedulers = dict[str, Any]


class Profilers:
    """Knows which client has set up which profiler."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        self._set_up: WeakKeyDictionary[Any, tuple[Schedulers, Schedulers]] = WeakKeyDictionary()

    def note_set_up(self, client: Any, before: Schedulers) -> None:
        """Say which schedulers there were before a client was initialised: the others are its own."""
        after = self.schedulers
        if any(after[name] is not before.get(name) for name in after):
            self._set_up[client] = before, after

    def set_up_by(self, client: Any) -> list[Any]:
        """The schedulers that a client has set up."""
        before, after = self._set_up.get(client, ({}, {}))
        return [scheduler for name, scheduler in after.items() if scheduler is not before.get(name)]

    def stop(self, client: Any) -> None:
        """Stop what a client has set up, unless another client has replaced it since."""
        before, after = self._set_up.pop(client, ({}, {}))
        for name, scheduler in after.items():
            module = getattr(self._modules, name)
            if scheduler is not before.get(name) and module._scheduler is scheduler:
                scheduler.teardown()
                module._scheduler = before.get(name)

    @property
    def schedulers(self) -> Schedulers:
        """The profilers' schedulers, by module."""
        modules = ((name, getattr(self._modules, name, None)) for name in _PROFILERS)
        found = ((name, getattr(module, "_scheduler", None)) for name, module in modules)
        return {name: scheduler for name, scheduler in found if scheduler is not None}

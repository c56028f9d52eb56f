"""The SDK's profilers: one of each sort for the whole process, set up by a client, but not stopped when it is closed.

Here they end with the client, and the one that it had replaced is there again.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary, ref

from pytest_sentry_capture._sdk.identity import KnownOf
from pytest_sentry_capture._sdk.lifetimes import Lifetime
from pytest_sentry_capture._sdk.patching.touchpoints import Modules

Schedulers = dict[str, Any]


class Profilers:
    """Knows which client has set up which profiler."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        self._set_up: KnownOf[dict[str, ref[Any]]] = KnownOf()
        self._origins: WeakKeyDictionary[Any, tuple[Lifetime, Any]] = WeakKeyDictionary()

    def note_set_up(self, client: Any, before: Schedulers, lifetime: Lifetime) -> None:
        """Say which schedulers there were before a client was initialized: the others are its own.

        What was there before is kept, to be there again. A scheduler holds its client, so one that is replaced by
        another of the same lifetime, which will never be there again, is not kept.
        """
        own = {}
        for name, scheduler in self.schedulers.items():
            replaced = before.get(name)
            if scheduler is replaced:
                continue
            known = self._origins.get(replaced) if replaced is not None else None
            self._origins[scheduler] = lifetime, known[1] if known is not None and known[0] is lifetime else replaced
            own[name] = ref(scheduler)
        if own:
            self._set_up[client] = own

    def set_up_by(self, client: Any) -> list[Any]:
        """The schedulers that a client has set up."""
        references = (self._set_up.get(client) or {}).values()
        return [scheduler for reference in references if (scheduler := reference()) is not None]

    def stop(self, client: Any) -> None:
        """Stop what a client has set up, and put back what was there before, unless another client has replaced it."""
        for name, reference in (self._set_up.pop(client) or {}).items():
            if (scheduler := reference()) is None:
                continue
            scheduler.teardown()
            module = getattr(self._modules, name)
            if module._scheduler is scheduler:
                module._scheduler = self._origins[scheduler][1]

    @property
    def schedulers(self) -> Schedulers:
        """The profilers' schedulers, by module."""
        modules = ((name, getattr(self._modules, name, None)) for name in self._modules.features.profiler_modules)
        found = ((name, getattr(module, "_scheduler", None)) for name, module in modules)
        return {name: scheduler for name, scheduler in found if scheduler is not None}

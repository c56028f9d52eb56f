"""Which frameworks are observed: each adapter is imported once its framework and Sentry's SDK are there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from pytest_sentry_capture._lazy import imported

if TYPE_CHECKING:
    from pytest_sentry_capture._operations.adapter import OperationAdapter
    from pytest_sentry_capture._recording import Recorder

ADAPTERS: Final[Mapping[str, str]] = {
    "starlette.applications": "_operations.starlette:StarletteAdapter",
}
"""The module whose import each adapter waits for, and the adapter."""


class Operations:
    """The adapters of the frameworks that the application uses.

    Args:
        recorder: what adapters record with.
        when_imported: has a function called each time a module has been imported.
    """

    def __init__(self, recorder: Recorder, when_imported: Callable[[str, Callable[[], None]], None]) -> None:
        self._recorder = recorder
        self._adapters: dict[str, OperationAdapter] = {}
        for module_name in ADAPTERS:
            when_imported(module_name, self.install)

    def install(self) -> None:
        """Observe the frameworks that have been imported; see ``OperationAdapter.install`` for when this is called."""
        for module_name, place in ADAPTERS.items():
            if module_name in sys.modules:
                if module_name not in self._adapters:
                    self._adapters[module_name] = imported(place)(self._recorder)
                self._adapters[module_name].install()

    def uninstall(self) -> None:
        """Leave the frameworks as they were."""
        for adapter in self._adapters.values():
            adapter.uninstall()

"""What observes the toy framework: a test adds it to a copy of the package, as a file of the room of operations."""

from __future__ import annotations

import sys
from typing import Any

from pytest_sentry_capture._operations.adapter import OperationAdapter
from pytest_sentry_capture._recording.entries import Exchange
from pytest_sentry_capture._recording.under_way import serving

FRAMEWORK = "toy_framework"


class ToyAdapter(OperationAdapter):
    """Observes every toy application."""

    _ours: Any = None
    _inner: Any = None

    def install(self) -> None:
        application: Any = sys.modules[FRAMEWORK].Application
        if application.handle is self._ours:
            return
        inner, recorder = application.handle, self._recorder

        def handle(app: Any, path: str) -> Any:
            exchange = Exchange("GET", path, route=path, _hint="Toys report nothing.")
            with serving(exchange, recorder.current):
                exchange.status = inner(app, path)
            return exchange.status

        self._inner, self._ours = inner, handle
        application.handle = handle

    def uninstall(self) -> None:
        application: Any = sys.modules[FRAMEWORK].Application
        if application.handle is self._ours:
            application.handle = self._inner

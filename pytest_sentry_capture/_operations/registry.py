"""Which frameworks are observed: each adapter is imported once its framework and Sentry's SDK are there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from pytest_sentry_capture._lazy import imported

if TYPE_CHECKING:
    from pytest_sentry_capture._operations.adapter import Middleware, OperationAdapter
    from pytest_sentry_capture._recording import Recorder

ADAPTERS: Final[Mapping[str, str]] = {
    "aiohttp.web_protocol": "_operations.aiohttp:AiohttpAdapter",
    "django.core.handlers.asgi": "_operations.django:DjangoAsgiAdapter",
    "django.core.handlers.base": "_operations.django:DjangoResponses",
    "django.core.handlers.wsgi": "_operations.django:DjangoWsgiAdapter",
    "django.test.client": "_operations.django_client:DjangoClientAdapter",
    "falcon.app": "_operations.routes:FalconRoutes",
    "flask.app": "_operations.flask:FlaskAdapter",
    "pyramid.router": "_operations.routes:PyramidRoutes",
    "quart.app": "_operations.routes:QuartRoutes",
    "sentry_sdk.integrations.asgi": "_operations.asgi:SentryAsgiAdapter",
    "sentry_sdk.integrations.wsgi": "_operations.wsgi:SentryWsgiAdapter",
    "starlette.applications": "_operations.starlette:StarletteAdapter",
}
"""The module whose import each adapter waits for, and the adapter."""


class Operations:
    """The adapters of the frameworks that the application uses.

    Args:
        recorder: what adapters record with.
        about_loop: says why exceptions of tasks of the running event loop are not captured; None where they are.
        when_imported: has a function called each time a module has been imported.
        is_asked_for: whether anything asks what is captured now.
        django_middleware: the SDK's middleware for requests of Django's test clients; None where they go through none.
    """

    def __init__(
        self,
        recorder: Recorder,
        about_loop: Callable[[], str | None],
        when_imported: Callable[[str, Callable[[], None]], None],
        is_asked_for: Callable[[], bool],
        django_middleware: Callable[[], Middleware | None],
    ) -> None:
        self._recorder = recorder
        self._about_loop = about_loop
        self._is_asked_for = is_asked_for
        self._django_middleware = django_middleware
        self._adapters: dict[str, OperationAdapter] = {}
        for module_name in ADAPTERS:
            when_imported(module_name, partial(self._install, module_name))

    def install(self) -> None:
        """Observe the frameworks that have been imported; see ``OperationAdapter.install`` for when this is called."""
        for module_name in ADAPTERS:
            module = sys.modules.get(module_name)
            if module is not None and not getattr(module.__spec__, "_initializing", False):
                self._install(module_name)

    @property
    def gaps(self) -> list[str]:
        """What can't be seen of the frameworks that are there, in words for users."""
        return [gap for adapter in self._adapters.values() for gap in adapter.gaps.values()]

    def _install(self, module_name: str) -> None:
        if module_name not in self._adapters:
            adapter = self._adapters[module_name] = imported(ADAPTERS[module_name])(self._recorder)
            adapter.about_loop = self._about_loop
            adapter.is_asked_for = self._is_asked_for
            adapter.django_middleware = self._django_middleware
        self._adapters[module_name].install()

    def uninstall(self) -> None:
        """Leave the frameworks as they were."""
        for adapter in self._adapters.values():
            adapter.uninstall()

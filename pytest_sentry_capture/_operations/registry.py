"""Which frameworks are observed: each adapter is imported once its framework and Sentry's SDK are there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from pytest_sentry_capture._lazy import imported

if TYPE_CHECKING:
    from pytest_sentry_capture._operations.adapter import Middleware, OperationAdapter
    from pytest_sentry_capture._operations.job_system import JobSystem
    from pytest_sentry_capture._recording import Recorder

ADAPTERS: Final[Mapping[str, str]] = {
    "aiohttp.web_protocol": "_operations.aiohttp:AiohttpAdapter",
    "celery.app.trace": "_operations.celery:CeleryAdapter",
    "click.testing": "_operations.commands:ClickAdapter",
    "concurrent.futures.thread": "_operations.executors:ExecutorAdapter",
    "django.core.handlers.asgi": "_operations.django:DjangoAsgiAdapter",
    "django.core.handlers.base": "_operations.django:DjangoResponses",
    "django.core.handlers.wsgi": "_operations.django:DjangoWsgiAdapter",
    "django.core.management.base": "_operations.commands:DjangoCommandAdapter",
    "django.test.client": "_operations.django_client:DjangoClientAdapter",
    "dramatiq.worker": "_operations.dramatiq:DramatiqAdapter",
    "falcon.app": "_operations.routes:FalconRoutes",
    "flask.app": "_operations.flask:FlaskAdapter",
    "pyramid.router": "_operations.routes:PyramidRoutes",
    "quart.app": "_operations.routes:QuartRoutes",
    "rq.worker": "_operations.rq:RqAdapter",
    "sentry_sdk.integrations.asgi": "_operations.asgi:SentryAsgiAdapter",
    "sentry_sdk.integrations.wsgi": "_operations.wsgi:SentryWsgiAdapter",
    "starlette.applications": "_operations.starlette:StarletteAdapter",
    "threading": "_operations.executors:ThreadAdapter",
}
"""The module whose import each adapter waits for, and the adapter."""
_ADAPTER_OF: Final = "_operations.job_system:adapter_of"


class Operations:
    """The adapters of the frameworks that the application uses.

    Args:
        recorder: what adapters record with.
        about_loop: says why exceptions of tasks of the running event loop are not captured, or None if they are.
        when_imported: has a function called each time a module has been imported.
        is_asked_for: whether anything asks what is captured now.
        django_middleware: the SDK's middleware for requests of Django's test clients, or None if they go through none.
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
        self._of_project: dict[str, list[OperationAdapter]] = {}
        for module_name in ADAPTERS:
            when_imported(module_name, partial(self.module_imported, module_name))

    def add(self, systems: Iterable[JobSystem]) -> None:
        """Take systems that the project describes. ``install`` observes them, once their modules are there."""
        for system in systems:
            module_name = system.module
            adapter: OperationAdapter = imported(_ADAPTER_OF)(system)(self._recorder)
            self._of_project.setdefault(module_name, []).append(adapter)

    def install(self) -> None:
        """Observe the frameworks that have been imported. See ``OperationAdapter.install`` for when this is called."""
        for module_name in (*ADAPTERS, *(self._of_project.keys() - ADAPTERS.keys())):
            module = sys.modules.get(module_name)
            if module is not None and not getattr(module.__spec__, "_initializing", False):
                self.module_imported(module_name)

    @property
    def gaps(self) -> list[str]:
        """What can't be seen of the frameworks that are there, in words for users."""
        return [gap for adapter in self._all for gap in adapter.gaps.values()]

    @property
    def _all(self) -> list[OperationAdapter]:
        return [*self._adapters.values(), *(each for adapters in self._of_project.values() for each in adapters)]

    def module_imported(self, module_name: str) -> None:
        """Observe what the module is about, which has been imported just now or before."""
        for own in self._of_project.get(module_name, ()):
            own.install()
        if module_name not in ADAPTERS:
            return
        if module_name not in self._adapters:
            adapter = self._adapters[module_name] = imported(ADAPTERS[module_name])(self._recorder)
            adapter.about_loop = self._about_loop
            adapter.is_asked_for = self._is_asked_for
            adapter.django_middleware = self._django_middleware
        self._adapters[module_name].install()

    def uninstall(self) -> None:
        """Leave the frameworks as they were."""
        for adapter in self._all:
            adapter.uninstall()

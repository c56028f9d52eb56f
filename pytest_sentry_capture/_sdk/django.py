"""What the SDK does to requests of Django in production, made available for those of Django's test clients.

The SDK's integration wraps its middleware around the handlers that servers call. Django's test clients have their own
handlers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cached_property
from importlib import import_module
from inspect import signature
from typing import Any, Final

IDENTIFIER: Final = "django"
_AS_INTEGRATION: Final = ("http_methods_to_capture",)
"""The middleware's parameters to which the integration gives its attributes of the same names."""


class DjangoMiddleware:
    """The SDK's middleware with the arguments that its integration gives it.

    Args:
        integration: the integration of the active client.
        has_hubs: whether the SDK has hubs rather than scopes.
    """

    def __init__(self, integration: Any, *, has_hubs: bool) -> None:
        self.integration = integration
        self._has_hubs = has_hubs

    def wsgi(self, application: Callable[..., Any], *, use_x_forwarded_for: bool) -> Callable[..., Any]:
        """The WSGI middleware around an application."""
        middleware, arguments = self._wsgi
        wrapped: Callable[..., Any] = middleware(application, use_x_forwarded_for, **arguments)
        return wrapped

    def asgi(self, application: Callable[..., Any]) -> Callable[..., Any]:
        """The ASGI middleware around an application."""
        middleware, arguments = self._asgi
        wrapped: Callable[..., Any] = middleware(application, **arguments)._run_asgi3
        return wrapped

    def request_scope(self) -> Callable[[], AbstractContextManager[Any]]:
        """What enters again, each time it is called, the scope of the request that the calling context serves."""
        if self._has_hubs:
            hub = sys.modules["sentry_sdk.hub"].Hub.current
            return lambda: hub
        module = sys.modules["sentry_sdk.scope"]
        scope = module.Scope.get_isolation_scope()
        return lambda: module.use_isolation_scope(scope)

    def capture(self, error: BaseException, mechanism: str) -> None:
        """Capture an exception that the body of an answer has raised, as the middleware called ``mechanism`` does."""
        event_from_exception = sys.modules["sentry_sdk.utils"].event_from_exception
        needs_options = "client_options" in signature(event_from_exception).parameters  # up to 2.x
        more = {"client_options": self._client_options()} if needs_options else {}
        event, hint = event_from_exception(error, mechanism={"type": mechanism, "handled": False}, **more)
        sys.modules["sentry_sdk"].capture_event(event, hint=hint)

    def _client_options(self) -> Any:
        if self._has_hubs:
            return sys.modules["sentry_sdk.hub"].Hub.current.client.options
        return sys.modules["sentry_sdk.scope"].Scope.get_client().options

    @cached_property
    def _wsgi(self) -> tuple[Callable[..., Any], dict[str, Any]]:
        return self._with_arguments(import_module("sentry_sdk.integrations.wsgi").SentryWsgiMiddleware)

    @cached_property
    def _asgi(self) -> tuple[Callable[..., Any], dict[str, Any]]:
        return self._with_arguments(import_module("sentry_sdk.integrations.asgi").SentryAsgiMiddleware)

    def _with_arguments(self, middleware: Callable[..., Any]) -> tuple[Callable[..., Any], dict[str, Any]]:
        """The middleware, and those of the integration's arguments that this version of it takes."""
        arguments = {name: vars(self.integration).get(name) for name in _AS_INTEGRATION}
        arguments = {name: value for name, value in arguments.items() if value is not None}
        arguments |= {"span_origin": getattr(type(self.integration), "origin", None), "unsafe_context_data": True}
        parameters = signature(middleware).parameters
        return middleware, {name: value for name, value in arguments.items() if name in parameters}

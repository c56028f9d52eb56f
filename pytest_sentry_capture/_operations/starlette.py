"""Exchanges of Starlette and FastAPI applications, seen from the outside, so that captures are linked to them."""

from __future__ import annotations

import functools
import sys
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, ClassVar, Final
from weakref import WeakSet

from pytest_sentry_capture._operations.asgi import AsgiAdapter, Hints, Receive, Scope, Send
from pytest_sentry_capture._recording import Recorder

_INITIALISED_LATE: Final = (
    "The application built its middleware before Sentry was initialised, so that the SDK is not in it: crashes are"
    " captured, errors that the application handles are not. Initialise Sentry before the application starts: its"
    " lifespan is too late."
)

_NOT_STARTED: Final = (
    "The application's lifespan has not run, which may be what initialises Sentry. httpx.ASGITransport runs none:"
    " LifespanManager of asgi-lifespan does. Starlette's TestClient runs it in a block: with TestClient(app) as client."
)


class StarletteAdapter(AsgiAdapter):
    """Observes every Starlette application, as the outermost wrapper of its ``__call__``."""

    package = "starlette"
    names_mounts = True
    about_silence: ClassVar[str] = (
        "The SDK is not notified when the response is returned instead of raised, when a middleware swallows the"
        " exception, or when an exception handler answers for an exception class without a status_code of 500 or more."
    )

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(recorder)
        self._built_before_sentry: WeakSet[Any] = WeakSet()
        self._started: WeakSet[Any] = WeakSet()

    def install(self) -> None:
        self._wrap(
            "starlette.applications:Starlette.__call__", self._serving, "Exchanges of Starlette are not observed."
        )

    def _serving(self, inner: Callable[[Any, Scope, Receive, Send], Awaitable[Any]]) -> Callable[..., Any]:
        @functools.wraps(inner)
        async def call(app: Any, scope: Scope, receive: Receive, send: Send) -> Any:
            __tracebackhide__ = True
            is_in_middleware = _sentry_is_in_middleware()
            if getattr(app, "middleware_stack", None) is None and not is_in_middleware:
                self._built_before_sentry.add(app)
            if scope["type"] == "lifespan":
                self._started.add(app)
            hints = Hints(
                _INITIALISED_LATE if is_in_middleware and app in self._built_before_sentry else None,
                _NOT_STARTED if app not in self._started and _has_lifespan(app) else None,
            )
            serve, route_of = functools.partial(inner, app), functools.partial(_route, app)
            return await self._observe(serve, scope, receive, send, route_of, hints)

        return call


def _sentry_is_in_middleware() -> bool:
    """Whether middleware that Starlette builds now reports handled errors: the SDK replaces a constructor for that."""
    middleware = getattr(sys.modules.get("starlette.middleware"), "Middleware", None)
    return middleware is not None and middleware.__init__.__module__.startswith("sentry_sdk.")


def _has_lifespan(app: Any) -> bool:
    """Whether anything is to be run when the application starts."""
    router = getattr(app, "router", None)
    lifespan = type(getattr(router, "lifespan_context", None)).__name__
    return lifespan != "_DefaultLifespan" or bool(getattr(router, "on_startup", ()))


def _route(app: Any, before: Scope, after: Scope) -> str | None:
    """The template of the route that served a request, with the templates of the mounts that lead to it."""
    try:
        context = after.get("fastapi", {}).get("effective_route_context")
        path = getattr(context, "path", None) or getattr(after.get("route"), "path", None)
        is_mounted = after.get("root_path") != before.get("root_path")
        return _matched(app.routes, before) if path is None or is_mounted else path
    except Exception:
        return None


def _matched(routes: Iterable[Any], scope: Scope) -> str | None:
    """The template of the route that Starlette's router would choose: a full match, else the first partial one."""
    partial: str | None = None
    for route in routes:
        match, child_scope = route.matches(scope)
        path: str | None = getattr(route, "path", None)
        if match.name == "FULL" and path is not None and hasattr(route, "routes"):
            return path + (_matched(route.routes, {**scope, **child_scope}) or "")
        if match.name == "FULL":
            return path
        if match.name == "PARTIAL":
            partial = partial or path
    return partial

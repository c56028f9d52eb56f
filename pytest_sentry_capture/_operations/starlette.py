"""Exchanges of Starlette and FastAPI applications, seen from the outside, so that captures are linked to them."""

from __future__ import annotations

import functools
import sys
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, ClassVar, Final
from weakref import WeakSet, WeakValueDictionary

from pytest_sentry_capture._operations.asgi import AsgiAdapter, Receive, Scope, Send
from pytest_sentry_capture._operations.tracebacks import hide_own_frames
from pytest_sentry_capture._recording import Recorder

_WITHOUT_LIFESPAN: Final = (
    "Requests were served without the application's lifespan, in which Sentry may be initialized: httpx.ASGITransport"
    " never runs it, TestClient only in a with block."
)
_INITIALIZED_LATE: Final = (
    "The application built its middleware before Sentry was initialized, so the SDK is not in it. Crashes are captured,"
    " but errors that the application handles are not. Initialize Sentry before the application starts: its lifespan is"
    " too late."
)


class StarletteAdapter(AsgiAdapter):
    """Observes every Starlette application, as the outermost wrapper of its ``__call__``."""

    package = "starlette"
    names_mounts = True
    about_silence: ClassVar[str] = (
        "The SDK is not notified when the response is returned instead of raised, when a middleware swallows the"
        " exception, or when an exception handler handles an exception class without a status_code of 500 or more."
    )

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(recorder)
        self._built_before_sentry: WeakSet[Any] = WeakSet()
        self._started: WeakValueDictionary[int, Any] = WeakValueDictionary()
        """The applications whose lifespan has run, by their ids: what is equal to them is theirs to say."""

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
            if scope["type"] == "lifespan" and self._is_active:
                self._started[id(app)] = app
            serve, route_of = functools.partial(inner, app), functools.partial(_route, app)
            hint = self._hint(app, is_in_middleware=is_in_middleware)
            try:
                return await self._observe(serve, scope, receive, send, route_of, hint)
            except BaseException as error:
                hide_own_frames(error)
                raise

        return call

    def _hint(self, app: Any, *, is_in_middleware: bool) -> str | None:
        if app in self._built_before_sentry and is_in_middleware:
            return _INITIALIZED_LATE
        is_off = not self._recorder.current.client_was_active
        return _WITHOUT_LIFESPAN if is_off and id(app) not in self._started and _has_lifespan(app) else None


def _has_lifespan(app: Any) -> bool:
    """Whether something is to run when the application starts. FastAPI has a lifespan of its own around routers'."""
    router = vars(vars(app).get("router", app))
    lifespan = router.get("lifespan_context")
    is_default = type(lifespan).__name__ == "_DefaultLifespan"
    return lifespan is not None and (not is_default or bool(router.get("on_startup")))


def _sentry_is_in_middleware() -> bool:
    """Whether middleware that Starlette builds now reports handled errors: the SDK replaces a constructor for that."""
    middleware = getattr(sys.modules.get("starlette.middleware"), "Middleware", None)
    return middleware is not None and middleware.__init__.__module__.startswith("sentry_sdk.")


def _route(app: Any, before: Scope, after: Scope) -> str | None:
    """The template of the route that served a request, with the templates of the mounts that lead to it."""
    try:
        context = after.get("fastapi", {}).get("effective_route_context")
        path = getattr(context, "path", None) or getattr(after.get("route"), "path", None)
        is_mounted = after.get("root_path") != before.get("root_path")
        return _matched(app.routes, dict(before)) if path is None or is_mounted else path
    except Exception:
        return None


def _matched(routes: Iterable[Any], scope: Scope) -> str | None:
    """The template of the route that Starlette's router would choose: a full match, else the first partial one."""
    partial: str | None = None
    for route in routes:
        match, child_scope = route.matches(scope)
        if match.name == "FULL":
            return _template(route, {**scope, **child_scope})
        if match.name == "PARTIAL":
            partial = partial or _template(route, {**scope, **child_scope})
    return partial


def _template(route: Any, scope: Scope) -> str | None:
    """The template of a route that matches a request, or of the one that matches below it."""
    if hasattr(route, "effective_candidates"):  # a router that FastAPI has included
        return _matched(route.effective_candidates(), scope)
    route = getattr(route, "starlette_route", None) or route
    path: str | None = getattr(route, "path", None)
    if path is not None and hasattr(route, "routes"):
        return path + (_matched(route.routes, scope) or "")
    return path

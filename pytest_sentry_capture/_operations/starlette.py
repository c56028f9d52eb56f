"""HTTP exchanges of Starlette and FastAPI applications, seen from the outside, so that captures are linked to them."""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Final
from weakref import WeakSet, WeakValueDictionary

from pytest_sentry_capture._operations.adapter import OperationAdapter
from pytest_sentry_capture._recording import ExceptionChain, Exchange, Recorder, serving

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Any, Scope, Receive, Send], Awaitable[None]]

_STARLETTE: Final = "starlette.applications"
_EXCHANGE: Final = "pytest_sentry_capture.exchange"
"""The key of the ASGI scope under which an exchange that is under way is known to mounted applications."""
_TURNED_AWAY: Final = (401, 403)
_WITHOUT_LIFESPAN: Final = (
    "Requests were served without the application's lifespan, in which Sentry may be initialised: httpx.ASGITransport"
    " never runs it, TestClient only in a with block."
)
_INITIALISED_LATE: Final = (
    "The application built its middleware before Sentry was initialised, so that the SDK is not in it: crashes are"
    " captured, errors that the application handles are not. Initialise Sentry before the application starts: its"
    " lifespan is too late."
)


class StarletteAdapter(OperationAdapter):
    """Observes every Starlette application, as the outermost wrapper of its ``__call__``."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(recorder)
        self._is_active = True
        self._wrapped: list[tuple[Application, Application]] = []
        self._built_before_sentry: WeakSet[Any] = WeakSet()
        self._started: WeakValueDictionary[int, Any] = WeakValueDictionary()
        """The applications whose lifespan has run, by their ids: what is equal to them is theirs to say."""

    def install(self) -> None:
        starlette = getattr(sys.modules.get(_STARLETTE), "Starlette", None)
        if starlette is None or not self._is_active or any(starlette.__call__ is ours for ours, _ in self._wrapped):
            return
        inner: Application = starlette.__call__

        @functools.wraps(inner)
        async def call(app: Any, scope: Scope, receive: Receive, send: Send) -> None:
            __tracebackhide__ = True
            if getattr(app, "middleware_stack", None) is None and not _sentry_is_in_middleware():
                self._built_before_sentry.add(app)
            if scope["type"] == "lifespan" and self._is_active:
                self._started[id(app)] = app
            if scope["type"] != "http" or _EXCHANGE in scope or not self._is_active:
                return await inner(app, scope, receive, send)
            return await self._observe(inner, app, scope, receive, send)

        self._wrapped.append((call, inner))
        starlette.__call__ = call

    def uninstall(self) -> None:
        self._is_active = False
        starlette = getattr(sys.modules.get(_STARLETTE), "Starlette", None)
        for ours, inner in reversed(self._wrapped):
            if starlette is not None and starlette.__call__ is ours:
                starlette.__call__ = inner

    async def _observe(self, inner: Application, app: Any, scope: Scope, receive: Receive, send: Send) -> None:
        __tracebackhide__ = True
        exchange = Exchange(scope["method"], scope["path"])
        exchange._hint = self._hint(app)
        scope[_EXCHANGE] = exchange
        before = dict(scope)
        started = time.perf_counter()

        async def observed_send(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
                exchange.route = _route(app, before, scope)
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                exchange.duration = time.perf_counter() - started

        with serving(exchange, self._recorder.current):
            try:
                await inner(app, scope, receive, observed_send)
            except BaseException as error:
                exchange._chain = ExceptionChain.of(error, live=self._recorder.current.detailed)
                raise
            finally:
                exchange.route = exchange.route or _route(app, before, scope) or exchange._route_of_sdk()
                exchange.authenticated = exchange.status not in _TURNED_AWAY and _names_its_user(scope)

    def _hint(self, app: Any) -> str | None:
        if app in self._built_before_sentry and _sentry_is_in_middleware():
            return _INITIALISED_LATE
        is_off = not self._recorder.current.client_was_active
        return _WITHOUT_LIFESPAN if is_off and id(app) not in self._started and _has_lifespan(app) else None


def _has_lifespan(app: Any) -> bool:
    """Whether something is to run when the application starts; FastAPI has a lifespan of its own around routers'."""
    router = vars(vars(app).get("router", app))
    lifespan = router.get("lifespan_context")
    is_default = type(lifespan).__name__ == "_DefaultLifespan"
    return lifespan is not None and (not is_default or bool(router.get("on_startup")))


def _sentry_is_in_middleware() -> bool:
    """Whether middleware that Starlette builds now reports handled errors: the SDK replaces a constructor for that."""
    middleware = getattr(sys.modules.get("starlette.middleware"), "Middleware", None)
    return middleware is not None and middleware.__init__.__module__.startswith("sentry_sdk.")


def _names_its_user(scope: Scope) -> bool:
    """Whether the request carries credentials, by what Starlette's authentication says, else by its headers."""
    user = scope.get("user")
    if user is not None:
        return bool(getattr(user, "is_authenticated", True))
    return any(name.lower() == b"authorization" for name, _ in scope.get("headers", ()))


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

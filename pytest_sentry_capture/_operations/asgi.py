"""Exchanges of ASGI applications (https://asgi.readthedocs.io/en/latest/specs/): HTTP requests and WebSockets.

Any application is seen where the SDK's own middleware is wrapped around it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from functools import wraps
from typing import Any, ClassVar, Final

from pytest_sentry_capture._operations.adapter import OperationAdapter
from pytest_sentry_capture._operations.observation import SWITCHED, WEBSOCKET, Observation
from pytest_sentry_capture._operations.tracebacks import hide_own_frames

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[Any]]
RouteOf = Callable[[Scope, Scope], str | None]
"""Finds the route in the scope before the request was served, and after."""

OBSERVATION: Final = "pytest_sentry_capture.exchange"
"""The key of the ASGI scope under which an exchange that is under way is known to applications within others."""
_REFUSED: Final = 403
"""What servers answer where a WebSocket is closed before it was accepted."""
_STARTS: Final = ("http.response.start", "websocket.http.response.start")
_BODIES: Final = ("http.response.body", "websocket.http.response.body")


class AsgiAdapter(OperationAdapter):
    """Observes ASGI applications at the outermost place where they can be seen."""

    names_mounts: ClassVar[bool] = False
    """Whether the framework tells the whole route, that of its own applications included that are mounted in one."""
    about_silence: ClassVar[str] = (
        "The SDK's ASGI middleware is notified of exceptions that leave the application. It is not notified of a"
        " response that the application sends."
    )

    async def _observe(
        self,
        serve: Application,
        scope: Scope,
        receive: Receive,
        send: Send,
        route_of: RouteOf,
        hint: str | None = None,
    ) -> Any:
        """Serve a request as an exchange, or as a part of the one that it is already."""
        __tracebackhide__ = True
        if not self._is_active or scope["type"] not in ("http", "websocket"):
            return await serve(scope, receive, send)
        outer = scope.get(OBSERVATION)
        if isinstance(outer, Observation):
            if outer.names_mounts:
                return await serve(scope, receive, send)
            return await self._serve_within(outer, serve, scope, receive, send, route_of)
        method = WEBSOCKET if scope["type"] == "websocket" else scope["method"]
        observation = Observation(self._recorder, method, scope["path"], self.about_silence)
        observation.exchange._hint = hint
        observation.exchange._about_loop = self.about_loop()
        observation.exchange._is_task = True
        observation.names_mounts = self.names_mounts
        scope[OBSERVATION] = observation
        exchange = _AsgiExchange(observation, scope, route_of)
        token = observation.enter()
        try:
            return await serve(scope, exchange.observed_receive(receive), exchange.observed_send(send))
        except BaseException as error:
            observation.raises(error, to_server=scope["type"] == "http" and observation.exchange.status is None)
            raise
        finally:
            observation.leave(token)
            exchange.ends()

    async def _serve_within(
        self, outer: Observation, serve: Application, scope: Scope, receive: Receive, send: Send, route_of: RouteOf
    ) -> Any:
        """Serve a request that is observed already, at a place which does not know the routes of this framework."""
        __tracebackhide__ = True
        before = dict(scope)

        def note_route() -> None:
            is_mounted = bool(before.get("root_path"))
            outer.routed(route_of(before, scope), is_mounted=is_mounted, about_silence=self.about_silence)

        @wraps(send)
        async def noting_send(message: Message) -> None:
            __tracebackhide__ = True
            if message["type"] in (*_STARTS, "websocket.accept"):
                note_route()
            await send(message)

        try:
            return await serve(scope, receive, noting_send)
        finally:
            note_route()


class SentryAsgiAdapter(AsgiAdapter):
    """Observes what ``SentryAsgiMiddleware`` is wrapped around, by users or by an integration of the SDK."""

    package = "sentry-sdk"

    def install(self) -> None:
        consequence = "Exchanges of ASGI applications are not observed, except those of Starlette and FastAPI."
        self._wrap("sentry_sdk.integrations.asgi:SentryAsgiMiddleware._run_app", self._serving, consequence)

    def _serving(self, inner: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        @wraps(inner)
        async def run(middleware: Any, scope: Scope, receive: Receive, send: Send, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True

            async def serve(scope: Scope, receive: Receive, send: Send) -> Any:
                __tracebackhide__ = True
                return await inner(middleware, scope, receive, send, *args, **kwargs)

            try:
                return await self._observe(serve, scope, receive, send, _route)
            except BaseException as error:
                hide_own_frames(error)
                raise

        return run


class _AsgiExchange:
    """What an application and its server say to each other during an exchange."""

    def __init__(self, observation: Observation, scope: Scope, route_of: RouteOf) -> None:
        self._observation = observation
        self._before = dict(scope)
        self._scope = scope
        self._route_of = route_of

    def observed_receive(self, receive: Receive) -> Receive:
        """What the application awaits messages with. That of HTTP requests, whose ends are known, as it is."""
        if self._scope["type"] != "websocket":
            return receive

        @wraps(receive)
        async def observed() -> Message:
            __tracebackhide__ = True
            message = await receive()
            if message["type"] == "websocket.disconnect":
                self._observation.completes()
            return message

        return observed

    def observed_send(self, send: Send) -> Send:
        """What the application sends messages with. It has the name of the server's, which spans are named after."""

        @wraps(send)
        async def observed(message: Message) -> None:
            __tracebackhide__ = True
            self._begins_to_send(message)
            is_last = message["type"] == "websocket.close" or (
                message["type"] in _BODIES and not message.get("more_body")
            )
            if is_last:
                self._observation.is_about_to_complete()
            await send(message)
            if is_last:
                self._observation.completes()

        return observed

    def ends(self) -> None:
        """The application has returned, or has raised."""
        observation, exchange = self._observation, self._observation.exchange
        if exchange.route is None:
            self._find_route()
        observation.names_user = observation.names_user or _names_its_user(self._scope)
        observation.answers(None)
        if exchange.method == WEBSOCKET and exchange.status == SWITCHED:
            observation.completes()
        observation.ends()

    def _begins_to_send(self, message: Message) -> None:
        kind = message["type"]
        if kind in _STARTS:
            self._answers(message["status"])
        elif kind == "websocket.accept":
            self._answers(SWITCHED)
        elif kind == "websocket.close" and self._observation.exchange.status is None:
            self._answers(_REFUSED)

    def _answers(self, status: int) -> None:
        self._find_route()
        self._observation.answers(status)

    def _find_route(self) -> None:
        self._observation.finds_route(self._route_of(self._before, self._scope))


def _names_its_user(scope: Scope) -> bool:
    """Whether the request carries credentials, by what Starlette's authentication says, else by its headers."""
    user = scope.get("user")
    if user is not None:
        return bool(getattr(user, "is_authenticated", True))
    return any(name.lower() == b"authorization" for name, _ in scope.get("headers", ()))


def _route(_: Scope, scope: Scope) -> str | None:
    """The template that some frameworks leave in the scope, which the SDK's middleware has as they do."""
    template = scope.get("path_template")  # Litestar
    if template is None:
        template = getattr(scope.get("route"), "path", None)  # like Starlette
    return template if type(template) is str and template.startswith("/") else None

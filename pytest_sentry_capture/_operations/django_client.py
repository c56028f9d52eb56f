"""Exchanges of Django's test clients, which call their own handlers, and no server's.

The SDK's middleware is in the handlers of servers only. Where a test asks what is captured, requests of test clients go
through the same middleware, so that they are reported as in production.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import wraps
from typing import Any, Final

from pytest_sentry_capture._operations.adapter import Middleware, OperationAdapter
from pytest_sentry_capture._operations.asgi import OBSERVATION, Scope
from pytest_sentry_capture._operations.django import ABOUT_SILENCE, AsyncClientObservation
from pytest_sentry_capture._operations.observation import Observation
from pytest_sentry_capture._operations.tracebacks import hide_own_frames
from pytest_sentry_capture._operations.wsgi import WsgiObservation
from pytest_sentry_capture._recording import enter_operation, leave_operation

InScope = Callable[[], AbstractContextManager[Any]]

_CLIENT: Final = "django.test.client"
_STREAMS: Final = "django.http.response:StreamingHttpResponse"
_NO_HEADERS: Final[list[tuple[str, str]]] = []
_END: Final = object()


class DjangoClientAdapter(OperationAdapter):
    """Observes the handlers of ``Client``, of ``AsyncClient`` and of the clients that derive from them.

    Where nothing asks what is captured, the clients are left alone.
    """

    package = "django"

    def install(self) -> None:
        unseen = "Exchanges of Django's test client are not observed."
        self._wrap(f"{_CLIENT}:ClientHandler.__call__", self._serving, unseen)
        unseen = "Exchanges of Django's asynchronous test client are not observed."
        self._wrap(f"{_CLIENT}:AsyncClientHandler.__call__", self._serving_async, unseen)
        self._check_code(
            f"{_STREAMS}._set_streaming_content", "_iterator", "Streams are not observed with Django's test clients."
        )

    def _serving(self, inner: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        @wraps(inner)
        def call(handler: Any, environ: Any) -> Any:
            __tracebackhide__ = True
            if not self._is_active or type(environ) is not dict or not self.is_asked_for() or _is_served(environ):
                return inner(handler, environ)
            observation = WsgiObservation(self._recorder, environ, _start_response, ABOUT_SILENCE)
            middleware = self.django_middleware()
            served = _Served(observation, middleware, "wsgi")
            token = enter_operation(observation)
            try:
                if middleware is None:
                    response = inner(handler, environ)
                else:

                    def application(environ: Any, start_response: Callable[..., Any]) -> tuple[()]:
                        __tracebackhide__ = True
                        nonlocal response
                        response = inner(handler, environ)
                        if response.streaming:
                            served.in_scope = middleware.request_scope()
                        start_response(f"{response.status_code} {response.reason_phrase}", _NO_HEADERS)
                        return ()

                    use_x_forwarded_for = sys.modules["django.conf"].settings.USE_X_FORWARDED_HOST
                    middleware.wsgi(application, use_x_forwarded_for=use_x_forwarded_for)(environ, _start_response)
            except BaseException as error:
                served.fails(error)
                raise
            finally:
                leave_operation(token)
            served.answers(response, is_async=False)
            return response

        return call

    def _serving_async(self, inner: Callable[[Any, Any], Awaitable[Any]]) -> Callable[[Any, Any], Awaitable[Any]]:
        @wraps(inner)
        async def call(handler: Any, scope: Any) -> Any:
            __tracebackhide__ = True
            if not self._is_active or type(scope) is not dict or not self.is_asked_for() or OBSERVATION in scope:
                return await inner(handler, scope)
            observation = AsyncClientObservation(self._recorder, scope["method"], scope["path"], ABOUT_SILENCE)
            observation.names_user = any(name.lower() == b"authorization" for name, _ in scope["headers"])
            observation.exchange._about_loop = self.about_loop()
            observation.names_mounts = True
            scope[OBSERVATION] = observation
            middleware = self.django_middleware()
            served = _Served(observation, middleware, "asgi")
            token = enter_operation(observation)
            try:
                if middleware is None:
                    response = await inner(handler, scope)
                else:

                    async def application(_: Scope, __: Any, send: Callable[..., Awaitable[Any]]) -> None:
                        __tracebackhide__ = True
                        nonlocal response
                        served.in_scope = middleware.request_scope()
                        response = await inner(handler, scope)
                        await send(
                            {"type": "http.response.start", "status": response.status_code, "headers": _NO_HEADERS}
                        )

                    await middleware.asgi(application)(_of_server(scope), _receive, _send)
            except BaseException as error:
                served.fails(error)
                raise
            finally:
                leave_operation(token)
            served.answers(response, is_async=True)
            return response

        return call


class _Served:
    """A request that a test client's handler serves.

    Attributes:
        in_scope: enters the scope of the request, where it has one.
    """

    in_scope: InScope = nullcontext

    def __init__(self, observation: Observation, middleware: Middleware | None, mechanism: str) -> None:
        self._observation = observation
        self._middleware = middleware
        self._mechanism = mechanism

    def fails(self, error: BaseException) -> None:
        """The handler has raised: where it had no answer yet, a server would answer for it."""
        self._observation.raises(error, to_server=self._observation.exchange.status is None)
        self._observation.ends()

    def answers(self, response: Any, *, is_async: bool) -> None:
        """The handler has returned. What makes the body of a stream still serves the exchange.

        Args:
            response: Django's.
            is_async: whether the client is: only then something can await a stream that is asynchronous.
        """
        self._observation.answers(response.status_code)
        if not response.streaming:
            self._observation.completes()
            self._observation.ends()
        elif "_iterator" in vars(response) and (is_async or not getattr(response, "is_async", False)):
            _Stream(self, response)
        else:
            self._observation.ends()

    def ends(self, *, is_complete: bool) -> None:
        """The body is closed, or has come to its end."""
        if is_complete:
            self._observation.completes()
        self._observation.ends()

    @contextmanager
    def again(self) -> Iterator[None]:
        """Serve the exchange for a while, and capture what is raised then as the SDK's middleware does."""
        __tracebackhide__ = True
        token = enter_operation(self._observation)
        try:
            with self.in_scope():
                try:
                    yield
                except BaseException as error:
                    self._observation.raises(error)
                    if self._middleware is not None and issubclass(type(error), Exception):
                        self._middleware.capture(error, self._mechanism)
                    raise
        finally:
            leave_operation(token)


class _Stream:
    """What makes the body of a streamed response, in its place: it serves the exchange until it is closed."""

    def __init__(self, served: _Served, response: Any) -> None:
        self._served = served
        self._parts = response._iterator
        self._close_response = response.close
        self._has_failed = False
        response._iterator = self
        response.close = self._close

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        __tracebackhide__ = True
        try:
            with self._served.again():
                part = next(self._parts, _END)
        except BaseException as error:
            self._fails()
            hide_own_frames(error)
            raise
        if part is _END:
            self._served.ends(is_complete=not self._has_failed)
            raise StopIteration
        return part

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        __tracebackhide__ = True
        try:
            with self._served.again():
                part = await anext(self._parts, _END)
        except BaseException as error:
            self._fails()
            hide_own_frames(error)
            raise
        if part is _END:
            self._served.ends(is_complete=not self._has_failed)
            raise StopAsyncIteration
        return part

    def _close(self) -> None:
        """``close`` of the response: a server calls it when it has sent the body, or when the client has left."""
        __tracebackhide__ = True
        try:
            with self._served.again():
                self._close_response()
        except BaseException as error:
            self._fails()
            hide_own_frames(error)
            raise
        self._served.ends(is_complete=not self._has_failed)

    def _fails(self) -> None:
        self._has_failed = True
        self._served.ends(is_complete=False)


def _of_server(scope: Scope) -> Scope:
    """The scope as servers have it: its query string is bytes, and text in Django's asynchronous client."""
    query = scope.get("query_string")
    return {**scope, "query_string": query.encode()} if isinstance(query, str) else scope


def _is_served(environ: Any) -> bool:
    observation = Observation.current()
    return observation is not None and observation.serves(environ)


def _start_response(*_: Any) -> None:
    """No server gets the answer: the client gets the response itself."""


async def _receive() -> dict[str, Any]:
    """The body of the request is with the client's handler already."""
    return {"type": "http.disconnect"}


async def _send(message: dict[str, Any]) -> None:
    """No server gets the answer."""

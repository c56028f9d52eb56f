"""Exchanges of aiohttp's server, seen in its protocol: from the request until the answer is written."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, ClassVar, Final

from pytest_sentry_capture._operations.adapter import OperationAdapter
from pytest_sentry_capture._operations.observation import SWITCHED, WEBSOCKET, Observation

Handler = Callable[[Any], Awaitable[Any]]

_WRITES: Final = "aiohttp.web_protocol:RequestHandler._handle_request"
_PREPARES: Final = "aiohttp.web_response:StreamResponse.prepare"
_ENDS: Final = "aiohttp.web_response:StreamResponse.write_eof"
_INITIALIZED_LATE: Final = (
    "The server was set up before Sentry was initialized, so the SDK is not in it: initialize Sentry before the"
    " application's runner or test client is set up."
)


class AiohttpAdapter(OperationAdapter):
    """Observes every aiohttp application that a server serves. Low-level servers without one are not observed."""

    package = "aiohttp"
    about_silence: ClassVar[str] = (
        "aiohttp's integration is notified of exceptions that a handler raises. It is not notified of a response that a"
        " handler returns."
    )

    def install(self) -> None:
        self._wrap(_WRITES, self._serving, "Exchanges of aiohttp are not observed.")
        self._wrap(_PREPARES, self._noting_answer, "Statuses of aiohttp's streams are not known until they end.")
        self._wrap(_ENDS, self._noting_end, "Work of aiohttp's handlers after the end of a stream is not waited for.")

    def _serving(self, inner: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        @wraps(inner)
        async def handle(protocol: Any, request: Any, *args: Any) -> Any:
            __tracebackhide__ = True
            *others, handler = args or (None,)
            if not self._is_active or not _is_application(handler):
                return await inner(protocol, request, *args)
            observation = Observation(self._recorder, _method(request), request.path, self.about_silence)
            observation.exchange._hint = _hint(handler)
            observation.exchange._about_loop = self.about_loop()
            observation.exchange._is_task = True
            observation.names_user = "Authorization" in request.headers
            token = observation.enter()
            try:
                result = await inner(protocol, request, *others, _observed(observation, handler))
            except BaseException as error:
                if observation.exchange.exception_type is None:
                    observation.raises(error)
                raise
            else:
                _answers(observation, request, result[0])
                observation.completes()
                return result
            finally:
                observation.leave(token)
                if observation.exchange.method == WEBSOCKET and observation.exchange.status == SWITCHED:
                    observation.completes()
                observation.ends()

        return handle

    def _noting_answer(self, inner: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        @wraps(inner)
        async def prepare(response: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            result = await inner(response, request, *args, **kwargs)
            observation = Observation.current()
            if self._is_active and observation is not None and observation.serves(request):
                _answers(observation, request, response)
            return result

        return prepare

    def _noting_end(self, inner: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        @wraps(inner)
        async def write_eof(response: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            observation = Observation.current()
            if self._is_active and observation is not None and observation.serves(getattr(response, "_req", None)):
                observation.is_about_to_complete()
            return await inner(response, *args, **kwargs)

        return write_eof


def _observed(observation: Observation, handler: Handler) -> Handler:
    """What serves a request for the application: an exception that it raises may be another one in the end."""

    @wraps(handler)
    async def observed(request: Any) -> Any:
        __tracebackhide__ = True
        observation.is_of(request)
        try:
            response = await handler(request)
        except BaseException as error:
            if _is_response(error):
                _answers(observation, request, error)
            else:
                observation.finds_route(_route(request))
                observation.raises(error)
            raise
        _answers(observation, request, response)
        return response

    return observed


def _answers(observation: Observation, request: Any, response: Any) -> None:
    status = getattr(response, "status", None)
    observation.finds_route(_route(request))
    observation.answers(status if isinstance(status, int) else None)


def _is_application(handler: Any) -> bool:
    application = getattr(sys.modules.get("aiohttp.web_app"), "Application", None)
    owner = type(getattr(handler, "__self__", None))
    return isinstance(application, type) and issubclass(owner, application)


def _is_response(error: BaseException) -> bool:
    """Whether it is raised to answer with it, as aiohttp has it for errors of HTTP."""
    response = getattr(sys.modules.get("aiohttp.web_response"), "StreamResponse", None)
    return isinstance(response, type) and issubclass(type(error), response)


def _method(request: Any) -> str:
    upgrade = request.headers.get("Upgrade", "")
    return WEBSOCKET if upgrade.lower() == "websocket" else str(request.method)


def _route(request: Any) -> str | None:
    """The template of the resource that the router has found. Those that answer errors have none."""
    try:
        canonical = request.match_info.route.resource.canonical
    except (AssertionError, AttributeError):
        return None
    return canonical if isinstance(canonical, str) else None


def _hint(handler: Any) -> str | None:
    """Whether the server holds the method as it was before the SDK replaced it."""
    now = type(handler.__self__)._handle
    is_late = now.__module__.startswith("sentry_sdk.") and handler.__func__ is not now
    return _INITIALIZED_LATE if is_late else None

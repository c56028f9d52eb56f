"""Exchanges of Django applications that a server serves, by WSGI or ASGI, and what Django knows of any exchange."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from functools import partial, wraps
from typing import Any, ClassVar, Final

from pytest_sentry_capture._operations.adapter import OperationAdapter
from pytest_sentry_capture._operations.asgi import AsgiAdapter, Receive, Scope, Send
from pytest_sentry_capture._operations.observation import Observation
from pytest_sentry_capture._operations.tracebacks import hide_own_frames
from pytest_sentry_capture._operations.wsgi import WsgiAdapter

ABOUT_SILENCE: Final = (
    "Django notifies the SDK only of exceptions that it answers with a 500. It does not notify it of a response that a"
    " view or a middleware returns, or of an exception that Django REST framework handles."
)
_HANDLER: Final = "django.core.handlers.base:BaseHandler"
_CRASH: Final = "django.core.handlers.exception:handle_uncaught_exception"


class DjangoWsgiAdapter(WsgiAdapter):
    """Observes Django's WSGI handler, which the servers of ``live_server`` call too."""

    package = "django"
    about_silence: ClassVar[str] = ABOUT_SILENCE

    def install(self) -> None:
        unseen = "Exchanges of Django's WSGI handler are not observed."
        self._wrap("django.core.handlers.wsgi:WSGIHandler.__call__", self._serving, unseen)


class DjangoAsgiAdapter(AsgiAdapter):
    """Observes Django's ASGI handler."""

    package = "django"
    names_mounts = True
    about_silence: ClassVar[str] = ABOUT_SILENCE

    def install(self) -> None:
        unseen = "Exchanges of Django's ASGI handler are not observed."
        self._wrap("django.core.handlers.asgi:ASGIHandler.__call__", self._serving, unseen)

    def _serving(self, inner: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        @wraps(inner)
        async def call(handler: Any, scope: Scope, receive: Receive, send: Send) -> Any:
            __tracebackhide__ = True
            try:
                return await self._observe(partial(inner, handler), scope, receive, send, _told_by_responses)
            except BaseException as error:
                hide_own_frames(error)
                raise

        return call


class DjangoResponses(OperationAdapter):
    """Notes for the exchange that Django serves its route, its status and its crash, wherever it is observed."""

    package = "django"

    def install(self) -> None:
        unknown = "Routes of Django are not known."
        self._wrap(f"{_HANDLER}.get_response", self._noting, unknown)
        self._wrap(f"{_HANDLER}.get_response_async", self._noting_async, unknown)
        consequence = "Exceptions that Django answers with 500 are not known in its exchanges."
        self._wrap(_CRASH, self._noting_crash, consequence)

    def _noting(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(inner)
        def get_response(handler: Any, request: Any) -> Any:
            __tracebackhide__ = True
            observation = Observation.current()
            if observation is None or observation.told_by is request or not self._is_active:
                return inner(handler, request)
            observation.told_by = request
            response = None
            try:
                response = inner(handler, request)
            finally:
                _note(observation, request, response)
            return response

        return get_response

    def _noting_async(self, inner: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        @wraps(inner)
        async def get_response_async(handler: Any, request: Any) -> Any:
            __tracebackhide__ = True
            observation = Observation.current()
            if observation is None or observation.told_by is request or not self._is_active:
                return await inner(handler, request)
            observation.told_by = request
            if isinstance(observation, AsyncClientObservation):
                observation.sees(request)
            response = None
            try:
                response = await inner(handler, request)
            finally:
                _note(observation, request, response)
            return response

        return get_response_async

    def _noting_crash(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(inner)
        def handle_uncaught_exception(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            observation, error = Observation.current(), sys.exc_info()[1]
            if self._is_active and observation is not None and error is not None:
                observation.raises(error)
            return inner(*args, **kwargs)

        return handle_uncaught_exception


class AsyncClientObservation(Observation):
    """An exchange of Django's asynchronous test client, which makes its request itself.

    The SDK takes what it says about a request from where Django's ASGI handler makes it.
    """

    def sees(self, request: Any) -> None:
        """Let the SDK take the request that Django is about to answer for one that the ASGI handler has made."""
        handler = getattr(sys.modules.get("django.core.handlers.asgi"), "ASGIHandler", None)
        make = getattr(handler, "create_request", None)
        if make is not None and make.__module__.startswith("sentry_sdk."):
            make(_Handler(request), None, None)


class _Handler:
    """As much of a handler as a request is made with, for one that is made already."""

    def __init__(self, request: Any) -> None:
        self._request = request

    def request_class(self, *_: Any) -> Any:
        return self._request


def _told_by_responses(before: Scope, after: Scope) -> None:
    """See ``DjangoResponses``: the route is not in the scope."""


def _note(observation: Observation, request: Any, response: Any) -> None:
    about = vars(request)
    route = getattr(about.get("resolver_match"), "route", None)
    is_mounted = bool(about.get("META", {}).get("SCRIPT_NAME"))
    own = f"/{route.removeprefix('/')}" if type(route) is str else None
    observation.routed(own, is_mounted=is_mounted, about_silence=ABOUT_SILENCE)
    if _names_user(about):
        observation.names_user = True
    status = getattr(response, "status_code", None)
    observation.answers(status if isinstance(status, int) else None)


def _names_user(about: dict[str, Any]) -> bool:
    """Whether Django, or Django REST framework, has found the request's user. A lazy one is not asked for."""
    user = about.get("_cached_user", about.get("_acached_user"))
    if user is None:
        user = about.get("user")
    if user is None or type(user).__module__ == "django.utils.functional":
        return False
    anonymous = getattr(sys.modules.get("django.contrib.auth.models"), "AnonymousUser", None)
    return anonymous is None or not issubclass(type(user), anonymous)

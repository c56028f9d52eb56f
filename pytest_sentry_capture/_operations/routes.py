"""Routes of frameworks whose exchanges are seen where the SDK's middleware is: it does not tell them itself.

Bottle and Litestar leave theirs where their exchanges are observed: in the WSGI environment, and in the ASGI scope.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

from pytest_sentry_capture._operations.adapter import OperationAdapter
from pytest_sentry_capture._operations.observation import Observation


class _RouteAdapter(OperationAdapter):
    """Notes what a framework finds, for the exchange that it serves."""

    def _note(self, route: object, error: BaseException | None = None) -> None:
        observation = Observation.current()
        if not self._is_active or observation is None:
            return
        if type(route) is str:
            observation.routed(f"/{route.removeprefix('/')}")
        if error is not None:
            observation.raises(error)


class FalconRoutes(_RouteAdapter):
    """Notes the URI templates of Falcon."""

    package = "falcon"

    def install(self) -> None:
        self._wrap("falcon.app:App._get_responder", self._noting, "Routes of Falcon are not known.")

    def _noting(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(inner)
        def get_responder(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            result = inner(*args, **kwargs)
            self._note(result[-1] if type(result) is tuple else None)
            return result

        return get_responder


class PyramidRoutes(_RouteAdapter):
    """Notes the patterns of Pyramid's routes."""

    package = "pyramid"

    def install(self) -> None:
        self._wrap("pyramid.router:Router.handle_request", self._noting, "Routes of Pyramid are not known.")

    def _noting(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(inner)
        def handle_request(router: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            try:
                return inner(router, request, *args, **kwargs)
            finally:
                self._note(getattr(vars(request).get("matched_route"), "pattern", None))

        return handle_request


class QuartRoutes(_RouteAdapter):
    """Notes the rules of Quart, and the exceptions that it answers for itself."""

    package = "quart"

    def install(self) -> None:
        for name in "full_dispatch_request", "full_dispatch_websocket":
            self._wrap(f"quart.app:Quart.{name}", self._noting_rule, "Routes of Quart are not known.")
        for name in "handle_exception", "handle_websocket_exception":
            consequence = "Exceptions that Quart answers are not known in its exchanges."
            self._wrap(f"quart.app:Quart.{name}", self._noting_crash, consequence)

    def _noting_rule(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(inner)
        async def dispatch(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            self._note(_rule_of_quart())
            return await inner(*args, **kwargs)

        return dispatch

    def _noting_crash(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(inner)
        async def handle(app: Any, error: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            self._note(None, error if issubclass(type(error), BaseException) else None)
            return await inner(app, error, *args, **kwargs)

        return handle


def _rule_of_quart() -> object:
    return _rule_of("request") or _rule_of("websocket")


def _rule_of(name: str) -> object:
    try:
        return getattr(sys.modules["quart.globals"], name).url_rule.rule
    except (AttributeError, KeyError, RuntimeError):  # it is of the other sort, or there is no such route
        return None

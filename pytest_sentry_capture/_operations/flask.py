"""Exchanges of Flask applications, whether or not the SDK's integration is on."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar, Final

from pytest_sentry_capture._operations.observation import Observation
from pytest_sentry_capture._operations.wsgi import WsgiAdapter

_FLASK: Final = "flask.app:Flask"


class FlaskAdapter(WsgiAdapter):
    """Observes every Flask application, as the outermost wrapper of its ``__call__``."""

    package = "flask"
    about_silence: ClassVar[str] = (
        "Flask notifies the SDK only of exceptions that no error handler of the application handles. It does not"
        " notify it of a response that a view returns, of abort(503), or of an exception that an @app.errorhandler"
        " handles."
    )

    def install(self) -> None:
        unseen = "Exchanges of Flask are not observed."
        self._wrap(f"{_FLASK}.__call__", self._serving, unseen)
        self._wrap(f"{_FLASK}.wsgi_app", self._serving, "Exchanges of a Flask's wsgi_app alone are not observed.")
        self._wrap(f"{_FLASK}.full_dispatch_request", self._noting_route, "Routes of Flask are not known.")
        self._wrap(
            f"{_FLASK}.handle_exception",
            self._noting_crash,
            "Exceptions that Flask answers with 500 are not known in its exchanges.",
        )

    def _noting_route(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(inner)
        def dispatch(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            if self._is_active and (observation := Observation.current()) is not None:
                route, is_mounted = _route()
                observation.routed(route, is_mounted=is_mounted, about_silence=self.about_silence)
            return inner(*args, **kwargs)

        return dispatch

    def _noting_crash(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(inner)
        def handle(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            if self._is_active and (observation := Observation.current()) is not None:
                errors = (each for each in (*args, *kwargs.values()) if issubclass(type(each), BaseException))
                if (error := next(errors, None)) is not None:
                    observation.raises(error)
            return inner(*args, **kwargs)

        return handle


def _route() -> tuple[str | None, bool]:
    """The rule that Flask has chosen for the request of the calling context, and whether a mount leads to it."""
    try:
        request = sys.modules["flask.globals"].request._get_current_object()
        rule = request.url_rule
    except (AttributeError, KeyError, RuntimeError):
        return None, False
    return (None, False) if rule is None else (rule.rule, request.root_path != "")

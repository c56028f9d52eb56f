"""Exchanges of WSGI applications (PEP 3333), from the request until the body is closed.

Any application is seen where the SDK's own middleware is wrapped around it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial, wraps
from typing import Any, ClassVar, Final

from pytest_sentry_capture._operations.adapter import OperationAdapter
from pytest_sentry_capture._operations.observation import Observation

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

_COMPLETE: Final = (list, tuple)
"""What runs no code of the application's when it is read."""
_WITHOUT_BODY: Final = (204, 304)


class WsgiAdapter(OperationAdapter):
    """Observes WSGI applications at the outermost place where they can be seen.

    Nothing that an application or its server can see is changed, but for the iterable that is the body: it is wrapped,
    unless servers look at what it is.
    """

    about_silence: ClassVar[str] = (
        "The SDK's WSGI middleware is notified of exceptions that leave the application. It is not notified of a"
        " response that the application returns."
    )

    def _serving(self, inner: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
        """The wrapper of a method of applications, which takes the environment and ``start_response``."""

        @wraps(inner)
        def call(app: Any, environ: Any, start_response: StartResponse) -> Iterable[bytes]:
            __tracebackhide__ = True
            if not self._is_active or not isinstance(environ, dict) or _is_served(environ):
                return inner(app, environ, start_response)
            return self._observe(partial(inner, app), environ, start_response)

        return call

    def _observe(self, serve: Application, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve a request as an exchange."""
        __tracebackhide__ = True
        observation = Observation(self._recorder, _text(environ, "REQUEST_METHOD"), _path(environ), self.about_silence)
        observation.is_of(environ, environ.get("wsgi.input"))
        observation.names_user = "HTTP_AUTHORIZATION" in environ or "REMOTE_USER" in environ
        answer = _Answer(observation, environ, start_response)
        token = observation.enter()
        try:
            body = serve(environ, answer.start)
        except BaseException as error:
            observation.raises(error, to_server=True)
            observation.ends()
            raise
        finally:
            observation.leave(token)
        if type(body) in _COMPLETE or _is_for_server(environ, body):
            observation.completes()
            observation.ends()
            return body
        return (_SizedBody if hasattr(type(body), "__len__") else _Body)(observation, answer, body)


class SentryWsgiAdapter(WsgiAdapter):
    """Observes what ``SentryWsgiMiddleware`` is wrapped around, by users or by an integration of the SDK."""

    package = "sentry-sdk"

    def install(self) -> None:
        consequence = "Exchanges of WSGI applications are not observed, but for those of Flask."
        self._wrap("sentry_sdk.integrations.wsgi:SentryWsgiMiddleware.__call__", self._serving, consequence)


class _Answer:
    """What an application says of its answer before the body.

    Attributes:
        is_sent: whether the server has sent what it was given, which it does with the first part of the body.
    """

    __slots__ = ("_environ", "_observation", "_start_response", "_to_come", "is_sent")

    def __init__(self, observation: Observation, environ: Environ, start_response: StartResponse) -> None:
        self._environ = environ
        self._observation = observation
        self._start_response = start_response
        self._to_come: int | None = None
        self.is_sent = False

    def start(self, *args: Any, **kwargs: Any) -> Any:
        """The server's ``start_response``, which may be called again with ``exc_info`` as long as nothing was sent."""
        __tracebackhide__ = True
        self._observation.routed(_route(self._environ))
        write = self._start_response(*args, **kwargs)
        given = dict(zip(("status", "headers"), args, strict=False))
        status = _status(given.get("status", kwargs.get("status")))
        self._observation.answers(status)
        self._to_come = 0 if status in _WITHOUT_BODY else _content_length(given.get("headers"))
        return write

    def sends(self, part: object) -> None:
        """A part of the body is handed to the server: the last one, where all that was announced has been."""
        self.is_sent = True
        if self._to_come is not None:
            self._to_come -= len(part) if type(part) is bytes else 0
            if self._to_come <= 0:
                self._observation.completes()


class _Body:
    """The body of an answer: what makes it still serves the exchange."""

    __slots__ = ("_answer", "_body", "_has_failed", "_observation", "_parts")

    def __init__(self, observation: Observation, answer: _Answer, body: Iterable[bytes]) -> None:
        self._observation = observation
        self._answer = answer
        self._body = body
        self._has_failed = False
        self._parts: Iterator[bytes] | None = None

    def __iter__(self) -> Iterator[bytes]:
        __tracebackhide__ = True
        token = self._observation.enter()
        try:
            self._parts = iter(self._body)
        except BaseException as error:
            self._fails(error)
            raise
        finally:
            self._observation.leave(token)
        return self

    def __next__(self) -> bytes:
        __tracebackhide__ = True
        token = self._observation.enter()
        try:
            part: bytes = next(self._body if self._parts is None else self._parts)  # type: ignore[call-overload]
        except StopIteration:
            self._observation.completes()
            raise
        except BaseException as error:
            self._fails(error)
            raise
        finally:
            self._observation.leave(token)
        self._answer.sends(part)
        return part

    def close(self) -> None:
        """The server has sent the body, or it has ended before that: the client has left, or making it has failed."""
        __tracebackhide__ = True
        token = self._observation.enter()
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        except BaseException as error:
            self._observation.raises(error)
            raise
        finally:
            self._observation.leave(token)
            self._observation.ends()
        if not self._has_failed:
            self._observation.completes()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._body, name)

    def _fails(self, error: BaseException) -> None:
        self._has_failed = True
        self._observation.raises(error, to_server=not self._answer.is_sent)


class _SizedBody(_Body):
    """A body with a length, from which servers conclude how long it is."""

    __slots__ = ()

    def __len__(self) -> int:
        return len(self._body)  # type: ignore[arg-type]


def _is_served(environ: Mapping[str, Any]) -> bool:
    """Whether the calling context serves this very request already, at a place outside of this one."""
    observation = Observation.current()
    return observation is not None and (
        observation.serves(environ, environ.get("wsgi.input"))
        or observation.may_be_passed_on(_text(environ, "REQUEST_METHOD"), _path(environ))
    )


def _is_for_server(environ: Mapping[str, Any], body: object) -> bool:
    """Whether servers look at what the body is: files that they send themselves, by the rule that the SDK has."""
    wrapper = environ.get("wsgi.file_wrapper")
    if wrapper is None:
        return False
    is_wrapper = isinstance(wrapper, type) and issubclass(type(body), wrapper)
    return is_wrapper or getattr(body, "fileno", None) is not None


def _path(environ: Mapping[str, Any]) -> str:
    """The path of a request as it was meant: WSGI has its bytes as Latin-1."""
    path = _text(environ, "SCRIPT_NAME") + _text(environ, "PATH_INFO")
    return path.encode("latin-1", "replace").decode("utf-8", "replace")


def _text(environ: Mapping[str, Any], name: str) -> str:
    value = environ.get(name)
    return value if type(value) is str else ""


def _status(given: object) -> int | None:
    """The number in ``"404 Not Found"``."""
    if not isinstance(given, str):
        return None
    try:
        return int(str.split(given, maxsplit=1)[0])
    except (ValueError, IndexError):
        return None


def _content_length(headers: object) -> int | None:
    if type(headers) is not list:
        return None
    for header in headers:
        if type(header) is tuple and len(header) == 2:
            name, value = header
            if type(name) is str and type(value) is str and name.lower() == "content-length" and value.isdigit():
                return int(value)
    return None


def _route(environ: Mapping[str, Any]) -> str | None:
    """The rule that Bottle leaves in the environment."""
    rule = getattr(environ.get("bottle.route"), "rule", None)
    return rule if type(rule) is str else None

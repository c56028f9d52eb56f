"""Exchanges of WSGI applications (PEP 3333), from the request until the body is closed.

Any application is seen where the SDK's own middleware is wrapped around it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache, partial, wraps
from typing import Any, ClassVar, Final

from pytest_sentry_capture._operations.adapter import OperationAdapter
from pytest_sentry_capture._operations.observation import Observation
from pytest_sentry_capture._operations.tracebacks import hide_own_frames
from pytest_sentry_capture._recording import Recorder, enter_operation, leave_operation

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

_COMPLETE: Final = (list, tuple)
"""What runs no code of the application's when it is read."""
_WITHOUT_BODY: Final = (204, 304)
_LENGTH: Final = len("Content-Length")


class WsgiAdapter(OperationAdapter):
    """Observes WSGI applications at the outermost place where they can be seen.

    Nothing that an application or its server can see is changed, except for the iterable that is the body: it is
    wrapped, unless servers look at what it is.
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
            try:
                if not self._is_active or not isinstance(environ, dict) or _is_served(environ):
                    return inner(app, environ, start_response)
                return self._observe(partial(inner, app), environ, start_response)
            except BaseException as error:
                hide_own_frames(error)
                raise

        return call

    def _observe(self, serve: Application, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve a request as an exchange."""
        __tracebackhide__ = True
        observation = WsgiObservation(self._recorder, environ, start_response, self.about_silence)
        token = enter_operation(observation)
        try:
            body = serve(environ, observation.start_response)
        except BaseException as error:
            observation.raises(error, to_server=True)
            observation.ends()
            raise
        finally:
            leave_operation(token)
        if type(body) in _COMPLETE or _is_for_server(environ, body):
            observation.completes()
            observation.ends()
            return body
        return _body_class(type(body))(observation, body)


class SentryWsgiAdapter(WsgiAdapter):
    """Observes what ``SentryWsgiMiddleware`` is wrapped around, by users or by an integration of the SDK."""

    package = "sentry-sdk"

    def install(self) -> None:
        consequence = "Exchanges of WSGI applications are not observed, except those of Flask."
        self._wrap("sentry_sdk.integrations.wsgi:SentryWsgiMiddleware.__call__", self._serving, consequence)


class WsgiObservation(Observation):
    """An exchange as a WSGI server and its application speak of it.

    Attributes:
        is_sent: whether the server has sent what it received of the answer: with the first part of the body it does.
    """

    is_sent = False
    _to_come: int | None = None

    def __init__(self, recorder: Recorder, environ: Environ, start_response: StartResponse, about_silence: str) -> None:
        Observation.__init__(self, recorder, _text(environ, "REQUEST_METHOD"), _path(environ), about_silence)
        self._request, self._input = environ, environ.get("wsgi.input")
        self._environ, self._start_response = environ, start_response
        if "HTTP_AUTHORIZATION" in environ or "REMOTE_USER" in environ:
            self.names_user = True

    def start_response(self, *args: Any, **kwargs: Any) -> Any:
        """The server's ``start_response``, which may be called again with ``exc_info`` as long as nothing was sent."""
        __tracebackhide__ = True
        if "bottle.route" in self._environ:
            self.routed(_rule_of_bottle(self._environ))
        write = self._start_response(*args, **kwargs)
        status = _status(args[0] if args else kwargs.get("status"))
        self.answers(status)
        self._to_come = 0 if status in _WITHOUT_BODY else _content_length(args[1] if len(args) > 1 else None)
        return write

    def sends(self, part: object) -> None:
        """A part of the body is handed to the server: the last one, where all that was announced has been."""
        self.is_sent = True
        if self._to_come is not None:
            self._to_come -= len(part) if type(part) is bytes else 0
            if self._to_come <= 0:
                self.completes()


class _Body:
    """The body of an answer: what makes it still serves the exchange."""

    __slots__ = ("_body", "_has_failed", "_observation", "_parts")

    def __init__(self, observation: WsgiObservation, body: Iterable[bytes]) -> None:
        self._observation = observation
        self._body = body
        self._has_failed = False
        self._parts: Iterator[bytes] | None = None

    def __iter__(self) -> Iterator[bytes]:
        __tracebackhide__ = True
        observation = self._observation
        parts: Iterator[bytes] | None = None
        while True:
            token = enter_operation(observation)
            try:
                if parts is None:
                    parts = iter(self._body)
                part = next(parts)
            except StopIteration:
                observation.completes()
                return
            except BaseException as error:
                self._has_failed = True
                observation.raises(error, to_server=not observation.is_sent)
                raise
            finally:
                leave_operation(token)
            observation.sends(part)
            yield part

    def __next__(self) -> bytes:
        __tracebackhide__ = True
        if self._parts is None:
            self._parts = iter(self)
        return next(self._parts)

    def close(self) -> None:
        """The server has sent the body, or it has ended before that: the client has left, or making it has failed."""
        __tracebackhide__ = True
        token = enter_operation(self._observation)
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        except BaseException as error:
            self._observation.raises(error)
            raise
        finally:
            leave_operation(token)
            self._observation.ends()
        if not self._has_failed:
            self._observation.completes()

    def __del__(self) -> None:
        """Test clients throw bodies away without closing them, which nobody can read any more then."""
        self._observation.ends()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._body, name)

    @property
    def __class__(self) -> Any:
        """That of the body, for who asks with ``isinstance``."""
        return type(self._body)

    @__class__.setter
    def __class__(self, value: Any) -> None:
        raise TypeError("the class of a body can't be replaced")


class _SizedBody(_Body):
    """A body with a length, from which servers conclude how long it is."""

    __slots__ = ()

    def __len__(self) -> int:
        return len(self._body)  # type: ignore[arg-type]


@lru_cache(maxsize=64)
def _body_class(body_class: type) -> type[_Body]:
    return _SizedBody if hasattr(body_class, "__len__") else _Body


def _is_served(environ: Mapping[str, Any]) -> bool:
    """Whether the calling context serves this very request already, at a place outside of this one."""
    observation = Observation.current()
    if observation is None:
        return False
    return observation.serves(environ, environ.get("wsgi.input")) or observation.may_be_passed_on(
        _text(environ, "REQUEST_METHOD"), _path(environ)
    )


def _is_for_server(environ: Mapping[str, Any], body: object) -> bool:
    """Whether servers look at what the body is: files that they send themselves, by the rule that the SDK has."""
    wrapper = environ.get("wsgi.file_wrapper")
    if wrapper is None:
        return False
    is_wrapper = isinstance(wrapper, type) and issubclass(type(body), wrapper)
    return is_wrapper or getattr(body, "fileno", None) is not None


def _path(environ: Mapping[str, Any]) -> str:
    """The path of a request as it was intended: WSGI has its bytes as Latin-1."""
    path = _text(environ, "SCRIPT_NAME") + _text(environ, "PATH_INFO")
    return path if path.isascii() else path.encode("latin-1", "replace").decode("utf-8", "replace")


def _text(environ: Mapping[str, Any], name: str) -> str:
    value = environ.get(name)
    return value if type(value) is str else ""


def _status(given: object) -> int | None:
    """The number in ``"404 Not Found"``."""
    try:
        return int(given[:3]) if isinstance(given, str) else None
    except ValueError:
        return None


def _content_length(headers: object) -> int | None:
    try:
        for name, value in headers if type(headers) is list else ():
            if len(name) == _LENGTH and name.lower() == "content-length":
                return int(value)
    except (AttributeError, TypeError, ValueError):  # which the server will not take either
        return None
    return None


def _rule_of_bottle(environ: Mapping[str, Any]) -> str | None:
    """The rule that Bottle leaves in the environment."""
    rule = getattr(environ["bottle.route"], "rule", None)
    return rule if type(rule) is str else None

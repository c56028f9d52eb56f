"""A WSGI application without a framework, in the SDK's middleware, that fails in every way as the others do."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any
from wsgiref.handlers import SimpleHandler
from wsgiref.util import setup_testing_defaults

import sentry_sdk
from sentry_sdk.integrations.wsgi import SentryWsgiMiddleware
from web import Answer, act, crash, crash_late, init

init()
ROUTES: dict[str, str] = {}
SAYS_OF_SILENCE = "*WSGI middleware*"


class FailsWhenClosed:
    def __iter__(self) -> Iterator[bytes]:
        return iter([b"ok"])

    def close(self) -> None:
        crash(1)


def parts() -> Iterator[bytes]:
    yield b"one"
    crash(1)


def late_parts() -> Iterator[bytes]:
    yield b"one"
    crash_late()


def shop(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
    sentry_sdk.set_tag("request_id", environ.get("HTTP_X_REQUEST_ID", "none"))
    _, what, *about = environ["PATH_INFO"].split("/")
    status = act(what, *about)
    length = [("Content-Length", "3")] if what == "late" else []
    start_response(f"{status} {HTTPStatus(status).phrase}", [("Content-Type", "text/plain"), *length])
    if what == "late":
        return late_parts()
    if what == "stream":
        return parts()
    return FailsWhenClosed() if what == "teardown" else [b"ok"]


app = SentryWsgiMiddleware(shop)


class Server(SimpleHandler):
    origin_server = False  # whose answers begin with a line "Status: 200 OK"

    def log_exception(self, exc_info: object) -> None:
        """Say nothing."""


def get(path: str, headers: Mapping[str, str] | None = None) -> Answer:
    """What a client of a server would see."""
    environ = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in (headers or {}).items()}
    setup_testing_defaults(environ)
    environ["PATH_INFO"] = path
    output = io.BytesIO()
    server = Server(io.BytesIO(), output, io.StringIO(), environ, multithread=False)
    server.run(app)
    head, _, body = output.getvalue().decode().partition("\r\n\r\n")
    return Answer(int(head.split()[1]), body)

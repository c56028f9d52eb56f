"""What every answer carries: the request's id and the security headers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID_HEADER: Final = "X-Request-ID"

SECURITY_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


def request_id_of(connection: HTTPConnection) -> str:
    """The id that the request came with, or that it was given."""
    request_id: str = connection.state.request_id
    return request_id


class RequestIdMiddleware:
    """Gives each request the id that the client can quote, and tells it to who wants to know.

    It is plain ASGI: ``@app.middleware("http")`` would run the application in its own task, away from Sentry's
    scope of the request.
    """

    def __init__(self, app: ASGIApp, tell: Callable[[str], None]) -> None:
        self.app = app
        self.tell = tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell the id, and give it to the answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _acceptable(Headers(scope=scope).get(REQUEST_ID_HEADER)) or uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        self.tell(request_id)
        await self.app(scope, receive, _adding({REQUEST_ID_HEADER: request_id}, send))


class SecurityHeadersMiddleware:
    """Tells browsers to keep what the service answers to themselves."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to the answer."""
        await self.app(scope, receive, _adding(SECURITY_HEADERS, send))


def _acceptable(request_id: str | None) -> str | None:
    """A client's own id goes to Sentry as a tag, so that it may not be just anything."""
    return request_id if request_id and _REQUEST_ID.fullmatch(request_id) else None


def _adding(headers: dict[str, str], send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(headers)
        await send(message)

    return send_with_headers

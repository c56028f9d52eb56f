"""An ASGI application without a framework, in the SDK's middleware, that fails in every way as the others do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx
import sentry_sdk
from sentry_sdk.integrations.asgi import SentryAsgiMiddleware
from web import Answer, act, crash, crash_late, init

init()
ROUTES: dict[str, str] = {}
SAYS_OF_SILENCE = "*ASGI middleware*"


async def shop(scope: dict[str, Any], receive: Any, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
    headers = dict(scope["headers"])
    sentry_sdk.set_tag("request_id", headers.get(b"x-request-id", b"none").decode())
    _, what, *about = scope["path"].split("/")
    status = act(what, *about)
    await send({"type": "http.response.start", "status": status, "headers": []})
    if what == "stream":
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        crash(1)
    await send({"type": "http.response.body", "body": b"ok"})
    if what == "teardown":
        crash(1)
    if what == "late":
        crash_late()


app = SentryAsgiMiddleware(shop)


def get(path: str, headers: Mapping[str, str] | None = None) -> Answer:
    """What a client of a server would see."""

    async def request() -> Answer:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            response = await client.get(path, headers=headers)
        return Answer(response.status_code, response.text)

    return asyncio.run(request())

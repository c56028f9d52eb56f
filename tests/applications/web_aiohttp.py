"""An aiohttp application that fails in every way in which a monitoring test looks at it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

import sentry_sdk
from aiohttp import ClientError, web
from aiohttp.test_utils import TestClient, TestServer
from web import Answer, crash, crash_late, init

init()
ROUTES = {"crash": "/crash/{number}", "tagged": "/tagged/{name}", "missing": "/missing/{number}"}
SAYS_OF_SILENCE = "*aiohttp's integration*"
routes = web.RouteTableDef()


@web.middleware
async def tag_request(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    sentry_sdk.set_tag("request_id", request.headers.get("X-Request-ID", "none"))
    try:
        return await handler(request)
    except web.HTTPNotFound as error:
        sentry_sdk.capture_exception(error)
        raise


@routes.get("/crash/{number}")
async def crashing(request: web.Request) -> web.Response:
    return web.Response(text=crash(int(request.match_info["number"])))


@routes.get("/handled")
async def handled(request: web.Request) -> web.Response:
    try:
        return web.Response(text=crash(1))
    except ZeroDivisionError as error:
        sentry_sdk.capture_exception(error)
        return web.Response(status=500)


@routes.get("/missing/{number}")
async def missing(request: web.Request) -> web.Response:
    raise web.HTTPNotFound


@routes.get("/logged")
async def logged(request: web.Request) -> web.Response:
    logging.getLogger("shop").error("payment %s failed", 17)
    return web.Response(text="ok")


@routes.get("/silent")
async def silent(request: web.Request) -> web.Response:
    return web.Response(status=503)


@routes.get("/tagged/{name}")
async def tagged(request: web.Request) -> web.Response:
    sentry_sdk.set_tag("name", request.match_info["name"])
    sentry_sdk.capture_message(f"hello {request.match_info['name']}")
    return web.Response(text="ok")


@routes.get("/plain")
async def plain(request: web.Request) -> web.Response:
    sentry_sdk.capture_message("plain")
    return web.Response(text="ok")


@routes.get("/stream")
async def stream(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"one")
    crash(1)
    return response


@routes.get("/teardown")
async def teardown(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write_eof(b"ok")
    crash(1)
    return response


@routes.get("/late")
async def late(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write_eof(b"ok")
    crash_late()
    return response


app = web.Application(middlewares=[tag_request])
app.add_routes(routes)
loop = asyncio.new_event_loop()
client = TestClient(TestServer(app, loop=loop), loop=loop)


def get(path: str, headers: Mapping[str, str] | None = None) -> Answer:
    """What a client of a server would see."""

    async def request() -> Answer:
        await client.start_server()
        async with client.get(path, headers=headers) as response:
            try:
                return Answer(response.status, await response.text())
            except ClientError:
                return Answer(response.status, None)

    return loop.run_until_complete(request())

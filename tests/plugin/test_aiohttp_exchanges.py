"""Exchanges of aiohttp's server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest
import sentry_sdk

from pytest_sentry_capture import Exchange, SentryCapture, SentryInit

if TYPE_CHECKING:
    from aiohttp import web
    from aiohttp.test_utils import TestClient

DSN = "https://key@sentry.invalid/1"
Client = Any  # aiohttp's, of which each test has its own

pytestmark = pytest.mark.needs("aiohttp")


@pytest.fixture(autouse=True)
def initialized(sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN, auto_enabling_integrations=True)


def make_app() -> web.Application:
    from aiohttp import WSMsgType, web

    app, admin, routes = web.Application(), web.Application(), web.RouteTableDef()

    @routes.get("/orders/{number}")
    async def order(request: web.Request) -> web.Response:
        sentry_sdk.capture_message(f"order {request.match_info['number']}")
        return web.Response(text=str(100 // int(request.match_info["number"])))

    @routes.get("/down")
    async def down(request: web.Request) -> web.Response:
        raise web.HTTPServiceUnavailable

    @routes.get("/gone")
    async def gone(request: web.Request) -> web.Response:
        raise web.HTTPFound("/orders/7")

    @routes.get("/nothing")
    async def nothing(request: web.Request) -> Any:
        return None

    @routes.get("/parts")
    async def parts(request: web.Request) -> web.Response:
        async def body() -> AsyncIterator[bytes]:
            yield b"one"
            raise LookupError

        return web.Response(body=body())

    @routes.get("/chat/{room}")
    async def chat(request: web.Request) -> web.StreamResponse:
        websocket = web.WebSocketResponse()
        await websocket.prepare(request)
        async for message in websocket:
            if message.type is WSMsgType.TEXT and message.data == "crash":
                raise LookupError(message.data)
            await websocket.send_str(message.data)
        return websocket

    app.add_routes(routes)
    admin.add_routes([web.get("/{page}", down)])
    app.add_subapp("/admin", admin)
    return app


def served(app: web.Application, use: Callable[[TestClient[Any, Any]], Awaitable[None]]) -> None:
    """Have an application served while a coroutine uses it."""
    from aiohttp.test_utils import TestClient, TestServer

    async def run() -> None:
        async with TestClient(TestServer(app)) as client:
            await use(client)

    asyncio.run(run())


def shown(exchange: Exchange) -> tuple[object, ...]:
    return exchange.method, exchange.path, exchange.route, exchange.status


@pytest.mark.parametrize(
    ("method", "path", "route", "status"),
    [
        ("GET", "/orders/7?token=x", "/orders/{number}", 200),
        ("GET", "/orders/0", "/orders/{number}", 500),
        ("GET", "/down", "/down", 503),
        ("GET", "/gone", "/gone", 302),
        ("GET", "/nothing", "/nothing", 500),
        ("GET", "/admin/users", "/admin/{page}", 503),
        ("POST", "/down", None, 405),
        ("GET", "/nowhere", None, 404),
    ],
)
def test_an_answer(sentry_capture: SentryCapture, method: str, path: str, route: str | None, status: int) -> None:
    async def use(client: Client) -> None:
        async with client.request(method, path, allow_redirects=False) as response:
            assert response.status == status

    served(make_app(), use)

    [exchange] = sentry_capture.exchanges
    assert shown(exchange) == (method, path.partition("?")[0], route, status)
    assert exchange.duration is not None
    if path != "/nothing":  # the integration of 1.x crashes itself where there is no response
        assert exchange.exception_type is (ZeroDivisionError if path == "/orders/0" else None)
    assert all(event.exchange is exchange for event in sentry_capture.events)


def test_a_body_that_crashes_while_it_is_written(sentry_capture: SentryCapture) -> None:
    from aiohttp import ClientError

    async def use(client: Client) -> None:
        async with client.get("/parts") as response:
            assert response.status == 200
            with pytest.raises(ClientError):
                await response.read()

    served(make_app(), use)

    [exchange] = sentry_capture.exchanges
    assert shown(exchange) == ("GET", "/parts", "/parts", 200)
    assert exchange.exception_type is LookupError
    assert exchange.duration is None


def test_connections_that_are_kept_do_not_mix(sentry_capture: SentryCapture) -> None:
    async def use(client: Client) -> None:
        for number in 1, 2:
            async with client.get(f"/orders/{number}"):
                pass
        await asyncio.gather(*(client.get(f"/orders/{number}") for number in (3, 4)))

    served(make_app(), use)

    exchanges = sentry_capture.exchanges
    linked = sorted((exchange.path, *(item["message"] for item in exchange.items)) for exchange in exchanges)
    assert linked == [(f"/orders/{number}", f"order {number}") for number in (1, 2, 3, 4)]


class TestWebSockets:
    def test_an_open_one(self, sentry_capture: SentryCapture) -> None:
        async def use(client: Client) -> None:
            async with client.ws_connect("/chat/7") as websocket:
                await websocket.send_str("hello")
                await websocket.receive_str()
                [exchange] = sentry_capture.exchanges
                assert shown(exchange) == ("WEBSOCKET", "/chat/7", "/chat/{room}", 101)
                assert exchange.duration is None

        served(make_app(), use)

        assert [exchange.duration is not None for exchange in sentry_capture.exchanges] == [True]

    def test_a_crash(self, sentry_capture: SentryCapture) -> None:
        async def use(client: Client) -> None:
            async with client.ws_connect("/chat/7") as websocket:
                await websocket.send_str("crash")
                await websocket.receive()

        served(make_app(), use)

        [exchange] = sentry_capture.exchanges
        assert shown(exchange) == ("WEBSOCKET", "/chat/7", "/chat/{room}", 101)
        assert exchange.exception_type is LookupError
        assert sentry_capture.assert_captured(exception=LookupError).exchange is exchange

    def test_a_refused_one(self, sentry_capture: SentryCapture) -> None:
        from aiohttp import WSServerHandshakeError

        async def use(client: Client) -> None:
            with pytest.raises(WSServerHandshakeError):
                await client.ws_connect("/nowhere")

        served(make_app(), use)

        assert [shown(exchange) for exchange in sentry_capture.exchanges] == [("WEBSOCKET", "/nowhere", None, 404)]


def test_a_server_without_an_application_is_not_observed(sentry_capture: SentryCapture) -> None:
    from aiohttp import ClientSession, web
    from aiohttp.test_utils import RawTestServer

    async def answer(request: web.BaseRequest) -> web.Response:
        return web.Response(status=500)

    async def run() -> None:
        async with (
            RawTestServer(answer) as server,
            ClientSession() as session,
            session.get(server.make_url("/")) as response,
        ):
            assert response.status == 500

    asyncio.run(run())

    assert sentry_capture.exchanges == []


def test_a_server_that_was_set_up_before_sentry(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import asyncio
        import pytest, sentry_sdk
        from aiohttp import web
        from aiohttp.test_utils import TestClient, TestServer

        async def crash(request):
            1 / 0

        def test_crash(sentry_init, sentry_capture):
            app = web.Application()
            app.add_routes([web.get("/crash", crash)])

            async def run():
                async with TestClient(TestServer(app)) as client:
                    sentry_init(dsn="https://key@sentry.invalid/1", auto_enabling_integrations=True)
                    async with client.get("/crash") as response:
                        assert response.status == 500

            asyncio.run(run())
            sentry_capture.assert_captured(exception=ZeroDivisionError, handled=False)
        """
    )

    result = pytester.runpytest_subprocess()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*Hint: The server was set up before Sentry was initialized*"])

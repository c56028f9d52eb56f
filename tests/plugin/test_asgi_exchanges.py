"""ASGI applications in the SDK's middleware, WebSockets, and applications of one framework within another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import httpx
import pytest
import sentry_sdk
from fastapi import FastAPI, HTTPException, WebSocket, WebSocketException
from fastapi.testclient import TestClient
from sentry_sdk.integrations.asgi import SentryAsgiMiddleware
from starlette.websockets import WebSocketDisconnect

from pytest_sentry_capture import Exchange, SentryCapture, SentryInit

DSN = "https://key@sentry.invalid/1"
Message = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]


@pytest.fixture(autouse=True)
def initialized(sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN, auto_enabling_integrations=True)


def shown(exchange: Exchange) -> tuple[object, ...]:
    return exchange.method, exchange.path, exchange.route, exchange.status


def messages(exchange: Exchange) -> list[object]:
    return [item.get("message") for item in exchange.items]


def get(app: Any, path: str) -> httpx.Response:
    async def request() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            return await client.get(path)

    return asyncio.run(request())


async def answer(send: Send, status: int = 200) -> None:
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


async def plain(scope: Message, receive: Any, send: Send) -> None:
    sentry_sdk.capture_message("plain")
    await answer(send, 404)


def test_an_application_of_two_callables(sentry_capture: SentryCapture) -> None:
    def application(scope: Message) -> Callable[[Any, Send], Awaitable[None]]:
        async def instance(receive: Any, send: Send) -> None:
            await plain(scope, receive, send)

        return instance

    middleware: Any = SentryAsgiMiddleware(application)

    async def run() -> None:
        scope = {"type": "http", "method": "PUT", "path": "/old", "headers": [], "query_string": b""}
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        await middleware(scope)(None, send)
        assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]

    asyncio.run(run())

    [exchange] = sentry_capture.exchanges
    assert shown(exchange) == ("PUT", "/old", None, 404)
    assert messages(exchange) == ["plain"]


def test_middleware_within_middleware_is_the_same_exchange(sentry_capture: SentryCapture) -> None:
    get(SentryAsgiMiddleware(SentryAsgiMiddleware(plain)), "/x")

    [exchange] = sentry_capture.exchanges
    assert messages(exchange) == ["plain"]


def test_a_framework_within_the_middleware_gives_the_route(sentry_capture: SentryCapture) -> None:
    app = FastAPI()

    @app.get("/orders/{number}")
    def order(number: int) -> None:
        raise HTTPException(503)

    class CopiesScope:
        async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
            await app({**scope}, receive, send)

    get(SentryAsgiMiddleware(CopiesScope()), "/orders/7")

    [exchange] = sentry_capture.exchanges
    assert shown(exchange) == ("GET", "/orders/7", "/orders/{number}", 503)
    assert exchange.duration is not None


def test_the_route_is_known_while_the_answer_is_sent(sentry_capture: SentryCapture) -> None:
    app = FastAPI()
    routes = []

    @app.get("/orders/{number}")
    def order(number: int) -> str:
        return "ok"

    async def outer(scope: Message, receive: Any, send: Send) -> None:
        async def watching(message: Message) -> None:
            routes.append(sentry_capture.exchanges[0].route)
            await send(message)

        await app(scope, receive, watching)  # type: ignore[arg-type]

    get(SentryAsgiMiddleware(outer), "/orders/7")

    assert routes == ["/orders/{number}"] * len(routes) != []


def test_an_exception_before_the_answer_is_answered_500(sentry_capture: SentryCapture) -> None:
    async def crash(scope: Message, receive: Any, send: Send) -> None:
        raise LookupError

    assert get(SentryAsgiMiddleware(crash), "/x").status_code == 500

    [exchange] = sentry_capture.exchanges
    assert shown(exchange) == ("GET", "/x", None, 500)
    assert exchange.exception_type is LookupError
    assert exchange.duration is None


def test_a_task_that_is_cancelled_has_no_answer(sentry_capture: SentryCapture) -> None:
    async def run() -> None:
        started = asyncio.Event()

        async def hang(scope: Message, receive: Any, send: Send) -> None:
            started.set()
            await asyncio.Event().wait()

        scope = {"type": "http", "method": "GET", "path": "/slow", "headers": []}
        task = asyncio.ensure_future(SentryAsgiMiddleware(hang)(scope, None, None))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())

    [exchange] = sentry_capture.exchanges
    assert shown(exchange) == ("GET", "/slow", None, None)
    assert exchange.exception_type is asyncio.CancelledError


def test_names_that_spans_are_named_after_stay(sentry_capture: SentryCapture) -> None:
    names = []

    async def application(scope: Message, receive: Any, send: Any) -> None:
        names.append((receive.__qualname__, getattr(send, "__wrapped__", send).__qualname__))
        await answer(send)

    async def run() -> None:
        async def server_receive() -> Message:
            return {"type": "http.request"}

        async def server_send(message: Message) -> None:
            """Send nothing."""

        scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
        await SentryAsgiMiddleware(application)(scope, server_receive, server_send)

    asyncio.run(run())

    [(receive, _)] = names
    assert receive.endswith("server_receive")


class TestWebSockets:
    @pytest.fixture
    def client(self) -> TestClient:
        app = FastAPI()

        @app.websocket("/chat/{room}")
        async def chat(websocket: WebSocket, room: str) -> None:
            await websocket.accept()
            sentry_sdk.capture_message(f"joined {room}")
            with suppress(WebSocketDisconnect):
                while (text := await websocket.receive_text()) != "bye":
                    if text == "crash":
                        raise LookupError(room)
                    await websocket.send_text(text)
                await websocket.close()

        @app.websocket("/private")
        async def private(websocket: WebSocket) -> None:
            raise WebSocketException(1008)

        @app.websocket("/broken")
        async def broken(websocket: WebSocket) -> None:
            raise LookupError

        return TestClient(app)

    def test_an_open_one(self, client: TestClient, sentry_capture: SentryCapture) -> None:
        with client.websocket_connect("/chat/7") as websocket:
            websocket.send_text("hello")
            websocket.receive_text()
            [exchange] = sentry_capture.exchanges
            assert shown(exchange) == ("WEBSOCKET", "/chat/7", "/chat/{room}", 101)
            assert exchange.duration is None
            websocket.send_text("bye")

        assert [each.duration is not None for each in sentry_capture.exchanges] == [True]
        assert messages(exchange) == ["joined 7"]
        assert sentry_capture.assert_captured(method="WEBSOCKET", status_code=101).exchange is exchange

    def test_one_that_the_client_closes(self, client: TestClient, sentry_capture: SentryCapture) -> None:
        with client.websocket_connect("/chat/7"):
            pass

        [exchange] = sentry_capture.exchanges
        assert shown(exchange) == ("WEBSOCKET", "/chat/7", "/chat/{room}", 101)
        assert exchange.duration is not None

    def test_a_crash(self, client: TestClient, sentry_capture: SentryCapture) -> None:
        def talk() -> None:
            with client.websocket_connect("/chat/7") as websocket:
                websocket.send_text("crash")
                websocket.receive_text()

        with pytest.raises(LookupError):
            talk()

        [exchange] = sentry_capture.exchanges
        assert shown(exchange) == ("WEBSOCKET", "/chat/7", "/chat/{room}", 101)
        assert exchange.exception_type is LookupError
        assert sentry_capture.assert_captured(exception=LookupError).exchange is exchange

    @pytest.mark.parametrize(("path", "route"), [("/private", "/private"), ("/nowhere", None)])
    def test_a_refused_one(
        self, client: TestClient, sentry_capture: SentryCapture, path: str, route: str | None
    ) -> None:
        with pytest.raises(WebSocketDisconnect), client.websocket_connect(path):
            pass

        [exchange] = sentry_capture.exchanges
        assert shown(exchange) == ("WEBSOCKET", path, route, 403)
        assert exchange.duration is not None

    def test_a_crash_before_it_is_accepted(self, client: TestClient, sentry_capture: SentryCapture) -> None:
        with pytest.raises(LookupError), client.websocket_connect("/broken"):
            pass

        [exchange] = sentry_capture.exchanges
        assert shown(exchange) == ("WEBSOCKET", "/broken", "/broken", None)
        assert exchange.exception_type is LookupError

    def test_one_that_is_refused_with_an_answer(self, sentry_capture: SentryCapture) -> None:
        async def refuse(scope: Message, receive: Any, send: Send) -> None:
            await send({"type": "websocket.http.response.start", "status": 401, "headers": []})
            await send({"type": "websocket.http.response.body", "body": b"who are you?"})

        async def send(message: Message) -> None:
            """Send nothing."""

        scope = {"type": "websocket", "path": "/ws", "headers": []}
        asyncio.run(SentryAsgiMiddleware(refuse)(scope, None, send))

        [exchange] = sentry_capture.exchanges
        assert shown(exchange) == ("WEBSOCKET", "/ws", None, 401)
        assert exchange.duration is not None


def test_the_rule_judges_crashes_of_websockets(pytester: pytest.Pytester) -> None:
    """A WebSocket that has crashed has no status of 500 or more, and the SDK must be notified anyway."""
    (pytester.path / "sentry_capture.toml").write_text("[rules]\nserver-errors-captured = true\n", encoding="utf-8")
    pytester.makepyfile(
        """
        import pytest, sentry_sdk
        from fastapi import FastAPI, WebSocket
        from fastapi.testclient import TestClient

        @pytest.mark.parametrize("before_send", [lambda event, hint: event, lambda event, hint: None])
        def test_crash(sentry_init, before_send):
            sentry_init(dsn="https://key@sentry.invalid/1", auto_enabling_integrations=True, before_send=before_send)
            app = FastAPI()

            @app.websocket("/chat")
            async def chat(websocket: WebSocket) -> None:
                await websocket.accept()
                raise LookupError

            with pytest.raises(LookupError), TestClient(app).websocket_connect("/chat"):
                pass
        """
    )

    result = pytester.runpytest_subprocess()

    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["  WEBSOCKET /chat answered 101, but its event was discarded: before_send by*"])

"""HTTP exchanges of Starlette and FastAPI applications, and captured and discarded items while they ran."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Iterator
from typing import Any

import anyio
import httpx
import pytest
import sentry_sdk
from fastapi import APIRouter, BackgroundTasks, FastAPI, HTTPException
from fastapi.testclient import TestClient
from sentry_sdk.integrations.starlette import StarletteIntegration
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket

from pytest_sentry_capture import Exchange, SentryCapture, SentryInit

DSN = "https://key@sentry.invalid/1"


def hide_not_found(event: Any, hint: Any) -> Any:
    error = hint["exc_info"][1] if "exc_info" in hint else None
    return None if isinstance(error, HTTPException) and error.status_code == 404 else event


EVERY_FAILURE: dict[str, Any] = (
    {"failed_request_status_codes": {*range(400, 600)}}
    if "failed_request_status_codes" in inspect.signature(StarletteIntegration).parameters
    else {}  # an older one reports every HTTPException
)


@pytest.fixture
def initialized(sentry_init: SentryInit) -> None:
    sentry_init(
        dsn=DSN,
        auto_enabling_integrations=True,
        before_send=hide_not_found,
        integrations=[StarletteIntegration(**EVERY_FAILURE)],
    )


def make_app() -> FastAPI:  # noqa: C901
    app = FastAPI()
    router = APIRouter(prefix="/orders")
    inner = FastAPI()

    @app.get("/crash/{number}")
    def crash(number: int) -> None:
        1 // (number - number)

    @app.get("/missing/{number}")
    async def missing(number: int) -> None:
        raise HTTPException(404, "no such order")

    @app.get("/health")
    async def health() -> str:
        return "ok"

    @router.get("/{order_id}")
    async def order(order_id: str) -> None:
        sentry_sdk.capture_message(f"order {order_id}")

    @app.get("/later")
    async def later(tasks: BackgroundTasks) -> str:
        tasks.add_task(fail_later)
        return "accepted"

    @app.get("/thread")
    def thread() -> None:
        sentry_sdk.capture_message("in a worker thread")

    @app.get("/task")
    async def task() -> None:
        await asyncio.create_task(capture_in_task())

    @app.get("/outer")
    async def outer() -> None:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            await client.get("/orders/inner")
        sentry_sdk.capture_message("outer")

    @app.get("/slow/{name}")
    async def slow(name: str) -> None:
        arrived.append(name)
        if len(arrived) == 2:
            both_arrived.set()
        await both_arrived.wait()
        sentry_sdk.capture_message(name)

    arrived: list[str] = []
    both_arrived = asyncio.Event()

    @inner.get("/crash")
    def inner_crash() -> None:
        raise LookupError("inner")

    app.include_router(router)
    app.mount("/inner/{tenant}", inner)
    return app


def fail_later() -> None:
    raise RuntimeError("later")


async def capture_in_task() -> None:
    sentry_sdk.capture_message("in a task")


@pytest.fixture
def client(initialized: None) -> Iterator[TestClient]:
    with TestClient(make_app(), raise_server_exceptions=False) as client:
        yield client


def shown(exchange: Exchange) -> tuple[str, str, str | None, int | None]:
    return exchange.method, exchange.path, exchange.route, exchange.status


def messages(exchange: Exchange) -> list[object]:
    return [item.get("message") for item in exchange.items]


def test_an_answer(client: TestClient, sentry_capture: SentryCapture) -> None:
    client.get("/health?token=secret")

    [exchange] = sentry_capture.exchanges
    assert shown(exchange) == ("GET", "/health", "/health", 200)
    assert exchange.exception is None
    assert exchange.duration is not None
    assert 0 < exchange.duration < 10
    assert exchange.items == []
    assert exchange.discarded == []
    assert exchange.phase == "call"


def test_an_unhandled_exception(client: TestClient, sentry_capture: SentryCapture) -> None:
    client.get("/crash/7")

    [exchange] = sentry_capture.exchanges
    assert shown(exchange) == ("GET", "/crash/7", "/crash/{number}", 500)
    assert isinstance(exchange.exception, ZeroDivisionError)
    event = sentry_capture.assert_captured(exception=ZeroDivisionError, status_code=500, route="/crash/{number}")
    assert event.exchange is exchange
    assert exchange.items == [event]
    assert (event.method, event.path, event.handled) == ("GET", "/crash/7", False)


@pytest.mark.needs("failed_request_status_codes")
def test_a_discard_belongs_to_its_exchange(client: TestClient, sentry_capture: SentryCapture) -> None:
    client.get("/missing/7")

    [exchange] = sentry_capture.exchanges
    assert shown(exchange) == ("GET", "/missing/7", "/missing/{number}", 404)
    assert exchange.exception is None
    [discard] = sentry_capture.assert_discarded(
        exception=HTTPException, status_code=404, reason="before_send", by=hide_not_found, method="GET"
    )
    assert exchange.discarded == [discard]
    assert discard.exchange is exchange


def test_no_route(client: TestClient, sentry_capture: SentryCapture) -> None:
    client.get("/nowhere")

    [exchange] = sentry_capture.exchanges
    assert shown(exchange) == ("GET", "/nowhere", None, 404)


def test_a_route_of_an_included_router(client: TestClient, sentry_capture: SentryCapture) -> None:
    client.get("/orders/17")

    [exchange] = sentry_capture.exchanges
    assert shown(exchange) == ("GET", "/orders/17", "/orders/{order_id}", 200)
    assert messages(exchange) == ["order 17"]


def test_a_mounted_application_is_the_same_exchange(client: TestClient, sentry_capture: SentryCapture) -> None:
    client.get("/inner/acme/crash")

    [exchange] = sentry_capture.exchanges
    assert shown(exchange) == ("GET", "/inner/acme/crash", "/inner/{tenant}/crash", 500)
    assert isinstance(exchange.exception, LookupError)
    assert [event.exchange for event in sentry_capture.events] == [exchange]


def test_background_tasks_are_linked(client: TestClient, sentry_capture: SentryCapture) -> None:
    client.get("/later")

    [exchange] = sentry_capture.exchanges
    assert exchange.status == 200
    assert sentry_capture.assert_captured(exception=RuntimeError).exchange is exchange


@pytest.mark.parametrize("path", ["/thread", "/task"])
def test_worker_threads_and_tasks_are_linked(client: TestClient, sentry_capture: SentryCapture, path: str) -> None:
    client.get(path)

    [exchange] = sentry_capture.exchanges
    assert len(messages(exchange)) == 1


@pytest.mark.parametrize("path", ["/crash/7", "/inner/acme/crash", "/later", "/outer", "/task", "/thread"])
def test_what_is_traced_belongs_to_its_exchange(
    sentry_init: SentryInit, sentry_capture: SentryCapture, path: str
) -> None:
    sentry_init(dsn=DSN, auto_enabling_integrations=True, traces_sample_rate=1.0)
    TestClient(make_app(), raise_server_exceptions=False).get(path)

    exchange = sentry_capture.exchanges[0]
    segment = sentry_capture.assert_captured("segment", path=path, route=exchange.route, status_code=exchange.status)
    assert segment.exchange is exchange
    assert segment.op == "http.server"
    assert [span.exchange for span in sentry_capture.spans] == [exchange] * len(sentry_capture.spans)


def test_a_nested_request_is_a_child(client: TestClient, sentry_capture: SentryCapture) -> None:
    client.get("/outer")

    outer, inner = sentry_capture.exchanges
    assert (outer.path, inner.path) == ("/outer", "/orders/inner")
    assert inner.parent is outer
    assert outer.parent is None
    assert messages(outer) == ["outer"]
    assert messages(inner) == ["order inner"]


@pytest.mark.usefixtures("initialized")
def test_concurrent_requests_do_not_mix(sentry_capture: SentryCapture) -> None:
    app = make_app()

    async def both() -> None:
        async with (
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as client,
            anyio.create_task_group() as group,
        ):
            group.start_soon(client.get, "/slow/a")
            group.start_soon(client.get, "/slow/b")

    anyio.run(both)

    assert {exchange.path: messages(exchange) for exchange in sentry_capture.exchanges} == {
        "/slow/a": ["a"],
        "/slow/b": ["b"],
    }


def test_what_comes_from_outside_belongs_to_no_exchange(client: TestClient, sentry_capture: SentryCapture) -> None:
    client.get("/health")
    sentry_sdk.capture_message("after the request")
    thread = threading.Thread(target=sentry_sdk.capture_message, args=("in a thread of the test",))
    thread.start()
    thread.join()

    assert [event.exchange for event in sentry_capture.events] == [None, None]


def test_the_wrapper_is_outermost_again_after_another_initialization(
    client: TestClient, sentry_capture: SentryCapture, sentry_init: SentryInit
) -> None:
    client.get("/crash/1")
    sentry_init(dsn=DSN, auto_enabling_integrations=True)
    client.get("/crash/2")

    assert [exchange.path for exchange in sentry_capture.exchanges] == ["/crash/1", "/crash/2"]
    assert [event.path for event in sentry_capture.events] == ["/crash/1", "/crash/2"]


def test_an_application_without_sentry_is_seen_too(sentry_capture: SentryCapture) -> None:
    TestClient(make_app()).get("/health")

    assert [exchange.path for exchange in sentry_capture.exchanges] == ["/health"]
    sentry_capture.assert_inactive()


async def homepage(request: Any) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def stream(request: Any) -> StreamingResponse:
    async def parts() -> Any:
        yield b"one"
        yield b"two"

    return StreamingResponse(parts())


async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("hello")
    await websocket.close()


class CopiesScope:
    """A middleware that hides from the outside which route was found."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(dict(scope), receive, send)


def test_starlette_routes(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN, auto_enabling_integrations=True)
    app = Starlette(
        routes=[
            Route("/", homepage),
            Mount("/files/{area}", routes=[Route("/{name}", stream)]),
            WebSocketRoute("/echo", echo),
        ]
    )
    app.add_middleware(CopiesScope)
    client = TestClient(app)
    client.get("/")
    client.get("/files/public/report")
    client.post("/")
    with client.websocket_connect("/echo") as websocket:
        websocket.receive_text()

    assert [shown(exchange) for exchange in sentry_capture.exchanges] == [
        ("GET", "/", "/", 200),
        ("GET", "/files/public/report", "/files/{area}/{name}", 200),
        ("POST", "/", "/", 405),
        ("WEBSOCKET", "/echo", "/echo", 101),
    ]


def test_the_same_scope_called_again_is_the_same_exchange(sentry_capture: SentryCapture) -> None:
    shop = make_app()

    class CallsTwice:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            async def ignore(message: Any) -> None:
                """The first answer is thrown away."""

            if scope["type"] == "http":
                await shop(scope, receive, ignore)
            await self.app(scope, receive, send)

    gateway = make_app()
    gateway.add_middleware(CallsTwice)
    TestClient(gateway).get("/health")

    assert [exchange.path for exchange in sentry_capture.exchanges] == ["/health"]

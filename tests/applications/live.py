"""An application and a live server in a thread, whose every step a test can hold up and let go: nothing sleeps."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, MutableMapping
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

import sentry_sdk
from fastapi import BackgroundTasks, FastAPI, HTTPException, WebSocket
from fastapi.responses import JSONResponse, StreamingResponse

MOST_SECONDS = 600
"""How long something is waited for that certainly comes."""

gates: dict[str, threading.Event] = {}
"""What holds up requests, by the name in their path. A request without a gate is not held up."""


def hold(name: str) -> None:
    gate = gates.get(name)
    assert gate is None or gate.wait(MOST_SECONDS)


async def hold_up(name: str) -> None:
    await asyncio.to_thread(hold, name)


def before_send(event: Any, hint: Any) -> Any:
    name = str(hint["exc_info"][1]) if "exc_info" in hint else ""
    hold(f"before_send of {name}")
    return event


def init() -> None:
    sentry_sdk.init(dsn="https://key@sentry.invalid/1", before_send=before_send)


app = FastAPI()


@app.get("/crash/{name}")
async def crash(name: str) -> None:
    raise KeyError(name)


@app.get("/handled")
async def handled() -> None:
    raise HTTPException(503)


@app.get("/silent")
async def silent() -> JSONResponse:
    return JSONResponse({}, 503)


@app.get("/background/{name}")
async def background(name: str, tasks: BackgroundTasks) -> str:
    async def task() -> None:
        await hold_up(name)
        raise KeyError(name)

    tasks.add_task(task)
    return "ok"


@app.get("/events/{name}")
async def events(name: str) -> StreamingResponse:
    async def parts() -> AsyncIterator[str]:
        yield "data: 1\n\n"
        await hold_up(name)
        if name.startswith("crash"):
            raise KeyError(name)

    return StreamingResponse(parts(), media_type="text/event-stream")


@app.get("/poll/{name}")
async def poll(name: str) -> str:
    await hold_up(name)
    if name.startswith("crash"):
        raise KeyError(name)
    return "news"


@app.websocket("/socket/{name}")
async def socket(websocket: WebSocket, name: str) -> None:
    await websocket.accept()
    if name.startswith("crash"):
        raise KeyError(name)
    await websocket.receive_text()


class Request:
    """A request that is being served.

    Attributes:
        begun: done when the answer has begun, with its status.
        answered: done when the answer is complete or has broken off, with its status.
        ended: done when the application has returned.
    """

    def __init__(self, path: str, method: str = "GET") -> None:
        self.begun: Future[int] = Future()
        self.answered: Future[int] = Future()
        self.ended: Future[None] = Future()
        self._messages: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        is_websocket = method == "WEBSOCKET"
        self._scope = {
            "type": "websocket" if is_websocket else "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "scheme": "ws" if is_websocket else "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", b"shop")],
            "client": ("127.0.0.1", 4711),
            "server": ("127.0.0.1", 80),
            "subprotocols": [],
        }

    async def serve(self) -> None:
        """Have the application serve it, as servers do: an answer that is complete is with the client at once."""
        is_websocket = self._scope["type"] == "websocket"
        self._messages.put_nowait({"type": "websocket.connect"} if is_websocket else {"type": "http.request"})
        try:
            await app(self._scope, self._messages.get, self._send)
        except BaseException:
            _settle(self.answered, 0)  # the server cuts the connection
        finally:
            _settle(self.ended, None)

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        kind = message["type"]
        if kind == "http.response.start":
            _settle(self.begun, message["status"])
        elif kind == "websocket.accept":
            _settle(self.begun, 101)
        elif kind == "websocket.close" or not message.get("more_body"):
            _settle(self.answered, self.begun.result() if self.begun.done() else 403)


def _settle(future: Future[Any], value: object) -> None:
    if not future.done():
        future.set_result(value)


class LiveServer:
    """Serves requests in the event loop of its own thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._served: list[Future[None]] = []
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def send(self, path: str, method: str = "GET") -> Request:
        """Begin a request, and wait for nothing."""
        requests: Future[Request] = Future()

        async def serve() -> None:
            request = Request(path, method)
            requests.set_result(request)
            await request.serve()

        self._served.append(asyncio.run_coroutine_threadsafe(serve(), self._loop))
        return requests.result(MOST_SECONDS)

    def get(self, path: str) -> Request:
        """Wait until the answer is complete, and not for what comes after it."""
        request = self.send(path)
        request.answered.result(MOST_SECONDS)
        return request

    def stop(self) -> None:
        for gate in gates.values():
            gate.set()
        for served in self._served:
            served.cancel()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(MOST_SECONDS)


@contextmanager
def gate(name: str) -> Iterator[threading.Event]:
    """Hold up whatever has this name."""
    gates[name] = threading.Event()
    yield gates[name]

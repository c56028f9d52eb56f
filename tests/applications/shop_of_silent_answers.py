"""A shop that answers errors in every way: silently, with a log alone, filtered, and reported."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import httpx
import sentry_sdk
from fastapi import FastAPI, HTTPException, Request, WebSocket
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.testclient import TestClient

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

logger = logging.getLogger("shop")
app = FastAPI()
admin = FastAPI()
app.mount("/admin", admin)
client = TestClient(app, raise_server_exceptions=False)


class SoldOutError(Exception):
    """The application's own handler answers it, and only logs it."""


class ExpectedError(Exception):
    """The filter drops it."""


def before_send(event: Event, hint: Hint) -> Event | None:
    error = hint.get("exc_info", (None, None))[1]
    errors = getattr(error, "exceptions", (error,))  # older servers raise those of streams in groups
    return None if any(isinstance(each, ExpectedError) for each in errors) else event


@app.exception_handler(SoldOutError)
async def log_and_answer(request: Request, error: SoldOutError) -> JSONResponse:
    logger.warning("sold out")
    return JSONResponse({}, 409)


@app.get("/returned/{status}")
def returned(status: int) -> JSONResponse:
    return JSONResponse({}, status)


@app.get("/raised")
def raised() -> None:
    raise HTTPException(404)


@app.get("/sold-out")
def sold_out() -> None:
    raise SoldOutError


@app.get("/expected")
def expected() -> None:
    raise ExpectedError


@app.get("/crash")
def crash() -> float:
    return 1 / 0


@app.get("/message")
def message() -> JSONResponse:
    sentry_sdk.capture_message("rejected", level="info")
    return JSONResponse({}, 400)


@app.get("/payment/{is_reported}")
def payment(is_reported: bool) -> JSONResponse:
    if is_reported:
        sentry_sdk.capture_message("no money", level="error")
    return JSONResponse({}, 402)


@app.get("/export")
def export() -> StreamingResponse:
    async def lines() -> AsyncIterator[str]:
        yield "1"
        raise ExpectedError

    return StreamingResponse(lines())


@app.get("/gateway{path:path}")
async def gateway(path: str) -> JSONResponse:
    """Ask the shop itself, in this process."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as itself:
        answer = await itself.get(path)
    return JSONResponse({}, 502 if answer.status_code >= 400 else 200)


@admin.get("/users/{number}")
def user(number: int) -> JSONResponse:
    return JSONResponse({}, 403)


@app.websocket("/news")
async def news(socket: WebSocket) -> None:
    await socket.close(4403)

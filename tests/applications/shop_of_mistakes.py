"""A shop in which each route does what one of the built-in rules is about."""

from __future__ import annotations

import pytest
import sentry_sdk
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, Response
from fastapi.testclient import TestClient
from starlette.background import BackgroundTask

from pytest_sentry_capture import SentryInit

DSN = "https://key@sentry.invalid/1"
# Every module of tests takes this from here: since 3, messages have the stack, which is that of the run around as well.
pytestmark = pytest.mark.sentry_options(attach_stacktrace=False)


class OutOfStockError(Exception):
    pass


app = FastAPI()


@app.exception_handler(OutOfStockError)
async def out_of_stock(request: Request, error: OutOfStockError) -> Response:
    return JSONResponse({}, status_code=500)


@app.get("/crash")
def crash() -> float:
    return 1 / 0


@app.get("/hidden")
def hidden() -> None:
    raise OutOfStockError


@app.get("/twice")
def twice() -> None:
    try:
        crash()
    except ZeroDivisionError as error:
        sentry_sdk.capture_exception(error)
        raise HTTPException(500)  # noqa: B904


@app.get("/warning")
def warning() -> Response:
    sentry_sdk.capture_message("nearly", level="warning")
    return JSONResponse({}, status_code=503)


@app.get("/later")
def later() -> Response:
    return JSONResponse({}, background=BackgroundTask(crash))


@app.get("/outer")
async def outer() -> Response:
    from httpx import ASGITransport, AsyncClient

    transport = ASGITransport(app, raise_app_exceptions=False)
    sentry_sdk.set_tag("outer", "yes")
    async with AsyncClient(transport=transport, base_url="http://inner") as client:
        return JSONResponse({}, status_code=(await client.get("/crash")).status_code)


@app.get("/write")
def write() -> None:
    sentry_sdk.Scope.get_global_scope().set_tag("tenant", "a")
    sentry_sdk.Scope.get_global_scope().set_user({"id": "a"})
    sentry_sdk.Scope.get_global_scope().set_context("cart", {"size": 3})
    sentry_sdk.Scope.get_global_scope().set_extra("coupon", "x")


@app.get("/fork")
def fork() -> None:
    sentry_sdk.set_tag("tenant", "b")
    sentry_sdk.set_user({"id": "b"})
    with sentry_sdk.new_scope() as scope:
        scope.set_context("cart", {"size": 1})
        scope.set_extra("coupon", "y")
        sentry_sdk.capture_message("forked")


@pytest.fixture
def client(sentry_init: SentryInit) -> TestClient:
    from sentry_sdk.integrations.fastapi import FastApiIntegration
    from sentry_sdk.integrations.starlette import StarletteIntegration

    sentry_init(dsn=DSN, integrations=[StarletteIntegration(), FastApiIntegration()])
    return TestClient(app, raise_server_exceptions=False)

"""Routes of Starlette and FastAPI that middleware hides: it may serve a copy of the ASGI scope, as ASGI allows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import pytest
import sentry_sdk
from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from pytest_sentry_capture import SentryCapture, SentryInit

Scope = MutableMapping[str, Any]
DSN = "https://key@sentry.invalid/1"


class Copying:
    """Serves a copy of the scope, without the beginning of its path."""

    def __init__(self, app: Callable[..., Awaitable[None]], prefix: str = "") -> None:
        self.app = app
        self.prefix = prefix

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        copied = {**scope, "path": scope["path"].removeprefix(self.prefix)} if scope["type"] == "http" else {**scope}
        await self.app(copied, receive, send)


def jobs() -> APIRouter:
    router = APIRouter()
    router.add_api_route("/jobs/{job}", lambda job: {"job": job})
    router.add_api_route("/jobs/{job}/crash", crash)
    return router


def crash(job: str) -> float:
    return 1 / 0


def fastapi_app(prefix: str = "") -> FastAPI:
    app = FastAPI()
    outer = APIRouter()
    outer.include_router(jobs(), prefix="/inner")
    app.include_router(jobs(), prefix="/test")
    app.include_router(outer, prefix="/outer")
    app.add_middleware(Copying, prefix=prefix)
    return app


def get(app: Any, path: str) -> None:
    TestClient(app, raise_server_exceptions=False).get(path)


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/test/jobs/1", "/test/jobs/{job}"),
        ("/test/jobs/1/crash", "/test/jobs/{job}/crash"),
        ("/outer/inner/jobs/1", "/outer/inner/jobs/{job}"),
        ("/test/nothing", None),
    ],
)
def test_included_routers_behind_middleware_that_copies_the_scope(
    path: str, route: str | None, sentry_init: SentryInit, sentry_capture: SentryCapture
) -> None:
    sentry_init(dsn=DSN)

    get(fastapi_app(), path)

    assert [exchange.route for exchange in sentry_capture.exchanges] == [route]


def test_mounted_applications_behind_middleware_that_copies_the_scope(
    sentry_init: SentryInit, sentry_capture: SentryCapture
) -> None:
    async def endpoint(request: Request) -> Response:
        return PlainTextResponse("hello")

    sentry_init(dsn=DSN)
    app = Starlette(routes=[Mount("/shop", routes=[Route("/items/{item}", endpoint)])])
    app.add_middleware(Copying)

    get(app, "/shop/items/1")

    assert [exchange.route for exchange in sentry_capture.exchanges] == ["/shop/items/{item}"]


def test_the_sdk_knows_the_route_of_a_path_that_middleware_has_changed(
    sentry_init: SentryInit, sentry_capture: SentryCapture
) -> None:
    from sentry_sdk.integrations.fastapi import FastApiIntegration
    from sentry_sdk.integrations.starlette import StarletteIntegration

    sentry_init(dsn=DSN, integrations=[StarletteIntegration(), FastApiIntegration()])

    get(fastapi_app(prefix="/api"), "/api/test/jobs/1/crash")

    event = sentry_capture.assert_captured(exception=ZeroDivisionError, route="/test/jobs/{job}/crash")
    assert event["transaction_info"]["source"] == "route"


def test_a_name_that_is_not_a_route_is_none(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    def report(job: str) -> None:
        event = {"message": "hello", "transaction": f"/jobs of {job}", "transaction_info": {"source": "custom"}}
        sentry_sdk.capture_event(event)  # type: ignore[arg-type]

    sentry_init(dsn=DSN)
    app = FastAPI()
    app.add_api_route("/jobs/{job}", report)
    app.add_middleware(Copying, prefix="/api")

    get(app, "/api/jobs/1")

    assert sentry_capture.assert_captured(message="hello").exchange is not None
    assert [exchange.route for exchange in sentry_capture.exchanges] == [None]

"""Frameworks without an adapter: they are seen where the SDK's integrations wrap its middleware."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib import import_module
from typing import Any

import httpx
import pytest

from pytest_sentry_capture import Exchange, SentryCapture, SentryInit

Get = Callable[[str], int]


def over_wsgi(app: Any) -> Get:
    from werkzeug.test import Client

    def get(path: str) -> int:
        try:
            response = Client(app).get(path)
        except ZeroDivisionError:  # a server answers for the application
            return 500
        response.close()
        return response.status_code

    return get


def over_asgi(app: Any) -> Get:
    def get(path: str) -> int:
        async def request() -> int:
            transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
                return (await client.get(path)).status_code

        return asyncio.run(request())

    return get


def bottle_shop() -> Get:
    bottle: Any = import_module("bottle")
    app = bottle.Bottle()
    app.get("/orders/<number:int>")(lambda number: str(100 // number))
    app.get("/down")(lambda: bottle.HTTPResponse(status=503))
    return over_wsgi(app)


def falcon_shop() -> Get:
    class Order:
        def on_get(self, request: Any, response: Any, number: str) -> None:
            response.text = str(100 // int(number))

    class Down:
        def on_get(self, request: Any, response: Any) -> None:
            response.status = 503

    falcon: Any = import_module("falcon")
    app = falcon.App()
    app.add_route("/orders/{number}", Order())
    app.add_route("/down", Down())
    return over_wsgi(app)


def pyramid_shop() -> Get:
    response: Any = import_module("pyramid.response").Response
    configurator: Any = import_module("pyramid.config").Configurator()
    configurator.add_route("order", "orders/{number}")
    configurator.add_view(lambda request: response(str(100 // int(request.matchdict["number"]))), route_name="order")
    configurator.add_route("down", "/down")
    configurator.add_view(lambda request: response(status=503), route_name="down")
    return over_wsgi(configurator.make_wsgi_app())


def litestar_shop() -> Get:
    litestar: Any = import_module("litestar")

    async def order(request: Any) -> str:
        return str(100 // request.path_params["number"])

    async def down(request: Any) -> Any:
        return litestar.Response("down", status_code=503)

    order.__annotations__ = {"request": litestar.Request, "return": str}
    down.__annotations__ = {"request": litestar.Request, "return": litestar.Response[str]}
    handlers = [litestar.get("/orders/{number:int}")(order), litestar.get("/down")(down)]
    return over_asgi(litestar.Litestar(handlers))


def quart_shop() -> Get:
    async def order(number: int) -> str:
        return str(100 // number)

    async def down() -> tuple[str, int]:
        return "down", 503

    quart: Any = import_module("quart")
    app = quart.Quart("shop")
    app.get("/orders/<int:number>")(order)
    app.get("/down")(down)
    return over_asgi(app)


def integrations(name: str) -> list[Any]:
    """The framework's integration, which not every SDK enables by itself."""
    module = import_module(f"sentry_sdk.integrations.{name}")
    return [getattr(module, f"{name.capitalize()}Integration")()]


def shown(exchange: Exchange) -> tuple[str, str | None, int | None, bool]:
    return exchange.path, exchange.route, exchange.status, bool(exchange.items)


@pytest.mark.parametrize(
    ("make_shop", "route"),
    [
        pytest.param(bottle_shop, "/orders/<number:int>", marks=pytest.mark.needs("Bottle"), id="bottle"),
        pytest.param(falcon_shop, "/orders/{number}", marks=pytest.mark.needs("Falcon"), id="falcon"),
        pytest.param(
            litestar_shop,
            "/orders/{number}",
            marks=pytest.mark.needs("an integration of Litestar", "Litestar"),
            id="litestar",
        ),
        pytest.param(pyramid_shop, "/orders/{number}", marks=pytest.mark.needs("Pyramid"), id="pyramid"),
        pytest.param(quart_shop, "/orders/<int:number>", marks=pytest.mark.needs("Quart"), id="quart"),
    ],
)
def test_a_framework(
    request: pytest.FixtureRequest,
    sentry_init: SentryInit,
    sentry_capture: SentryCapture,
    make_shop: Callable[[], Get],
    route: str,
) -> None:
    sentry_init(dsn="https://key@sentry.invalid/1", integrations=integrations(request.node.callspec.id))
    get = make_shop()

    assert [get("/orders/7"), get("/orders/0"), get("/down")] == [200, 500, 503]

    answered, crashed, down = sentry_capture.exchanges
    assert shown(answered) == ("/orders/7", route, 200, False)
    assert shown(crashed) == ("/orders/0", route, 500, True)
    assert shown(down)[:3] == ("/down", "/down", 503)
    assert sentry_capture.assert_captured(exception=ZeroDivisionError, status_code=500, route=route).exchange is crashed
    assert answered.duration is not None

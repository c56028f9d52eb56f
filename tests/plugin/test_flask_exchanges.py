"""Exchanges of Flask applications, and of Flask within and around other applications."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import sentry_sdk

from pytest_sentry_capture import Exchange, SentryCapture, SentryInit

if TYPE_CHECKING:
    from flask import Flask

DSN = "https://key@sentry.invalid/1"

pytestmark = pytest.mark.needs("Flask")


def make_app(name: str = "shop") -> Flask:
    from flask import Blueprint, Flask, abort

    app = Flask(name)
    orders = Blueprint("orders", name, url_prefix="/orders")

    @orders.get("/<int:number>")
    def order(number: int) -> str:
        sentry_sdk.capture_message(f"order {number}")
        return str(100 // number)

    @app.get("/down")
    def down() -> str:
        return abort(503)

    @app.get("/exit")
    def leave() -> str:
        raise SystemExit

    app.register_blueprint(orders)
    return app


@pytest.fixture(params=["with the integration", "without"])
def app(request: pytest.FixtureRequest, sentry_init: SentryInit) -> Flask:
    sentry_init(dsn=DSN, auto_enabling_integrations=request.param != "without")
    return make_app()


def shown(exchange: Exchange) -> tuple[str, str, str | None, int | None]:
    return exchange.method, exchange.path, exchange.route, exchange.status


def messages(exchange: Exchange) -> list[object]:
    return [item.get("message") for item in exchange.items if item.get("message")]


@pytest.mark.parametrize(
    ("method", "path", "route", "status"),
    [
        ("GET", "/orders/7", "/orders/<int:number>", 200),
        ("HEAD", "/orders/7", "/orders/<int:number>", 200),
        ("GET", "/orders/0", "/orders/<int:number>", 500),
        ("GET", "/down", "/down", 503),
        ("POST", "/down", None, 405),
        ("GET", "/nowhere", None, 404),
        ("GET", "/static/none.css", "/static/<path:filename>", 404),
    ],
)
def test_an_answer(
    app: Flask, sentry_capture: SentryCapture, method: str, path: str, route: str | None, status: int
) -> None:
    app.test_client().open(path, method=method).close()

    [exchange] = sentry_capture.exchanges
    assert shown(exchange) == (method, path, route, status)
    assert exchange.duration is not None
    assert exchange.exception_type is (ZeroDivisionError if path == "/orders/0" else None)
    if route == "/orders/<int:number>":
        assert messages(exchange) == [f"order {path[-1]}"]


def test_a_crash_that_leaves_the_application(app: Flask, sentry_capture: SentryCapture) -> None:
    app.testing = True

    with pytest.raises(ZeroDivisionError):
        app.test_client().get("/orders/0")

    [exchange] = sentry_capture.exchanges
    assert shown(exchange) == ("GET", "/orders/0", "/orders/<int:number>", 500)
    assert isinstance(exchange.exception, ZeroDivisionError)
    assert all(event.exchange is exchange for event in sentry_capture.events)


def test_an_exit(app: Flask, sentry_capture: SentryCapture) -> None:
    with pytest.raises(SystemExit):
        app.test_client().get("/exit")

    [exchange] = sentry_capture.exchanges
    assert shown(exchange) == ("GET", "/exit", "/exit", None)
    assert exchange.exception_type is SystemExit


def test_an_error_handler_that_fails(app: Flask, sentry_capture: SentryCapture) -> None:
    @app.errorhandler(ZeroDivisionError)
    def fail(error: ZeroDivisionError) -> str:
        raise KeyError("no template") from error

    app.test_client().get("/orders/0").close()

    assert sentry_capture.exchanges[0].exception_type is KeyError


def test_an_error_handler_that_answers_has_no_crash(app: Flask, sentry_capture: SentryCapture) -> None:
    @app.errorhandler(ZeroDivisionError)
    def answer(error: ZeroDivisionError) -> tuple[str, int]:
        return "sorry", 500

    app.test_client().get("/orders/0").close()

    [exchange] = sentry_capture.exchanges
    assert exchange.exception_type is None
    assert exchange.status == 500


@pytest.mark.parametrize("name", ["__call__", "wsgi_app"])
def test_middleware_is_a_part_of_the_exchange(app: Flask, sentry_capture: SentryCapture, name: str) -> None:
    inner = app.wsgi_app

    def middleware(environ: dict[str, Any], start_response: Any) -> Any:
        sentry_sdk.capture_message("in the middleware")
        return inner({**environ}, start_response)

    if name == "wsgi_app":
        app.wsgi_app = middleware  # type: ignore[method-assign]
        app.test_client().get("/orders/7").close()
    else:
        from werkzeug.test import Client

        Client(app.wsgi_app).get("/orders/7").close()  # where a server is given no more than this

    [exchange] = sentry_capture.exchanges
    assert shown(exchange) == ("GET", "/orders/7", "/orders/<int:number>", 200)
    assert messages(exchange)[-1] == "order 7"


def test_a_mounted_application_is_the_same_exchange(app: Flask, sentry_capture: SentryCapture) -> None:
    from werkzeug.middleware.dispatcher import DispatcherMiddleware

    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/admin": make_app("admin")})  # type: ignore[method-assign]
    client = app.test_client()
    client.get("/admin/orders/7").close()
    client.get("/orders/7").close()

    assert [shown(exchange) for exchange in sentry_capture.exchanges] == [
        ("GET", "/admin/orders/7", "/orders/<int:number>", 200),
        ("GET", "/orders/7", "/orders/<int:number>", 200),
    ]


def test_flask_mounted_in_starlette_is_the_same_exchange(app: Flask, sentry_capture: SentryCapture) -> None:
    from starlette.applications import Starlette
    from starlette.routing import Mount
    from starlette.testclient import TestClient

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it will be removed in favor of a2wsgi, which does the same
        from starlette.middleware.wsgi import WSGIMiddleware
    gateway = Starlette(routes=[Mount("/shops/{tenant}", WSGIMiddleware(app))])
    TestClient(gateway, raise_server_exceptions=False).get("/shops/acme/orders/7")

    [exchange] = sentry_capture.exchanges
    assert shown(exchange) == ("GET", "/shops/acme/orders/7", "/shops/{tenant}/orders/<int:number>", 200)
    assert messages(exchange) == ["order 7"]


def test_a_request_that_a_view_makes_is_a_child(app: Flask, sentry_capture: SentryCapture) -> None:
    @app.get("/twice")
    def twice() -> str:
        app.test_client().get("/orders/7").close()
        sentry_sdk.capture_message("outer")
        return "ok"

    app.test_client().get("/twice").close()

    outer, inner = sentry_capture.exchanges
    assert (outer.route, inner.route) == ("/twice", "/orders/<int:number>")
    assert inner.parent is outer
    assert (messages(outer), messages(inner)) == (["outer"], ["order 7"])


def test_another_initialization_leaves_the_observation_outermost(
    sentry_init: SentryInit, sentry_capture: SentryCapture
) -> None:
    for _ in range(2):
        sentry_init(dsn=DSN, auto_enabling_integrations=True)
        app = make_app()

        @app.teardown_request
        def fail(error: BaseException | None) -> None:
            raise LookupError

        with pytest.raises(LookupError):
            app.test_client().get("/orders/7")

    assert [exchange.path for exchange in sentry_capture.exchanges] == ["/orders/7"] * 2
    errors = sentry_capture.assert_count(2, exception=LookupError)
    assert [event.exchange for event in errors] == sentry_capture.exchanges


def test_the_request_names_its_user(app: Flask, sentry_capture: SentryCapture) -> None:
    client = app.test_client()
    client.get("/orders/7", headers={"Authorization": "Bearer alice"}).close()
    client.get("/orders/7").close()

    assert [exchange.authenticated for exchange in sentry_capture.exchanges] == [True, False]


def test_a_stream_keeps_its_context(app: Flask, sentry_capture: SentryCapture) -> None:
    from flask import Response, request, stream_with_context

    @app.get("/stream")
    def stream() -> Response:
        def parts() -> Iterator[str]:
            yield "one"
            sentry_sdk.capture_message(f"streaming {request.args['what']}")
            yield "two"

        return Response(stream_with_context(parts()))

    with app.test_client() as client:
        assert client.get("/stream?what=orders").text == "onetwo"

    [exchange] = sentry_capture.exchanges
    assert messages(exchange) == ["streaming orders"]

# mypy: ignore-errors
"""Crashes of Flask applications."""

from __future__ import annotations

import logging
from typing import Any

import flask
from flask import Blueprint, Flask, jsonify, render_template_string, request, session
from flask.views import MethodView

from tests.payloads.recorder import record


class Items(MethodView):
    """Items."""

    def get(self, number: int) -> str:
        return str(1 / number)


def make_app() -> Flask:  # noqa: C901
    app = Flask("shop")
    app.config.update(SECRET_KEY="", SESSION_COOKIE_NAME="session", AUTH_REQUIRED=False)
    auth = Blueprint("auth", "auth", url_prefix="/auth")

    @auth.get("/login")
    def login() -> str:
        token = request.args.get("token")
        return token.upper()  # type: ignore[union-attr]

    @auth.get("/providers")
    def providers() -> str:
        providers = {
            "github": {"client_id": None, "client_secret": None, "authorize_url": "https://shop.example/oauth"}
        }
        return providers["gitlab"]["authorize_url"]  # type: ignore[return-value]

    @app.post("/orders")
    def orders() -> Any:
        return jsonify(request.get_json()["missing"])

    @app.get("/template")
    def template() -> str:
        return render_template_string("{{ order.total / 0 }}", order={"total": 3})

    @app.get("/undefined")
    def undefined() -> str:
        return render_template_string("{{ order.author.name.upper() }}", order={})

    @app.get("/session")
    def of_session() -> str:
        return session["cart"]

    @app.get("/config")
    def config() -> str:
        options = {key: value for key, value in app.config.items() if key.startswith("S")}
        return options["MISSING"]

    @app.get("/logged")
    def logged() -> str:
        logging.getLogger("shop.auth").error("no password was given: %s attempts left", 3)
        return ""

    @app.get("/recursion")
    def recursion() -> str:
        def down(depth: int) -> int:
            return down(depth + 1) + 1 if depth < 40 else 1 // 0

        return str(down(0))

    @app.before_request
    def before() -> None:
        if request.path == "/before":
            raise RuntimeError("before")

    @app.get("/uuid/<uuid:number>")
    def by_uuid(number: Any) -> str:
        raise KeyError(number)

    @app.get("/large")
    def large() -> str:
        rows = [
            {"id": number, "token_count": number * 3, "created": f"2024-01-{number % 28 + 1:02}"}
            for number in range(50)
        ]
        return rows[50]  # type: ignore[return-value]

    @app.get("/abort")
    def abort() -> None:
        flask.abort(500)

    app.add_url_rule("/items/<int:number>", view_func=Items.as_view("items"))
    app.register_blueprint(auth)
    return app


REQUESTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("GET", "/auth/login", {}),
    ("GET", "/auth/login?token=", {}),
    ("GET", "/auth/providers", {}),
    ("POST", "/orders", {"json": {"sku": "A-1"}}),
    ("GET", "/template", {}),
    ("GET", "/undefined", {}),
    ("GET", "/session", {}),
    ("GET", "/config", {}),
    ("GET", "/logged", {}),
    ("GET", "/recursion", {}),
    ("GET", "/before", {}),
    ("GET", "/uuid/41111111-1111-4111-8111-111111111111", {}),
    ("GET", "/large", {}),
    ("GET", "/items/0", {}),
    ("GET", "/abort", {}),
)


def payloads() -> Any:
    """What the SDK would have sent."""

    def request(method: str, path: str, arguments: dict[str, Any]) -> Any:
        return lambda: make_app().test_client().open(path, method=method, **arguments)

    yield from record(
        {f"flask {method} {path}": request(method, path, arguments) for method, path, arguments in REQUESTS},
        send_default_pii=True,
    )

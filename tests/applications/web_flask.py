"""A Flask application that fails in every way in which a monitoring test looks at it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping

import sentry_sdk
from flask import Flask, Response, request
from web import Answer, crash, crash_late, init
from werkzeug.exceptions import HTTPException, NotFound, abort

init()
app = Flask("shop")
ROUTES = {"crash": "/crash/<int:number>", "tagged": "/tagged/<name>", "missing": "/missing/<int:number>"}
SAYS_OF_SILENCE = "*abort(503)*"


@app.before_request
def tag_request() -> None:
    sentry_sdk.set_tag("request_id", request.headers.get("X-Request-ID", "none"))


@app.get("/crash/<int:number>")
def crashing(number: int) -> str:
    return crash(number)


@app.get("/handled")
def handled() -> tuple[str, int]:
    try:
        return crash(1), 200
    except ZeroDivisionError as error:
        sentry_sdk.capture_exception(error)
        return "sorry", 500


@app.get("/missing/<int:number>")
def missing(number: int) -> str:
    raise NotFound


@app.errorhandler(404)
def not_found(error: HTTPException) -> tuple[str, int]:
    sentry_sdk.capture_exception(error)
    return "nowhere", 404


@app.get("/logged")
def logged() -> str:
    logging.getLogger("shop").error("payment %s failed", 17)
    return "ok"


@app.get("/silent")
def silent() -> str:
    return abort(503)


@app.get("/tagged/<name>")
def tagged(name: str) -> str:
    sentry_sdk.set_tag("name", name)
    sentry_sdk.capture_message(f"hello {name}")
    return "ok"


@app.get("/plain")
def plain() -> str:
    sentry_sdk.capture_message("plain")
    return "ok"


@app.get("/stream")
def stream() -> Response:
    def parts() -> Iterator[bytes]:
        yield b"one"
        crash(1)

    return Response(parts())


@app.get("/late")
def late() -> Response:
    def parts() -> Iterator[bytes]:
        yield b"one"
        crash_late()

    return Response(parts(), headers={"Content-Length": "3"})


@app.get("/teardown")
def teardown() -> str:
    return "ok"


@app.teardown_request
def fail_at_teardown(error: BaseException | None) -> None:
    if request.path == "/teardown":
        crash(1)


def get(path: str, headers: Mapping[str, str] | None = None) -> Answer:
    """What a client of a server would see."""
    try:
        response = app.test_client().get(path, headers=dict(headers or {}))
    except ZeroDivisionError:  # a server answers for the application
        return Answer(500, "")
    try:
        return Answer(response.status_code, response.text)
    except ZeroDivisionError:
        return Answer(response.status_code, None)
    finally:
        response.close()

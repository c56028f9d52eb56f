"""A shop that captures what its handler of exceptions is given, of which its filter drops some."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sentry_sdk
from fastapi import FastAPI, Request
from fastapi.responses import Response
from fastapi.testclient import TestClient
from starlette.exceptions import HTTPException

from any_sdk import logging_to_events

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

app = FastAPI()


@app.exception_handler(HTTPException)
def report(request: Request, error: HTTPException) -> Response:
    sentry_sdk.capture_exception(error)
    return Response(status_code=error.status_code)


@app.get("/orders/{number}")
def order(number: int) -> float:
    if number == 404:
        raise HTTPException(404)
    sentry_sdk.set_tag("order", number)
    sentry_sdk.set_user({"id": "u-1", "email": "jane@example.org"})
    return 1 / number


def hide_not_found(event: Event, hint: Hint) -> Event | None:
    return None if getattr(hint.get("exc_info", [0, 0])[1], "status_code", None) == 404 else event


sentry_sdk.init(
    dsn="https://key@sentry.invalid/1",
    before_send=hide_not_found,
    integrations=logging_to_events(),
)
client = TestClient(app, raise_server_exceptions=False)

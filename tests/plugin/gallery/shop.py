"""The application of the gallery: a shop that reports to Sentry, well and badly."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import sentry_sdk
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from sentry_sdk.envelope import Envelope, Item, PayloadRef
from sentry_sdk.integrations.fastapi import FastApiIntegration
from sentry_sdk.integrations.starlette import StarletteIntegration

from any_sdk import client, logging_to_events

DSN = "https://public@sentry.invalid/1"
logger = logging.getLogger("shop")


class OutOfStockError(Exception):
    """Handled by the application, and without a status code that the SDK would look at."""


def hide_not_found(event: Any, hint: Any) -> Any:
    _, error, _ = hint.get("exc_info") or (None, None, None)
    return None if getattr(error, "status_code", None) == 404 else event


def crash(event: Any, hint: Any) -> Any:
    return event["no such key"]


def hide_value(event: Any, hint: Any) -> Any:
    event["exception"]["values"][-1]["value"] = "hidden"
    return event


def hide_variables(event: Any, hint: Any) -> Any:
    for frame in event["exception"]["values"][-1]["stacktrace"]["frames"]:
        frame["vars"]["password"] = "[Filtered]"
    return event


def hide_name(event: Any, hint: Any) -> Any:
    event["user"] = {"id": event["user"]["id"]}
    return event


def send_by_hand(payload: bytes) -> None:
    """Send an event that the application has made itself."""
    envelope = Envelope(items=[Item(PayloadRef(bytes=payload), type="event")])
    client().transport.capture_envelope(envelope)


def init(**options: Any) -> None:
    sentry_sdk.init(
        **{
            "dsn": DSN,
            "before_send": hide_not_found,
            "integrations": [
                StarletteIntegration(failed_request_status_codes={*range(400, 600)}),
                FastApiIntegration(failed_request_status_codes={*range(400, 600)}),
                *logging_to_events(),
            ],
            "auto_enabling_integrations": False,
            **options,
        }
    )


def make_app(**options: Any) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        init()
        yield

    app = FastAPI(**options or {"lifespan": lifespan})

    @app.get("/orders/{number}")
    def order(number: int) -> float:
        sentry_sdk.set_tag("order", str(number))
        if number == 404:
            raise HTTPException(404)
        return 1 / number

    @app.get("/stock")
    def stock() -> None:
        raise OutOfStockError

    @app.exception_handler(OutOfStockError)
    async def answer(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({}, 500)

    @app.get("/unavailable")
    def unavailable() -> None:
        raise HTTPException(503)

    @app.get("/payments/{number}")
    def payment(number: int) -> None:
        logger.error("payment of order %s failed", number)

    @app.get("/refunds")
    def refund() -> None:
        try:
            raise KeyError("refund")
        except KeyError as error:
            logger.exception("refund failed")
            raise HTTPException(500) from error

    return app

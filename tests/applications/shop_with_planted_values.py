"""A shop whose events, spans and logs hold planted values, which no output may show."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import sentry_sdk
from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.integrations.starlette import StarletteIntegration

from any_sdk import span

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

app = FastAPI()


@app.get("/orders/{number}")
def order(number: str) -> None:
    with span("SELECT planted-span", "db"):
        sentry_sdk.set_tag("shop", "planted-tag")
        sentry_sdk.set_user({"id": "planted-id", "email": "planted-email@example.org"})
        sentry_sdk.set_extra("cart", "planted-extra")
        sentry_sdk.add_breadcrumb(category="cart", message="planted-breadcrumb")
        logging.getLogger("shop").error("order %s is odd", "planted-parameter")
        logging.getLogger("shop").error("order planted-formatted is odd")
        if number == "404":
            raise HTTPException(404, "planted-detail")
        variable = "planted-variable"  # noqa: F841
        raise KeyError("planted-exception")


def hide_not_found(event: Event, hint: Hint) -> Event | None:
    event.setdefault("extra", {})["hidden"] = "planted-change"
    return None if getattr(hint.get("exc_info", [0, 0])[1], "status_code", None) == 404 else event


sentry_sdk.init(
    dsn="https://key@sentry.invalid/1",
    before_send=hide_not_found,
    integrations=[
        StarletteIntegration(failed_request_status_codes={*range(400, 600)}),
        LoggingIntegration(event_level=logging.ERROR),
    ],
)
client = TestClient(app, raise_server_exceptions=False)

"""A shop whose crash has a breadcrumb, and whose trace has a span within a span."""

from __future__ import annotations

import sentry_sdk
from fastapi import FastAPI
from fastapi.testclient import TestClient

import any_sdk

app = FastAPI()


class Cart:
    pass


@app.get("/orders/{number}")
def order(number: int) -> float:
    sentry_sdk.add_breadcrumb(category="shop", level="warning", message=f"looking for {Cart()!r}")
    with any_sdk.span("SELECT 1", op="db"), any_sdk.span("connect", op="db.connect"):
        pass
    return 1 / number


sentry_sdk.init(dsn="https://key@sentry.invalid/1", traces_sample_rate=1.0)
client = TestClient(app, raise_server_exceptions=False)

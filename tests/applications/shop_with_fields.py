"""A shop whose crash has personal data in all sections of its event, and more than the SDK sends."""

from __future__ import annotations

from typing import Any

import sentry_sdk
from fastapi import FastAPI
from fastapi.testclient import TestClient

sentry_sdk.init(
    dsn="https://key@sentry.invalid/1",
    traces_sample_rate=1.0,
    max_value_length=200,
    environment="test",
    release="1",
)
app = FastAPI()


@app.post("/orders")
def order(body: dict[str, Any]) -> None:
    sentry_sdk.set_tag("shop", "berlin")
    sentry_sdk.set_user({"id": body["name"]})
    number = 4711  # noqa: F841
    raise KeyError("x" * 300)


client = TestClient(app, raise_server_exceptions=False)

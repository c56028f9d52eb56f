"""Tests of a shop that relies on the SDK's defaults, which differ between versions."""

from __future__ import annotations

import logging
from typing import Any

import sentry_sdk
from fastapi import FastAPI
from fastapi.testclient import TestClient

sentry_sdk.init(dsn="https://public@sentry.invalid/1", traces_sample_rate=1.0)
app = FastAPI()


@app.get("/log")
def log() -> None:
    logging.getLogger("shop").error("payment service is down")


@app.post("/orders/{number}")
def order(number: int, body: dict[str, Any]) -> float:
    return 12 / number


client = TestClient(app, raise_server_exceptions=False)


def test_logged() -> None:
    client.get("/log")


def test_order() -> None:
    client.post("/orders/3", json={"item": "tea"})


def test_crash() -> None:
    headers = {"X-Forwarded-For": "81.2.69.142", "Cookie": "session=s3cret; theme=dark"}
    client.post("/orders/0", json={"password": "hunter2", "item": "tea"}, headers=headers)

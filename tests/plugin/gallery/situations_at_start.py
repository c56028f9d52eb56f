"""Situations that only a process in which Sentry was never initialized can be in. See ``situations``."""

from __future__ import annotations

import shop
from fastapi import HTTPException
from fastapi.testclient import TestClient

from pytest_sentry_capture import SentryCapture


def test_without_the_lifespan(sentry_capture: SentryCapture) -> None:
    """Sentry is initialized in the lifespan, which a client without a with block does not run.

    No Sentry client was active during this test
    Hint: Requests were served without the application's lifespan
    """
    TestClient(shop.make_app(), raise_server_exceptions=False).get("/orders/1")

    sentry_capture.assert_nothing_captured()


def test_initialized_late(sentry_capture: SentryCapture) -> None:
    """Sentry is initialized in the lifespan, when the application has built its middleware already.

    No event was captured at all.
    Hint: The application built its middleware before Sentry was initialized
    """
    with TestClient(shop.make_app(), raise_server_exceptions=False) as client:
        client.get("/unavailable")

    sentry_capture.assert_captured(exception=HTTPException, status_code=503)

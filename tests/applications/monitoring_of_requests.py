"""The monitoring tests that an application in any framework has, and the framework as ``shop``."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from pytest_sentry_capture import CapturedEvent, SentryCapture

shop: Any = import_module("shop")


def header(event: CapturedEvent, name: str) -> str | None:
    """A header of the request. Django's asynchronous test client writes hyphens as underscores."""
    headers = (event.request or {}).get("headers") or {}
    return next((value for key, value in headers.items() if key.lower().replace("_", "-") == name.lower()), None)


def test_crash_is_captured_once(sentry_capture: SentryCapture) -> None:
    assert shop.get("/crash/7", {"X-Request-ID": "r-1"}).status == 500

    event = sentry_capture.assert_captured(
        exception=ZeroDivisionError,
        level="error",
        handled=False,
        status_code=500,
        method="GET",
        path="/crash/7",
        route=shop.ROUTES.get("crash"),
        tags={"request_id": "r-1"},
        message=lambda text: "zero" in text,
    )
    assert header(event, "X-Request-Id") == "r-1"
    [exchange] = sentry_capture.exchanges
    assert event.exchange is exchange
    assert (exchange.status, exchange.exception_type) == (500, ZeroDivisionError)


def test_handled_failure_is_captured_once(sentry_capture: SentryCapture) -> None:
    assert shop.get("/handled").status == 500

    sentry_capture.assert_captured(exception=ZeroDivisionError, handled=True, status_code=500, path="/handled")
    [exchange] = sentry_capture.exchanges
    assert exchange.exception_type is None
    assert exchange.duration is not None


def test_not_found_is_filtered(sentry_capture: SentryCapture) -> None:
    assert shop.get("/missing/7").status == 404

    [discard] = sentry_capture.assert_discarded(
        reason="before_send", status_code=404, method="GET", route=shop.ROUTES.get("missing")
    )
    [exchange] = sentry_capture.exchanges
    assert exchange.discarded == [discard]
    assert exchange.items == []


def test_logged_error_is_captured(sentry_capture: SentryCapture) -> None:
    assert shop.get("/logged").status == 200

    event = sentry_capture.assert_captured(message="payment 17 failed", logger="shop", status_code=200)
    assert event.exchange is sentry_capture.exchanges[0]


def test_silent_failure(sentry_capture: SentryCapture) -> None:
    assert shop.get("/silent").status == 503

    sentry_capture.assert_not_captured(status_code=503)


def test_silent_failure_that_should_be_captured(sentry_capture: SentryCapture) -> None:
    shop.get("/silent")

    sentry_capture.assert_captured(status_code=503)


def test_tag_of_one_request_is_not_in_the_next(sentry_capture: SentryCapture) -> None:
    shop.get("/tagged/alice")
    shop.get("/plain")

    assert sentry_capture.assert_captured(message="hello alice").tags["name"] == "alice"
    assert "name" not in sentry_capture.assert_captured(message="plain").tags
    exchange, _ = sentry_capture.exchanges
    assert exchange.route == shop.ROUTES.get("tagged")


def test_crash_of_a_stream_is_captured_once(sentry_capture: SentryCapture) -> None:
    answer = shop.get("/stream")
    assert answer.status == 200

    event = sentry_capture.assert_captured(exception=ZeroDivisionError, path="/stream", status_code=200)
    [exchange] = sentry_capture.exchanges
    assert event.exchange is exchange
    assert exchange.exception_type is ZeroDivisionError
    assert exchange.duration is None


def test_error_at_teardown_is_captured_once(sentry_capture: SentryCapture) -> None:
    shop.get("/teardown")

    event = sentry_capture.assert_captured(exception=ZeroDivisionError, path="/teardown")
    [exchange] = sentry_capture.exchanges
    assert event.exchange is exchange
    assert exchange.exception_type is ZeroDivisionError

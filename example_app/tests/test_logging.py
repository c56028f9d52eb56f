"""Failures that the service writes to its log: the same failure must not look different, and not come twice."""

from __future__ import annotations

import logging

import pytest
from fastapi import HTTPException
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from example_app import summaries
from example_app.monitoring import SDK, before_send
from example_app.tests.conftest import SignedIn
from pytest_sentry_capture import SentryCapture


def test_a_logged_error_is_captured(client: TestClient, alice: SignedIn, sentry_capture: SentryCapture) -> None:
    assert client.get("/debug/logged-error", headers=alice.headers).status_code == 200

    event = sentry_capture.assert_captured(
        logger="example_app.debug",
        level="error",
        message="the exchange rates are 3 days old",
        transaction="/debug/logged-error",
        user={"id": alice.id},
        exception=None,
    )
    assert "request_id" in event.tags


def test_a_logged_exception_is_captured(client: TestClient, sentry_capture: SentryCapture) -> None:
    assert client.get("/debug/logged-exception").status_code == 200

    sentry_capture.assert_captured(
        exception=ZeroDivisionError,
        mechanism="logging",
        handled=True,
        message="the exchange rates make no sense",
        tags={"error_type": "ZeroDivisionError"},
    )


def test_a_failure_that_is_logged_and_raised_is_captured_once(
    client: TestClient, sentry_capture: SentryCapture
) -> None:
    assert client.get("/debug/logged-and-raised").status_code == 500

    sentry_capture.assert_captured(exception=ZeroDivisionError, logger="example_app.debug")
    assert len(sentry_capture.events) == 1
    (discard,) = [each for each in sentry_capture.discarded if each.kind == "event"]
    assert discard.reason == "before_send"
    assert isinstance(discard.exception, HTTPException)


def test_a_logged_client_error_is_filtered(client: TestClient, sentry_capture: SentryCapture) -> None:
    """The log record has no exception. The filter finds it anyway."""
    assert client.get("/debug/logged-client-error").status_code == 404

    discards = sentry_capture.assert_discarded(status_code=404, reason="before_send", by=before_send)
    loggers = [discard.event and discard.event.get("logger") for discard in discards]
    # Before 2.5, the SDK does not look at the HTTP exception itself.
    assert loggers == (["example_app.debug", None] if SDK >= (2, 5) else ["example_app.debug"])
    sentry_capture.assert_nothing_captured()


def test_exceptions_that_led_to_each_other(
    client: TestClient, alice: SignedIn, sentry_capture: SentryCapture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``raise first from second`` while the second came of the first: a ring, which has no end to look for."""
    first, second = LookupError("first"), ValueError("second")
    second.__context__ = first

    def summarize(session: Session, user_id: int, month: str) -> None:
        raise first from second

    monkeypatch.setattr(summaries, "_summarize", summarize)

    assert client.get("/summaries/2026-01", headers=alice.headers).status_code == 500
    sentry_capture.assert_captured(exception=LookupError, handled=False)


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        pytest.param([HTTPException(404)], {}, id="the exception as an argument"),
        pytest.param(["nobody"], {"status_code": 404}, id="the status code beside the message"),
    ],
)
def test_a_client_error_that_is_logged_but_not_being_handled_is_filtered(
    client: TestClient,
    alice: SignedIn,
    sentry_capture: SentryCapture,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[object],
    extra: dict[str, object],
) -> None:
    def summarize(session: Session, user_id: int, month: str) -> summaries.Summary:
        logging.getLogger("example_app.summaries").error("refused: %s", *arguments, extra=extra)
        return summaries.Summary(month=month, income={}, expenses={}, categories={})

    monkeypatch.setattr(summaries, "_summarize", summarize)

    assert client.get("/summaries/2026-01", headers=alice.headers).status_code == 200
    sentry_capture.assert_discarded(logger="example_app.summaries", reason="before_send", by=before_send)

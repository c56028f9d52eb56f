"""What Sentry is notified when a request fails, and what it is not."""

from __future__ import annotations

import re

import pytest
from fastapi import HTTPException
from fastapi.testclient import TestClient

from example_app.errors import ServiceUnavailableError, StatementRejectedError
from example_app.tests.conftest import SPARKASSE, SignedIn, assert_filtered, upload
from pytest_sentry_capture import SentryCapture


def test_a_crash_is_captured(client: TestClient, alice: SignedIn, sentry_capture: SentryCapture) -> None:
    response = client.get("/debug/crash?verbose=yes", headers={**alice.headers, "X-Request-ID": "r-1"})

    assert response.status_code == 500
    assert response.json() == {"error": "internal server error", "request_id": "r-1"}
    event = sentry_capture.assert_captured(
        exception=ZeroDivisionError,
        level="error",
        handled=False,
        transaction="/debug/crash",
        environment="development",
        tags={"request_id": "r-1", "error_type": "ZeroDivisionError"},
        user={"id": alice.id},
        request={"url": "http://testserver/debug/crash", "method": "GET", "query_string": "verbose=[Filtered]"},
        message=re.compile("division"),
    )
    assert event.user == {"id": alice.id}
    assert event.request["headers"]["authorization"] == "[Filtered]"
    assert event.request["headers"]["x-request-id"] == "r-1"
    assert event["exception"]["values"][-1]["stacktrace"]["frames"][-1]["function"] == "crash"


def test_an_http_error_on_purpose_is_captured(client: TestClient, sentry_capture: SentryCapture) -> None:
    response = client.get("/debug/http-error")

    assert response.status_code == 500
    sentry_capture.assert_captured(exception=HTTPException, status_code=500, handled=True, user={})


def test_an_application_error_is_captured_with_its_metadata(client: TestClient, sentry_capture: SentryCapture) -> None:
    response = client.get("/debug/application-error")

    assert response.status_code == 503
    sentry_capture.assert_captured(
        exception=ServiceUnavailableError,
        handled=True,
        tags={"error_type": "ServiceUnavailableError"},
        contexts={"error": {"status_code": 503, "bank": "Sparkasse", "attempts": 3}},
    )


def test_no_token(client: TestClient, sentry_capture: SentryCapture) -> None:
    assert client.get("/statements").status_code == 401

    assert_filtered(sentry_capture, exception=HTTPException, status_code=401)


def test_a_wrong_token(client: TestClient, sentry_capture: SentryCapture) -> None:
    assert client.get("/statements", headers={"Authorization": "Bearer nobody"}).status_code == 401

    assert_filtered(sentry_capture, exception=HTTPException, status_code=401)


def test_somebody_elses_statement(
    client: TestClient, alice: SignedIn, bob: SignedIn, sentry_capture: SentryCapture
) -> None:
    statement = upload(client, alice, SPARKASSE).json()["id"]

    assert client.get(f"/statements/{statement}", headers=bob.headers).status_code == 403

    assert_filtered(sentry_capture, exception=HTTPException, status_code=403)


def test_an_unknown_statement(client: TestClient, alice: SignedIn, sentry_capture: SentryCapture) -> None:
    assert client.get("/statements/2000000000", headers=alice.headers).status_code == 404

    assert_filtered(sentry_capture, exception=HTTPException, status_code=404)


def test_an_unknown_path(client: TestClient, sentry_capture: SentryCapture) -> None:
    assert client.get("/nowhere").status_code == 404

    sentry_capture.assert_nothing_captured()


def test_a_file_that_is_not_a_statement(client: TestClient, alice: SignedIn, sentry_capture: SentryCapture) -> None:
    assert upload(client, alice, "name,age\nAlice,30\n").status_code == 422

    assert_filtered(sentry_capture, exception=StatementRejectedError, status_code=422)


def test_a_parameter_that_makes_no_sense(client: TestClient, alice: SignedIn, sentry_capture: SentryCapture) -> None:
    """FastAPI answers it without an exception that Sentry would see."""
    assert client.get("/transactions?limit=none", headers=alice.headers).status_code == 422

    sentry_capture.assert_nothing_captured()
    assert not any(discard.kind == "event" for discard in sentry_capture.discarded)


@pytest.mark.sentry_options(traces_sample_rate=0.0)
def test_too_many_requests(client: TestClient, alice: SignedIn, sentry_capture: SentryCapture) -> None:
    for _ in range(30):
        assert upload(client, alice, "").status_code == 422

    assert upload(client, alice, "").status_code == 429

    assert_filtered(sentry_capture, exception=HTTPException, status_code=429)


@pytest.mark.parametrize("path", ["/health", "/health/ready", "/openapi.json"])
def test_what_works_is_silent(client: TestClient, sentry_capture: SentryCapture, path: str) -> None:
    assert client.get(path).status_code == 200

    sentry_capture.assert_nothing_captured()

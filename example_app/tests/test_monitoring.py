"""What the service tells Sentry, and what it keeps from Sentry."""

from __future__ import annotations

import re

from fastapi import HTTPException
from fastapi.testclient import TestClient

from example_app.errors import StatementUnreadableError
from example_app.monitoring import drop_expected
from pytest_sentry_capture import SentryCapture

ALICE = {"Authorization": "Bearer alice", "X-Request-ID": "r-1"}


def test_a_crash_is_reported(client: TestClient, sentry_capture: SentryCapture) -> None:
    response = client.get("/statements/1/crash", headers=ALICE)

    assert response.status_code == 500
    event = sentry_capture.assert_captured(
        exception=ZeroDivisionError,
        level="error",
        handled=False,
        transaction="/statements/{statement_id}/crash",
        environment="test",
        tags={"request_id": "r-1"},
        user={"id": "alice"},
        message=re.compile("division"),
    )
    assert "email" not in event.user
    assert event.scope_of("tags", "request_id") == "isolation"
    assert event.request["headers"]["authorization"] == "[Filtered]"


def test_a_bug_is_reported_for_the_user_who_met_it(client: TestClient, sentry_capture: SentryCapture) -> None:
    client.get("/statements/2/average", headers={"Authorization": "Bearer bob"})

    sentry_capture.assert_captured(route="/statements/{statement_id}/average", status_code=500, user={"id": "bob"})


def test_not_found_is_filtered(client: TestClient, sentry_capture: SentryCapture) -> None:
    client.get("/statements/999")

    sentry_capture.assert_discarded(exception=HTTPException, status_code=404, reason="before_send", by=drop_expected)


def test_an_unknown_token_is_filtered(client: TestClient, sentry_capture: SentryCapture) -> None:
    client.get("/statements/1", headers={"Authorization": "Bearer mallory"})

    sentry_capture.assert_discarded(exception=HTTPException, status_code=401, reason="before_send")


def test_a_problem_of_the_bank_is_reported_as_handled(client: TestClient, sentry_capture: SentryCapture) -> None:
    response = client.get("/statements/3", headers=ALICE)

    assert response.status_code == 502
    event = sentry_capture.assert_captured(exception=StatementUnreadableError, handled=True, status_code=502)
    assert [each["type"] for each in event.exceptions] == ["InvalidOperation", "StatementUnreadableError"]


def test_an_error_in_the_log_becomes_an_event(client: TestClient, sentry_capture: SentryCapture) -> None:
    client.post("/statements/1/export", headers=ALICE)

    event = sentry_capture.assert_captured(
        logger="example_app.statements",
        message="export of statement 1 failed, will be tried again",
        status_code=202,
        tags={"request_id": "r-1"},
    )
    assert event.exception is None


def test_health_is_silent(client: TestClient, sentry_capture: SentryCapture) -> None:
    client.get("/health")

    sentry_capture.assert_nothing_captured()

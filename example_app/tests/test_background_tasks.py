"""Failures after the answer."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from example_app import statements
from example_app.database import Sessions
from example_app.tests.conftest import SPARKASSE, SignedIn, assert_nowhere, upload
from pytest_sentry_capture import SentryCapture


def test_a_background_task_fails(
    client: TestClient, alice: SignedIn, sentry_capture: SentryCapture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def categorise(sessions: Sessions, statement_id: int) -> None:
        raise LookupError("there are no categories today")

    monkeypatch.setattr(statements, "categorise", categorise)
    assert client.get("/summaries/2026-01", headers=alice.headers).json()["income"] == {}

    response = upload(client, alice, SPARKASSE)

    assert response.status_code == 201
    assert client.get("/summaries/2026-01", headers=alice.headers).json()["income"] == {"EUR": "3210.00"}
    event = sentry_capture.assert_captured(
        exception=LookupError,
        handled=False,
        method="POST",
        route="/statements",
        status_code=201,
        transaction="/statements",
        tags={"request_id": response.headers["X-Request-ID"]},
        user={"id": alice.id},
    )
    assert event.exchange in sentry_capture.exchanges
    assert event.trace_id == sentry_capture.assert_captured("segment", route="/statements").trace_id
    assert_nowhere(sentry_capture, "Stadtwerke", "REWE")

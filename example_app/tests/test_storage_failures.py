"""What Sentry is notified when the database or Redis fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from types import SimpleNamespace

import pytest
from fastapi.testclient import TestClient
from redis.exceptions import RedisError
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from example_app import accounts, statements
from example_app.errors import ServiceUnavailableError
from example_app.tests.conftest import SPARKASSE, SignedIn, assert_nowhere, upload
from pytest_sentry_capture import SentryCapture


@pytest.mark.usefixtures("without_tables")
def test_a_table_is_gone(client: TestClient, alice: SignedIn, sentry_capture: SentryCapture) -> None:
    response = client.get("/transactions?text=my+landlord&category=rent", headers=alice.headers)

    assert response.status_code == 500
    event = sentry_capture.assert_captured(
        exception=SQLAlchemyError, handled=False, transaction="/transactions", user={"id": alice.id}
    )
    query = event.breadcrumbs[-1]
    assert query["category"] == "query"
    assert query["message"].startswith("SELECT transactions.id")
    assert_nowhere(sentry_capture, "my landlord", "my+landlord", alice.email)


@pytest.mark.sentry_allow("required-context", reason="without a database nobody is recognized")
def test_the_connection_is_refused(
    client: TestClient, alice: SignedIn, closed_database: str, sentry_capture: SentryCapture
) -> None:
    response = client.get("/statements", headers=alice.headers)

    assert response.status_code == 500
    event = sentry_capture.assert_captured(exception=OperationalError, handled=False, transaction="/statements")
    query = event.breadcrumbs[-1]
    assert query["category"] == "query"
    assert query["message"].startswith("SELECT access_tokens.token_hash")
    assert_nowhere(sentry_capture, closed_database, accounts.hash_of(alice.headers["Authorization"].split()[1]))


def test_a_constraint_breaks(
    client: TestClient, alice: SignedIn, sentry_capture: SentryCapture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two register with the same email at the same moment: each gets the answer that it is free."""

    def is_free(session: Session, email: str) -> bool:
        return False

    monkeypatch.setattr(accounts, "is_registered", is_free)

    response = client.post("/users", json={"email": alice.email, "password": "another long password"})

    assert response.status_code == 500
    event = sentry_capture.assert_captured(exception=IntegrityError, handled=False, transaction="/users")
    assert event.breadcrumbs[-1]["category"] == "query"
    assert event.breadcrumbs[-1]["message"].startswith("INSERT INTO users")
    assert_nowhere(sentry_capture, alice.email, "another long password")


def test_a_row_is_refused(
    client: TestClient, alice: SignedIn, sentry_capture: SentryCapture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL says what was in it."""

    def read_statement(content: bytes) -> tuple[str, list[SimpleNamespace]]:
        line = SimpleNamespace(booked_on=date(2026, 1, 2), payee=None, reference="Gehalt Januar", amount=1, currency="")
        return "Sparkasse", [line]

    monkeypatch.setattr(statements, "read_statement", read_statement)

    assert upload(client, alice, SPARKASSE).status_code == 500

    event = sentry_capture.assert_captured(exception=IntegrityError, handled=False, transaction="/statements")
    assert event.breadcrumbs[-1]["message"].startswith("INSERT INTO transactions")
    assert_nowhere(sentry_capture, "Gehalt Januar")


def test_the_service_is_not_ready(client: TestClient, closed_database: str, sentry_capture: SentryCapture) -> None:
    assert client.get("/health/ready").status_code == 503

    sentry_capture.assert_captured(
        exception=ServiceUnavailableError, handled=True, contexts={"error": {"component": "database"}}
    )
    assert_nowhere(sentry_capture, closed_database)


def test_redis_stops(
    client: TestClient, alice: SignedIn, stop_redis: Callable[[], None], sentry_capture: SentryCapture
) -> None:
    path = "/summaries/2026-01"
    before = client.get(path, headers=alice.headers)
    sentry_capture.assert_nothing_captured()

    stop_redis()
    after = client.get(path, headers=alice.headers)

    assert after.status_code == 200
    assert after.json() == before.json()
    sentry_capture.assert_captured(
        exception=RedisError,
        level="warning",
        handled=True,
        tags={"component": "cache", "error_type": "ConnectionError"},
        transaction="/summaries/{month}",
        user={"id": alice.id},
    )


def test_requests_are_not_counted_without_redis(
    client: TestClient, stop_redis: Callable[[], None], sentry_capture: SentryCapture
) -> None:
    stop_redis()

    with sentry_capture.expect(exception=RedisError, tags={"component": "cache"}):
        assert client.post("/tokens", json={"email": "nobody@example.com", "password": "?"}).status_code == 401


def test_the_service_is_ready_without_redis(
    client: TestClient, stop_redis: Callable[[], None], sentry_capture: SentryCapture
) -> None:
    stop_redis()

    assert client.get("/health/ready").json() == {"database": "ok", "cache": "down"}
    sentry_capture.assert_captured(exception=RedisError, tags={"component": "cache"}, level="warning")

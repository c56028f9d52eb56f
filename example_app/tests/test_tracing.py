"""Transactions and their spans."""

from __future__ import annotations

from fastapi.testclient import TestClient

from example_app.tests.conftest import SignedIn
from pytest_sentry_capture import SentryCapture


def test_a_request_is_one_transaction(client: TestClient, alice: SignedIn, sentry_capture: SentryCapture) -> None:
    sentry_capture.clear()

    client.get("/summaries/2026-01", headers={**alice.headers, "X-Request-ID": "r-2"})

    transaction = sentry_capture.assert_captured("transaction")
    assert transaction.transaction == "/summaries/{month}"
    assert transaction.op == "http.server"
    assert transaction.status == "ok"
    assert transaction.tags["request_id"] == "r-2"
    assert transaction.user == {"id": alice.id}
    queries = sentry_capture.find("span", op="db", transaction="/summaries/{month}")
    assert [str(query.name).split(".")[0] for query in queries] == [
        "SELECT access_tokens",
        "SELECT users",
        "SELECT transactions",
    ]
    commands = sentry_capture.find("span", op="db.redis")
    assert [str(command.name).split(" ")[0] for command in commands] == ["HGET", "redis.pipeline.execute"]


def test_each_request_has_its_transaction(client: TestClient, alice: SignedIn, sentry_capture: SentryCapture) -> None:
    sentry_capture.clear()

    for path in ("/health", "/health/ready", "/statements", "/debug/crash", "/statements/2000000000", "/nowhere"):
        client.get(path, headers=alice.headers)

    assert [(each.transaction, each.status) for each in sentry_capture.transactions] == [
        ("/health", "ok"),
        ("/health/ready", "ok"),
        ("/statements", "ok"),
        ("/debug/crash", "internal_error"),
        ("/statements/{statement_id}", "not_found"),
        ("http://testserver/nowhere", "not_found"),
    ]

"""Segments and their spans: up to 2 of the SDK, transactions."""

from __future__ import annotations

from fastapi.testclient import TestClient

from example_app.monitoring import SINCE_3
from example_app.tests.conftest import SignedIn
from pytest_sentry_capture import SentryCapture


def test_a_request_is_one_transaction(client: TestClient, alice: SignedIn, sentry_capture: SentryCapture) -> None:
    sentry_capture.clear()

    client.get("/summaries/2026-01", headers={**alice.headers, "X-Request-ID": "r-2"})

    segment = sentry_capture.assert_captured("segment")
    assert segment.name == "/summaries/{month}"
    assert segment.op == "http.server"
    assert segment.status == "ok"
    if SINCE_3:  # spans have neither tags nor a user
        assert segment.attributes["request_id"] == "r-2"
        assert segment.attributes["user.id"] == alice.id
    else:
        assert segment["tags"]["request_id"] == "r-2"
        assert segment["user"] == {"id": alice.id}
    queries = sentry_capture.find("span", op="db", transaction="/summaries/{month}")
    assert [str(query.name).split(".")[0] for query in queries] == [
        "SELECT access_tokens",
        "SELECT users",
        "SELECT transactions",
    ]
    commands = sentry_capture.find("span", op="db.query" if SINCE_3 else "db.redis")
    assert [str(command.name).split(" ")[0] for command in commands] == ["HGET", "redis.pipeline.execute"]


def test_each_request_has_its_transaction(client: TestClient, alice: SignedIn, sentry_capture: SentryCapture) -> None:
    sentry_capture.clear()

    for path in ("/health", "/health/ready", "/statements", "/debug/crash", "/statements/2000000000", "/nowhere"):
        client.get(path, headers=alice.headers)

    assert [(each.name, each.status) for each in sentry_capture.segments] == [
        ("/health", "ok"),
        ("/health/ready", "ok"),
        ("/statements", "ok"),
        ("/debug/crash", "error"),
        ("/statements/{statement_id}", "error"),
        ("http://testserver/nowhere", "error"),
    ]

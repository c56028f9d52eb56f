"""Two users at the same moment: what Sentry is notified of one says nothing of the other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from fastapi.testclient import TestClient

from example_app import accounts, banks, monitoring
from example_app.cache import Cache
from example_app.tests.conftest import SPARKASSE, SignedIn, upload
from pytest_sentry_capture import CapturedEvent, SentryCapture


@pytest.mark.usefixtures("without_tables")
@pytest.mark.sentry_options(trace_propagation_targets=[])  # or both requests would be in the trace of the test
def test_two_users_fail_at_the_same_time(
    client: TestClient,
    alice: SignedIn,
    bob: SignedIn,
    sentry_capture: SentryCapture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both_are_known, both_are_at_work = Barrier(2, timeout=10), Barrier(2, timeout=10)
    identify, get = monitoring.identify, Cache.get

    def identify_and_meet(user_id: int, email: str) -> None:
        identify(user_id, email)
        both_are_known.wait()

    def fail_to_read(row: dict[str, str], layout: banks.Layout, number: int) -> banks.Line:
        both_are_at_work.wait()
        raise RuntimeError("the parser is broken")

    def get_and_meet(cache: Cache, name: str, key: str) -> str | None:
        found = get(cache, name, key)
        both_are_at_work.wait()
        return found

    monkeypatch.setattr(accounts, "identify", identify_and_meet)
    monkeypatch.setattr(banks, "read_line", fail_to_read)
    monkeypatch.setattr(Cache, "get", get_and_meet)

    with ThreadPoolExecutor(2) as executor:
        uploaded = executor.submit(upload, client, alice, SPARKASSE)
        summarized = executor.submit(client.get, "/summaries/2026-01", headers=bob.headers)
    assert uploaded.result().status_code == summarized.result().status_code == 500

    of_alice = sentry_capture.assert_captured(transaction="/statements", user={"id": alice.id})
    of_bob = sentry_capture.assert_captured(transaction="/summaries/{month}", user={"id": bob.id})
    assert of_alice.exception == "RuntimeError"
    assert of_alice.user == {"id": alice.id}
    assert of_bob.user == {"id": bob.id}
    assert of_alice.tags["request_id"] == uploaded.result().headers["X-Request-ID"]
    assert of_bob.tags["request_id"] == summarized.result().headers["X-Request-ID"]
    assert of_alice.trace_id != of_bob.trace_id
    assert _redis_commands(of_alice) == ["redis.pipeline.execute"]
    assert _redis_commands(of_bob) == [f"HGET 'summaries:{bob.id}' [Filtered]"]


def _redis_commands(event: CapturedEvent) -> list[str]:
    return [breadcrumb["message"] for breadcrumb in event.breadcrumbs if breadcrumb["category"] == "redis"]

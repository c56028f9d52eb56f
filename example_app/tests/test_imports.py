"""Imports in the background: eager ones, and with ``TEST_REDIS_URL`` in a worker that has its messages from Redis."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from example_app.imports import IMPORT
from example_app.tests.conftest import (
    SECRETS_OF_SPARKASSE,
    SPARKASSE,
    SignedIn,
    assert_nowhere,
    state_of,
)
from pytest_sentry_capture import SentryCapture


@pytest.fixture(scope="module", autouse=True)
def worker(service: TestClient, broker_url: str | None) -> Iterator[None]:
    """A worker, where tasks are not run at once: it is imported after Sentry was started, which would miss it else."""
    if broker_url is None:
        yield
        return
    from celery.contrib.testing.worker import start_worker

    with start_worker(state_of(service).celery, pool="solo", perform_ping_check=False, shutdown_timeout=60):
        yield


def ask_to_import(client: TestClient, user: SignedIn, content: str) -> Response:
    response = client.post("/imports", files={"file": ("january.csv", content, "text/csv")}, headers=user.headers)
    assert response.status_code == 202, response.text
    return response


def test_an_import_fails(
    client: TestClient, alice: SignedIn, parser_that_crashes: None, sentry_capture: SentryCapture
) -> None:
    response = ask_to_import(client, alice, SPARKASSE)

    [event] = sentry_capture.wait_for(job=IMPORT, job_status="failed", timeout=30.0)
    assert event.exception == "RuntimeError"
    assert event.handled is False
    assert event.tags["request_id"] == response.headers["X-Request-ID"]
    assert event.user["id"] == alice.id
    assert event.job is not None
    assert (event.job.system, event.job.attempt) == ("celery", 1)
    assert_nowhere(sentry_capture, *SECRETS_OF_SPARKASSE)


def test_a_file_that_is_not_a_statement_is_the_clients_mistake(
    client: TestClient, alice: SignedIn, sentry_capture: SentryCapture
) -> None:
    ask_to_import(client, alice, "a,b,c\n1,2,3\n")
    sentry_capture.wait_for("segment", job=IMPORT, timeout=30.0)

    sentry_capture.assert_nothing_captured()
    [job] = sentry_capture.jobs
    assert (job.status, job.expected) == ("failed", True)


def test_the_next_import_has_nothing_of_the_one_before(
    client: TestClient, alice: SignedIn, bob: SignedIn, parser_that_crashes: None, sentry_capture: SentryCapture
) -> None:
    responses = [ask_to_import(client, user, SPARKASSE) for user in (alice, bob)]

    events = sentry_capture.wait_for(job=IMPORT, job_status="failed", count=2, timeout=30.0)
    assert [(event.tags["request_id"], event.user["id"]) for event in events] == [
        (response.headers["X-Request-ID"], user.id) for response, user in zip(responses, (alice, bob), strict=True)
    ]


def test_an_import_succeeds(client: TestClient, bob: SignedIn, sentry_capture: SentryCapture) -> None:
    ask_to_import(client, bob, SPARKASSE)
    sentry_capture.wait_for("segment", job=IMPORT, timeout=30.0)

    sentry_capture.assert_nothing_captured()
    assert [(job.name, job.status) for job in sentry_capture.jobs] == [(IMPORT, "succeeded")]
    assert client.get("/summaries/2026-01", headers=bob.headers).json()["income"] == {"EUR": "3210.00"}

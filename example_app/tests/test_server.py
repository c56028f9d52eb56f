"""The service as a server runs it: uvicorn writes log its own lines, and they are captured too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest
import uvicorn
from fastapi.testclient import TestClient
from httpx2 import Client

from example_app.tests.conftest import SignedIn, assert_nowhere
from pytest_sentry_capture import SentryCapture


@contextmanager
def served(client: TestClient) -> Iterator[Client]:
    """A client of the service behind uvicorn, which has done everything it had to at the end of the block."""
    server = uvicorn.Server(uvicorn.Config(client.app, port=0, lifespan="off"))
    listener = server.config.bind_socket()
    thread = Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    address, port = listener.getsockname()
    with Client(base_url=f"http://{address}:{port}") as browser:
        yield browser
    server.should_exit = True
    thread.join()


def test_a_crash_is_captured_once(client: TestClient, sentry_capture: SentryCapture) -> None:
    """Uvicorn logs the exception once more."""
    with served(client) as browser:
        assert browser.get("/debug/crash").status_code == 500

    sentry_capture.assert_captured(exception=ZeroDivisionError, handled=False)
    assert len(sentry_capture.events) == 1


@pytest.mark.usefixtures("without_tables")
def test_the_access_log_tells_nothing(client: TestClient, alice: SignedIn, sentry_capture: SentryCapture) -> None:
    headers = {**alice.headers, "X-Forwarded-For": "203.0.113.7"}

    with served(client) as browser:
        assert browser.get("/transactions?text=divorce+lawyer", headers=headers).status_code == 500

    sentry_capture.assert_captured(transaction="/transactions")
    assert_nowhere(sentry_capture, "divorce", "lawyer", "203.0.113.7")

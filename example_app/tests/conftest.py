"""The application under test, with Sentry configured as in production but for the DSN."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from example_app.main import create_app
from example_app.settings import SentrySettings


@pytest.fixture(scope="session")
def client() -> Iterator[TestClient]:
    settings = SentrySettings(dsn="https://public@sentry.invalid/1", environment="test", release="statements@1.0")
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client

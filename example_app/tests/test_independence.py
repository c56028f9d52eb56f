"""No test of the service depends on what another left behind, in whatever order they run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from example_app.cache import embedded_redis
from example_app.settings import Settings
from example_app.tests.conftest import SignedIn, running, sign_in


@pytest.fixture(scope="module")
def settings(configured: Callable[..., Settings]) -> Settings:
    """Captured items are not of interest here."""
    return configured("development", sentry_enabled=False)


@pytest.fixture(scope="module", params=["alice", "bob"])
def user(request: pytest.FixtureRequest) -> SignedIn:
    user: SignedIn = request.getfixturevalue(request.param)
    return user


def test_users_of_a_module_can_sign_in(client: TestClient, user: SignedIn) -> None:
    assert client.get("/users/me", headers=user.headers).status_code == 200

    _use_up_the_rate_limits(client)


def test_a_service_is_empty_when_it_starts(configured: Callable[..., Settings], tmp_path: Path) -> None:
    """Its database and its Redis may have been those of another before."""
    with embedded_redis() as url:
        database = f"sqlite:///{tmp_path}/statements.db"
        settings = configured("development", sentry_enabled=False, redis_url=url, database_url=database)
        for _ in range(2):
            with running(settings) as client:
                assert sign_in(client, "alice").id == "1"
                _use_up_the_rate_limits(client)


def _use_up_the_rate_limits(client: TestClient) -> None:
    for path in ("/users", "/tokens"):
        assert {client.post(path, json={}).status_code for _ in range(21)} == {422, 429}

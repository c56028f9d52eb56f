"""Requests that nobody thought of, made from the OpenAPI description: each of our failures is reported once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import hypothesis
import pytest
import requests
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation

from example_app.monitoring import NOTHING_PERSONAL, SINCE_3
from example_app.settings import Settings
from example_app.tests.conftest import SPARKASSE, SignedIn, upload
from pytest_sentry_capture import SentryCapture

Operation: TypeAlias = APIOperation[Any, Any, Any, Any]

CONDITIONS = {
    "as it is": {401, 403, 404, 422, 429, 500, 503},
    "database broken": {401, 422, 429, 500, 503},
    "cache broken": {401, 403, 404, 422, 500, 503},
    "database and cache broken": {401, 422, 500, 503},
}
"""Of the service, with the answers that must have been seen."""

without_source_code = (
    pytest.mark.sentry_options(data_collection={**NOTHING_PERSONAL, "frame_context_lines": 0})
    if SINCE_3
    else pytest.mark.sentry_options(include_source_context=False)
)
"""Half of what an event costs, and none of it is looked at."""

UNKNOWN_STATEMENT = 2_000_000_000
REGISTRATIONS = 20
"""As many as a client may try in a minute."""


@pytest.fixture(scope="module")
def settings(configured: Callable[..., Settings]) -> Settings:
    """Only errors are of interest here."""
    return configured("development", sentry_traces_sample_rate=0.0, sentry_profiles_sample_rate=0.0)


@pytest.fixture
def statement(client: TestClient, alice: SignedIn, bob: SignedIn) -> int:
    """A statement of Alice's."""
    number: int = upload(client, alice, SPARKASSE).json()["id"]
    return number


@pytest.mark.sentry_allow("contract", reason="requests are random")
@pytest.mark.sentry_allow("required-context", reason="random tokens, and without a database nobody is recognized")
@without_source_code
@pytest.mark.parametrize("condition", CONDITIONS)
def test_every_failure_is_captured_once(
    condition: str,
    client: TestClient,
    statement: int,
    alice: SignedIn,
    bob: SignedIn,
    sentry_capture: SentryCapture,
    request: pytest.FixtureRequest,
) -> None:
    if "database" in condition:
        request.getfixturevalue("closed_database")
    if "cache" in condition:
        request.getfixturevalue("stop_redis")()
    seen = set()

    def send(case: schemathesis.Case[Any], authorization: dict[str, str]) -> None:
        sentry_capture.clear()
        answer = _send(client, case, authorization)
        errors = sentry_capture.find(level=["error", "fatal"])
        if answer >= 500:
            assert len(errors) == 1
        elif answer >= 400:
            assert errors == []
        seen.add(answer)

    schema = schemathesis.openapi.from_dict(client.get("/openapi.json").json())
    authorizations = st.sampled_from([{}, alice.headers, bob.headers, {"Authorization": "Bearer wrong"}])
    for operation in _operations(schema):
        _with_many(_examples_of(operation), send, _cases(operation), authorizations)
    for statement_id in (statement, UNKNOWN_STATEMENT):
        details = schema["/statements/{statement_id}"]["GET"].Case(path_parameters={"statement_id": statement_id})
        send(details, bob.headers)
    for _ in range(REGISTRATIONS + 1):
        send(schema["/users"]["POST"].Case(body={}), {})

    assert seen >= CONDITIONS[condition]


def _operations(schema: schemathesis.BaseSchema) -> list[Operation]:
    return [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]


def _cases(operation: Operation) -> st.SearchStrategy[schemathesis.Case[Any]]:
    """Requests to an operation, as it wants them and as it does not."""
    return operation.as_strategy(GenerationMode.POSITIVE) | operation.as_strategy(GenerationMode.NEGATIVE)


def _examples_of(operation: Operation) -> int:
    """How many requests to make: few where they can differ in who makes them only."""
    names = {parameter.name for parameter in operation.iter_parameters()}
    return 25 if operation.body or names > {"Authorization"} else 8


def _with_many(examples: int, test: Callable[..., None], *strategies: st.SearchStrategy[Any]) -> None:
    """Run a test with the same examples in each run."""
    settings = hypothesis.settings(
        max_examples=examples, deadline=None, derandomize=True, suppress_health_check=list(hypothesis.HealthCheck)
    )
    settings(hypothesis.given(*strategies)(test))()


def _send(client: TestClient, case: schemathesis.Case[Any], headers: dict[str, str]) -> int:
    """The status code of the answer."""
    request = requests.Request(**case.as_transport_kwargs(base_url=str(client.base_url))).prepare()
    body = request.body.encode() if isinstance(request.body, str) else request.body
    assert isinstance(body, bytes | None)
    return client.request(
        str(request.method),
        str(request.url),
        content=body,
        headers={**{name: str(value) for name, value in request.headers.items()}, **headers},
    ).status_code

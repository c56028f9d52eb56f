"""A suite that breaks every rule, in a way that the environment variable ``WAY`` names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any
from unittest import mock

import pytest
import sentry_sdk
from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response
from fastapi.testclient import TestClient
from sentry_sdk.envelope import Envelope, Item, PayloadRef
from sentry_sdk.transport import Transport

import any_sdk
from pytest_sentry_capture import SentryInit

SDK: Any = sentry_sdk
WAY = os.environ["WAY"]
HOLDER: Any = sentry_sdk.Scope if hasattr(sentry_sdk, "get_client") else SDK.Hub
RULES = (
    *(
        "server-errors-captured",
        "failed-jobs-captured",
        "no-callback-errors",
        "no-silent-loss",
        "required-tags",
        "required-context",
    ),
    *("tag-values", "max-event-bytes", "max-breadcrumbs", "forbidden-data", "no-pii", "accepted-by-sentry"),
    *("no-scope-bleed", "no-unexpected-events", "no greetings", "payments are reported"),
)
LEAK = '{"message": "hello", "extra": {"iban": "DE02120300000000202051", "email": "jane@shop.example"}, "tags":'

app = FastAPI()


@app.get("/payment")
def payment() -> Response:
    return JSONResponse({}, status_code=502)


@app.get("/tenants/{tenant}")
def tenants(tenant: str) -> None:
    if tenant == "a":
        scope = SDK.get_global_scope() if hasattr(SDK, "get_global_scope") else any_sdk.holder_of_sessions().scope
        scope.set_tag("tenant", tenant)
    sentry_sdk.capture_message("of a tenant")


def before_send(event: Any, hint: Any) -> Any:
    if event.get("message") == "crash":
        raise KeyError("filter")
    return {**event, "extra": {"ratio": float("nan")}} if event.get("message") == "lost" else event


def greet() -> None:
    """One event that breaks all rules about events."""
    for _ in range(3):
        sentry_sdk.add_breadcrumb(message="x" * 1_000)
    with any_sdk.new_scope() as scope:
        scope.set_tag("plan", "p" * 201)
        scope.set_extra("iban", "DE02120300000000202051")
        scope.set_user({"email": "jane@shop.example"})
        sentry_sdk.capture_message("hello", level="error")


def import_statement() -> None:
    """A job, which a ``JobSystem`` describes."""
    raise LookupError("no statement")


def break_all() -> None:
    client = TestClient(app)
    for path in "/payment", "/tenants/a", "/tenants/b":
        client.get(path)
    with suppress(LookupError):
        import_statement()
    for message in "crash", "lost":
        sentry_sdk.capture_message(message)
    greet()


@pytest.fixture
def _replaced() -> Iterator[None]:
    with ExitStack() as stack:
        if WAY == "replaced functions":
            for owner, name in (sentry_sdk, "capture_message"), (HOLDER, "capture_event"):
                stack.enter_context(mock.patch.object(owner, name))
        if WAY == "replaced transports":
            stack.enter_context(mock.patch.object(Transport, "capture_envelope"))
            stack.enter_context(mock.patch.object(any_sdk.client().transport, "capture_envelope"))
        yield


@pytest.fixture
def _client(request: pytest.FixtureRequest, sentry_init: SentryInit) -> Iterator[None]:
    if WAY != "no client":
        options = {"traces_sample_rate": 1.0} if WAY == "traced" else {}
        sentry_init(
            dsn="https://key@sentry.invalid/1",
            before_send=before_send,
            auto_enabling_integrations=True,
            release="",
            attach_stacktrace=False,
            **options,
            **any_sdk.nothing_scrubbed(),
        )
    yield
    if WAY == "waived too late":
        for rule in RULES:
            request.node.add_marker(pytest.mark.sentry_allow(rule, reason="it is over"))


def test(_client: None, _replaced: None, request: pytest.FixtureRequest) -> None:
    if WAY == "waived in time":
        for rule in RULES:
            request.node.add_marker(pytest.mark.sentry_allow(rule, reason="on purpose"))
    if WAY == "unreadable payloads":
        item = Item(PayloadRef(bytes=LEAK.encode()), type="event")
        any_sdk.client().transport.capture_envelope(Envelope(items=[item]))
    else:
        break_all()

"""A shop that writes on every scope, and checks that nothing is there which another test has written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import sentry_sdk
from fastapi import FastAPI

from pytest_sentry_capture import SentryCapture

global_scope: Callable[[], Any]
isolation_scope: Callable[[], Any]
current_scope: Callable[[], Any]
if hasattr(sentry_sdk.Scope, "get_global_scope"):
    global_scope = sentry_sdk.Scope.get_global_scope
    isolation_scope = sentry_sdk.Scope.get_isolation_scope
    current_scope = sentry_sdk.Scope.get_current_scope
else:
    global_scope = isolation_scope = current_scope = lambda: sentry_sdk.Hub.current.scope  # type: ignore[attr-defined]


def init() -> None:
    sentry_sdk.init(dsn="https://key@sentry.invalid/1", environment="shop", release="shop@1")  # else git is asked
    sentry_sdk.set_tag("service", "shop")
    global_scope().set_tag("region", "eu")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    init()
    yield


app = FastAPI(lifespan=lifespan)
plain_app = FastAPI()


@app.get("/mark/{name}")
@plain_app.get("/mark/{name}")
async def mark(name: str) -> None:
    sentry_sdk.set_tag(name, "in the handler")
    global_scope().set_tag(f"global {name}", "in the handler")
    sentry_sdk.set_user({"id": name})
    sentry_sdk.add_breadcrumb(message=name)
    sentry_sdk.capture_message(name)


def mark_here(name: str) -> None:
    sentry_sdk.set_tag(f"test {name}", "in the test")
    current_scope().set_tag(f"current {name}", "in the test")
    global_scope().set_tag(f"global test {name}", "in the test")
    isolation_scope().add_event_processor(lambda event, hint: None if event.get("message") != name else event)


def check(capture: SentryCapture, name: str, *, outer: bool = False) -> None:
    [event] = capture.find(message=name)
    expected = {"service", "region", name, f"global {name}"}
    if outer:
        expected |= {f"test {name}", f"current {name}", f"global test {name}"}
    assert set(event.tags) == expected, event.tags
    assert event.user == {"id": name}
    assert [crumb["message"] for crumb in event.breadcrumbs if "message" in crumb][-1:] == [name]
    assert event.environment == "shop"
    assert capture.client is not None

"""Whoever waits is woken on arrival, and leaves nothing behind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest
import sentry_sdk
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sentry_sdk.crons import capture_checkin

from any_sdk import holder_of_sessions, logs_enabled, segment
from pytest_sentry_capture import Kind, SentryCapture, SentryInit

DSN = "https://key@sentry.invalid/1"
LONG = 20.0


@pytest.fixture
def after_waiting(sentry_capture: SentryCapture) -> Iterator[Callable[[Callable[[], object]], None]]:
    """Runs a function in a thread, once somebody waits."""
    recording = sentry_capture._recording
    with ThreadPoolExecutor() as threads:

        def run(function: Callable[[], object]) -> None:
            def when_waited_for() -> None:
                while not recording._listeners:
                    threading.Event().wait(0.001)
                function()

            futures.append(threads.submit(when_waited_for))

        futures: list[Any] = []
        yield run
        for future in futures:
            future.result(timeout=LONG)


def capture_session() -> None:
    holder = holder_of_sessions()
    holder.start_session()
    holder.end_session()


def capture_segment() -> None:
    with segment("nightly"):
        pass


ARRIVALS: dict[str, Callable[[], object]] = {
    "event": lambda: sentry_sdk.capture_message("hello"),
    "segment": capture_segment,
    "transaction": capture_segment,
    "log": lambda: sentry_sdk.logger.warning("hello"),
    "metric": lambda: sentry_sdk.metrics.count("orders", 1),
    "check_in": lambda: capture_checkin("nightly", status="ok"),
    "session": capture_session,
}
NEEDED = {
    "transaction": "transactions",
    "log": "logs",
    "metric": "metrics",
}


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=[pytest.mark.needs(NEEDED[kind])] if kind in NEEDED else []) for kind in ARRIVALS],
)
def test_every_kind_wakes_on_arrival(
    kind: Kind,
    sentry_init: SentryInit,
    sentry_capture: SentryCapture,
    after_waiting: Callable[[Callable[[], object]], None],
) -> None:
    sentry_init(dsn=DSN, traces_sample_rate=1.0, release="shop@1", **logs_enabled())
    after_waiting(ARRIVALS[kind])

    [item] = sentry_capture.wait_for(kind, timeout=LONG)

    assert item.kind == kind


def test_all_that_match_are_returned(
    sentry_init: SentryInit, sentry_capture: SentryCapture, after_waiting: Callable[[Callable[[], object]], None]
) -> None:
    sentry_init(dsn=DSN)
    sentry_sdk.capture_message("first", level="error")
    sentry_sdk.capture_message("first")
    after_waiting(lambda: [sentry_sdk.capture_message(text) for text in ("second", "third")])

    events = sentry_capture.wait_for(message=["first", "second", "third"], level="info", count=3, timeout=LONG)

    assert [event.message for event in events] == ["first", "second", "third"]


def test_an_answer_completes_an_event(
    sentry_init: SentryInit, sentry_capture: SentryCapture, after_waiting: Callable[[Callable[[], object]], None]
) -> None:
    sentry_init(dsn=DSN)
    app = FastAPI()

    @app.get("/orders", status_code=202)
    async def orders() -> None:
        sentry_sdk.capture_message("before the answer")

    after_waiting(lambda: TestClient(app).get("/orders"))

    [event] = sentry_capture.wait_for(message="before the answer", status_code=202, timeout=LONG)

    assert event.status_code == 202


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_tasks_are_woken_from_threads(
    backend: str,
    sentry_init: SentryInit,
    sentry_capture: SentryCapture,
    after_waiting: Callable[[Callable[[], object]], None],
) -> None:
    sentry_init(dsn=DSN)
    after_waiting(lambda: sentry_sdk.capture_message("from a thread"))

    async def wait() -> str | None:
        [event] = await sentry_capture.await_for(timeout=LONG)
        return event.message

    assert anyio.run(wait, backend=backend) == "from a thread"


def test_a_cancelled_wait_leaves_nothing_behind(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    sentry_init(dsn=DSN)

    async def cancelled() -> None:
        with anyio.move_on_after(0.001):
            await sentry_capture.await_for(timeout=LONG)

    anyio.run(cancelled)
    anyio.run(cancelled, backend="trio")

    assert sentry_capture._recording._listeners == []
    sentry_sdk.capture_message("after the loops have ended")
    assert len(sentry_capture.events) == 1

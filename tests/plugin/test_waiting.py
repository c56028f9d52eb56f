"""Waiting for what arrives from elsewhere: threads, tasks, buffers. Woken on arrival."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator

import anyio
import pytest
import sentry_sdk
from fastapi import BackgroundTasks, FastAPI
from fastapi.testclient import TestClient

from pytest_sentry_capture import SentryCapture, SentryInit

DSN = "https://key@sentry.invalid/1"
LONG = 20.0


def test_what_is_there_already_is_returned_at_once(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    sentry_init(dsn=DSN)
    sentry_sdk.capture_message("hello")

    [event] = sentry_capture.wait_for(timeout=0)

    assert event.message == "hello"


def test_background_work_is_waited_for(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    sentry_init(dsn=DSN)
    answered = threading.Event()
    app = FastAPI()

    def work() -> None:
        answered.wait(LONG)
        sentry_sdk.capture_message("done")

    thread = threading.Thread(target=work)

    @app.get("/orders")
    def orders(tasks: BackgroundTasks) -> None:
        tasks.add_task(thread.start)

    TestClient(app).get("/orders")
    sentry_capture.assert_not_captured(message="done")
    answered.set()

    [event] = sentry_capture.wait_for(message="done", timeout=LONG)
    thread.join()  # the SDK is still sending then, and fails where the client is closed meanwhile

    assert event.message == "done"


async def awaited(capture: SentryCapture) -> None:
    async def work() -> AsyncIterator[None]:
        for text in "first", "second":
            await anyio.lowlevel.checkpoint()
            sentry_sdk.capture_message(text)
            yield

    async def do_work() -> None:
        async for _ in work():
            pass

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(do_work)
        events = await capture.await_for(count=2, timeout=LONG)

    assert [event.message for event in events] == ["first", "second"]
    with pytest.raises(AssertionError, match=r"^Waited 0\.01 s for 3 events; found 2\.") as failure:
        await capture.await_for(count=3, timeout=0.01)
    assert failure.value.__cause__ is None


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_tasks_wait_without_blocking_the_loop(
    backend: str, sentry_init: SentryInit, sentry_capture: SentryCapture
) -> None:
    sentry_init(dsn=DSN)

    anyio.run(awaited, sentry_capture, backend=backend)


@pytest.mark.asyncio
async def test_a_thread_waits_while_the_loop_runs(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    sentry_init(dsn=DSN)
    waiting = asyncio.create_task(asyncio.to_thread(sentry_capture.wait_for, message="hello", timeout=LONG))
    sentry_sdk.capture_message("hello")

    assert len(await waiting) == 1

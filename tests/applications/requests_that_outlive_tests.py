"""Requests to a live server that report something when their tests are over."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import live
import pytest
from live import LiveServer, Request, gates

from pytest_sentry_capture import SentryCapture

outliving: list[Request] = []


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    live.init()
    server = LiveServer()
    yield server
    server.stop()


def let_go(name: str) -> None:
    """Have the request of the test before report, and wait until it has."""
    gates[name].set()
    outliving.pop().ended.result(live.MOST_SECONDS)


def hold_up(name: str) -> None:
    gates[name] = threading.Event()


def test_slow_before_send(server: LiveServer) -> None:
    hold_up("before_send of 'slow'")
    outliving.append(server.get("/crash/slow"))


def test_after_slow_before_send(sentry_capture: SentryCapture) -> None:
    let_go("before_send of 'slow'")
    sentry_capture.assert_nothing_captured()


def test_asserted_before_it_came(server: LiveServer, sentry_capture: SentryCapture) -> None:
    hold_up("before_send of 'asserted'")
    outliving.append(server.get("/crash/asserted"))
    sentry_capture.assert_captured(exception=KeyError)


def test_after_asserted_before_it_came(sentry_capture: SentryCapture) -> None:
    let_go("before_send of 'asserted'")
    sentry_capture.assert_nothing_captured()


def test_background_task(server: LiveServer) -> None:
    hold_up("job")
    outliving.append(server.get("/background/job"))


def test_after_background_task(sentry_capture: SentryCapture) -> None:
    let_go("job")
    sentry_capture.assert_nothing_captured()


def test_long_poll(server: LiveServer) -> None:
    hold_up("crash of a poll")
    outliving.append(server.send("/poll/crash of a poll"))


def test_after_long_poll(sentry_capture: SentryCapture) -> None:
    let_go("crash of a poll")
    sentry_capture.assert_nothing_captured()


def test_own_loop(server: LiveServer) -> None:
    """The answer has come, and nothing goes on in this thread while a rule judges it."""
    hold_up("own")

    async def ask() -> None:
        own_tasks.append(asyncio.create_task(request.serve()))
        await asyncio.wrap_future(request.answered)

    request = Request("/background/own")
    own_loop.run_until_complete(ask())


def test_after_own_loop(sentry_capture: SentryCapture) -> None:
    gates["own"].set()
    own_loop.run_until_complete(own_tasks.pop())
    own_loop.close()
    sentry_capture.assert_nothing_captured()


own_loop = asyncio.new_event_loop()
own_tasks: list[asyncio.Task[None]] = []

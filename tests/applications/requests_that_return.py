"""Requests to a live server that are over, or can't be waited for, when their tests are: no test waits for a clock."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import live
import pytest
from live import LiveServer, Request, gate
from waited_for import when_waited_for

from pytest_sentry_capture import SentryCapture


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    live.init()
    server = LiveServer()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def nothing_of_other_tests(sentry_capture: SentryCapture) -> None:
    sentry_capture.assert_nothing_captured()


def test_crash(server: LiveServer, sentry_capture: SentryCapture) -> None:
    server.get("/crash/now")

    event = sentry_capture.assert_captured(exception=KeyError, status_code=500, route="/crash/{name}", handled=False)
    assert event.exchange is sentry_capture.exchanges[0]


def test_crash_that_the_rule_waits_for(server: LiveServer) -> None:
    with gate("before_send of 'ruled'") as held:
        when_waited_for(held.set)
        server.get("/crash/ruled")


def test_handled_error(server: LiveServer, sentry_capture: SentryCapture) -> None:
    server.get("/handled")

    sentry_capture.assert_captured(status_code=503, handled=True)


def test_silent_error(server: LiveServer) -> None:
    server.get("/silent")


def test_slow_before_send(server: LiveServer, sentry_capture: SentryCapture) -> None:
    with gate("before_send of 'slow'") as held:
        server.get("/crash/slow")
        when_waited_for(held.set)
        sentry_capture.assert_captured(exception=KeyError, status_code=500)


@pytest.mark.parametrize(
    "view", ["events", "items", "envelopes", "exchanges", "find", "assert_count", "expect", "assert_not_captured"]
)
def test_every_view_and_assertion_waits(server: LiveServer, sentry_capture: SentryCapture, view: str) -> None:
    name = f"viewed by {view}"
    with gate(f"before_send of {name!r}") as held:
        when_waited_for(held.set)
        if view == "expect":
            with sentry_capture.expect(exception=KeyError):
                server.get(f"/crash/{name}")
            return
        server.get(f"/crash/{name}")
        if view == "find":
            assert len(sentry_capture.find(exception=KeyError)) == 1
        elif view == "assert_count":
            sentry_capture.assert_count(1, exception=KeyError)
        elif view == "assert_not_captured":
            with pytest.raises(AssertionError, match="KeyError"):
                sentry_capture.assert_not_captured(exception=KeyError)
        elif view == "exchanges":
            assert [exchange.exception_type for exchange in sentry_capture.exchanges] == [KeyError]
        else:
            assert getattr(sentry_capture, view)


def test_background_task(server: LiveServer, sentry_capture: SentryCapture) -> None:
    with gate("job") as held:
        server.get("/background/job")
        when_waited_for(held.set)
        sentry_capture.assert_captured(exception=KeyError, status_code=200, route="/background/{name}")


def test_crash_of_a_stream(server: LiveServer, sentry_capture: SentryCapture) -> None:
    server.get("/events/crash")

    sentry_capture.assert_captured(exception=KeyError, status_code=200, route="/events/{name}")


def test_open_stream_of_events(server: LiveServer, sentry_capture: SentryCapture) -> None:
    with gate("stream"):
        request = server.send("/events/stream")
        assert request.begun.result(live.MOST_SECONDS) == 200
        sentry_capture.assert_nothing_captured()
        assert not request.answered.done()


def test_open_long_poll(server: LiveServer, sentry_capture: SentryCapture) -> None:
    with gate("poll"):
        request = server.send("/poll/poll")
        sentry_capture.assert_nothing_captured()
        assert not request.answered.done()


def test_open_websocket(server: LiveServer, sentry_capture: SentryCapture) -> None:
    request = server.send("/socket/open", "WEBSOCKET")
    assert request.begun.result(live.MOST_SECONDS) == 101
    sentry_capture.assert_nothing_captured()
    assert not request.ended.done()


def test_crash_of_a_websocket(server: LiveServer, sentry_capture: SentryCapture) -> None:
    server.send("/socket/crash", "WEBSOCKET").answered.result(live.MOST_SECONDS)

    sentry_capture.assert_captured(exception=KeyError, method="WEBSOCKET", status_code=101, route="/socket/{name}")


def test_server_in_the_own_loop(server: LiveServer, sentry_capture: SentryCapture) -> None:
    """To block the thread would be to wait for oneself."""

    async def talk() -> None:
        request = Request("/background/own")
        task = asyncio.create_task(request.serve())
        await asyncio.wrap_future(request.answered)
        sentry_capture.assert_nothing_captured()
        held.set()
        await sentry_capture.await_for(exception=KeyError, status_code=200)
        await task

    with gate("own") as held:
        asyncio.run(talk())


def test_a_wait_has_its_own_timeout(server: LiveServer, sentry_capture: SentryCapture) -> None:
    with gate("before_send of 'timed'") as held:
        request = server.get("/crash/timed")
        with pytest.raises(
            AssertionError, match=r"Waited 0 s(.|\n)*answered 500, but the application has not returned"
        ):
            sentry_capture.wait_for(exception=KeyError, timeout=0)
        held.set()
        request.ended.result(live.MOST_SECONDS)

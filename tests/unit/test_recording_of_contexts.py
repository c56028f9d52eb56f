"""Which recording takes what a context captures: that of the test whose exchange it serves, as long as it serves it."""

from __future__ import annotations

import threading
from contextvars import copy_context

import pytest

from pytest_sentry_capture._assertions import await_endings
from pytest_sentry_capture._recording import (
    Exchange,
    Recorder,
    Recording,
    UnderWay,
    current_operation,
    current_recording,
)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder(grace=60)


def begun(recorder: Recorder, label: str) -> Recording:
    recorder.finish()
    return recorder.begin(label)


def test_an_exchange_that_outlives_its_test_belongs_to_it(recorder: Recorder) -> None:
    first = begun(recorder, "first")
    serves = UnderWay(Exchange("GET", "/"), first)
    context = copy_context()
    context.run(serves.enter)
    second = begun(recorder, "second")

    assert context.run(current_recording, recorder) is first
    assert context.run(current_operation, first) is serves.operation
    assert current_recording(recorder) is second


def test_what_an_exchange_leaves_behind_belongs_to_the_test_that_runs(recorder: Recorder) -> None:
    first = begun(recorder, "first")
    serves = UnderWay(Exchange("GET", "/"), first)
    context = copy_context()
    context.run(serves.enter)
    serves.ends()

    assert context.run(current_recording, recorder) is first
    second = begun(recorder, "second")
    assert context.run(current_recording, recorder) is second
    assert context.run(current_operation, second) is None


def served_by_another_thread(recording: Recording, exchange: Exchange) -> tuple[UnderWay, threading.Event]:
    """An exchange under way, and what ends the thread that serves it."""
    made: list[UnderWay] = []
    is_made, ends = threading.Event(), threading.Event()

    def serve() -> None:
        made.append(UnderWay(exchange, recording))
        is_made.set()
        ends.wait(60)
        made[0].ends()

    threading.Thread(target=serve, daemon=True).start()
    is_made.wait(60)
    return made[0], ends


def answered(status: int | None = 200, *, is_answered: bool = True) -> Exchange:
    return Exchange("GET", "/", status=status, _is_answered=is_answered)


@pytest.mark.parametrize("exchange", [answered(), answered(500, is_answered=False)], ids=["complete", "500"])
def test_an_application_that_returns_in_time(recorder: Recorder, exchange: Exchange) -> None:
    recording = begun(recorder, "test")
    _, ends = served_by_another_thread(recording, exchange)
    recording._listeners = _Listeners(ends)

    await_endings(recording)

    assert (exchange._has_returned, exchange._is_overdue, recording.under_way) == (True, False, {})


class _Listeners(list):  # type: ignore[type-arg]
    """Lets the application return as soon as somebody waits for it."""

    def __init__(self, ends: threading.Event) -> None:
        super().__init__()
        self._ends = ends

    def append(self, listener: object) -> None:
        super().append(listener)
        self._ends.set()


def test_an_application_is_waited_for_once(recorder: Recorder) -> None:
    recording = begun(recorder, "test")
    recording.grace = 0.01
    exchange = answered()
    _, ends = served_by_another_thread(recording, exchange)

    await_endings(recording)
    assert exchange._is_overdue
    assert exchange._is_unfinished
    recording.grace = 600
    await_endings(recording)
    ends.set()


@pytest.mark.parametrize(
    "exchange",
    [answered(None, is_answered=False), answered(200, is_answered=False), answered(101, is_answered=False)],
    ids=["long poll", "stream", "WebSocket"],
)
def test_an_open_answer_is_not_waited_for(recorder: Recorder, exchange: Exchange) -> None:
    recording = begun(recorder, "test")
    recording.grace = 600
    _, ends = served_by_another_thread(recording, exchange)

    await_endings(recording)

    assert (exchange._is_overdue, exchange._is_unfinished) == (False, False)
    ends.set()


def test_what_this_thread_serves_is_not_waited_for(recorder: Recorder) -> None:
    """A WSGI body that a test client has not closed goes on when the test reads it. A task when its loop does."""
    recording = begun(recorder, "test")
    recording.grace = 600
    body, task = answered(), answered()
    task._is_task = True
    for each in body, task:
        UnderWay(each, recording)

    await_endings(recording)

    assert (body._is_unfinished, task._is_unfinished) == (False, True)


def test_a_thread_that_is_dead_is_not_waited_for(recorder: Recorder) -> None:
    recording = begun(recorder, "test")
    recording.grace = 600
    thread = threading.Thread(target=lambda: UnderWay(answered(), recording))
    thread.start()
    thread.join()

    await_endings(recording)

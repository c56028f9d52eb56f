"""What forked children capture and discard is seen by the test that runs."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
import sentry_sdk
from fastapi import FastAPI
from fastapi.testclient import TestClient

from any_sdk import new_scope, segment
from forks import fork, join, run_in_child
from pytest_sentry_capture import SentryCapture, SentryInit

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

DSN = "https://key@sentry.invalid/1"
LONG = 30.0
CONTEXTS: dict[str, Any] = {name: multiprocessing.get_context(name) for name in ("fork", "spawn", "forkserver")}


class ShopError(Exception):
    status_code = 503


def crash() -> None:
    try:
        raise ShopError("closed")
    except ShopError:
        sentry_sdk.capture_exception()


@pytest.fixture
def initialized(sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN, default_integrations=False, attach_stacktrace=False, max_value_length=1_000_000)


@pytest.mark.usefixtures("initialized")
def test_an_event_of_a_child_is_captured(sentry_capture: SentryCapture) -> None:
    run_in_child(crash)

    event = sentry_capture.assert_captured(exception=ShopError, status_code=503, handled=True)

    assert event.original_exception is None
    sentry_capture.assert_count(1, exception=f"{__name__}.ShopError")
    sentry_capture.assert_not_captured(exception=OSError)


@pytest.mark.usefixtures("initialized")
def test_a_silent_child_has_captured_nothing(sentry_capture: SentryCapture) -> None:
    run_in_child(lambda: None)

    sentry_capture.assert_nothing_captured()
    assert sentry_capture.items == []


@pytest.mark.usefixtures("initialized")
def test_messages_name_the_child(sentry_capture: SentryCapture) -> None:
    child = fork(crash)
    join([child])

    with pytest.raises(AssertionError) as failure:
        sentry_capture.assert_nothing_captured()

    assert f"'closed', handled, captured in a forked child (pid {child})" in str(failure.value)


@pytest.mark.usefixtures("initialized")
def test_a_predicate_can_not_judge_an_exception_that_stayed_in_the_child(sentry_capture: SentryCapture) -> None:
    run_in_child(crash)

    with pytest.raises(AssertionError, match="it was captured in a forked child, and the exception itself stayed"):
        sentry_capture.assert_not_captured(exception=lambda error: error.args == ("open",))


def test_a_discard_of_a_child_has_its_reason_and_callable(
    sentry_init: SentryInit, sentry_capture: SentryCapture
) -> None:
    def drop(event: Any, hint: Any) -> Any:
        return None if event["message"] == "noise" else {**event, "tags": {"by": "callback"}}

    sentry_init(dsn=DSN, before_send=drop)

    def work() -> None:
        sentry_sdk.capture_message("noise")
        sentry_sdk.capture_message("news")

    run_in_child(work)

    [discard] = sentry_capture.assert_discarded(message="noise", reason="before_send", by=drop)
    assert discard.event is not None
    event = sentry_capture.assert_captured(message="news")
    assert event.scope_of("tags", "by") == "before_send"
    assert [(change.path, change.after, change.by == discard.by) for change in event.changes if "tags" in change.path]


@pytest.mark.usefixtures("initialized")
def test_where_values_of_a_child_came_from_is_known(sentry_capture: SentryCapture) -> None:
    def work() -> None:
        with new_scope() as scope:
            scope.set_tag("tenant", "acme")
            sentry_sdk.capture_message("hello")

    run_in_child(work)

    event = sentry_capture.assert_captured(tags={"tenant": "acme"})
    assert event.scope_of("tags", "tenant") in ("current", "scope")


def test_callbacks_that_raise_in_a_child_are_recorded(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    def drop(event: Any, hint: Any) -> Any:
        raise ShopError("no filter")

    sentry_init(dsn=DSN, before_send=drop)

    run_in_child(lambda: sentry_sdk.capture_message("hello"))

    [error] = sentry_capture.callback_errors
    assert (error.exception_type, error.message, error.exception) == (ShopError, "no filter", None)
    assert error.by.name.endswith("drop")
    assert "ShopError: no filter" in error.traceback
    sentry_capture.assert_discarded(reason="callback_error")


@pytest.mark.usefixtures("initialized")
def test_classes_that_only_the_child_has_are_known_by_their_names(sentry_capture: SentryCapture) -> None:
    def work() -> None:
        class LateError(ShopError):
            pass

        sentry_sdk.capture_exception(LateError())

    run_in_child(work)

    event = sentry_capture.assert_captured(exception="LateError")
    assert sentry_capture.find(exception=ShopError) == [event]
    sentry_capture.assert_not_captured(exception=OSError)


def test_a_client_that_only_the_child_has_made_counts(sentry_capture: SentryCapture) -> None:
    def work() -> None:
        sentry_sdk.init(dsn=DSN, default_integrations=False)

    run_in_child(work)

    sentry_capture.assert_nothing_captured()


@pytest.mark.usefixtures("initialized")
def test_a_grandchild_is_seen(sentry_capture: SentryCapture) -> None:
    run_in_child(lambda: run_in_child(crash))

    sentry_capture.assert_captured(exception=ShopError)


@pytest.mark.usefixtures("initialized")
def test_multiprocessing_is_seen_where_it_forks(sentry_capture: SentryCapture) -> None:
    process = multiprocessing.get_context("fork").Process(target=crash)
    process.start()
    process.join()

    sentry_capture.assert_captured(exception=ShopError)


@pytest.mark.usefixtures("initialized")
def test_the_child_sees_its_own_captures(sentry_capture: SentryCapture) -> None:
    def work() -> None:
        crash()
        sentry_capture.assert_captured(exception=ShopError)
        with pytest.raises(AssertionError, match="found none"):
            sentry_capture.wait_for(exception=OSError, timeout=0.01)

    run_in_child(work)


@pytest.mark.needs("logs")
def test_logs_of_a_child_are_captured_when_it_flushes_them(
    can: Callable[[str], bool], sentry_init: SentryInit, sentry_capture: SentryCapture
) -> None:
    import sentry_sdk.logger

    sentry_init(dsn=DSN, **({"enable_logs": True} if can("transactions") else {}))

    def work() -> None:
        sentry_sdk.logger.info("sent")
        sentry_sdk.flush()
        sentry_sdk.logger.info("lost with the child")

    run_in_child(work)

    assert [log.body for log in sentry_capture.logs] == ["sent"]
    sentry_capture.assert_not_captured("log", body="lost with the child")


@pytest.mark.needs("metrics")
def test_metrics_of_a_child_are_captured_when_it_flushes_them(
    sentry_init: SentryInit, sentry_capture: SentryCapture
) -> None:
    sentry_init(dsn=DSN)

    def work() -> None:
        sentry_sdk.metrics.count("sales", 1)
        sentry_sdk.flush()

    run_in_child(work)

    sentry_capture.assert_captured("metric", name="sales", value=1)


def test_segments_of_a_child_are_captured(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    sentry_init(dsn=DSN, traces_sample_rate=1.0)

    def work() -> None:
        with segment("import"):
            pass
        sentry_sdk.flush()

    run_in_child(work)

    sentry_capture.assert_captured("segment", name="import")


def test_losses_of_a_child_are_known(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    sentry_init(dsn=DSN, before_send=lambda event, hint: {**event, "extra": {"ratio": float("nan")}})

    run_in_child(lambda: sentry_sdk.capture_message("hello"))

    sentry_capture.assert_discarded(message="hello", reason="unserializable")


@pytest.mark.usefixtures("initialized")
def test_an_exchange_of_a_child_is_seen(sentry_capture: SentryCapture) -> None:
    app = FastAPI()

    @app.get("/orders/{number}")
    def order(number: int) -> None:
        crash()

    run_in_child(lambda: TestClient(app).get("/orders/1"))

    [exchange] = sentry_capture.exchanges
    assert (exchange.method, exchange.route, exchange.status) == ("GET", "/orders/{number}", 200)
    assert exchange.duration is not None
    event = sentry_capture.assert_captured(route="/orders/{number}")
    assert event.exchange is exchange
    assert exchange.items == [event]


@pytest.mark.usefixtures("initialized")
def test_what_a_request_forks_belongs_to_the_request(sentry_capture: SentryCapture) -> None:
    app = FastAPI()

    @app.get("/forks")
    async def forks() -> None:
        run_in_child(crash)

    TestClient(app).get("/forks")

    event = sentry_capture.assert_captured(exception=ShopError)
    assert event.exchange is not None
    assert event.exchange.path == "/forks"
    assert event.exchange.items == [event]


WAITED_FOR = """
import os
import threading

import sentry_sdk

sentry_sdk.init(dsn="https://key@sentry.invalid/1")


def test_a_child_under_way(sentry_capture):
    read, write = os.pipe()
    if not os.fork():
        os.read(read, 1)
        sentry_sdk.capture_message("late")
        os._exit(0)
    threading.Timer(0.05, lambda: os.write(write, b"x")).start()

    sentry_capture.assert_captured(message="late")
    os.wait()


def test_a_child_that_outlives_its_test(sentry_capture):
    read, write = os.pipe()
    if not os.fork():
        os.read(read, 1)
        sentry_sdk.capture_message("later")
        os._exit(0)
    threading.Timer(0.05, lambda: os.write(write, b"x")).start()


def test_the_next_one(sentry_capture):
    sentry_capture.assert_nothing_captured()
    os.wait()
"""


def test_children_under_way_are_waited_for(pytester: pytest.Pytester) -> None:
    """So that what they capture is in no other test."""
    pytester.makepyfile(WAITED_FOR)

    result = pytester.runpytest_subprocess("-p", "no:randomly", "--sentry-grace=30")

    result.assert_outcomes(passed=3)


FORGOTTEN = """
import multiprocessing

import pytest
import sentry_sdk

sentry_sdk.init(dsn="https://key@sentry.invalid/1")


@pytest.mark.sentry_allow("unseen-processes", reason="it only prints")
def test_used(sentry_capture):
    process = multiprocessing.get_context("spawn").Process(target=print)
    process.start()
    process.join()
    sentry_capture.assert_nothing_captured()


@pytest.mark.sentry_allow("unseen-processes", reason="it has gone since")
def test_unused(sentry_capture):
    sentry_capture.assert_nothing_captured()


@pytest.mark.sentry_allow("unseen-process", reason="misspelled")
def test_misspelled():
    pass
"""


def test_a_waiver_of_processes_that_is_not_needed_is_reported(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_shop=FORGOTTEN)

    result = pytester.runpytest_subprocess("-p", "no:randomly", "--sentry-strict")

    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*unused*sentry_allow('unseen-processes') of test_shop.py::test_unused*"])
    result.stdout.no_fnmatch_line("*test_shop.py::test_used*")
    result.stdout.fnmatch_lines(["*unseen-process'*unseen-processes*"])


WITHOUT_THREADS = """
import os
import threading

import sentry_sdk

sentry_sdk.init(dsn="https://key@sentry.invalid/1", default_integrations=False)


def test_fork(sentry_capture):
    before = threading.enumerate()
    for number in (1, 2):
        child = os.fork()
        if not child:
            sentry_sdk.capture_message("hello")
            os._exit(0)
        sentry_capture.wait_for(count=number, timeout=30)
        os.waitpid(child, 0)
    sentry_capture.assert_not_captured(message="bye")
    assert threading.enumerate() == before
"""


def test_no_fork_warns_of_threads_of_the_plugin(pytester: pytest.Pytester) -> None:
    """From Python 3.12 on, each fork warns in a process that has several threads."""
    pytester.makepyfile(WITHOUT_THREADS)

    result = pytester.runpytest_subprocess("-W", "error:This process:DeprecationWarning", "-p", "no:rerunfailures")

    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*multi-threaded*")


BLOCKED = """
import os

import sentry_sdk

sentry_sdk.init(dsn="https://key@sentry.acme-shop.io/1")


def test_a_child(sentry_capture):
    if not os.fork():
        sentry_sdk.capture_message("sent")
        sentry_sdk.flush()
        os._exit(0)
    os.wait()
    sentry_capture.assert_captured(message="sent")
"""


def test_hosts_that_were_blocked_for_a_child_are_named(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(BLOCKED)

    result = pytester.runpytest_subprocess()

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*1 envelope*acme-shop.io*"])


@pytest.mark.usefixtures("initialized")
def test_waits_look_for_what_children_write(sentry_capture: SentryCapture) -> None:
    child = fork(crash)

    [event] = sentry_capture.wait_for(exception=ShopError, timeout=LONG)

    assert event.status_code == 503
    join([child])


@pytest.mark.usefixtures("initialized")
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_tasks_look_for_what_children_write(backend: str, sentry_capture: SentryCapture) -> None:
    async def wait() -> None:
        await sentry_capture.await_for(count=2, timeout=LONG)

    children = [fork(crash), fork(crash)]
    anyio.run(wait, backend=backend)
    join(children)


@pytest.mark.usefixtures("initialized")
def test_an_absence_fails_while_a_child_runs(sentry_capture: SentryCapture) -> None:
    read, write = os.pipe()
    child = fork(lambda: os.read(read, 1))

    with pytest.raises(AssertionError) as failure:
        sentry_capture.assert_nothing_captured()
    with pytest.raises(AssertionError, match="No event was seen, but this cannot be determined"):
        assert sentry_capture.events == []

    assert str(failure.value).startswith(
        "Expected nothing to be captured, but this cannot be determined.\n\n"
        f"Forked in this test, and still running: pid {child}.\n"
    )
    os.write(write, b"x")
    join([child])
    sentry_capture.assert_nothing_captured()


@pytest.fixture
def idle_child() -> Any:
    read, write = os.pipe()
    child = fork(lambda: os.read(read, 1))
    yield
    os.write(write, b"x")
    join([child])


@pytest.mark.usefixtures("initialized", "idle_child")
def test_the_child_of_a_fixture_is_not_waited_for(sentry_capture: SentryCapture) -> None:
    sentry_capture.assert_nothing_captured()


@pytest.mark.usefixtures("initialized")
def test_a_program_that_was_started_is_not_a_forked_child(sentry_capture: SentryCapture) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, preexec_fn=os.getpid) as program:  # noqa: PLW1509
        sentry_capture.assert_nothing_captured()
        program.communicate(b"\n")


@pytest.mark.usefixtures("initialized")
def test_many_children_at_once_lose_and_tear_nothing(sentry_capture: SentryCapture) -> None:
    sizes = (10, 4_000, 20_000)

    def work(number: int) -> None:
        for turn in range(5):
            sentry_sdk.capture_message(f"{number}-{turn} {'x' * sizes[turn % 3]}")

    join([fork(partial(work, number)) for number in range(200)])

    events = sentry_capture.assert_count(1000)
    found = Counter(event.message.partition(" ")[0] for event in events if event.message)
    assert found == Counter(f"{number}-{turn}" for number in range(200) for turn in range(5))


@pytest.mark.usefixtures("initialized")
def test_what_many_children_captured_is_not_in_the_next_test(sentry_capture: SentryCapture) -> None:
    sentry_capture.assert_nothing_captured()


@pytest.mark.usefixtures("initialized")
def test_children_that_are_killed_while_they_write_cost_their_own_record_only(sentry_capture: SentryCapture) -> None:
    read, write = os.pipe()

    def work(number: int) -> None:
        for turn in range(1000):
            sentry_sdk.capture_message(f"{number}-{turn} {'y' * 100_000}")
            if turn == 1:
                os.write(write, b"x")

    for number in range(100):
        child = fork(partial(work, number))
        os.read(read, 1)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    run_in_child(crash)

    sentry_capture.assert_captured(exception=ShopError)
    events = sentry_capture.find(message=lambda message: message is not None and "-" in message)
    assert all(event.message is not None and event.message.endswith("y" * 100_000) for event in events)
    found = [event.message.partition(" ")[0] for event in events if event.message]
    assert len(found) == len({*found})
    assert {f"{number}-{turn}" for number in range(100) for turn in range(2)} <= {*found}


@pytest.mark.usefixtures("initialized")
def test_nothing_is_written_to_a_file_that_took_the_place_of_ours(
    tmp_path: Path, sentry_capture: SentryCapture
) -> None:
    run_in_child(lambda: None)
    before = [*tmp_path.iterdir()]

    def work() -> None:
        os.closerange(3, 256)
        for number in range(250):
            with (tmp_path / str(number)).open("ab") as stranger:
                os.dup(stranger.fileno())
        crash()

    run_in_child(work)

    strangers = [*tmp_path.iterdir()]
    assert (before, len(strangers), sum(each.stat().st_size for each in strangers)) == ([], 250, 0)
    with pytest.raises(AssertionError, match="A forked child could not pass on its captured items"):
        sentry_capture.assert_nothing_captured()


@pytest.mark.usefixtures("initialized")
def test_a_loss_is_that_of_its_own_test(sentry_capture: SentryCapture) -> None:
    run_in_child(lambda: None)

    sentry_capture.assert_nothing_captured()


@pytest.mark.usefixtures("initialized")
@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_an_absence_fails_after_a_process_that_is_not_seen(method: str, sentry_capture: SentryCapture) -> None:
    process = CONTEXTS[method].Process(target=print, name="importer")
    process.start()
    process.join()

    with pytest.raises(AssertionError) as failure:
        sentry_capture.assert_not_captured(level="error")

    assert f"so its captured items are not seen here: importer ({method})." in str(failure.value)
    assert "sentry_server" in str(failure.value)


@pytest.mark.usefixtures("initialized")
@pytest.mark.sentry_allow("unseen-processes", reason="it has nothing to do with Sentry")
def test_a_process_that_does_not_report_can_be_allowed(sentry_capture: SentryCapture) -> None:
    process = multiprocessing.get_context("spawn").Process(target=print)
    process.start()
    process.join()

    sentry_capture.assert_nothing_captured()


@pytest.mark.usefixtures("initialized")
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_the_server_of_shared_values_is_not_counted(method: str, sentry_capture: SentryCapture) -> None:
    with CONTEXTS[method].Manager() as manager:
        manager.dict()
        sentry_capture.assert_nothing_captured()


@pytest.mark.usefixtures("initialized")
def test_idle_workers_of_pools_are_not_waited_for(sentry_capture: SentryCapture) -> None:
    context = multiprocessing.get_context("fork")
    with context.Pool(2) as pool, ProcessPoolExecutor(2, mp_context=context) as executor:
        pool.apply(print)
        executor.submit(print).result()
        sentry_capture.assert_nothing_captured()
        pool.apply(crash)
        executor.submit(crash).result()
        sentry_capture.assert_count(2, exception=ShopError)

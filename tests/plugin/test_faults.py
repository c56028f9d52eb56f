"""What goes wrong while tests run: interruptions, threads, forks, signals, dying processes and full disks."""

from __future__ import annotations

import _weakrefset
import faulthandler
import gc
import json
import multiprocessing
import os
import signal
import sys
import threading
import warnings
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier, Thread
from types import FrameType
from typing import Any

import pytest
import sentry_sdk
from sentry_sdk.crons import capture_checkin

import any_sdk
import pytest_sentry_capture
from pytest_sentry_capture import SentryCapture, SentryInit, SentryServer
from run_output import json_report

DSN = "https://key@sentry.invalid/1"
PLUGIN = str(Path(pytest_sentry_capture.__file__).parent)
FILES_OF_LIFETIMES = (
    *(f"{PLUGIN}/_sdk/{name}.py" for name in ("sdk", "observing/clients", "isolation/scopes", "isolation/scope_state")),
    weakref.__file__,
    _weakrefset.__file__,
)
PATIENCE = 60
"""Seconds after which what has not ended never will."""


@contextmanager
def turns(take_turn: Callable[[], None], files: tuple[str, ...]) -> Iterator[None]:
    """Something else gets its turn wherever Python may switch threads, handle signals or collect garbage.

    These choose their places by chance. Here they come once at every line of some files.
    """
    visited: set[tuple[str, int]] = set()

    def watch(frame: FrameType, event: str, argument: object) -> Any:
        code = frame.f_code
        if not code.co_filename.startswith(files) or code.co_name == "<module>":
            return None
        if event == "line":
            place = code.co_filename, frame.f_lineno
            if place not in visited:
                visited.add(place)
                sys.settrace(None)
                take_turn()
                sys.settrace(watch)
        return watch

    before = sys.gettrace()
    sys.settrace(watch)
    try:
        yield
    finally:
        sys.settrace(before)


@contextmanager
def patience() -> Iterator[None]:
    """Ends the process, and shows where it stands, when the block never ends: no lock can be taken from its holder."""
    faulthandler.dump_traceback_later(PATIENCE, exit=True, file=2)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def capture_everything() -> None:
    with any_sdk.segment("nightly"), any_sdk.span("select", op="db"):
        pass
    try:
        1 / 0
    except ZeroDivisionError:
        sentry_sdk.capture_exception()
    capture_checkin("nightly", status="ok")
    sentry_sdk.logger.info("hello")
    sentry_sdk.metrics.count("orders", 1)
    sentry_sdk.capture_event({"message": "dropped"})


@pytest.mark.needs("logs", "metrics")
def test_what_interrupts_a_capture_can_capture_too(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    """As signal handlers, destructors and other threads do."""
    sentry_init(
        dsn=DSN,
        traces_sample_rate=1.0,
        before_send=lambda event, hint: None if event.get("message") == "dropped" else event,
        **any_sdk.logs_enabled(),
        **any_sdk.without_local_variables(),  # whose repr is interrupted too, where the SDK turns captures down
    )
    number = 0

    def interrupt() -> None:
        nonlocal number
        number += 1
        sentry_sdk.capture_message(f"interruption {number}")

    with patience(), turns(interrupt, (PLUGIN, threading.__file__)):
        capture_everything()
        assert sentry_capture.wait_for(exception=ZeroDivisionError)
        assert len(sentry_capture.logs) == len(sentry_capture.metrics) == 1

    assert number > 200
    interruptions = [str(event.message) for event in sentry_capture.find(level="info")]
    assert sorted(interruptions) == sorted(f"interruption {each + 1}" for each in range(number))
    sentry_capture.assert_captured(exception=ZeroDivisionError)
    sentry_capture.assert_captured("segment", name="nightly")
    sentry_capture.assert_captured("span", name="select")
    sentry_capture.assert_captured("check_in", monitor_slug="nightly")
    [discard] = sentry_capture.assert_discarded(message="dropped")
    assert discard.reason == "before_send"
    assert len(sentry_capture.discarded) == 1
    assert sentry_capture.sdk_errors == []
    assert sentry_capture.callback_errors == []


@pytest.mark.needs("scopes without hubs")
@pytest.mark.parametrize("first", [0, 1])
def test_views_are_read_while_a_view_is_read(
    sentry_capture: SentryCapture, sentry_init: SentryInit, first: int
) -> None:
    """What the SDK's buffers hold is handed over once, whoever comes first."""
    sentry_init(dsn=DSN, release="1")
    scope = sentry_sdk.get_isolation_scope()
    turn = sessions = 0

    def fill_or_read() -> None:
        nonlocal turn, sessions
        turn += 1
        if turn % 2 == first:
            scope.start_session()
            scope.end_session()
            sessions += 1
        else:
            assert len(sentry_capture.sessions) <= sessions

    with patience(), turns(fill_or_read, (PLUGIN,)):
        assert sentry_capture.logs == []

    assert sessions > 5
    assert len(sentry_capture.sessions) == sessions


class Application:
    """Works on in the background while tests come and go."""

    def __init__(self) -> None:
        self.turns = 0
        self.failures: list[BaseException] = []

    def pytest_configure(self) -> None:
        sentry_sdk.init(DSN, max_breadcrumbs=5)
        sentry_sdk.get_global_scope().add_breadcrumb(message="early")
        self.options = set(sentry_sdk.get_client().options)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self) -> Iterator[None]:
        with turns(self.take_turn, FILES_OF_LIFETIMES):
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self) -> Iterator[None]:
        with turns(self.take_turn, FILES_OF_LIFETIMES):
            return (yield)

    def take_turn(self) -> None:
        self.turns += 1
        try:
            assert set(sentry_sdk.get_client().options) == self.options
            scope = sentry_sdk.get_global_scope()
            scope.add_breadcrumb(message="more")
            if self.turns % 2:
                scope.set_tag("turn", "odd")
            else:
                scope.remove_tag("turn")
            sentry_sdk.Client(default_integrations=False, auto_enabling_integrations=False)
        except BaseException as error:
            self.failures.append(error)


@pytest.mark.needs("scopes without hubs")
def test_tests_begin_and_end_while_the_application_works(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest, sentry_sdk

        @pytest.fixture(scope="module")
        def shop():
            sentry_sdk.set_tag("shop", "berlin")
            sentry_sdk.add_breadcrumb(message="opened")
            yield

        @pytest.mark.parametrize("number", range(2))
        @pytest.mark.sentry_options(environment="test")
        def test(sentry_capture, shop, number):
            sentry_sdk.capture_message("mine")
            event = sentry_capture.assert_captured(message="mine", environment="test", tags={"shop": "berlin"})
            sentry_capture.flush()
        """
    )
    application = Application()

    result = pytester.inline_run("-p", "no:asyncio", plugins=[application])

    result.assertoutcome(passed=2)
    assert application.failures == []
    assert application.turns > 200


THREADS = 64


@pytest.mark.needs("logs")
@pytest.mark.parametrize("turn", range(2))
def test_threads_capture_at_once(sentry_capture: SentryCapture, sentry_init: SentryInit, turn: int) -> None:
    """None of it is lost, and none is in another test's recording."""
    sentry_init(
        dsn=DSN,
        traces_sample_rate=1.0,
        before_send=lambda event, hint: None if event["message"].endswith("dropped") else event,
        **any_sdk.logs_enabled(),
    )
    sentry_sdk.capture_message("the SDK finds out which packages there are, once")
    sentry_capture.clear()
    start = Barrier(THREADS)

    def work(name: str) -> None:
        start.wait()
        sentry_sdk.capture_message(name)
        sentry_sdk.capture_message(f"{name} dropped")
        sentry_sdk.logger.info(name)
        with any_sdk.segment(name):
            pass
        sentry_capture.sessions  # which has the SDK's buffers drained

    names = sorted(f"{turn} {thread}" for thread in range(THREADS))
    threads = [Thread(target=work, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(str(event.message) for event in sentry_capture.events) == names
    assert sorted(str(log.body) for log in sentry_capture.logs) == names
    assert sorted(str(each.name) for each in sentry_capture.segments) == names
    dropped = sorted(str((discard.event or {})["message"]) for discard in sentry_capture.discarded)
    assert dropped == sorted(f"{name} dropped" for name in names)
    assert sentry_capture.sdk_errors == []


def test_signal_handlers_and_destructors_capture(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    class Order:
        def __del__(self) -> None:
            sentry_sdk.capture_message("destructor")

    def interrupt(event: Any, hint: Any) -> Any:
        if event["message"] == "interrupted":
            signal.raise_signal(signal.SIGUSR1)
            order = Order()
            order.itself = order  # type: ignore[attr-defined]
            del order
            gc.collect()
        return event

    sentry_init(dsn=DSN, before_send=interrupt)
    before = signal.signal(signal.SIGUSR1, lambda *_: sentry_sdk.capture_message("handler"))
    try:
        sentry_sdk.capture_message("interrupted")
    finally:
        signal.signal(signal.SIGUSR1, before)

    assert [event.message for event in sentry_capture.events] == ["handler", "destructor", "interrupted"]
    assert sentry_capture.discarded == []


def test_a_forked_child_captures(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    """It ends as it does without the plugin, and what it captures is the test's."""
    client = sentry_init(dsn=DSN, **any_sdk.logs_enabled())
    sentry_sdk.capture_message("before")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # there may be threads
        child = os.fork()
    if not child:
        status = 1
        try:
            faulthandler.dump_traceback_later(PATIENCE, exit=True, file=2)
            if hasattr(sentry_sdk, "logger"):
                sentry_sdk.logger.info("in the child")
            if sentry_sdk.capture_message("in the child"):
                client.close(timeout=1)
                status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    sentry_sdk.capture_message("after")

    assert os.waitstatus_to_exitcode(status) == 0
    assert sorted(str(event.message) for event in sentry_capture.events) == ["after", "before", "in the child"]
    assert [log.body for log in sentry_capture.logs] == ["in the child"] * hasattr(sentry_sdk, "logger")


CHILD = """
import sentry_sdk
sentry_sdk.init({dsn!r}, default_integrations=False)
sentry_sdk.capture_message("in the child")
sentry_sdk.flush()
"""


@pytest.mark.parametrize(("method", "seen_here"), [("fork", ["in the child"]), ("spawn", [])])
@pytest.mark.sentry_allow("unseen-processes", reason="the server sees it")
def test_what_child_processes_send_is_seen_by_the_server(
    method: str, seen_here: list[str], sentry_server: SentryServer, sentry_capture: SentryCapture
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context: Any = multiprocessing.get_context(method)
        child = context.Process(target=exec, args=(CHILD.format(dsn=sentry_server.dsn), {}))
        child.start()
    child.join(PATIENCE)

    assert child.exitcode == 0
    assert [event.message for event in sentry_server.events] == ["in the child"]
    assert [event.message for event in sentry_capture.events] == seen_here


def test_a_process_that_ends_captures(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        f"""
        import any_sdk, atexit, sentry_sdk, socket, sys, threading

        sentry_sdk.init(
            {DSN!r}, traces_sample_rate=1.0, release="1", shutdown_timeout=0.1, **any_sdk.logs_enabled()
        )
        report = sys.__stderr__.write

        def audit(event, args):
            if event in ("socket.connect", "socket.getaddrinfo"):
                report(f"leaves: {{args}}\\n")

        def work():
            while True:
                sentry_sdk.capture_message("by a daemon")

        def at_exit():
            if hasattr(sentry_sdk, "logger"):
                sentry_sdk.logger.info("hello")
            report(f"at exit: {{sentry_sdk.capture_message('x') is not None}}\\n")

        atexit.register(at_exit)
        sys.addaudithook(audit)

        def test():
            threading.Thread(target=work, daemon=True).start()
        """
    )

    result = pytester.runpytest_subprocess(timeout=PATIENCE)

    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.OK
    assert [line for line in result.errlines if line.startswith(("leaves", "at exit"))] == ["at exit: True"]


def test_a_test_that_times_out(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        f"""
        import pytest, sentry_sdk, threading

        def hang(event, hint):
            if event["message"] == "hangs":
                threading.Event().wait({PATIENCE})
            return event

        sentry_sdk.init({DSN!r}, before_send=hang)

        @pytest.mark.timeout(1, method="signal", func_only=True)
        def test_while_it_waits(sentry_capture):
            sentry_sdk.capture_message("before")
            sentry_capture.wait_for(message="never", timeout={PATIENCE})

        @pytest.mark.timeout(1, method="signal", func_only=True)
        def test_while_it_captures(sentry_capture):
            sentry_sdk.capture_message("hangs")

        def test_afterwards(sentry_capture):
            sentry_sdk.capture_message("after")
            [event] = sentry_capture.events
            assert event.message == "after"
            assert sentry_capture.discarded == []
        """
    )

    result = pytester.runpytest_subprocess("--sentry-report=report.json", timeout=PATIENCE)

    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            ">       sentry_capture.wait_for(*",
            "E       Failed: Timeout (>1.0s) from pytest-timeout.",
            "*- Captured by Sentry -*",
            "captured   info message (6 characters)",
            "Rule 'no-callback-errors' is broken *",
            "*.hang (*) raised Failed, which the Sentry*",
        ]
    )
    result.stdout.no_fnmatch_line("*pytest_sentry_capture*")
    report = json_report(pytester)
    assert [(row["captured"], row["count"]) for row in report["rows"]] == [(False, 1), (True, 2)]


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Processes that are started here end at Ctrl-C, as at a terminal: one in the background of a shell ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_run_is_stopped(pytester: pytest.Pytester, number: signal.Signals) -> None:
    pytester.makepyfile(
        f"""
        import sentry_sdk, sys

        sentry_sdk.init({DSN!r})

        def test_before():
            sentry_sdk.capture_message("before")

        def test_stopped(sentry_capture):
            sentry_sdk.capture_message("stopped")
            sentry_capture.wait_for(message=lambda _: print("ready", flush=True), timeout={PATIENCE})

        def test_afterwards():
            pass
        """
    )
    report = pytester.path / "report.json"
    report.write_text("old")
    process = pytester.popen([sys.executable, "-m", "pytest", "-s", "--sentry-report=report.json"])
    output = []
    with process:
        assert process.stdout is not None
        for line in process.stdout:
            output.append(line.decode().strip())
            if output[-1].endswith("ready"):
                process.send_signal(number)

    if number == signal.SIGTERM:
        assert process.returncode == -signal.SIGTERM
        assert report.read_text() == "old"
    else:
        assert process.returncode == pytest.ExitCode.INTERRUPTED
        whole = json.loads(report.read_text())
        assert whole["partial"] == ["it did not run to its end"]
        assert [row["example"] for row in whole["rows"]] == ["test_a_run_is_stopped.py::test_before"]
        assert "Sentry report: report.json" in output
        assert f"{pytester.path / 'test_a_run_is_stopped.py'}:10: KeyboardInterrupt" in output
        assert [line for line in output if "pytest_sentry_capture" in line] == []
    assert [path.name for path in pytester.path.iterdir() if path.suffix == ".tmp"] == []


def test_a_full_disk(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that may write a few bytes a file finds what a full disk is to it: half of a file, then an error."""
    names = ["report.json", "report.md", "report.txt", "sentry-contract.toml", "summary.md"]
    before = {name: "version = 1\n" if name.endswith(".toml") else f"old {name}\n" for name in names}
    for name, text in before.items():
        (pytester.path / name).write_text(text)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(pytester.path / "summary.md"))
    pytester.makeconftest(
        """
        import pytest, resource

        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

        @pytest.hookimpl(wrapper=True, tryfirst=True)
        def pytest_sessionfinish():
            resource.setrlimit(resource.RLIMIT_FSIZE, (50, hard))
            try:
                return (yield)
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        """
    )
    pytester.makepyfile(
        f"import sentry_sdk\n\ndef test():\n    sentry_sdk.init({DSN!r}); sentry_sdk.capture_message('x')"
    )

    result = pytester.runpytest_inprocess(
        *(f"--sentry-report={name}" for name in names[:3]), "--sentry-contract=update", "-p", "no:asyncio"
    )

    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            "sentry-contract.toml could not be written: File too large",
            "report.json could not be written: File too large",
            "report.md could not be written: File too large",
            "report.txt could not be written: File too large",
            "The summary of the step could not be written: File too large",
        ],
        consecutive=True,
    )
    assert {name: (pytester.path / name).read_text() for name in names} == before
    assert [path.name for path in pytester.path.iterdir() if path.suffix == ".tmp"] == []

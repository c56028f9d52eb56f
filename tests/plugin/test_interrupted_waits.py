"""A signal that comes while the plugin waits for an application, such as that of pytest-timeout, fails the test."""

from __future__ import annotations

import signal

import pytest

from applications import copy_application
from run_output import outcomes

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="signals of timers are POSIX's")

OUTLIVING = """
import signal
import pytest
from live import LiveServer, gates, init
from threading import Event
from waited_for import when_waited_for

@pytest.fixture(scope="module")
def server():
    init()
    server = LiveServer()
    yield server
    gates["job"].set()
    server.stop()

def time_out(*_):
    pytest.fail("Timeout (>1.0s) from a plugin.")

def test_background_task(server{fixture}):
    gates["job"] = Event()
    signal.signal(signal.SIGALRM, time_out)
    server.get("/background/job")
    when_waited_for(lambda: signal.raise_signal(signal.SIGALRM))

def test_next():
    pass
"""


@pytest.mark.parametrize("fixture", ["", ", sentry_capture"], ids=["rule", "fixture"])
def test_a_timeout_during_a_wait_fails_the_test(pytester: pytest.Pytester, fixture: str) -> None:
    for name in "live", "waited_for":
        copy_application(name, pytester.path, name)
    (pytester.path / "sentry_capture.toml").write_text("[rules]\nserver-errors-captured = true\n", encoding="utf-8")
    pytester.makepyfile(OUTLIVING.format(fixture=fixture))

    result = pytester.runpytest_subprocess("-rA", "--sentry-grace=600", timeout=300)

    assert outcomes(result) == {"test_background_task": "failed", "test_next": "passed"}
    result.stdout.fnmatch_lines(["Timeout (>1.0s) from a plugin."])
    result.stdout.no_fnmatch_line("*INTERNALERROR*")

"""What the plugin costs: at start-up, per test and per capture. Ratios of interleaved runs, with their limits.

Run it with ``make bench``. The command fails when a ratio or a time is over its limit by more than a tenth, which is
left for noise.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.measures import Measure, report
from benchmarks.processes import PYTEST, in_turns, run, talking

ROUNDS = 9
TESTS = 1000
TURNS = 100
BATCH = 20

INIT = """
import sentry_sdk
from sentry_sdk.transport import Transport

class ListTransport(Transport):
    def __init__(self):
        super().__init__()
        self.events = []

    def capture_envelope(self, envelope):
        self.events.append(envelope.get_event())

class SilentTransport(Transport):
    def capture_envelope(self, envelope):
        pass
"""

TESTS_WITH_A_LIST = (
    INIT
    + """
import pytest

transport = ListTransport()
sentry_sdk.init(dsn="https://key@sentry.invalid/1", transport=transport)

@pytest.fixture
def events():
    transport.events.clear()
    return transport.events

@pytest.mark.parametrize("number", range({tests}))
def test(events, number):
    try:
        raise LookupError(number)
    except LookupError:
        sentry_sdk.capture_exception()
    [event] = events
    assert event["exception"]["values"][0]["type"] == "LookupError"
"""
)

TESTS_WITH_THE_FIXTURE = """
import pytest, sentry_sdk

sentry_sdk.init(dsn="https://key@sentry.invalid/1")

@pytest.mark.parametrize("number", range({tests}))
def test(sentry_capture, number):
    try:
        raise LookupError(number)
    except LookupError:
        sentry_sdk.capture_exception()
    [event] = sentry_capture.events
    assert event["exception"]["values"][0]["type"] == "LookupError"
"""

CAPTURES = (
    INIT
    + """
import sys, time

def frame_1():
    order, user = 17, {{"id": "7"}}
    frame_2()

def frame_2():
    items = ["book", "pen"]
    frame_3()

def frame_3():
    total = 12.5
    raise LookupError("no such order")

def capture_exception():
    try:
        frame_1()
    except LookupError as error:
        sentry_sdk.capture_exception(error)

def capture_message():
    sentry_sdk.capture_message("hello")

def test({fixture}):
    {init}
    functions = {{function.__name__: function for function in (capture_exception, capture_message)}}
    for line in sys.stdin:
        function = functions[line.strip()]
        {forget}
        start = time.perf_counter()
        for _ in range({batch}):
            function()
        print("TOOK", time.perf_counter() - start, flush=True)
"""
)

START_UP = """
import functools, gc, sys, time
gc.disable()
start = time.perf_counter()
import pytest
spent = 0.0

def timed(hook):
    @functools.wraps(hook)
    def run(*args, **kwargs):
        global spent
        start = time.perf_counter()
        try:
            return hook(*args, **kwargs)
        finally:
            spent += time.perf_counter() - start
    return run

import pytest_sentry_capture.plugin as plugin
for hook in "addoption", "addhooks", "load_initial_conftests", "configure", "report_header":
    setattr(plugin, "pytest_" + hook, timed(getattr(plugin, "pytest_" + hook)))
status = pytest.main(["-q", "-p", "no:randomly", "-p", "no:cacheprovider", sys.argv[1]])
print("HOOKS", spent)
sys.exit(status)
"""


def cost_per_test(folder: Path) -> Measure:
    (folder / "test_list.py").write_text(TESTS_WITH_A_LIST.format(tests=TESTS))
    (folder / "test_fixture.py").write_text(TESTS_WITH_THE_FIXTURE.format(tests=TESTS))
    with_fixture, by_hand = [*PYTEST, "test_fixture.py"], [*PYTEST, "-p", "no:sentry_capture", "test_list.py"]
    rounds = [in_turns((with_fixture, folder), (by_hand, folder)) for _ in range(ROUNDS)]
    ratio = median(ours.seconds / theirs.seconds for ours, theirs in rounds)
    return Measure(f"{TESTS} tests that capture an exception / on a list transport", ratio, 1.15)


def cost_per_capture(folder: Path) -> list[Measure]:
    """Two pytest runs side by side, which take turns at short batches: what slows the machine slows both."""
    silent = 'sentry_sdk.init(dsn="https://key@sentry.invalid/1", transport=SilentTransport())'
    recorded = 'sentry_sdk.init(dsn="https://key@sentry.invalid/1")'
    (folder / "test_silent.py").write_text(CAPTURES.format(fixture="", init=silent, forget="pass", batch=BATCH))
    (folder / "test_recorded.py").write_text(
        CAPTURES.format(fixture="sentry_capture", init=recorded, forget="sentry_capture.clear()", batch=BATCH)
    )
    with (
        talking([*PYTEST, "-s", "test_recorded.py"], folder, "TOOK") as ours,
        talking([*PYTEST, "-s", "-p", "no:sentry_capture", "test_silent.py"], folder, "TOOK") as theirs,
    ):

        def ratio(function: str) -> float:
            turns = [[float(ask(function)) for ask in (ours, theirs)] for _ in range(TURNS)]
            return min(turn[0] for turn in turns) / min(turn[1] for turn in turns)

        return [
            Measure("capture_exception, four frames / transport that does nothing", ratio("capture_exception"), 1.10),
            Measure("capture_message / transport that does nothing", ratio("capture_message"), 1.50),
        ]


def start_up(folder: Path) -> Measure:
    """Imports, as ``-X importtime`` gives them, plus the hooks that run before tests, without Sentry in the run.

    Nothing is collected meanwhile: whose import a collection falls into is chance, and it takes milliseconds for the
    objects of pytest itself.
    """
    tests = folder / "start_up"
    tests.mkdir()
    (tests / "test_nothing.py").write_text("def test():\n    pass\n")
    script = folder / "start_up.py"
    script.write_text(START_UP)
    imports, hooks = [], []
    for _ in range(2 * ROUNDS + 1):  # the first one writes the byte code
        output = run([sys.executable, "-X", "importtime", str(script), str(tests)], folder).output
        lines = output.splitlines()
        imports.append(next(line for line in lines if line.endswith("| pytest_sentry_capture.plugin")).split("|")[1])
        hooks.append(next(line for line in lines if line.startswith("HOOKS")).split()[1])
    took = min(map(int, imports)) / 1000 + min(map(float, hooks)) * 1000
    return Measure("start-up without Sentry", took, 5.0, "ms")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sys.exit(report([start_up(folder), *cost_per_capture(folder), cost_per_test(folder)]))

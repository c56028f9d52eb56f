"""The plugin beside its peers, each in its own environment: what tests, captures, memory and matching cost.

All of them take turns, to be compared with a hand-written list transport in the same run. Of several rounds it is the
least of what the programs measure themselves, and the median of whole runs.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from benchmarks.processes import in_turns
from matrix.environments import BEFORE_3, OF_PYENV

CHECKOUT: Final = Path(__file__).parents[1]
ENVIRONMENTS: Final = CHECKOUT / "build" / "benchmarks"
PYTHONS: Final = ("python3.13", "python3.12")
"""One of the peers needs at least 3.12."""

ROUNDS: Final = 5
TESTS: Final = 1000
MOST_EVENTS: Final = 100_000
GROWTH: Final = (100, 1_000, 10_000, 100_000)
MATCHED_EVENTS: Final = 10_000

PROGRAM: Final = """
import os, resource, time
import pytest, sentry_sdk
from sentry_sdk.transport import Transport

NUMBER = int(os.environ.get("NUMBER", "1"))

def before_send(event, hint):
    event.setdefault("tags", {})["seen"] = "yes"
    return event

OPTIONS = {"dsn": "https://key@sentry.invalid/1", "max_breadcrumbs": 100}
if os.environ.get("BEFORE_SEND"):
    OPTIONS["before_send"] = before_send
"""

SCENARIOS: Final = """

def message(number=0):
    sentry_sdk.capture_message(f"order {number}")

def frame_1(number):
    order, user = number, {"id": "7"}
    frame_2(order)

def frame_2(number):
    items = ["book", "pen"]
    frame_3(number)

def frame_3(number):
    total = 12.5
    raise LookupError(number)

def exception(number=0):
    try:
        frame_1(number)
    except LookupError:
        sentry_sdk.capture_exception()

def large_frame(number):
    rows = [{"payee": f"payee {row}", "cents": row} for row in range(200)]
    text = "statement " * 5000
    frame_1(number)

def large_exception(number=0):
    try:
        large_frame(number)
    except LookupError:
        sentry_sdk.capture_exception()

if os.environ["SCENARIO"] == "tests":
    @pytest.mark.parametrize("number", range(NUMBER))
    def test(events, number):
        exception(number)
        [event] = events()
        assert event["exception"]["values"][-1]["type"] == "LookupError"

if os.environ["SCENARIO"] == "nothing":
    def test():
        pass

if os.environ["SCENARIO"] == "capture":
    def test(events):
        capture = globals()[os.environ["EVENT"]]
        for number in range(100 if capture is large_exception else 0):
            sentry_sdk.add_breadcrumb(category="query", message=f"SELECT {number}", data={"rows": number})
        times = []
        for _ in range(NUMBER):
            start = time.process_time()
            for number in range(10):
                capture(number)
            times.append((time.process_time() - start) / 10)
        assert len(events()) == NUMBER * 10
        print("RESULT", min(times))

if os.environ["SCENARIO"] == "memory":
    def test(events):
        message()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for number in range(NUMBER):
            message(number)
        print("RESULT", (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)

if os.environ["SCENARIO"] == "growth":
    def test(events):
        start = time.process_time()
        for number in range(NUMBER):
            message(number)
        assert find(events, f"order {NUMBER - 1}")
        print("RESULT", time.process_time() - start)

if os.environ["SCENARIO"] == "matching":
    def test(events):
        for number in range(NUMBER):
            message(number)
        find(events, "order 0")
        start = time.process_time()
        assert find(events, f"order {NUMBER // 2}")
        print("RESULT", time.process_time() - start)
"""

NOTHING: Final = """
def test():
    pass
"""

BY_HAND: Final = """
def find(events, text):
    [event] = [event for event in events() if event.get("message") == text]
    return event
"""


@dataclass(frozen=True)
class Contender:
    """A way to test what Sentry is notified.

    Attributes:
        name: as in the table.
        requirements: what is installed beside pytest and the SDK.
        fixture: the source of the fixture ``events`` and of ``find``, in the way that its documentation recommends for
            tests of an application.
    """

    name: str
    fixture: str
    requirements: Sequence[str] = ()
    configuration: Mapping[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return ENVIRONMENTS / self.name.replace(" ", "-").replace(",", "")


LIST: Final = Contender(
    "a list transport by hand",
    """
class ListTransport(Transport):
    def __init__(self):
        super().__init__()
        self.events = []

    def capture_envelope(self, envelope):
        self.events.append(envelope.get_event())

transport = ListTransport()
sentry_sdk.init(transport=transport, **OPTIONS)

@pytest.fixture
def events():
    transport.events.clear()
    return lambda: transport.events
"""
    + BY_HAND,
)
OURS: Final = Contender(
    "pytest-sentry-contract",
    """
sentry_sdk.init(**OPTIONS)

@pytest.fixture
def events(sentry_capture):
    def view():
        return sentry_capture.events
    view.capture = sentry_capture
    return view

def find(events, text):
    return events.capture.find(message=text)
""",
    (str(CHECKOUT),),
)
RULES: Final = """
[rules]
server-errors-captured = true
no-callback-errors = true
no-silent-loss = true
required-context = { always = ["platform"] }
max-event-bytes = 1_000_000
max-breadcrumbs = 100
forbidden-data = { keys = ["password", "iban"], patterns = [{ regex = "DE[0-9]{20}" }] }
no-scope-bleed = true
"""
OURS_WITH_RULES: Final = Contender(
    "pytest-sentry-contract, eight rules", OURS.fixture, OURS.requirements, {"sentry_capture.toml": RULES}
)


def _fillmore(way: str, at_import: str, arguments: str) -> Contender:
    fixture = f"""
from fillmore.test import SentryTestHelper

{at_import}

@pytest.fixture
def events():
    helper = SentryTestHelper()
    with helper.{way}({arguments}):
        yield lambda: helper.envelope_payloads
"""
    return Contender(f"fillmore, {way}", fixture + BY_HAND, ("fillmore",))


FILLMORE_REUSE: Final = _fillmore("reuse", "sentry_sdk.init(**OPTIONS)", "")
FILLMORE_INIT: Final = _fillmore("init", "", "**OPTIONS")
NAMESAKE: Final = Contender(
    "pytest-sentry-capture",
    """
@pytest.fixture
def events(sentry_transport, sentry_isolation_scope):
    sentry_sdk.init(transport=sentry_transport, **OPTIONS)
    yield lambda: list(sentry_transport.capture.get_events())
    sentry_sdk.get_client().close()
"""
    + BY_HAND,
    ("pytest-sentry-capture",),
)
PEERS: Final = (FILLMORE_REUSE, FILLMORE_INIT, NAMESAKE)
CONTENDERS: Final = (LIST, OURS, OURS_WITH_RULES, *PEERS)


class Scenario(NamedTuple):
    """Something to be measured.

    Attributes:
        title: as in the table.
        environment: the program's settings.
        rounds: how often each contender has a turn.
        contenders: who takes part, the one first that the others are compared with.
        module: the tests that are run.
    """

    title: str
    environment: Mapping[str, str]
    rounds: int = ROUNDS
    contenders: Sequence[Contender] = (LIST, OURS, *PEERS)
    module: str = "test_it.py"

    @property
    def is_whole_run(self) -> bool:
        """Whether the run itself is measured, from its start to its end."""
        return self.environment["SCENARIO"] in ("tests", "nothing")


def _capture(title: str, event: str, number: int, *, before_send: bool = False) -> Scenario:
    environment = {"SCENARIO": "capture", "EVENT": event, "NUMBER": str(number)}
    return Scenario(title, {**environment, **({"BEFORE_SEND": "1"} if before_send else {})})


SCENARIOS_OF_TABLE: Final = (
    Scenario(
        f"{TESTS} tests that capture an exception",
        {"SCENARIO": "tests", "NUMBER": str(TESTS)},
        contenders=CONTENDERS,
    ),
    Scenario("a run with one test, without Sentry", {"SCENARIO": "nothing"}, 2 * ROUNDS, CONTENDERS, "test_nothing.py"),
    Scenario("a run with one test, with Sentry", {"SCENARIO": "nothing"}, 2 * ROUNDS, CONTENDERS),
    _capture("capture of a message", "message", 200),
    _capture("capture of a message, `before_send`", "message", 200, before_send=True),
    _capture("capture of an exception, four frames", "exception", 80),
    _capture("capture of an exception, four frames, `before_send`", "exception", 80, before_send=True),
    _capture("capture of an exception with large variables", "large_exception", 20),
    _capture("capture of an exception with large variables, `before_send`", "large_exception", 20, before_send=True),
    Scenario(f"one of {MATCHED_EVENTS:,} events found", {"SCENARIO": "matching", "NUMBER": str(MATCHED_EVENTS)}),
    Scenario(f"memory of {MOST_EVENTS:,} messages", {"SCENARIO": "memory", "NUMBER": str(MOST_EVENTS)}, rounds=1),
)


def growth(number: int) -> Scenario:
    """Capture a number of events in one test, and find the last one."""
    return Scenario(
        f"{number:,} events", {"SCENARIO": "growth", "NUMBER": str(number)}, rounds=3 if number < 1e5 else 1
    )


def prepare(contender: Contender) -> None:
    """Make the contender's environment again, with its test module."""
    shutil.rmtree(contender.folder, ignore_errors=True)
    contender.folder.mkdir(parents=True)
    folders = os.pathsep.join([*OF_PYENV, os.environ["PATH"]])
    python = next(path for name in PYTHONS if (path := shutil.which(name, path=folders)))
    subprocess.run([python, "-m", "venv", contender.folder / "venv"], check=True)
    pip = [str(contender.folder / "venv/bin/python"), "-m", "pip", "-qq", "--disable-pip-version-check", "install"]
    constraints = contender.folder / "constraints.txt"
    pinned = (CHECKOUT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    others = (line for line in pinned if not line.startswith("sentry-sdk=="))
    # The SDK before 3, for all alike: not every contender works with 3.
    constraints.write_text("\n".join([*others, f"sentry-sdk=={BEFORE_3}", ""]), encoding="utf-8")
    subprocess.run(
        [*pip, "--constraint", str(constraints), "pytest", "sentry-sdk", *contender.requirements], check=True
    )
    for name, content in contender.configuration.items():
        (contender.folder / name).write_text(content)
    (contender.folder / "pytest.ini").write_text("[pytest]\n")
    (contender.folder / "test_it.py").write_text(PROGRAM + contender.fixture + SCENARIOS)
    (contender.folder / "test_nothing.py").write_text(NOTHING)


def python_version() -> str:
    """That of the environments."""
    command = [str(LIST.folder / "venv/bin/python"), "-c", "import platform; print(platform.python_version())"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def versions(contender: Contender) -> dict[str, str]:
    """What is installed there, by its name."""
    command = [str(contender.folder / "venv/bin/python"), "-m", "pip", "list", "--format", "json"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True)
    return {each["name"]: each["version"] for each in json.loads(listed.stdout)}


def measured(scenario: Scenario) -> dict[str, float]:
    """Seconds, or MiB, of each contender by its name."""
    rounds = [_round(scenario) for _ in range(scenario.rounds)]
    best = median if scenario.is_whole_run else min
    return {each.name: best(figures[each.name] for figures in rounds) for each in scenario.contenders}


def _round(scenario: Scenario) -> dict[str, float]:
    commands = [(_command(each, scenario), each.folder) for each in scenario.contenders]
    results = in_turns(*commands, **scenario.environment)
    return {
        contender.name: result.seconds if scenario.is_whole_run else _result(result.output)
        for contender, result in zip(scenario.contenders, results, strict=True)
    }


def _command(contender: Contender, scenario: Scenario) -> list[str]:
    python = str(contender.folder / "venv/bin/python")
    return [python, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", scenario.module]


def _result(output: str) -> float:
    """What the program has measured itself."""
    return float(output.rpartition("RESULT ")[2].split()[0])

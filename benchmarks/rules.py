"""What rules cost: all built-in ones on one event, and on a whole run with two workers beyond their own time.

Run it with ``make bench``. The command fails when a figure is over its limit by more than a tenth, which is left for
noise.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from benchmarks.measures import Measure, report
from benchmarks.processes import PYTEST, in_turns
from pytest_sentry_capture._recording.entries import Capture, CapturedEnvelope, Exchange
from pytest_sentry_capture._recording.recording import Recording
from pytest_sentry_capture._rules.rule_run import EnforcedRule, RuleRun
from pytest_sentry_capture._run.settings.configuration import read_configuration

ROUNDS = 7
EVENTS = 500
TESTS, EVENTS_PER_TEST, WORKERS = 1000, 5, 2

CONFIGURATION = """
[tool.sentry_capture.rules]
server-errors-captured = true
no-callback-errors = true
no-silent-loss = true
required-tags = ["request_id"]
required-context = { always = ["platform"], when_authenticated = ["user.id"] }
tag-values = { tags = { request_id = { regex = "^r-[0-9]+$" }, plan = ["free", "pro"] } }
max-event-bytes = 1_000_000
max-breadcrumbs = 100
forbidden-data = { keys = ["password", "iban"], patterns = [{ regex = "DE[0-9]{20}" }] }
no-scope-bleed = true
no-unexpected-events = { severity = "warn" }

[[tool.sentry_capture.expect]]
name = "client errors are not bugs"
status_code = [401, 403, 404, 422, 429]
captured = false
"""

TESTS_THAT_CAPTURE = """
import pytest, sentry_sdk

sentry_sdk.init(dsn="https://key@sentry.invalid/1")

@pytest.mark.parametrize("number", range({tests}))
def test(number):
    sentry_sdk.set_tags({{"request_id": f"r-{{number}}", "plan": "pro"}})
    for _ in range({events}):
        try:
            raise LookupError(number)
        except LookupError:
            sentry_sdk.capture_exception()
"""

TIMED = """
import time
import pytest
from pytest_sentry_capture._rules.rule_run import RuleRun

spent = 0.0
judge = RuleRun._judge

def timed(*args):
    global spent
    start = time.process_time()
    try:
        return judge(*args)
    finally:
        spent += time.process_time() - start

RuleRun._judge = timed

def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["spent"] = spent

@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    print("SPENT", node.workeroutput["spent"])
"""


class _ListTransport(Transport):
    def __init__(self) -> None:
        super().__init__()
        self.events: list[bytes] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.events.append(json.dumps(envelope.get_event()).encode())


def typical_event() -> bytes:
    """An event as the SDK makes it of an exception with a few frames, with tags, a user and breadcrumbs."""
    transport = _ListTransport()
    sentry_sdk.init(dsn="https://key@sentry.invalid/1", transport=transport, default_integrations=False)
    sentry_sdk.set_tags({"request_id": "r-1", "plan": "pro"})
    sentry_sdk.set_user({"id": "1"})
    for number in range(5):
        sentry_sdk.add_breadcrumb(category="query", message=f"SELECT {number}", data={"rows": number})

    def frame(depth: int) -> None:
        if not depth:
            raise LookupError(depth)
        frame(depth - 1)

    try:
        frame(3)
    except LookupError:
        sentry_sdk.capture_exception()
    return transport.events[0]


def measured(folder: Path) -> list[Measure]:
    """Rules on an event are timed between the whole runs, so that no slow minute of the machine has all the rounds."""
    rules, payload = _all_rules(folder), typical_event()
    with_rules, without_rules = (_project(folder / name, text) for name, text in (("on", CONFIGURATION), ("off", "")))
    command = [*PYTEST, "-p", "timed", "-s", f"-n{WORKERS}", "test_captures.py"]
    on_an_event, on_a_run = [], []
    for _ in range(ROUNDS):
        on_an_event.append(_milliseconds(rules, payload))
        on, off = in_turns((command, with_rules), (command, without_rules))
        on_a_run.append((on.seconds - _spent(on.output)) / off.seconds)
    run = f"{TESTS * EVENTS_PER_TEST} events, two workers, rules on beyond their own time / off"
    return [
        Measure(f"all built-in rules on an event of {len(payload) / 1000:.1f} kB", min(on_an_event), 0.5, "ms"),
        Measure(run, median(on_a_run), 1.10),
    ]


def _milliseconds(rules: tuple[EnforcedRule, ...], payload: bytes) -> float:
    """Of CPU time for each event. Parsing is included: an event that nobody looks at is parsed for the rules alone."""

    def recorded() -> Recording:
        recording = Recording("test_orders.py::test")
        recording.client_was_active = True
        exchange = Exchange("GET", "/orders/1", route="/orders/{number}", status=500)
        envelope = CapturedEnvelope({"event_id": "a" * 32})
        capture = Capture("event", payload, operation=exchange, envelope=envelope)
        envelope._captures = [capture]
        recording.add(exchange, envelope, capture)
        return recording

    recordings = [recorded() for _ in range(EVENTS)]
    start = time.process_time()
    while recordings:  # each is let go once it is judged, as in a run
        RuleRun(rules, recordings.pop()).judge_rest()
    return (time.process_time() - start) / EVENTS * 1000


def _project(folder: Path, configuration: str) -> Path:
    folder.mkdir()
    (folder / "pyproject.toml").write_text(configuration)
    (folder / "test_captures.py").write_text(TESTS_THAT_CAPTURE.format(tests=TESTS, events=EVENTS_PER_TEST))
    (folder / "timed.py").write_text(TIMED)
    return folder


def _spent(output: str) -> float:
    """The seconds that the rules have taken themselves."""
    workers = [float(spent) for spent in re.findall(r"SPENT (\S+)", output)]
    if len(workers) != WORKERS or not all(workers):
        raise RuntimeError(f"the workers have not told what their rules took:\n{output}")
    return sum(workers)


def _all_rules(folder: Path) -> tuple[EnforcedRule, ...]:
    (folder / "pyproject.toml").write_text(CONFIGURATION)
    return read_configuration(folder).rules


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        sys.exit(report(measured(Path(name))))

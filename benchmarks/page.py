"""What the page costs: the example items during a run, and the page itself, of a run of many rows.

Run it with ``make bench``. The command fails when a figure is over its limit by more than a tenth, which is left for
noise.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.measures import Measure, report
from benchmarks.processes import PYTEST, in_turns, run
from pytest_sentry_capture._reports.page.whole_page import render_page

ROUNDS = 7
TESTS, EVENTS_PER_TEST = 1000, 5
ROWS_OF_A_RUN, ROWS_OF_A_PAGE = 100, 1000
REPORT = "run.json"

TESTS_THAT_CAPTURE = """
import pytest, sentry_sdk

def before_send(event, hint):
    event["extra"] = {{"order": 7}}
    return event

sentry_sdk.init(dsn="https://key@sentry.invalid/1", before_send=before_send)
ERRORS = [type(f"Shop{{number}}Error", (Exception,), {{}}) for number in range({rows})]

def crash(error):
    order, user = 17, {{"id": "7"}}
    raise error(order, user)

@pytest.mark.parametrize("number", range({tests}))
def test(sentry_capture, number):
    sentry_sdk.set_tags({{"request_id": f"r-{{number}}", "plan": "pro"}})
    sentry_sdk.add_breadcrumb(category="query", message="SELECT 1", data={{"rows": 1}})
    for _ in range({events}):
        try:
            crash(ERRORS[number % {rows}])
        except Exception:
            sentry_sdk.capture_exception()
"""

TIMED = """
import time
from pytest_sentry_capture._reports.example_items import ExampleItems

spent = 0.0
example = ExampleItems.example

def timed(*args):
    global spent
    start = time.process_time()
    try:
        return example(*args)
    finally:
        spent += time.process_time() - start

ExampleItems.example = timed

def pytest_unconfigure():
    print("SPENT", spent)
"""

MEMORY = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
"""Prints the most that a command has in memory, in KiB."""

WITHOUT_EXAMPLES = """
from pytest_sentry_capture._reports.example_items import ExampleItems

ExampleItems.example = lambda *args: None
"""


def measured(folder: Path) -> list[Measure]:
    """The run with example items and without takes turns with itself. Both write a report of the same rows."""
    with_examples = _project(folder / "on", TIMED, ROWS_OF_A_RUN)
    without = _project(folder / "off", WITHOUT_EXAMPLES, ROWS_OF_A_RUN)
    command = [*PYTEST, "-p", "changed", "-s", f"--sentry-report={REPORT}", "test_captures.py"]
    shares, ratios = [], []
    for _ in range(ROUNDS):
        on, off = in_turns((command, with_examples), (command, without))
        shares.append(_spent(on.output) / off.seconds * 100)
        ratios.append(on.seconds / off.seconds)
    run_of = f"{TESTS * EVENTS_PER_TEST} events, {ROWS_OF_A_RUN} rows, example items"
    return [
        Measure(f"{run_of}: their own time of the run", median(shares), 2.0, "%"),
        Measure(f"{run_of} on / off", median(ratios), 1.02),
        *_measures_of_page(folder),
    ]


def _measures_of_page(folder: Path) -> list[Measure]:
    """Of the report of a run, as ``sentry-contract render`` makes it."""
    project = _project(folder / "page", "", ROWS_OF_A_PAGE)
    run([*PYTEST, "-p", "changed", f"--sentry-report={REPORT}", "test_captures.py"], project)
    content = json.loads((project / REPORT).read_text(encoding="utf-8"))
    seconds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        render_page(content)
        seconds.append(time.process_time() - start)
    command = [sys.executable, "-m", "pytest_sentry_capture.cli", "render", REPORT, "-o", "monitoring.html"]
    told = subprocess.run([sys.executable, "-c", MEMORY, *command], cwd=project, check=True, stdout=subprocess.PIPE)
    memory = int(told.stdout) * 1024
    size = (project / "monitoring.html").stat().st_size
    page = f"A page of {len(content['rows'])} rows"
    return [
        Measure(f"{page}: time", min(seconds), 1.0, "s"),
        Measure(f"{page}: memory of the process", memory / 1e6, 200, "MB"),
        Measure(f"{page}: size", size / 1e6, 2.0, "MB"),
    ]


def _project(folder: Path, changes: str, rows: int) -> Path:
    folder.mkdir()
    tests = TESTS_THAT_CAPTURE.format(tests=TESTS, events=EVENTS_PER_TEST, rows=rows)
    (folder / "test_captures.py").write_text(tests)
    (folder / "changed.py").write_text(changes)
    return folder


def _spent(output: str) -> float:
    """The seconds that example items have taken."""
    spent = re.findall(r"SPENT (\S+)", output)
    if len(spent) != 1 or not float(spent[0]):
        raise RuntimeError(f"the run has not told what its example items took:\n{output}")
    return float(spent[0])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        sys.exit(report(measured(Path(name))))

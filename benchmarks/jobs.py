"""What the observation of jobs costs: an eager task of Celery, and a fork of which the child captures nothing.

Ratios of two pytest runs side by side, which take turns at short batches, as in ``web``: one with the plugin, and one
without it, whose client has a transport that appends to a list.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Final

from benchmarks.measures import Measure, report
from benchmarks.processes import LIST_TRANSPORT, PYTEST, talking

TURNS: Final = 150

CLIENT: Final = f"""{LIST_TRANSPORT}
import gc, os, sys, time
import sentry_sdk

def settle():
    gc.collect()
    gc.disable()

def turns(call, times):
    for line in sys.stdin:
        start = time.perf_counter()
        for _ in range(times):
            call()
        yield time.perf_counter() - start
"""

CELERY: Final = f"""
{CLIENT}
from celery import Celery
from sentry_sdk.integrations.celery import CeleryIntegration

sentry_sdk.init(
    dsn="https://key@sentry.invalid/1",
    integrations=[CeleryIntegration()],
    auto_enabling_integrations=False,
    {{options}}
)
app = Celery("shop", broker="memory://", backend="cache+memory://")
app.conf.task_always_eager = True

@app.task(name="shop.send_receipt")
def send_receipt(number):
    return number

def test({{fixture}}):
    send_receipt.delay(7)
    settle()
    for took in turns(lambda: send_receipt.delay(7), 20):
        {{forget}}
        print("TOOK", took, flush=True)
"""

FORK: Final = f"""
{CLIENT}
sentry_sdk.init(dsn="https://key@sentry.invalid/1", auto_enabling_integrations=False, {{options}})

def fork():
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)

def test({{fixture}}):
    fork()
    settle()
    for took in turns(fork, 5):
        {{forget}}
        print("TOOK", took, flush=True)
"""


def cost_of_jobs(folder: Path, tests: str, title: str, limit: float) -> Measure:
    """The ratio of the quickest turns."""
    (folder / "test_observed.py").write_text(
        tests.format(options="", fixture="sentry_capture", forget="sentry_capture.clear()")
    )
    (folder / "test_by_hand.py").write_text(
        tests.format(options="transport=transport", fixture="", forget="transport.envelopes.clear()")
    )
    with (
        talking([*PYTEST, "-s", "test_observed.py"], folder, "TOOK") as ours,
        talking([*PYTEST, "-s", "-p", "no:sentry_capture", "test_by_hand.py"], folder, "TOOK") as theirs,
    ):
        turns = [[float(ask("go")) for ask in (ours, theirs)] for _ in range(TURNS)]
    ratio = min(turn[0] for turn in turns) / min(turn[1] for turn in turns)
    return Measure(f"{title} / with a list transport", ratio, limit)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        measures = [
            cost_of_jobs(folder, tests, title, limit)
            for tests, title, limit in (
                (CELERY, "an eager task of Celery", 1.05),
                (FORK, "a fork that captures nothing", 1.02),
            )
        ]
        sys.exit(report(measures))

"""What combining the reports of many shards takes: 50 of 1000 rows each, in seconds and memory.

Run it with ``make bench``. The command fails when a figure is over its limit by more than a tenth, which is left for
noise.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path

from benchmarks.measures import Measure, report
from benchmarks.processes import PYTEST, run

SHARDS, ROWS = 50, 1000
SECONDS, MEGABYTES = 6.0, 500.0

TESTS_THAT_CAPTURE = """
import pytest, sentry_sdk

sentry_sdk.init(dsn="https://key@sentry.invalid/1", default_integrations=False)
ERRORS = [type(f"Error{{number}}", (Exception,), {{}}) for number in range({rows})]

@pytest.mark.parametrize("number", range({rows}))
def test(number):
    sentry_sdk.set_tags({{"request_id": f"r-{{number}}", "plan": "pro"}})
    try:
        raise ERRORS[number]
    except Exception:
        sentry_sdk.capture_exception()
"""
CONFIGURATION = """
[rules]
no-callback-errors = true
required-tags = ["request_id"]
max-event-bytes = 1_000_000
max-breadcrumbs = 100
"""
COMBINE = """
import resource, sys
from pytest_sentry_capture.cli import main
code = main(["combine", *sys.argv[1:], "-o", "run.json"])
print("MEMORY", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
sys.exit(code)
"""


def measured(folder: Path) -> list[Measure]:
    """One shard is run. The others are copies of its report with their own tests."""
    (folder / "sentry_capture.toml").write_text(CONFIGURATION)
    (folder / "test_captures.py").write_text(TESTS_THAT_CAPTURE.format(rows=ROWS))
    run([*PYTEST, "--sentry-report=shard.json", "test_captures.py"], folder)
    text = (folder / "shard.json").read_text()
    assert len(json.loads(text)["rows"]) >= ROWS, "the shard has too few rows"
    names = [_write_copy(text, number, folder) for number in range(SHARDS)]
    combined = run([sys.executable, "-c", COMBINE, *names, "--expect", str(SHARDS)], folder)
    [peak] = re.findall(r"^MEMORY (\d+)$", combined.output, re.MULTILINE)
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    what = f"{SHARDS} shards of {ROWS} rows combined"
    return [
        Measure(what, combined.seconds, SECONDS, "s"),
        Measure(f"{what}, memory", int(peak) / unit, MEGABYTES, "MB"),
    ]


def _write_copy(shard: str, number: int, folder: Path) -> str:
    """The report of another file of tests that does the same, as the plugin writes it."""
    [run] = json.loads(shard)["shard"]["runs"]
    copy = shard.replace("test_captures.py", f"test_captures_{number}.py").replace(run["id"], f"{number:016x}")
    name = f"shard-{number}.json"
    (folder / name).write_text(copy)
    return name


def main() -> int:
    """Measure, and say whether all figures are within their limits."""
    with tempfile.TemporaryDirectory() as folder:
        return report(measured(Path(folder)))


if __name__ == "__main__":
    sys.exit(main())

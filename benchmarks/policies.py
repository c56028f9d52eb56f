"""What ``extends`` of an installed file costs at start-up, beside the same configuration in one file.

Run it with ``make bench``. The command fails when the figure is over its limit by more than a tenth, which is left for
noise.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Final

from benchmarks.measures import Measure, report
from benchmarks.processes import run
from benchmarks.rules import CONFIGURATION

ROUNDS: Final = 15
POLICY: Final = CONFIGURATION.replace("tool.sentry_capture.", "")
EXTENDS: Final = 'extends = ["acme_policy:sentry.toml"]\n'
READ: Final = """
import gc, sys, time
from pathlib import Path
import pytest
from pytest_sentry_capture._run.settings.configuration import read_configuration

def took(folder):
    start = time.process_time()
    read_configuration(Path(folder))
    return time.process_time() - start

plain, extending = sys.argv[1:]
took(plain)
gc.disable()
usual = took(plain)
print("TOOK", took(extending) - usual)
"""


def start_up(folder: Path) -> Measure:
    """What reading the one takes longer than the other, once all is imported that both need: the least of several."""
    package = folder / "site" / "acme_policy"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('a policy is found without being imported')\n")
    (package / "sentry.toml").write_text(POLICY)
    script = folder / "read.py"
    script.write_text(READ)
    projects = {"plain": POLICY, "extending": EXTENDS}
    for name, text in projects.items():
        (folder / name).mkdir()
        (folder / name / "sentry_capture.toml").write_text(text)
    path = os.pathsep.join([str(folder / "site"), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, str(script), *(str(folder / name) for name in projects)]
    seconds = [float(run(command, folder, PYTHONPATH=path).output.split()[-1]) for _ in range(ROUNDS)]
    return Measure("start-up with a policy of a package, beyond its text in one file", 1000 * min(seconds), 3.0, "ms")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        sys.exit(report([start_up(Path(name))]))

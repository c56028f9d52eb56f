"""Writes what differs between two SDKs for the shop of "From 2 to 3": ``python -m matrix.from_2_to_3``."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from matrix.sdks import CHECKOUT, python_with, run_tests, write_between_markers
from pytest_sentry_capture._reports.diff.comparing import compare
from pytest_sentry_capture._reports.diff.reading import read_report
from pytest_sentry_capture._reports.diff.rendering import render_text
from pytest_sentry_capture._sdk.versions import NEWEST_TESTED

BEFORE: Final = "2.75.0"
AFTER: Final = NEWEST_TESTED
REQUIREMENTS: Final = ("fastapi", "httpx2")
PAGE: Final = CHECKOUT / "docs" / "from-2-to-3.md"
REPORTS: Final = {BEFORE: PAGE.with_suffix("") / "before.json", AFTER: PAGE.with_suffix("") / "after.json"}
MARKER: Final = "from-2-to-3"
_FILE: Final = re.compile(r'^```python title="(?P<name>\w+\.py)"\n(?P<text>.*?)^```$', re.DOTALL | re.MULTILINE)


def write_report(python: Path, folder: Path) -> Path:
    """Run the page's tests in a folder, and return the report of the run."""
    for file in _FILE.finditer(PAGE.read_text(encoding="utf-8")):
        (folder / file["name"]).write_text(file["text"], encoding="utf-8")
    run_tests(python, folder, ["--sentry-report=report.json"])
    return folder / "report.json"


def rendered() -> str:
    """The command that compares the reports, and what it prints."""
    difference = compare(*map(read_report, REPORTS.values()))
    return f"```console\n$ sentry-contract diff before.json after.json\n{render_text(difference)}```"


def main() -> int:
    """Run the tests with both SDKs, and write what was found."""
    for sdk, report in REPORTS.items():
        report.parent.mkdir(exist_ok=True)
        with TemporaryDirectory() as folder:  # outside of the checkout, whose commit would be the release
            shutil.copyfile(write_report(python_with(sdk, REQUIREMENTS, MARKER), Path(folder)), report)
    write_between_markers(PAGE, MARKER, rendered())
    return 0


if __name__ == "__main__":
    sys.exit(main())

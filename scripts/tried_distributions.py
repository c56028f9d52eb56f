"""Installs each built distribution in a new environment and tests it there: ``make dist``.

``python -m scripts.tried_distributions dist`` fails if one is missing, cannot be installed, or does not work.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

TESTS: Final = """
import sentry_sdk


def test_message_is_captured(sentry_init, sentry_capture):
    sentry_init(dsn="https://key@sentry.invalid/1")
    sentry_sdk.capture_message("hello")
    sentry_capture.assert_captured(message="hello")
    assert not sentry_capture.discarded


def test_filtered_event_is_discarded(sentry_init, sentry_capture):
    sentry_init(dsn="https://key@sentry.invalid/1", before_send=lambda event, hint: None)
    sentry_sdk.capture_message("hello")
    sentry_capture.assert_discarded(message="hello", reason="before_send")
"""
RULES: Final = "rules.max-event-bytes = 100_000\n"


def try_out(distribution: Path, folder: Path) -> None:
    """Install a wheel or an sdist and run tests with it.

    Args:
        distribution: the file.
        folder: an empty folder for the environment and the tests.

    Raises:
        subprocess.CalledProcessError: A step failed.
    """
    environment, tests = folder / "environment", folder / "tests"
    venv.create(environment, with_pip=True)
    programs = environment / ("Scripts" if os.name == "nt" else "bin")
    tests.mkdir()
    (tests / "test_installed.py").write_text(TESTS, encoding="utf-8")
    (tests / "sentry_capture.toml").write_text(RULES, encoding="utf-8")
    python = str(programs / "python")
    steps = (
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(distribution.resolve())],
        [python, "-m", "pip", "check"],
        [python, "-m", "pytest", "-q", "--sentry-strict", "--sentry-report=report.json", "--sentry-report=report.html"],
        [str(programs / "sentry-contract"), "render", "report.json", "-o", "rendered.html"],
    )
    without_checkout = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTEST_ADDOPTS")
    }
    for step in steps:
        subprocess.run(step, cwd=tests, env=without_checkout, check=True)  # noqa: S603  (commands of this file)


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the wheel and the sdist of a folder. 1 if one is missing or fails."""
    parser = argparse.ArgumentParser(
        prog="scripts.tried_distributions", description="Install and test each built distribution."
    )
    parser.add_argument("folder", type=Path, help="the folder with one wheel and one sdist")
    folder = parser.parse_args(arguments).folder
    found = [*folder.glob("*.whl"), *folder.glob("*.tar.gz")]
    if [len(list(folder.glob(suffix))) for suffix in ("*.whl", "*.tar.gz")] != [1, 1]:
        print(f"{folder} must have one wheel and one sdist. It has: {', '.join(file.name for file in found) or 'none'}")
        return 1
    for distribution in found:
        print(f"Testing {distribution.name}", flush=True)
        with TemporaryDirectory() as temporary:
            try:
                try_out(distribution, Path(temporary))
            except subprocess.CalledProcessError as error:
                print(f"{distribution.name}: {' '.join(map(str, error.cmd))} failed with exit code {error.returncode}")
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Packages of the npm registry that tests use: installed into a build folder, once for all processes."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def installed(sources: Path, build: Path) -> Path:
    """A build folder with copies of the sources, and what their ``package.json`` names. Skips without npm."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    build.mkdir(parents=True, exist_ok=True)
    with locked(build):
        wanted = (sources / "package.json").read_text()
        marker = build / "installed.json"
        for source in sources.iterdir():
            shutil.copy(source, build)
        if not marker.exists() or marker.read_text() != wanted:
            command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
            subprocess.run(command, cwd=build, check=True)
            marker.write_text(wanted)
    return build


def browser() -> str:
    """The path of Chromium. The test is skipped without it."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("chromium is not installed")
    return found


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One process at a time: parallel workers share the folder."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield

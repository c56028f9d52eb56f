"""What the tests of ``sentry_server`` share: JavaScript with packages from the npm registry."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from checkout import CHECKOUT

SOURCES = Path(__file__).with_name("javascript")
BUILD = CHECKOUT / "build" / "javascript"


@dataclass
class JavaScript:
    """A folder with the packages installed."""

    folder: Path

    def bundled(self, source: str) -> Path:
        """A browser's bundle of a source."""
        target = self.folder / f"{source}.bundle.js"
        bundler = self.folder / "node_modules" / ".bin" / "esbuild"
        command: list[str | Path] = [
            bundler,
            source,
            "--bundle",
            "--format=iife",
            f"--outfile={target}",
            "--log-level=warning",
        ]
        with _locked(self.folder):
            subprocess.run(command, cwd=self.folder, check=True)
        return target


@pytest.fixture(scope="session")
def javascript() -> JavaScript:
    """The JavaScript of the tests, in a build folder into which npm has installed what it imports."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    BUILD.mkdir(parents=True, exist_ok=True)
    with _locked(BUILD):
        wanted = (SOURCES / "package.json").read_text()
        installed = BUILD / "installed.json"
        for source in SOURCES.iterdir():
            shutil.copy(source, BUILD)
        if not installed.exists() or installed.read_text() != wanted:
            command: list[str] = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
            subprocess.run(command, cwd=BUILD, check=True)
            installed.write_text(wanted)
    return JavaScript(BUILD)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One process at a time: parallel workers share the folder."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield

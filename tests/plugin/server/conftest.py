"""What the tests of ``sentry_server`` share: JavaScript with packages from the npm registry."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from checkout import CHECKOUT
from npm_packages import installed, locked

SOURCES = Path(__file__).with_name("javascript")


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
        with locked(self.folder):
            subprocess.run(command, cwd=self.folder, check=True)
        return target


@pytest.fixture(scope="session")
def javascript() -> JavaScript:
    """The JavaScript of the tests, in a build folder into which npm has installed what it imports."""
    return JavaScript(installed(SOURCES, CHECKOUT / "build" / "javascript"))

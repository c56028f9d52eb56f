"""What the tests of ``sentry_server`` share: an intake without a server, and JavaScript from the npm registry."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from pytest_sentry_capture._recording.recording import Recording
from pytest_sentry_capture._recording.rejections import Rejection
from pytest_sentry_capture._server.ingest_handler import Answer, IngestHandler
from pytest_sentry_capture._server.projects import Project, Projects
from pytest_sentry_capture._server.requests import Request

SOURCES = Path(__file__).with_name("javascript")
BUILD = Path(__file__).parents[2] / "build" / "javascript"


class Sentry:
    """An intake with one project, asked without HTTP."""

    def __init__(self) -> None:
        self.projects = Projects()
        self.ingest_handler = IngestHandler(self.projects)
        self.recording = Recording("test")
        self.project: Project = self.projects.open(self.recording)

    @cached_property
    def envelope_path(self) -> str:
        return f"/api/{self.project.id}/envelope/"

    @cached_property
    def auth(self) -> str:
        return f"Sentry sentry_version=7, sentry_client=test/1, sentry_key={self.project.key}"

    def post(self, body: bytes, path: str = "", query: str = "", method: str = "POST", **headers: str) -> Answer:
        """Send with this project's key; names of headers are written with underscores, and None leaves one out."""
        names = {name.replace("_", "-"): value for name, value in {"x_sentry_auth": self.auth, **headers}.items()}
        given = {name: value for name, value in names.items() if value}
        return self.ingest_handler.handle(Request(method, path or self.envelope_path, query, given, body))

    @property
    def rejections(self) -> list[Rejection]:
        return self.recording.entries_of(Rejection)


@pytest.fixture
def sentry() -> Sentry:
    return Sentry()


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

"""What the tests of ``sentry_server`` share: an ingest handler without a server."""

from __future__ import annotations

from functools import cached_property

import pytest

from pytest_sentry_capture._recording.recording import Recording
from pytest_sentry_capture._recording.rejections import Rejection
from pytest_sentry_capture._server.ingest_handler import Answer, IngestHandler
from pytest_sentry_capture._server.projects import Project, Projects
from pytest_sentry_capture._server.requests import Request


class Sentry:
    """An ingest handler with one project, asked without HTTP."""

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
        """Send with this project's key. Names of headers are written with underscores, and None leaves one out."""
        names = {name.replace("_", "-"): value for name, value in {"x_sentry_auth": self.auth, **headers}.items()}
        given = {name: value for name, value in names.items() if value}
        return self.ingest_handler.handle(Request(method, path or self.envelope_path, query, given, body))

    @property
    def rejections(self) -> list[Rejection]:
        return self.recording.entries_of(Rejection)


@pytest.fixture
def sentry() -> Sentry:
    return Sentry()

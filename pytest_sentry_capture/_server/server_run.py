"""The server of one run: started when a test first needs it, with a project for each test that does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pytest_sentry_capture._recording import Recording
from pytest_sentry_capture._server.ingest_handler import IngestHandler
from pytest_sentry_capture._server.projects import Projects
from pytest_sentry_capture._server.sentry_server import SentryServer
from pytest_sentry_capture._server.server_thread import ServerThread
from pytest_sentry_capture._text import counted

if TYPE_CHECKING:
    from pytest_sentry_capture._relay import RelayProject


class ServerRun:
    """The server of one pytest run, which starts when a test first needs it."""

    def __init__(self) -> None:
        self._projects = Projects()
        self._thread = ServerThread(IngestHandler(self._projects))
        self._thread.start()

    def stop(self) -> None:
        """Close everything."""
        self._thread.stop()

    def begin_test(self, recording: Recording, relay_project: Callable[[], RelayProject]) -> SentryServer:
        """Make a project whose items go to a recording."""
        return SentryServer(recording, self._projects.open(recording), self._projects, self._thread, relay_project)

    def end_test(self, server: SentryServer) -> None:
        """The test that has this project is over: what comes now is late."""
        server._close()

    @property
    def messages(self) -> list[str]:
        """What must be said at the end of the run: late items, and errors of the server itself."""
        late = [
            f"{counted(count, f'{item_type} item')} arrived at sentry_server after the end of {label}"
            for (label, item_type), count in sorted(self._projects.late.items())
        ]
        return [*late, *(f"sentry_server failed: {problem}" for problem in dict.fromkeys(self._thread.problems))]

"""A Sentry project for each test, with its own public key, so that what tests send never mixes."""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import dataclass, field
from threading import Lock

from pytest_sentry_capture._recording import Recording
from pytest_sentry_capture._server.faults import Faults
from pytest_sentry_capture._server.reasons import NotAcceptedError, Reason


@dataclass(eq=False)
class Project:
    """The project of one attempt at one test.

    ``recording`` is None once the test is over. The test's own thread sets that at any moment: the server's thread puts
    it into a variable before it uses it.
    """

    id: str
    key: str
    label: str
    recording: Recording | None
    faults: Faults = field(default_factory=Faults)


class Projects:
    """The projects of a run. Those of finished tests are kept, to recognize late items.

    Attributes:
        current: the project of the test that runs, or None.
        late: items that arrived after their test was over: how many items, by the test and the item type.
    """

    def __init__(self) -> None:
        self.current: Project | None = None
        self.late: Counter[tuple[str, str]] = Counter()
        self._by_id: dict[str, Project] = {}
        self._by_key: dict[str, Project] = {}
        self._lock = Lock()

    def open(self, recording: Recording) -> Project:
        """Make the project of a test that begins."""
        with self._lock:
            project = Project(str(len(self._by_id) + 1), secrets.token_hex(16), recording.label, recording)
            self._by_id[project.id] = self._by_key[project.key] = self.current = project
            return project

    def close(self, project: Project) -> None:
        """The test is over: what comes now is late."""
        with self._lock:
            project.recording = None
            project.faults = Faults()
            if self.current is project:
                self.current = None

    def with_id(self, project_id: str | None) -> Project | None:
        """The project that a path names."""
        return self._by_id.get(project_id or "")

    def with_key(self, key: str) -> Project:
        """The project with a public key. Raises ``NotAcceptedError`` where there is none."""
        project = self._by_key.get(key)
        if project is None:
            raise NotAcceptedError(Reason.UNKNOWN_KEY)
        return project

    def came_late(self, project: Project, item_type: str) -> None:
        """Count an item whose test is over."""
        with self._lock:
            self.late[project.label, item_type] += 1

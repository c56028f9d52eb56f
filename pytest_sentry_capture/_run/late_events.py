"""Events that belong to a test which was over when they came.

This module is imported by every pytest run, with or without Sentry, so it imports next to nothing itself.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from pytest_sentry_capture._run import on_demand

if TYPE_CHECKING:
    from pytest_sentry_capture._recording import Capture, Discard, Entry, Recorder, Recording
    from pytest_sentry_capture._run.findings import LateEvent

_EVENT: Final = "event"


class LateEvents:
    """The late events of a process.

    Args:
        recorder: knows which test is running.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._found: list[tuple[Recording, str, Capture | Discard]] = []

    def watch(self, recording: Recording) -> None:
        """Note what is added to the recording of a test from now on, which has been summed up."""
        recording.detailed = False  # what comes now is looked at by nobody, and must not keep exceptions alive
        recording.when_late = partial(self._note, recording)

    def _note(self, recording: Recording, entry: Entry) -> None:
        """In any thread, in the midst of a capture: nothing but what costs nothing is done here."""
        if getattr(entry, "kind", None) == _EVENT and not getattr(entry, "_is_of_logging", False):
            self._found.append((recording, self._recorder.current.label, entry))  # type: ignore[arg-type]

    def forget(self) -> None:
        """In a child process: let go of what the parent tells itself."""
        self._found.clear()

    def to_plain_data(self) -> list[LateEvent]:
        """For the process that makes reports."""
        return [
            {"test": recording.label, "running": running, "what": on_demand.late_summary(recording, entry)}
            for recording, running, entry in list(self._found)
        ]

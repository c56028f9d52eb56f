"""Whether Sentry was on in a process of the run, and what is known of why it was not.

This module is imported by every pytest run, with or without Sentry, so it imports next to nothing itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from pytest_sentry_capture._run import on_demand

if TYPE_CHECKING:
    from pytest_sentry_capture._recording import Recording


class ActivityFindings(TypedDict):
    """``Activity`` in plain data, with the same names."""

    has_tests: bool
    is_used: bool
    client_was_active: bool
    hints: list[str]


class Activity:
    """Whether Sentry was on.

    Attributes:
        has_tests: whether the process has begun a test.
        is_used: whether a test asked for something of the plugin: a fixture, or SDK options.
        client_was_active: whether a Sentry client was active at any time, in this process or in one whose events
            ``sentry_server`` has received.
    """

    def __init__(self) -> None:
        self.has_tests = False
        self.is_used = False
        self.client_was_active = False
        self._hints: dict[str, None] = {}

    def note(self, *recordings: Recording) -> None:
        """Take in what was recorded of a test, or outside of tests."""
        self.client_was_active = self.client_was_active or any(each.client_was_active for each in recordings)
        if self.client_was_active:
            return
        for recording in recordings:
            if entries := recording.entries:
                self._hints.update(dict.fromkeys(on_demand.hints_of(entries)))

    def to_plain_data(self) -> ActivityFindings:
        """For the process that makes reports."""
        return {
            "has_tests": self.has_tests,
            "is_used": self.is_used,
            "client_was_active": self.client_was_active,
            "hints": [] if self.client_was_active else [*self._hints],
        }

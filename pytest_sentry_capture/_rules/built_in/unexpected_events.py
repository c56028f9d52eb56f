"""``no-unexpected-events``: a test asks for every event that it causes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from pytest_sentry_capture._assertions import Formatter
from pytest_sentry_capture._recording import Capture
from pytest_sentry_capture._rules.rule import Judgement, Needs, Rule, RuleViews


@dataclass(kw_only=True)
class NoUnexpectedEvents(Rule):
    """No event is captured that the test did not ask for.

    Asked for means returned or counted by an assertion, ``find`` or ``wait_for``, in a view that the test read, or
    matched by an ``expect`` entry with ``captured = true``.
    """

    name = "no-unexpected-events"
    _built_in_needs: ClassVar[Needs] = Needs(is_last=True, judges_traces=False, reads_fields=False)

    def judge(self, views: RuleViews) -> Iterator[Judgement]:
        formatter = Formatter.for_reports(views._recording)
        for capture in views._recording.entries_of(Capture):
            if capture.kind != "event":
                continue
            [event] = capture.items
            if capture.seen:
                yield self.kept(event)
            else:
                yield self.broken(event, f"captured, but the test did not expect it: {formatter.summary(event)}")

"""What may be said of two runs of which neither may show all that there is.

A partial run has not tried everything, and a rate between 0 and 1 lets a random number choose what is captured. What
such a run shows is the least that there was.
"""

from __future__ import annotations

from dataclasses import dataclass

from pytest_sentry_capture._recording.kinds import CapturedProfile, CapturedSegment, CapturedSpan
from pytest_sentry_capture._reports.contract.differences import Difference, Key, key_of
from pytest_sentry_capture._reports.diff.reading import ReadReport
from pytest_sentry_capture._reports.fields import FieldState, tells_more
from pytest_sentry_capture._reports.personal_data import PersonalData
from pytest_sentry_capture._reports.table import CAPTURED, UNSAMPLED, Row

_LOST_WITH_SEGMENTS = (CapturedSegment.kind, CapturedSpan.kind, CapturedProfile.kind)
_ORIGINS_OF_REQUESTS = "auto.http."
"""With which the origins begin of segments that, while nothing tells their route, may be of any request."""


@dataclass(frozen=True)
class Shown:
    """How much of all that there was a run is sure to show.

    Attributes:
        is_partial: whether not everything was tried.
        dropped: the rows that a random number discarded.
    """

    is_partial: bool
    dropped: tuple[Row, ...]

    def has_all_of(self, key: Key) -> bool:
        """Whether the run shows all that there was of a row."""
        return not self.is_partial and not any(
            _may_be(row, key.kind, key.request_or_origin, key.status) and row.exception in ("", key.exception)
            for row in self.dropped
        )

    def has_all_found_like(self, found: PersonalData) -> bool:
        """Whether the run shows all that there was of the items in which the other one has a finding."""
        if found.kind == CapturedSpan.kind and not found.method:  # which does not tell the request that it belongs to
            return self.has_all_of_kind(found.kind)
        where = f"{found.method} {found.origin}" if found.method else found.origin
        return not self.is_partial and not any(_may_be(row, found.kind, where, found.status) for row in self.dropped)

    def has_all_of_kind(self, kind: str) -> bool:
        """Whether the run shows all that there was of a kind."""
        return not self.is_partial and not any(_is_lost_with(row, kind) for row in self.dropped)


@dataclass(frozen=True)
class Certainty:
    """What may be said of two runs.

    Attributes:
        before: how much the first run shows.
        after: how much the second run shows.
        by_chance: the rows that a random number decides in one of them.
    """

    before: Shown
    after: Shown
    by_chance: frozenset[Key]

    @classmethod
    def of(cls, before: ReadReport, after: ReadReport) -> Certainty:
        """What may be said of the runs that two reports describe."""
        runs = (before, after)
        is_sampled = any(each.by_chance and each.row.result == CAPTURED for run in runs for each in run.rows)
        dropped = [
            tuple(each.row for each in run.rows if each.row.result == UNSAMPLED and (each.by_chance or is_sampled))
            for run in runs
        ]
        drawn = [each.row for run in runs for each in run.rows if each.by_chance]
        return cls(
            Shown(bool(before.partial), dropped[0]),
            Shown(bool(after.partial), dropped[1]),
            frozenset(map(key_of, (*drawn, *dropped[0], *dropped[1]))),
        )

    def covers(self, difference: Difference) -> bool:
        """Whether a row is lost, gained or changed for sure."""
        key = key_of(difference.row)
        if key in self.by_chance:
            return False
        before_has_all, after_has_all = self.before.has_all_of(key), self.after.has_all_of(key)
        if difference.state == "changed":
            return before_has_all or after_has_all
        return before_has_all if difference.state == "new" else after_has_all

    def covers_field(self, key: Key, was: FieldState | None, is_now: FieldState | None) -> bool:
        """Whether a field of a row is sent in another state for sure.

        What was filtered wherever it was seen, and is not filtered now, is shown in any case: it would be worse to say
        nothing of a password that is sent in clear.
        """
        if was == "filtered" and tells_more(is_now, was):
            return True
        return (self.before if tells_more(is_now, was) else self.after).has_all_of(key)

    def covers_amount(self, kind: str, before: int, after: int) -> bool:
        """Whether there is more or less of a kind for sure."""
        return (self.before if after > before else self.after).has_all_of_kind(kind)


def _is_lost_with(dropped: Row, kind: str) -> bool:
    return kind in (_LOST_WITH_SEGMENTS if dropped.kind == CapturedSegment.kind else (dropped.kind,))


def _may_be(dropped: Row, kind: str, request_or_origin: str, status: int | str | None) -> bool:
    """Whether something that was dropped would have been there. Its answer and its route may not be known."""
    is_of_any_request = not dropped.method and dropped.origin.startswith(_ORIGINS_OF_REQUESTS)
    return (
        _is_lost_with(dropped, kind)
        and (is_of_any_request or dropped.request_or_origin == request_or_origin)
        and dropped.status in (None, status)
    )

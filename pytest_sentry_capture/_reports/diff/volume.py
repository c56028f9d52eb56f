"""In what two runs differ as a whole: how much is sent, and by which integrations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pytest_sentry_capture._recording.kinds import CapturedLog, CapturedMetric, CapturedProfile, CapturedSegment
from pytest_sentry_capture._reports.contract.differences import Difference, result
from pytest_sentry_capture._reports.diff.certainty import Certainty
from pytest_sentry_capture._reports.diff.reading import ReadReport
from pytest_sentry_capture._reports.diff.segment_fields import without_counterpart
from pytest_sentry_capture._reports.table import DIRECT, Row

_KINDS: Final = (CapturedLog.kind, CapturedMetric.kind, CapturedProfile.kind)
_LEAST_COUNTED: Final = 10
"""Below this number of items a factor tells nothing."""
_FACTOR: Final = 2


@dataclass(frozen=True)
class NamesDifference:
    """Names that only one run has.

    Attributes:
        what: ``integrations``, or ``segment fields`` for those of transactions that spans can't have.
        before: the names that only the first run has, sorted.
        after: the names that only the second run has, sorted.
    """

    what: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class ProfilesDifference:
    """Profiles, which only one run has.

    Attributes:
        before: whether the first run has some.
        after: whether the second run has some.
    """

    before: bool
    after: bool


@dataclass(frozen=True)
class CountDifference:
    """A kind of which one run has several times as many items as the other.

    Attributes:
        kind: the kind. ``span`` counts spans that are not segments.
        before: how many items the first run has.
        after: how many items the second run has.
    """

    kind: str
    before: int
    after: int


@dataclass(frozen=True)
class RowDifference:
    """A sort of items that only one run has, or that is discarded otherwise in one.

    Attributes:
        kind: the kind of the items.
        method: the method of the request. Empty outside of requests.
        origin: the route of the request, or what else they came from.
        status: the status of the answer.
        level: the level of logs.
        before: what became of them in the first run, such as ``captured``, empty if there were none.
        after: what became of them in the second run.
    """

    kind: str
    method: str
    origin: str
    status: int | str | None
    level: str
    before: tuple[str, ...]
    after: tuple[str, ...]


VolumeDifference = NamesDifference | ProfilesDifference | CountDifference | RowDifference

INTEGRATIONS: Final = "integrations"
SEGMENT_FIELDS: Final = "segment fields"


def is_volume(row: Row) -> bool:
    """Whether a row is about how much is sent: logs and the like, and segments that are not work of the application."""
    is_of_application = bool(row.method) or row.origin == DIRECT
    return row.kind in _KINDS or (row.kind == CapturedSegment.kind and not is_of_application)


def volume_differences(
    before: ReadReport, after: ReadReport, rows: Iterable[Difference], certainty: Certainty
) -> Iterator[VolumeDifference]:
    """What differs for sure.

    Args:
        before: the first run.
        after: the second run.
        rows: the rows about volume that differ.
        certainty: what may be said of the runs.
    """
    yield from _names(before, after, certainty)
    profiles = [any(each.row.kind == CapturedProfile.kind for each in run.rows) for run in (before, after)]
    if profiles[0] != profiles[1] and certainty.covers_amount(CapturedProfile.kind, *profiles):
        yield ProfilesDifference(*profiles)
    for kind, one, other in _counts(before.counts, after.counts):
        if certainty.covers_amount(kind, one, other):
            yield CountDifference(kind, one, other)
    # How many profiles there are, and whether they hold enough to be sent, is a matter of milliseconds.
    yield from _of_rows(each for each in rows if each.row.kind != CapturedProfile.kind)


def _names(before: ReadReport, after: ReadReport, certainty: Certainty) -> Iterator[NamesDifference]:
    lost = () if certainty.after.is_partial else sorted(before.integrations - after.integrations)
    gained = () if certainty.before.is_partial else sorted(after.integrations - before.integrations)
    if lost or gained:
        yield NamesDifference(INTEGRATIONS, tuple(lost), tuple(gained))
    dropped = () if certainty.after.is_partial else without_counterpart(before, after)
    if dropped:
        yield NamesDifference(SEGMENT_FIELDS, tuple(dropped), ())


def _counts(before: Mapping[str, int], after: Mapping[str, int]) -> Iterator[tuple[str, int, int]]:
    """The kinds of which there are none in one run, or several times as many: chance moves a number a little."""
    for kind in sorted({*before, *after} - {CapturedProfile.kind}):
        one, other = before.get(kind, 0), after.get(kind, 0)
        is_larger = max(one, other) >= max(_LEAST_COUNTED, _FACTOR * min(one, other))
        if (not one or not other or is_larger) and one != other:
            yield kind, one, other


def _of_rows(found: Iterable[Difference]) -> Iterator[RowDifference]:
    """The results of each sort: those with the same words are shown once."""
    results: defaultdict[Row, tuple[dict[str, None], dict[str, None]]] = defaultdict(lambda: ({}, {}))
    for each in found:
        row = each.row
        sort = Row(row.origin, row.method, row.status, row.kind, level=row.level)
        for one, of_run in zip((each.before, each.after), results[sort], strict=True):
            of_run.update({result(one): None} if one is not None else {})
    for sort, (before, after) in results.items():
        if before != after:
            where = (sort.kind, sort.method, sort.origin, sort.status, sort.level)
            yield RowDifference(*where, tuple(before), tuple(after))

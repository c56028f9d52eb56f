"""In what two runs differ: what is reported, which fields are sent in clear, and how much is sent at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pytest_sentry_capture.items import CapturedLog, CapturedMetric, CapturedProfile, CapturedSegment
from pytest_sentry_capture.reports.diff.reading import ReadReport, ReadRow
from pytest_sentry_capture.reports.diff.segment_fields import comparable, without_counterpart
from pytest_sentry_capture.reports.differences import Difference, Key, differences, key_of, result
from pytest_sentry_capture.reports.fields import FIELD_STATES, FieldState
from pytest_sentry_capture.reports.table import CAPTURED, SILENT, Row

_OF_VOLUME: Final = (CapturedLog.kind, CapturedMetric.kind, CapturedProfile.kind)
_LEAST_FAILURE: Final = 400
_LEAST_COUNTED: Final = 10
"""Below this number of items a factor tells nothing."""
_FACTOR: Final = 2
_NOTHING: Final = "nothing"
_MOST_FIELDS: Final = 4
"""Of what is new as a whole, as many fields are named one by one."""


@dataclass(frozen=True)
class FieldDifference:
    """A field that one run sends in another state than the other.

    Attributes:
        path: the dotted path; one that ends in ``.*`` stands for all below it.
        before: the state in the first run; None where it was not sent.
        after: the state in the second run; None where it is not sent.
        rows: the rows in which it differs.
        count: for how many fields the path stands.
    """

    path: str
    before: FieldState | None
    after: FieldState | None
    rows: tuple[Row, ...]
    count: int = 1


@dataclass(frozen=True)
class VolumeDifference:
    """Something about the run as a whole.

    Attributes:
        what: such as ``"integrations"`` or ``"logs"``.
        before: what was there in the first run only, or how much of it.
        after: what is there in the second run only, or how much of it.
    """

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class RunDifference:
    """Two runs compared.

    Attributes:
        before: the first run.
        after: the second run.
        reports: what is reported in one run only, or otherwise: rows, discards, and who makes them.
        fields: what is sent in clear in one run only.
        personal_data: the findings of ``no-pii`` that only the second run has (True) or only the first (False).
        volume: how much is sent, and facts of the run.
    """

    before: ReadReport
    after: ReadReport
    reports: tuple[Difference, ...]
    fields: tuple[FieldDifference, ...]
    personal_data: tuple[tuple[str, str, bool], ...]
    volume: tuple[VolumeDifference, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the runs differ in nothing."""
        return not (self.reports or self.fields or self.personal_data or self.volume)


def compare(before: ReadReport, after: ReadReport) -> RunDifference:
    """What differs. Nothing is called gone that a partial run may only not have tried, and nothing new either."""
    found = differences(_rows(before), _rows(after), partial=bool(after.partial))
    tried = [each for each in found if each.before is not None or not before.partial]
    pinned = frozenset(each.row for run in (before, after) for each in run.rows if each.in_contract)
    return RunDifference(
        before,
        after,
        reports=tuple(each for each in tried if not _is_volume(each.row, pinned)),
        fields=tuple(_fields(before, after)),
        personal_data=tuple(_personal_data(before, after)),
        volume=(*_facts(before, after), *_volume_of(each for each in tried if _is_told_by_row(each.row, pinned))),
    )


def _rows(report: ReadReport) -> list[Row]:
    return [each.row for each in report.rows if each.row.result != SILENT or _is_failure(each.row)]


def _is_failure(row: Row) -> bool:
    return bool(row.exception) or (row.status or 0) >= _LEAST_FAILURE


def _is_volume(row: Row, pinned: frozenset[Row]) -> bool:
    """Whether a row is about how much is sent: logs and the like, and segments that are no work of the application."""
    return row.kind in _OF_VOLUME or (row.kind == CapturedSegment.kind and row not in pinned)


def _is_told_by_row(row: Row, pinned: frozenset[Row]) -> bool:
    """Profiles are not: how many there are, and whether they hold enough to be sent, is a matter of milliseconds."""
    return _is_volume(row, pinned) and row.kind != CapturedProfile.kind


def _fields(before: ReadReport, after: ReadReport) -> list[FieldDifference]:
    """Grouped by field and change, over all rows that both runs have."""
    changed: defaultdict[tuple[str, FieldState | None, FieldState | None], list[Row]] = defaultdict(list)
    new: dict[str, int] = {}
    old_rows, new_rows = _captured(before), _captured(after)
    for key in old_rows.keys() & new_rows.keys():
        row, old, fresh = old_rows[key][0], *comparable(key.kind, old_rows[key][1], new_rows[key][1])
        for path, was, is_now, count in _changes(old, fresh):
            changed[path, was, is_now].append(row)
            new[path] = max(new.get(path, 1), count)
    found = [
        FieldDifference(path, was, is_now, tuple(sorted(rows, key=lambda row: row.sort_key)), new[path])
        for (path, was, is_now), rows in changed.items()
    ]
    return sorted(found, key=lambda each: (_severity(each), each.path))


def _severity(difference: FieldDifference) -> int:
    """What is sent in clear now comes first."""
    return 0 if difference.after == "sent" else 1


def _captured(report: ReadReport) -> dict[Key, tuple[Row, dict[str, FieldState]]]:
    """The fields of what was captured, of all variants of a row together."""
    found: dict[Key, tuple[Row, dict[str, FieldState]]] = {}
    for each in report.rows:
        if each.row.result == CAPTURED and (each.in_contract or each.row.kind != CapturedSegment.kind):
            _, fields = found.setdefault(key_of(each.row), (each.row, {}))
            _add(fields, each)
    return found


def _add(fields: dict[str, FieldState], row: ReadRow) -> None:
    for path, state in row.fields.items():
        fields[path] = max(fields.get(path, state), state, key=FIELD_STATES.index)


def _changes(
    before: Mapping[str, FieldState], after: Mapping[str, FieldState]
) -> list[tuple[str, FieldState | None, FieldState | None, int]]:
    """Each path whose state differs; what is new or gone with all around it is one."""
    result: list[tuple[str, FieldState | None, FieldState | None, int]] = [
        (path, before[path], after[path], 1) for path in before.keys() & after.keys() if before[path] != after[path]
    ]
    result += [(path, None, state, count) for path, state, count in _whole(after, before)]
    result += [(path, state, None, count) for path, state, count in _whole(before, after)]
    return result


def _whole(these: Mapping[str, FieldState], others: Mapping[str, FieldState]) -> list[tuple[str, FieldState, int]]:
    """The paths that only the first has, where many stand together as the place that they share."""
    groups: defaultdict[tuple[str, FieldState], list[str]] = defaultdict(list)
    for path in sorted(these.keys() - others.keys()):
        groups[_highest_without(path, others), these[path]].append(path)
    found: list[tuple[str, FieldState, int]] = []
    for (place, state), paths in groups.items():
        if len(paths) <= _MOST_FIELDS:
            found += [(path, state, 1) for path in paths]
        else:
            found.append((f"{place}.*", state, len(paths)))
    return found


def _highest_without(path: str, others: Mapping[str, FieldState]) -> str:
    parts = path.split(".")
    for length in range(1, len(parts)):
        place = ".".join(parts[:length])
        if not any(other == place or other.startswith(f"{place}.") for other in others):
            return place
    return path


def _personal_data(before: ReadReport, after: ReadReport) -> list[tuple[str, str, bool]]:
    gained = [] if before.partial else [(*each, True) for each in sorted(after.personal_data - before.personal_data)]
    lost = [] if after.partial else [(*each, False) for each in sorted(before.personal_data - after.personal_data)]
    return gained + lost


def _facts(before: ReadReport, after: ReadReport) -> list[VolumeDifference]:
    found = []
    lost, gained = sorted(before.integrations - after.integrations), sorted(after.integrations - before.integrations)
    if lost or gained:
        found.append(VolumeDifference("integrations", ", ".join(lost), ", ".join(gained)))
    if dropped := without_counterpart(before, after):
        found.append(VolumeDifference("fields that segments carry", ", ".join(dropped), ""))
    profiles = [
        "some" if any(each.row.kind == CapturedProfile.kind for each in run.rows) else "none" for run in (before, after)
    ]
    if profiles[0] != profiles[1]:
        found.append(VolumeDifference("profiles", *profiles))
    if not (before.partial or after.partial):
        found += _counts(before.counts, after.counts)
    return found


def _counts(before: Mapping[str, int], after: Mapping[str, int]) -> list[VolumeDifference]:
    """The kinds of which there are none in one run, or several times as many: chance moves a number a little."""
    found = []
    for kind in sorted({*before, *after} - {CapturedProfile.kind}):
        one, other = before.get(kind, 0), after.get(kind, 0)
        is_larger = max(one, other) >= max(_LEAST_COUNTED, _FACTOR * min(one, other))
        if (not one or not other or is_larger) and one != other:
            found.append(VolumeDifference(f"{kind} items", str(one), str(other)))
    return found


def _volume_of(found: Iterable[Difference]) -> list[VolumeDifference]:
    """Of what came of each sort: as often as it is told in the same words it is told once."""
    results: defaultdict[str, tuple[dict[str, None], dict[str, None]]] = defaultdict(lambda: ({}, {}))
    for each in found:
        for row, of_run in zip((each.before, each.after), results[_described(each.row)], strict=True):
            of_run.update({result(row): None} if row is not None else {})
    return [
        VolumeDifference(what, *(", ".join(each) or _NOTHING for each in of_runs))
        for what, of_runs in results.items()
        if of_runs[0] != of_runs[1]
    ]


def _described(row: Row) -> str:
    status = f" {row.status}" if row.status is not None else ""
    return f"{row.kind}, {row.request_or_origin}{status}"

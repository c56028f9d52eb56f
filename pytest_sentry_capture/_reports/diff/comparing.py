"""In what two runs differ: what is reported, which fields are sent in clear, and how much is sent at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pytest_sentry_capture._recording import is_within
from pytest_sentry_capture._recording.kinds import CapturedProfile, CapturedSegment
from pytest_sentry_capture._reports.contract.differences import Difference, Key, differences, key_of
from pytest_sentry_capture._reports.diff.certainty import Certainty, Shown
from pytest_sentry_capture._reports.diff.reading import ReadReport
from pytest_sentry_capture._reports.diff.segment_fields import (
    States,
    comparable,
    comparable_finding,
    send_traces_otherwise,
    without_trace,
)
from pytest_sentry_capture._reports.diff.volume import VolumeDifference, is_volume, volume_differences
from pytest_sentry_capture._reports.fields import Fields, FieldState, merge
from pytest_sentry_capture._reports.personal_data import PersonalData
from pytest_sentry_capture._reports.table import CAPTURED, NOTHING, OFF, SILENT, Row

_MOST_FIELDS: Final = 4
"""Of what is new as a whole, as many fields are named one by one."""

_Change = tuple[str, FieldState | None, FieldState | None]


@dataclass(frozen=True)
class FieldDifference:
    """A field that one run sends in another state than the other.

    Attributes:
        path: the dotted path. One that ends in ``.*`` stands for all below it.
        before: the state in the first run, or None if it was not sent.
        after: the state in the second run, or None if it is not sent.
        rows: the rows in which it differs.
        count: for how many fields the path stands.
    """

    path: str
    before: FieldState | None
    after: FieldState | None
    rows: tuple[Row, ...]
    count: int = 1


@dataclass(frozen=True)
class PersonalDataDifference:
    """A finding of ``no-pii`` that one run has and the other has not.

    Attributes:
        place: the dotted path.
        rule: the rule of Sentry's engine that found it, such as ``@email``.
        kinds: the kinds of the items in which only that run has it, sorted.
        is_new: whether it is the second run that has it.
    """

    place: str
    rule: str
    kinds: tuple[str, ...]
    is_new: bool


@dataclass(frozen=True)
class RunDifference:
    """Two runs compared.

    Attributes:
        before: the first run.
        after: the second run.
        reports: what is reported in one run only, or otherwise: rows, discards, and who makes them.
        fields: what is sent in clear in one run only.
        personal_data: the findings of ``no-pii`` that only one run has, the new ones first.
        volume: how much is sent, and facts of the run.
        has_chance: whether a random number decided in one of the runs captured items.
    """

    before: ReadReport
    after: ReadReport
    reports: tuple[Difference, ...]
    fields: tuple[FieldDifference, ...]
    personal_data: tuple[PersonalDataDifference, ...]
    volume: tuple[VolumeDifference, ...]
    has_chance: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether the runs differ in nothing."""
        return not (self.reports or self.fields or self.personal_data or self.volume)


def compare(before: ReadReport, after: ReadReport) -> RunDifference:
    """What differs for sure: not what a partial run may only not have tried, nor what a random number decided."""
    certainty = Certainty.of(before, after)
    sure = [each for each in _row_differences(before, after) if certainty.covers(each)]
    return RunDifference(
        before,
        after,
        reports=tuple(each for each in sure if not is_volume(each.row)),
        fields=tuple(_field_differences(before, after, certainty)),
        personal_data=tuple(_personal_data(before, after, certainty)),
        volume=tuple(volume_differences(before, after, [each for each in sure if is_volume(each.row)], certainty)),
        has_chance=bool(certainty.by_chance),
    )


def _row_differences(before: ReadReport, after: ReadReport) -> list[Difference]:
    """The rows that differ in more than the names of tags and of the user's fields, which are shown as fields."""
    is_older = before.is_older or after.is_older
    old, new = (_told_rows(each, is_older=is_older) for each in (before, after))
    return [
        Difference(each.before and old[each.before], each.after and new[each.after])
        for each in differences(old, new, partial=bool(after.partial))
    ]


def _told_rows(report: ReadReport, *, is_older: bool) -> dict[Row, Row]:
    """The rows that may be lost or gained: each without names, and with all names that one of its variants has.

    Args:
        report: of one of the runs.
        is_older: whether one of the reports has no rows of silent answers during which something else was captured.
    """
    variants: dict[Row, Row] = {}
    others = {_answer(each.row) for each in report.rows if each.row.kind} if is_older else set()
    for row in (each.row for each in report.rows):
        if row.result in (NOTHING, OFF) or (row.result == SILENT and _answer(row) in others):
            continue
        bare = row._replace(tags=(), user=())
        known = variants.get(bare, bare)
        tags, user = sorted({*known.tags, *row.tags}), sorted({*known.user, *row.user})
        variants[bare] = row._replace(tags=tuple(tags), user=tuple(user))
    return variants


def _answer(row: Row) -> tuple[str, int | str | None]:
    return row.request_or_origin, row.status


def _field_differences(before: ReadReport, after: ReadReport, certainty: Certainty) -> list[FieldDifference]:
    """Grouped by field and change, over all rows that both runs have."""
    changed: defaultdict[_Change, list[Row]] = defaultdict(list)
    counts: dict[str, int] = {}
    old_rows, new_rows = _captured(before), _captured(after)
    is_trace_left_out = bool(certainty.by_chance) or send_traces_otherwise(before, after)
    for key in old_rows.keys() & new_rows.keys():
        row, old, new = old_rows[key][0], old_rows[key][1], new_rows[key][1]
        for change, count in _changes(*_comparable(key.kind, old, new, is_trace_left_out=is_trace_left_out)):
            if certainty.covers_field(key, *change[1:]):
                changed[change].append(row)
                counts[change[0]] = max(counts.get(change[0], 1), count)
    found = [
        FieldDifference(path, was, is_now, tuple(sorted(rows, key=lambda row: row.sort_key)), counts[path])
        for (path, was, is_now), rows in changed.items()
    ]
    return sorted(found, key=lambda each: (_severity(each), each.path))


def _severity(difference: FieldDifference) -> int:
    """What is sent in clear now comes first."""
    return 0 if difference.after == "sent" else 1


def _captured(report: ReadReport) -> dict[Key, tuple[Row, Fields]]:
    """The fields of captured items, of all variants of a row together.

    Profiles are left out: what they hold is a matter of milliseconds, and has another form in each SDK.
    """
    found: dict[Key, tuple[Row, Fields]] = {}
    for each in report.rows:
        if each.row.result == CAPTURED and each.row.kind != CapturedProfile.kind:
            _, fields = found.setdefault(key_of(each.row), (each.row, {}))
            merge(fields, each.fields)
    return found


def _comparable(kind: str, old: States, new: States, *, is_trace_left_out: bool) -> tuple[States, States]:
    if kind == CapturedSegment.kind:
        return comparable(old, new)
    return (without_trace(old), without_trace(new)) if is_trace_left_out else (old, new)


def _changes(before: States, after: States) -> Iterator[tuple[_Change, int]]:
    """Each path whose state differs. What is new or gone with all around it is one."""
    for path in before.keys() & after.keys():
        if before[path] != after[path]:
            yield (path, before[path], after[path]), 1
    for path, state, count in _whole(after, before):
        yield (path, None, state), count
    for path, state, count in _whole(before, after):
        yield (path, state, None), count


def _whole(these: States, others: States) -> list[tuple[str, FieldState, int]]:
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


def _highest_without(path: str, others: States) -> str:
    parts = path.split(".")
    for length in range(1, len(parts)):
        place = ".".join(parts[:length])
        if not any(is_within(other, place) for other in others):
            return place
    return path


def _personal_data(before: ReadReport, after: ReadReport, certainty: Certainty) -> Iterator[PersonalDataDifference]:
    """By kind, place and rule, in the terms of spans where one run has transactions and the other one spans."""
    is_renamed = send_traces_otherwise(before, after)
    old, new = (
        {comparable_finding(each) if is_renamed else each for each in run.personal_data} for run in (before, after)
    )
    yield from _found_in_one(new, old, certainty.before, is_new=True)
    yield from _found_in_one(old, new, certainty.after, is_new=False)


def _found_in_one(
    these: Iterable[PersonalData], others: Iterable[PersonalData], shown_of_others: Shown, *, is_new: bool
) -> Iterator[PersonalDataDifference]:
    known = {(each.kind, each.place, each.rule) for each in others}
    kinds: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for each in these:
        if (each.kind, each.place, each.rule) not in known and shown_of_others.has_all_found_like(each):
            kinds[each.place, each.rule].add(each.kind)
    for (place, rule), found in sorted(kinds.items()):
        yield PersonalDataDifference(place, rule, tuple(sorted(found)), is_new)

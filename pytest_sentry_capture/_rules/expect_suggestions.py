"""What ``expect`` entries can be suggested: where all events of a status or of an exception agree."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from pytest_sentry_capture._assertions import Matcher
from pytest_sentry_capture._recording.kinds import CapturedEvent
from pytest_sentry_capture._rules.expect_rule import ExpectRule
from pytest_sentry_capture._rules.rule import RuleViews
from pytest_sentry_capture._rules.suggestion import Seen, Sighting

EXPECT: Final = "expect"
"""What sightings for these entries are kept under."""
_STATUSES: Final = range(400, 600)
_SERVER_ERRORS: Final = range(500, 600)
_LEVEL: Final = "error"
_STATUS: Final = "status_code"
_EXCEPTION: Final = "exception"
_TOO_GENERAL: Final = ("object", "BaseException", "Exception")


class _Candidate(NamedTuple):
    """An entry that may hold.

    Attributes:
        criterion: what it asks by.
        value: the status, or the name of the class.
        level: the level that it asks by, or that what is captured must have; None for any.
        captured: whether what meets it is captured.
    """

    criterion: str
    value: int | str
    level: str | None
    captured: bool

    @property
    def key(self) -> str:
        return json.dumps(self)

    def rule(self) -> ExpectRule:
        criteria: dict[str, Any] = {self.criterion: self.value}
        look = {"level": self.level} if self.level is not None else {}
        if not self.captured:
            criteria |= look
        event = look if self.captured else {}
        return ExpectRule(name="suggested", matcher=Matcher("event", criteria), captured=self.captured, event=event)


@dataclass
class SuggestedEntry:
    """An ``expect`` entry.

    Attributes:
        keys: what stands in it.
        why: on what it rests, in words for users.
        reasons: what single keys rest on.
        holds: whether the run would have kept it; else it is a comment.
    """

    keys: dict[str, Any]
    why: str
    reasons: dict[str, str] = field(default_factory=dict)
    holds: bool = True


def expectations_seen(views: RuleViews) -> Iterator[Sighting]:
    """For each status and exception of a recording, what entries about it would have said."""
    items = [*views.events, *(item for each in views.discarded if (item := each._item_as("event")) is not None)]
    events = [item for item in items if isinstance(item, CapturedEvent)]
    statuses = {*(each.status_code for each in events), *(each.status for each in views.exchanges)}
    crashes = [each.exception_type for each in views.exchanges if each.exception_type is not None]
    names = {name for each in events for name in _names(each)} | {name for each in crashes for name in _of_class(each)}
    for event in events:
        yield from (Sighting(f"outermost {name}") for name in _outermost(event))
    for status in sorted(each for each in statuses if isinstance(each, int) and each in _STATUSES):
        yield from _of_candidate(views, _Candidate(_STATUS, status, None, captured=False))
        yield from _of_candidate(views, _Candidate(_STATUS, status, _LEVEL, captured=False))
        if status not in _SERVER_ERRORS:  # of which the rule server-errors-captured says more
            yield from _of_candidate(views, _Candidate(_STATUS, status, None, captured=True))
    for name in sorted(names):
        for level, captured in (_LEVEL, True), (None, True), (None, False):
            yield from _of_candidate(views, _Candidate(_EXCEPTION, name, level, captured))


def suggested_entries(seen: Seen, known: Iterable[ExpectRule]) -> list[SuggestedEntry]:
    """The entries that held for all events of a status or an exception, and those that did not.

    Args:
        known: the entries that the configuration has.
    """
    taken = {str(value) for rule in known for each in rule.matcher.criteria.values() for value in _values(each)}
    statuses = [each for each in _seen_values(seen, _STATUS) if str(each) not in taken]
    exceptions = [
        name
        for name in map(str, _seen_values(seen, _EXCEPTION))
        if seen.is_enough(f"outermost {name}") and not taken & {name, name.rpartition(".")[2]}
    ]
    return [*_of_statuses(seen, statuses), *_of_exceptions(seen, exceptions)]


def _of_candidate(views: RuleViews, candidate: _Candidate) -> Iterator[Sighting]:
    yield Sighting(f"about {json.dumps([candidate.criterion, candidate.value])}")
    for each in candidate.rule().judge(views):
        if each.obstacle is None:
            yield Sighting(f"{'kept' if each.problem is None else 'broken'} {candidate.key}")


def _of_statuses(seen: Seen, statuses: Iterable[int | str]) -> Iterator[SuggestedEntry]:
    left = [*statuses]
    for level, captured, what in (
        (None, False, "answers of {} are not captured"),
        (_LEVEL, False, "errors with answers of {} are not captured"),
        (None, True, "answers of {} are captured"),
    ):
        found = [each for each in left if _holds(seen, _Candidate(_STATUS, each, level, captured))]
        left = [each for each in left if each not in found]
        if found:
            yield _entry_of_statuses(seen, found, level, captured, what)
    for each in left:
        candidate = _Candidate(_STATUS, each, None, captured=False)
        if broken := seen.number(f"broken {candidate.key}"):
            if each in _SERVER_ERRORS:
                continue
            total = broken + seen.number(f"kept {candidate.key}")
            why = f"{broken:,} of {total:,} were captured"
            yield SuggestedEntry(_keys(f"answers of {each}", {_STATUS: each}, captured=False), why, holds=False)


def _entry_of_statuses(
    seen: Seen, statuses: list[int | str], level: str | None, captured: bool, what: str
) -> SuggestedEntry:
    kept = {each: seen.number(f"kept {_Candidate(_STATUS, each, level, captured).key}") for each in statuses}
    number = sum(kept.values())
    criteria = {_STATUS: statuses, **({"level": level} if level is not None else {})}
    return SuggestedEntry(
        _keys(what.format(_listed(statuses)), criteria, captured=captured),
        f"all {number:,} agree" if number > 1 else "seen once",
        {_STATUS: ", ".join(f"{status}: {times:,}" for status, times in kept.items())},
    )


def _of_exceptions(seen: Seen, names: Iterable[str]) -> Iterator[SuggestedEntry]:
    for name in names:
        with_level = _Candidate(_EXCEPTION, name, _LEVEL, captured=True)
        candidates = [with_level, with_level._replace(level=None), with_level._replace(level=None, captured=False)]
        held = next((each for each in candidates if _holds(seen, each)), None)
        if held is None:
            kept, broken = (seen.number(f"{state} {candidates[1].key}") for state in ("kept", "broken"))
            keys = _keys(f"{name} is captured", {_EXCEPTION: name}, captured=True)
            yield SuggestedEntry(keys, f"{broken:,} of {kept + broken:,} were not captured", holds=False)
            continue
        what = f"{name} is captured" if held.captured else f"{name} is not captured"
        keys = _keys(what, {_EXCEPTION: name}, captured=held.captured)
        if held.captured and held.level is not None:
            keys["event"] = {"level": held.level}
        yield SuggestedEntry(keys, f"all of {seen.times(f'outermost {name}', 'event', 'events')} agree")


def _keys(name: str, criteria: Mapping[str, Any], *, captured: bool) -> dict[str, Any]:
    return {"name": name, **criteria, "captured": captured}


def _holds(seen: Seen, candidate: _Candidate) -> bool:
    return bool(seen.number(f"kept {candidate.key}")) and not seen.number(f"broken {candidate.key}")


def _seen_values(seen: Seen, criterion: str) -> list[Any]:
    about = [json.loads(each) for each in seen.named("about")]
    return sorted(value for of, value in about if of == criterion)


def _outermost(event: CapturedEvent) -> Iterator[str]:
    """The name of the exception that an event is about; none that is made anew in each test."""
    first = next(iter(event._exception_chain or ()), None)
    if first is not None and (names := [*_of_class(first.error_type)]) and names[0] == _dotted(first.error_type):
        yield names[0]


def _names(event: CapturedEvent) -> Iterator[str]:
    for link in event._exception_chain or ():
        yield from _of_class(link.error_type)


def _of_class(error_type: type) -> Iterator[str]:
    """What a class and all that it derives from are called in a configuration."""
    for each in error_type.__mro__:
        name = _dotted(each)
        if name not in _TOO_GENERAL and name.replace("_", "").replace(".", "").isalnum() and name.isascii():
            yield name


def _dotted(of: type) -> str:
    return of.__qualname__ if of.__module__ == "builtins" else f"{of.__module__}.{of.__qualname__}"


def _values(criterion: object) -> Iterable[object]:
    return criterion if isinstance(criterion, (list, tuple, set, range)) else [criterion]


def _listed(values: Iterable[object]) -> str:
    *others, last = map(str, values)
    return f"{', '.join(others)} and {last}" if others else last

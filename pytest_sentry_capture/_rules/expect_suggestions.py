"""What ``expect`` entries can be suggested: where all events of a status or of an exception agree."""

from __future__ import annotations

import builtins
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeGuard, TypeVar

from pytest_sentry_capture._assertions import Matcher
from pytest_sentry_capture._recording import Capture, Exchange, Job, Operation
from pytest_sentry_capture._recording.kinds import CapturedEvent
from pytest_sentry_capture._rules.expect_rule import ExpectRule
from pytest_sentry_capture._rules.rule import RuleViews
from pytest_sentry_capture._rules.suggestion import Seen, Sighting

EXPECT: Final = "expect"
"""What sightings for these entries are kept under."""
_LEVEL: Final = "error"
_EXCEPTION: Final = "exception"
AnyOperation = TypeVar("AnyOperation", bound=Operation)
_TOO_GENERAL: Final = ("object", "BaseException", "Exception")


class _StatusCriterion(NamedTuple):
    """What entries ask by about the end of an operation.

    Attributes:
        name: the criterion.
        statuses: the statuses that entries are suggested for.
        judged_by_rule: those of which a built-in rule says what is captured.
        nothing: the name of an entry by which nothing is captured.
        no_error: the same where nothing of level error is captured.
        something: the name of an entry by which something is captured.
    """

    name: str
    statuses: Collection[int | str]
    judged_by_rule: Collection[int | str]
    nothing: str
    no_error: str
    something: str


_ANSWERS: Final = _StatusCriterion(
    "status_code",
    range(400, 600),
    range(500, 600),
    "answers of {} are not captured",
    "errors with answers of {} are not captured",
    "answers of {} are captured",
)
_JOBS: Final = _StatusCriterion(
    "job_status",
    ("failed", "retried", "ignored", "rejected"),
    ("failed", "retried"),
    "{} jobs capture nothing",
    "{} jobs capture no error",
    "{} jobs are captured",
)


class _Candidate(NamedTuple):
    """An entry that may hold.

    Attributes:
        criterion: what it asks by.
        value: the status, or the name of the class.
        level: the level that it asks by, or that what is captured must have, or None for any.
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
        holds: whether the run would have kept it, else it is a comment.
    """

    keys: dict[str, Any]
    why: str
    reasons: dict[str, str] = field(default_factory=dict)
    holds: bool = True


def expectations_seen(views: RuleViews) -> Iterator[Sighting]:
    """For each status and exception of a recording, what entries about it would have said."""
    items = [*views.events, *(item for each in views.discarded if (item := each._item_as("event")) is not None)]
    events = [item for item in items if isinstance(item, CapturedEvent)]
    for event in events:
        yield from (Sighting(f"outermost {name}") for name in _outermost(event))
    with _as_unseen(views):
        for candidate in _candidates(events, views._operations):
            yield from _of_candidate(views, candidate)


def suggested_entries(seen: Seen, known: Iterable[ExpectRule]) -> list[SuggestedEntry]:
    """The entries that held for all events of a status or an exception, and those that did not.

    Args:
        known: the entries that the configuration has.
    """
    taken = {str(value) for rule in known for each in rule.matcher.criteria.values() for value in _values(each)}
    exceptions = [
        name
        for name in map(str, _seen_values(seen, _EXCEPTION))
        if seen.is_enough(f"outermost {name}") and not taken & {name, name.rpartition(".")[2]}
    ]
    of_statuses = (
        entry
        for criterion in (_ANSWERS, _JOBS)
        for entry in _of_statuses(
            seen, criterion, [each for each in _seen_values(seen, criterion.name) if str(each) not in taken]
        )
    )
    return [*of_statuses, *_of_exceptions(seen, exceptions)]


@contextmanager
def _as_unseen(views: RuleViews) -> Iterator[None]:
    """What entries match that are only tried out counts as seen by the test only if it did before."""
    before = [(each, each.seen) for each in views._recording.entries_of(Capture)]
    try:
        yield
    finally:
        for capture, was_seen in before:
            capture.seen = was_seen


def _candidates(events: Iterable[CapturedEvent], operations: Iterable[Operation]) -> Iterator[_Candidate]:
    events, operations = [*events], [*operations]
    answers = {*(each.status_code for each in events), *(each.status for each in _only(Exchange, operations))}
    of_jobs = {*(each.job_status for each in events), *(each.status for each in _only(Job, operations))}
    for criterion, statuses in (_ANSWERS, answers), (_JOBS, of_jobs):
        for status in criterion.statuses:
            if status in statuses:
                yield _Candidate(criterion.name, status, None, captured=False)
                yield _Candidate(criterion.name, status, _LEVEL, captured=False)
                if status not in criterion.judged_by_rule:
                    yield _Candidate(criterion.name, status, None, captured=True)
    sources: list[CapturedEvent | Operation] = [*events, *operations]
    for name in sorted({name for each in sources for name in _names(each)}):
        for level, captured in (_LEVEL, True), (None, True), (None, False):
            yield _Candidate(_EXCEPTION, name, level, captured)


def _only(kind: type[AnyOperation], operations: Iterable[Operation]) -> Iterator[AnyOperation]:
    return (each for each in operations if isinstance(each, kind))


def _of_candidate(views: RuleViews, candidate: _Candidate) -> Iterator[Sighting]:
    yield Sighting(f"about {json.dumps([candidate.criterion, candidate.value])}")
    for each in candidate.rule().judge(views):
        if each.obstacle is None:
            yield Sighting(f"{'kept' if each.problem is None else 'broken'} {candidate.key}")


def _of_statuses(seen: Seen, criterion: _StatusCriterion, statuses: Iterable[int | str]) -> Iterator[SuggestedEntry]:
    left = [*statuses]
    for level, captured, name in (
        (None, False, criterion.nothing),
        (_LEVEL, False, criterion.no_error),
        (None, True, criterion.something),
    ):
        found = [each for each in left if _holds(seen, _Candidate(criterion.name, each, level, captured))]
        left = [each for each in left if each not in found]
        if found:
            yield _entry_of_statuses(seen, [_Candidate(criterion.name, each, level, captured) for each in found], name)
    for each in left:
        if each in criterion.judged_by_rule:
            continue
        candidate = _Candidate(criterion.name, each, None, captured=False)
        if broken := seen.number(f"broken {candidate.key}"):
            total = broken + seen.number(f"kept {candidate.key}")
            keys = _keys(criterion.nothing.format(each), {criterion.name: each}, captured=False)
            yield SuggestedEntry(keys, f"{broken:,} of {total:,} were captured", holds=False)


def _entry_of_statuses(seen: Seen, candidates: Sequence[_Candidate], name: str) -> SuggestedEntry:
    first = candidates[0]
    kept = {each.value: seen.number(f"kept {each.key}") for each in candidates}
    number = sum(kept.values())
    criteria = {first.criterion: [*kept], **({"level": first.level} if first.level is not None else {})}
    return SuggestedEntry(
        _keys(name.format(_listed(kept)), criteria, captured=first.captured),
        _all_or_none(f"{number:,}", captured=first.captured) if number > 1 else "seen once",
        {first.criterion: ", ".join(f"{status}: {times:,}" for status, times in kept.items())},
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
        events = seen.times(f"outermost {name}", "event", "events")
        yield SuggestedEntry(keys, _all_or_none(events, captured=held.captured))


def _all_or_none(what: str, *, captured: bool) -> str:
    return f"all {what} were captured" if captured else f"none of {what} was captured"


def _keys(name: str, criteria: Mapping[str, Any], *, captured: bool) -> dict[str, Any]:
    return {"name": name, **criteria, "captured": captured}


def _holds(seen: Seen, candidate: _Candidate) -> bool:
    return bool(seen.number(f"kept {candidate.key}")) and not seen.number(f"broken {candidate.key}")


def _seen_values(seen: Seen, criterion: str) -> list[Any]:
    about = [json.loads(each) for each in seen.named("about")]
    return sorted(value for of, value in about if of == criterion)


def _outermost(event: CapturedEvent) -> Iterator[str]:
    """The name of the exception that an event is about. None that is made again in each test."""
    first = next(iter(event._exception_chain or ()), None)
    if first is not None and (names := [*_of_class(first.error_type)]) and names[0] == _dotted(first.error_type):
        yield names[0]


def _names(of: CapturedEvent | Operation) -> Iterator[str]:
    """The names that entries may ask by and that an event or an operation meets."""
    chain = of._exception_chain if isinstance(of, CapturedEvent) else of._chain
    known: list[tuple[str | None, str | None]] = [
        (each.__module__, each.__qualname__) for link in chain or () for each in link.error_type.__mro__
    ]
    if isinstance(of, CapturedEvent):
        known += [(each.get("module"), each.get("type")) for each in of.exceptions]
    for module, name in known:
        names = (name,) if module in (None, "builtins") else (name, f"{module}.{name}")
        yield from (each for each in names if _is_name(each) and _is_asked_for(each))


def _of_class(error_type: type) -> Iterator[str]:
    """What a class and all that it derives from are called in a configuration."""
    return filter(_is_name, map(_dotted, error_type.__mro__))


def _is_name(name: str | None) -> TypeGuard[str]:
    if type(name) is not str or name in _TOO_GENERAL:
        return False
    return name.isascii() and name.replace("_", "").replace(".", "").isalnum()


def _is_asked_for(name: str) -> bool:
    """Whether entries are suggested by this name: a bare one, which many classes may have, of built-in ones only."""
    return "." in name or hasattr(builtins, name)


def _dotted(of: type) -> str:
    return of.__qualname__ if of.__module__ == "builtins" else f"{of.__module__}.{of.__qualname__}"


def _values(criterion: object) -> Iterable[object]:
    return criterion if isinstance(criterion, (list, tuple, set, range)) else [criterion]


def _listed(values: Iterable[object]) -> str:
    *others, last = map(str, values)
    return f"{', '.join(others)} and {last}" if others else last

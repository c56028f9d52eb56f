"""What a run saw that a rule can be suggested from, and the suggestion itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

LEAST_EVENTS: Final = 3
LEAST_TESTS: Final = 2
"""How many events, of how many tests, a promise about every event rests on at least."""
UNJUDGED: Final = "not judged"
"""A sighting of what the rule could not judge with any options."""


class Sighting(NamedTuple):
    """Something in one recording that a suggestion can rest on.

    Attributes:
        what: what was seen, in words of the rule.
        size: how large it was, where that matters.
    """

    what: str
    size: int = 0


@dataclass
class Seen:
    """What all tests saw for one rule, added up.

    Attributes:
        kept: in how many tests the rule, as it is by default, was kept.
        broken: in how many it was broken.
        waived: in how many it was waived.
        not_judged: in how many it could not be judged.
        reasons: why.
        numbers: how often each thing was seen.
        tests: in how many tests.
        largest: its largest size.
    """

    kept: int = 0
    broken: int = 0
    waived: int = 0
    not_judged: int = 0
    reasons: Sequence[str] = ()
    numbers: Mapping[str, int] = field(default_factory=dict)
    tests: Mapping[str, int] = field(default_factory=dict)
    largest: Mapping[str, int] = field(default_factory=dict)

    @property
    def was_unjudged(self) -> bool:
        """Whether there was something that the rule could not judge, so that a waiver of it counts as used."""
        return bool(self.not_judged or self.number(UNJUDGED))

    def number(self, what: str) -> int:
        """How often something was seen."""
        return self.numbers.get(what, 0)

    def always_with(self, what: str, of: str) -> list[str]:
        """The names ``NAME`` for which ``"WHAT NAME"`` was seen as often as what it belongs to."""
        return sorted(name for name in self.named(what) if self.number(f"{what} {name}") == self.number(of))

    def lacks(self, names: Iterable[str], what: str, of: str) -> bool:
        """Whether one of these names was not seen, as ``"WHAT NAME"``, as often as what it belongs to."""
        return any(self.number(f"{what} {name}") < self.number(of) for name in names)

    def named(self, what: str) -> Iterator[str]:
        """The names ``NAME`` of all that was seen as ``"WHAT NAME"``."""
        return (key.removeprefix(f"{what} ") for key in self.numbers if key.startswith(f"{what} "))

    def is_enough(self, what: str) -> bool:
        """Whether something was seen often enough for a promise about all of its kind."""
        return self.number(what) >= LEAST_EVENTS and self.tests.get(what, 0) >= LEAST_TESTS

    def always(self, what: str, one: str, many: str, names: Sequence[str]) -> str:
        """That all events have these names, or that too few were seen to say so, in words."""
        times = self.times(what, one, many)
        if not self.is_enough(what):
            return f"only {times} {'was' if self.number(what) == 1 else 'were'} seen"
        return f"all {times} have {'it' if len(names) == 1 else 'them'}"

    def times(self, what: str, one: str, many: str) -> str:
        """How often something was seen, in words: ``"37 events of 14 tests"``."""
        return f"{_count(self.number(what), one, many)} of {_count(self.tests.get(what, 0), 'test', 'tests')}"


class Suggestion(NamedTuple):
    """A line of a configuration.

    Attributes:
        value: what stands behind the name of the rule.
        why: on what it rests, in words for users and without values of the application's.
        holds: whether the run would have kept it, else it is a comment.
    """

    value: Any
    why: str
    holds: bool = True


def from_trial(seen: Seen) -> Suggestion:
    """What is suggested of a rule that was tried out as it is by default."""
    found = [
        *([f"kept in {_count(seen.kept, 'test', 'tests')}"] if seen.kept else []),
        *([f"broken in {_count(seen.broken, 'test', 'tests')}"] if seen.broken else []),
        *([f"waived in {_count(seen.waived, 'test', 'tests')}"] if seen.waived else []),
        *([f"not judged in {_count(seen.not_judged, 'test', 'tests')}"] if seen.not_judged else []),
    ]
    if not seen.kept and seen.reasons:
        found.append(seen.reasons[0])
    return Suggestion(True, ", ".join(found) or "not exercised", holds=bool(seen.kept) and not seen.broken)


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"

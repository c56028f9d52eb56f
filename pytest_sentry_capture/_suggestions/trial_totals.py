"""What all tests of a configuration saw, added up for each rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from pytest_sentry_capture._rules import RuleTally, Seen


class TrialTotals:
    """The results of trials, added up."""

    def __init__(self) -> None:
        self._tallies: dict[str, RuleTally] = {}
        self._numbers: dict[str, Counter[str]] = {}
        self._tests: dict[str, Counter[str]] = {}
        self._largest: dict[str, dict[str, int]] = {}

    def add(self, result: Mapping[str, Any], *, is_test: bool) -> None:
        """Add what one attempt at a test saw, or what came outside of tests, which counts for no test."""
        for name, tally in result["tallies"].items():
            self._tallies.setdefault(name, RuleTally()).add(RuleTally.of(tally))
        for name, sightings in result["sightings"].items():
            largest = self._largest.setdefault(name, {})
            for what, number, size in sightings:
                self._numbers.setdefault(name, Counter())[what] += number
                self._tests.setdefault(name, Counter())[what] += is_test
                largest[what] = max(size, largest.get(what, 0))

    def seen(self, rule: str) -> Seen:
        """What was seen for a rule."""
        tally = self._tallies.get(rule, RuleTally())
        return Seen(
            tally.kept,
            tally.broken,
            tally.waived,
            tally.not_judged,
            [*tally.reasons],
            self._numbers.get(rule, {}),
            self._tests.get(rule, {}),
            self._largest.get(rule, {}),
        )

"""What all tests of a configuration saw, added up for each rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from pytest_sentry_capture._rules import RuleTally, Seen

TrialResult = dict[str, dict[str, Any]]
"""What one attempt at a test saw, in plain data: tallies of rules, and sightings."""


class TrialTotals:
    """The results of trials, added up."""

    def __init__(self) -> None:
        self._tallies: dict[str, RuleTally] = {}
        self._numbers: dict[str, Counter[str]] = {}
        self._tests: dict[str, Counter[str]] = {}
        self._largest: dict[str, dict[str, int]] = {}
        self._where_waived: dict[tuple[str, str], TrialTotals] = {}

    def add(self, result: Mapping[str, Any], *, is_test: bool) -> None:
        """Add what one attempt at a test saw, or items from outside of tests, which counts for no test."""
        whole: TrialResult = result["whole"]
        if not whole:
            return
        self._add(whole["tallies"], whole["sightings"], is_test=is_test)
        certain: TrialResult = result["certain"]
        self.certain._add(certain["tallies"], certain["sightings"], is_test=is_test)
        for rule, places in result["waived"].items():
            tallies, sightings = (
                {rule: found[rule]} if rule in found else {}
                for found in (certain["tallies"], certain["sightings_of_waived"])
            )
            for place in places:
                totals = self._where_waived.setdefault((rule, place), TrialTotals())
                totals._add(tallies, sightings, is_test=is_test)

    @cached_property
    def certain(self) -> TrialTotals:
        """The same without what random numbers decided about."""
        return TrialTotals()

    def _add(
        self, tallies: Mapping[str, Any], sightings: Mapping[str, Sequence[tuple[str, int, int]]], *, is_test: bool
    ) -> None:
        for name, tally in tallies.items():
            self._tallies.setdefault(name, RuleTally()).add(RuleTally.of(tally))
        for name, found in sightings.items():
            largest = self._largest.setdefault(name, {})
            for what, number, size in found:
                self._numbers.setdefault(name, Counter())[what] += number
                self._tests.setdefault(name, Counter())[what] += is_test
                largest[what] = max(size, largest.get(what, 0))

    def seen_where_waived(self, rule: str, place: str) -> Seen:
        """What was seen for a rule by the tests that waive it by the marker at this place."""
        return self._where_waived.get((rule, place), TrialTotals()).seen(rule)

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

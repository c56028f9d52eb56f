"""One attempt at a test, on which all built-in rules are tried out that a configuration may want."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from pytest_sentry_capture._assertions import Formatter
from pytest_sentry_capture._recording import Recording, settled_decisions
from pytest_sentry_capture._rules import (
    BUILT_IN_RULES,
    EXPECT,
    EnforcedRule,
    RuleRun,
    Sighting,
    Waiver,
    expectations_seen,
)
from pytest_sentry_capture._suggestions.trial_totals import SAMPLING


class Trial:
    """What rules would say of a test, and what their options can be suggested from. It fails no test.

    Args:
        recording: what was seen in this process.
        waivers: the test's.
        received: what came to ``sentry_server``; None where the test does not use it.
    """

    def __init__(self, recording: Recording, waivers: Sequence[Waiver] = (), received: Recording | None = None) -> None:
        self._recording = recording
        tried = [each() for each in BUILT_IN_RULES.values() if each._built_in_needs.is_tried_out]
        self._rule_run = RuleRun([EnforcedRule(rule, "") for rule in tried], recording, waivers, received)
        self._waived: dict[str, list[str]] = {}
        for each in waivers:
            self._waived.setdefault(each.rule, []).append(each.place)
        self._sightings: dict[str, list[list[Any]]] = {}
        self._sightings_of_waived: dict[str, list[list[Any]]] = {}

    def judge(self, *, is_over: bool) -> None:
        """Try out what has been recorded since the last time; ``is_over`` says that the test's teardown has ended."""
        if not is_over:
            self._rule_run.judge_new()
            return
        self._rule_run.judge_rest()
        whole = self._rule_run.whole
        if settled := settled_decisions(self._recording):
            self._sightings[SAMPLING] = [[SAMPLING, settled, 0]]
        if self._recording.hiding():
            return  # captures may be missing: rules say nothing then
        for name, rule in BUILT_IN_RULES.items():
            # no option has to hold in a test that waives the rule
            sightings = self._sightings_of_waived if name in self._waived else self._sightings
            sightings[name] = _added_up(rule._sightings(whole))
        if whole._recording.client_was_active:
            self._sightings[EXPECT] = _added_up(expectations_seen(whole))

    def result(self) -> dict[str, Any]:
        """What was found, in plain data, for ``TrialTotals``."""
        formatter = Formatter.for_reports(self._recording)
        tallies = {name: vars(tally.shown(formatter)) for name, tally in self._rule_run.tallies.items()}
        return {
            "tallies": tallies,
            "sightings": self._sightings,
            "waived": self._waived,
            "sightings_of_waived": self._sightings_of_waived,
        }


def _added_up(sightings: Iterable[Sighting]) -> list[list[Any]]:
    """What was seen, how often, and the largest size of it."""
    numbers: Counter[str] = Counter()
    largest: dict[str, int] = {}
    for what, size in sightings:
        numbers[what] += 1
        largest[what] = max(size, largest.get(what, 0))
    return [[what, number, largest[what]] for what, number in numbers.items()]

"""One attempt at a test, on which all built-in rules are tried out that a configuration may want."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from pytest_sentry_capture._assertions import Formatter
from pytest_sentry_capture._recording import Recording, certain_entries
from pytest_sentry_capture._rules import (
    BUILT_IN_RULES,
    EXPECT,
    UNJUDGED,
    EnforcedRule,
    RuleRun,
    RuleViews,
    Sighting,
    Waiver,
    expectations_seen,
)
from pytest_sentry_capture._suggestions.trial_totals import TrialResult


class Trial:
    """What rules would say of a test, and what their options can be suggested from. It fails no test.

    Args:
        recording: what was seen in this process.
        waivers: the test's.
        received: items received by ``sentry_server``, or None if the test does not use it.
    """

    def __init__(self, recording: Recording, waivers: Sequence[Waiver] = (), received: Recording | None = None) -> None:
        self._recording = recording
        self._waivers = waivers
        tried = [each() for each in BUILT_IN_RULES.values() if each._built_in_needs.is_tried_out]
        self._rules = [EnforcedRule(rule, "") for rule in tried]
        self._rule_run = RuleRun(self._rules, recording, waivers, received)
        self._waived: dict[str, list[str]] = {}
        for each in waivers:
            self._waived.setdefault(each.rule, []).append(each.place)
        self._whole: TrialResult = {}
        self._certain: TrialResult | None = None

    def judge(self, *, is_over: bool) -> None:
        """Try out what has been recorded since the last time. ``is_over`` says that the test's teardown has ended."""
        if not is_over:
            self._rule_run.judge_new()
            return
        self._rule_run.judge_rest()
        whole = self._rule_run.whole
        self._whole = self._result(self._rule_run, whole)
        entries = whole._recording.entries
        certain = certain_entries(entries)
        if len(certain) < len(entries):
            part = whole._recording.holding(certain)
            part.client_was_active = whole._recording.client_was_active
            rule_run = RuleRun(self._rules, part, self._waivers)
            rule_run.judge_rest()
            self._certain = self._result(rule_run, rule_run.whole)

    def result(self) -> dict[str, Any]:
        """What was found, in plain data, for ``TrialTotals``: ``certain`` without what chance decided about."""
        certain = self._whole if self._certain is None else self._certain
        return {"whole": self._whole, "certain": certain, "waived": self._waived}

    def _result(self, rule_run: RuleRun, views: RuleViews) -> TrialResult:
        formatter = Formatter.for_reports(self._recording)
        tallies = {name: vars(tally.shown(formatter)) for name, tally in rule_run.tallies.items()}
        sightings: dict[str, list[list[Any]]] = {}
        of_waived: dict[str, list[list[Any]]] = {}
        if self._recording.hiding():  # captures may be missing
            of_waived = {name: [[UNJUDGED, 1, 0]] for name in self._waived}
        else:
            for name, rule in BUILT_IN_RULES.items():
                # no option has to hold in a test that waives the rule
                (of_waived if name in self._waived else sightings)[name] = _added_up(rule._sightings(views))
            if views._recording.client_was_active:
                sightings[EXPECT] = _added_up(expectations_seen(views))
        return {"tallies": tallies, "sightings": sightings, "sightings_of_waived": of_waived}


def _added_up(sightings: Iterable[Sighting]) -> list[list[Any]]:
    """What was seen, how often, and the largest size of it."""
    numbers: Counter[str] = Counter()
    largest: dict[str, int] = {}
    for what, size in sightings:
        numbers[what] += 1
        largest[what] = max(size, largest.get(what, 0))
    return [[what, number, largest[what]] for what, number in numbers.items()]

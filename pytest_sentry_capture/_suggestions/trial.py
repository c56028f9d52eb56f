"""One attempt at a test, on which all built-in rules are tried out that a configuration may want."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from pytest_sentry_capture._assertions import Formatter
from pytest_sentry_capture._recording import Recording
from pytest_sentry_capture._rules import (
    BUILT_IN_RULES,
    EXPECT,
    EnforcedRule,
    RuleRun,
    Sighting,
    Waiver,
    expectations_seen,
)


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
        self._waived = {each.rule for each in waivers}
        self._sightings: dict[str, list[list[Any]]] = {}

    def judge(self, *, is_over: bool) -> None:
        """Try out what has been recorded since the last time; ``is_over`` says that the test's teardown has ended."""
        if not is_over:
            self._rule_run.judge_new()
            return
        self._rule_run.judge_rest()
        whole = self._rule_run.whole
        if self._recording.hiding():
            return  # captures may be missing: rules say nothing then
        for name, rule in BUILT_IN_RULES.items():
            if name not in self._waived:  # where its options may be what they like
                self._note(name, rule._sightings(whole))
        if whole._recording.client_was_active:
            self._note(EXPECT, expectations_seen(whole))

    def result(self) -> dict[str, Any]:
        """What was found, in plain data, for ``TrialTotals``."""
        formatter = Formatter.for_reports(self._recording)
        tallies = {name: vars(tally.shown(formatter)) for name, tally in self._rule_run.tallies.items()}
        return {"tallies": tallies, "sightings": self._sightings}

    def _note(self, rule: str, sightings: Iterable[Sighting]) -> None:
        numbers: Counter[str] = Counter()
        largest: dict[str, int] = {}
        for what, size in sightings:
            numbers[what] += 1
            largest[what] = max(size, largest.get(what, 0))
        if numbers:
            self._sightings[rule] = [[what, number, largest[what]] for what, number in numbers.items()]

"""What the terminal summary says of the rules of a configuration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from pytest_sentry_capture._reports import RULE_STATES, RuleState, RuleSummary
from pytest_sentry_capture._rules import BUILT_IN_RULES, RuleTally, Waiver
from pytest_sentry_capture._run.findings import CONTRACT, Breach, grouped
from pytest_sentry_capture._run.judged_configuration import JudgedConfiguration
from pytest_sentry_capture._run.judged_rule import JudgedRule
from pytest_sentry_capture._run.settings.options import Settings
from pytest_sentry_capture._run.summary.summary_lines import STATE_WIDTH, SummaryPart

_MOST_GROUPS: Final = 10
WARNING: Final = "warning"
EXPIRED: Final = "expired"
"""The state of a waiver whose last day was over when the run started: it is reported as expired, not as unused."""


class RulesSummary(SummaryPart):
    """How many rules are in which state, and which waivers and other exceptions are unused.

    Args:
        judged: the configuration.
        names_file: whether to name the file that the rules stand in, because there are several.
        unseen: how many requests were not observed, in words for users, empty if all were.
        today: the day, in UTC, on which the run started (ISO 8601).

    Attributes:
        summaries: what became of each rule.
        warnings: of how many rules was said that they can't judge anything.
        unused: what nothing needed, in words for users.
        left_by_strict_run: how often something was reported that fails a strict run, by the state that it is in.
    """

    def __init__(
        self, judged: JudgedConfiguration, settings: Settings, *, names_file: bool, unseen: str, today: str = ""
    ) -> None:
        super().__init__()
        self._judged = judged
        self._settings = settings
        self._names_file = names_file
        self._unseen = unseen
        self._today = today
        self._told_waivers: Collection[Waiver] = ()
        self.summaries = [*map(self._summary_of, judged.rules)]
        self.warnings = 0
        self.unused: list[str] = []
        self.left_by_strict_run: Counter[str] = Counter()

    def sum_up(self, told_waivers: Collection[Waiver] = ()) -> None:
        """Add all lines.

        Args:
            told_waivers: those that the summary of the contract has named.
        """
        self._told_waivers = told_waivers
        self._count_states()
        breaches = self._judged.totals.breaches
        order = [rule.name for rule in self._judged.rules]
        for name, of_rule in _by_rule(breaches, order).items():
            if self._judged.rules or any(map(is_untold, of_rule)):
                self.say(*_about_broken(name, of_rule))
        self.fails = any(each.file is None and each.severity == "fail" for each in breaches)
        not_judged = [summary for summary in self.summaries if summary.state == "not judged"]
        for summary in not_judged:
            self.tell(summary.state, _not_judged(summary))
        without_files = self._paths_without_files() if self._judged.is_asked else {}
        warnings = [(WARNING, what) for what in without_files.values()]
        unused = [*self._unused(without_files)] if self._judged.is_asked else []
        if self._judged.partial:
            unused = [each for each in unused if each[0] == EXPIRED]
        for state, what in [*warnings, *unused]:
            self.tell(state, what)
        self.unused = [what for state, what in unused if state == "unused"]
        told = Counter(state for state, _ in [*warnings, *unused])
        self.warnings = told[WARNING]
        if self._settings.strict:
            whole = not self._judged.partial
            left = [*(each.state for each in not_judged), *(state for state, _ in unused)] if whole else []
            self.left_by_strict_run.update([*left, *(state for state, _ in warnings)])

    def _summary_of(self, rule: JudgedRule) -> RuleSummary:
        tally = self._judged.totals.tally(rule.name)
        obstacles = [rule.obstacle] if rule.obstacle is not None else [*tally.reasons]
        return RuleSummary(
            name=rule.name,
            state=_state_of(tally, obstacles),
            kept=tally.kept,
            broken=tally.broken,
            not_judged=tally.not_judged,
            obstacles=tuple(obstacles),
            severity=rule.severity,
            place=rule.place,
        )

    def _count_states(self) -> None:
        if not self.summaries:
            return
        states = [summary.state for summary in self.summaries]
        counts = [f"{states.count(state)} {state}" for state in RULE_STATES]
        of_file = (
            f" of {self._judged.configuration.file}" if self._names_file and self._judged.configuration.file else ""
        )
        self.say(f"Rules{of_file}: {', '.join(counts)}.")

    def _paths_without_files(self) -> dict[str, str]:
        """What must be said of each rule whose ``paths`` match no file, by the rule's name."""
        found = {}
        for rule in self._judged.rules:
            if rule.paths_without_files:
                named = ", ".join(map(repr, rule.paths_without_files))
                found[rule.name] = f"{rule.name} ({rule.place}): no file matches {named} in its paths"
        return found

    def _unused(self, told: Collection[str]) -> Iterator[tuple[str, str]]:
        """The state, and what is in it. Without the rules that are ``told`` of already."""
        not_judged = {summary.name for summary in self.summaries if summary.state == "not judged"}
        if self._settings.contract == "off":
            not_judged.add(CONTRACT)
        for summary, rule in zip(self.summaries, self._judged.rules, strict=True):
            if summary.state == "not exercised" and summary.name not in told:
                reason = rule.nothing_to_look_for
                what = f"{summary.name} ({summary.place})"
                if reason is not None:
                    yield WARNING, f"{what}: nothing to look for: {reason}"
                    continue
                why = f": {self._unseen.removesuffix('.')}" if self._unseen and rule.judges_exchanges else ""
                yield summary.state, f"{what}{why}"
        totals = self._judged.totals
        # a suggestion says itself which waivers are unused with the rules that it adds
        suggested = BUILT_IN_RULES.keys() - {each.name for each in self.summaries} if self._settings.suggests else ()
        for waiver in totals.unused_waivers():
            if waiver.rule in not_judged or waiver.rule in suggested or waiver in self._told_waivers:
                continue
            what = f"sentry_allow({waiver.rule!r}) of {waiver.place or 'the session'}"
            yield (EXPIRED, f"{what} ended on {waiver.until}") if waiver.has_expired(self._today) else ("unused", what)
        for name, entry in totals.unused_allowances(self._judged.rules):
            if name not in not_judged:
                yield "unused", f"{entry!r} in the allow list of {name!r}"


def _not_judged(summary: RuleSummary) -> str:
    others = len(summary.obstacles) - 1
    more = f" (and {others} more reason{'s' if others > 1 else ''})" if others else ""
    return f"{summary.name} ({summary.place}): {summary.obstacles[0]}{more}"


def _state_of(tally: RuleTally, obstacles: Sequence[str]) -> RuleState:
    if tally.broken:
        return "broken"
    if tally.kept or tally.waived:
        return "kept"
    return "not judged" if obstacles else "not exercised"


def _by_rule(breaches: Iterable[Breach], order: Sequence[str]) -> dict[str, list[Breach]]:
    """The breaches of each rule: of the rules in this order first."""
    result: dict[str, list[Breach]] = {name: [] for name in order}
    for breach in breaches:
        result.setdefault(breach.rule, []).append(breach)
    return {name: found for name, found in result.items() if found}


def is_untold(breach: Breach) -> bool:
    """Whether no failed test describes it."""
    return breach.severity == "warn" or breach.file is None


def _about_broken(rule: str, breaches: Sequence[Breach]) -> Iterator[str]:
    """A broken rule, and what breaks it."""
    number = len({breach.test for breach in breaches if breach.file is not None})
    tests = f" in {number} test{'' if number == 1 else 's'}" if number else ""
    state = "broken" if any(each.severity == "fail" for each in breaches) else WARNING
    indent = " " * (STATE_WIDTH + 4)
    groups = grouped(breaches)
    yield f"  {state:{STATE_WIDTH}}  {rule}{tests}"
    yield from (f"{indent}{group.problem} [{group.where}]" for group in groups[:_MOST_GROUPS])
    if len(groups) > _MOST_GROUPS:
        yield f"{indent}… and {len(groups) - _MOST_GROUPS} more problems, all of which --sentry-report=FILE lists."

"""How a run ends: its reports are written, the contract is checked or updated, and the rules are summed up."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Final, Literal, NamedTuple

from pytest_sentry_capture._recording import Chance
from pytest_sentry_capture._reports import (
    FILE,
    GITHUB_SUMMARY_VARIABLE,
    MARKDOWN,
    RULE_STATES,
    STATES,
    Contract,
    ContractError,
    Difference,
    FindingGroup,
    GithubLevel,
    RuleState,
    RuleSummary,
    RunFacts,
    RunReport,
    append_to_github_summary,
    differences_text,
    format_of,
    github_annotation,
    path_in_repository,
    pinned,
    read_contract,
    replace_file,
)
from pytest_sentry_capture._rules import EnforcedRule, RuleTally, Severity
from pytest_sentry_capture._run.findings import CONTRACT, Breach
from pytest_sentry_capture._run.settings.options import Settings
from pytest_sentry_capture._run.totals import Drawn, Totals

_MOST_GROUPS: Final = 10
_DONE: Final = {"check": "checked", "update": "updated"}
_STATE_WIDTH: Final = max(map(len, RULE_STATES))


Color = Literal["green", "yellow", "red"]


class Headline(NamedTuple):
    """What the run has shown, in one line for users, and the colour of that."""

    text: str
    color: Color


class Conclusion(NamedTuple):
    """How a run has ended.

    Attributes:
        headline: whether rules and contract are kept, or why the run proves nothing; None where nothing was asked for.
        lines: what the terminal summary says of rules, reports and the contract.
        annotations: GitHub's workflow commands for broken rules.
        fails: whether the run fails for what tests can't fail for.
    """

    lines: Sequence[str]
    annotations: Sequence[str]
    fails: bool
    headline: Headline | None = None


def conclude(
    totals: Totals,
    rules: Sequence[EnforcedRule],
    settings: Settings,
    why_partial: Callable[[], Sequence[str]],
    *,
    folder: Path,
    root: Path,
    verdict: str | None = None,
) -> Conclusion:
    """Write, compare and sum up.

    Args:
        totals: the findings of the run.
        rules: those that are on.
        settings: what the run was asked for.
        why_partial: says why the run was partial; empty for a whole one.
        folder: the folder that paths of reports start from.
        root: the folder of the contract.
        verdict: why the run proves nothing of what is sent to Sentry, in words for users; None where it does.
    """
    summary = RunSummary(totals, rules, settings, why_partial, verdict)
    summary.check_contract(root / FILE)
    summary.write_reports(folder)
    summary.sum_up_rules()
    summary.warn_of_chance()
    summary.warn_of_unknown_exceptions()
    annotations = [*_annotations(totals.breaches, root)]
    return Conclusion(summary.lines, annotations, summary.fails, summary.headline)


class RunSummary:
    """What the terminal summary says of a run, line by line, as the run is concluded.

    Attributes:
        lines: what it says so far.
        fails: whether the run fails for what tests can't fail for.
    """

    def __init__(
        self,
        totals: Totals,
        rules: Sequence[EnforcedRule],
        settings: Settings,
        why_partial: Callable[[], Sequence[str]],
        verdict: str | None = None,
    ) -> None:
        self._totals = totals
        self._rules = rules
        self._settings = settings
        self._why_partial = why_partial
        self._verdict = verdict
        self._differences: Sequence[Difference] | None = None
        self._has_updated = False
        self._left_by_strict_run: Counter[str] = Counter()
        self.lines: list[str] = []
        self.fails = False

    @property
    def headline(self) -> Headline | None:
        """What the run has shown; None where nothing was asked for."""
        if self._verdict is not None:
            return Headline(self._verdict, "red" if self.fails else "yellow")
        was_asked = self._rules or self._settings.contract != "off"
        if not (was_asked or self.fails or any(map(_is_untold, self._totals.breaches))):
            return None
        failures = [*self._failures()]
        if failures or self.fails:
            return Headline(f"Failed: {', '.join(failures) or 'see below'}.", "red")
        kept = [*self._kept()]
        warned = {breach.rule for breach in self._totals.breaches}
        more = [_counted(len(warned), "rule with warnings", "rules with warnings")] if warned else []
        if not kept and not more:
            return Headline("Nothing was judged.", "yellow")
        return Headline(f"Passed: {', '.join([*kept, *more])}.", "yellow" if more else "green")

    def _failures(self) -> Iterator[str]:
        broken = {breach.rule for breach in self._totals.breaches if breach.severity == "fail"}
        if broken:
            yield _counted(len(broken), "rule is broken", "rules are broken")
        if self._settings.contract != "off" and self._differences is None:
            yield f"the contract was not {_DONE[self._settings.contract]}"
        elif self._differences and self._settings.contract == "check":
            yield _counted(len(self._differences), "row differs from the contract", "rows differ from the contract")
        yield from (f"{number} {state}" for state, number in self._left_by_strict_run.items())

    def _kept(self) -> Iterator[str]:
        states = [summary.state for summary in map(self._summary_of, self._rules)]
        if number := states.count("kept"):
            yield _counted(number, "rule is kept", "rules are kept")
        if self._settings.contract == "check":
            yield "the contract is kept"
        elif self._settings.contract == "update":
            yield "the contract was updated" if self._has_updated else "the contract is up to date"

    @cached_property
    def _partial(self) -> Sequence[str]:
        """Why the run was partial: asked where it matters, for the answer may need a walk through the project."""
        return self._why_partial()

    def check_contract(self, file: Path) -> None:
        """Compare the run with the contract, or write the contract anew."""
        if self._settings.contract == "off":
            return
        try:
            contract = read_contract(file)
        except FileNotFoundError:
            contract = Contract()
            if self._settings.contract == "check":
                self._fail(f"There is no contract yet: pytest --sentry-contract=update writes {FILE}.")
                return
        except ContractError as error:
            self._fail(*str(error).splitlines())
            return
        except OSError as error:
            self._fail(f"{FILE} could not be read: {error.strerror}")
            return
        if self._verdict is not None:
            self._leave_contract_alone()
            return
        rows = self._totals.table.rows()
        partial = bool(self._partial)
        if self._settings.contract == "update":
            found = pinned(rows)
            self._differences = contract.differences(found, partial=partial)
            self._update(file, contract, contract.updated(found, partial=partial))
            return
        self._differences = contract.differences(contract.comparable(rows), partial=partial)
        if self._differences:
            self._fail(*differences_text(self._differences).splitlines())
        else:
            self.lines.append(f"The contract is kept: {len(contract.rows)} rows in {FILE}.{self._partial_note()}")

    def _leave_contract_alone(self) -> None:
        """Nothing of what it is about could be seen; in a partial run, this may be right."""
        line = f"{FILE} was not {_DONE[self._settings.contract]}: nothing could be captured in this"
        if self._settings.contract == "check" and self._partial:
            self.lines.append(f"{line} partial run ({'; '.join(self._partial)}).")
        else:
            self._fail(f"{line} run.")

    def _update(self, file: Path, contract: Contract, text: str) -> None:
        if text == contract.text and contract.rows:
            self.lines.append(f"{FILE} is up to date.{self._partial_note()}")
            return
        if self._write(file, text, FILE):
            self._has_updated = True
            states = [difference.state for difference in self._differences or ()]
            counts = [f"{states.count(state)} {state}" for state in STATES if state in states]
            changes = f": {', '.join(counts)}" if counts else ""
            self.lines.append(f"{FILE} was updated{changes}.{self._partial_note()}")

    def _partial_note(self) -> str:
        return f" A partial run ({'; '.join(self._partial)}): nothing was taken for gone." if self._partial else ""

    def write_reports(self, folder: Path) -> None:
        """Write the files that were asked for and, in GitHub Actions, the summary of the step."""
        summary = os.environ.get(GITHUB_SUMMARY_VARIABLE)
        is_summed_up = summary and (self._settings.reports or self._settings.contract != "off")
        if not (self._settings.reports or is_summed_up):
            return
        report = RunReport(
            self._totals.table.rows(),
            [*map(self._summary_of, self._rules)],
            self._differences,
            self._has_updated,
            self._partial,
            facts=self._facts(),
            findings=grouped(self._totals.breaches),
            verdict=self._verdict,
        )
        for path in self._settings.reports:
            target = folder / path
            if self._write(target, format_of(path).render(report), str(path)):
                self.lines.append(f"What was captured and what was not: {path}")
        if summary and is_summed_up:
            try:
                append_to_github_summary(Path(summary), MARKDOWN.render(report))
            except OSError as error:
                self._fail(f"The summary of the step could not be written: {error.strerror}")

    def _facts(self) -> RunFacts:
        totals = self._totals
        return RunFacts(
            sdk=", ".join(sorted(totals.sdk_versions)) or None,
            integrations=sorted(totals.integrations),
            counts=dict(sorted(totals.counts.items())),
            personal_data=sorted(totals.personal_data, key=lambda each: each.sort_key),
        )

    def _write(self, target: Path, text: str, name: str) -> bool:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            replace_file(target, text)
        except OSError as error:
            self._fail(f"{name} could not be written: {error.strerror}")
            return False
        return True

    def _summary_of(self, enforced: EnforcedRule) -> RuleSummary:
        tally = self._totals.tally(enforced.rule.name)
        obstacles = [enforced.rule._obstacle] if enforced.rule._obstacle is not None else [*tally.reasons]
        return RuleSummary(
            name=enforced.rule.name,
            state=_state_of(tally, obstacles),
            kept=tally.kept,
            broken=tally.broken,
            not_judged=tally.not_judged,
            obstacles=tuple(obstacles),
            severity=enforced.rule.severity,
            place=enforced.place,
        )

    def sum_up_rules(self) -> None:
        """How many rules are in which state, and which waivers and other exceptions are unused."""
        summaries = [*map(self._summary_of, self._rules)]
        if summaries:
            states = [summary.state for summary in summaries]
            counts = [f"{states.count(state)} {state}" for state in RULE_STATES]
            self.lines.append(f"Rules: {', '.join(counts)}.")
        order = [enforced.rule.name for enforced in self._rules]
        for name, breaches in _by_rule(self._totals.breaches, order).items():
            if self._rules or any(map(_is_untold, breaches)):
                self.lines += _about_broken(name, breaches)
            self.fails = self.fails or any(each.file is None and each.severity == "fail" for each in breaches)
        not_judged = [summary for summary in summaries if summary.state == "not judged"]
        for summary in not_judged:
            others = len(summary.obstacles) - 1
            more = f" (and {others} more reason{'s' if others > 1 else ''})" if others else ""
            self._tell(summary.state, f"{summary.name} ({summary.place}): {summary.obstacles[0]}{more}")
        unused = [*self._unused(summaries)]
        if unused and self._partial:
            unused = []
        for state, what in unused:
            self._tell(state, what)
        if self._settings.strict and not self._partial:
            if not_judged or unused:
                self._left_by_strict_run.update([*(each.state for each in not_judged), *(state for state, _ in unused)])
                self._fail("A strict run fails for each of them (sentry_strict).")
            if self._verdict is not None:
                self._fail("A strict run fails where Sentry was never on (sentry_strict).")
        self._tell_unused_loggers()

    def warn_of_unknown_exceptions(self) -> None:
        """Name the exception classes that tests asserted not to be captured, and that no process had loaded."""
        for name, test in self._totals.unknown_exceptions.items():
            self.lines.append(
                f"No loaded exception class is called {name!r}, whose absence {test} asserts. Check the name, or pass"
                " the class."
            )

    def warn_of_chance(self) -> None:
        """Name what was sampled by chance, what is different for it from run to run, and how it is settled."""
        files = [*(["the contract"] if self._settings.contract != "off" else [])]
        files += ["the report"] if self._settings.reports else []
        for chance, drawn in sorted(self._totals.by_chance.items(), key=lambda each: str(each[0])):
            if met := [*drawn.rules, *files]:
                self.lines += _about_chance(chance, drawn, met)

    def _unused(self, summaries: Sequence[RuleSummary]) -> Iterator[tuple[str, str]]:
        not_judged = {summary.name for summary in summaries if summary.state == "not judged"}
        if self._settings.contract == "off":
            not_judged.add(CONTRACT)
        for summary in summaries:
            if summary.state == "not exercised":
                yield summary.state, f"{summary.name} ({summary.place})"
        for waiver in self._totals.unused_waivers():
            if waiver.rule not in not_judged:
                yield "unused", f"sentry_allow({waiver.rule!r}) of {waiver.place or 'the session'}"
        for rule, entry in self._totals.unused_allowances(self._rules):
            if rule not in not_judged:
                yield "unused", f"{entry!r} in the allow list of {rule!r}"
        if self._rules or self._settings.strict:
            for entry in self._totals.unused_ignored_errors():
                yield "unused", f"{entry!r} in the application's ignore_errors"

    def _tell_unused_loggers(self) -> None:
        """No strict run fails for them: under a test client, a server's own loggers say nothing."""
        unused = self._totals.unused_ignored_loggers() if self._rules or self._settings.strict else []
        for call in unused if unused and not self._partial else ():
            self._tell("unused", f"{call}: no test with sentry_capture logged to it")

    def _tell(self, state: str, what: str) -> None:
        self.lines.append(f"  {state:{_STATE_WIDTH}}  {what}")

    def _fail(self, *lines: str) -> None:
        self.lines += lines
        self.fails = True


def _state_of(tally: RuleTally, obstacles: Sequence[str]) -> RuleState:
    if tally.broken:
        return "broken"
    if tally.kept or tally.waived:
        return "kept"
    return "not judged" if obstacles else "not exercised"


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def grouped(breaches: Iterable[Breach]) -> list[FindingGroup]:
    """The same problems of several tests together, those of most tests first, and always in the same order."""
    groups: dict[tuple[str, Severity, str], list[Breach]] = {}
    for breach in breaches:
        groups.setdefault((breach.rule, breach.severity, breach.problem), []).append(breach)
    result: list[FindingGroup] = []
    for what, found in groups.items():
        found.sort(key=_place)
        tests = tuple(dict.fromkeys(each.test for each in found))
        result.append(FindingGroup(*what, tests, found[0].file, found[0].line))
    return sorted(
        result, key=lambda each: (-len(each.tests), each.file or "", each.line or 0, each.tests, each.problem)
    )


def _place(breach: Breach) -> tuple[str, int, str]:
    return breach.file or "", breach.line or 0, breach.test


def _by_rule(breaches: Sequence[Breach], order: Sequence[str]) -> dict[str, list[Breach]]:
    """The breaches of each rule: of the rules in this order first."""
    result: dict[str, list[Breach]] = {name: [] for name in order}
    for breach in breaches:
        result.setdefault(breach.rule, []).append(breach)
    return {name: found for name, found in result.items() if found}


def _is_untold(breach: Breach) -> bool:
    """Whether no failed test tells of it."""
    return breach.severity == "warn" or breach.file is None


def _about_broken(rule: str, breaches: Sequence[Breach]) -> Iterator[str]:
    """A broken rule, and what breaks it."""
    number = len({breach.test for breach in breaches if breach.file is not None})
    tests = f" in {number} test{'' if number == 1 else 's'}" if number else ""
    state = "broken" if any(each.severity == "fail" for each in breaches) else "warning"
    indent = " " * (_STATE_WIDTH + 4)
    groups = grouped(breaches)
    yield f"  {state:{_STATE_WIDTH}}  {rule}{tests}"
    yield from (f"{indent}{group.problem} [{group.where}]" for group in groups[:_MOST_GROUPS])
    if len(groups) > _MOST_GROUPS:
        yield f"{indent}… and {len(groups) - _MOST_GROUPS} more problems, which a file of --sentry-report names."


def _about_chance(chance: Chance, drawn: Drawn, met: Sequence[str]) -> Iterator[str]:
    what = f"{drawn.number} {chance.kind}{'' if drawn.number == 1 else 's'}"
    tests = [*drawn.tests]
    where = f"in {len(tests)} tests, first: {tests[0]}" if len(tests) > 1 else f"in {tests[0]}"
    source = chance.option or "a sample rate"
    if chance.rate is not None:
        source = f"{source}={chance.rate:g}" if chance.option else f"{source} of {chance.rate:g}"
    yield f"{source} left {what} to chance {where}. What is captured differs from run to run, for {', '.join(met)}."
    yield f"  {_settled(chance)}"


def _settled(chance: Chance) -> str:
    if not chance.option:
        return "To settle it, set the rate to 1.0 in the process that sends them."
    if not chance.is_of_test:
        return 'To settle it: sampling = "all" in [tool.sentry_capture].'
    if chance.rate is None:
        return f"To settle it, let the {chance.option} that the test gives answer 0 or 1."
    return f"The test gives this rate itself. To settle it, give {chance.option}=1.0 there."


def _annotations(breaches: Sequence[Breach], root: Path) -> Iterator[str]:
    for group in grouped(breaches):
        level: GithubLevel = "warning" if group.severity == "warn" else "error"
        file = path_in_repository(root / group.file) if group.file is not None else None
        message = f"{group.problem} ({group.where})" if len(group.tests) > 1 else group.problem
        yield github_annotation(level, file, group.line, f"Sentry rule {group.rule}", message)

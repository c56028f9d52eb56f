"""How a run ends: its reports are written, the contract is checked or updated, and the rules are summed up."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from pytest_sentry_capture.reports import github
from pytest_sentry_capture.reports.contract import FILE, Contract, ContractError, pinned, read_contract
from pytest_sentry_capture.reports.differences import STATES, Difference, render
from pytest_sentry_capture.reports.markdown import render_report as render_markdown
from pytest_sentry_capture.reports.rendering import RENDERINGS
from pytest_sentry_capture.reports.report import RuleSummary, RunReport
from pytest_sentry_capture.reports.writing import replace_file
from pytest_sentry_capture.results import CONTRACT, Breach, Results
from pytest_sentry_capture.rules.judging import EnforcedRule
from pytest_sentry_capture.settings.options import Settings

_MOST_LINES: Final = 10


class Conclusion(NamedTuple):
    """How a run has ended.

    Attributes:
        lines: what the terminal summary says of rules, reports and the contract.
        annotations: GitHub's workflow commands for broken rules.
        fails: whether the run fails for what tests can't fail for.
    """

    lines: Sequence[str]
    annotations: Sequence[str]
    fails: bool


def conclude(
    results: Results,
    rules: Sequence[EnforcedRule],
    settings: Settings,
    partial: Sequence[str],
    folder: Path,
    root: Path,
) -> Conclusion:
    """Write, compare and sum up; see ``Run.conclude`` for the arguments."""
    ending = _Ending(results, rules, settings, [*partial, *results.incomplete])
    ending.check_contract(root / FILE)
    ending.write_reports(folder)
    ending.sum_up_rules()
    return Conclusion(ending.lines, [*_annotations(results.breaches, root)], ending.fails)


class _Ending:
    def __init__(
        self, results: Results, rules: Sequence[EnforcedRule], settings: Settings, partial: Sequence[str]
    ) -> None:
        self._results = results
        self._rules = rules
        self._settings = settings
        self._partial = partial
        self._differences: Sequence[Difference] | None = None
        self._has_updated = False
        self.lines: list[str] = []
        self.fails = False

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
        found = pinned(self._results.table.rows())
        self._differences = contract.differences(found, partial=bool(self._partial))
        if self._settings.contract == "update":
            self._update(file, contract, contract.updated(found, partial=bool(self._partial)))
        elif self._differences:
            self._fail(*render(self._differences).splitlines())
        else:
            self.lines.append(f"The contract is kept: {len(contract.rows)} rows in {FILE}.{self._partial_note()}")

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
        report = RunReport(
            self._results.table.rows(),
            [*map(self._summary_of, self._rules)],
            self._differences,
            self._has_updated,
            self._partial,
        )
        for path in self._settings.reports:
            target = folder / path
            if self._write(target, RENDERINGS[path.suffix](report), str(path)):
                self.lines.append(f"What was captured and what was not: {path}")
        summary = os.environ.get(github.SUMMARY_VARIABLE)
        if summary and (self._settings.reports or self._settings.contract != "off"):
            try:
                github.append_to_summary(Path(summary), render_markdown(report))
            except OSError as error:
                self._fail(f"The summary of the step could not be written: {error.strerror}")

    def _write(self, target: Path, text: str, name: str) -> bool:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            replace_file(target, text)
        except OSError as error:
            self._fail(f"{name} could not be written: {error.strerror}")
            return False
        return True

    def _summary_of(self, enforced: EnforcedRule) -> RuleSummary:
        tally = self._results.tally(enforced.rule.name)
        kept = "kept" if tally.kept or tally.waived else "never exercised"
        return RuleSummary(
            name=enforced.rule.name,
            state="broken" if tally.broken else kept,  # type: ignore[arg-type]
            kept=tally.kept,
            broken=tally.broken,
            severity=enforced.rule.severity,
            place=enforced.place,
        )

    def sum_up_rules(self) -> None:
        """How many rules were kept, broken and never exercised, and which exceptions excused nothing."""
        summaries = [*map(self._summary_of, self._rules)]
        if summaries:
            states = [summary.state for summary in summaries]
            counts = [f"{states.count(state)} {state}" for state in ("kept", "broken", "never exercised")]
            self.lines.append(f"Rules: {', '.join(counts)}.")
        for name, breaches in _by_rule(self._results.breaches).items():
            if self._rules or any(map(_is_untold, breaches)):
                self.lines += _about_broken(name, breaches)
            self.fails = self.fails or any(each.file is None and each.severity == "fail" for each in breaches)
        idle = [*self._not_judged(), *(self._idle(summaries) if not self._partial else ())]
        self.lines += [f"  idle     {line}" for line in idle]
        if idle and self._settings.strict and not self._partial:
            self._fail("A strict run fails for each of them (sentry_strict).")

    def _not_judged(self) -> Iterator[str]:
        for each in self._rules:
            if each.rule.obstacle is not None:
                yield f"rule {each.rule.name!r} was not judged ({each.place}): {each.rule.obstacle}"

    def _idle(self, summaries: Sequence[RuleSummary]) -> Iterator[str]:
        not_judged = {each.rule.name for each in self._rules if each.rule.obstacle is not None}
        if self._settings.contract == "off":
            not_judged.add(CONTRACT)
        for summary in summaries:
            if summary.state == "never exercised" and summary.name not in not_judged:
                yield f"rule {summary.name!r} was never exercised ({summary.place})"
        for waiver in self._results.idle_waivers():
            if waiver.rule not in not_judged:
                yield f"sentry_allow({waiver.rule!r}) of {waiver.place or 'the session'} waived nothing"
        for rule, entry in self._results.idle_allowances(self._rules):
            if rule not in not_judged:
                yield f"{entry!r} in the allow list of {rule!r} excused nothing"
        if self._rules or self._settings.strict:
            for entry in self._results.idle_ignored_errors():
                yield f"{entry!r} in the application's ignore_errors ignored nothing"

    def _fail(self, *lines: str) -> None:
        self.lines += lines
        self.fails = True


def _by_rule(breaches: Sequence[Breach]) -> dict[str, list[Breach]]:
    result: dict[str, list[Breach]] = {}
    for breach in breaches:
        result.setdefault(breach.rule, []).append(breach)
    return result


def _is_untold(breach: Breach) -> bool:
    """Whether no failed test tells of it."""
    return breach.severity == "warn" or breach.file is None


def _about_broken(rule: str, breaches: Sequence[Breach]) -> Iterator[str]:
    """A broken rule, and what no failed test tells about it: warnings, and what came outside of tests."""
    number = len({breach.test for breach in breaches if breach.file is not None})
    tests = f" in {number} test{'' if number == 1 else 's'}" if number else ""
    untold = [*filter(_is_untold, breaches)]
    yield f"  {'broken' if any(each.severity == 'fail' for each in breaches) else 'warning':7}  {rule}{tests}"
    yield from (f"           {breach.headline} [{breach.test}]" for breach in untold[:_MOST_LINES])
    if len(untold) > _MOST_LINES:
        yield f"           … and {len(untold) - _MOST_LINES} more"


def _annotations(breaches: Sequence[Breach], root: Path) -> Iterator[str]:
    for breach in breaches:
        level: github.Level = "warning" if breach.severity == "warn" else "error"
        file = github.path_in_repository(root / breach.file) if breach.file is not None else None
        yield github.annotation(level, file, breach.line, f"Sentry rule {breach.rule}", breach.headline)

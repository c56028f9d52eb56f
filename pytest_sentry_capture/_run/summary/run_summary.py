"""How a run ends: its reports are written, contracts are checked or updated, and the rules are summed up."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Final

from pytest_sentry_capture._reports import (
    GITHUB_SUMMARY_VARIABLE,
    MARKDOWN,
    ContractComparison,
    FindingGroup,
    GithubLevel,
    RuleSummary,
    RunReport,
    RunStatus,
    append_to_github_summary,
    format_of,
    github_annotation,
    path_in_repository,
    replace_file,
    shown_sentence,
    shown_test,
    shown_text,
)
from pytest_sentry_capture._rules import Severity
from pytest_sentry_capture._run.findings import Breach, grouped
from pytest_sentry_capture._run.judged_configuration import JudgedConfiguration
from pytest_sentry_capture._run.settings.configuration import name_of_file
from pytest_sentry_capture._run.settings.options import Settings
from pytest_sentry_capture._run.summary.chance_summary import about_chance
from pytest_sentry_capture._run.summary.contract_summary import DONE, ContractSummary
from pytest_sentry_capture._run.summary.rules_summary import EXPIRED, WARNING, RulesSummary, is_untold
from pytest_sentry_capture._run.summary.run_facts import RunDescription, facts_of, shown_waivers
from pytest_sentry_capture._run.summary.suggestion_text import NOTHING_TO_SUGGEST, SuggestionText
from pytest_sentry_capture._run.summary.summary_lines import Conclusion, FailedCheck, Headline, SummaryPart, one_or_many
from pytest_sentry_capture._run.totals import Totals
from pytest_sentry_capture._text import LIMITS, LIVE_SERVERS, counted, reference

_ABOUT_UNSEEN: Final = (
    f"Their statuses and routes are unknown, and no rule judges their answers: see {reference(LIMITS, 'requests')}."
)


def conclude(
    totals: Totals,
    judged: Sequence[JudgedConfiguration],
    settings: Settings,
    *,
    folder: Path,
    root: Path,
    warnings: Sequence[str] = (),
    notes: Sequence[str] = (),
    verdict: str | None = None,
    run: RunDescription = RunDescription(),  # noqa: B008  (it can't change)
    incomplete: Sequence[str] = (),
    must_be_whole: bool = False,
) -> Conclusion:
    """Write, compare and sum up.

    Args:
        totals: the findings of the run.
        judged: the configurations of which tests were collected.
        settings: what the run was asked for.
        folder: the folder that paths of reports start from.
        root: the rootdir.
        warnings: what is wrong with the run itself, in words for users. A strict run fails for it.
        notes: what else must be said, in words for users.
        verdict: why the run proves nothing of what is sent to Sentry, in words for users, or None if it does.
        run: when it took place, and with what.
        incomplete: what of it is not there, in words for users.
        must_be_whole: whether it fails for that.
    """
    summary = RunSummary(totals, judged, settings, verdict, run)
    summary.tell_what_is_missing(incomplete, must_be_whole=must_be_whole)
    summary.check_contracts()
    place_of_reports = len(summary.lines)
    summary.warn_of_late_events()
    summary.warn_of_unseen_requests()
    summary.sum_up_rules(warnings)
    summary.warn_of_chance()
    summary.warn_of_unknown_exceptions()
    summary.say(*notes)
    summary.write_reports(folder, place_of_reports)
    if settings.suggests:
        summary.suggest()
    failed_checks = [*summary.failed_checks]
    annotations = [
        *_annotation_of_headline(summary.headline),
        *_annotations(summary.breaches, root),
        *_annotations_of_checks(failed_checks, root),
    ]
    broken = [
        f"{each.rule}: {each.problem} [{each.where}]"
        for each in _shown_findings(summary.breaches)
        if each.severity == "fail"
    ]
    return Conclusion(
        summary.lines, annotations, summary.fails, summary.headline, failed_checks, broken, summary.status
    )


class RunSummary(SummaryPart):
    """What the terminal summary says of a run, line by line, as the run is concluded.

    Attributes:
        breaches: all that breaks rules.
    """

    def __init__(
        self,
        totals: Totals,
        judged: Sequence[JudgedConfiguration],
        settings: Settings,
        verdict: str | None = None,
        run: RunDescription = RunDescription(),  # noqa: B008  (it can't change)
    ) -> None:
        super().__init__()
        self._run = run
        self._unused_entries: list[str] = []
        self._totals = totals
        self._judged = judged
        self._settings = settings
        self._verdict = verdict
        self._warnings = 0
        self._is_incomplete = False
        self._left_by_strict_run: Counter[str] = Counter()
        self.breaches = [breach for each in totals.configurations.values() for breach in each.breaches]
        names_file = sum(bool(each.rules) for each in judged) > 1 or any(each.configuration.folder for each in judged)
        self._contracts = [ContractSummary(each, settings.contract, run.day) for each in judged]
        self._rules = [
            RulesSummary(each, settings, names_file=names_file, unseen=self._unseen, today=run.day) for each in judged
        ]

    @property
    def headline(self) -> Headline | None:
        """What the run has shown, or None if nothing was asked for."""
        if self._verdict is not None:
            return Headline(self._verdict, "red" if self.fails else "yellow")
        was_asked = self._has_rules or self._warnings or self._settings.contract != "off"
        if not (was_asked or self.fails or any(map(is_untold, self.breaches))):
            return None
        failures = [*self._failures()]
        if failures or self.fails:
            return Headline(f"Failed: {', '.join(failures) or 'see below'}.", "red")
        kept, doubts = [*self._kept()], [*self._doubts()]
        if not kept and not self.breaches:
            return Headline("Nothing was judged.", "yellow")
        return Headline(f"Passed: {', '.join([*kept, *doubts])}.", "yellow" if doubts else "green")

    @property
    def status(self) -> RunStatus:
        """What the headline says."""
        if self._verdict is not None:
            return "unproven"
        if self.fails or any(self._failures()):
            return "failed"
        is_judged = self.headline is not None and (any(self._kept()) or bool(self.breaches))
        return "passed" if is_judged else "not judged"

    def _failures(self) -> Iterator[str]:
        if broken := self._rules_with("fail"):
            yield one_or_many(broken, "rule is broken", "rules are broken")
        asked = [each for each in self._contracts if each.is_asked]
        if unknown := [each for each in asked if each.comparison is None]:
            done = DONE[self._settings.contract]
            one = "the contract" if len(asked) == 1 else "1 contract"
            yield f"{one} was not {done}" if len(unknown) == 1 else f"{len(unknown)} contracts were not {done}"
        if differing := len([*self.failed_checks]):
            contracts = "the contract" if len(asked) == 1 else "the contracts"
            yield one_or_many(differing, f"row differs from {contracts}", f"rows differ from {contracts}")
        words = {WARNING: (WARNING, f"{WARNING}s"), EXPIRED: (f"waiver is {EXPIRED}", f"waivers are {EXPIRED}")}
        yield from (
            one_or_many(number, *words.get(state, (state, state))) for state, number in self._left_by_strict_run.items()
        )
        if self._settings.strict:
            yield from self._late()
        if self._is_incomplete:
            yield "the run is incomplete"

    def _kept(self) -> Iterator[str]:
        if number := [summary.state for each in self._rules for summary in each.summaries].count("kept"):
            yield one_or_many(number, "rule is kept", "rules are kept")
        compared = [each.comparison for each in self._contracts if each.comparison is not None]
        if not compared:
            return
        updated = sum(comparison.was_updated for comparison in compared)
        if self._settings.contract == "check":
            yield "the contract matches" if len(compared) == 1 else f"{len(compared)} contracts match"
        elif len(compared) == 1:
            yield "the contract was updated" if updated else "the contract is up to date"
        elif updated:
            yield f"{updated} of {len(compared)} contracts {'was' if updated == 1 else 'were'} updated"
        else:
            yield f"{len(compared)} contracts are up to date"

    def _doubts(self) -> Iterator[str]:
        if warned := self._rules_with("warn"):
            yield one_or_many(warned, "rule with warnings", "rules with warnings")
        if self._warnings:
            yield one_or_many(self._warnings, WARNING, f"{WARNING}s")
        yield from self._late()

    def _late(self) -> Iterator[str]:
        if late := len(self._totals.late_events):
            yield counted(late, "late event")

    def _rules_with(self, severity: Severity) -> int:
        """How many rules of all configurations are broken with this severity."""
        configurations = self._totals.configurations.values()
        return sum(len({each.rule for each in found.breaches if each.severity == severity}) for found in configurations)

    @property
    def _has_rules(self) -> bool:
        return any(each.rules for each in self._judged)

    @cached_property
    def _partial(self) -> list[str]:
        """Why the run was partial, for any of its configurations."""
        reasons = dict.fromkeys(reason for each in self._judged for reason in each.partial)
        return [_of_some(reason, self._judged) for reason in reasons]

    @property
    def failed_checks(self) -> Iterator[FailedCheck]:
        """In what the run differs from contracts, where that fails it."""
        return (check for each in self._contracts for check in each.failed_checks)

    def tell_what_is_missing(self, missing: Sequence[str], *, must_be_whole: bool) -> None:
        """Say what of the run is not there, and fail for it if that is asked for."""
        lines = ["The run is incomplete:", *(f"  {reason}" for reason in missing)] if missing else []
        self._is_incomplete = bool(missing) and must_be_whole
        if self._is_incomplete:
            self.fail(*lines)
        else:
            self.say(*lines)

    def check_contracts(self) -> None:
        """Compare the run with each contract, or write the contracts again."""
        for each in self._contracts:
            each.compare(was_inactive=self._verdict is not None)
        self.add(self._contracts)

    def write_reports(self, folder: Path, place: int) -> None:
        """Write the files that were asked for and, in GitHub Actions, the summary of the step.

        Args:
            folder: the folder that their paths start from.
            place: where among the lines those about the files stand: they are made last, for they tell how all ended.
        """
        later = self.lines[place:]
        del self.lines[place:]
        self._write_reports(folder)
        self.lines += later

    def _write_reports(self, folder: Path) -> None:
        summary = os.environ.get(GITHUB_SUMMARY_VARIABLE)
        has_table = bool(self._settings.reports) or self._settings.contract != "off"
        is_summed_up = summary and (has_table or self._has_rules)
        if not (self._settings.reports or is_summed_up):
            return
        rows = self._totals.table.rows()
        report = RunReport(
            rows,
            [_shown_rule(summary) for each in self._rules for summary in each.summaries],
            [_shown_comparison(each.comparison) for each in self._contracts if each.comparison is not None],
            [shown_text(reason) for reason in self._partial],
            facts=facts_of(self._totals, self._judged, self._run, [row for row, _ in rows]),
            findings=[*_shown_findings(self.breaches)],
            verdict=self._verdict,
            since=self._settings.report_since,
            outcome=self.headline.text if self.headline is not None else None,
            status=self.status,
            waivers=shown_waivers(self._judged, self._run.day),
            unused=[*map(shown_sentence, self._all_unused())],
            shows_traces=self._settings.report_traces,
            has_table=has_table,
        )
        for path in self._settings.reports:
            target = folder / path
            if self._write(target, format_of(path).render(report), str(path)):
                self.say(f"Sentry report: {path}")
        if summary and is_summed_up:
            try:
                append_to_github_summary(Path(summary), MARKDOWN.render(report))
            except OSError as error:
                self.fail(f"The summary of the step could not be written: {error.strerror}")

    def _all_unused(self) -> Iterator[str]:
        """What nothing needed, as the lines of the summary name it."""
        for each in self._rules:
            yield from each.unused
        yield from self._unused_entries

    def _write(self, target: Path, text: str, name: str) -> bool:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            replace_file(target, text)
        except OSError as error:
            self.fail(f"{name} could not be written: {error.strerror}")
            return False
        return True

    def sum_up_rules(self, warnings: Sequence[str]) -> None:
        """What became of the rules, which exceptions are unused, and what a strict run fails for."""
        for rules, contract in zip(self._rules, self._contracts, strict=True):
            rules.sum_up(contract.told_waivers)
        self.add(self._rules)
        for warning in warnings:
            self.tell(WARNING, warning)
        ignored_errors = self._unused(self._totals.unused_ignored_errors())
        for entry in ignored_errors:
            self._tell_unused(f"{entry!r} in the application's ignore_errors")
        self._warnings = len(warnings) + sum(each.warnings for each in self._rules)
        if self._settings.strict:
            own = [*([WARNING] * len(warnings)), *(["unused"] * len(ignored_errors))]
            self._left_by_strict_run = sum((each.left_by_strict_run for each in self._rules), Counter(own))
            if self._left_by_strict_run:
                self.fail("With --sentry-strict, each of these fails the run.")
            if self._verdict is not None and not self._partial:
                self.fail("With --sentry-strict, this fails the run.")
        # No strict run fails for these: under a test client, a server's own loggers say nothing.
        for call in self._unused(self._totals.unused_ignored_loggers()):
            self._tell_unused(f"{call}: no test with sentry_capture logged to it")

    def _tell_unused(self, what: str) -> None:
        self.tell("unused", what)
        self._unused_entries.append(what)

    def warn_of_late_events(self) -> None:
        """Name the events that came after their tests were over, which no rule has judged. They fail a strict run."""
        late = self._totals.late_events
        if not late:
            return
        self.say(
            f"{counted(len(late), 'event')} arrived after {'its test' if len(late) == 1 else 'their tests'} ended, and"
            f" no rule judged {'it' if len(late) == 1 else 'them'}: see {reference(LIVE_SERVERS)}."
        )
        for each in late:
            self.tell("late", f"{each['what']}, of {each['test']}, during {each['running']}")
        if self._settings.strict:
            self.fail("With --sentry-strict, late events fail the run.")

    def warn_of_unseen_requests(self) -> None:
        """Say how many requests were not observed, where there were any."""
        if self._unseen:
            self.say(f"{self._unseen} {_ABOUT_UNSEEN}")

    @cached_property
    def _unseen(self) -> str:
        """How many requests were not observed, and of which frameworks, empty if all were."""
        unseen = self._totals.unseen_requests
        number = sum(unseen.values())
        if not number:
            return ""
        frameworks = ", ".join(sorted(unseen))
        return (
            f"{counted(number, 'request')} {'was' if number == 1 else 'were'} not observed (framework: {frameworks})."
        )

    def _unused(self, found: Sequence[str]) -> Sequence[str]:
        """What is unused as far as the run can tell, where anybody asks."""
        is_asked = self._settings.strict or self._has_rules
        return found if found and is_asked and not self._partial else ()

    def suggest(self) -> None:
        """Print what each configuration lacks, or write one for the tests of the rootdir."""
        if self._verdict is not None:
            self.say(NOTHING_TO_SUGGEST)
            return
        file = self._settings.suggestion_file
        texts = [
            SuggestionText(each, self._totals.by_chance, self._totals.unused_ignored_errors(), self._run.day)
            for each in self._judged
        ]
        if file is None:
            for text in texts:
                self.say(*text.lacking())
            return
        of_rootdir = next((text for text in texts if text.is_of_rootdir), None)
        if of_rootdir is None:
            files = ", ".join(each.configuration.file for each in self._judged)
            self.fail(f"{file.name} was not written: the tests of this run have their rules in {files}.")
        elif self._write(file, of_rootdir.whole(file), name_of_file(file, of_rootdir.root)):
            self.say(of_rootdir.written_to(file))
        else:
            self.say(*of_rootdir.lacking())

    def warn_of_chance(self) -> None:
        """Name what was sampled by chance, where a rule or a file meets it."""
        files = [*(["the contract"] if self._settings.contract != "off" else [])]
        files += ["the report"] if self._settings.reports else []
        for chance, drawn in sorted(self._totals.by_chance.items(), key=lambda each: str(each[0])):
            if met := [*drawn.rules, *files]:
                having = [each.configuration for each in self._judged if each.configuration.folder in drawn.folders]
                self.say(*about_chance(chance, drawn, met, having))

    def warn_of_unknown_exceptions(self) -> None:
        """Name the exception classes that tests asserted not to be captured, and that no process had loaded."""
        for name, test in self._totals.unknown_exceptions.items():
            self.say(
                f"{test} asserts that {name!r} is not captured, but no loaded exception class has this name. Check the"
                " name, or pass the class."
            )


def _of_some(reason: str, judged: Sequence[JudgedConfiguration]) -> str:
    """A reason why the run was partial, with the configurations for which it was, if not for all."""
    having = [each for each in judged if reason in each.partial]
    if len(having) == len(judged):
        return reason
    names = [each.configuration.folder or "the rootdir" for each in having]
    return f"{', '.join(names)}: {reason}"


def _shown_findings(breaches: Iterable[Breach]) -> Iterator[FindingGroup]:
    """What breaks rules, as it may stand in a file."""
    for each in grouped(breaches):
        tests = tuple(dict.fromkeys(map(shown_test, each.tests)))
        yield replace(each, rule=shown_sentence(each.rule), problem=shown_sentence(each.problem), tests=tests)


def _shown_rule(rule: RuleSummary) -> RuleSummary:
    """What became of a rule, as it may stand in a file."""
    name, place, *obstacles = map(shown_sentence, (rule.name, rule.place, *rule.obstacles))
    return replace(rule, name=name, place=place, obstacles=tuple(obstacles))


def _shown_comparison(comparison: ContractComparison) -> ContractComparison:
    """A comparison, as it may stand in a file."""
    return replace(comparison, file=shown_text(comparison.file))


def _annotation_of_headline(headline: Headline | None) -> Iterator[str]:
    """What the run has shown, for the run as a whole."""
    if headline is not None:
        levels: dict[str, GithubLevel] = {"red": "error", "yellow": "warning", "green": "notice"}
        yield github_annotation(levels[headline.color], None, None, "Sentry", headline.text)


def _annotations(breaches: Iterable[Breach], root: Path) -> Iterator[str]:
    for group in grouped(breaches):
        level: GithubLevel = "warning" if group.severity == "warn" else "error"
        file = path_in_repository(root / group.file) if group.file is not None else None
        yield github_annotation(
            level, file, group.line, f"Sentry rule {group.rule}", f"{group.problem} ({group.where})"
        )


def _annotations_of_checks(checks: Iterable[FailedCheck], root: Path) -> Iterator[str]:
    """Each at the file of the test that has seen it, else at the contract."""
    for check in checks:
        file, separator, _ = check.test.partition("::")
        place = path_in_repository(root / (file if separator else check.file))
        yield github_annotation("error", place, None, f"Sentry contract {check.file}", check.message)

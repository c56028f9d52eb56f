"""The findings of all tests and processes, added up: for the run, and for each of its configurations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from pytest_sentry_capture._recording import Chance
from pytest_sentry_capture._reports import CallbackCounts, CaptureTable, PersonalData
from pytest_sentry_capture._rules import RuleTally, Waiver
from pytest_sentry_capture._run.findings import Breach, Findings, LateEvent
from pytest_sentry_capture._run.judged_rule import JudgedRule
from pytest_sentry_capture._suggestions import TrialTotals


@dataclass
class Drawn:
    """How often random numbers decided, in which tests of which configurations, and the rules that judge the result.

    Configurations stand here by their folders.
    """

    number: int = 0
    tests: dict[str, None] = field(default_factory=dict)
    folders: dict[str | None, None] = field(default_factory=dict)
    rules: dict[str, None] = field(default_factory=dict)

    def add(self, number: int, test: str, folder: str | None, rules: Iterable[str]) -> None:
        """Count in those of one test."""
        self.number += number
        self.tests[test] = None
        self.folders[folder] = None
        self.rules.update(dict.fromkeys(rules))


class ConfigurationTotals:
    """The findings of the tests of one configuration, added up.

    Attributes:
        table: what the contract is about.
        tallies: how often each rule was kept, broken and waived.
        breaches: the rules that were broken.
        waivers: the waivers of the tests, and whether they waived something.
        trials: how rules did that were tried out.
        failed_tests: how many tests failed, and so may not have done all that they do.
    """

    def __init__(self) -> None:
        self.table = CaptureTable()
        self.tallies: dict[str, RuleTally] = {}
        self.breaches: list[Breach] = []
        self.waivers: dict[Waiver, bool] = {}
        self.trials = TrialTotals()
        self.failed_tests = 0
        self._outside_tests: dict[tuple[str, str], RuleTally] = {}

    def add(self, findings: Findings) -> None:
        """Add what the last attempt at a test found."""
        self.table.merge(findings.rows)
        for name, tally in findings.tallies.items():
            if name not in self.tallies:
                self.tallies[name] = RuleTally()
            self.tallies[name].add(tally)
        self.breaches += findings.breaches
        for waiver, used in findings.waivers.items():
            self.waivers[waiver] = self.waivers.get(waiver, False) or used
        self.failed_tests += not findings.is_complete
        if findings.trial is not None:
            self.trials.add(findings.trial, is_test=True)

    def add_outside_tests(self, findings: Findings) -> None:
        """Add what a process found outside of tests, where every process may have found the same."""
        self.table.merge(findings.rows)
        if findings.trial is not None:
            self.trials.add(findings.trial, is_test=False)
        self.breaches += [breach for breach in findings.breaches if breach not in self.breaches]
        for name, tally in findings.tallies.items():
            known = self._outside_tests.setdefault((findings.label, name), RuleTally())
            known.widen(tally)

    def settle(self) -> None:
        """No process is to come any more."""
        for (_, name), tally in self._outside_tests.items():
            if tally.broken or tally.waived:
                tally.kept = 0  # one process may have kept what another one has broken
            self.tallies.setdefault(name, RuleTally()).add(tally)
        self._outside_tests.clear()

    def unused_waivers(self) -> list[Waiver]:
        """The waivers that were unused in all tests that they apply to."""
        return [waiver for waiver, used in self.waivers.items() if not used]

    def unused_allowances(self, rules: Iterable[JudgedRule]) -> list[tuple[str, str]]:
        """The entries of ``allow`` lists that were unused: the rule's name, and the entry."""
        return [
            (each.name, entry)
            for each in rules
            for entry in each.allow_list
            if not self.tally(each.name).allowed[entry]
        ]

    def tally(self, rule: str) -> RuleTally:
        """How often a rule was kept, broken and waived."""
        return self.tallies.get(rule, RuleTally())


class Totals:
    """The findings of a run, added up.

    Attributes:
        table: captured and discarded items.
        ignored_errors: how often each entry of the application's ``ignore_errors`` was used.
        ignored_loggers: how often each logger was met that the application ignores, by the call that ignores it.
        counts: how many items of each kind were captured, where that was asked for.
        personal_data: where personal data was found.
        late_events: the events that came after their tests were over.
        unseen_requests: how many requests were not observed, by their frameworks.
        unknown_exceptions: the names of exception classes whose absence was asserted and that no class had, each with
            the first test that did.
        by_chance: what random numbers decided about in tests: how often, in which tests, and the rules that judge it.
        sdk_versions: the versions of the SDK, of which there is one as a rule.
        integrations: the identifiers of the integrations that were on.
        configurations: the findings of each configuration, by its folder.
        callbacks: what the application's callbacks did in tests.
        attempts: the last attempt at each test, in their order, where they are kept.
        outside_tests: what processes found outside of tests, where that is kept.

    Args:
        keeps_findings: whether to keep what the totals are made of, for reports that are combined with others.
    """

    def __init__(self, *, keeps_findings: bool = False) -> None:
        self.table = CaptureTable()
        self.ignored_errors: Counter[str] = Counter()
        self.ignored_loggers: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        self.sdk_versions: set[str] = set()
        self.integrations: set[str] = set()
        self.personal_data: set[PersonalData] = set()
        self.late_events: list[LateEvent] = []
        self.unseen_requests: Counter[str] = Counter()
        self.unknown_exceptions: dict[str, str] = {}
        self.by_chance: dict[Chance, Drawn] = {}
        self.configurations: dict[str | None, ConfigurationTotals] = {}
        self.callbacks = CallbackCounts()
        self.attempts: list[Findings] = []
        self.outside_tests: list[Findings] = []
        self._keeps_findings = keeps_findings
        self._collected: dict[str, Counter[str]] = {}
        self._latest: dict[str, Findings] = {}

    def of(self, folder: str | None) -> ConfigurationTotals:
        """The findings of the tests of a configuration."""
        return self.configurations.setdefault(folder, ConfigurationTotals())

    def add_attempt(self, findings: Findings, process: str) -> None:
        """Add what an attempt at a test found. Only the last attempt counts, which may be yet to come."""
        latest = self._latest.get(process)
        if latest is not None and latest.label != findings.label:
            self._add(latest)
        self._latest[process] = findings

    def add_outside_tests(self, findings: Findings) -> None:
        """Add what a process found outside of tests, where every process may have found the same."""
        self.table.merge(findings.rows)
        self.personal_data.update(PersonalData(*values) for values in findings.personal_data)
        self.counts.update(findings.counts)
        for module, counts in findings.counts_of_modules.items():
            self._collected[module] = self._collected.get(module, Counter()) | Counter(counts)
        if self._keeps_findings:
            self.outside_tests.append(findings)
        self.of(findings.folder).add_outside_tests(findings)

    def settle(self) -> None:
        """No attempt is to come any more."""
        for findings in self._latest.values():
            self._add(findings)
        self._latest.clear()
        for each in self.configurations.values():
            each.settle()
        for counts in self._collected.values():
            self.counts.update(counts)
        self._collected.clear()

    def unused_ignored_errors(self) -> list[str]:
        """The entries of the application's ``ignore_errors`` that were unused."""
        return sorted(entry for entry, times in self.ignored_errors.items() if not times)

    def unused_ignored_loggers(self) -> list[str]:
        """The calls that ignore loggers of which no test that looks at log records has met one."""
        return sorted(call for call, times in self.ignored_loggers.items() if not times)

    def _add(self, findings: Findings) -> None:
        if self._keeps_findings:
            self.attempts.append(findings)
        self.table.merge(findings.rows)
        self.callbacks.merge(findings.callbacks)
        self.unseen_requests.update(findings.unseen_requests)
        self.personal_data.update(PersonalData(*values) for values in findings.personal_data)
        self.counts.update(findings.counts)
        for values, number, rules in findings.by_chance:
            self.by_chance.setdefault(Chance(*values), Drawn()).add(number, findings.label, findings.folder, rules)
        for name in findings.unknown_exceptions:
            self.unknown_exceptions.setdefault(name, findings.label)
        self.of(findings.folder).add(findings)

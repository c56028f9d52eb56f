"""What a run found: the capture table and the state of every rule, merged from its tests and its processes.

What one attempt at a test adds travels as JSON text with the test's last report, so that serial and parallel runs take
the same way.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from pytest_sentry_capture._assertions.formatting import Formatter
from pytest_sentry_capture._recording import CapturedItem
from pytest_sentry_capture._recording.recording import COLLECTION, Recording
from pytest_sentry_capture._reports.names import ShownNames
from pytest_sentry_capture._reports.personal_data import PersonalData
from pytest_sentry_capture._reports.table import CaptureTable
from pytest_sentry_capture._rules.messages import headline
from pytest_sentry_capture._rules.rule_run import BrokenRule, EnforcedRule, RuleRun, RuleTally, Waiver

CONTRACT: Final = "contract"
"""What a test names in a waiver to stay out of the contract."""


@dataclass(frozen=True)
class Breach:
    """A broken rule, as the summary and annotations tell it.

    Attributes:
        test: the test's node id, or what the recording of the run is called.
        file: the test's file, relative to the rootdir; None outside of tests.
        line: the line of the test, counted from 1.
    """

    rule: str
    severity: str
    headline: str
    test: str
    file: str | None = None
    line: int | None = None


@dataclass
class Findings:
    """What one attempt at a test, or what came outside of tests in one process, adds to a run's results.

    Attributes:
        label: the test's node id, or what the recording of the run is called.
        rows: rows of the capture table, as the table exports them.
        tallies: how often each rule was kept, broken and waived.
        breaches: the rules that were broken.
        waivers: the test's waivers, and whether they waived something.
        is_complete: whether the test did all that it does when it passes.
        counts: how many items of each kind were captured, where that was asked for.
        personal_data: where personal data was found, each as the values of ``PersonalData``.
    """

    label: str
    rows: list[Any] = field(default_factory=list)
    tallies: dict[str, RuleTally] = field(default_factory=dict)
    breaches: list[Breach] = field(default_factory=list)
    waivers: dict[Waiver, bool] = field(default_factory=dict)
    is_complete: bool = True
    counts: dict[str, int] = field(default_factory=dict)
    personal_data: list[list[Any]] = field(default_factory=list)

    def add_rows(self, *recordings: Recording, with_fields: bool = False) -> None:
        """Count in what was recorded: in this process and, after that, by ``sentry_server``."""
        table = CaptureTable(with_fields=with_fields)
        in_contract = all(waiver.rule != CONTRACT for waiver in self.waivers)
        client_was_active = any(recording.client_was_active for recording in recordings)
        table.add(*recordings, in_contract=in_contract, client_was_active=client_was_active)
        self.rows, self.counts = table.export(), dict(table.counts)
        for waiver in self.waivers:
            if waiver.rule == CONTRACT:
                self.waivers[waiver] = bool(self.rows)

    def add_rule_run(self, formatter: Formatter, rule_run: RuleRun) -> None:
        """Count in how the rules were judged."""
        self.tallies = {name: tally.shown(formatter) for name, tally in rule_run.tallies.items()}
        names = ShownNames(formatter)
        found = {
            PersonalData.of(names, each.subject, each.path or "", each.detector or "")
            for each in rule_run.personal_data
            if isinstance(each.subject, CapturedItem)
        }
        self.personal_data = [[*each] for each in sorted(found, key=lambda each: each.sort_key)]
        self.waivers.update(dict.fromkeys(rule_run.used_waivers, True))
        unjudged = {name for name, tally in self.tallies.items() if tally.not_judged}
        self.waivers.update({waiver: True for waiver in self.waivers if waiver.rule in unjudged})

    def add_broken(self, formatter: Formatter, broken: Iterable[BrokenRule], **where: Any) -> None:
        """Count in rules that were broken; ``where`` are the further attributes of ``Breach``."""
        self.breaches += [
            Breach(each.name, each.severity, headline(formatter, each), self.label, **where) for each in broken
        ]

    def drop_unused_waivers(self) -> None:
        """Say nothing of waivers without a use: the test was skipped or has failed before it came to them."""
        self.waivers = {waiver: used for waiver, used in self.waivers.items() if used}

    def to_json(self) -> str:
        """The text that ``from_json`` reads."""
        waivers = [[waiver.rule, waiver.place, used] for waiver, used in self.waivers.items()]
        return json.dumps(
            {
                **vars(self),
                "tallies": {name: vars(tally) for name, tally in self.tallies.items()},
                "breaches": [vars(breach) for breach in self.breaches],
                "waivers": waivers,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Findings:
        """What another process has found."""
        found = json.loads(text)
        tallies = {name: RuleTally.of(tally) for name, tally in found["tallies"].items()}
        breaches = [Breach(**breach) for breach in found["breaches"]]
        waivers = {Waiver(rule, place): used for rule, place, used in found["waivers"]}
        return cls(**{**found, "tallies": tallies, "breaches": breaches, "waivers": waivers})


class Results:
    """The results of a run so far.

    Attributes:
        incomplete: why the run is not a whole one, in words for users.
        ignored_errors: how often each entry of the application's ``ignore_errors`` was used.
        counts: how many items of each kind were captured, where that was asked for.
        personal_data: where personal data was found.
        sdk_versions: the versions of the SDK, of which there is one as a rule.
        integrations: the identifiers of the integrations that were on.
    """

    def __init__(self) -> None:
        self.table = CaptureTable()
        self.tallies: dict[str, RuleTally] = {}
        self.breaches: list[Breach] = []
        self.waivers: dict[Waiver, bool] = {}
        self.ignored_errors: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        self.sdk_versions: set[str] = set()
        self.integrations: set[str] = set()
        self.personal_data: set[PersonalData] = set()
        self.incomplete: list[str] = []
        self._failed_tests = 0
        self._collected: Counter[str] = Counter()
        self._latest: dict[str, Findings] = {}
        self._outside_tests: dict[tuple[str, str], RuleTally] = {}

    def add_attempt(self, findings: Findings, process: str) -> None:
        """Add what an attempt at a test found; only the last attempt counts, which may be yet to come."""
        latest = self._latest.get(process)
        if latest is not None and latest.label != findings.label:
            self._add(latest)
        self._latest[process] = findings

    def add_outside_tests(self, findings: Findings) -> None:
        """Add what a process found outside of tests, where every process may have found the same."""
        self.table.merge(findings.rows)
        self.personal_data.update(PersonalData(*values) for values in findings.personal_data)
        if findings.label == COLLECTION:
            self._collected |= Counter(findings.counts)
        else:
            self.counts.update(findings.counts)
        self.breaches += [breach for breach in findings.breaches if breach not in self.breaches]
        for name, tally in findings.tallies.items():
            known = self._outside_tests.setdefault((findings.label, name), RuleTally())
            known.widen(tally)

    def settle(self) -> None:
        """No attempt is to come any more."""
        for findings in self._latest.values():
            self._add(findings)
        self._latest.clear()
        for (_, name), tally in self._outside_tests.items():
            self.tallies.setdefault(name, RuleTally()).add(tally)
        self._outside_tests.clear()
        self.counts.update(self._collected)
        self._collected.clear()
        if self._failed_tests:
            self.incomplete.append(f"{self._failed_tests} test{'s' if self._failed_tests > 1 else ''} failed")
            self._failed_tests = 0

    def unused_waivers(self) -> list[Waiver]:
        """The waivers that waived nothing in any test that they apply to."""
        return [waiver for waiver, used in self.waivers.items() if not used]

    def unused_allowances(self, rules: Iterable[EnforcedRule]) -> list[tuple[str, str]]:
        """The entries of ``allow`` lists that excused nothing: the rule's name, and the entry."""
        return [
            (each.rule.name, entry)
            for each in rules
            for entry in each.rule.allow_list
            if not self.tally(each.rule.name).allowed[entry]
        ]

    def unused_ignored_errors(self) -> list[str]:
        """The entries of the application's ``ignore_errors`` that ignored nothing."""
        return sorted(entry for entry, times in self.ignored_errors.items() if not times)

    def tally(self, rule: str) -> RuleTally:
        """How often a rule was kept, broken and waived."""
        return self.tallies.get(rule, RuleTally())

    def _add(self, findings: Findings) -> None:
        self.table.merge(findings.rows)
        self.personal_data.update(PersonalData(*values) for values in findings.personal_data)
        self.counts.update(findings.counts)
        for name, tally in findings.tallies.items():
            self.tallies.setdefault(name, RuleTally()).add(tally)
        self.breaches += findings.breaches
        for waiver, used in findings.waivers.items():
            self.waivers[waiver] = self.waivers.get(waiver, False) or used
        self._failed_tests += not findings.is_complete

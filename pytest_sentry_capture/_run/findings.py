"""What one attempt at a test adds to the results of the run.

It travels as JSON text with the test's last report, so that serial and parallel runs take the same way.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, TypedDict

from pytest_sentry_capture._assertions import Formatter
from pytest_sentry_capture._recording import Capture, CapturedItem, Chance, Discard, Recording, sampled_by_chance
from pytest_sentry_capture._reports import (
    CallbackCounts,
    CaptureTable,
    ExampleItems,
    FindingGroup,
    PersonalData,
    ShownNames,
)
from pytest_sentry_capture._rules import BrokenRule, RuleRun, RuleTally, Severity, Waiver, rule_problems

CONTRACT: Final = "contract"
"""What a test names in a waiver to stay out of the contract."""


class LateEvent(TypedDict):
    """An event that was captured or discarded during an exchange, after the exchange's test.

    Attributes:
        test: the node id of the exchange's test.
        running: the node id of the test that was running, or what the recording of the run is called.
        what: the event and its exchange, in words for users.
    """

    test: str
    running: str
    what: str


@dataclass(frozen=True)
class Breach:
    """One problem that breaks a rule, as the summary, the reports and annotations tell it.

    Attributes:
        problem: in one line, without values of the application's.
        test: the test's node id, or what the recording of the run is called.
        file: the test's file, relative to the rootdir. None outside of tests.
        line: the line of the test, counted from 1.
    """

    rule: str
    severity: Severity
    problem: str
    test: str
    file: str | None = None
    line: int | None = None


@dataclass
class Findings:
    """What one attempt at a test, or items from outside of tests in one process, adds to a run's results.

    Attributes:
        label: the test's node id, or what the recording of the run is called.
        folder: the folder of the configuration that it was judged by, as ``Configuration`` has it.
        rows: rows of the capture table, as the table exports them.
        tallies: how often each rule was kept, broken and waived.
        breaches: the rules that were broken.
        waivers: the test's waivers, and whether they waived something.
        expired: those of them that had ended when the run started, and so count no more.
        is_complete: whether the test did all that it does when it passes.
        counts: how many items of each kind were captured, where that was asked for.
        counts_of_modules: the same for items captured while modules were imported, by their files.
        personal_data: where personal data was found, each as the values of ``PersonalData``.
        unseen_requests: how many requests were not observed, by their frameworks.
        unknown_exceptions: the names of exception classes that were said not to be captured, and that nothing had.
        trial: how rules did that were tried out, and what their options can be suggested from, or None if nobody asks.
        by_chance: what random numbers decided about: the values of ``Chance``, how often, and the rules that judge it.
        callbacks: what the application's callbacks did, as ``CallbackCounts`` exports it.
    """

    label: str
    folder: str | None = ""
    rows: list[Any] = field(default_factory=list)
    tallies: dict[str, RuleTally] = field(default_factory=dict)
    breaches: list[Breach] = field(default_factory=list)
    waivers: dict[Waiver, bool] = field(default_factory=dict)
    expired: list[Waiver] = field(default_factory=list)
    is_complete: bool = True
    counts: dict[str, int] = field(default_factory=dict)
    counts_of_modules: dict[str, dict[str, int]] = field(default_factory=dict)
    personal_data: list[list[Any]] = field(default_factory=list)
    unseen_requests: dict[str, int] = field(default_factory=dict)
    unknown_exceptions: list[str] = field(default_factory=list)
    by_chance: list[list[Any]] = field(default_factory=list)
    callbacks: list[Any] = field(default_factory=list)
    trial: dict[str, Any] | None = None

    def add_rows(self, *recordings: Recording, with_fields: bool = False, examples: ExampleItems | None = None) -> None:
        """Count in what was recorded: in this process and, after that, by ``sentry_server``.

        Args:
            with_fields: whether the fields of items are asked for.
            examples: makes examples of items, or None if none are wanted.
        """
        table = CaptureTable(with_fields=with_fields, examples=examples)
        if examples is not None:
            callbacks = CallbackCounts()
            callbacks.add_recordings(ShownNames(Formatter.for_reports(*recordings)), examples, recordings)
            self.callbacks = callbacks.export()
        waived = [waiver for waiver in self.waivers if waiver.rule == CONTRACT and waiver not in self.expired]
        in_contract = not waived
        client_was_active = any(recording.client_was_active for recording in recordings)
        is_seen = client_was_active and not recordings[0].hiding()
        table.add(*recordings, in_contract=in_contract, client_was_active=is_seen)
        self.rows, self.counts = table.export(), dict(table.counts)
        self.counts_of_modules = {module: dict(counts) for module, counts in table.counts_of_modules.items()}
        self.waivers.update(dict.fromkeys(waived, bool(self.rows)))

    def add_rule_run(self, formatter: Formatter, rule_run: RuleRun) -> None:
        """Count in how the rules were judged."""
        self.tallies = {name: tally.shown(formatter) for name, tally in rule_run.tallies.items()}
        names = ShownNames(formatter)
        found = {
            PersonalData.of(names, each.subject, each.path or "", each.detector or "", each.allowed or "")
            for each in rule_run.personal_data
            if isinstance(each.subject, CapturedItem)
        }
        self.personal_data = [[*each] for each in sorted(found, key=lambda each: each.sort_key)]
        self.waivers.update(dict.fromkeys(rule_run.used_waivers, True))
        unjudged = {name for name, tally in self.tallies.items() if tally.not_judged}
        counting = [waiver for waiver in self.waivers if waiver not in self.expired]
        self.waivers.update({waiver: True for waiver in counting if waiver.rule in unjudged})

    def add_broken(
        self, formatter: Formatter, broken: Iterable[BrokenRule], *, fails: bool = True, **where: Any
    ) -> None:
        """Count in rules that were broken.

        Args:
            fails: whether that may fail the run. After an expected failure or a skip, it is a warning.
            where: the further attributes of ``Breach``.
        """
        self.breaches += [
            Breach(each.name, each.severity if fails else "warn", problem, self.label, **where)
            for each in broken
            for problem in rule_problems(formatter, each)
        ]

    def add_unknown_exceptions(self, formatter: Formatter, names: Iterable[str]) -> None:
        """Note the names of exception classes that no class has, whose absence the test has asserted."""
        self.unknown_exceptions = [formatter.redacted(name) for name in names]

    def add_chance(self, recordings: Iterable[Recording], rule_run: RuleRun | None) -> None:
        """Note what random numbers decided about."""
        found: Counter[Chance] = Counter()
        for recording in recordings:
            found += sampled_by_chance(recording)
        self.by_chance = [
            [list(chance), number, rule_run.judging(chance.kind) if rule_run is not None else []]
            for chance, number in found.items()
        ]

    def note_waivers_of(self, name: str, *, are_used: bool) -> None:
        """Say whether the waivers of what is not a rule were needed."""
        if are_used:
            self.waivers.update({waiver: True for waiver in self.waivers if waiver.rule == name})

    def drop_unused_waivers(self) -> None:
        """Do not report unused waivers: the test was skipped, or failed before it reached them."""
        self.waivers = {waiver: used for waiver, used in self.waivers.items() if used}

    def to_json(self) -> str:
        """The text that ``from_json`` reads."""
        waivers = [[vars(waiver), used] for waiver, used in self.waivers.items()]
        return json.dumps(
            {
                **vars(self),
                "tallies": {name: vars(tally) for name, tally in self.tallies.items()},
                "breaches": [vars(breach) for breach in self.breaches],
                "waivers": waivers,
                "expired": [vars(waiver) for waiver in self.expired],
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Findings:
        """What another process has found."""
        found = json.loads(text)
        tallies = {name: RuleTally.of(tally) for name, tally in found["tallies"].items()}
        breaches = [Breach(**breach) for breach in found["breaches"]]
        waivers = {Waiver(**waiver): used for waiver, used in found["waivers"]}
        expired = [Waiver(**waiver) for waiver in found["expired"]]
        return cls(**{**found, "tallies": tallies, "breaches": breaches, "waivers": waivers, "expired": expired})


def grouped(breaches: Iterable[Breach]) -> list[FindingGroup]:
    """The same problems of several tests together, those of most tests first, and always in the same order."""
    groups: dict[tuple[str, Severity, str], list[Breach]] = {}
    for breach in breaches:
        groups.setdefault((breach.rule, breach.severity, breach.problem), []).append(breach)
    result: list[FindingGroup] = []
    for what, found in groups.items():
        found.sort(key=_place)
        tests = tuple(dict.fromkeys(each.test for each in found))
        result.append(FindingGroup(*what, tests, found[0].file, found[0].line, len(tests)))
    return sorted(
        result, key=lambda each: (-len(each.tests), each.file or "", each.line or 0, each.tests, each.problem)
    )


def _place(breach: Breach) -> tuple[str, int, str]:
    return breach.file or "", breach.line or 0, breach.test


def counts_of(recordings: Iterable[Recording], findings: Findings | None) -> list[tuple[str, object]]:
    """What an attempt at a test saw and found, in numbers, as properties of its test."""
    captures = [capture for each in recordings for capture in each.entries_of(Capture)]
    breaches = findings.breaches if findings is not None else []
    discards = [each for recording in recordings for each in recording.entries_of(Discard) if not each._is_of_logging]
    return [
        ("sentry_captured", sum(len(capture.items) for capture in captures)),
        ("sentry_discarded", sum(discard.quantity for discard in discards)),
        ("sentry_rules_broken", len({each.rule for each in breaches})),
        *(("sentry_finding", f"{each.rule}: {each.problem}") for each in breaches),
    ]


def late_summary(recording: Recording, entry: Capture | Discard) -> str:
    """An event and its exchange in one line, without values of the application's."""
    formatter = Formatter.for_reports(recording)
    if isinstance(entry, Capture):
        return "; ".join(map(formatter.summary, entry.items))
    operation = f" of {formatter.operation_summary(entry.operation)}" if entry.operation is not None else ""
    return f"{formatter.discarded_summary(entry)}{operation}, discarded ({formatter.discard_reason(entry)})"

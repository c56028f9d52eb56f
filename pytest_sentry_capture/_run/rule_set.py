"""What the tests of one configuration are judged by, and items from outside of tests.

This module is imported by every pytest run, with or without Sentry, so it imports next to nothing itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from pytest_sentry_capture._recording import UNSEEN_PROCESSES
from pytest_sentry_capture._run import on_demand

if TYPE_CHECKING:
    from pytest_sentry_capture._recording import Recording
    from pytest_sentry_capture._relay import RelayProject
    from pytest_sentry_capture._reports import ExampleItems
    from pytest_sentry_capture._rules import EnforcedRule, RuleRun, Waiver
    from pytest_sentry_capture._run.settings.configuration import Configuration


class RuleSet:
    """The rules of a configuration.

    Args:
        own: the project's own rules, beside those that are configured.

    Attributes:
        configuration: what they are configured by.
        rules: those that are configured, and those that the project registers.
        wants_table: whether the capture table is written or compared with a contract.
        wants_fields: whether its rows describe the fields of items.
        examples: makes the examples of the process for its rows, or None if none are wanted.
        today: the day, in UTC, on which the run started (ISO 8601).
        suggests: whether rules are tried out, of which a configuration is suggested.
    """

    def __init__(
        self,
        configuration: Configuration,
        own: Sequence[EnforcedRule],
        *,
        wants_table: bool,
        wants_fields: bool,
        suggests: bool,
        examples: ExampleItems | None = None,
        today: str = "",
    ) -> None:
        self.configuration = configuration
        self.rules: tuple[EnforcedRule, ...] = (*configuration.rules, *own)
        self.wants_table = wants_table
        self.wants_fields = wants_fields
        self.examples = examples
        self.today = today
        self.suggests = suggests
        self._outside_tests: dict[str, tuple[int, str]] = {}

    @property
    def is_asked_for(self) -> bool:
        """Whether every test is judged or tabulated."""
        return bool(self.rules) or self.wants_table or self.suggests

    def waiver(self, rule: str, place: str, reason: str = "", until: str = "", ticket: str = "") -> Waiver:
        """A waiver of a rule, by a marker at ``place``. See ``Waiver`` for the arguments.

        Raises:
            ValueError: there is no such rule.
        """
        off = sorted(self.configuration.switched_off)  # a waiver stays, where a configuration switches off a rule
        valid = [*dict.fromkeys([*on_demand.rule_names(self.rules), *off, on_demand.CONTRACT, UNSEEN_PROCESSES])]
        if rule not in valid:
            raise ValueError(on_demand.did_you_mean("rule", rule, valid))
        return on_demand.Waiver(rule, place, reason, until, ticket)

    def rule_run(self, recording: Recording, waivers: Sequence[Waiver], received: Recording | None) -> RuleRun:
        """What judges a test, by the rules that are on by themselves too."""
        return on_demand.RuleRun([*self.rules, *self._on_by_themselves], recording, waivers, received)

    def has_something_for(self, recording: Recording, *, uses_fixture: bool) -> bool:
        """Whether what a test recorded must be judged."""
        if self.rules or not uses_fixture:
            return bool(self.rules)
        conditions = (each.rule._built_in_needs.on_with_fixture_if for each in self._on_by_themselves)
        return any(holds is not None and holds(recording) for holds in conditions)

    def findings_outside_tests(self, recording: Recording) -> str | None:
        """``Findings`` of a recording of the run, in plain data, or None if they are of no interest."""
        number = len(recording.entries)
        if not number or not self.is_asked_for:
            return None
        known, text = self._outside_tests.get(recording.label, (0, ""))
        if number == known:
            return text
        findings = on_demand.Findings(recording.label)
        rule_run = on_demand.RuleRun(self.rules, recording)
        broken = rule_run.judge_rest()
        formatter = on_demand.Formatter.for_reports(recording)
        findings.add_broken(formatter, broken)
        findings.add_rule_run(formatter, rule_run)
        if self.suggests:
            trial = on_demand.Trial(recording)
            trial.judge(is_over=True)
            findings.trial = trial.result()
        if self.wants_table:
            findings.add_rows(recording, with_fields=self.wants_fields, examples=self.examples)
        text = findings.to_json()
        self._outside_tests[recording.label] = number, text
        return text

    def relay_project(self) -> RelayProject:
        """Sentry's own engine, as the project has configured it."""
        return self._relay_project

    @cached_property
    def _relay_project(self) -> RelayProject:
        searches = (each.rule._pii_search for each in self.configuration.rules)
        search = next((each for each in searches if each is not None), None) or on_demand.PiiSearch()
        scrubbing = self.configuration.scrubbing or on_demand.ServerScrubbing()
        return on_demand.RelayProject(search, scrubbing)

    @cached_property
    def _on_by_themselves(self) -> list[EnforcedRule]:
        return on_demand.default_rules(self.rules, self.configuration.switched_off)

"""The attempt at a test that is under way: what it recorded, how it went, and what the rules say about it.

This module is imported by every pytest run, with or without Sentry, so it imports next to nothing itself.
"""

from __future__ import annotations

import sys
from _thread import get_ident
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from pytest_sentry_capture._recording import UNSEEN_PROCESSES
from pytest_sentry_capture._run import on_demand

if TYPE_CHECKING:
    from types import FrameType

    from pytest_sentry_capture._recording import Phase, Recording
    from pytest_sentry_capture._rules import RuleRun, Waiver
    from pytest_sentry_capture._run.findings import Findings
    from pytest_sentry_capture._run.rule_set import RuleSet
    from pytest_sentry_capture._suggestions import Trial


class CurrentTest:
    """One attempt at a test.

    Args:
        drain: has everything handed over that the SDK still buffers.

    Attributes:
        rule_set: the rules that it is judged by.
        recording: what was seen in this process.
        received: items received by ``sentry_server``, or None if the test does not use it.
        has_failed: whether the attempt has failed for another reason than a broken rule.
        is_reported_failed: whether a report of the attempt is that of a failure, for whatever reason.
        rules_decide: whether a broken rule fails the attempt: not after it has failed or was skipped.
        before_fixtures: called once, when the test's first fixture is about to be set up, or None after that.
    """

    def __init__(self, recording: Recording, rule_set: RuleSet, drain: Callable[[], None]) -> None:
        self.recording = recording
        self.received: Recording | None = None
        self.has_failed = False
        self.is_reported_failed = False
        self.rules_decide = True
        self.before_fixtures: Callable[[], None] | None = None
        self._call: tuple[int, FrameType] | None = None
        self.rule_set = rule_set
        self._drain = drain
        self._waivers: list[Waiver] = []
        self._expired: list[Waiver] = []
        self._rule_run: RuleRun | None = None
        self._findings: Findings | None = None
        self._trial: Trial | None = None

    @property
    def recordings(self) -> list[Recording]:
        """What was seen of the attempt, in this process and, where it is used, by ``sentry_server``."""
        return [self.recording] if self.received is None else [self.recording, self.received]

    def why_not_alone(self, what: str) -> str | None:
        """Why something can't be had by the attempt alone, in words for users, or None if it can."""
        if self.recording.beside is None:
            return None
        return (
            f"{what} can't serve two tests at a time, and {self.recording.beside} runs in another thread of this"
            " process: run tests one after the other, or in several processes"
        )

    def enter_phase(self, phase: Phase) -> None:
        """Say that what is recorded from now on belongs to a phase of the test."""
        self.recording.receive()
        for recording in self.recordings:
            recording.phase = phase

    def begin_fixtures(self) -> None:
        """Say that a fixture is about to be set up, or that the test has none."""
        before, self.before_fixtures = self.before_fixtures, None
        if before is not None:
            before()

    def begin_call(self, caller: FrameType) -> None:
        """Say that the attempt's call begins. ``caller`` is the frame that runs all of it."""
        self._call = get_ident(), caller
        self.enter_phase("call")

    @property
    def call_is_under_way(self) -> bool:
        """Whether the attempt is in its call: subtests are reported meanwhile, as if they were calls themselves."""
        if self._call is None:
            return False
        thread, caller = self._call
        frame = sys._current_frames().get(thread)
        while frame is not None and frame is not caller:
            frame = frame.f_back
        if frame is None:
            self._call = None  # and with it what the frame holds
        return frame is not None

    def waive(self, waivers: Iterable[tuple[str, str, str, str, str]]) -> None:
        """Say which rules the test waives, in place of what was said before: each as the values of ``Waiver``.

        Raises:
            ValueError: there is no such rule.
        """
        given = [self.rule_set.waiver(*values) for values in waivers]
        self._expired = [waiver for waiver in given if waiver.has_expired(self.rule_set.today)]
        self._waivers = [waiver for waiver in given if waiver not in self._expired]
        self.recording.allows_unseen = any(waiver.rule == UNSEEN_PROCESSES for waiver in self._waivers)

    def judge(self, *, is_over: bool, **where: Any) -> str | None:
        """Judge what has been recorded since the last time. ``is_over`` says that the test's teardown has ended.

        Args:
            where: the attributes of ``Breach`` that say where the test stands.

        Returns:
            What fails the test, in words for users, or None if nothing does.
        """
        self.await_endings()
        if self.rule_set.suggests:
            self._try_out(is_over=is_over)
        if not self._is_to_be_judged:
            return None
        if not is_over:
            self._drain()
        if self._rule_run is None:
            self._rule_run = self.rule_set.rule_run(self.recording, self._waivers, self.received)
        broken = self._rule_run.judge_rest() if is_over else self._rule_run.judge_new()
        if not broken:
            return None
        formatter = on_demand.Formatter.for_reports(self.recording)
        self._found().add_broken(formatter, broken, fails=self.rules_decide or self.has_failed, **where)
        failing = [each for each in broken if each.severity == "fail"]
        if not failing:
            return None
        return on_demand.broken_rules_message(formatter, failing, self._expired)

    def _try_out(self, *, is_over: bool) -> None:
        self._drain()
        if self._trial is None:
            self._trial = on_demand.Trial(self.recording, self._waivers, self.received)
        self._trial.judge(is_over=is_over)

    def await_endings(self) -> None:
        """Have applications return that have answered, and forked children end, where anybody asks what they report."""
        may_report = self.recording.under_way or self.recording.waits_for_children
        if may_report and self.is_of_interest:
            on_demand.await_endings(self.recording)
        self.recording.receive()

    @property
    def is_of_interest(self) -> bool:
        """Whether anybody asks for captured items during the attempt: the fixture, a rule, a report or a contract."""
        return bool(self.recording.detailed or self.rule_set.is_asked_for)

    def sum_up(self) -> None:
        """The test's last report is made: what it recorded is counted."""
        wants_table = self.rule_set.wants_table
        unknown = [name for each in self.recordings for name in each.unknown_exceptions]
        has_waivers = bool(self._waivers or self._expired)
        is_asked_for = bool(self.rule_set.is_asked_for or self._findings or has_waivers or unknown)
        unseen = self._unseen_requests() if is_asked_for or self.recording.detailed else {}
        if not (is_asked_for or unseen):
            return
        findings = self._found()
        findings.unseen_requests = unseen
        findings.is_complete = not self.has_failed
        if unknown or self._rule_run is not None:
            formatter = on_demand.Formatter.for_reports(self.recording)
            findings.add_unknown_exceptions(formatter, unknown)
            if self._rule_run is not None:
                findings.add_rule_run(formatter, self._rule_run)
        if self._trial is not None:
            findings.trial = self._trial.result()
        findings.add_chance(self.recordings, self._rule_run)
        findings.note_waivers_of(UNSEEN_PROCESSES, are_used=self.recording.started_unseen)
        if wants_table:
            findings.add_rows(*self.recordings, with_fields=self.rule_set.wants_fields, examples=self.rule_set.examples)
        if not self.rules_decide:
            findings.drop_unused_waivers()

    def give_up(self, error: Exception) -> str:
        """The plugin itself has failed at this attempt, which must not end the run.

        Returns:
            What failed, in words for users.
        """
        self.has_failed = True
        self._findings = on_demand.Findings(self.recording.label, self._folder, is_complete=False)
        formatter = on_demand.Formatter.for_reports(self.recording)
        return on_demand.internal_error_text(formatter, error)

    def export(self) -> str | None:
        """What was found, in plain data, or None if nothing was."""
        return self._findings.to_json() if self._findings is not None else None

    def counts(self) -> list[tuple[str, object]]:
        """What the attempt has seen, in numbers, as properties of its test."""
        return on_demand.counts_of(self.recordings, self._findings)

    def describe(self) -> str:
        """What was seen in this process, in words: with its values or, in CI, with names alone."""
        return on_demand.described(self.recording, self.rule_set.rules, self.rule_set.relay_project().search)

    def values_text(self) -> str:
        """Captured and discarded items, with their values, which may be in no file."""
        rules, search = self.rule_set.rules, self.rule_set.relay_project().search
        return "\n".join(on_demand.values_text(each, rules, search) for each in self.recordings)

    @property
    def _is_to_be_judged(self) -> bool:
        uses_fixture = self.recording.detailed or self.received is not None
        return bool(self._rule_run) or self.rule_set.has_something_for(self.recording, uses_fixture=uses_fixture)

    @property
    def _folder(self) -> str | None:
        return self.rule_set.configuration.folder

    def _unseen_requests(self) -> dict[str, int]:
        if not self.recording.entries:
            return {}
        from pytest_sentry_capture._assertions import count_unseen_requests

        return count_unseen_requests(self.recording)

    def _found(self) -> Findings:
        if self._findings is None:
            waivers = dict.fromkeys([*self._waivers, *self._expired], False)
            self._findings = on_demand.Findings(
                self.recording.label, self._folder, waivers=waivers, expired=self._expired
            )
        return self._findings

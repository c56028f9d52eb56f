"""``failed-jobs-captured``: a job that fails gives exactly one error event."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal

from pytest_sentry_capture._assertions import Formatter
from pytest_sentry_capture._recording import Job
from pytest_sentry_capture._recording.kinds import CapturedEvent
from pytest_sentry_capture._rules.built_in.server_errors import (
    errors_of,
    instead,
    problem_of_missing,
    too_many,
    within,
)
from pytest_sentry_capture._rules.rule import WITHOUT_CLIENT, Judgement, Needs, Rule, RuleViews, unfinished
from pytest_sentry_capture._rules.suggestion import Seen, Sighting, Suggestion, from_trial
from pytest_sentry_capture._text import counted

Retries = Literal["silent", "captured"]
_RETRIES: Final[dict[Retries, str]] = {"silent": "gave no event", "captured": "gave one event each"}
"""What attempts that are retried did, by each value of the option."""


@dataclass(kw_only=True)
class FailedJobsCaptured(Rule):
    """A job that fails finally gives exactly one event of level error or fatal.

    None and two both break the rule. Exempt are jobs that end without an exception or with ``SystemExit``, that are
    ignored or rejected, whose exception the task says to expect, and whose process died. Not judged are jobs whose
    exception somebody else reports in production, such as commands, jobs during which no client was active, and jobs
    that have not ended.

    Attributes:
        retries: whether attempts that are retried are ``"silent"`` or ``"captured"``. The default is what the
            SDK's integration does. Those of a ``JobSystem`` are not judged by default.
    """

    name = "failed-jobs-captured"
    _built_in_needs: ClassVar[Needs] = Needs(exchanges=True, reads_fields=False)
    at_teardown: ClassVar[bool] = True
    retries: Retries | None = None

    def judge(self, views: RuleViews) -> Iterator[Judgement]:
        formatter = Formatter.for_reports(views._recording)
        operations = views._operations
        for job in views.jobs:
            if job._is_unfinished:
                yield self.not_judged(job, unfinished(formatter, job))
            elif not self._concerns(job):
                continue
            elif not views._recording.client_was_active:
                yield self.not_judged(job, WITHOUT_CLIENT)
            else:
                own = errors_of(job)
                is_by_another = not own and any(map(errors_of, within(job, operations)))
                yield self.kept(job) if is_by_another else self._judged(formatter, job, own)

    @classmethod
    def _sightings(cls, views: RuleViews) -> Iterator[Sighting]:
        """How many attempts were retried, and what the rule would have said with each value of ``retries``."""
        retried = [job for job in views.jobs if job.status == "retried" and cls(retries="silent")._concerns(job)]
        yield from [Sighting("retried")] * len(retried)
        for retries in _RETRIES:
            for each in cls(retries=retries).judge(views):
                if each.obstacle is None:
                    yield Sighting(f"{'kept' if each.problem is None else 'broken'} {retries}")

    @classmethod
    def _suggestion(cls, seen: Seen) -> Suggestion:
        by_default = from_trial(seen)
        if by_default.holds and not seen.is_enough("retried"):
            return by_default
        for retries, gave in _RETRIES.items():
            if seen.number("retried") and seen.number(f"kept {retries}") and not seen.number(f"broken {retries}"):
                attempts = seen.times("retried", "retried attempt", "retried attempts")
                kept = counted(seen.tests.get(f"kept {retries}", 0), "test")
                return Suggestion({"retries": retries}, f"kept in {kept}; {attempts} {gave}")
        return by_default

    @classmethod
    def _breaks_suggestion(cls, value: Any, seen: Seen) -> bool:
        return bool(seen.waived if value is True else seen.number(f"broken {value['retries']}"))

    def _concerns(self, job: Job) -> bool:
        if job.expected or job.exception_type is None or not issubclass(job.exception_type, Exception):
            return False
        return job.status == "failed" or (job.status == "retried" and self._retries_of(job) is not None)

    def _retries_of(self, job: Job) -> Retries | None:
        if self.retries is not None or job._reports_retries is None:
            return self.retries
        return "captured" if job._reports_retries else "silent"

    def _judged(self, formatter: Formatter, job: Job, own: list[CapturedEvent]) -> Judgement:
        what, wanted = formatter.operation_summary(job), 1
        if job.status == "retried" and self._retries_of(job) == "silent":
            wanted = 0
        if len(own) == wanted:
            return self.kept(job)
        events = [f"{number}. {formatter.summary(event)}" for number, event in enumerate(own, 1)]
        if own:
            more = f" {self._about_retries(job)}" if wanted == 0 else ""
            return self.broken(job, f"{what}, {too_many(own, wanted)}{more}", details=events)
        if job._about_report is not None:
            return self.not_judged(job, f"{what}: {job._about_report}")
        more = f" {self._about_retries(job)}" if job.status == "retried" else ""
        by = next((discard.by for discard in job.discarded if discard.by is not None), None)
        problem = f"{problem_of_missing(formatter, job)}{more}"
        return self.broken(job, problem, by=by, details=instead(formatter, job))

    def _about_retries(self, job: Job) -> str:
        """What is expected of attempts that are retried, and who says so."""
        wanted = self._retries_of(job)
        if self.retries is not None:
            return f'The rule has retries = "{wanted}".'
        return f'By default retries = "{wanted}", which is what the SDK\'s integration does for {job.system}.'

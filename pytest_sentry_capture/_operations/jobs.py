"""One job as it is observed, and the base of what observes the jobs of one system."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from pytest_sentry_capture._operations.adapter import OperationAdapter
from pytest_sentry_capture._recording import (
    ExceptionChain,
    Job,
    JobStatus,
    Recorder,
    UnderWay,
    current_recording,
    served_now,
)


class JobObservation(UnderWay):
    """A job under way, as the outermost place sees it that observes it.

    Args:
        recorder: knows the recording that the job belongs to.
        job: the job.
        subject: what stands for this attempt at it: a place that is passed twice with an equal one observes it once.

    Attributes:
        is_retried: whether a further attempt runs already, within this one.
    """

    is_retried = False

    def __init__(self, recorder: Recorder, job: Job, subject: object) -> None:
        self.job = job
        self.subject = subject
        UnderWay.__init__(self, job, current_recording(recorder))
        self._started = perf_counter()

    @staticmethod
    def current() -> JobObservation | None:
        """The observation of the job that the calling context runs."""
        serves = served_now()
        return serves if isinstance(serves, JobObservation) else None

    def raises(self, error: BaseException) -> None:
        """An exception has ended the attempt."""
        self.job._chain = ExceptionChain.of(error, live=self.recording.detailed)

    def is_further_attempt_of(self, earlier: JobObservation) -> None:
        """Say that this attempt runs within an earlier one, which it would come after in production."""
        earlier.is_retried = True
        self.job.parent, self.job._earlier = earlier.job.parent, earlier.job
        self.recording.changed(self.job)

    def has_status(self, status: JobStatus | None) -> None:
        """The attempt has ended so."""
        self.job.status = "retried" if self.is_retried else status

    def ends(self) -> None:
        """The attempt is over."""
        self.job.duration = perf_counter() - self._started
        self.subject = None
        UnderWay.ends(self)


class JobAdapter(OperationAdapter):
    """Records the jobs of one system."""

    def _is_new(self, subject: object) -> bool:
        """Whether an attempt is not observed yet, by a wrapper further outside."""
        current = JobObservation.current()
        return self._is_active and (current is None or current.subject != subject)

    @contextmanager
    def _observing(self, job: Job, subject: object) -> Iterator[JobObservation]:
        """Record a job, and what is captured meanwhile as its own; see ``JobObservation``."""
        __tracebackhide__ = True
        observation = JobObservation(self._recorder, job, subject)
        token = observation.enter()
        try:
            yield observation
        finally:
            observation.leave(token)
            observation.ends()


def is_expected(error_type: type[BaseException], expected: object) -> bool:
    """Whether a class derives from one of those that a task expects, without asking any class of the application."""
    classes = expected if isinstance(expected, (tuple, list)) else (expected,)
    return any(each in error_type.__mro__ for each in classes)


def text_of(value: object) -> str | None:
    """A plain text; None for anything else."""
    return value if type(value) is str and value else None


def never_raising(function: Callable[..., Any], *args: Any) -> Any:
    """What a framework says that is only read; None where it raises."""
    try:
        return function(*args)
    except Exception:
        return None

"""One job as it is observed, and the base of what observes the jobs of one system."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Token
from time import perf_counter
from typing import Any, final

from pytest_sentry_capture._operations.adapter import OperationAdapter
from pytest_sentry_capture._operations.tracebacks import hide_own_frames
from pytest_sentry_capture._recording import (
    ExceptionChain,
    Job,
    JobStatus,
    Recorder,
    UnderWay,
    current_recording,
    enter_operation,
    served_now,
)


@final
class JobObservation(UnderWay):
    """A job under way, as the outermost place sees it that observes it.

    Args:
        recorder: knows the recording that the job belongs to.
        job: the job.
        subject: what stands for this attempt at it: a place that is passed twice with an equal one observes it once.

    Attributes:
        task: what all attempts have in common that run within each other, or None if none do.
        is_retried: whether a further attempt runs already, within this one.
    """

    task: object = None
    is_retried = False
    _token: Token[UnderWay | None]

    def __init__(self, recorder: Recorder, job: Job, subject: object) -> None:
        self.job = job
        self.subject = subject
        UnderWay.__init__(self, job, current_recording(recorder))
        self._started = perf_counter()

    def __enter__(self) -> JobObservation:
        self._token = enter_operation(self)
        return self

    def __exit__(self, *error: object) -> None:
        self.job.duration = perf_counter() - self._started
        self.subject = None
        self.leave(self._token)
        self.ends()

    @staticmethod
    def current() -> JobObservation | None:
        """The observation of the job that the calling context runs."""
        serves = served_now()
        return serves if isinstance(serves, JobObservation) else None

    def raises(self, error: BaseException) -> None:
        """An exception has ended the attempt."""
        hide_own_frames(error)
        self.job._chain = ExceptionChain.of(error, live=self.recording.detailed)

    def is_further_attempt_of(self, earlier: JobObservation) -> None:
        """Say that this attempt runs within an earlier one, which it would come after in production."""
        earlier.is_retried = True
        self.job.parent, self.job._earlier = earlier.job.parent, earlier.job
        self.recording.changed(self.job)

    def has_status(self, status: JobStatus | None) -> None:
        """The attempt has ended so."""
        self.job.status = "retried" if self.is_retried else status


class JobAdapter(OperationAdapter):
    """Records the jobs of one system."""

    def _is_new(self, subject: object) -> bool:
        """Whether an attempt is not observed yet, by a wrapper further outside."""
        current = JobObservation.current()
        return self._is_active and (current is None or current.subject != subject)

    def _observing(self, job: Job, subject: object) -> JobObservation:
        """Record a job, and while the observation is entered what is captured as its own."""
        return JobObservation(self._recorder, job, subject)


def is_expected(error_type: type[BaseException], expected: object) -> bool:
    """Whether a class derives from one of those that a task expects, without asking any class of the application."""
    classes = expected if isinstance(expected, (tuple, list)) else (expected,)
    return any(each in error_type.__mro__ for each in classes)


def text_of(value: object) -> str | None:
    """A plain text, or None for anything else."""
    return value if type(value) is str and value else None


def never_raising(function: Callable[..., Any], *args: Any) -> Any:
    """What a framework says that is only read, or None if it raises."""
    try:
        return function(*args)
    except Exception:
        return None

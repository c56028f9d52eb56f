"""Jobs of RQ, in workers that run them in the test's process or in a fork of it, be the SDK's integration on or off."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, Final
from weakref import WeakKeyDictionary

from pytest_sentry_capture._operations.jobs import JobAdapter, JobObservation, never_raising, text_of
from pytest_sentry_capture._recording import Job, JobStatus, Recording, current_recording

SYSTEM: Final = "rq"
_MODULES: Final = ("rq.worker", "rq.worker.base", "rq.worker.worker_classes")
_STATUSES: Final[dict[object, JobStatus]] = {
    "finished": "succeeded",
    "failed": "failed",
    "stopped": "failed",
    "queued": "retried",
    "scheduled": "retried",
    "canceled": "rejected",
}
_NOT_ASYNC: Final = (
    "A job ran where it was enqueued, because its queue has is_async=False: the SDK reports failures of workers only."
    " Run it with SimpleWorker(…).work(burst=True)."
)
_REPORTED_BY_WORKER: Final = "in production the SDK reports it in RQ's worker, and the queue has is_async=False"


class RqAdapter(JobAdapter):
    """Observes every class of workers that performs jobs itself, from outside of the SDK's wrapper."""

    package = "rq"

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._attempts: WeakKeyDictionary[Recording, Counter[str]] = WeakKeyDictionary()

    def install(self) -> None:
        for place in _workers_with("perform_job"):
            self._wrap(place, self._performing, "Jobs of RQ are not observed.")
        for place in _workers_with("handle_exception"):
            self._wrap(place, self._handling, "Exceptions of RQ's jobs are not known.")
        for place in _workers_with("fork_work_horse"):
            self._wrap(place, self._forking, "Attempts at jobs of RQ that run in forked children are not counted.")
        self._wrap("rq.job:Job.perform", self._performing_at_once, "Jobs of queues with is_async=False are not seen.")

    def _performing(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(inner)
        def perform_job(worker: Any, job: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            if not self._is_new(job):
                return inner(worker, job, *args, **kwargs)
            with self._observing(self._job(job), job) as observation:
                result = inner(worker, job, *args, **kwargs)
                observation.has_status(_status(job))
                return result

        return perform_job

    def _forking(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        """The child counts the attempt for itself alone."""

        @wraps(inner)
        def fork_work_horse(worker: Any, job: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            result = inner(worker, job, *args, **kwargs)
            if self._is_active:
                self._counted(job)
            return result

        return fork_work_horse

    def _handling(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(inner)
        def handle_exception(worker: Any, job: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            observation = JobObservation.current()
            error = next((each for each in args if isinstance(each, BaseException)), None)
            if self._is_active and observation is not None and error is not None:
                observation.raises(error)
                observation.job._reports_retries = _status(job) == "failed" and _reports_retries(type(worker))
            return inner(worker, job, *args, **kwargs)

        return handle_exception

    def _performing_at_once(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        """Jobs that no worker performs."""

        @wraps(inner)
        def perform(job: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            if not self._is_new(job):
                return inner(job, *args, **kwargs)
            with self._observing(self._job(job), job) as observation:
                observation.job._hint, observation.job._about_report = _NOT_ASYNC, _REPORTED_BY_WORKER
                try:
                    result = inner(job, *args, **kwargs)
                except BaseException as error:
                    observation.raises(error)
                    observation.has_status("failed" if isinstance(error, Exception) else None)
                    raise
                observation.has_status("succeeded")
                observation.job._hint = None
                return result

        return perform

    def _job(self, job: Any) -> Job:
        name = text_of(never_raising(lambda: job.func_name)) or "unknown"
        return Job(name, SYSTEM, text_of(never_raising(lambda: job.origin)), self._counted(job))

    def _counted(self, job: Any) -> int:
        """How often the job was tried in the test, this time included."""
        identifier = never_raising(lambda: str(job.id)) or ""
        counts = self._attempts.setdefault(current_recording(self._recorder), Counter())
        counts[identifier] += 1
        return counts[identifier]


def _workers_with(method: str) -> Iterator[str]:
    """The places of a method, in every class of workers that defines it."""
    modules = [sys.modules[name] for name in _MODULES if name in sys.modules]
    for module in modules:
        for name, value in sorted(vars(module).items()):
            is_class_of_module = isinstance(value, type) and value.__module__ == module.__name__
            if is_class_of_module and method in vars(value):
                yield f"{module.__name__}:{name}.{method}"


def _status(job: Any) -> JobStatus | None:
    """The status of a job, as the worker knows it: a text, or with newer versions of RQ an enumeration."""
    status = getattr(job, "_status", None)
    return _STATUSES.get(getattr(status, "value", status))


def _reports_retries(worker: type) -> bool:
    """Whether the SDK reports attempts that are retried too: its handler does not ask whether any is left.

    It asks for the status, and RQ says "failed" of each attempt at that moment (since 2.0).
    """
    handler: Any = getattr(worker, "handle_exception", None)
    while handler is not None:
        if handler.__globals__.get("__name__") == "sentry_sdk.integrations.rq":
            return "retries_left" not in handler.__code__.co_names + handler.__code__.co_consts
        handler = getattr(handler, "__wrapped__", None)
    return False

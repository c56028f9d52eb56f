"""Jobs of Celery: each attempt at a task, in a worker or eager, whether or not the SDK's integration is on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final

from pytest_sentry_capture._operations.jobs import JobAdapter, JobObservation, is_expected, text_of
from pytest_sentry_capture._operations.tracebacks import hide_own_frames
from pytest_sentry_capture._recording import Job, JobStatus, Remark, current_recording

SYSTEM: Final = "celery"
_BUILD_TRACER: Final = "build_tracer"
_CONSUMER: Final = "celery.worker.consumer.consumer"
_STATUSES: Final[Mapping[str, JobStatus]] = {
    "FAILURE": "failed",
    "RETRY": "retried",
    "IGNORED": "ignored",
    "REJECTED": "rejected",
}
_RAISED: Final[Mapping[str, JobStatus]] = {"Retry": "retried", "Ignore": "ignored", "Reject": "rejected"}
_UNSEEN: Final = "Jobs of Celery are not observed."
_BEFORE_INIT: Final = (
    "The SDK does not see the tasks of this worker: celery.worker was imported before sentry_sdk.init was called."
    " Call init first, in the module that makes the Celery app, or in the signal celeryd_init."
)
_DIRECT: Final = (
    "A Celery task was called directly, as a function, and raised. Only its caller can report that."
    " Use task.apply() or task.delay() with task_always_eager."
)


class CeleryAdapter(JobAdapter):
    """Observes what Celery's tracers run, from outside of the SDK's."""

    package = "celery"
    _outermost: Callable[..., Any] | None = None
    """What makes tracers, from outside of the SDK's: it may have wrapped the function that was here before."""

    def install(self) -> None:
        self._wrap(f"celery.app.trace:{_BUILD_TRACER}", self._building, _UNSEEN)
        consumer = sys.modules.get(_CONSUMER)
        if consumer is not None and hasattr(consumer, _BUILD_TRACER):
            self._wrap(f"{_CONSUMER}:{_BUILD_TRACER}", self._building_in_worker, _UNSEEN)
        self._wrap("celery.app.task:Task.__call__", self._calling, "Calls of tasks as functions are not noticed.")

    def _building(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        """Eager tasks have a tracer made for each call, so that this must be cheap."""

        @wraps(inner)
        def build_tracer(name: Any, task: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            tracer = inner(name, task, *args, **kwargs)
            return self._tracing(name, task, tracer, None) if self._outermost is build_tracer else tracer

        self._outermost = build_tracer
        return build_tracer

    def _building_in_worker(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(inner)
        def build_tracer(name: Any, task: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            tracer = inner(name, task, *args, **kwargs)
            hint = _BEFORE_INIT if _is_older_than_sdk(inner) else None
            return self._tracing(name, task, tracer, hint) if self._is_active else tracer

        return build_tracer

    def _tracing(self, name: str, task: Any, inner: Callable[..., Any], hint: str | None) -> Callable[..., Any]:
        def trace(uuid: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            request = args[2] if len(args) > 2 else kwargs.get("request")
            subject = uuid if request is None else request
            outer = JobObservation.current()
            if not self._is_active or (outer is not None and outer.subject is subject):
                return inner(uuid, *args, **kwargs)
            with JobObservation(self._recorder, _job(name, task, request, hint), subject) as observation:
                observation.task = name, uuid
                if outer is not None and outer.task == observation.task:
                    observation.is_further_attempt_of(outer)
                try:
                    result = inner(uuid, *args, **kwargs)
                except BaseException as error:
                    _raised(observation, task, error)
                    raise
                _returned(observation, task, result)
                return result

        return trace

    def _calling(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(inner)
        def call(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            try:
                return inner(*args, **kwargs)
            except Exception as error:
                hide_own_frames(error)
                if self._is_active and JobObservation.current() is None:
                    current_recording(self._recorder).add(Remark(_DIRECT))
                raise

        return call


def _is_older_than_sdk(build: Any) -> bool:
    """Whether a worker has the function that makes tracers from before the SDK replaced it."""
    current: Any = sys.modules["celery.app.trace"].build_tracer
    return _is_patched(current) and not _is_patched(build)


def _is_patched(build: Any) -> bool:
    """Whether the SDK is anywhere in a chain of wrappers of which each knows the next, but the SDK's own."""
    while build is not None:
        module = getattr(build, "__globals__", {}).get("__name__", "")
        if module.startswith("sentry_sdk"):
            return True
        build = vars(build).get("__wrapped__") if hasattr(build, "__dict__") else None
    return False


def _job(name: Any, task: Any, request: object, hint: str | None) -> Job:
    """The attempt that a request of Celery asks for."""
    about = request if isinstance(request, dict) else {}
    retries, delivery = about.get("retries"), about.get("delivery_info")
    queue = delivery.get("routing_key") if isinstance(delivery, dict) else None
    if type(queue) is not str or not queue:
        queue = text_of(getattr(task, "queue", None))
    job = Job(str(name), SYSTEM, queue, retries + 1 if type(retries) is int else 1)
    if hint is not None:
        job._hint, job._is_unseen = hint, True
    return job


def _returned(observation: JobObservation, task: Any, result: Any) -> None:
    """What a tracer returns: beside the value None for a success, else the state and the exception."""
    info = result[1] if isinstance(result, tuple) and len(result) > 1 else None
    if info is None:
        observation.has_status("succeeded")
        return
    _note(observation, task, getattr(info, "retval", None))
    observation.has_status(_STATUSES.get(str(getattr(info, "state", None))))


def _raised(observation: JobObservation, task: Any, error: BaseException) -> None:
    """A tracer raises where ``task_eager_propagates`` is set, and where the process is about to end."""
    exceptions = sys.modules.get("celery.exceptions")
    _note(observation, task, error)
    for name, status in _RAISED.items():
        if is_expected(type(error), getattr(exceptions, name, None)):
            observation.has_status(status)
            return
    observation.has_status("failed" if isinstance(error, Exception) else None)


def _note(observation: JobObservation, task: Any, error: Any) -> None:
    cause = getattr(error, "exc", None) if type(error).__module__.startswith("celery.") else None
    error = cause if isinstance(cause, BaseException) else error
    if isinstance(error, BaseException):
        observation.raises(error)
        observation.job.expected = is_expected(type(error), getattr(task, "throws", ()))

"""Jobs of a worker that this plugin does not know, as the project describes it."""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from inspect import getattr_static, iscoroutinefunction
from types import CoroutineType
from typing import Any, ClassVar, Final, TypeVar, cast

from pytest_sentry_capture._operations.adapter import place_of
from pytest_sentry_capture._operations.jobs import JobAdapter, JobObservation
from pytest_sentry_capture._public import export
from pytest_sentry_capture._recording import (
    JOB_STATUSES,
    CallbackError,
    Job,
    JobStatus,
    current_recording,
    location_of,
)
from pytest_sentry_capture._text import did_you_mean

AnyCallable = TypeVar("AnyCallable", bound=Callable[..., Any])

_FACTS: Final = ("name", "queue", "attempt")
_CONSEQUENCES: Final = {
    "job": "Some jobs of the job system {!r} are not observed.",
    "status": "Some jobs of the job system {!r} may have a wrong status.",
}
"""What follows when a function of a system raises."""
_UNSEEN: Final = "Its jobs are not observed."
_RETURNS_COROUTINE: Final = "returns a coroutine, but is not a coroutine function. What its jobs do is not observed."


class JobSystem:
    """A description of a worker that this plugin does not know: which function runs a job, and how it ended.

    Return it from the hook ``pytest_sentry_capture_job_systems``. A job that raises has failed, and any other job has
    succeeded, unless ``status`` returns another status.

    Args:
        name: the ``system`` of its jobs, such as ``"consumer"``.
        runs: the function or method that runs one job: ``"shop.consumer:Consumer.handle"``. It may be a coroutine
            function.
        job: a function that is called with the same arguments. It returns the name of the job, or a mapping with
            ``name`` and optionally ``queue`` (a string) and ``attempt`` (a number from 1).
        status: a function that is called when the job has ended, with its return value and its exception. One of them
            is None. It returns ``"succeeded"``, ``"failed"``, ``"retried"``, ``"ignored"`` or ``"rejected"``.

    Raises:
        TypeError: an argument is not of its type.
        ValueError: ``runs`` is not a place such as ``"shop.consumer:Consumer.handle"``.
    """

    def __init__(
        self,
        name: str,
        *,
        runs: str,
        job: Callable[..., str | Mapping[str, Any]],
        status: Callable[[Any, BaseException | None], str | None] | None = None,
    ) -> None:
        if type(name) is not str or not name:
            raise TypeError(f"name must be a string such as 'consumer', not {name!r}")
        if type(runs) is not str:
            raise TypeError(f"runs must be a string such as 'shop.consumer:Consumer.handle', not {runs!r}")
        if not all(runs.partition(":")[::2]):
            raise ValueError(f"runs must be a place such as 'shop.consumer:Consumer.handle', not {runs!r}")
        if not all(callable(each) for each in (job, status or job)):
            raise TypeError("job and status must be functions")
        self.name = name
        self.runs = runs
        self.job = job
        self.status = status

    @property
    def module(self) -> str:
        """The name of the module whose function runs jobs."""
        return self.runs.partition(":")[0]

    def __repr__(self) -> str:
        return f"JobSystem({self.name!r}, runs={self.runs!r})"


class JobSystemAdapter(JobAdapter):
    """Observes the jobs of a system as the project describes it."""

    system: ClassVar[JobSystem]

    def install(self) -> None:
        owner, name = place_of(self.system.runs)
        inner = getattr_static(owner, name, None)
        if inner is None:
            self.gaps["runs"] = f"The job system {self.system.name!r}: there is no {self.system.runs}. {_UNSEEN}"
        elif self._is_active and not any(inner is each.ours for each in self._wrapped):
            if isinstance(inner, (staticmethod, classmethod)):
                self._put(owner, name, inner, type(inner)(self._running(inner.__func__)))
            elif callable(inner):
                self._put(owner, name, inner, self._running(inner))
            else:
                what = f"{self.system.runs} is not a function"
                self.gaps["runs"] = f"The job system {self.system.name!r}: {what}. {_UNSEEN}"

    def _running(self, inner: AnyCallable) -> AnyCallable:
        if iscoroutinefunction(inner):
            return cast("AnyCallable", self._running_async(inner))

        @wraps(inner)
        def run(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            subject = _Call(args)
            job = self._job(args, kwargs) if self._is_new(subject) else None
            if job is None:
                return inner(*args, **kwargs)
            with self._observing(job, subject) as observation:
                try:
                    result = inner(*args, **kwargs)
                except BaseException as error:
                    self._raised(observation, error)
                    raise
                self._returned(observation, result)
                return result

        return cast("AnyCallable", run)

    def _running_async(self, inner: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        @wraps(inner)
        async def run(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            subject = _Call(args)
            job = self._job(args, kwargs) if self._is_new(subject) else None
            if job is None:
                return await inner(*args, **kwargs)
            job._is_task = True
            with self._observing(job, subject) as observation:
                try:
                    result = await inner(*args, **kwargs)
                except BaseException as error:
                    self._raised(observation, error)
                    raise
                self._returned(observation, result)
                return result

        return run

    def _job(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Job | None:
        """What the system says of a job, or None if it fails to."""
        try:
            return _described(self.system, self.system.job(*args, **kwargs))
        except Exception as error:
            self._failed("job", error)
            return None

    def _raised(self, observation: JobObservation, error: BaseException) -> None:
        observation.raises(error)
        usual: JobStatus | None = "failed" if isinstance(error, Exception) else None
        observation.has_status(self._status(None, error, usual))

    def _returned(self, observation: JobObservation, result: Any) -> None:
        if type(result) is CoroutineType:  # of which nobody knows who awaits it, and when
            self.gaps["runs"] = f"The job system {self.system.name!r}: {self.system.runs} {_RETURNS_COROUTINE}"
            return
        observation.has_status(self._status(result, None, "succeeded"))

    def _status(self, result: Any, error: BaseException | None, usual: JobStatus | None) -> JobStatus | None:
        if self.system.status is None:
            return usual
        try:
            status = self.system.status(result, error)
            return usual if status is None else _status_named(status)
        except Exception as raised:
            self._failed("status", raised)
            return usual

    def _failed(self, function: str, error: Exception) -> None:
        """A function of the system has raised: it is at fault, and not the application."""
        system, recording = self.system, current_recording(self._recorder)
        told = traceback.TracebackException.from_exception(error)
        text = "".join(told.format()).rstrip()
        by = location_of(getattr(system, function))
        recording.has_callback_errors = True
        follows = _CONSEQUENCES[function].format(system.name)
        live = error if recording.detailed else None
        recording.add(CallbackError(by, type(error), str(told), text, live, follows))
        self.gaps[function] = f"{function}() raised {type(error).__name__}. {follows}"


class _Call:
    """A call with its arguments: the same as another one that was given the same objects."""

    def __init__(self, args: tuple[Any, ...]) -> None:
        self._args = args

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Call) and [*map(id, self._args)] == [*map(id, other._args)]

    def __hash__(self) -> int:
        return hash(tuple(map(id, self._args)))


def _status_named(name: object) -> JobStatus:
    """The status that a system names, also in an instance of a subclass of `str`."""
    for status in JOB_STATUSES:
        if isinstance(name, str) and str.__eq__(name, status):
            return status
    raise ValueError(did_you_mean("status", str(name), JOB_STATUSES))


def _described(system: JobSystem, described: object) -> Job:
    if isinstance(described, str):
        described = {"name": described}
    if not isinstance(described, Mapping):
        raise TypeError(f"job() must return a name or a mapping, not {type(described).__name__}")
    if unknown := [key for key in described if key not in _FACTS]:
        raise ValueError(did_you_mean("key", str(unknown[0]), _FACTS))
    name, queue, attempt = described.get("name"), described.get("queue"), described.get("attempt", 1)
    if not isinstance(name, str) or not name:
        raise TypeError("job() must return a name")
    if not (queue is None or isinstance(queue, str)):
        raise TypeError("queue must be a string")
    if type(attempt) is not int or attempt < 1:
        raise TypeError("attempt must be a number from 1")
    # A string may be an instance of a subclass, which writes it in another way.
    queue = queue and str.__str__(queue)
    return Job(str.__str__(name), system.name, queue, attempt, _reports_retries=None)


def adapter_of(system: JobSystem) -> type[JobSystemAdapter]:
    """The adapter of a system."""
    return type("JobSystemAdapter", (JobSystemAdapter,), {"system": system})


export(JobSystem)

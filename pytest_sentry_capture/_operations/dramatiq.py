"""Jobs of Dramatiq's workers, whether or not the SDK's integration is on."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from pytest_sentry_capture._operations.jobs import JobAdapter, JobObservation, is_expected, text_of
from pytest_sentry_capture._recording import Job, JobStatus

SYSTEM: Final = "dramatiq"
_UNSEEN: Final = "Jobs of Dramatiq are not observed."


class DramatiqAdapter(JobAdapter):
    """Observes how workers process messages: around all middleware, the SDK's included."""

    package = "dramatiq"

    def install(self) -> None:
        self._wrap("dramatiq.worker:_WorkerThread.process_message", self._processing, _UNSEEN)
        self._wrap("dramatiq.broker:Broker.emit_after", self._emitting, "The status of Dramatiq's jobs is not known.")

    def _processing(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(inner)
        def process_message(worker: Any, message: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            if not self._is_new(message):
                return inner(worker, message, *args, **kwargs)
            retries = _retries(message)
            job = Job(str(message.actor_name), SYSTEM, text_of(message.queue_name), retries + 1, _reports_retries=True)
            with self._observing(job, message):
                return inner(worker, message, *args, **kwargs)

        return process_message

    def _emitting(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        """The middleware was notified of a message's end: the SDK reports before, and brokers acknowledge after."""

        @wraps(inner)
        def emit_after(broker: Any, signal: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            result = inner(broker, signal, *args, **kwargs)
            observation = JobObservation.current()
            if self._is_active and observation is not None and args and observation.subject is args[0]:
                if signal == "skip_message":
                    observation.has_status("ignored")
                elif signal == "process_message":
                    _processed(observation, args[0], kwargs.get("exception"))
            return result

        return emit_after


def _processed(observation: JobObservation, message: Any, error: object) -> None:
    status: JobStatus = "succeeded"
    if isinstance(error, BaseException):
        is_retried = not getattr(message, "failed", False) and _retries(message) >= observation.job.attempt
        status = "retried" if is_retried else "failed"
        observation.raises(error)
        observation.job.expected = is_expected(type(error), _throws(message))
    observation.has_status(status)


def _retries(message: Any) -> int:
    retries = message.options.get("retries")
    return retries if type(retries) is int else 0


def _throws(message: Any) -> object:
    """The exceptions that a message, or its actor, expects."""
    try:
        actor = sys.modules["dramatiq"].get_broker().get_actor(message.actor_name)
        return message.options.get("throws") or actor.options.get("throws") or ()
    except Exception:
        return message.options.get("throws") or ()

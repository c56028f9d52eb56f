"""An application whose jobs run in a worker of Dramatiq."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import dramatiq
import work
from dramatiq.brokers.stub import StubBroker
from sentry_sdk.integrations.dramatiq import DramatiqIntegration
from sentry_sdk.integrations.logging import ignore_logger

SYSTEM: Final = "dramatiq"
QUEUE: Final = "money"
EVENTS_OF_RETRIES: Final = work.ATTEMPTS
KNOWS_EXPECTED: Final = True

work.init(integrations=[DramatiqIntegration()])
ignore_logger("dramatiq.worker.WorkerThread")  # which logs the exception before the integration reports it
broker = StubBroker()
dramatiq.set_broker(broker)
actors: dict[str, Any] = {}
make_actor: Any = dramatiq.actor  # whose releases differ in their types


def actor(function: Callable[..., None], max_retries: int = 0, **options: Any) -> None:
    name = function.__name__
    actors[name] = make_actor(
        function,
        actor_name=name_of(name),
        queue_name=QUEUE,
        max_retries=max_retries,
        min_backoff=1,
        max_backoff=1,
        **options,
    )


def name_of(job: str) -> str:
    return f"shop.{job}"


for each in (work.crash, work.refuse, work.report, work.report_twice):
    actor(each)
actor(work.fail_as_expected, throws=work.ExpectedError)
actor(work.flake, max_retries=work.ATTEMPTS - 1)


def perform(*calls: tuple[Any, ...]) -> None:
    worker = dramatiq.Worker(broker, worker_timeout=10, worker_threads=1)
    worker.start()
    try:
        for job, *args in calls:
            actors[job].send(*args)
        broker.join(QUEUE, fail_fast=False, timeout=30_000)
        worker.join()
    finally:
        worker.stop()

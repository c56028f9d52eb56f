"""An application whose jobs run in a worker of RQ: one that forks where ``WORKER`` says so."""

from __future__ import annotations

import os
from typing import Any, Final

import work
from rq import Queue, Retry, SimpleWorker, Worker

SYSTEM: Final = "rq"
QUEUE: Final = "money"
EVENTS_OF_RETRIES: Final = 1
KNOWS_EXPECTED: Final = False
ROW_OF_RETRY: Final = "nothing"

work.init()


def crash() -> None:
    work.crash()


def refuse() -> None:
    work.refuse()


def fail_as_expected() -> None:
    work.fail_as_expected()


def flake() -> None:
    work.flake()


def report(tenant: str | None = None) -> None:
    with work.isolated():
        work.report(tenant)


def report_twice() -> None:
    work.report_twice()


def name_of(job: str) -> str:
    return f"shop.{job}"


def connection() -> Any:
    if "REDIS" in os.environ:
        import redis

        return redis.Redis.from_url(os.environ["REDIS"])
    import fakeredis

    return fakeredis.FakeStrictRedis()


def perform(*calls: tuple[Any, ...]) -> None:
    queue = Queue(QUEUE, connection=connection())
    for job, *args in calls:
        retry = Retry(max=work.ATTEMPTS - 1) if job == "flake" else None
        queue.enqueue(globals()[job], *args, retry=retry)
    worker_class = Worker if os.environ.get("WORKER") == "forking" else SimpleWorker
    worker_class([queue], connection=queue.connection).work(burst=True, logging_level="CRITICAL")

"""A Celery application whose tasks run eagerly, or with ``POOL`` in a worker."""

from __future__ import annotations

import atexit
import os
from contextlib import suppress
from functools import cache
from typing import Any, Final

import work
from celery import Celery

SYSTEM: Final = "celery"
QUEUE: Final = "money"
POOL: Final = os.environ.get("POOL", "")
BROKER: Final = os.environ.get("BROKER", "memory://")
POLLING: Final = 0.02
"""Seconds between looks for messages and results. The defaults, 1.0 and 0.5, would take most of the time."""
EVENTS_OF_RETRIES: Final = 1
KNOWS_EXPECTED: Final = True
ROW_OF_RETRY: Final = "nothing"

work.init()
app = Celery("shop", broker=BROKER, backend="cache+memory://" if BROKER == "memory://" else BROKER)
app.conf.task_always_eager = not POOL
app.conf.task_default_queue = QUEUE
app.conf.broker_connection_retry_on_startup = False
if BROKER == "memory://":
    app.conf.broker_transport_options = {"polling_interval": POLLING}


def task(**options: Any) -> Any:
    return app.task(queue=QUEUE, **options)


@task(name="shop.crash")
def crash() -> None:
    work.crash()


@task(name="shop.refuse")
def refuse() -> None:
    work.refuse()


@task(name="shop.fail_as_expected", throws=(work.ExpectedError,))
def fail_as_expected() -> None:
    work.fail_as_expected()


@task(
    name="shop.flake",
    autoretry_for=(ConnectionError,),
    retry_kwargs={"max_retries": work.ATTEMPTS - 1, "countdown": 0},
)
def flake() -> None:
    work.flake()


@task(name="shop.report")
def report(tenant: str | None = None) -> None:
    work.report(tenant)


@task(name="shop.report_twice")
def report_twice() -> None:
    work.report_twice()


def name_of(job: str) -> str:
    return f"shop.{job}"


def perform(*calls: tuple[Any, ...]) -> None:
    """Run jobs, each given as its name and its arguments, to their ends."""
    if POOL:
        start_for_all_tests()
    _perform(*calls)


def worker_of(pool: str) -> Any:
    from celery.contrib.testing.worker import start_worker  # which must not be imported before init is called

    return start_worker(app, perform_ping_check=False, pool=pool, concurrency=1, shutdown_timeout=60)


@cache
def start_for_all_tests() -> None:
    """Start a worker that the end of the process stops, which takes seconds. It is older than most tests."""
    worker = worker_of(POOL)
    worker.__enter__()
    atexit.register(worker.__exit__, None, None, None)


def _perform(*calls: tuple[Any, ...]) -> None:
    for job, *args in calls:
        with suppress(ZeroDivisionError, ConnectionError, work.RefusedError, work.ExpectedError):
            globals()[job].delay(*args).get(timeout=30, interval=POLLING)

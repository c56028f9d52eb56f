"""Jobs in whole runs: rules, entries of ``expect``, the contract, and hints of failed assertions."""

from __future__ import annotations

import json
import os
from typing import Final

import pytest

SHOP: Final = """
import sentry_sdk

sentry_sdk.init(dsn="https://key@sentry.invalid/1", default_integrations=False)

class Consumer:
    def handle(self, name, run):
        try:
            run()
        except Exception as error:
            sentry_sdk.capture_exception(error)
            raise
"""
CONFTEST: Final = """
from pytest_sentry_capture import JobSystem

def describe(consumer, name, run):
    return {"name": name, "queue": "money"}

def pytest_sentry_capture_job_systems(config):
    return [JobSystem("consumer", runs="shop:Consumer.handle", job=describe)]
"""
FAILS: Final = """
from contextlib import suppress
import sentry_sdk
from shop import Consumer

def fail():
    raise OSError("disk full")

def test_archive(sentry_capture):
    with suppress(OSError):
        Consumer().handle("shop.archive", fail)
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(shop=SHOP)
    return pytester


def configure(project: pytest.Pytester, text: str) -> None:
    (project.path / "sentry_capture.toml").write_text(text, encoding="utf-8")


def run(project: pytest.Pytester, test: str, *args: str) -> pytest.RunResult:
    project.makepyfile(test_shop=test)
    return project.runpytest_subprocess("-p", "no:randomly", *args)


@pytest.mark.parametrize(("level", "outcome"), [("error", "passed"), ("fatal", "failed")])
def test_expect_judges_failed_jobs(project: pytest.Pytester, level: str, outcome: str) -> None:
    configure(
        project,
        f"""
        [[expect]]
        name = "archiving is important"
        job = "shop.archive"
        job_status = "failed"
        captured = true
        event = {{ level = "{level}" }}
        """,
    )

    result = run(project, FAILS)

    result.assert_outcomes(**{outcome: 1})
    if outcome == "failed":
        result.stdout.fnmatch_lines(["*archiving is important*", "*job shop.archive failed*"])


def test_required_tag_that_a_job_lacks_names_the_job(project: pytest.Pytester) -> None:
    configure(project, '[rules]\nrequired-tags = ["tenant"]\n')

    result = run(project, FAILS)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*tenant*", "*job shop.archive failed*"])


BLEEDS: Final = """
import sentry_sdk
from shop import Consumer

def first():
    sentry_sdk.set_tag("tenant", "acme")

def second():
    sentry_sdk.capture_message("archived")

def test_two(sentry_capture):
    consumer = Consumer()
    consumer.handle("shop.first", first)
    consumer.handle("shop.second", second)
"""


def test_tag_of_one_job_in_the_event_of_the_next_breaks_the_rule(project: pytest.Pytester) -> None:
    configure(project, "[rules]\nno-scope-bleed = true\n")

    result = run(project, BLEEDS)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "Rule 'no-scope-bleed' is broken*",
            "  tags.tenant was written by another job (shop.first): info message (8 characters), job shop.second",
            "  succeeded",
        ]
    )


def test_contract_has_a_row_of_a_failed_job_and_notices_its_change(project: pytest.Pytester) -> None:
    configure(project, "")

    written = run(project, FAILS, "--sentry-contract=update")
    contract = (project.path / "sentry-contract.toml").read_text(encoding="utf-8")
    same = run(project, FAILS, "--sentry-contract=check", "--sentry-report=report.json")
    changed = run(project, FAILS.replace("OSError", "KeyError"), "--sentry-contract=check")

    written.assert_outcomes(passed=1)
    assert 'job = "shop.archive"\nstatus = "failed"\n' in contract
    assert "request" not in contract
    same.assert_outcomes(passed=1)
    same.stdout.fnmatch_lines(["The contract matches: 1 row* in sentry-contract.toml."])
    [row] = json.loads((project.path / "report.json").read_text(encoding="utf-8"))["rows"]
    assert (row["job"], row["status"]) == ("shop.archive", "failed")
    assert changed.ret == pytest.ExitCode.TESTS_FAILED
    changed.stdout.fnmatch_lines(["*event OSError, job shop.archive failed*"])


WITH_FORK: Final = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
HERE: Final = 'Consumer().handle("shop.archive", bool)'
IN_CHILD: Final = f"run_in_child(lambda: {HERE})"


@pytest.mark.parametrize("where", [HERE, pytest.param(IN_CHILD, marks=WITH_FORK)])
@pytest.mark.parametrize(
    ("function", "job", "status", "jobs", "follows"),
    [
        ("job", "fail", "None", 0, "are not observed."),
        ("status", "name", "fail", 1, "may have a wrong status."),
    ],
)
def test_error_of_a_job_system_is_reported_and_the_application_does_not_notice(
    project: pytest.Pytester, where: str, function: str, job: str, status: str, jobs: int, follows: str
) -> None:
    project.makeconftest(
        f"""
        from pytest_sentry_capture import JobSystem

        def fail(*args):
            raise LookupError("no such job")

        def name(consumer, name, run):
            return name

        def pytest_sentry_capture_job_systems(config):
            return [JobSystem("consumer", runs="shop:Consumer.handle", job={job}, status={status})]
        """
    )
    test = f"""
import pytest
from forks import run_in_child
from shop import Consumer

@pytest.mark.sentry_allow("no-callback-errors", reason="the description of jobs is broken")
def test_waived(sentry_capture):
    {where}

    assert len(sentry_capture.jobs) == {jobs}
    [error] = sentry_capture.callback_errors
    assert error.exception_type is LookupError
    assert error.by.name == "conftest.fail"

def test_not_waived(sentry_capture):
    {where}

def test_hint(sentry_capture):
    {where}
    sentry_capture.assert_captured(message="done")
"""

    result = run(project, test, "--sentry-report=report.json")

    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "  conftest.fail (conftest.py:3) raised LookupError. Some jobs of the job system 'consumer' *",
            "E *Hint: conftest.fail (conftest.py:3) raised. Some jobs of the job system 'consumer' *",
        ]
    )
    if where == HERE:
        result.stdout.fnmatch_lines(
            [f"{function}() raised LookupError. Some jobs of the job system 'consumer' {follows}"]
        )
    result.stdout.no_fnmatch_line("*SDK swallowed*")
    assert json.loads((project.path / "report.json").read_text(encoding="utf-8"))["callbacks"] == []


EXECUTOR: Final = """
from concurrent.futures import ThreadPoolExecutor
import sentry_sdk
import shop

def fail():
    raise OSError("disk full")

def test_nobody_reports(sentry_capture):
    with ThreadPoolExecutor() as pool:
        pool.submit(fail)
    sentry_capture.assert_captured(exception=OSError)

def test_the_caller_reports(sentry_capture):
    with ThreadPoolExecutor() as pool:
        future = pool.submit(fail)
    try:
        future.result()
    except OSError:
        sentry_sdk.capture_exception()
    sentry_capture.assert_captured(exception=OSError)

def test_an_expected_error(sentry_capture):
    with ThreadPoolExecutor() as pool:
        pool.submit(fail)
    sentry_capture.assert_nothing_captured()
"""


def test_exception_in_a_future_that_nobody_asks_for_is_hinted_at(project: pytest.Pytester) -> None:
    result = run(project, EXECUTOR)

    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*OSError was raised in a ThreadPoolExecutor*result()*"])


THREAD: Final = """
import threading

import pytest
import sentry_sdk
from sentry_sdk.integrations.threading import ThreadingIntegration

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")

@pytest.fixture(params=["on", "off"])
def integration(request, sentry_init):
    integrations = [ThreadingIntegration()] if request.param == "on" else []
    sentry_init(integrations=integrations, default_integrations=False)

def fail():
    raise OSError("disk full")

def test_crash_of_a_thread(integration, sentry_capture):
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    sentry_capture.assert_captured(exception=OSError, handled=False)

def test_an_absence(integration, sentry_capture):
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    sentry_capture.assert_captured(exception=ValueError)
"""


def test_exception_that_ends_a_thread_is_hinted_at_where_nobody_reports_it(project: pytest.Pytester) -> None:
    result = run(project, THREAD, "--tb=short")

    result.assert_outcomes(passed=1, failed=3)
    hints = [line for line in result.outlines if "Hint: OSError has ended a thread." in line]
    assert len(hints) == 2, "where the integration is on, the event says what happened"
    result.stdout.fnmatch_lines(["*because its ThreadingIntegration is*"])


CELERY: Final = """
import sentry_sdk
from celery import Celery
from sentry_sdk.integrations.celery import CeleryIntegration

sentry_sdk.init(
    dsn="https://key@sentry.invalid/1", integrations=[CeleryIntegration()], auto_enabling_integrations=False
)
app = Celery("shop", broker="memory://", backend="cache+memory://")
app.conf.task_always_eager = True

@app.task(name="shop.pay")
def pay(amount):
    raise OSError(f"cannot pay {amount}")

@app.task(name="shop.add")
def add(one, other):
    return one + other

@app.task(name="shop.order")
def order():
    pay.delay(1)
"""


@pytest.fixture
def celery(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(shop=CELERY)
    return pytester


CHAINS: Final = """
from contextlib import suppress
from celery import chain, group
from shop import add, order, pay

def test_chain(sentry_capture):
    with suppress(OSError):
        chain(add.s(1, 2), pay.s()).apply_async().get()

    event = sentry_capture.assert_captured(job="shop.pay", message="cannot pay 3")
    assert [(job.name, job.status) for job in sentry_capture.jobs] == [
        ("shop.add", "succeeded"), ("shop.pay", "failed")
    ]
    assert event.job is sentry_capture.jobs[-1]

def test_group(sentry_capture):
    group(pay.s(1), add.s(1, 1), pay.s(2)).apply_async()

    assert [(job.name, job.status, len(job.items)) for job in sentry_capture.jobs] == [
        ("shop.pay", "failed", 1), ("shop.add", "succeeded", 0), ("shop.pay", "failed", 1)
    ]
    sentry_capture.assert_count(2, job="shop.pay", job_status="failed")

def test_task_in_a_task(sentry_capture):
    order.delay()

    inner = sentry_capture.assert_captured(job="shop.pay").job
    [outer] = [job for job in sentry_capture.jobs if job.name == "shop.order"]
    assert inner.parent is outer
    assert (outer.status, outer.items) == ("succeeded", inner.items)
"""


@pytest.mark.needs("Celery")
def test_each_task_of_a_chain_or_a_group_is_a_job(celery: pytest.Pytester) -> None:
    run(celery, CHAINS).assert_outcomes(passed=3)


DIRECT: Final = """
from contextlib import suppress
from shop import pay

def test_direct(sentry_capture):
    with suppress(OSError):
        pay(1)
    sentry_capture.assert_captured(exception=OSError)
"""


@pytest.mark.needs("Celery")
def test_task_that_was_called_directly_is_hinted_at(celery: pytest.Pytester) -> None:
    result = run(celery, DIRECT)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E * Hint: A Celery task was called directly, as a function, and raised.*"])


BEFORE_INIT: Final = """
from contextlib import suppress
import celery.worker.consumer
from celery.contrib.testing.worker import start_worker
import shop

shop.app.conf.task_always_eager = False

def perform():
    with start_worker(shop.app, perform_ping_check=False, pool="solo", shutdown_timeout=60), suppress(OSError):
        shop.pay.delay(1).get(timeout=30)

def test_captured(sentry_capture):
    perform()
    sentry_capture.assert_captured(exception=OSError)

def test_absent(sentry_capture):
    perform()
    sentry_capture.assert_nothing_captured()
"""


@pytest.mark.needs("Celery")
def test_worker_that_was_imported_before_init_is_hinted_at(celery: pytest.Pytester) -> None:
    result = run(celery, BEFORE_INIT)

    result.assert_outcomes(failed=2)
    hint = "*The SDK does not see the tasks of this worker: celery.worker was imported before*"
    result.stdout.fnmatch_lines([hint, "*test_absent*", hint])


AT_ONCE: Final = """
from contextlib import suppress
import fakeredis
import sentry_sdk
from rq import Queue

sentry_sdk.init(dsn="https://key@sentry.invalid/1")

def fail():
    raise OSError("disk full")

def test_at_once(sentry_capture):
    with suppress(OSError):
        Queue(is_async=False, connection=fakeredis.FakeStrictRedis()).enqueue(fail)
    [job] = sentry_capture.jobs
    assert (job.name, job.status) == ("test_shop.fail", "failed")
    sentry_capture.assert_captured(exception=OSError)
"""


@pytest.mark.needs("RQ")
def test_job_that_ran_without_a_worker_is_hinted_at(pytester: pytest.Pytester) -> None:
    result = run(pytester, AT_ONCE)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E * Hint: A job ran where it was enqueued, because its queue has is_async=False:*"])


COMMAND: Final = """
import sys

import django
import sentry_sdk
from django.conf import settings
from django.core.management.base import BaseCommand

settings.configure(SECRET_KEY="x", INSTALLED_APPS=["bank"], DATABASES={}, USE_TZ=True)
django.setup()

class Command(BaseCommand):
    requires_system_checks = ()

    def handle(self, **options):
        raise OSError("disk full")
"""
PROGRAM: Final = """
import sentry_sdk
sentry_sdk.init(auto_enabling_integrations=False)
from django.core.management import call_command
from bank.management.commands.tidy import Command
call_command(Command())
"""
CALLED: Final = """
import subprocess
import sys
from contextlib import suppress
from django.core.management import call_command
import sentry_sdk

sentry_sdk.init(dsn="https://key@sentry.invalid/1")

def test_called(sentry_capture):
    import bank.management.commands.tidy as tidy
    with suppress(OSError):
        call_command(tidy.Command())
    sentry_capture.assert_captured(exception=OSError)

def test_in_a_process(sentry_server):
    subprocess.run([sys.executable, "manage.py"], env=sentry_server.env, capture_output=True)

    event = sentry_server.assert_captured(exception=OSError, handled=False)
    assert event.mechanism == "excepthook"
"""


@pytest.mark.needs("Django")
def test_command_that_was_called_is_hinted_at_and_its_process_reports(pytester: pytest.Pytester) -> None:
    for folder in ("bank", "bank/management", "bank/management/commands"):
        pytester.mkpydir(folder)
    (pytester.path / "bank/management/commands/tidy.py").write_text(COMMAND, encoding="utf-8")
    pytester.makepyfile(manage=PROGRAM)

    result = run(pytester, CALLED)

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["E * Hint: A command was called in the test's process and raised.*sys.excepthook*"])

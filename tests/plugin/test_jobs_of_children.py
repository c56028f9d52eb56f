"""Jobs that run in forked children, and children in which something goes wrong."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pytest
import sentry_sdk

from forks import fork, join, run_in_child
from pytest_sentry_capture import SentryCapture, SentryInit

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

CONFTEST: Final = """
from pytest_sentry_capture import JobSystem

def describe(name, work):
    return {"name": name}

def pytest_sentry_capture_job_systems(config):
    return [JobSystem("consumer", runs="consumer:handle", job=describe)]
"""
CONSUMER: Final = """
import os
import sentry_sdk

sentry_sdk.init(dsn="https://key@sentry.invalid/1", default_integrations=False)

def handle(name, work):
    try:
        return work()
    except OSError as error:
        sentry_sdk.capture_exception(error)
        raise

def fail():
    raise OSError("disk full")

def job(name):
    import consumer
    try:
        consumer.handle(name, fail)
    except OSError:
        return os.getpid()
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(consumer=CONSUMER)
    return pytester


def run(project: pytest.Pytester, test: str, *args: str) -> pytest.RunResult:
    project.makepyfile(test_shop=test)
    return project.runpytest_subprocess("-p", "no:randomly", *args)


OLDER: Final = """
import multiprocessing
import os
import pytest
import consumer

@pytest.fixture(scope="module")
def pool():
    with multiprocessing.get_context("fork").Pool(1) as pool:
        pool.apply(os.getpid)
        yield pool

@pytest.mark.parametrize("name", ["first", "second"])
def test_job(sentry_capture, pool, name):
    pool.apply(consumer.job, [name])

    event = sentry_capture.assert_captured(exception=OSError, job=name, job_status="failed")
    assert [event.job] == sentry_capture.jobs
    assert event.job.exception_type is OSError
"""


def test_job_in_an_older_child_of_a_pool_belongs_to_the_test_that_runs(project: pytest.Pytester) -> None:
    run(project, OLDER).assert_outcomes(passed=2)


OVERDUE: Final = """
import os
import pytest
import consumer

def test_overdue(sentry_capture):
    begun, begin = os.pipe()
    read, write = os.pipe()

    def work():
        os.write(begin, b"x")
        os.read(read, 1)

    child = os.fork()
    if not child:
        consumer.handle("slow", work)
        os._exit(0)
    os.read(begun, 1)
    try:
        with pytest.raises(AssertionError, match=f"pid {child}"):
            sentry_capture.assert_nothing_captured()
        [job] = sentry_capture.jobs
        assert (job.name, job.status, job.duration) == ("slow", None, None)
    finally:
        os.write(write, b"x")
        os.waitpid(child, 0)
    sentry_capture.assert_nothing_captured()
    assert [each.status for each in sentry_capture.jobs] == ["succeeded"]
"""


def test_absence_fails_while_a_job_is_under_way_in_a_child(project: pytest.Pytester) -> None:
    run(project, OVERDUE, "--sentry-grace=0.05").assert_outcomes(passed=1)


KILLED: Final = """
import os
import signal
import consumer

def test_killed(sentry_capture):
    child = os.fork()
    if not child:
        consumer.handle("doomed", lambda: os.kill(os.getpid(), signal.SIGKILL))
    os.waitpid(child, 0)

    sentry_capture.assert_nothing_captured()
    [job] = sentry_capture.jobs
    assert (job.name, job.status, job.duration) == ("doomed", None, None)
"""


def test_job_whose_process_died_has_no_status_and_breaks_no_rule(project: pytest.Pytester) -> None:
    (project.path / "sentry_capture.toml").write_text("[rules]\nfailed-jobs-captured = true\n", encoding="utf-8")

    result = run(project, KILLED)

    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*broken*failed-jobs-captured*")


CELERY: Final = """
import os
from celery import Celery
import sentry_sdk
from sentry_sdk.integrations.celery import CeleryIntegration

sentry_sdk.init(
    dsn="https://key@sentry.invalid/1", integrations=[CeleryIntegration()], auto_enabling_integrations=False
)
app = Celery("shop", broker="memory://", backend="cache+memory://")
app.conf.task_always_eager = True

@app.task(name="shop.flake", autoretry_for=(OSError,), retry_kwargs={"max_retries": 2, "countdown": 0})
def flake():
    raise OSError("timeout")

@app.task(name="shop.pay")
def pay():
    raise OSError("no money")

def in_child(work):
    child = os.fork()
    if not child:
        try:
            work()
        finally:
            os._exit(0)
    os.waitpid(child, 0)

def test_retries(sentry_capture):
    in_child(flake.delay)

    assert [(job.attempt, job.status) for job in sentry_capture.jobs] == [(1, "retried"), (2, "retried"), (3, "failed")]
    event = sentry_capture.assert_captured(exception=OSError, job="shop.flake", job_status="failed")
    assert event.job is sentry_capture.jobs[-1]
    assert event.job.parent is None

def test_direct(sentry_capture):
    in_child(pay)

    sentry_capture.assert_captured(exception=OSError)
"""


@pytest.mark.needs("Celery")
def test_retries_and_hints_of_a_child_are_passed_on(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_shop=CELERY)

    result = pytester.runpytest_subprocess("-p", "no:randomly")

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["E * Hint: A Celery task was called directly, as a function, and raised.*"])


@pytest.fixture
def initialized(sentry_init: SentryInit) -> None:
    sentry_init(dsn="https://key@sentry.invalid/1", default_integrations=False)


def descriptor_of_ours() -> int:
    """The file that children write to, as the system shows it to every process of this user."""
    for path in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            if "memfd:pytest-sentry-capture" in str(path.readlink()):
                return int(path.name)
    pytest.skip("this system shows no descriptors")


@pytest.mark.usefixtures("initialized")
@pytest.mark.skipif(sys.platform != "linux", reason="another system")
def test_garbage_of_a_child_hides_nothing(sentry_capture: SentryCapture) -> None:
    def write_garbage() -> None:
        number = descriptor_of_ours()
        for _ in range(20):
            os.write(number, os.urandom(4096))
            sentry_sdk.capture_message("between")

    join([fork(write_garbage), fork(write_garbage)])
    run_in_child(lambda: sentry_sdk.capture_message("after"))

    sentry_capture.assert_count(40, message="between")
    sentry_capture.assert_captured(message="after")


@pytest.mark.usefixtures("initialized")
def test_child_without_memory_notices_nothing_and_absences_fail(
    sentry_capture: SentryCapture, monkeypatch: pytest.MonkeyPatch
) -> None:
    import marshal

    def fail(*args: Any) -> bytes:
        raise MemoryError

    def run_out_of_memory() -> None:
        sentry_sdk.capture_message("before")
        monkeypatch.setattr(marshal, "dumps", fail)
        sentry_sdk.capture_message("lost")

    run_in_child(run_out_of_memory)

    sentry_capture.assert_captured(message="before")
    sentry_capture.clear()
    with pytest.raises(AssertionError, match="A forked child could not pass on its captured items"):
        sentry_capture.assert_nothing_captured()


@pytest.mark.usefixtures("initialized")
def test_children_that_fork_again_and_close_everything_lose_only_their_own(sentry_capture: SentryCapture) -> None:
    def grandchild() -> None:
        os.closerange(3, 256)
        sentry_sdk.capture_message("closed")

    def child() -> None:
        run_in_child(grandchild)
        sentry_sdk.capture_message("open")

    run_in_child(child)

    sentry_capture.assert_captured(message="open")
    with pytest.raises(AssertionError, match="A forked child could not pass on its captured items"):
        sentry_capture.assert_not_captured(message="closed")

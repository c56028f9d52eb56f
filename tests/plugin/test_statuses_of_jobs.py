"""How jobs end, what the rule makes of it, and jobs of Celery's fixture and of Click's runner."""

from __future__ import annotations

from typing import Final

import pytest

pytestmark = pytest.mark.needs("Celery")  # which brings Click

TASKS: Final = """
from celery import Celery
from celery.exceptions import Ignore, Reject
import sentry_sdk
from sentry_sdk.integrations.celery import CeleryIntegration

sentry_sdk.init(
    dsn="https://key@sentry.invalid/1",
    integrations=[CeleryIntegration()],
    default_integrations=False,
    auto_enabling_integrations=False,
)
app = Celery("shop", broker="memory://", backend="cache+memory://")
app.conf.task_always_eager = True

class ExpectedError(Exception):
    pass

@app.task(name="shop.ignore")
def ignore():
    raise Ignore

@app.task(name="shop.reject")
def reject():
    raise Reject("no", requeue=False)

@app.task(name="shop.expect", throws=(ExpectedError,))
def expect():
    raise ExpectedError

@app.task(name="shop.leave")
def leave():
    raise SystemExit(3)

@app.task(name="shop.flake", bind=True, max_retries=1)
def flake(self):
    try:
        raise OSError("again")
    except OSError as error:
        if not self.request.retries:  # the SDK reports the last attempt
            sentry_sdk.capture_exception(error)
        raise self.retry(exc=error, countdown=0)
"""
RULE: Final = "[rules]\nfailed-jobs-captured = {}\n"


@pytest.fixture
def shop(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(shop=TASKS)
    return pytester


def run(shop: pytest.Pytester, test: str, rule: str = "true") -> pytest.RunResult:
    (shop.path / "sentry_capture.toml").write_text(RULE.format(rule), encoding="utf-8")
    shop.makepyfile(test_shop=test)
    return shop.runpytest_subprocess("-p", "no:randomly")


EXEMPT: Final = """
import pytest
import shop

@pytest.mark.parametrize(
    ("task", "status", "is_expected"),
    [("ignore", "ignored", False), ("reject", "rejected", False), ("expect", "failed", True), ("leave", None, False)],
)
def test_job(sentry_capture, task, status, is_expected):
    try:
        getattr(shop, task).delay()
    except SystemExit:
        assert task == "leave"

    sentry_capture.assert_nothing_captured()
    [job] = sentry_capture.jobs
    assert (job.status, job.expected) == (status, is_expected)
"""


def test_job_that_did_not_fail_by_mistake_is_exempt(shop: pytest.Pytester) -> None:
    result = run(shop, EXEMPT)

    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["Rules: 0 kept, 0 broken, 0 not judged, 1 not exercised."])


RETRIED: Final = """
from contextlib import suppress
import shop

def test_flake(sentry_capture):
    with suppress(OSError):
        shop.flake.delay().get()

    assert [(job.attempt, job.status) for job in sentry_capture.jobs] == [(1, "retried"), (2, "failed")]
    sentry_capture.assert_count(2, job="shop.flake", exception=OSError)
"""


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("true", 'By default retries = "silent", *'),
        ('{ retries = "silent" }', 'The rule has retries = "silent".'),
        ('{ retries = "captured" }', None),
    ],
)
def test_attempt_that_is_retried_is_judged_by_its_own_option(
    shop: pytest.Pytester, rule: str, says: str | None
) -> None:
    result = run(shop, RETRIED, rule)

    if says is None:
        result.assert_outcomes(passed=1)
    else:
        result.assert_outcomes(passed=1, errors=1)
        result.stdout.fnmatch_lines([f"* job shop.flake retried, *{says}*"])


FIXTURE: Final = """
from contextlib import suppress
import pytest
import sentry_sdk
import shop

pytest_plugins = ("celery.contrib.pytest",)

@pytest.fixture(scope="session")
def celery_config():
    return {"broker_url": "memory://", "result_backend": "cache+memory://"}

@pytest.fixture(scope="session")
def celery_worker_parameters():
    return {"perform_ping_check": False, "shutdown_timeout": 60}

def test_worker(celery_app, celery_worker, sentry_capture):
    @celery_app.task(name="own.crash")
    def crash():
        raise OSError("disk full")

    celery_worker.reload()
    with suppress(OSError):
        crash.delay().get(timeout=30)

    [event] = sentry_capture.wait_for(job="own.crash", job_status="failed", timeout=30)
    assert [event.job] == sentry_capture.jobs
"""


def test_job_of_the_worker_of_celerys_fixture_is_observed(shop: pytest.Pytester) -> None:
    run(shop, FIXTURE).assert_outcomes(passed=1)


CLICK: Final = """
import click
import pytest
import sentry_sdk
import shop
from click.testing import CliRunner

@click.group()
def cli():
    pass

@cli.command()
def greet():
    sentry_sdk.capture_message("hello")

@cli.command()
def crash():
    raise OSError("disk full")

@cli.command()
def leave():
    raise SystemExit(3)

@pytest.mark.parametrize(
    ("command", "name", "status"),
    [
        ("greet", "cli greet", "succeeded"),
        ("crash", "cli crash", "failed"),
        ("leave", "cli leave", "failed"),
        ("unknown", "cli", "failed"),
    ],
)
def test_command(sentry_capture, command, name, status):
    CliRunner().invoke(cli, [command])

    [job] = sentry_capture.jobs
    assert (job.name, job.system, job.status) == (name, "command", status)
    assert [event.message for event in job.items] == (["hello"] if command == "greet" else [])

def test_hint(sentry_capture):
    CliRunner().invoke(cli, ["crash"])
    sentry_capture.assert_captured(exception=OSError)
"""


def test_command_that_a_runner_invokes_is_a_job(shop: pytest.Pytester) -> None:
    result = run(shop, CLICK)

    result.assert_outcomes(passed=4, failed=1)
    result.stdout.fnmatch_lines(
        [
            "E * Hint: A command was called in the test's process and raised.*sys.excepthook*",
            "Rules: 0 kept, 0 broken, 1 not judged, 0 not exercised.",
        ]
    )

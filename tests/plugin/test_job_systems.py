"""The same monitoring tests of the same failing jobs, for every system that runs jobs."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Final, NamedTuple

import pytest

from applications import add_application, copy_application
from redis_server import redis_server
from run_output import outcomes

pytestmark = pytest.mark.slow


class Column(NamedTuple):
    """An application, as ``jobs_{name}`` of ``tests/applications``, how it is run, and which rows differ for it."""

    name: str
    needs: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    differs: tuple[tuple[str, str], ...] = ()


_REDIS: Final = ("Redis", "Redis from Python")
_EXPECTED: Final = "test_expected_failure_is_silent"
_REFUSAL: Final = "test_refusal_is_filtered"
_RETRIES: Final = "test_retries_are_distinguished_from_the_failure"
COLUMNS: Final = {
    "celery, eager": Column("celery", ("Celery",)),
    "celery, solo": Column("celery", ("Celery",), (("POOL", "solo"),)),
    "celery, prefork": Column("celery", ("Celery", *_REDIS), (("POOL", "prefork"),)),
    "celery, threads": Column("celery", ("Celery",), (("POOL", "threads"),)),
    "rq": Column("rq", ("RQ",), differs=((_EXPECTED, "skipped"),)),
    "rq, forking": Column("rq", ("RQ", *_REDIS), (("WORKER", "forking"),), ((_EXPECTED, "skipped"),)),
    "dramatiq": Column("dramatiq", ("Dramatiq", "an integration of Dramatiq")),
    "command": Column("command", ("Django",), differs=((_RETRIES, "skipped"), (_REFUSAL, "passed"))),
    "own": Column("own", differs=((_EXPECTED, "skipped"),)),
}

ROWS: Final = {
    "test_failure_is_captured_once": "passed",
    "test_success_is_silent": "passed",
    _REFUSAL: "error",
    _RETRIES: "passed",
    _EXPECTED: "passed",
    "test_tag_of_one_job_is_not_in_the_next": "passed",
    "test_failure_that_is_reported_twice": "error",
}
"""The tests of ``monitoring_of_jobs``, and what becomes of each: a rule that is broken fails a test at its end."""

RULES: Final = """
[rules]
failed-jobs-captured = true
no-scope-bleed = true
"""
CONFTEST: Final = """
from pytest_sentry_capture import JobSystem

def describe(consumer, message):
    return {"name": message.job, "queue": "money", "attempt": message.attempt}

def status(result, error):
    return "retried" if result == "again" else None

def pytest_sentry_capture_job_systems(config):
    return [JobSystem("consumer", runs="shop:Consumer.handle", job=describe, status=status)]
"""


@pytest.mark.parametrize(
    "column",
    [pytest.param(each, marks=pytest.mark.needs(*each.needs), id=name) for name, each in COLUMNS.items()],
)
def test_monitoring_of_jobs(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, column: Column) -> None:
    _add_project(pytester, monkeypatch, column)
    copy_application("monitoring_of_jobs", pytester.path, "test_monitoring")
    (pytester.path / "sentry_capture.toml").write_text(RULES, encoding="utf-8")

    with redis_server() if "Redis" in column.needs else nullcontext() as socket:
        if socket is not None:
            monkeypatch.setenv("BROKER", f"redis+socket://{socket}")
            monkeypatch.setenv("REDIS", f"unix://{socket}")
        result = pytester.runpytest_subprocess("-rA", "-p", "no:logging")

    expected = {**ROWS, **dict(column.differs)}
    assert outcomes(result) == {name: outcome for name, outcome in expected.items() if outcome != "skipped"}
    result.stdout.fnmatch_lines(["*job * failed, but 2 error events were captured (expected 1)."])
    discarded = "*job * failed, but its event was discarded: before_send by work.drop_refused (work.py:*)."
    if (_REFUSAL, "passed") in column.differs:  # somebody else would have reported it in production
        result.stdout.no_fnmatch_line(discarded)
    else:
        result.stdout.fnmatch_lines([discarded])
    result.stdout.fnmatch_lines(["Rules: 1 kept, 1 broken, 0 not judged, 0 not exercised."])


@pytest.mark.needs("tracebacks without the frames that pass exceptions on")
@pytest.mark.parametrize(
    "column",
    [
        pytest.param(each, marks=pytest.mark.needs(*each.needs), id=name)
        for name, each in COLUMNS.items()
        # Of what a forked child captures there are no live exceptions, and Dramatiq takes their tracebacks away.
        if "Redis" not in each.needs and each.name != "dramatiq"
    ],
)
def test_exceptions_have_passed_no_frame_of_the_plugin(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, column: Column
) -> None:
    """What a worker writes into its log, or keeps as the result of a job, is what it writes without the plugin."""
    _add_project(pytester, monkeypatch, column)
    pytester.makepyfile(
        test_tracebacks="""
        import traceback

        import shop

        def test_crash(sentry_capture):
            shop.perform(("crash",))
            event = sentry_capture.assert_captured(exception=ZeroDivisionError)
            frames = [frame for frame, _ in traceback.walk_tb(event.original_exception.__traceback__)]
            names = [frame.f_globals["__name__"] for frame in frames]
            assert "work" in names
            assert [name for name in names if name.startswith("pytest_sentry_capture")] == []
        """
    )

    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def _add_project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, column: Column) -> None:
    add_application(pytester, f"jobs_{column.name}")
    copy_application("work", pytester.path, "work")
    if column.name == "own":
        pytester.makeconftest(CONFTEST)
    for name, value in column.environment:
        monkeypatch.setenv(name, value)

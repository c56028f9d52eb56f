"""Jobs of systems that a project describes, whatever function runs them."""

from __future__ import annotations

from typing import Final

import pytest

SHOP: Final = """
import asyncio
import sentry_sdk

sentry_sdk.init(dsn="https://key@sentry.invalid/1")

class Consumer:
    @classmethod
    def of_class(cls, name):
        sentry_sdk.capture_message(name)

    @staticmethod
    def of_nobody(name):
        sentry_sdk.capture_message(name)

    name = "consumer"

    def of_decorator(self, name):
        return self.of_loop(name)

    async def of_loop(self, name):
        await asyncio.sleep(0)
        sentry_sdk.capture_message(name)
        raise KeyError(name)
"""
CALLS: Final = {
    "of_class": ("shop.Consumer.of_class('a')", "lambda cls, name: name", "succeeded"),
    "of_nobody": ("shop.Consumer.of_nobody('a')", "lambda name: name", "succeeded"),
    "of_loop": ("asyncio.run(shop.Consumer().of_loop('a'))", "lambda self, name: name", "failed"),
}


def _describe(pytester: pytest.Pytester, function: str, job: str, more: str = "status = None") -> None:
    pytester.syspathinsert()
    pytester.makepyfile(shop=SHOP)
    pytester.makeconftest(
        f"""
from pytest_sentry_capture import JobSystem

{more}

def pytest_sentry_capture_job_systems(config):
    return [JobSystem("consumer", runs="shop:Consumer.{function}", job={job}, status=status)]
"""
    )


@pytest.mark.parametrize("function", CALLS)
def test_job_of_any_kind_of_function_is_observed(pytester: pytest.Pytester, function: str) -> None:
    call, job, status = CALLS[function]
    _describe(pytester, function, job)
    pytester.makepyfile(
        f"""
        import asyncio
        from contextlib import suppress
        import shop

        def test_job(sentry_capture):
            with suppress(KeyError):
                {call}

            event = sentry_capture.assert_captured(message="a", job="a", job_status="{status}")
            assert [event.job] == sentry_capture.jobs
        """
    )

    pytester.runpytest_subprocess().assert_outcomes(passed=1)


OF_OWN_CLASS: Final = """
import shop

def test_job(sentry_capture):
    shop.Consumer.of_nobody("a")

    [job] = sentry_capture.jobs
    assert [(type(each), each) for each in (job.name, job.queue, job.status)] == [
        (str, "archive"), (str, "money"), (str, "ignored")
    ]
    assert job.attempt == 2
"""


def test_texts_of_classes_of_their_own_are_plain_texts(pytester: pytest.Pytester) -> None:
    """Such as members of enumerations, which write themselves as ``Jobs.ARCHIVE``."""
    _describe(pytester, "of_nobody", "lambda name: {'name': Jobs.ARCHIVE, 'queue': Jobs.MONEY, 'attempt': 2}", JOBS)
    pytester.makepyfile(OF_OWN_CLASS)

    pytester.runpytest_subprocess().assert_outcomes(passed=1)


JOBS: Final = """
from enum import Enum

class Jobs(str, Enum):
    ARCHIVE = "archive"
    MONEY = "money"
    IGNORED = "ignored"

def status(result, error):
    return Jobs.IGNORED
"""

UNDESCRIBED: Final = {
    "''": "TypeError: job() must return a name",
    "7": "TypeError: job() must return a name or a mapping, not int",
    "{'nam': 'a'}": "ValueError: *'nam'*",
    "{'name': 'a', 'queue': 1}": "TypeError: queue must be a string",
    "{'name': 'a', 'attempt': '1'}": "TypeError: attempt must be a number from 1",
    "{'name': 'a', 'attempt': 0}": "TypeError: attempt must be a number from 1",
}


@pytest.mark.parametrize("described", UNDESCRIBED)
def test_job_that_is_not_described_is_not_observed(pytester: pytest.Pytester, described: str) -> None:
    _describe(pytester, "of_nobody", f"lambda name: {described}")
    pytester.makepyfile(
        """
        import pytest
        import shop

        @pytest.mark.sentry_allow("no-callback-errors", reason="the description is wrong")
        def test_job(sentry_capture):
            shop.Consumer.of_nobody("a")

            sentry_capture.assert_captured(message="a")
            assert sentry_capture.jobs == []
            [error] = sentry_capture.callback_errors
            print(f"\\n{error.exception_type.__name__}: {error.message}")
        """
    )

    result = pytester.runpytest_inprocess("-s")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([UNDESCRIBED[described]])


@pytest.mark.parametrize("returned", ["7", "[7]"])
def test_hook_that_returns_something_else_is_a_usage_error(pytester: pytest.Pytester, returned: str) -> None:
    pytester.makeconftest(f"def pytest_sentry_capture_job_systems(config):\n    return {returned}")

    result = pytester.runpytest_inprocess()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["*pytest_sentry_capture_job_systems must return a list of JobSystem objects, found int"]
    )


NOT_OBSERVED: Final = {
    "hndle": "there is no shop:Consumer.hndle. Its jobs are not observed.",
    "name": "shop:Consumer.name is not a function. Its jobs are not observed.",
    "of_decorator": (
        "shop:Consumer.of_decorator returns a coroutine, but is not a coroutine function. What its jobs do is not"
        " observed."
    ),
}


@pytest.mark.parametrize("runs", NOT_OBSERVED)
def test_function_whose_jobs_cannot_be_observed_is_named(pytester: pytest.Pytester, runs: str) -> None:
    _describe(pytester, runs, "lambda self, name: name")
    pytester.makepyfile(
        """
        import asyncio
        from contextlib import suppress
        import shop

        def test_job(sentry_capture):
            with suppress(KeyError):
                asyncio.run(shop.Consumer().of_decorator("a"))
            assert all(job.status is None for job in sentry_capture.jobs)
        """
    )

    result = pytester.runpytest_subprocess()

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"The job system 'consumer': {NOT_OBSERVED[runs]}"])

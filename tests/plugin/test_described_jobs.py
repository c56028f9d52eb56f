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


def _describe(pytester: pytest.Pytester, function: str, job: str) -> None:
    pytester.syspathinsert()
    pytester.makepyfile(shop=SHOP)
    pytester.makeconftest(
        f"""
        from pytest_sentry_capture import JobSystem

        def pytest_sentry_capture_job_systems(config):
            return [JobSystem("consumer", runs="shop:Consumer.{function}", job={job})]
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

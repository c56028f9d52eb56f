"""The monitoring tests that an application with jobs of any system has, and the application as ``shop``."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

from pytest_sentry_capture import SentryCapture

shop: Any = import_module("shop")


def test_failure_is_captured_once(sentry_capture: SentryCapture) -> None:
    shop.perform(("crash",))

    event = sentry_capture.assert_captured(
        exception=ZeroDivisionError,
        level="error",
        job=shop.name_of("crash"),
        job_status="failed",
        tags={"tenant": "acme"},
        message=lambda text: "money" in text,
    )
    [job] = sentry_capture.jobs
    assert event.job is job
    assert event.exchange is None
    assert (job.system, job.queue, job.attempt, job.status) == (shop.SYSTEM, shop.QUEUE, 1, "failed")
    assert job.exception_type is ZeroDivisionError
    assert job.items == [event]
    assert job.duration is not None
    assert not job.expected


def test_success_is_silent(sentry_capture: SentryCapture) -> None:
    shop.perform(("report",))

    assert [event.message for event in sentry_capture.events] == ["reported"]
    assert [(job.status, job.exception_type) for job in sentry_capture.jobs] == [("succeeded", None)]


def test_refusal_is_filtered(sentry_capture: SentryCapture) -> None:
    shop.perform(("refuse",))

    [discard] = sentry_capture.assert_discarded(reason="before_send", job=shop.name_of("refuse"), job_status="failed")
    [job] = sentry_capture.jobs
    assert discard.job is job
    assert [each for each in job.discarded if each.reason == "before_send"] == [discard]
    assert job.items == []


def test_retries_are_distinguished_from_the_failure(sentry_capture: SentryCapture) -> None:
    if shop.EVENTS_OF_RETRIES is None:
        pytest.skip("nothing is retried")
    shop.perform(("flake",))

    assert [(job.attempt, job.status) for job in sentry_capture.jobs] == [(1, "retried"), (2, "retried"), (3, "failed")]
    assert len(sentry_capture.events) == shop.EVENTS_OF_RETRIES
    sentry_capture.assert_captured(exception=ConnectionError, job_status="failed")
    assert sentry_capture.events[-1].job is sentry_capture.jobs[-1]


def test_expected_failure_is_silent(sentry_capture: SentryCapture) -> None:
    if not shop.KNOWS_EXPECTED:
        pytest.skip("tasks cannot say what they expect")
    shop.perform(("fail_as_expected",))

    sentry_capture.assert_nothing_captured()
    assert [(job.status, job.expected) for job in sentry_capture.jobs] == [("failed", True)]


def test_tag_of_one_job_is_not_in_the_next(sentry_capture: SentryCapture) -> None:
    shop.perform(("report", "acme"), ("report",))

    first, second = sentry_capture.assert_count(2, job=shop.name_of("report"))
    assert first.tags["tenant"] == "acme"
    assert "tenant" not in second.tags


def test_failure_that_is_reported_twice(sentry_capture: SentryCapture) -> None:
    shop.perform(("report_twice",))

    sentry_capture.assert_count(2, job=shop.name_of("report_twice"))

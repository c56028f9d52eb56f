"""What is suggested of what tests recorded: jobs, causes of crashes, payloads without live exceptions, and chance."""

from __future__ import annotations

from typing import Any, Final

import pytest

from pytest_sentry_capture._recording.entries import Capture, CaptureContext, Entry, Exchange, Job
from pytest_sentry_capture._recording.exception_chain import ExceptionChain
from pytest_sentry_capture._rules.rule_run import Waiver
from pytest_sentry_capture._suggestions import SuggestedConfiguration, Trial, TrialTotals, suggested, unneeded_waivers
from recordings import capture, recording

ERROR: Final = {"level": "error", "exception": {"values": [{"type": "Declined", "module": "shop"}]}}


class DeclinedError(Exception):
    pass


class ClosedError(Exception):
    pass


def suggested_from(*tests: list[Entry], waivers: tuple[Waiver, ...] = ()) -> tuple[SuggestedConfiguration, TrialTotals]:
    """What is suggested of tests, each with its entries. The first of them has the waivers."""
    totals = TrialTotals()
    for number, entries in enumerate(tests):
        trial = Trial(recording(*entries, label=f"test_shop.py::test_{number}"), waivers if number == 0 else ())
        trial.judge(is_over=True)
        totals.add(trial.result(), is_test=True)
    return suggested(totals, [], []), totals


def job(status: Any, *errors: Capture, error: Exception | None = None, **about: Any) -> list[Entry]:
    """A job that has ended, with captured items during it."""
    chain = ExceptionChain.of(error, live=False) if error is not None else None
    done = Job(name="pay", system="celery", status=status, duration=0.1, **about)
    done._chain = chain
    done._has_returned = True
    for each in errors:
        each.operation = done
    return [done, *errors]


def retried(*errors: Capture) -> list[Entry]:
    return job("retried", *errors, error=DeclinedError())


@pytest.mark.parametrize(
    ("tests", "value", "holds", "why"),
    [
        ([job("failed", capture(ERROR), error=DeclinedError())] * 1, True, True, "kept in 1 test"),
        ([retried()], True, True, "kept in 1 test"),
        (
            [retried(), [*retried(), *retried()]],
            {"retries": "silent"},
            True,
            "kept in 2 tests; 3 retried attempts of 2 tests gave no event",
        ),
        (
            [retried(capture(ERROR))],
            {"retries": "captured"},
            True,
            "kept in 1 test; 1 retried attempt of 1 test gave one event each",
        ),
        ([retried(capture(ERROR)), retried()], True, False, "kept in 1 test, broken in 1 test"),
        ([job("succeeded")], True, False, "not exercised"),
    ],
)
def test_failed_jobs_captured_has_the_option_by_which_all_attempts_agree(
    tests: list[list[Entry]], value: object, holds: bool, why: str
) -> None:
    configuration, _ = suggested_from(*tests)

    assert configuration.rules["failed-jobs-captured"] == (value, why, holds)


def test_entries_name_the_statuses_of_jobs_during_which_nothing_was_captured() -> None:
    configuration, _ = suggested_from(
        [*job("ignored"), *job("rejected", capture({"level": "warning"}))], job("ignored"), job("succeeded")
    )

    assert [(each.keys, each.why, each.reasons) for each in configuration.entries] == [
        (
            {"name": "ignored jobs capture nothing", "job_status": ["ignored"], "captured": False},
            "none of 2 was captured",
            {"job_status": "ignored: 2"},
        ),
        (
            {"name": "rejected jobs are captured", "job_status": ["rejected"], "captured": True},
            "seen once",
            {"job_status": "rejected: 1"},
        ),
    ]


def test_cause_of_a_crash_that_was_not_captured_counts() -> None:
    error = ClosedError()
    error.__cause__ = DeclinedError()
    crash = Exchange("GET", "/", status=500, duration=0.1)
    crash._chain = ExceptionChain.of(error, live=False)
    crash._has_returned = True
    context = CaptureContext(chain=ExceptionChain.of(DeclinedError(), live=False))

    captured: list[list[Entry]] = [[capture(ERROR, context=context)] for _ in range(3)]

    configuration, _ = suggested_from(*captured, [crash])

    [entry] = [each for each in configuration.entries if "exception" in each.keys]
    assert (entry.holds, entry.why) == (False, "1 of 4 were not captured")


def test_what_entries_match_that_are_tried_out_is_not_seen_by_the_test() -> None:
    captured = capture(ERROR)

    suggested_from([captured])

    assert captured.seen is False


def test_segments_that_chance_sampled_prove_nothing() -> None:
    by_chance = CaptureContext(sample_rate=0.5)
    segment = {"type": "transaction", "transaction": "/", "contexts": {"trace": {"op": "x"}}}

    configuration, _ = suggested_from(
        [capture(segment, "transaction", context=by_chance)], [capture(ERROR, context=CaptureContext())]
    )
    rule = configuration.rules["max-event-bytes"]
    assert rule.holds
    assert "2 events and segments of 2 tests" in rule.why

    configuration, _ = suggested_from([capture(segment, "transaction", context=by_chance)])
    rule = configuration.rules["max-event-bytes"]
    assert not rule.holds
    assert rule.why.endswith("of 1 test, but too few items were seen without the sampled ones")


def test_waiver_is_needed_if_the_suggested_value_needs_it() -> None:
    def tagged(**tags: str) -> list[Entry]:
        return [capture({**ERROR, "tags": tags})]

    waivers = (Waiver("required-tags", "test_shop.py::test_0"), Waiver("max-event-bytes", "test_shop.py::test_0"))
    configuration, totals = suggested_from(tagged(), *[tagged(order="1")] * 3, waivers=waivers)

    assert configuration.rules["required-tags"].value == ["order"]
    unneeded = unneeded_waivers(totals, configuration.rules, dict.fromkeys(waivers, False))
    assert [each.rule for each in unneeded] == ["max-event-bytes"]


@pytest.mark.needs("Sentry's own engine")
def test_waiver_of_what_could_not_be_judged_counts_as_needed() -> None:
    span = {"span_id": "a" * 16, "trace_id": "b" * 32, "name": "/", "is_segment": True, "attributes": {}}
    spans = capture({"items": [span]}, "span", headers={"item_count": 1})
    waivers = tuple(
        Waiver(rule, "test_shop.py::test_0") for rule in ("accepted-by-sentry", "tag-values", "max-event-bytes")
    )
    tagged: list[list[Entry]] = [[capture({**ERROR, "tags": {"order": "1"}})] for _ in range(3)]

    configuration, totals = suggested_from([spans], *tagged, waivers=waivers)

    assert all(configuration.rules[each.rule].holds for each in waivers)
    unneeded = unneeded_waivers(totals, configuration.rules, dict.fromkeys(waivers, False))
    assert [each.rule for each in unneeded] == ["max-event-bytes"]

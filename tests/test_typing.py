"""What type checkers know of the public face: checked by mypy, and executed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
import sentry_sdk

from pytest_sentry_capture import (
    CapturedAttachment,
    CapturedCheckIn,
    CapturedClientReport,
    CapturedEvent,
    CapturedFeedback,
    CapturedItem,
    CapturedLog,
    CapturedMetric,
    CapturedProfile,
    CapturedSession,
    CapturedSpan,
    CapturedTransaction,
    Discard,
    SentryCapture,
    SentryInit,
)

if TYPE_CHECKING or sys.version_info < (3, 11):
    from typing_extensions import assert_type
else:
    from typing import assert_type


@pytest.fixture
def capture(sentry_init: SentryInit, sentry_capture: SentryCapture) -> SentryCapture:
    sentry_init(dsn="https://key@sentry.invalid/1", traces_sample_rate=1.0)
    with sentry_sdk.start_transaction(name="nightly", op="task"), sentry_sdk.start_span(op="db"):
        sentry_sdk.capture_message("hello", tags={"shop": "north"})
    sentry_sdk.crons.capture_checkin("nightly", status="ok")
    sentry_sdk.metrics.count("orders", 1)
    return sentry_capture


def test_an_assertion_gives_an_item_of_its_kind(capture: SentryCapture) -> None:
    assert assert_type(capture.assert_captured(), CapturedEvent).tags == {"shop": "north"}
    assert assert_type(capture.assert_captured("event"), CapturedEvent).message == "hello"
    assert assert_type(capture.assert_captured("transaction"), CapturedTransaction).op == "task"
    assert assert_type(capture.assert_captured("span"), CapturedSpan).op == "db"
    assert assert_type(capture.assert_captured("check_in"), CapturedCheckIn).monitor_slug == "nightly"
    assert assert_type(capture.assert_captured("metric"), CapturedMetric).name == "orders"


def test_a_search_gives_lists_of_its_kind(capture: SentryCapture) -> None:
    assert len(assert_type(capture.find(), list[CapturedEvent])) == 1
    assert len(assert_type(capture.find("span"), list[CapturedSpan])) == 1
    assert assert_type(capture.find("log"), list[CapturedLog]) == []
    assert assert_type(capture.find("session"), list[CapturedSession]) == []
    assert assert_type(capture.find("profile"), list[CapturedProfile]) == []
    assert assert_type(capture.find("attachment"), list[CapturedAttachment]) == []
    assert assert_type(capture.find("feedback"), list[CapturedFeedback]) == []
    assert assert_type(capture.find("client_report"), list[CapturedClientReport]) == []
    kind: str = "event"
    assert len(assert_type(capture.find(kind), list[CapturedItem])) == 1
    assert len(assert_type(capture.assert_count(1, "transaction"), list[CapturedTransaction])) == 1
    assert len(assert_type(capture.wait_for("transaction", timeout=0), list[CapturedTransaction])) == 1
    assert assert_type(capture.discarded, list[Discard]) == []


def test_a_block_gives_an_item_of_its_kind(capture: SentryCapture) -> None:
    with capture.expect("check_in", status="in_progress") as expected:
        sentry_sdk.crons.capture_checkin("nightly", status="in_progress")

    assert assert_type(expected.item, CapturedCheckIn).status == "in_progress"


@pytest.mark.asyncio
async def test_an_awaited_search_gives_lists_of_its_kind(capture: SentryCapture) -> None:
    assert len(assert_type(await capture.await_for("metric", timeout=0), list[CapturedMetric])) == 1


def test_shortcuts_have_the_types_of_what_they_give(capture: SentryCapture) -> None:
    event = capture.assert_captured()

    assert assert_type(event.level, "str | None") == "info"
    assert assert_type(event.handled, "bool | None") is None
    assert assert_type(event.extra, dict[str, Any])["sys.argv"]
    assert assert_type(event.user.get("id"), "str | None") is None
    assert assert_type(capture.transactions[0].spans, list[CapturedSpan]) == capture.spans

"""What type checkers know of the public face: checked by mypy, and executed."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
import sentry_sdk

from any_sdk import segment, span
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
    CapturedSegment,
    CapturedSession,
    CapturedSpan,
    CapturedTransaction,
    Discard,
    Kind,
    SentryCapture,
    SentryInit,
)

if TYPE_CHECKING or sys.version_info < (3, 11):
    from typing_extensions import assert_type
else:
    from typing import assert_type

pytestmark = pytest.mark.slow


@pytest.fixture
def capture(sentry_init: SentryInit, sentry_capture: SentryCapture) -> SentryCapture:
    sentry_init(dsn="https://key@sentry.invalid/1", traces_sample_rate=1.0)
    with segment("nightly", "task"), span("SELECT 1", "db"):
        sentry_sdk.capture_message("hello", tags={"shop": "north"})
    sentry_sdk.crons.capture_checkin("nightly", status="ok")
    return sentry_capture


def test_an_assertion_gives_an_item_of_its_kind(capture: SentryCapture) -> None:
    assert assert_type(capture.assert_captured(), CapturedEvent).tags == {"shop": "north"}
    assert assert_type(capture.assert_captured("event"), CapturedEvent).message == "hello"
    assert assert_type(capture.assert_captured("segment"), CapturedSegment).op == "task"
    assert assert_type(capture.assert_captured("span", op="db"), CapturedSpan).name == "SELECT 1"
    assert assert_type(capture.assert_captured("check_in"), CapturedCheckIn).monitor_slug == "nightly"


@pytest.mark.needs("metrics")
def test_an_assertion_gives_a_metric(capture: SentryCapture) -> None:
    sentry_sdk.metrics.count("orders", 1)

    assert assert_type(capture.assert_captured("metric"), CapturedMetric).name == "orders"


@pytest.mark.needs("transactions")
def test_an_assertion_gives_a_transaction(capture: SentryCapture) -> None:
    assert assert_type(capture.assert_captured("transaction"), CapturedTransaction).op == "task"
    assert len(assert_type(capture.assert_count(1, "transaction"), list[CapturedTransaction])) == 1
    assert len(assert_type(capture.wait_for("transaction", timeout=0), list[CapturedTransaction])) == 1
    assert assert_type(capture.transactions[0].spans, list[CapturedSpan]) == capture.spans


def of_kind() -> Kind:
    return "event"


def test_a_search_gives_lists_of_its_kind(capture: SentryCapture) -> None:
    assert len(assert_type(capture.find(), list[CapturedEvent])) == 1
    assert len(assert_type(capture.find("span", op="db"), list[CapturedSpan])) == 1
    assert len(assert_type(capture.find("segment"), list[CapturedSegment])) == 1
    assert assert_type(capture.find("log"), list[CapturedLog]) == []
    assert assert_type(capture.find("session"), list[CapturedSession]) == []
    assert assert_type(capture.find("profile"), list[CapturedProfile]) == []
    assert assert_type(capture.find("attachment"), list[CapturedAttachment]) == []
    assert assert_type(capture.find("feedback"), list[CapturedFeedback]) == []
    assert assert_type(capture.find("client_report"), list[CapturedClientReport]) == []
    found: Sequence[CapturedItem] = capture.find(of_kind())
    assert len(found) == 1
    assert len(assert_type(capture.assert_count(1, "segment"), list[CapturedSegment])) == 1
    assert len(assert_type(capture.wait_for("segment", timeout=0), list[CapturedSegment])) == 1
    assert assert_type(capture.discarded, list[Discard]) == []


def test_a_block_gives_an_item_of_its_kind(capture: SentryCapture) -> None:
    with capture.expect("check_in", status="in_progress") as expected:
        sentry_sdk.crons.capture_checkin("nightly", status="in_progress")

    assert assert_type(expected.item, CapturedCheckIn).status == "in_progress"

    with capture.expect("segment") as expected_segment, segment("weekly"):
        pass

    assert assert_type(expected_segment.item, CapturedSegment).name == "weekly"


@pytest.mark.asyncio
async def test_an_awaited_search_gives_lists_of_its_kind(capture: SentryCapture) -> None:
    assert len(assert_type(await capture.await_for("check_in", timeout=0), list[CapturedCheckIn])) == 1
    assert len(assert_type(await capture.await_for("segment", timeout=0), list[CapturedSegment])) == 1


def test_shortcuts_have_the_types_of_what_they_give(capture: SentryCapture) -> None:
    event = capture.assert_captured()

    assert assert_type(event.level, "str | None") == "info"
    assert assert_type(event.handled, "bool | None") is None
    assert assert_type(event.extra, dict[str, Any])["sys.argv"]
    assert assert_type(event.user.get("id"), "str | None") is None
    assert assert_type(capture.segments[0].status, Literal["ok", "error"] | None) == "ok"


PROGRAMS = Path(__file__).parent / "typing"
CHECKERS = {
    "mypy": ["mypy", "--strict", "--no-error-summary", "--config-file=", "--cache-dir={cache}"],
    "pyright": ["pyright", "--pythonpath", sys.executable],
}


@pytest.mark.needs("mypy and pyright")
@pytest.mark.parametrize("checker", CHECKERS)
def test_type_checkers_find_mistakes_and_nothing_else(checker: str, tmp_path: Path) -> None:
    command, *arguments = CHECKERS[checker]
    files = [PROGRAMS / f"{name}.py" for name in ("mistakes", "mistakes_of_arguments", "helpers_of_users")]
    result = subprocess.run(
        [sys.executable, "-m", command, *(each.format(cache=tmp_path / "cache") for each in arguments), *files],
        check=False,
        capture_output=True,
        text=True,
        timeout=280,
        cwd=tmp_path,
    )

    planted = [
        (file.name, number)
        for file in files
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if "# mistake: " in line
    ]
    found = re.findall(r"([\w.]+):(\d+)(?::\d+)?(?:: | - )error: ", result.stdout)
    reported = sorted((file, int(line)) for file, line in found)
    assert sorted(dict.fromkeys(reported)) == sorted(planted), result.stdout + result.stderr
    [exactly_one_each] = {sum(file == files[0].name for file, _ in each) for each in (planted, reported)}
    assert exactly_one_each == 8

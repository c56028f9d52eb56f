"""Which exchanges are silent, whatever else was captured meanwhile, and how often each outcome was seen."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_sentry_capture._recording.entries import Discard, Entry, Exchange
from pytest_sentry_capture._recording.exception_chain import ExceptionChain
from pytest_sentry_capture._recording.silence import with_event
from pytest_sentry_capture._reports.contract.contract_file import Contract, pinned
from pytest_sentry_capture._reports.table import CaptureTable, Row, Tally
from recordings import capture, recording

NOT_EVENTS = ("transaction", "span", "log", "trace_metric", "check_in", "session", "client_report", "attachment")
LOST = [("sample_rate", "transaction"), ("before_send", "log"), ("queue_overflow", "span"), ("no_client", "session")]
LOST_RECORDS = ("ignored_logger", "log_level", "logger_disabled")


def exchange(status: int | None = 500, error: BaseException | None = None, parent: Exchange | None = None) -> Exchange:
    chain = ExceptionChain.of(error, live=False) if error is not None else None
    return Exchange("GET", "/orders/1", route="/orders/{number}", status=status, parent=parent, _chain=chain)


def results(*entries: Entry, client_was_active: bool = True) -> list[str]:
    """What became of the exchanges, without the rows of items."""
    table = CaptureTable()
    table.add(recording(*entries), client_was_active=client_was_active)
    return sorted(row.result for row, _ in table.rows() if not row.kind)


@pytest.mark.parametrize(
    ("status", "error", "is_failure"),
    [
        (200, None, False),
        (399, None, False),
        (400, None, True),
        (404, None, True),
        (500, None, True),
        (None, None, False),
        (200, ValueError(), True),
        (None, ValueError(), True),
        (None, asyncio.CancelledError(), False),
        (200, KeyboardInterrupt(), False),
    ],
)
def test_what_is_a_failure(status: int | None, error: BaseException | None, is_failure: bool) -> None:
    tried = exchange(status, error)

    assert tried._has_failed is is_failure
    traced = capture({"type": "transaction"}, "transaction", operation=tried)
    assert results(tried, traced) == ["silent"] * is_failure


@pytest.mark.parametrize("item_type", NOT_EVENTS)
def test_what_is_captured_beside_events_leaves_an_answer_silent(item_type: str) -> None:
    tried = exchange()

    assert results(tried, capture({}, item_type, operation=tried)) == ["silent"]


@pytest.mark.parametrize(("reason", "kind"), LOST)
def test_what_is_lost_beside_events_leaves_an_answer_silent(reason: str, kind: str) -> None:
    tried = exchange()

    assert results(tried, Discard(reason, kind, kind, operation=tried)) == ["silent"]


@pytest.mark.parametrize("reason", ["before_send", "sample_rate", "ignore_errors", "sdk_error", "no_client"])
def test_an_event_that_is_discarded_is_not_silence(reason: str) -> None:
    tried = exchange()

    assert results(tried, Discard(reason, "error", "event", operation=tried)) == []


@pytest.mark.parametrize("reason", LOST_RECORDS)
@pytest.mark.parametrize(("status", "result"), [(500, "silent"), (200, "nothing")])
def test_log_records_that_became_no_events_are_silence(reason: str, status: int, result: str) -> None:
    """They are seen only in tests that use the fixture, which must not change the table."""
    tried = exchange(status)

    assert results(tried, Discard(reason, "error", "event", operation=tried)) == [result]


@pytest.mark.parametrize("status", [200, 500])
def test_nothing_is_silent_while_sentry_is_off(status: int) -> None:
    assert results(exchange(status), client_was_active=False) == ["Sentry was off"]


def test_an_event_of_a_request_to_itself_is_one_of_the_request_that_made_it() -> None:
    outer = exchange(502)
    middle = exchange(500, parent=outer)
    inner = exchange(500, parent=middle)
    beside = exchange(404, parent=outer)
    entries = [outer, middle, inner, beside, capture({"level": "error"}, operation=inner)]

    assert results(*entries) == ["silent"]
    assert with_event(entries) == {outer, middle, inner}


class Case(NamedTuple):
    """One exchange and what was seen meanwhile.

    Attributes:
        status: of the answer.
        others: the types of items beside events.
        events: how many events were captured.
        filtered: how many events were discarded.
        is_waived: whether the test waives the contract.
        is_on: whether a client was active.
    """

    status: int
    others: list[str]
    events: int
    filtered: int
    is_waived: bool
    is_on: bool

    @property
    def entries(self) -> list[Entry]:
        tried = exchange(self.status)
        discard = Discard("before_send", "error", "event", operation=tried)
        others = [capture({}, item_type, operation=tried) for item_type in self.others]
        return [tried, *others, *(capture({}, operation=tried) for _ in range(self.events)), *[discard] * self.filtered]

    @property
    def result(self) -> str | None:
        """What the row of the exchange says, or None if it has none."""
        if self.events or self.filtered:
            return None
        has_others = any(each not in ("session", "client_report") for each in self.others)
        if self.status < 400 and has_others:
            return None
        if not self.is_on:
            return "Sentry was off"
        return "silent" if self.status >= 400 else "nothing"


CASES = st.builds(
    Case,
    status=st.sampled_from([200, 302, 400, 404, 500, 503]),
    others=st.lists(st.sampled_from(NOT_EVENTS), max_size=3),
    events=st.integers(0, 1),
    filtered=st.integers(0, 1),
    is_waived=st.booleans(),
    is_on=st.booleans(),
)


@given(st.lists(CASES, max_size=8), st.data())
def test_every_exchange_is_counted_once_by_what_became_of_it(cases: list[Case], data: st.DataObject) -> None:
    """In whatever order workers report their tests, and whatever is captured beside events."""
    merged = CaptureTable()
    for case in data.draw(st.permutations(cases)):
        table = CaptureTable()
        table.add(recording(*case.entries), in_contract=not case.is_waived, client_was_active=case.is_on)
        merged.merge(json.loads(json.dumps(table.export())))

    rows = {(row.status, row.result): tally for row, tally in merged.rows() if not row.kind}
    expected = Counter((case.status, case.result) for case in cases if case.result is not None)
    assert {key: tally.count for key, tally in rows.items()} == expected
    for (status, result), tally in rows.items():
        same = [case for case in cases if (case.status, case.result) == (status, result)]
        assert tally.is_waived is all(case.is_waived for case in same)
    assert {row.status for row in pinned(merged.rows()) if not row.kind} == {
        case.status for case in cases if case.result == "silent" and not case.is_waived
    }


SILENT = Row("/orders/{number}", "GET", 500, result="silent")
SEEN: dict[str, Any] = {"example": "t::a", "in_contract": True, "has_others": True}


@pytest.mark.parametrize(
    ("text", "has_others", "is_asked_for"),
    [
        ("version = 2\n", True, True),
        ("version = 2\n", False, True),
        ("version = 1\n", True, False),
        ("version = 1\n", False, True),
    ],
)
def test_an_older_contract_is_not_asked_for_rows_that_it_could_not_have(
    text: str, has_others: bool, is_asked_for: bool
) -> None:
    tally = Tally(**{**SEEN, "has_others": has_others})

    assert Contract.parse(text).comparable([(SILENT, tally)]) == [SILENT] * is_asked_for


def test_a_row_that_an_older_contract_has_is_compared() -> None:
    text = 'version = 1\n\n[[row]]\nrequest = "GET /orders/{number}"\nstatus = 500\ncaptured = false\n'
    contract = Contract.parse(text)

    assert contract.rows == (SILENT,)
    assert contract.comparable([(SILENT, Tally(**SEEN))]) == [SILENT]

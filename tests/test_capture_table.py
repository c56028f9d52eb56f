"""The capture table: which rows recordings give, how they are counted and merged, and what is never shown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_sentry_capture.callables import CallableLocation
from pytest_sentry_capture.exception_chain import ExceptionChain
from pytest_sentry_capture.items import Capture, CapturedEnvelope, Discard, Entry, Exchange
from pytest_sentry_capture.recording import COLLECTION, Recording
from pytest_sentry_capture.reports.table import CaptureTable, Row

EVENT = {"event_id": "a" * 32, "level": "error", "exception": {"values": [{"type": "KeyError"}]}}


CERTAIN_RATES: tuple[object, ...] = (None, "1.0", "0.0", "x", [])


def capture(payload: dict[str, Any], kind: str = "event", exchange: Exchange | None = None) -> Capture:
    return Capture(kind, json.dumps(payload).encode(), exchange=exchange)


def sampled(kind: str, rate: object) -> Capture:
    envelope = CapturedEnvelope({"trace": {"sample_rate": rate}} if rate is not None else {})
    return Capture(kind, b"{}", envelope=envelope)


def recording(*entries: Entry, label: str = "tests/test_shop.py::test_order") -> Recording:
    result = Recording(label)
    for entry in entries:
        result.add(entry)
    return result


def table(*recordings: Recording, in_contract: bool = True) -> CaptureTable:
    result = CaptureTable()
    for each in recordings:
        result.add(each, in_contract=in_contract)
    return result


def row_of(*entries: Entry) -> Row:
    [(row, _)] = table(recording(*entries)).rows()
    return row


def counts(of: CaptureTable) -> dict[str, int]:
    return {row.kind or row.result: tally.count for row, tally in of.rows()}


def test_an_event_of_a_request() -> None:
    exchange = Exchange("GET", "/orders/17", route="/orders/{number}", status=500)
    event = {**EVENT, "tags": {"shop": "berlin", "a": "1"}, "user": {"id": "7", "email": "jane@example.org"}}

    assert row_of(capture(event, exchange=exchange)) == Row(
        origin="/orders/{number}",
        method="GET",
        status=500,
        kind="event",
        exception="KeyError",
        level="error",
        tags=("a", "shop"),
        user=("email", "id"),
    )


@pytest.mark.parametrize(
    ("payload", "kind", "origin"),
    [
        ({"message": "hello"}, "event", "direct"),
        ({"logentry": {"message": "hello"}}, "event", "logging"),
        ({"exception": [{"type": "KeyError", "mechanism": {"type": "generic"}}]}, "event", "direct"),
        ({"exception": [{"type": "KeyError", "mechanism": {"type": "threading"}}]}, "event", "threading"),
        ({"exception": [{"type": "KeyError", "mechanism": {"type": "celery"}}]}, "event", "celery"),
        ({"exception": [{"type": "KeyError", "mechanism": {"type": "jane@example.org"}}]}, "event", "(not shown)"),
        ({"body": "hello", "attributes": {"logger.name": {"value": "shop", "type": "string"}}}, "log", "logging"),
        ({"body": "hello"}, "log", "direct"),
        ({"monitor_slug": "nightly"}, "check_in", "direct"),
    ],
)
def test_where_an_item_came_from(payload: dict[str, Any], kind: str, origin: str) -> None:
    assert row_of(capture(payload, kind)).request_or_origin == origin


REQUEST = {"request": {"method": "POST", "url": "https://shop.example.org/orders/17"}}


@pytest.mark.parametrize("kind", ["event", "transaction"])
@pytest.mark.parametrize(
    ("source", "expected"),
    [("route", "POST /orders/{number}"), ("component", "POST /orders/{number}"), ("url", "direct"), (None, "direct")],
)
def test_a_request_that_no_exchange_was_seen_of(kind: str, source: str | None, expected: str) -> None:
    payload = {**REQUEST, "transaction": "/orders/{number}", "transaction_info": {"source": source}}

    assert row_of(capture(payload, kind)).request_or_origin == expected


@pytest.mark.parametrize(("code", "status"), [(404, 404), (True, None), ("404", None), (7, None), (None, None)])
def test_the_status_that_an_item_itself_tells(code: object, status: int | None) -> None:
    assert row_of(capture({"contexts": {"response": {"status_code": code}}})).status == status


@pytest.mark.parametrize(("kind", "level"), [("event", "fatal"), ("log", "fatal"), ("metric", "")])
def test_the_level_of_events_and_logs(kind: str, level: str) -> None:
    item_type = {"metric": "trace_metric"}.get(kind, kind)

    row = row_of(capture({"level": "fatal"}, item_type))

    assert (row.kind, row.level) == (kind, level)


def test_discards_and_silent_exchanges() -> None:
    silent = Exchange("GET", "/orders/1", route="/orders/{number}", status=404)
    unrouted = Exchange("GET", "/nowhere", status=404)
    crashed = Exchange("GET", "/", route="/", status=500, chain=ExceptionChain.of(KeyError(), live=False))
    discard = Discard("before_send", "error", "event", CallableLocation("shop.monitoring.drop", "x.py", 7), quantity=3)

    rows = {row: tally.count for row, tally in table(recording(silent, unrouted, crashed, discard)).rows()}

    assert rows == {
        Row("/orders/{number}", "GET", 404, result="nothing"): 1,
        Row("(no route)", "GET", 404, result="nothing"): 1,
        Row("/", "GET", 500, exception="KeyError", result="nothing"): 1,
        Row("direct", kind="event", result="before_send", by="monitoring.drop"): 3,
    }


def test_sessions_and_client_reports_have_no_rows_and_are_no_word_to_sentry() -> None:
    exchange = Exchange("GET", "/orders/1", route="/orders/{number}", status=404)
    discard = Discard("no_client", "session", "session", exchange=exchange)

    row = row_of(exchange, capture({}, "session", exchange), discard, capture({}, "client_report"))

    assert row.result == "nothing"


@pytest.mark.parametrize(
    ("name", "by"),
    [
        ("shop.drop", "shop.drop"),
        ("drop", "drop"),
        ("shop.monitoring.drop", "monitoring.drop"),
        ("shop.monitoring.Filter.__call__", "Filter.__call__"),
        ("shop.<lambda>", "shop.<lambda>"),
        ("shop.make_app.<locals>.drop", "shop.drop"),
        ("shop.make_app.<locals>.wrap.<locals>.<lambda>", "shop.<lambda>"),
        (
            "sentry_sdk.integrations.dedupe.DedupeIntegration.setup_once.<locals>.processor",
            "DedupeIntegration.processor",
        ),
        ("shop.jane@example.org", "(not shown)"),
    ],
)
def test_a_callable_is_named_by_its_class_or_module(name: str, by: str) -> None:
    assert row_of(Discard("before_send", "error", "event", CallableLocation(name))).by == by


UUID = "6fa459ea-ee8a-3ca4-894e-db77e160355e"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("request_id", "request_id"),
        ("http.status_code", "http.status_code"),
        ("sha256", "sha256"),
        ("jane@example.org", "(not shown)"),
        ("Jane Doe", "(not shown)"),
        ("", "(not shown)"),
        ("a\nb", "(not shown)"),
        ("\ud800", "(not shown)"),
        ("x" * 201, "(not shown)"),
        ("order-4711081", "order-<id>"),
        (f"order:{UUID}", "order:<id>"),
        ("192.168.2.1", "<id>"),
        ("token.0123456789abcdef0123456789abcdef", "token.<id>"),
        ("planted-secret", "(not shown)"),
    ],
)
def test_a_name_that_is_none_is_not_shown(name: str, shown: str) -> None:
    source = recording(capture({"tags": {name: "1"}, "user": {name: "1"}, "level": name or "x"}))
    source.secrets.append("planted-secret")

    [(row, _)] = table(source).rows()

    assert (row.tags, row.user) == ((shown,), (shown,))


@pytest.mark.parametrize(
    ("route", "shown"),
    [
        ("/users/@me/{year:int}", "/users/@me/{year:int}"),
        (f"/hooks/{UUID}", "/hooks/<id>"),
        ("/users/jane@example.org", "/users/<email>"),
        ("/a\x1b[31m\u202eb", "/a\N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER}b"),
        ("/hooks/planted-secret", "/hooks/[secret]"),
    ],
)
def test_what_is_personal_in_a_route_is_masked(route: str, shown: str) -> None:
    source = recording(Exchange("GET", "/", route=route, status=404))
    source.secrets.append("planted-secret")

    [(row, _)] = table(source).rows()

    assert row.origin == shown


def test_a_method_that_is_none_is_not_shown() -> None:
    assert row_of(Exchange("jane@example.org", "/", route="/", status=405)).method == "(not shown)"


@pytest.mark.parametrize(
    ("label", "example"),
    [
        ("tests/test_shop.py::TestOrders::test_order", "tests/test_shop.py::TestOrders::test_order"),
        ("tests/test_shop.py::test_order[jane@example.org::[1]]", "tests/test_shop.py::test_order"),
        ("tests/[old]/test_shop.py::test_order[1]", "tests/[old]/test_shop.py::test_order"),
        ("(between tests)", "(between tests)"),
    ],
)
def test_the_example_is_a_test_without_its_parameters(label: str, example: str) -> None:
    [(_, tally)] = table(recording(capture(EVENT), label=label)).rows()

    assert tally.example == example


def test_a_test_is_a_better_example_than_the_collection() -> None:
    labels = [COLLECTION, "tests/test_b.py::test", "tests/test_a.py::test"]

    [(_, tally)] = table(*(recording(capture({}), label=label) for label in labels)).rows()

    assert (tally.example, tally.count) == ("tests/test_a.py::test", 3)


def test_an_event_that_a_server_received_too_counts_once() -> None:
    exchange = Exchange("GET", "/orders/17", route="/orders/{number}", status=500)
    in_process = recording(capture(EVENT, exchange=exchange))
    server = recording(capture(EVENT), capture({**EVENT, "event_id": "b" * 32}))
    result = CaptureTable()

    result.add(in_process, server)

    assert [(row.request_or_origin, tally.count) for row, tally in result.rows()] == [
        ("GET /orders/{number}", 1),
        ("direct", 1),
    ]


def test_items_without_an_event_id_that_a_server_received_too_count_once() -> None:
    log = {"body": "hello", "timestamp": 1.5, "trace_id": "c" * 32}
    headers = {"filename": "order.txt"}
    in_process = recording(capture(log, "log"), Capture("attachment", b"1", headers=headers))
    server = recording(
        Capture("log", json.dumps({"items": [log, {**log, "timestamp": 2.5}]}).encode()),
        Capture("attachment", b"1", headers={**headers, "length": 1}),
        Capture("attachment", b"2", headers={**headers, "length": 1}),
    )
    result = CaptureTable()

    result.add(in_process, server)

    assert counts(result) == {"log": 2, "attachment": 2}


def test_an_event_that_was_captured_twice_in_process_counts_twice() -> None:
    envelope = CapturedEnvelope({})
    result = table(recording(envelope, capture(EVENT), capture(EVENT)))

    assert counts(result) == {"event": 2}


def test_what_every_worker_imports_counts_once_and_everything_else_is_added_up() -> None:
    result = CaptureTable()
    for imports, tests in (2, 1), (3, 1), (1, 5):
        worker = table(
            recording(*(capture(EVENT) for _ in range(imports)), label=COLLECTION),
            recording(*(capture(EVENT) for _ in range(tests))),
            recording(capture(EVENT), label="(between tests)"),
        )
        result.merge(json.loads(json.dumps(worker.export())))

    [(_, tally)] = result.rows()
    assert (tally.in_collection, tally.in_tests, tally.count) == (3, 10, 13)


@pytest.mark.parametrize(
    ("waived", "in_contract"), [((True, True), False), ((True, False), True), ((False, True), True)]
)
def test_what_only_tests_saw_that_waive_the_contract_stays_out_of_it(
    waived: tuple[bool, ...], in_contract: bool
) -> None:
    result = CaptureTable()
    for each in waived:
        result.merge(table(recording(capture(EVENT)), in_contract=not each).export())

    [(_, tally)] = result.rows()
    assert tally.in_contract is in_contract


def test_silence_without_a_client_stays_out_of_the_contract() -> None:
    exchange = Exchange("GET", "/", route="/", status=500)
    result = CaptureTable()

    result.add(recording(exchange, Discard("no_client", "error", "event")), client_was_active=False)
    assert [(row.result, tally.in_contract) for row, tally in result.rows()] == [
        ("nothing", False),
        ("no_client", True),
    ]

    result.add(recording(exchange))
    assert [(row.result, tally.in_contract) for row, tally in result.rows()] == [("nothing", True), ("no_client", True)]


ENTRIES = st.builds(
    lambda status, tag, level: capture(
        {"level": level, "tags": {tag: 1}}, exchange=Exchange("GET", "/", route="/", status=status)
    ),
    st.sampled_from([None, 200, 500]),
    st.sampled_from("ab"),
    st.sampled_from(["info", "error"]),
)
RECORDINGS = st.lists(st.tuples(st.sampled_from(["t::b", "t::a[1]"]), st.lists(ENTRIES, max_size=4)), max_size=6)


@given(RECORDINGS, st.data())
def test_workers_give_the_same_table_as_a_serial_run(
    recordings: list[tuple[str, list[Capture]]], data: st.DataObject
) -> None:
    serial = table(*(recording(*entries, label=label) for label, entries in recordings))
    merged = CaptureTable()
    for label, entries in data.draw(st.permutations(recordings)):
        merged.merge(json.loads(json.dumps(table(recording(*entries, label=label)).export())))

    assert merged.rows() == serial.rows()


def test_the_export_of_a_row_is_short() -> None:
    exchange = Exchange("GET", "/orders/17", route="/orders/{number}", status=500)
    text = json.dumps(table(recording(capture(EVENT, exchange=exchange))).export())

    assert text == (
        '[[["/orders/{number}", "GET", 500, "event", "KeyError", "captured", "", "error", [], []],'
        ' 1, 0, "tests/test_shop.py::test_order", true]]'
    )


@pytest.mark.parametrize(
    ("entry", "is_certain"),
    [
        (Discard("sample_rate", "transaction", "transaction"), False),
        (Discard("sample_rate", "transaction", "transaction", by=CallableLocation("shop.sampler")), True),
        (Discard("before_send", "error", "event"), True),
        *((sampled("transaction", rate), True) for rate in CERTAIN_RATES),
        (sampled("transaction", "0.5"), False),
        (sampled("transaction", 0.01), False),
        (sampled("event", "0.5"), True),
    ],
)
def test_what_chance_decided_is_no_part_of_the_contract(entry: Entry, is_certain: bool) -> None:
    [(_, tally)] = table(recording(entry)).rows()

    assert tally.in_contract is is_certain

"""The capture table: which rows recordings give, how they are counted and merged, and what is never shown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_sentry_capture._recording.callables import CallableLocation
from pytest_sentry_capture._recording.entries import Capture, CapturedEnvelope, Discard, Entry, Exchange
from pytest_sentry_capture._recording.exception_chain import ExceptionChain
from pytest_sentry_capture._recording.plain_json import PlainJson
from pytest_sentry_capture._recording.recording import COLLECTION, Recording
from pytest_sentry_capture._reports.contract.contract_file import pinned
from pytest_sentry_capture._reports.fields import FIELD_STATES, FieldState
from pytest_sentry_capture._reports.table import CaptureTable, Row
from recordings import capture, recording

EVENT = {"event_id": "a" * 32, "level": "error", "exception": {"values": [{"type": "KeyError"}]}}


CERTAIN_RATES: tuple[object, ...] = (None, "1.0", "0.0", "x", [])


def sampled(kind: str, rate: object) -> Capture:
    return Capture(kind, b"{}", envelope=envelope(rate))


def envelope(rate: object) -> CapturedEnvelope:
    return CapturedEnvelope({"trace": {"sample_rate": rate}} if rate is not None else {})


FORMS = ("transaction", "span")
"""What SDKs send segments as: up to 2.x, and streamed."""
TRACE = "c" * 32
REQUEST_OF_ITS_OWN = {"method": "GET", "source": "route", "status_code": 200}
"""What a segment says about its request by itself: that of a framework of which no exchanges are seen."""


def segment_payload(
    form: str, *, origin: str | None = "manual", trace: str = TRACE, request: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A segment called ``/orders/{number}``, with tags and a user where it may have them."""
    told = request or {}
    if form == "transaction":
        return {
            "type": "transaction",
            "transaction": "/orders/{number}",
            "transaction_info": {"source": told.get("source", "custom")},
            "level": "info",
            "tags": {"shop": "berlin"},
            "user": {"id": "7"},
            "request": {"method": told.get("method")},
            "contexts": {
                "trace": {"op": "task", "origin": origin, "trace_id": trace},
                "response": {"status_code": told.get("status_code")},
            },
            "spans": [{"op": "db", "description": "SELECT 1", "trace_id": trace}] * 2,
        }
    attributes = {
        "sentry.op": "task",
        "sentry.origin": origin,
        "sentry.segment.name.source": told.get("source", "custom"),
        "http.request.method": told.get("method"),
        "http.response.status_code": told.get("status_code"),
        "user.id": "7",
    }
    return {
        "name": "/orders/{number}",
        "is_segment": True,
        "trace_id": trace,
        "attributes": {
            name: {"value": value, "type": "integer" if isinstance(value, int) else "string"}
            for name, value in attributes.items()
            if value is not None
        },
    }


def segment(form: str, *, rate: object = None, exchange: Exchange | None = None, **given: Any) -> Capture:
    return capture(segment_payload(form, **given), form, operation=exchange, envelope=envelope(rate))


def lost_segment(form: str, reason: str, *, exchange: Exchange | None = None, **given: Any) -> list[Discard]:
    """The discards of a segment with two spans: a transaction's are counted together, streamed ones each."""
    content = json.dumps(segment_payload(form, **given)).encode()
    by = CallableLocation("shop.drop") if reason == "before_send" else None
    own = Discard(reason, form, form, by, payload=content, operation=exchange)
    if form == "transaction":
        return [own, Discard(reason, "span", "span", by, quantity=3, operation=exchange, _of_lost_segment=True)]
    child = b'{"name": "SELECT 1", "is_segment": false}'
    spans = (Discard(reason, form, form, by, payload=child, operation=exchange, _of_lost_segment=True) for _ in "ab")
    return [*spans, own]


def span(trace: str = TRACE, *, rate: object = None, exchange: Exchange | None = None) -> Capture:
    payload = {"name": "SELECT 1", "is_segment": False, "trace_id": trace}
    return capture(payload, "span", operation=exchange, envelope=envelope(rate))


def table(*recordings: Recording, in_contract: bool = True, with_fields: bool = False) -> CaptureTable:
    result = CaptureTable(with_fields=with_fields)
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

    assert row_of(capture(event, operation=exchange)) == Row(
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
    crashed = Exchange("GET", "/", route="/", status=500, _chain=ExceptionChain.of(KeyError(), live=False))
    discard = Discard("before_send", "error", "event", CallableLocation("shop.monitoring.drop", "x.py", 7), quantity=3)

    rows = {row: tally.count for row, tally in table(recording(silent, unrouted, crashed, discard)).rows()}

    assert rows == {
        Row("/orders/{number}", "GET", 404, result="silent"): 1,
        Row("(no route)", "GET", 404, result="silent"): 1,
        Row("/", "GET", 500, exception="KeyError", result="silent"): 1,
        Row("direct", kind="event", result="before_send", by="monitoring.drop"): 3,
    }


def test_sessions_and_client_reports_have_no_rows() -> None:
    exchange = Exchange("GET", "/orders/1", route="/orders/{number}", status=404)
    discard = Discard("no_client", "session", "session", operation=exchange)

    row = row_of(exchange, capture({}, "session", operation=exchange), discard, capture({}, "client_report"))

    assert row.result == "silent"


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
    in_process = recording(capture(EVENT, operation=exchange))
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
        capture({"items": [log, {**log, "timestamp": 2.5}]}, "log"),
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
    assert (tally.in_collection, tally.in_tests, tally.count) == ({"": 3}, 10, 13)


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
        ("Sentry was off", False),
        ("no_client", True),
    ]

    result.add(recording(exchange))
    assert [(row.result, tally.in_contract) for row, tally in result.rows()] == [
        ("Sentry was off", False),
        ("silent", True),
        ("no_client", True),
    ]


ENTRIES = st.builds(
    lambda status, tag, level, user: capture(
        {"level": level, "tags": {tag: 1}, "user": {"id": user}},
        operation=Exchange("GET", "/", route="/", status=status),
    ),
    st.sampled_from([None, 200, 500]),
    st.sampled_from("ab"),
    st.sampled_from(["info", "error"]),
    st.sampled_from([None, "7", "[Filtered]"]),
)
RECORDINGS = st.lists(st.tuples(st.sampled_from(["t::b", "t::a[1]"]), st.lists(ENTRIES, max_size=4)), max_size=6)


@given(RECORDINGS, st.booleans(), st.data())
def test_workers_give_the_same_table_as_a_serial_run(
    recordings: list[tuple[str, list[Capture]]], with_fields: bool, data: st.DataObject
) -> None:
    serial = table(*(recording(*entries, label=label) for label, entries in recordings), with_fields=with_fields)
    merged = CaptureTable()
    for label, entries in data.draw(st.permutations(recordings)):
        worker = table(recording(*entries, label=label), with_fields=with_fields)
        merged.merge(json.loads(json.dumps(worker.export())))

    assert merged.rows() == serial.rows()


def test_the_export_of_a_row_is_short() -> None:
    exchange = Exchange("GET", "/orders/17", route="/orders/{number}", status=500)
    text = json.dumps(table(recording(capture(EVENT, operation=exchange))).export())

    assert text == (
        '[[["/orders/{number}", "GET", 500, "event", "KeyError", "captured", "", "error", [], []],'
        ' 1, 0, "tests/test_shop.py::test_order", true, [false, false, false], {}, null]]'
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
def test_what_chance_decided_is_not_part_of_the_contract(entry: Entry, is_certain: bool) -> None:
    [(_, tally)] = table(recording(entry)).rows()

    assert tally.in_contract is is_certain


@pytest.mark.parametrize(
    ("discard", "by_chance"),
    [
        (Discard("sample_rate", "transaction", "transaction"), True),
        (Discard("sample_rate", "transaction", "transaction", by=CallableLocation("shop.sampler")), False),
        (Discard("before_send", "error", "event"), False),
        (Discard("sample_rate", "error", "event"), True),
    ],
)
def test_discards_that_a_random_number_may_have_decided(discard: Discard, by_chance: bool) -> None:
    [(_, tally)] = table(recording(discard)).rows()

    assert tally.by_chance is by_chance


@pytest.mark.parametrize(("rates", "by_chance"), [([0.5], True), ([0.5, 0.25], True), ([1], False), ([0.5, 1], False)])
def test_a_row_is_by_chance_where_it_was_so_each_time(rates: list[float], by_chance: bool) -> None:
    of_each = [table(recording(sampled("transaction", rate))) for rate in rates]
    together = CaptureTable()
    for each in of_each:
        together.merge(json.loads(json.dumps(each.export())))

    [(_, tally)] = together.rows()
    assert tally.by_chance is by_chance


# Segments


@pytest.mark.parametrize("form", FORMS)
def test_a_segment_is_one_row_without_level_tags_and_user(form: str) -> None:
    exchange = Exchange("GET", "/orders/17", route="/orders/{number}", status=200)

    assert row_of(segment(form)) == Row("direct", kind="segment")
    assert row_of(segment(form, exchange=exchange)) == Row("/orders/{number}", "GET", 200, "segment")
    assert row_of(segment(form, request=REQUEST_OF_ITS_OWN)) == Row("/orders/{number}", "GET", 200, "segment")


def test_a_span_that_is_not_a_segment_has_no_row() -> None:
    exchange = Exchange("GET", "/orders/17", route="/orders/{number}", status=200)

    assert table(recording(span(), exchange, span(exchange=exchange))).rows() == []


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("origin", "is_of_exchange", "request_of_its_own", "is_pinned"),
    [
        ("auto.http.starlette", True, None, True),
        ("auto.db.sqlite3", True, None, True),
        ("auto.http.flask", False, REQUEST_OF_ITS_OWN, True),
        ("auto.http.flask", False, {**REQUEST_OF_ITS_OWN, "source": "url"}, False),
        ("manual", False, None, True),
        (None, False, None, True),  # sentry-sdk 1.x says of no transaction what made it
        ("auto.db.sqlite3", False, None, False),
        ("manual.shop", False, None, False),
    ],
)
@pytest.mark.parametrize("result", ["captured", "before_send", "ignored"])
def test_which_segments_are_the_application_s(
    form: str,
    origin: str | None,
    is_of_exchange: bool,
    request_of_its_own: dict[str, Any] | None,
    is_pinned: bool,
    result: str,
) -> None:
    exchange = Exchange("GET", "/", route="/", status=200) if is_of_exchange else None
    entries: list[Entry] = (
        [segment(form, origin=origin, request=request_of_its_own, exchange=exchange)]
        if result == "captured"
        else [*lost_segment(form, result, origin=origin, request=request_of_its_own, exchange=exchange)]
    )

    [(row, tally)] = table(recording(*entries)).rows()

    assert (row.kind, row.result, tally.count) == ("segment", result, 1)
    assert tally.in_contract is is_pinned
    assert pinned([(row, tally)]) == [row] * is_pinned


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("origin", "shown"),
    [
        ("manual", "direct"),
        (None, "direct"),
        ("auto.db.sqlalchemy", "auto.db.sqlalchemy"),
        ("auto.queue.celery", "auto.queue.celery"),
        ("manual.shop", "manual.shop"),
        ("jane@example.org", "(not shown)"),
    ],
)
def test_a_segment_that_the_application_did_not_start_is_recognized_by_its_origin(
    form: str, origin: str | None, shown: str
) -> None:
    exchange = Exchange("GET", "/", route="/", status=200)

    assert row_of(segment(form, origin=origin)) == Row(shown, kind="segment")
    assert row_of(*lost_segment(form, "before_send", origin=origin)) == Row(
        shown, kind="segment", result="before_send", by="shop.drop"
    )
    assert row_of(segment(form, origin=origin, exchange=exchange)) == Row("/", "GET", 200, "segment")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("reason", ["sample_rate", "before_send", "ignored", "event_processor"])
def test_a_lost_segment_is_one_row_and_what_is_lost_with_it_none(form: str, reason: str) -> None:
    exchange = Exchange("GET", "/orders/17", route="/orders/{number}", status=200)

    [(row, tally)] = table(recording(exchange, *lost_segment(form, reason, exchange=exchange))).rows()

    by = "shop.drop" if reason == "before_send" else ""
    assert row == Row("/orders/{number}", "GET", 200, "segment", result=reason, by=by)
    assert tally.count == 1


def test_a_span_that_is_lost_by_itself_has_a_row_that_no_contract_holds() -> None:
    discard = Discard("buffer_overflow", "span", "span", quantity=2)

    [(row, tally)] = table(recording(discard)).rows()

    assert (row, tally.count) == (Row("direct", kind="span", result="buffer_overflow"), 2)
    assert pinned([(row, tally)]) == []


@pytest.mark.parametrize("form", FORMS)
def test_what_a_sampler_decided_by_name_is_part_of_the_contract(form: str) -> None:
    content = json.dumps(segment_payload(form)).encode()
    by_name = Discard("sample_rate", form, form, CallableLocation("shop.sampler"), payload=content)
    by_chance = Discard("sample_rate", form, form, payload=content)

    rows = table(recording(by_name, by_chance)).rows()

    assert {row.by: tally.in_contract for row, tally in rows} == {"shop.sampler": True, "": False}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("drawn_in", ["segment", "span", "another segment", "another process"])
def test_a_trace_that_chance_let_through_is_not_part_of_the_contract(form: str, drawn_in: str) -> None:
    """The rate travels with one of the trace's envelopes, which need not be the segment's."""
    certain = segment(form, trace="d" * 32, exchange=Exchange("GET", "/certain", route="/certain", status=200), rate=1)
    own = segment(form, rate=0.25 if drawn_in == "segment" else None)
    others = {
        "segment": [],
        "span": [span(rate=0.25)],
        "another segment": [segment(form, rate=0.25, exchange=Exchange("GET", "/", route="/", status=200))],
        "another process": [],
    }[drawn_in]
    received = recording(
        *([segment(form, rate=0.25, origin="auto.http.flask")] if drawn_in == "another process" else [])
    )
    result = CaptureTable()

    result.add(
        recording(certain, own, capture({**EVENT, "contexts": {"trace": {"trace_id": TRACE}}}), *others), received
    )

    in_contract = {(row.kind, row.origin): tally.in_contract for row, tally in result.rows()}
    assert in_contract.pop(("segment", "/certain")) is True
    assert in_contract.pop(("event", "direct")) is True
    assert set(in_contract) >= {("segment", "direct")}
    assert not any(in_contract.values())


@pytest.mark.parametrize("form", FORMS)
def test_a_segment_that_a_server_received_too_counts_once(form: str) -> None:
    identity = {"event_id": "a" * 32} if form == "transaction" else {"span_id": "a" * 16}
    in_process = capture({**segment_payload(form), **identity}, form)
    sent = {**segment_payload(form), **identity}
    other = {**sent, **{name: "b" * len(value) for name, value in identity.items()}}
    contents = [{"items": [sent, other]}] if form == "span" else [sent, other]
    server = recording(*(capture(content, form) for content in contents))
    result = CaptureTable()

    result.add(recording(in_process), server)

    assert counts(result) == {"segment": 2}


# Counts and fields


def test_items_are_counted_by_kind_where_that_is_asked_for() -> None:
    entries = [
        *(capture(EVENT), capture(EVENT), Capture("unknown", b"x"), Capture("attachment", b"x")),
        *(segment("transaction"), segment("span"), span(), capture({}, "session"), capture({}, "client_report")),
        *(Discard("before_send", "error", "event"), Exchange("GET", "/", route="/", status=200)),
    ]

    assert table(recording(*entries), with_fields=True).counts == {
        "event": 2,
        "unknown": 1,
        "attachment": 1,
        "segment": 2,
        "span": 3,  # two within the transaction
    }
    assert table(recording(*entries)).counts == {}


def test_an_item_that_a_server_received_too_is_counted_once() -> None:
    server = recording(capture(EVENT), capture({**EVENT, "event_id": "b" * 32}))
    result = CaptureTable(with_fields=True)

    result.add(recording(capture(EVENT)), server)

    assert result.counts == {"event": 2}


def fields(payload: dict[str, Any], kind: str = "event") -> dict[str, FieldState]:
    [(_, tally)] = table(recording(capture(payload, kind)), with_fields=True).rows()
    return tally.fields


CUT = {"": {"rem": [["!limit", "x", 7, 10]], "len": 2000}}
FILTERED = {"": {"rem": [["!config", "s"]]}}


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (
            {"user": {"id": "7", "email": "[Filtered]"}, "tags": {"shop": "berlin"}},
            {"user.id": "sent", "user.email": "filtered", "tags.shop": "sent"},
        ),
        (
            {"message": "xxxxxxx...", "extra": {"pin": "[Filtered]"}}
            | {"_meta": {"message": CUT, "extra": {"pin": FILTERED}}},
            {"message": "cut", "extra.pin": "filtered"},
        ),
        (
            {"extra": {"zero": 0, "no": False, "none": None, "empty": "", "list": [], "mapping": {}}},
            {"extra.zero": "sent", "extra.no": "sent"},
        ),
        (
            {"extra": {"cart": [{"number": 1}, {"number": 2, "note": "x"}, ["y"]]}, "fingerprint": ["a", "b"]},
            {"extra.cart.number": "sent", "extra.cart.note": "sent", "extra.cart": "sent", "fingerprint": "sent"},
        ),
        (
            {"extra": {"cart": ["short", "xxxxxxx..."]}, "_meta": {"extra": {"cart": {"1": CUT}}}},
            {"extra.cart": "sent"},
        ),
        ({"extra": {"cart": ["xxxxxxx..."]}, "_meta": {"extra": {"cart": {"0": CUT}}}}, {"extra.cart": "cut"}),
        (
            {"extra": {"jane@example.org": 1, "order-4711081": 1}},
            {"extra.(not shown)": "sent", "extra.order-<id>": "sent"},
        ),
        (
            {
                "_meta": {"extra": {"x": CUT}},
                "modules": {"pip": "1"},
                "sdk": {"name": "sentry.python"},
                "type": "event",
            },
            {},
        ),
        (
            {"event_id": "a" * 32, "timestamp": "2026-01-01T00:00:00Z", "received": 1.5}
            | {
                "contexts": {
                    "trace": {"trace_id": TRACE, "span_id": "a" * 16, "parent_span_id": "b" * 16, "op": "task"}
                }
            },
            {"contexts.trace.op": "sent"},
        ),
        (
            {
                "breadcrumbs": {
                    "values": [{"timestamp": "2026-01-01T00:00:00Z", "category": "query", "data": {"rows": 1}}]
                }
            },
            {"breadcrumbs.values.category": "sent", "breadcrumbs.values.data.rows": "sent"},
        ),
    ],
)
def test_the_fields_of_an_event(payload: dict[str, Any], expected: dict[str, FieldState]) -> None:
    assert fields({"level": "error", **payload}) == {"level": "sent", **expected}


def test_frames_that_are_not_the_application_s_have_no_fields() -> None:
    frames = [
        {"function": "order", "in_app": True, "vars": {"password": "[Filtered]", "number": "7"}},
        {"module": "starlette", "in_app": False, "vars": {"request": "<Request>"}},
        {"package": "none"},
    ]
    error = {"type": "KeyError", "stacktrace": {"frames": frames}, "mechanism": {"exception_id": 0, "handled": False}}

    assert fields({"exception": {"values": [error]}}) == {
        "exception.values.type": "sent",
        "exception.values.stacktrace.frames.function": "sent",
        "exception.values.stacktrace.frames.in_app": "sent",
        "exception.values.stacktrace.frames.vars.password": "filtered",
        "exception.values.stacktrace.frames.vars.number": "sent",
        "exception.values.mechanism.handled": "sent",
    }


@pytest.mark.parametrize("name", ["sid", "timestamp", "parent_id"])
def test_a_key_of_the_application_is_a_field_whatever_it_is_called(name: str) -> None:
    """Sentry calls ids and clocks like this, in other places."""
    payload = {"request": {"data": {name: "1"}, "cookies": {name: "1"}}, "extra": {name: "1"}, "user": {name: "1"}}

    paths = (f"request.data.{name}", f"request.cookies.{name}", f"extra.{name}", f"user.{name}")
    assert fields(payload) == dict.fromkeys(paths, "sent")


def test_the_fields_of_a_transaction_are_its_own_and_not_those_of_its_spans() -> None:
    assert fields(segment_payload("transaction"), "transaction") == dict.fromkeys(
        [
            *("transaction", "transaction_info.source", "level", "tags.shop", "user.id"),
            *("contexts.trace.op", "contexts.trace.origin"),
        ],
        "sent",
    )


def test_the_fields_of_a_streamed_segment_are_its_attributes() -> None:
    of_the_sdk = {"sentry.sdk.name": "sentry.python", "sentry.segment.id": "a" * 16, "thread.id": "1"}
    body = json.dumps({"password": "[Filtered]", "items": [{"number": 1}, {"number": 2}]})
    attributes = {**of_the_sdk, "user.email": "[Filtered]", "http.request.body.data": body, "shops": ["a", "b"]}
    payload = segment_payload("span")
    payload["attributes"] |= {name: {"value": value, "type": "string"} for name, value in attributes.items()}

    assert fields({**payload, "status": "ok", "start_timestamp": 1.5, "end_timestamp": 2.5}, "span") == {
        "name": "sent",
        "status": "sent",
        "sentry.op": "sent",
        "sentry.origin": "sent",
        "sentry.segment.name.source": "sent",
        "user.id": "sent",
        "user.email": "filtered",
        "http.request.body.data.password": "filtered",
        "http.request.body.data.items.number": "sent",
        "shops": "sent",
    }


@pytest.mark.parametrize("body", ["name=jane", "{not JSON", '"text"'])
def test_a_body_that_is_not_json_is_one_field(body: str) -> None:
    attributes = {"http.request.body.data": {"value": body, "type": "string"}}

    assert fields({"is_segment": True, "attributes": attributes}, "span") == {"http.request.body.data": "sent"}


@pytest.mark.parametrize("kind", ["attachment", "unknown"])
def test_what_is_not_json_has_no_fields(kind: str) -> None:
    [(_, tally)] = table(recording(Capture(kind, b"x", headers={"filename": "x.txt"})), with_fields=True).rows()

    assert tally.fields == {}


@pytest.mark.parametrize(("innermost", "expected"), [("x", {"extra" + ".in" * 11: "sent"}), ({}, {}), ([], {})])
def test_what_is_nested_deeply_is_one_field(innermost: object, expected: dict[str, FieldState]) -> None:
    for _ in range(11):
        innermost = {"in": innermost}

    assert fields({"extra": innermost}) == expected


def test_lists_that_are_nested_deeply_are_one_field() -> None:
    payload = PlainJson({"extra": {"in": nested_lists(1500)}})  # which is deeper than JSON is read

    [(_, tally)] = table(recording(Capture("event", payload)), with_fields=True).rows()

    assert tally.fields == {"extra.in": "sent"}


def nested_lists(depth: int) -> list[Any]:
    value: list[Any] = [1]
    for _ in range(depth):
        value = [value]
    return value


def test_no_fields_where_they_are_not_asked_for() -> None:
    [(_, tally)] = table(recording(capture(EVENT))).rows()

    assert tally.fields == {}


@given(
    st.lists(st.sampled_from(["[Filtered]", "xxxxxxx...", "jane@example.org", None]), min_size=1, max_size=5),
    st.booleans(),
)
def test_a_field_is_in_the_state_that_tells_most(values: list[str | None], in_workers: bool) -> None:
    """Whether items come from one test or from several processes."""
    states = {"[Filtered]": "filtered", "xxxxxxx...": "cut", "jane@example.org": "sent"}
    entries = [
        capture(
            {
                "level": "error",
                "user": {"email": value},
                "_meta": {"user": {"email": CUT}} if value == "xxxxxxx..." else {},
            }
        )
        for value in values
    ]
    if in_workers:
        result = CaptureTable()
        for entry in entries:
            result.merge(json.loads(json.dumps(table(recording(entry), with_fields=True).export())))
    else:
        result = table(recording(*entries), with_fields=True)

    [(_, tally)] = result.rows()
    found = [states[value] for value in values if value is not None]
    expected = {"user.email": max(found, key=[*FIELD_STATES].index)} if found else {}
    assert tally.fields == {"level": "sent", **expected}


def test_the_export_holds_the_fields() -> None:
    [[*_, exported, _]] = table(recording(capture({"user": {"id": "7"}})), with_fields=True).export()

    assert exported == {"user.id": "sent"}

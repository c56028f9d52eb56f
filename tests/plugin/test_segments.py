"""Segments, which mean the same on every SDK: transactions, or streamed spans (2.x with an option, 3)."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
import sentry_sdk
from dirty_equals import IsStr
from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient
from sentry_sdk.crons import capture_checkin

from any_sdk import IS_3, TRACE_KIND, segment, span
from pytest_sentry_capture import CapturedSegment, CapturedSpan, CapturedTransaction, SentryCapture, SentryInit
from suggestions import IMPORTED, suggestion

DSN = "https://key@sentry.invalid/1"
LIFECYCLES = [
    pytest.param({}, id="of the SDK's own"),
    pytest.param({"trace_lifecycle": "stream"}, marks=pytest.mark.needs("streamed spans"), id="streamed"),
]


def start(options: dict[str, Any], name: str, op: str) -> Any:
    """A segment, with the function that this lifecycle has for it."""
    if options and not IS_3:
        return sentry_sdk.traces.start_span(name=name, attributes={"sentry.op": op})
    return segment(name, op=op)


def shop(**options: Any) -> TestClient:
    sentry_sdk.init(dsn=DSN, release="shop@1.2", environment="test", **{"traces_sample_rate": 1.0, **options})
    app = FastAPI()

    @app.get("/orders/{number}")
    def read_order(number: int) -> str:
        if number > 5:
            raise HTTPException(number)
        return f"{10 // number}"

    @app.post("/orders")
    def order(order: dict[str, Any]) -> int:
        return len(order)

    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize("options", LIFECYCLES)
@pytest.mark.parametrize(("number", "status_code", "status"), [(1, 200, "ok"), (0, 500, "error"), (404, 404, "error")])
def test_a_request(
    sentry_capture: SentryCapture, options: dict[str, Any], number: int, status_code: int, status: str
) -> None:
    shop(**options).get(f"/orders/{number}")

    found = sentry_capture.assert_captured(
        "segment",
        name="/orders/{number}",
        op="http.server",
        source="route",
        status=status,
        status_code=status_code,
        method="GET",
        path=f"/orders/{number}",
        route="/orders/{number}",
        release="shop@1.2",
        environment="test",
    )
    assert found.trace_id is not None
    assert len(found.trace_id) == 32
    assert found.exchange is sentry_capture.exchanges[0]
    assert isinstance(found, CapturedSegment)


@pytest.mark.parametrize("options", LIFECYCLES)
def test_it_is_a_second_view_of_the_same_item(
    sentry_capture: SentryCapture, sentry_init: SentryInit, options: dict[str, Any]
) -> None:
    sentry_init(dsn=DSN, traces_sample_rate=1.0, **options)
    with start(options, "nightly", "job"):
        pass

    [found] = sentry_capture.segments
    [item] = sentry_capture.items
    assert item == found
    assert item.payload == found.payload
    assert item.kind == ("span" if options or IS_3 else "transaction")
    assert found.kind == "segment"
    assert found.origin in ("manual", None)
    assert [*sentry_capture.transactions, *sentry_capture.spans] == [item]


@pytest.mark.parametrize("options", LIFECYCLES)
def test_spans_of_a_segment_are_none(
    sentry_capture: SentryCapture, sentry_init: SentryInit, options: dict[str, Any]
) -> None:
    sentry_init(dsn=DSN, traces_sample_rate=1.0, **options)
    with start(options, "nightly", "job"):
        child = sentry_sdk.traces.start_span(name="select") if options and not IS_3 else span("select", op="db")
        with child:
            pass

    assert [each.name for each in sentry_capture.segments] == ["nightly"]
    assert "select" in [each.name for each in sentry_capture.spans]


@pytest.mark.parametrize("options", LIFECYCLES)
def test_the_words_of_the_sdk_are_reached_by_their_path(sentry_capture: SentryCapture, options: dict[str, Any]) -> None:
    shop(**options).get("/orders/0")

    if options or IS_3:
        where = {"status": "error", "attributes.http.response.status_code.value": 500}
    else:
        where = {"contexts.trace.status": "internal_error"}
    sentry_capture.assert_captured("segment", where=where)


@pytest.mark.parametrize("options", LIFECYCLES)
@pytest.mark.parametrize("by_sampler", [False, True])
def test_one_that_is_not_sampled_is_one_discard(
    sentry_capture: SentryCapture, sentry_init: SentryInit, options: dict[str, Any], by_sampler: bool
) -> None:
    def never(context: Any) -> float:
        return 0.0

    sampling: dict[str, Any] = {"traces_sampler": never} if by_sampler else {"traces_sample_rate": 0.0}
    sentry_init(dsn=DSN, **sampling, **options)
    with start(options, "nightly", "job"):
        child = sentry_sdk.traces.start_span(name="select") if options and not IS_3 else span("select", op="db")
        with child:
            pass

    [discard] = sentry_capture.assert_discarded("segment", name="nightly", op="job", reason="sample_rate")
    assert discard.kind == ("span" if options or IS_3 else "transaction")
    assert discard in sentry_capture.discarded
    assert discard.quantity == 1
    assert (discard.by is not None) is by_sampler
    if not IS_3 and not options:
        sentry_capture.assert_discarded("transaction", transaction="nightly", reason="sample_rate")
    else:
        sentry_capture.assert_discarded("span", name="nightly", reason="sample_rate")


@pytest.mark.parametrize("options", LIFECYCLES)
def test_one_of_a_request_that_is_not_sampled(sentry_capture: SentryCapture, options: dict[str, Any]) -> None:
    shop(traces_sample_rate=0.0, **options).get("/orders/1")

    sentry_capture.assert_discarded(
        "segment", method="GET", route="/orders/{number}", path="/orders/1", status_code=200, reason="sample_rate"
    )


@pytest.mark.parametrize("options", LIFECYCLES)
def test_what_is_not_sampled_has_no_status(sentry_capture: SentryCapture, options: dict[str, Any]) -> None:
    shop(traces_sample_rate=0.0, **options).get("/orders/0")

    for status in ("ok", "error", ["ok", "error"]):
        with pytest.raises(AssertionError, match=r"status: expected .*, found nothing"):
            sentry_capture.assert_discarded("segment", status=status, route="/orders/{number}")
    [discard] = sentry_capture.assert_discarded("segment", status=lambda status: status is None)
    found = discard._item_as("segment")
    assert isinstance(found, CapturedSegment)
    assert found.status is None


@pytest.mark.needs("streamed spans")
def test_what_is_ignored_has_no_status(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    options = {"trace_lifecycle": "stream"}
    sentry_init(dsn=DSN, traces_sample_rate=1.0, ignore_spans=["nightly"], **options)
    with pytest.raises(ValueError, match="broken"), start(options, "nightly", "job"):
        raise ValueError("broken")

    [discard] = sentry_capture.assert_discarded("segment", name="nightly", reason="ignored")
    assert getattr(discard._item_as("segment"), "status", "unset") is None


@pytest.mark.needs("before_send_transaction")
@pytest.mark.parametrize(("is_broken", "status"), [(False, "ok"), (True, "error")])
def test_what_a_callback_drops_has_its_status(
    sentry_capture: SentryCapture, sentry_init: SentryInit, is_broken: bool, status: str
) -> None:
    sentry_init(dsn=DSN, traces_sample_rate=1.0, before_send_transaction=lambda event, hint: None)
    with pytest.raises(ValueError, match="broken") if is_broken else nullcontext(), segment("nightly"):
        if is_broken:
            raise ValueError("broken")

    sentry_capture.assert_discarded("segment", status=status, reason="before_send")


@pytest.mark.parametrize(
    "status",
    ["internal_error", "OK", "", None, ["ok", "not_found"], {None, "ok"}, re.compile("internal"), re.compile("^$")],
)
def test_no_segment_has_another_status(sentry_capture: SentryCapture, status: object) -> None:
    ask = sentry_capture
    calls = (ask.find, ask.assert_captured, ask.assert_not_captured, ask.assert_discarded, ask.expect_nothing)
    for call in calls:
        with pytest.raises(ValueError, match=r"status=.* matches nothing") as caught:
            call("segment", status=status)
        assert str(caught.value).partition("because ")[2] == (
            "the status of a segment is 'ok' or 'error'. Pass 'ok', 'error', a regex that matches one of them, a"
            " predicate, or a list of these. For the SDK's own status, use its path:"
            " where={'contexts.trace.status': 'internal_error'} in a transaction, where={'status': …} in a span"
        )


@pytest.mark.parametrize("status", [500, True, {}, []])
def test_a_status_is_a_text(sentry_capture: SentryCapture, status: object) -> None:
    with pytest.raises(TypeError, match=r"status=.* Pass 'ok', 'error', a regex that matches one of them"):
        sentry_capture.assert_not_captured("segment", status=status)


@pytest.mark.parametrize("status", [*["ok", "error"], ["ok", "error"], re.compile("^err"), lambda word: word == "x"])
def test_statuses_that_can_be(sentry_capture: SentryCapture, sentry_init: SentryInit, status: object) -> None:
    sentry_init(dsn=DSN)
    sentry_capture.assert_not_captured("segment", status=status)


def test_an_expect_entry_with_another_status(pytester: pytest.Pytester) -> None:
    entry = '[[tool.sentry_capture.expect]]\nname = "no errors"\nkind = "segment"\ncaptured = false\n'
    for line in 'status = "internal_error"', 'event = { status = "internal_error" }':
        pytester.makepyprojecttoml(f"{entry}{line}")

        result = pytester.runpytest_inprocess()

        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines(["*status='internal_error' matches nothing, because the status of a segment is*"])


@pytest.mark.needs("streamed spans")
def test_one_that_is_ignored(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    options = {"trace_lifecycle": "stream"}
    sentry_init(dsn=DSN, traces_sample_rate=1.0, ignore_spans=["nightly"], **options)
    with start(options, "nightly", "job"), sentry_sdk.traces.start_span(name="select"):
        pass

    [discard] = sentry_capture.assert_discarded("segment", reason="ignored")
    assert [each.item.get("name") for each in sentry_capture.discarded] == ["select", "nightly"]
    assert discard.item.get("name") == "nightly"


class TestOneSuite:
    """What a team would write, the same for the SDK that it leaves and for the one that it moves to."""

    @pytest.fixture(params=LIFECYCLES)
    def client(self, request: pytest.FixtureRequest) -> TestClient:
        def before_send(event: Any, hint: Any) -> Any:
            return None if "secret" in str(event.get("message")) else event

        return shop(before_send=before_send, **request.param)

    def test_an_event(self, client: TestClient, sentry_capture: SentryCapture) -> None:
        client.get("/orders/0")

        sentry_capture.assert_captured(
            exception=ZeroDivisionError, handled=False, status_code=500, transaction="/orders/{number}"
        )

    def test_a_segment(self, client: TestClient, sentry_capture: SentryCapture) -> None:
        client.get("/orders/1")

        sentry_capture.assert_captured("segment", name="/orders/{number}", status="ok", status_code=200)
        sentry_capture.assert_nothing_captured()

    @pytest.mark.needs("logs without enable_logs")
    def test_a_log(self, client: TestClient, sentry_capture: SentryCapture) -> None:
        sentry_sdk.logger.warning("orders are late", attributes={"count": 3})

        sentry_capture.assert_captured("log", level="warn", body="orders are late", attributes={"count": 3})

    @pytest.mark.needs("metrics")
    def test_a_metric(self, client: TestClient, sentry_capture: SentryCapture) -> None:
        sentry_sdk.metrics.count("orders", 2)

        sentry_capture.assert_captured("metric", name="orders", type="counter", value=2)

    def test_a_check_in(self, client: TestClient, sentry_capture: SentryCapture) -> None:
        capture_checkin(monitor_slug="nightly", status="ok")

        sentry_capture.assert_captured("check_in", monitor_slug="nightly", status="ok", environment="test")

    def test_a_discard(self, client: TestClient, sentry_capture: SentryCapture) -> None:
        sentry_sdk.capture_message("a secret")

        sentry_capture.assert_discarded(message="a secret", reason="before_send")
        sentry_capture.assert_nothing_captured(traces=True)


ABOUT_BODIES = (
    "Spans have the body of a request as one JSON string, in the attribute http.request.body.data. Ask for that with a"
    " regex or a predicate."
)
ABOUT_STATUSES = (
    'A segment always has the status "ok" or "error", whatever the SDK\'s own word is. Where the SDK has none, it is'
    ' "ok".'
)
ABOUT_SPANS = (
    'The spans of a segment are separate items. Ask for the kind "span": its criterion transaction is the name of'
    " the segment."
)
ABOUT_USERS = (
    "Spans carry user as attributes: user.email, user.id, user.ip_address, user.name. Ask for them with attributes={…}."
)
OP_IN_WHERE = "status='ok', where={'attributes.sentry.op.value': 'db'}"


def drop_everything(event: object, hint: object) -> None:
    """A callback that drops everything."""


class TestWithoutTransactions:
    """Where the SDK has none, whatever is asked of transactions fails: an absence would prove nothing."""

    CALLS: tuple[tuple[str, dict[str, Any], str], ...] = (
        ("assert_captured", {}, "assert_captured(\"segment\", name='nightly', op='job')"),
        ("assert_not_captured", {}, "assert_not_captured(\"segment\", name='nightly', op='job')"),
        (
            "assert_discarded",
            {"reason": "ignored"},
            "assert_discarded(\"segment\", reason='ignored', name='nightly', op='job')",
        ),
        ("expect_nothing", {}, "expect_nothing(\"segment\", name='nightly', op='job')"),
        ("expect", {}, "expect(\"segment\", name='nightly', op='job')"),
        ("wait_for", {"timeout": 60.0}, "wait_for(\"segment\", name='nightly', op='job')"),
    )

    @pytest.fixture(
        params=[
            pytest.param({}, marks=pytest.mark.needs("segments without transactions"), id="on 3"),
            pytest.param({"trace_lifecycle": "stream"}, marks=pytest.mark.needs("streamed spans"), id="streamed"),
        ]
    )
    def client(self, request: pytest.FixtureRequest, sentry_init: SentryInit) -> Any:
        return sentry_init(dsn=DSN, traces_sample_rate=1.0, **request.param)

    @pytest.mark.parametrize(("call", "arguments", "instead"), CALLS, ids=[call for call, *_ in CALLS])
    def test_assertions_fail_and_say_what_to_write(
        self, client: Any, sentry_capture: SentryCapture, call: str, arguments: dict[str, Any], instead: str
    ) -> None:
        with pytest.raises(AssertionError) as caught:
            getattr(sentry_capture, call)("transaction", transaction="nightly", op="job", **arguments)

        message = str(caught.value)
        assert message.startswith(f"{call} asks for a transaction with transaction='nightly', op='job', but ")
        assert f"Use segments instead:\n  {instead}" in message

    def test_a_count_of_none_fails_too(self, client: Any, sentry_capture: SentryCapture) -> None:
        with pytest.raises(AssertionError, match=r'assert_count\(0, "segment"\)'):
            sentry_capture.assert_count(0, "transaction")

    def test_views_are_empty(self, client: Any, sentry_capture: SentryCapture) -> None:
        assert sentry_capture.transactions == []
        assert sentry_capture.find("transaction") == []
        sentry_capture.assert_nothing_captured(traces=True)

    def test_criteria_are_translated(self, client: Any, sentry_capture: SentryCapture) -> None:
        instead, hints = suggestion(
            sentry_capture,
            "assert_not_captured",
            transaction="/orders",
            status="internal_error",
            tags={"shop": "berlin", "plan": "pro"},
            request={"method": "GET", "headers": {"X-Shop": "berlin"}, "data": {"a": 1}, "cookies": {"a": "b"}},
            contexts={"trace": {"op": "http.server"}, "cart": {"size": 1}},
            where={"transaction_info.source": "route", "extra.queue": 1, "spans.0.op": "db", "start_timestamp": "x"},
        )

        assert instead == (
            "assert_not_captured(\"segment\", name='/orders', status='error',"
            " attributes={'http.request.method': 'GET', 'http.request.header.x-shop': ['berlin'],"
            " 'sentry.op': 'http.server', 'http.request.body.data': re.compile('\"a\": 1(?![\\\\w.])')},"
            " where={'attributes.sentry.segment.name.source.value': 'route'})"
        )
        assert hints == [
            "Spans have no tags. Set an attribute instead, and ask for it with attributes={…}.",
            ABOUT_BODIES,
            "Spans have no counterpart of request.cookies.a.",
            "Spans have no counterpart of contexts.cart.size.",
            "Spans have no counterpart of extra.queue.",
            ABOUT_SPANS,
            "start_timestamp of a span is a number of seconds since 1970, not a string.",
        ]

    @pytest.mark.parametrize(
        ("criteria", "instead"),
        [
            ({"status": "ok"}, "status='ok'"),
            ({"status": ["internal_error", "not_found"]}, "status='error'"),
            ({"status": re.compile("^(ok|cancelled)$")}, "status=['ok', 'error']"),
            ({"where": {"contexts.trace.status": "internal_error"}}, "status='error'"),
            ({"where": {"contexts.trace": {"status": "ok", "op": "db"}}}, OP_IN_WHERE),
            ({"contexts": {"trace": {"status": "ok"}}}, "status='ok'"),
            ({"contexts": {"trace": {"trace_id": "a" * 32}}}, f"where={{'trace_id': '{'a' * 32}'}}"),
        ],
    )
    def test_statuses_and_fields_are_translated_wherever_they_are_asked_for(
        self, client: Any, sentry_capture: SentryCapture, criteria: dict[str, Any], instead: str
    ) -> None:
        assert suggestion(sentry_capture, "assert_captured", **criteria) == (
            f'assert_captured("segment", {instead})',
            [],
        )

    @pytest.mark.parametrize(
        ("status", "instead"),
        [
            (None, ", status='ok'"),
            (re.compile("^no such word$"), ""),
            (lambda word: word != "ok", ", status=lambda value: ..."),
        ],
    )
    def test_statuses_that_no_segment_has(
        self, client: Any, sentry_capture: SentryCapture, status: object, instead: str
    ) -> None:
        written, [hint, *_] = suggestion(sentry_capture, "assert_captured", status=status)

        assert written == f'assert_captured("segment"{instead})'
        assert hint == ABOUT_STATUSES

    @pytest.mark.parametrize("expected", [None, lambda section: True])
    def test_sections_that_spans_have_as_attributes(
        self, client: Any, sentry_capture: SentryCapture, expected: object
    ) -> None:
        written, hints = suggestion(sentry_capture, "assert_captured", request=expected, contexts=expected)

        urls = "http.query, url.full, " if IS_3 else ""
        assert written == 'assert_captured("segment")'
        assert re.sub("server.address, |server.port, ", "", hints[0]) == (
            f"Spans carry request as attributes: client.address, http.request.method, {urls}http.request.body.data,"
            " http.request.header.*. Ask for them with attributes={…}."
        )
        assert hints[1].startswith("Spans carry contexts as attributes: ")

    @pytest.mark.parametrize("expected", [None, lambda user: True, {"id": "7"}])
    def test_users(self, client: Any, sentry_capture: SentryCapture, expected: object) -> None:
        written, hints = suggestion(sentry_capture, "assert_captured", user=expected)

        if not IS_3:  # which sends none in spans while it collects no personal data
            assert written == 'assert_captured("segment")'
            assert hints == ["The active client puts no user into spans, as it is configured."]
        elif isinstance(expected, dict):
            assert (written, hints) == ("assert_captured(\"segment\", attributes={'user.id': '7'})", [])
        else:
            assert written == 'assert_captured("segment")'
            assert hints == [ABOUT_USERS]

    @pytest.mark.parametrize(
        ("reason", "by", "why"),
        [
            ("before_send", "shop.drop", "before_send_span can't drop a span."),
            ("before_send", drop_everything, "before_send_span can't drop a span."),
            ("event_processor", None, "Event processors don't see spans."),
        ],
    )
    def test_discards_that_no_span_has(
        self, client: Any, sentry_capture: SentryCapture, reason: str, by: Any, why: str
    ) -> None:
        written, hints = suggestion(sentry_capture, "assert_discarded", reason=reason, by=by, op="job", release="1")

        assert written == "assert_discarded(\"segment\", reason='ignored', op='job')"
        assert hints == [
            f'{why} ignore_spans drops spans: its reason is "ignored", and it names no callable.',
            "release is not known for a segment that was not sampled, or was ignored.",
        ]

    def test_who_discarded_it_is_named(self, client: Any, sentry_capture: SentryCapture) -> None:
        written, _ = suggestion(sentry_capture, "assert_discarded", reason="sample_rate", by=drop_everything)

        assert written.startswith("assert_discarded(\"segment\", reason='sample_rate', by='")
        assert written.endswith("test_segments.drop_everything')")

    @pytest.mark.parametrize(
        "criteria",
        [
            {"request": {"headers": {"X-Shop": "berlin"}}},
            {"request": {"headers": {"x-shop": re.compile("^ber")}}},
            {"request": {"headers": {"x-shop": ["paris", "berlin"]}}},
            {"request": {"headers": {"x-shop": {"paris", re.compile("ber")}}}},
            {"request": {"headers": {"x-shop": IsStr()}}},
            {"request": {"headers": {"x-shop-2": None}}},
            {"where": {"request.headers.x-shop": "berlin"}},
            {"request": {"data": {"order": {"password": "hünter2", "size": 1}, "paid": True}}},
            {"where": {"request.data.order.size": 1, "request.data.no": None, "request.data.cost": 2.5}},
            {"request": {"data": {"cost": 2.5}, "method": "POST"}},
            {"transaction": "/orders", "status": "ok", "where": {"contexts.trace.status": "ok"}},
            {"where": {"contexts.response.status_code": 200, "contexts.trace": {"op": "http.server"}}},
        ],
    )
    def test_what_is_suggested_finds_it(
        self, sentry_init: SentryInit, client: Any, sentry_capture: SentryCapture, criteria: dict[str, Any]
    ) -> None:
        lifecycle = {} if IS_3 else {"trace_lifecycle": "stream"}
        order = {"order": {"password": "hünter2", "size": 1}, "paid": True, "cost": 2.5}
        shop(**lifecycle).post("/orders?at=once", json=order, headers={"X-Shop": "berlin"})

        written, _ = suggestion(sentry_capture, "assert_captured", **criteria)

        found = eval(f"sentry_capture.{written}", {**IMPORTED, "sentry_capture": sentry_capture})
        assert found.name == "/orders"
        for other in ({"request": {"headers": {"x-shop": "paris"}}}, {"request": {"data": {"cost": 2}}}):
            written, _ = suggestion(sentry_capture, "assert_not_captured", **other)
            eval(f"sentry_capture.{written}", {**IMPORTED, "sentry_capture": sentry_capture})

    @pytest.mark.needs("segments without transactions")
    @pytest.mark.parametrize("url", ["http://testserver/orders", ["http://testserver/orders"], re.compile("orders")])
    def test_urls_have_their_query_in_spans(self, sentry_capture: SentryCapture, url: object) -> None:
        shop().post("/orders?at=once", json={})

        written, _ = suggestion(sentry_capture, "assert_captured", request={"url": url})

        assert eval(f"sentry_capture.{written}", {**IMPORTED, "sentry_capture": sentry_capture}).path == "/orders"


OF_THE_SDK = "span task 'nightly'" if IS_3 else "transaction 'nightly', task"


@pytest.mark.parametrize(
    ("ask", "called"),
    [
        (lambda capture: capture.assert_count(2, "segment"), "1. segment 'nightly', task"),
        (lambda capture: capture.assert_captured("segment", name="x"), "1. segment 'nightly', task"),
        (lambda capture: capture.assert_discarded("segment"), "1. segment 'nightly', task"),
        (lambda capture: capture.assert_nothing_captured(traces=True), "1. segment 'nightly', task"),
        (lambda capture: capture.assert_count(2, TRACE_KIND), f"1. {OF_THE_SDK}"),
        (lambda capture: capture.assert_captured(TRACE_KIND, op="x"), f"1. {OF_THE_SDK}"),
    ],
)
def test_a_segment_is_called_by_the_kind_that_was_asked_for(
    sentry_capture: SentryCapture, sentry_init: SentryInit, ask: Callable[[SentryCapture], object], called: str
) -> None:
    sentry_init(dsn=DSN, traces_sample_rate=1.0)
    with segment("nightly", "task"):
        pass

    with pytest.raises(AssertionError) as caught:
        ask(sentry_capture)

    assert f"\n  {called}\n" in f"{caught.value}\n"


def test_kinds_and_classes() -> None:
    payload = {"transaction": "/orders", "contexts": {"trace": {"op": "http.server", "status": "not_found"}}}
    found = CapturedSegment.of(CapturedTransaction(payload))

    assert found is not None
    assert (found.name, found.op, found.status, found.is_span) == ("/orders", "http.server", "error", False)
    assert CapturedSegment(CapturedTransaction({})).status == "ok"
    assert CapturedSegment.of(CapturedSpan({"name": "select", "is_segment": False})) is None
    assert CapturedSegment.of(CapturedSpan({"name": "select", "is_segment": True})) is not None
    within = CapturedTransaction({"spans": [{"description": "select", "is_segment": True}]})
    assert [CapturedSegment.of(each) for each in within.spans] == [None]

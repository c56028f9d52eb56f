"""Segments, which mean the same on every SDK: transactions, or streamed spans (2.x with an option, 3)."""

from __future__ import annotations

from typing import Any

import pytest
import sentry_sdk
from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient
from sentry_sdk.crons import capture_checkin

from any_sdk import IS_3, segment, span
from pytest_sentry_capture import CapturedSegment, CapturedSpan, CapturedTransaction, SentryCapture, SentryInit

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
        assert f"Segments take their place. Write:\n  {instead}" in message

    def test_a_count_of_none_fails_too(self, client: Any, sentry_capture: SentryCapture) -> None:
        with pytest.raises(AssertionError, match=r'assert_count\("segment", n=0\)'):
            sentry_capture.assert_count(0, "transaction")

    def test_views_are_empty(self, client: Any, sentry_capture: SentryCapture) -> None:
        assert sentry_capture.transactions == []
        assert sentry_capture.find("transaction") == []
        sentry_capture.assert_nothing_captured(traces=True)

    def test_criteria_are_translated(self, client: Any, sentry_capture: SentryCapture) -> None:
        with pytest.raises(AssertionError) as caught:
            sentry_capture.assert_not_captured(
                "transaction",
                transaction="/orders",
                status="internal_error",
                tags={"shop": "berlin"},
                user={"id": "7"},
                request={"method": "GET", "headers": {"X-Shop": "berlin"}, "data": {"a": 1}},
                contexts={"trace": {"op": "http.server"}, "cart": {"size": 1}},
                where={"transaction_info.source": "route", "extra.queue": 1},
            )

        instead = (
            "assert_not_captured(\"segment\", name='/orders', status='error',"
            " attributes={'user.id': '7', 'http.request.method': 'GET', 'http.request.header.x-shop': 'berlin',"
            " 'sentry.op': 'http.server'}, where={'attributes.sentry.segment.name.source.value': 'route'})"
        )
        assert str(caught.value).split("\n\n")[1:] == [
            f"Segments take their place. Write:\n  {instead}",
            "Hint: Spans carry no tags. Set an attribute instead, and ask for it with attributes={…}.",
            "Hint: Spans carry nothing that stands for request.data.a.",
            "Hint: Spans carry nothing that stands for contexts.cart.size.",
            "Hint: Spans carry nothing that stands for extra.queue.",
        ]


def test_kinds_and_classes() -> None:
    payload = {"transaction": "/orders", "contexts": {"trace": {"op": "http.server", "status": "not_found"}}}
    found = CapturedSegment.of(CapturedTransaction(payload))

    assert found is not None
    assert (found.name, found.op, found.status, found.is_span) == ("/orders", "http.server", "error", False)
    assert CapturedSegment.of(CapturedSpan({"name": "select", "is_segment": False})) is None
    assert CapturedSegment.of(CapturedSpan({"name": "select", "is_segment": True})) is not None
    within = CapturedTransaction({"spans": [{"description": "select", "is_segment": True}]})
    assert [CapturedSegment.of(each) for each in within.spans] == [None]

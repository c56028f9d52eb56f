"""Captured items: every kind, as the SDK would have sent it, with shortcuts to what tests ask about."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
import sentry_sdk
from hypothesis import given, settings
from hypothesis import strategies as st
from sentry_sdk.crons import capture_checkin
from sentry_sdk.envelope import Envelope, Item
from sentry_sdk.integrations.logging import LoggingIntegration

from any_sdk import IS_3, logging_to_events, logs_enabled, segment, streamed_segment, streamed_span
from pytest_sentry_capture import (
    MISSING,
    CapturedEvent,
    CapturedFeedback,
    CapturedSpan,
    Discard,
    RawItem,
    SentryCapture,
    SentryInit,
)

DSN = "https://key@sentry.invalid/1"


def fail() -> None:
    try:
        try:
            raise KeyError("inner")
        except KeyError as error:
            raise LookupError("outer") from error
    except LookupError:
        sentry_sdk.capture_exception()


@pytest.mark.needs("scopes without hubs")
def test_an_error_event(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN, release="shop@1", environment="test")
    sentry_sdk.set_user({"id": "7", "username": "alice"})
    sentry_sdk.set_tag("shop", "berlin")
    sentry_sdk.set_context("order", {"number": 17})
    sentry_sdk.set_extra("cart", ["book"])
    sentry_sdk.add_breadcrumb(category="cart", message="added a book")
    sentry_sdk.set_level("fatal")
    sentry_sdk.Scope.get_isolation_scope().fingerprint = ["orders"]
    sentry_sdk.Scope.get_current_scope().set_transaction_name("checkout")
    fail()

    [event] = sentry_capture.events
    assert isinstance(event, dict)
    assert event == json.loads(event.payload)
    assert event.exception == "LookupError"
    assert [each["type"] for each in event.exceptions] == ["KeyError", "LookupError"]
    assert isinstance(event.original_exception, LookupError)
    assert event.message == "outer"
    assert event.level == "fatal"
    assert event.logger is None
    assert (event.mechanism, event.handled) == ("generic", True)
    assert event.transaction == "checkout"
    assert event.tags == {"shop": "berlin"}
    assert event.user == {"id": "7", "username": "alice"}
    assert event.contexts["order"] == {"number": 17}
    assert event.extra["cart"] == ["book"]
    assert event.breadcrumbs[-1]["message"] == "added a book"
    assert event.fingerprint == ["orders"]
    assert (event.release, event.environment) == ("shop@1", "test")
    assert event.trace_id == event.contexts["trace"]["trace_id"]
    assert event.status_code is None
    assert event.event_id == event["event_id"]
    assert event.envelope is not None
    assert event.envelope.headers["event_id"] == event.event_id
    assert event.type_header == "event"
    assert event.exchange is None
    assert event.request == {}


def test_a_log_record_that_becomes_an_event(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN, integrations=logging_to_events())
    logging.getLogger("shop").error("order %s failed", 17)

    [event] = sentry_capture.events
    assert (event.message, event.logger, event.level) == ("order 17 failed", "shop", "error")
    assert (event.exception, event.mechanism, event.handled, event.original_exception) == (None, None, None, None)


def test_what_is_missing_reads_as_empty() -> None:
    event = CapturedEvent({})

    assert (event.tags, event.user, event.contexts, event.extra, event.breadcrumbs) == ({}, {}, {}, {}, [])
    assert (event.message, event.level, event.trace_id, event.path, event.route, event.method) == (None,) * 6
    assert event.attachments == []
    assert event.changes == []


def test_forms_that_other_sdks_send() -> None:
    event = CapturedEvent(
        {
            "tags": [["a", "1"], ["b", "2"], "nonsense"],
            "exception": [{"type": "TypeError", "value": "x is not a function"}],
            "message": {"formatted": "hello you"},
            "breadcrumbs": [{"message": "clicked"}],
            "request": {"url": "https://shop.example.org/orders?id=7", "method": "GET"},
        }
    )

    assert event.tags == {"a": "1", "b": "2"}
    assert event.exception == "TypeError"
    assert event.message == "hello you"
    assert event.breadcrumbs == [{"message": "clicked"}]
    assert (event.method, event.path) == ("GET", "/orders")


@pytest.mark.needs("names of spans", "transactions")
def test_a_transaction_and_its_spans(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN, traces_sample_rate=1.0)
    with segment("nightly", "job") as transaction:
        transaction.source = "task"
        transaction.set_status("ok")
        transaction.set_tag("shop", "berlin")
        with transaction.start_child(op="db", name="SELECT 1", origin="auto.db") as span:
            span.set_data("rows", 1)
            span.set_status("ok")

    [captured] = sentry_capture.transactions
    assert (captured.transaction, captured.op, captured.status, captured.source) == ("nightly", "job", "ok", "task")
    assert captured.tags["shop"] == "berlin"
    [captured_span] = sentry_capture.spans
    assert captured.spans == [captured_span]
    assert (captured_span.op, captured_span.name, captured_span.status) == ("db", "SELECT 1", "ok")
    assert (captured_span.origin, captured_span.transaction) == ("auto.db", "nightly")
    assert captured_span.attributes["rows"] == 1
    assert captured_span.trace_id == captured.trace_id
    assert sentry_capture.items == [captured]


@pytest.mark.needs("streamed spans")
def test_streamed_spans(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN, traces_sample_rate=1.0, trace_lifecycle="stream")
    attributes: dict[str, Any] = {"rows": 1, "sentry.origin": "auto.db"}
    with streamed_segment("segment", "job"):
        with streamed_span("child", **attributes):
            assert sentry_capture.spans == []
        assert [span.name for span in sentry_capture.spans] == ["child"]

    child, segment = sentry_capture.spans
    assert (segment.name, segment.op, segment["is_segment"]) == ("segment", "job", True)
    assert (child.name, child.origin, child.attributes["rows"]) == ("child", "auto.db", 1)
    assert child["attributes"]["rows"] == {"value": 1, "type": "integer"}
    assert child.transaction == "segment"
    assert child.trace_id == segment.trace_id


@pytest.mark.needs("logs")
def test_logs(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN, integrations=[LoggingIntegration(event_level=None)], **logs_enabled())
    for number in range(250):
        sentry_sdk.logger.info("order {number}", number=number)
    logging.getLogger("shop").warning("careful, %s", "you")

    logs = sentry_capture.logs
    assert [log.body for log in logs[:250]] == [f"order {number}" for number in range(250)]
    assert (logs[0].level, logs[0].template) == ("info", "order {number}")
    assert logs[0].attributes["sentry.message.parameter.number"] == 0
    assert logs[0]["attributes"]["sentry.message.parameter.number"] == {"value": 0, "type": "integer"}
    assert logs[0].trace_id is not None
    assert (logs[250].body, logs[250].level, logs[250].attributes["logger.name"]) == ("careful, you", "warn", "shop")
    assert sum(len(envelope.items) for envelope in sentry_capture.envelopes) == 251


@pytest.mark.needs("metrics")
def test_metrics(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN)
    sentry_sdk.metrics.distribution("response", 0.25, unit="second", attributes={"route": "/"})

    [metric] = sentry_capture.metrics
    assert (metric.name, metric.type, metric.value, metric.unit) == ("response", "distribution", 0.25, "second")
    assert metric.attributes["route"] == "/"
    assert metric.trace_id is not None


def test_check_ins(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN, environment="test", release="1")
    capture_checkin(monitor_slug="nightly", status="ok", duration=2.5)

    [check_in] = sentry_capture.check_ins
    assert (check_in.monitor_slug, check_in.status, check_in.duration) == ("nightly", "ok", 2.5)
    assert (check_in.environment, check_in.release) == ("test", "1")


@pytest.mark.needs("scopes without hubs")
def test_sessions_and_aggregates(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN, release="1")
    for mode in "application", "request":
        with sentry_sdk.isolation_scope() as scope:
            scope.start_session(session_mode=mode)
            scope.end_session()

    update, aggregates = sentry_capture.sessions
    assert (update["status"], update["attrs"]["release"]) == ("exited", "1")
    assert aggregates["aggregates"][0]["exited"] == 1
    assert [session.type_header for session in sentry_capture.sessions] == ["session", "sessions"]


@pytest.mark.filterwarnings("ignore:Transaction-based profiling is deprecated:DeprecationWarning")
@pytest.mark.usefixtures("without_garbage_collection")
@pytest.mark.needs("profiles of transactions")
def test_profiles(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN, traces_sample_rate=1.0, profiles_sample_rate=1.0)
    with segment("nightly") as transaction:
        profile: Any = getattr(transaction, "_profile")  # noqa: B009
        while profile.unique_samples < 3:
            sum(range(1000))

    [profile] = sentry_capture.profiles
    assert profile["transactions"][0]["name"] == "nightly"
    assert profile.envelope is sentry_capture.transactions[0].envelope


@pytest.mark.needs("scopes without hubs")
def test_attachments(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN)
    sentry_sdk.Scope.get_isolation_scope().add_attachment(bytes=b"a,b", filename="orders.csv", content_type="text/csv")
    sentry_sdk.capture_message("hello")

    [attachment] = sentry_capture.attachments
    assert (attachment.filename, attachment.content_type, attachment.payload) == ("orders.csv", "text/csv", b"a,b")
    assert sentry_capture.events[0].attachments == [attachment]


def test_items_of_other_sdks_and_of_unknown_types(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    client: Any = sentry_init(dsn=DSN)
    envelope = Envelope(headers={"event_id": "1"})
    envelope.add_item(Item(b'{"contexts": {"feedback": {"message": "nice"}}}', type="feedback"))
    envelope.add_item(Item(b'{"discarded_events": []}', type="client_report"))
    envelope.add_item(Item(b'{"some": "thing"}', type="replay_event"))
    envelope.add_item(Item(b"\x00\x01", type="replay_video"))
    client.transport.capture_envelope(envelope)

    assert [item["contexts"]["feedback"]["message"] for item in sentry_capture.feedback] == ["nice"]
    assert isinstance(sentry_capture.feedback[0], CapturedFeedback)
    assert [report["discarded_events"] for report in sentry_capture.client_reports] == [[]]
    event, video = sentry_capture.items[2:]
    assert isinstance(event, RawItem)
    assert event == {"some": "thing"}
    assert (video, video.payload, video.type_header) == ({}, b"\x00\x01", "replay_video")


@pytest.mark.needs("metrics")
def test_views_are_new_lists_in_order_of_capture(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN, **logs_enabled())
    sentry_sdk.capture_message("one")
    sentry_sdk.logger.info("two")
    sentry_sdk.metrics.count("three", 3)
    sentry_sdk.capture_message("four")

    assert [item.kind for item in sentry_capture.items] == ["event", "log", "metric", "event"]
    assert sentry_capture.events is not sentry_capture.events
    assert sentry_capture.events[0] is sentry_capture.events[0]
    sentry_capture.clear()
    assert sentry_capture.items == []
    assert sentry_capture.envelopes == []


def test_later_changes_of_the_application_show_nowhere(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    order = {"number": 17}
    sentry_init(dsn=DSN, before_send=lambda event, hint: {**event, "extra": {"order": order}})
    sentry_sdk.capture_message("hello")
    order["number"] = 18

    assert sentry_capture.events[0].extra == {"order": {"number": 17}}


@pytest.mark.needs("logs")
def test_captures_of_many_threads_are_all_kept(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN, **logs_enabled())
    start = threading.Barrier(16)

    def work(number: int) -> None:
        start.wait()
        for turn in range(20):
            sentry_sdk.capture_message(f"{number}-{turn}")
            sentry_sdk.logger.info(f"{number}-{turn}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    expected = {f"{number}-{turn}" for number in range(16) for turn in range(20)}
    assert {event.message for event in sentry_capture.events} == expected
    assert {log.body for log in sentry_capture.logs} == expected
    assert len(sentry_capture.events) == len(sentry_capture.logs) == len(expected)


def redact(event: Any, hint: Any) -> Any:
    event["user"].pop("email")
    event["tags"]["region"] = "hidden"
    event["extra"]["added"] = [1, 2]
    return event


def test_changes_of_before_send(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN, before_send=redact)
    sentry_sdk.set_user({"id": "7", "email": "a@example.org"})
    sentry_sdk.set_tag("region", "eu")
    sentry_sdk.set_extra("cart", "book")
    fail()

    changes = sentry_capture.events[0].changes
    assert [(change.path, change.before, change.after, change.scrubbed) for change in changes] == [
        ("user.email", "a@example.org", MISSING, False),
        ("tags.region", "eu", "hidden", False),
        ("extra.added", MISSING, [1, 2], False),
    ]
    assert [change.by.name for change in changes if change.by] == [f"{__name__}.redact"] * 3


@pytest.mark.needs("event scrubbers")
def test_changes_of_before_send_and_the_scrubber(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN, before_send=redact)
    sentry_sdk.set_user({"id": "7", "email": "a@example.org", "session": "0123456789"})
    sentry_sdk.set_tag("region", "eu")
    sentry_sdk.set_extra("api_key", "secret")
    fail()

    scrubbed, also_scrubbed, *changed = sentry_capture.events[0].changes
    assert (scrubbed.path, scrubbed.before, scrubbed.after) == ("extra.api_key", "secret", "[Filtered]")
    assert scrubbed.by is not None
    assert scrubbed.by.name == "sentry_sdk.scrubber.EventScrubber.scrub_event"
    assert "secret" not in repr(scrubbed)
    assert "<str of length 6>" in repr(scrubbed)
    assert also_scrubbed.path == "user.session"
    assert [(change.path, change.before, change.after) for change in changed] == [
        ("user.email", "a@example.org", MISSING),
        ("tags.region", "eu", "hidden"),
        ("extra.added", MISSING, [1, 2]),
    ]
    assert {change.by.name for change in changed if change.by} == {f"{__name__}.redact"}


def test_an_untouched_event_has_no_changes(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN, before_send=lambda event, hint: event, traces_sample_rate=1.0)
    with segment("nightly"):
        sentry_sdk.capture_message("hello")

    assert sentry_capture.events[0].changes == []
    assert [transaction.changes for transaction in sentry_capture.transactions] == ([] if IS_3 else [[]])


CONTAINS_ITSELF: dict[str, Any] = {"password": "hunter2"}
CONTAINS_ITSELF["self"] = [CONTAINS_ITSELF]

ANY_SHAPE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.just(CONTAINS_ITSELF),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["values", "data", "vars"]), inner),
    max_leaves=4,
)
SCRUBBED_SECTIONS = ("request", "extra", "user", "breadcrumbs")


def make_scrubber(**options: Any) -> Any:
    return import_module("sentry_sdk.scrubber").EventScrubber(**options)


def make_own_scrubber() -> Any:
    of_the_sdk = import_module("sentry_sdk.scrubber").EventScrubber
    return type("OwnScrubber", (of_the_sdk,), {"scrub_event": lambda scrubber, event: scrubber.scrub_extra(event)})()


@pytest.mark.needs("scopes without hubs", "event scrubbers")
@pytest.mark.parametrize(
    "make",
    [
        make_scrubber,
        pytest.param(lambda: make_scrubber(recursive=True), marks=pytest.mark.needs("recursive scrubbers")),
        make_own_scrubber,
    ],
    ids=["flat", "recursive", "own"],
)
def test_an_event_of_whatever_shape_is_captured_as_without_a_look_at_the_scrubber(
    sentry_capture: SentryCapture, sentry_init: SentryInit, make: Callable[[], Any]
) -> None:
    client = sentry_init(dsn=DSN, event_scrubber=make(), default_integrations=False)

    @settings(max_examples=50, deadline=None)
    @given(st.fixed_dictionaries({}, optional=dict.fromkeys(SCRUBBED_SECTIONS, ANY_SHAPE)))
    def captured(sections: dict[str, Any]) -> None:
        def put_in(event: Any, hint: Any) -> Any:
            return {**event, **sections}

        sentry_capture.clear()
        with sentry_sdk.new_scope() as scope:
            scope.add_event_processor(put_in)
            client.capture_event({"message": "hello"}, scope=scope)
        assert [event.message for event in sentry_capture.events] == ["hello"]

    captured()


@pytest.mark.needs("event scrubbers")
def test_an_event_that_is_nested_deeply_is_captured(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN)
    body: dict[str, Any] = {"password": "hunter2"}
    for _ in range(2000):
        body = {"in": body}

    sentry_sdk.capture_event({"message": "hello", "request": {"data": body}})

    sentry_capture.assert_captured(message="hello")


def add_processor_tag(event: Any, hint: Any) -> Any:
    event.setdefault("tags", {})["from processor"] = "yes"
    event["tags"]["overwritten"] = "by the processor"
    return event


def add_filter_tag(event: Any, hint: Any) -> Any:
    event["tags"]["from filter"] = "yes"
    event["tags"]["rewritten"] = "by the filter"
    return event


@pytest.mark.needs("scopes without hubs")
def test_where_values_came_from(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN, before_send=add_filter_tag, environment="test", release="1")
    sentry_sdk.Scope.get_global_scope().set_tag("from global", "yes")
    sentry_sdk.Scope.get_isolation_scope().set_tag("from isolation", "yes")
    sentry_sdk.Scope.get_isolation_scope().set_tag("in both", "isolation")
    sentry_sdk.Scope.get_isolation_scope().set_tag("overwritten", "no")
    sentry_sdk.Scope.get_isolation_scope().set_tag("rewritten", "no")
    sentry_sdk.Scope.get_isolation_scope().add_event_processor(add_processor_tag)
    sentry_sdk.set_user({"id": "7", "password": "hunter2"})
    with sentry_sdk.new_scope() as scope:
        scope.set_tag("from current", "yes")
        scope.set_tag("in both", "current")
        scope.set_context("order", {"number": 17})
        sentry_sdk.capture_event(
            {"message": "hello", "level": "error", "tags": {"from event": "yes"}, "dist": "x86"},
            tags={"from call": "yes"},
        )

    [event] = sentry_capture.events
    assert {tag: event.scope_of("tags", tag) for tag in event.tags} == {
        "from global": "global",
        "from isolation": "isolation",
        "from current": "current",
        "in both": "current",
        "from call": "call",
        "from event": "event",
        "from processor": "processor",
        "overwritten": "processor",
        "from filter": "before_send",
        "rewritten": "before_send",
    }
    assert event.scope_of("user", "id") == "isolation"
    assert event.scope_of("user", "password") == "isolation"
    assert event.scope_of("contexts", "order") == "current"
    assert event.scope_of("contexts", "trace") == "current"
    assert event.scope_of("environment") == "options"
    assert event.scope_of("dist") == "event"
    assert event.scope_of("level") == "event"
    assert event.scope_of("tags", "nowhere") is None
    assert event.scope_of("fingerprint") is None


@pytest.mark.parametrize(
    ("section", "key", "message"),
    [
        ("tag", "x", "unknown section 'tag'; did you mean 'tags'?"),
        ("tags", None, "section 'tags' needs a key"),
        ("level", "x", "section 'level' takes no key"),
    ],
)
def test_a_wrong_section_names_the_valid_ones(section: str, key: str | None, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("?", r"\?")):
        CapturedEvent({}).scope_of(section, key)


def test_origins_are_known_only_where_they_were_kept() -> None:
    with pytest.raises(LookupError, match="sentry_capture"):
        CapturedEvent({"level": "error"}).scope_of("level")


def test_an_empty_log_message_does_not_hide_the_exception() -> None:
    values = {"values": [{"type": "ValueError", "value": "boom"}]}

    assert CapturedEvent({"logentry": {"message": ""}, "exception": values}).message == "boom"
    assert CapturedEvent({"logentry": {"message": ""}}).message == ""
    assert CapturedEvent({}).message is None


def test_an_empty_batch_is_lost_as_an_empty_item() -> None:
    item = Discard("before_send", "span", "span", payload=b'{"items": []}').item

    assert type(item) is CapturedSpan
    assert item == {}


def test_no_event_sees_what_a_test_does_to_the_modules_of_another(
    sentry_capture: SentryCapture, sentry_init: SentryInit
) -> None:
    sentry_init(dsn=DSN)
    sentry_sdk.capture_message("first")
    sentry_sdk.capture_message("second")

    first, second = sentry_capture.events
    first["modules"].clear()

    assert second["modules"]
    assert json.loads(first.payload)["modules"] == second["modules"]

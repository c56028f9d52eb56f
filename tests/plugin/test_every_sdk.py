"""What holds on every supported version of the SDK, written with what they have in common.

Run it with another version installed to see whether that version is supported.
"""

from __future__ import annotations

import logging
import pickle
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk
from sentry_sdk.crons import capture_checkin
from sentry_sdk.integrations.dedupe import DedupeIntegration

from any_sdk import IS_3, holder_of_sessions, logging_to_events, new_scope, segment, span, with_personal_data
from pytest_sentry_capture import SentryCapture, SentryInit

DSN = "https://key@sentry.invalid/1"
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # what they have in common is old
HAS_HUBS = sentry_sdk.VERSION.startswith("1.")


def drop(payload: Any, hint: Any) -> None:
    return None


def crash(payload: Any, hint: Any) -> Any:
    raise RuntimeError("the filter is broken")


def add_object(event: Any, hint: Any) -> Any:
    event["extra"] = {"object": object()}
    return event


def fail() -> None:
    try:
        1 / 0
    except ZeroDivisionError:
        sentry_sdk.capture_exception()


def trace() -> None:
    with segment("nightly", "job"), span("select", "db"):
        pass


def by(discard: Any) -> str | None:
    return discard.by.name.rpartition(".")[2] if discard.by is not None else None


def test_an_error(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN, environment="test", release="1")
    sentry_sdk.set_tag("shop", "berlin")
    sentry_sdk.set_user({"id": "7"})
    fail()

    event = sentry_capture.assert_captured(
        exception=ZeroDivisionError, tags={"shop": "berlin"}, user={"id": "7"}, environment="test", handled=True
    )
    assert event.scope_of("tags", "shop") == ("scope" if HAS_HUBS else "isolation")
    assert event.scope_of("environment") == "options"
    assert isinstance(event.original_exception, ZeroDivisionError)


def test_a_message_through_logging(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN, integrations=logging_to_events())
    logging.getLogger("shop").error("order %s failed", 17)

    assert sentry_capture.assert_captured(message="order 17 failed", logger="shop").exception is None


def test_a_transaction(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN, traces_sample_rate=1.0)
    trace()

    nightly = sentry_capture.assert_captured("segment", name="nightly", op="job")
    assert nightly.status == "ok"
    assert sentry_capture.assert_captured("span", op="db", name="select").trace_id == nightly.trace_id


@pytest.mark.needs("transactions")
def test_the_spans_of_a_transaction(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN, traces_sample_rate=1.0)
    trace()

    transaction = sentry_capture.assert_captured("transaction", transaction="nightly", op="job")
    assert [(each.op, each.name) for each in transaction.spans] == [("db", "select")]


def test_check_ins_and_sessions(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    client = sentry_init(dsn=DSN, release="1")
    capture_checkin(monitor_slug="nightly", status="ok")
    holder = holder_of_sessions()
    holder.start_session()
    holder.end_session()

    assert [check_in.monitor_slug for check_in in sentry_capture.check_ins] == ["nightly"]
    assert [session["status"] for session in sentry_capture.sessions] == ["exited"]
    assert client.dsn == sentry_capture.dsn == DSN


class TestWiderFixture:
    @pytest.fixture(scope="class")
    def forked_scope(self) -> Iterator[None]:
        with new_scope() as scope:
            scope.set_tag("shop", "berlin")
            yield

    @pytest.mark.usefixtures("forked_scope")
    @pytest.mark.parametrize("own_tag", ["one", "two"])
    def test_a_scope_that_it_leaves_open(
        self, sentry_capture: SentryCapture, sentry_init: SentryInit, own_tag: str
    ) -> None:
        sentry_init(dsn=DSN)
        sentry_sdk.set_tag(own_tag, "yes")
        fail()

        assert sentry_capture.assert_captured().tags == {"shop": "berlin", own_tag: "yes"}


def test_an_attachment(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN)
    with new_scope() as scope:
        scope.add_attachment(bytes=b"x,y", filename="orders.csv")
        fail()

    [event] = sentry_capture.events
    assert [attachment.payload for attachment in event.attachments] == [b"x,y"]


@pytest.mark.parametrize(
    ("options", "reason", "name"),
    [
        ({"before_send": drop}, "before_send", "drop"),
        ({"before_send": crash}, "callback_error", "crash"),
        ({"before_send": add_object}, "unserializable", "add_object"),
        ({"ignore_errors": [ArithmeticError]}, "ignore_errors", None),
        ({"ignore_errors": [ValueError("an instance")]}, "sdk_error", None),
        ({"sample_rate": 0.0}, "sample_rate", None),
    ],
)
def test_losses_of_errors(
    sentry_capture: SentryCapture, sentry_init: SentryInit, options: dict[str, Any], reason: str, name: str | None
) -> None:
    sentry_init(dsn=DSN, **options)
    fail()

    [discard] = sentry_capture.assert_discarded(exception=ZeroDivisionError, reason=reason)
    assert (discard.category, by(discard)) == ("error", name)


def test_losses_by_processors_and_dedupe(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN, default_integrations=False, integrations=[DedupeIntegration()])
    error = ValueError("the same")
    sentry_sdk.capture_exception(error)
    sentry_sdk.capture_exception(error)
    with new_scope() as scope:
        scope.add_event_processor(drop)
        fail()

    assert [(discard.reason, by(discard)) for discard in sentry_capture.discarded] == [
        ("event_processor", "processor"),
        ("event_processor", "drop"),
    ]


def test_losses_of_transactions(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    # since 3, before_send_span drops nothing, but ignore_spans does
    dropping: dict[str, Any] = {"ignore_spans": ["nightly"]} if IS_3 else {"before_send_transaction": drop}
    sentry_init(dsn=DSN, traces_sample_rate=1.0, **dropping)
    trace()
    sentry_init(dsn=DSN, traces_sample_rate=0.0)
    trace()

    discards = [(each.reason, by(each)) for each in sentry_capture.assert_discarded("segment", name="nightly")]
    assert discards == [("ignored", None) if IS_3 else ("before_send", "drop"), ("sample_rate", None)]


def test_losses_without_and_after_a_client(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    fail()
    sentry_capture.assert_inactive()
    sentry_init(dsn=DSN).close()
    fail()

    assert [discard.reason for discard in sentry_capture.discarded] == ["no_client", "closed_client"]


def test_a_capture_while_the_sdk_serializes(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    class Nosy:
        def __repr__(self) -> str:
            sentry_sdk.capture_message("from a representation")
            return "<nosy>"

    sentry_init(dsn=DSN)
    sentry_sdk.set_extra("nosy", Nosy())
    fail()

    sentry_capture.assert_captured(exception=ZeroDivisionError, extra={"nosy": "<nosy>"})
    sentry_capture.assert_discarded(message="from a representation", reason="recursion_guard")


def test_changes(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    def mark(event: Any, hint: Any) -> Any:
        event["tags"] = {"marked": "yes"}
        return event

    sentry_init(dsn=DSN, before_send=mark)
    sentry_sdk.set_user({"password": "hunter2"})
    fail()

    changes = {change.path: (change.before, change.after) for change in sentry_capture.events[0].changes}
    # since 3, there is no event scrubber
    assert changes.get("user.password") == (None if IS_3 else ("hunter2", "[Filtered]"))
    assert sentry_capture.events[0].user == {"password": "hunter2" if IS_3 else "[Filtered]"}
    assert changes["tags"][1] == {"marked": "yes"} if "tags" in changes else changes["tags.marked"][1] == "yes"
    assert sentry_capture.events[0].scope_of("tags", "marked") == "before_send"


def test_options_on_a_live_client(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN, environment="test")
    with sentry_capture.override(environment="staging", traces_sample_rate=1.0, **with_personal_data()):
        trace()
        fail()
    fail()

    assert [each.environment for each in sentry_capture.segments] == ["staging"]
    assert [event.environment for event in sentry_capture.events] == ["staging", "test"]


def test_a_pickled_client(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    client = sentry_init(dsn=DSN, before_send=drop)
    copy = pickle.loads(pickle.dumps(client))
    copy.capture_event({"message": "by the copy"})

    assert copy.options["before_send"] == drop
    sentry_capture.assert_discarded(message="by the copy", reason="before_send", by=drop)


def test_threads_are_the_sdks_own_and_end_with_the_client(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import any_sdk, sentry_sdk, threading

        before = set(threading.enumerate())

        def test(sentry_init):
            client = sentry_init(
                dsn="https://key@sentry.invalid/1", release="1", traces_sample_rate=1.0, **any_sdk.logs_enabled()
            )
            with any_sdk.segment("nightly"):
                pass
            if hasattr(sentry_sdk, "logger"):
                sentry_sdk.logger.info("hello")
            any_sdk.holder_of_sessions().start_session()
            any_sdk.holder_of_sessions().end_session()
            assert client.monitor.is_healthy()
            assert client.monitor._thread.is_alive() and client.monitor._thread.daemon
            assert client.monitor._thread.name == "sentry.monitor"
            assert client.session_flusher._thread.is_alive()
            parts = [getattr(client, name, None) for name in ("log_batcher", "span_batcher")]
            threads = [part._flusher for part in parts if part is not None and part._flusher]
            assert all(thread.is_alive() for thread in threads)

        def test_afterwards():
            assert set(threading.enumerate()) == before
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=2)


def test_tests_start_alike(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        shop="""
        import sentry_sdk

        sentry_sdk.init("https://key@sentry.invalid/1")
        sentry_sdk.set_tag("service", "shop")
        """,
        test_shop="""
        import any_sdk, pytest, sentry_sdk, shop, threading
        from concurrent.futures import ThreadPoolExecutor

        @pytest.fixture(scope="module")
        def executor():
            with ThreadPoolExecutor(1) as executor:
                yield executor

        @pytest.fixture(scope="module")
        def region():
            sentry_sdk.set_tag("region", "eu")

        @pytest.mark.parametrize("name", "abc")
        def test(executor, region, sentry_capture, name):
            sentry_sdk.set_tag(name, "yes")
            with any_sdk.new_scope() as scope:
                scope.set_tag("pushed " + name, "yes")
                sentry_sdk.capture_message("here")
            executor.submit(sentry_sdk.capture_message, "in the executor").result()
            thread = threading.Thread(target=sentry_sdk.capture_message, args=("in a thread",))
            thread.start()
            thread.join()
            tags = {event.message: sorted(event.tags) for event in sentry_capture.events}
            assert tags["here"] == sorted([name, "pushed " + name, "region", "service"])
            assert not set("abc") - {name} & set(tags["in a thread"]) - {name} or "service" in tags["in a thread"]
            for other in set("abc") - {name}:
                assert other not in tags["in the executor"] + tags["in a thread"] + tags["here"]
        """,
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=3)


def test_clients_of_fixtures_that_are_finished(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_of_fixture="""
        import pytest, sentry_sdk

        sentry_sdk.init("https://key@sentry.invalid/1", environment="application")

        @pytest.fixture(scope="module", params=["one", "two"])
        def environment(request):
            sentry_sdk.init("https://key@sentry.invalid/1", environment=request.param)
            return request.param

        def test(environment, sentry_capture):
            sentry_sdk.capture_message("hello")
            assert [event.environment for event in sentry_capture.events] == [environment]
        """,
        test_without_fixture="""
        import sentry_sdk

        def test(sentry_capture):
            sentry_sdk.capture_message("hello")
            assert [event.environment for event in sentry_capture.events] == ["application"]
        """,
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=3)


def test_a_failed_assertion_explains_itself(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN, before_send=lambda event, hint: None if event["level"] == "info" else event)
    sentry_sdk.set_tag("shop", "berlin")
    fail()
    sentry_sdk.capture_message("hello")
    sentry_sdk.set_tag("order", "7")

    with pytest.raises(AssertionError) as failure:
        sentry_capture.assert_captured(exception=ZeroDivisionError, tags={"shop": "bonn", "order": "7"})

    message = str(failure.value)
    scope = "scope" if HAS_HUBS else "isolation"
    assert "1. error ZeroDivisionError 'division by zero', handled\n" in message
    assert (
        "       tags.shop: expected 'bonn', found 'berlin'\n       tags.order: expected '7', found nothing" in message
    )
    assert f"tags.order='7' is set on the test's own {scope} scope" in " ".join(message.split())
    with pytest.raises(AssertionError, match=r"Matching, but discarded:\n  info message 'hello'"):
        sentry_capture.assert_captured(message="hello")


def test_waiting(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    def work() -> None:
        fail()
        trace()

    sentry_init(dsn=DSN, traces_sample_rate=1.0)
    thread = threading.Thread(target=work)
    thread.start()

    assert len(sentry_capture.wait_for("segment", op="job", timeout=20)) == 1
    thread.join()
    with pytest.raises(AssertionError, match=r"Waited 0 s for 2 events; found 1"):
        sentry_capture.wait_for(count=2, timeout=0)


def test_a_snapshot(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN)
    fail()

    snapshot = sentry_capture.assert_captured().normalized()

    [exception] = snapshot["exception"]["values"]
    assert (exception["type"], exception["stacktrace"]) == ("ZeroDivisionError", "<stacktrace>")
    for name in "event_id", "timestamp", "sdk", "modules", "server_name", "release":
        assert snapshot[name] == f"<{name}>"
    assert snapshot["contexts"]["trace"]["trace_id"] == "<trace_id 1>"


def test_a_crashed_callback_fails_the_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sentry_sdk

        def crash(event, hint):
            raise KeyError("oops")

        def test(sentry_capture):
            sentry_sdk.init(dsn="https://key@sentry.invalid/1", before_send=crash)
            sentry_sdk.capture_message("hello")
        """
    )

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "Rule 'no-callback-errors' is broken*",
            "  *.crash*",
            "    lost: info message (5 characters)",
            "*KeyError: 'oops'",
        ]
    )

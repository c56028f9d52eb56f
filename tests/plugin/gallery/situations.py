"""Tests that fail, each in another situation. Their messages are kept in ``messages.txt``.

A docstring says what the situation is, then which lines its message must have, in order.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
import sentry_sdk
import shop
from fastapi import HTTPException
from fastapi.testclient import TestClient
from sentry_sdk.integrations import logging as sentry_logging
from sentry_sdk.integrations.asyncio import AsyncioIntegration

from any_sdk import new_scope, segment, span
from pytest_sentry_capture import SentryCapture, SentryInit

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint


def captures_nothing(*_: Any, **__: Any) -> None:
    """What tests put in place of the SDK's functions."""


@pytest.fixture
def client() -> TestClient:
    shop.init()
    return TestClient(shop.make_app(title="shop"), raise_server_exceptions=False)


def is_server_error(status_code: int) -> bool:
    return status_code >= 500


@pytest.fixture
def initialized() -> None:
    shop.init()


def test_nothing_at_all(client: TestClient, sentry_capture: SentryCapture) -> None:
    """Nothing was captured.

    Expected exactly one event with exception=ZeroDivisionError; found none.
    No event was captured at all.
    """
    client.get("/orders/1")

    sentry_capture.assert_captured(exception=ZeroDivisionError)


def test_fields_differ(client: TestClient, sentry_capture: SentryCapture) -> None:
    """One event was captured, and differs in some of the fields.

    Closest captured events:
    1. error ZeroDivisionError 'division by zero', unhandled, GET /orders/{number} answered 500
    handled: expected True, found False
    tags.order: expected '7', found '0'
    tags.region: expected re.compile('eu-.*'), found nothing
    """
    client.get("/orders/0")

    sentry_capture.assert_captured(
        exception=ZeroDivisionError, level="error", handled=True, tags={"order": "7", "region": re.compile("eu-.*")}
    )


def test_the_nearest_is_first(initialized: None, sentry_capture: SentryCapture) -> None:
    """Of many events the nearest are shown, the best first.

    1. warning message 'second'
    level: expected 'error', found 'warning'
    2.
    and 2 more
    """
    for message in "first", "second", "third", "fourth", "fifth":
        sentry_sdk.capture_message(message, level="warning")

    sentry_capture.assert_captured(message="second", level="error")


def test_another_exception(client: TestClient, sentry_capture: SentryCapture) -> None:
    """Another exception was captured: its classes, and those of its causes, are named.

    exception: expected LookupError, found ZeroDivisionError
    """
    client.get("/orders/0")

    sentry_capture.assert_captured(exception=LookupError)


def test_another_exception_of_the_same_name(client: TestClient, sentry_capture: SentryCapture) -> None:
    """Several packages have a class of this name: the names are dotted. The causes are named too.

    exception: expected fastapi.exceptions.HTTPException or OSError, found starlette.exceptions.HTTPException
    exception: expected fastapi.exceptions.HTTPException or OSError, found KeyError
    """
    client.get("/nowhere")

    with sentry_capture.override(before_send=None):
        client.get("/nowhere")
        client.get("/refunds")
    sentry_capture.assert_captured(exception=[HTTPException, OSError], status_code=404)


def test_discarded_by_before_send(client: TestClient, sentry_capture: SentryCapture) -> None:
    """The application's own filter dropped it.

    No event was captured at all.
    Matching, but discarded:
    error HTTPException
    before_send by shop.hide_not_found (shop.py:
    """
    client.get("/orders/404")

    sentry_capture.assert_captured(exception=HTTPException, status_code=404)


@pytest.mark.sentry_options(sample_rate=0.0)
def test_sampled_out(client: TestClient, sentry_capture: SentryCapture) -> None:
    """The sample rate dropped it.

    Matching, but discarded:
    sample_rate
    Hint: The client sampled it out, by sample_rate=0.0.
    @pytest.mark.sentry_options(sample_rate=1.0)
    """
    client.get("/orders/0")

    sentry_capture.assert_captured(exception=ZeroDivisionError)


@pytest.mark.sentry_options(sample_rate=0.0)
def test_another_sampled_out(initialized: None, sentry_capture: SentryCapture) -> None:
    """Another event was sampled out, which is not the reason.

    Expected exactly one event with message='hello'; found none.
    No event was captured at all.
    """
    sentry_sdk.capture_message("goodbye")

    sentry_capture.assert_captured(message="hello")


@pytest.mark.sentry_options(traces_sample_rate=0.0)
def test_transaction_sampled_out(client: TestClient, sentry_capture: SentryCapture) -> None:
    """The sample rate dropped a segment.

    Expected exactly one segment with name='/orders/{number}'; found none.
    No segment was captured at all.
    Matching, but discarded:
    segment '/orders/{number}', http.server, GET /orders/{number} answered 200
    sample_rate
    Hint: The client sampled it out, by traces_sample_rate=0.0.
    @pytest.mark.sentry_options(traces_sample_rate=1.0)
    """
    client.get("/orders/1")

    sentry_capture.assert_captured("segment", name="/orders/{number}")


@pytest.mark.sentry_options(traces_sample_rate=0.0)
def test_span_sampled_out(initialized: None, sentry_capture: SentryCapture) -> None:
    """The sample rate dropped the segment of a span, and the span with it.

    Expected exactly one span with name='SELECT 1'; found none.
    No span was captured at all.
    Matching, but discarded:
    span 'SELECT 1'
    sample_rate
    Hint: The client sampled it out, by traces_sample_rate=0.0.
    @pytest.mark.sentry_options(traces_sample_rate=1.0)
    """
    with segment("nightly", "task"), span("SELECT 1", "db"), span("SELECT 2", "db"):
        pass

    sentry_capture.assert_captured("span", name="SELECT 1")


def test_tracing_is_off(client: TestClient, sentry_capture: SentryCapture) -> None:
    """A segment was expected, but tracing is off.

    Expected exactly one segment with op='http.server'; found none.
    No segment was captured at all.
    Hint: Tracing is off
    @pytest.mark.sentry_options(traces_sample_rate=1.0)
    """
    client.get("/orders/1")

    sentry_capture.assert_captured("segment", op="http.server")


def test_logs_are_off(initialized: None, sentry_capture: SentryCapture) -> None:
    """A log was expected, but the logging integration makes none.

    Expected exactly one log with body='hello'; found none.
    No log was captured at all.
    LoggingIntegration(level=logging.INFO
    """
    shop.logger.warning("hello")

    sentry_capture.assert_captured("log", body="hello")


def test_no_client(sentry_capture: SentryCapture) -> None:
    """Sentry was never initialized, and the failure was reported to nobody.

    No Sentry client was active during this test
    Capture attempts without a client:
    no_client
    """
    sentry_sdk.capture_message("hello")

    sentry_capture.assert_captured(message="hello")


def test_absence_without_a_client(sentry_capture: SentryCapture) -> None:
    """Nothing was captured because nothing could have been.

    Expected nothing to be captured, but no client was active, so this proves nothing.
    No Sentry client was active during this test
    """
    sentry_capture.assert_nothing_captured()


def test_discarded_without_a_client(sentry_capture: SentryCapture) -> None:
    """Something was discarded because there was no client: the filter under test never ran.

    Expected an event with message='hello' to be discarded, but no client was active, so this proves nothing.
    No Sentry client was active during this test
    Capture attempts without a client:
    no_client
    """
    sentry_sdk.capture_message("hello")

    sentry_capture.assert_discarded(message="hello")


def test_absence_with_a_mocked_function(initialized: None, sentry_capture: SentryCapture) -> None:
    """The SDK's function is mocked, so that nothing it is called with is captured.

    Expected no event with message='hello', but this cannot be determined.
    sentry_sdk.capture_message was replaced by a MagicMock at situations.py:
    Hint: Calls of a replacement may not reach the SDK
    monkeypatch.setattr(sentry_capture.client.transport, "capture_envelope", envelopes.append)
    """
    with patch("sentry_sdk.capture_message"):
        sentry_sdk.capture_message("hello")

    sentry_capture.assert_not_captured(message="hello")


def test_absence_with_a_replaced_method(initialized: None, sentry_capture: SentryCapture) -> None:
    """A method of the SDK's class is replaced: where is known only from its use.

    Expected nothing to be captured, but this cannot be determined.
    sentry_sdk.Scope.capture_event was replaced by situations.captures_nothing (situations.py:
    noticed at situations.py:
    """
    with patch.object(sentry_sdk.Scope, "capture_event", captures_nothing):
        sentry_sdk.capture_message("hello")

    sentry_capture.assert_nothing_captured()


def test_an_empty_view_with_a_mocked_function(initialized: None, sentry_capture: SentryCapture) -> None:
    """A view is empty because the SDK's function is mocked.

    No event was seen, but this cannot be determined.
    sentry_sdk.capture_exception was replaced by a MagicMock at situations.py:
    """
    with patch("sentry_sdk.capture_exception"):
        sentry_sdk.capture_exception(LookupError("stock"))

    assert sentry_capture.events == []


def test_a_discard_with_a_mocked_client(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    """Something was discarded, and may have been captured as well by a client whose method is mocked.

    Expected an event with message='hello' to be discarded and not captured, but the latter cannot be determined.
    capture_event of a client was replaced by a MagicMock at situations.py:
    """
    client = sentry_init(dsn=shop.DSN, before_send=lambda event, hint: None)
    sentry_sdk.capture_message("hello")
    with patch.object(client, "capture_event"):
        sentry_sdk.capture_message("hello")

    sentry_capture.assert_discarded(message="hello")


def test_a_secret_with_a_mocked_function(initialized: None, sentry_capture: SentryCapture) -> None:
    """A declared secret may have been passed to a mock.

    Rule 'forbidden-data' is broken
    a declared secret may have been captured:
    sentry_sdk.capture_message was replaced
    """
    sentry_capture.secret("hunter2")

    with patch("sentry_sdk.capture_message"):
        sentry_sdk.capture_message("hunter2")


def test_a_captured_event_with_a_mocked_function(initialized: None, sentry_capture: SentryCapture) -> None:
    """What was expected went to a mock.

    Expected exactly one event with message='hello'; found none.
    No event was captured at all.
    Hint: sentry_sdk.capture_message was replaced by a MagicMock at situations.py:
    """
    with patch("sentry_sdk.capture_message"):
        sentry_sdk.capture_message("hello")

    sentry_capture.assert_captured(message="hello")


def test_answered_and_never_reported(client: TestClient, sentry_capture: SentryCapture) -> None:
    """The application answered 500, and no event was captured.

    No event was captured at all.
    Hint: GET /stock answered 500, but no error event was captured.
    """
    client.get("/stock")

    sentry_capture.assert_captured(exception=shop.OutOfStockError)


def test_reported_twice(client: TestClient, sentry_capture: SentryCapture) -> None:
    """One failure was reported through logging and by the exception handler.

    Expected exactly one event with route='/refunds'; found 2.
    Matching:
    1. error KeyError
    2. error HTTPException
    Hint: One failure was reported twice: through logging (logger shop) and by starlette.
    """
    client.get("/refunds")

    sentry_capture.assert_captured(route="/refunds")


def test_dropped_by_dedupe(initialized: None, sentry_capture: SentryCapture) -> None:
    """The second report of one exception is dropped by the SDK.

    Expected exactly one event with level='fatal'; found none.
    1. error LookupError
    level: expected 'fatal', found 'error'
    Matching, but discarded
    event_processor by sentry_sdk.integrations.dedupe.DedupeIntegration
    Hint: The SDK's DedupeIntegration drops an exception that was already reported
    """
    error = LookupError("stock")
    sentry_sdk.capture_exception(error)
    sentry_sdk.capture_exception(error, level="fatal")

    sentry_capture.assert_captured(level="fatal")


@pytest.mark.sentry_options(traces_sample_rate=1.0)
def test_transactions_are_segments(client: TestClient, sentry_capture: SentryCapture) -> None:
    """The SDK has no transactions: what was asked for is written for segments.

    assert_captured asks for a transaction with transaction='/orders/{number}', op='http.server', status='ok',
    but sentry-sdk 3.… has no transactions.
    Use segments instead:
    assert_captured("segment", name='/orders/{number}', op='http.server', status='ok',
    attributes={'http.request.method': 'GET'}, where={'attributes.sentry.origin.value': 'auto.http.starlette'})
    """
    client.get("/orders/1")

    sentry_capture.assert_captured(
        "transaction",
        transaction="/orders/{number}",
        op="http.server",
        status="ok",
        request={"method": "GET"},
        where={"contexts.trace.origin": "auto.http.starlette"},
    )


@pytest.mark.sentry_options(traces_sample_rate=1.0)
def test_what_transactions_have_and_segments_have_not(client: TestClient, sentry_capture: SentryCapture) -> None:
    """Some of what was asked for has no counterpart in spans.

    assert_captured asks for a transaction with
    but sentry-sdk 3.… has no transactions.
    Use segments instead:
    assert_captured("segment", name='/orders/{number}', status='error', attributes={'user.id': '7'})
    Hint: Spans have no tags. Set an attribute instead, and ask for it with attributes={…}.
    Hint: Spans have no counterpart of contexts.order.number.
    Hint: Spans have no counterpart of measurements.stock.value.
    """
    client.get("/orders/1")

    sentry_capture.assert_captured(
        "transaction",
        transaction="/orders/{number}",
        status="not_found",
        tags={"order": "1"},
        user={"id": "7"},
        contexts={"order": {"number": 1}},
        where={"measurements.stock.value": 1},
    )


@pytest.mark.sentry_options(traces_sample_rate=1.0)
def test_no_transaction_proves_nothing(client: TestClient, sentry_capture: SentryCapture) -> None:
    """The SDK has no transactions, so that their absence proves nothing.

    assert_not_captured asks for a transaction with transaction='/health', but sentry-sdk 3.… has no transactions.
    Use segments instead:
    assert_not_captured("segment", name='/health')
    """
    client.get("/orders/1")

    sentry_capture.assert_not_captured("transaction", transaction="/health")


@pytest.mark.sentry_options(traces_sample_rate=0.0)
def test_a_discarded_transaction(client: TestClient, sentry_capture: SentryCapture) -> None:
    """What is discarded is a segment, too.

    assert_discarded asks for a transaction with op='http.server', but sentry-sdk 3.… has no transactions.
    Use segments instead:
    assert_discarded("segment", reason='sample_rate', op='http.server')
    """
    client.get("/orders/1")

    sentry_capture.assert_discarded("transaction", reason="sample_rate", op="http.server")


@pytest.mark.sentry_options(traces_sample_rate=1.0)
def test_a_transaction_inside_the_block(client: TestClient, sentry_capture: SentryCapture) -> None:
    """Inside of a block there are no transactions either: it does not even begin.

    expect asks for a transaction with transaction='/orders/{number}', but sentry-sdk 3.… has no transactions.
    Use segments instead:
    expect("segment", name='/orders/{number}')
    """
    with sentry_capture.expect("transaction", transaction="/orders/{number}"):
        client.get("/orders/1")


def test_logged_errors_are_not_events(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    """An event was expected of a logged error, and the client makes none of what is logged.

    Expected exactly one event with logger='shop', message='payment of order 7 failed'; found none.
    No event was captured at all.
    Hint: The active client does not create events from log records
    integrations=[LoggingIntegration(level=None,
    event_level=logging.ERROR)]
    """
    sentry_init(dsn=shop.DSN)
    shop.logger.error("payment of order %s failed", 7)

    sentry_capture.assert_captured(logger="shop", message="payment of order 7 failed")


@pytest.mark.sentry_options(send_default_pii=True)
def test_an_option_that_was_removed(initialized: None, sentry_capture: SentryCapture) -> None:
    """An option that the SDK has removed: what replaces it is named.

    sentry-sdk 3.… has no option 'send_default_pii' any more
    data_collection
    """


@pytest.fixture
def ignored(initialized: None) -> logging.Logger:
    logger = logging.getLogger("shop.noise")
    getattr(sentry_logging, "ignore_logger_for_events", sentry_logging.ignore_logger)(logger.name)
    return logger


def test_an_ignored_logger(ignored: logging.Logger, sentry_capture: SentryCapture) -> None:
    """What was expected was logged, and its logger is ignored.

    No event was captured at all.
    Matching, but discarded:
    error message 'odd host evil.example', logger shop.noise
    ignored_logger
    Hint: The application excludes this logger from events with ignore_logger()
    """
    ignored.error("odd host %s", "evil.example")

    sentry_capture.assert_captured(message=re.compile("odd host"))


def test_a_record_below_the_level(initialized: None, sentry_capture: SentryCapture) -> None:
    """What was expected was logged as a warning.

    Matching, but discarded:
    warning message 'low on milk', logger shop
    log_level
    Hint: The record is below the level
    integrations=[LoggingIntegration(event_level=logging.WARNING)]
    """
    shop.logger.warning("low on %s", "milk")

    sentry_capture.assert_captured(message="low on milk")


def test_a_disabled_logger(initialized: None, sentry_capture: SentryCapture, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was expected was logged, and its logger is disabled.

    Matching, but discarded:
    error RuntimeError 'no milk', handled
    logger_disabled
    Hint: The logger dropped the record before the SDK saw it
    disable_existing_loggers=False
    """
    monkeypatch.setattr(shop.logger, "disabled", True)
    shop.logger.error("no milk", exc_info=RuntimeError())

    sentry_capture.assert_captured(exception=RuntimeError)


def test_a_record_is_not_asked_for(ignored: logging.Logger, sentry_capture: SentryCapture) -> None:
    """A log record is not a discard unless the test asks for it.

    Expected an event to be discarded; found no such discard.
    Closest discards:
    error message 'odd host', logger shop.noise
    Hint: A matching log record did not become an event. To assert on it, pass its logger, level or
    """
    ignored.error("odd host")

    sentry_capture.assert_discarded()


def test_came_through_logging(client: TestClient, sentry_capture: SentryCapture) -> None:
    """The failure was logged, without its exception.

    1. error message 'payment of order 7 failed'
    exception: expected fastapi.exceptions.HTTPException, found nothing
    Hint: An event arrived through logging (logger shop), so it has no exception to match
    """
    client.get("/payments/7")

    sentry_capture.assert_captured(exception=HTTPException)


@pytest.mark.sentry_options(before_send=shop.crash)
def test_a_callback_crashed(client: TestClient, sentry_capture: SentryCapture) -> None:
    """The application's before_send crashed, and the event was lost.

    Matching, but discarded:
    callback_error by shop.crash
    Hint: shop.crash
    Traceback (most recent call last):
    KeyError: 'no such key'
    """
    client.get("/orders/0")

    sentry_capture.assert_captured(exception=ZeroDivisionError)


@pytest.mark.sentry_options(before_send=shop.crash)
def test_a_callback_crashed_unnoticed(client: TestClient, sentry_capture: SentryCapture) -> None:
    """The test itself passes, but a callback crashed.

    Rule 'no-callback-errors' is broken (on in tests that use sentry_capture or sentry_server).
    shop.crash (shop.py:…) raised KeyError, which the Sentry SDK swallowed.
    lost: error ZeroDivisionError
    KeyError: 'no such key'
    Expect it with assert_discarded(reason='callback_error')
    """
    assert client.get("/orders/0").status_code == 500


@pytest.fixture
def reports_in_teardown(sentry_init: SentryInit) -> Iterator[None]:
    sentry_init(before_send=shop.crash)
    yield
    sentry_sdk.capture_message("goodbye")


def test_a_callback_crashed_in_teardown(reports_in_teardown: None, sentry_capture: SentryCapture) -> None:
    """A callback crashed in the teardown of a fixture: an error of the teardown.

    Rule 'no-callback-errors' is broken
    lost: info message (7 characters)
    """


def test_a_tag_on_another_event(initialized: None, sentry_capture: SentryCapture) -> None:
    """The tag is there, but on another event.

    tags.order: expected '7', found nothing
    Hint: tags.order='7' is on another event: info message 'paid'.
    """
    sentry_sdk.capture_message("ordered", level="error")
    sentry_sdk.set_tag("order", "7")
    sentry_sdk.capture_message("paid")

    sentry_capture.assert_captured(message="ordered", level="error", tags={"order": "7"})


def test_a_tag_on_another_scope(client: TestClient, sentry_capture: SentryCapture) -> None:
    """The test sets a tag on its own scope, which is not the request's.

    tags.shop: expected 'north', found nothing
    Hint: tags.shop='north' is set on the test's own current scope
    """
    sentry_sdk.Scope.get_current_scope().set_tag("shop", "north")
    with sentry_sdk.new_scope() as scope:
        scope.clear()
        sentry_sdk.capture_message("hello")

    sentry_capture.assert_captured(message="hello", tags={"shop": "north"})


def test_the_value_of_a_scope(initialized: None, sentry_capture: SentryCapture) -> None:
    """The tag has another value: the scope that gave it is named.

    tags.order: expected '7', found '8'
    Hint: The value of tags.order that was found was set on the isolation scope.
    """
    sentry_sdk.set_tag("order", "8")
    sentry_sdk.capture_message("hello")

    sentry_capture.assert_captured(message="hello", tags={"order": "7"})


@pytest.mark.sentry_options(environment="staging")
def test_the_value_of_an_option(initialized: None, sentry_capture: SentryCapture) -> None:
    """The client's own options gave another value, which may be the SDK's default.

    environment: expected 'test', found 'staging'
    Hint: The value of environment that was found comes from the client's options.
    """
    sentry_sdk.capture_message("hello")

    sentry_capture.assert_captured(message="hello", environment="test")


def test_the_value_of_a_processor(initialized: None, sentry_capture: SentryCapture) -> None:
    """An event processor gave the tag another value.

    tags.order: expected '7', found 'seven'
    Hint: The value of tags.order that was found was set by an event processor.
    """

    def spell_out(event: Event, hint: Hint) -> Event:
        event["tags"] = {"order": "seven"}
        return event

    sentry_sdk.Scope.get_isolation_scope().add_event_processor(spell_out)
    sentry_sdk.set_tag("order", "7")
    sentry_sdk.capture_message("hello")

    sentry_capture.assert_captured(message="hello", tags={"order": "7"})


def test_no_such_breadcrumb(initialized: None, sentry_capture: SentryCapture) -> None:
    """Of many breadcrumbs the nearest is compared.

    breadcrumbs.1.message: expected 'out of stock', found 'in stock'
    """
    for category, message in (("query", "SELECT"), ("stock", "in stock"), ("query", "UPDATE")):
        sentry_sdk.add_breadcrumb(category=category, message=message)
    sentry_sdk.capture_message("hello")

    sentry_capture.assert_captured(breadcrumbs={"category": "stock", "message": "out of stock"})


@pytest.mark.sentry_options(before_send=shop.hide_name)
def test_changed_by_before_send(initialized: None, sentry_capture: SentryCapture) -> None:
    """The application's before_send removed the value. The message does not show it.

    user.username: expected 'alice', found nothing
    Hint: user.username was removed by shop.hide_name (shop.py:
    it was <str of length 5>
    """
    sentry_sdk.set_user({"id": "7", "username": "alice"})
    sentry_sdk.capture_message("hello")

    sentry_capture.assert_captured(user={"id": "7", "username": "alice"})


@pytest.mark.sentry_options(before_send=shop.hide_value)
def test_changed_inside_the_exception(client: TestClient, sentry_capture: SentryCapture) -> None:
    """A criterion may look deep into the payload: the place is named.

    message: expected re.compile('^division'), found 'hidden'
    Hint: exception.values.0.value was changed by shop.hide_value (shop.py:
    it was <str of length
    """
    client.get("/orders/0")

    sentry_capture.assert_captured(message=re.compile("^division"))


@pytest.mark.sentry_options(before_send=shop.hide_variables)
def test_before_send_changed_something_else(initialized: None, sentry_capture: SentryCapture) -> None:
    """No word of the frames' variables, which no criterion asks for. The level is another scope's.

    exception: expected LookupError, found ZeroDivisionError
    level: expected 'error', found 'fatal'
    Hint: The value of level that was found was set on the isolation scope.
    """
    password = 0
    sentry_sdk.Scope.get_isolation_scope().set_level("fatal")
    try:
        1 / password
    except ZeroDivisionError:
        sentry_sdk.capture_exception()

    sentry_capture.assert_captured(exception=LookupError, level="error")


@pytest.mark.sentry_options(traces_sample_rate=1.0)
def test_a_transaction_instead_of_an_event(client: TestClient, sentry_capture: SentryCapture) -> None:
    """Right except for the kind, in which the field has another name.

    No event was captured at all.
    Hint: A segment like this was captured. To find it:
      assert_captured('segment', name='/orders/{number}')
    """
    client.get("/orders/1")

    sentry_capture.assert_captured(transaction="/orders/{number}")


def test_a_log_instead_of_an_event(initialized: None, sentry_capture: SentryCapture) -> None:
    """Right except for the kind, in which the field has another name.

    Hint: A log like this was captured. To find it:
      assert_captured('log', body='hello')
    """
    sentry_sdk.logger.info("hello")

    sentry_capture.assert_captured(message="hello")


def test_too_few(initialized: None, sentry_capture: SentryCapture) -> None:
    """Right except for the number: there are fewer.

    Expected exactly 3 events with level='info'; found 1.
    Matching:
    1. info message 'one'
    """
    sentry_sdk.capture_message("one")

    sentry_capture.assert_count(3, level="info")


def test_too_many(initialized: None, sentry_capture: SentryCapture) -> None:
    """Right except for the number: there are more.

    Expected exactly one event with level='info'; found 5.
    Matching:
    1. info message '0'
    … and 2 more
    """
    for number in range(5):
        sentry_sdk.capture_message(str(number))

    sentry_capture.assert_captured(level="info")


def test_captured_although_not_expected(client: TestClient, sentry_capture: SentryCapture) -> None:
    """One event should not have been captured.

    Expected no event with exception='ArithmeticError'; found 1.
    1. error ZeroDivisionError
    """
    client.get("/orders/0")

    sentry_capture.assert_not_captured(exception="ArithmeticError")


def test_something_captured(client: TestClient, sentry_capture: SentryCapture) -> None:
    """Nothing should have been captured.

    Expected nothing to be captured; found 2.
    Captured:
    1. error message 'payment of order 7 failed'
    2. error ZeroDivisionError
    """
    client.get("/payments/7")
    client.get("/orders/0")

    sentry_capture.assert_nothing_captured()


def test_captured_and_not_discarded(client: TestClient, sentry_capture: SentryCapture) -> None:
    """The filter should have dropped it, and let it pass.

    Expected an event with status_code=500, reason='before_send' to be discarded; 1 event captured.
    1. error ZeroDivisionError
    """
    client.get("/orders/0")

    sentry_capture.assert_discarded(status_code=500, reason="before_send")


def test_discarded_for_another_reason(client: TestClient, sentry_capture: SentryCapture) -> None:
    """It was discarded, but for another reason.

    Expected an event with status_code=404, reason='ignore_errors' to be discarded; found no such discard.
    Discarded, but with another reason or callable:
    before_send by shop.hide_not_found
    """
    client.get("/orders/404")

    sentry_capture.assert_discarded(status_code=404, reason="ignore_errors")


def test_a_misspelled_reason(client: TestClient, sentry_capture: SentryCapture) -> None:
    """It was discarded, but no SDK calls the reason like this.

    Discarded, but with another reason or callable:
    before_send by shop.hide_not_found
    Hint: unknown discard reason 'before_sent'; did you mean 'before_send'? Valid:
    """
    client.get("/orders/404")

    sentry_capture.assert_discarded(status_code=404, reason="before_sent")


def test_another_was_discarded(client: TestClient, sentry_capture: SentryCapture) -> None:
    """Others were discarded: the nearest is shown first.

    Closest discards:
    before_send by shop.hide_not_found
    status_code: expected 403, found 404
    before_send by shop.hide_not_found
    path: expected '/orders/404', found '/orders/unknown/404'
    """
    client.get("/orders/unknown/404")
    client.get("/orders/404")

    sentry_capture.assert_discarded(status_code=403, path="/orders/404")


def test_never_attempted(client: TestClient, sentry_capture: SentryCapture) -> None:
    """Nothing was discarded, because nothing was attempted.

    Expected an event with status_code=404 to be discarded; found no such discard.
    No event was captured at all.
    """
    client.get("/nowhere/at/all")
    sentry_capture.clear()

    sentry_capture.assert_discarded(status_code=404)


def test_active(initialized: None, sentry_capture: SentryCapture) -> None:
    """Sentry should have been off.

    Expected no active Sentry client during this test, but one was active.
    1. info message 'hello'
    """
    sentry_sdk.capture_message("hello")

    sentry_capture.assert_inactive()


def test_active_without_a_dsn(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    """Sentry was thought to be off, because the application has no DSN.

    Expected no active Sentry client during this test, but one was active.
    1. info message 'hello'
    Hint: The active client has no DSN. In production it sends nothing
    """
    sentry_init()
    sentry_sdk.capture_message("hello")

    sentry_capture.assert_inactive()


def test_an_absence_that_cannot_be_determined(initialized: None, sentry_capture: SentryCapture) -> None:
    """Nothing is known of the request, as with a Flask application, so its absence proves nothing.

    Expected no event with status_code=500, but this cannot be determined.
    1. info message 'hello'
    status_code: expected 500, unknown because its request was not observed in this process
    Hint: status_code, route, method and path are known only for requests that were observed
    """
    sentry_sdk.capture_event({"message": "hello", "level": "info", "request": {"method": "GET"}})

    sentry_capture.assert_not_captured(status_code=500)


def test_a_search_that_cannot_be_determined(initialized: None, sentry_capture: SentryCapture) -> None:
    """A search that finds nothing proves no more than an assertion.

    Found no event with status_code=range(500, 600), but this cannot be determined.
    1. info message 'hello'
    status_code: expected range(500, 600), unknown because its request was not observed in this process
    """
    sentry_sdk.capture_event({"message": "hello", "level": "info", "request": {"method": "GET"}})

    assert not sentry_capture.find(status_code=range(500, 600))


def test_an_absence_among_unreadable_items(initialized: None, sentry_capture: SentryCapture) -> None:
    """The application has made an envelope by hand, and its content is not JSON.

    Expected no event with message='hello', but this cannot be determined.
    Captured, but not readable:
    1. event
    """
    shop.send_by_hand(b'{"message": ')

    sentry_capture.assert_not_captured(message="hello")


def test_an_empty_view_of_what_can_not_be_read(initialized: None, sentry_capture: SentryCapture) -> None:
    """A view has no place for it.

    No event was seen, but this cannot be determined.
    Captured, but not readable:
    1. event
    """
    shop.send_by_hand(b'{"message": ')

    assert sentry_capture.events == []


def test_a_predicate_of_what_is_unknown(initialized: None, sentry_capture: SentryCapture) -> None:
    """A predicate would be asked about a value that is not the real one.

    Expected no event with status_code=<situations.is_server_error (situations.py:
    , but this cannot be determined.
    status_code: expected <situations.is_server_error (situations.py:
    , unknown because its request was not observed
    """
    sentry_sdk.capture_event({"message": "hello", "level": "info", "request": {"method": "GET"}})

    sentry_capture.assert_not_captured(status_code=is_server_error)


def test_whether_it_was_handled_is_unknown(initialized: None, sentry_capture: SentryCapture) -> None:
    """The payload does not say whether the exception was handled, nor what the exception's class derives from.

    Expected no event with exception=OSError, handled=False, but this cannot be determined.
    1. error CartError 'no cart'
    exception: expected OSError, unknown because only the name of its class is known, not its base classes
    handled: expected False, unknown because its payload does not say whether the exception was handled
    Hint: Only the class names of other processes' exceptions are known.
    """
    sentry_sdk.capture_event(
        {"level": "error", "exception": {"values": [{"type": "CartError", "module": "cart", "value": "no cart"}]}}
    )

    sentry_capture.assert_not_captured(exception=OSError, handled=False)


def test_a_level_that_can_not_be(client: TestClient, sentry_capture: SentryCapture) -> None:
    """No event has such a level, so that its absence proves nothing.

    ImpossibleCriterionError: Expected no event with level='warn', but level='warn' can't match: this proves nothing.
    Hint: Did you mean level='warning'? level of an event is one of 'debug', 'info', 'warning', 'error',
    'fatal'.
    Other values are accepted once something in the test really has them.
    """
    client.get("/orders/0")

    sentry_capture.assert_not_captured(level="warn")


def test_several_values_that_can_not_be(client: TestClient, sentry_capture: SentryCapture) -> None:
    """A method in lower case, a status that there is not, and a misspelled class.

    but method='get', status_code=5000 and exception='ZeroDivisonError' can't match: this proves nothing.
    Hint: Did you mean method='GET'? method of an event is a method in upper case, such as 'GET'.
    Hint: Did you mean status_code=500? status_code of an event is a number from 100 to 599.
    Hint: Did you mean exception='ZeroDivisionError'? No exception class is called 'ZeroDivisonError'.
    """
    client.get("/orders/0")

    sentry_capture.assert_not_captured(method="get", status_code=[500, 5000], exception=["ZeroDivisonError", KeyError])


def test_an_expected_level_that_can_not_be(client: TestClient, sentry_capture: SentryCapture) -> None:
    """The captured event has another level than the misspelled one.

    level: expected 'errors', found 'error'
    Hint: Did you mean level='error'? level of an event is one of 'debug', 'info', 'warning', 'error',
    'fatal'.
    """
    client.get("/orders/0")

    sentry_capture.assert_captured(level="errors")


def test_a_search_for_a_level_that_can_not_be(initialized: None, sentry_capture: SentryCapture) -> None:
    """What can't be is not found, which proves nothing either.

    Found no event with level='warn', but level='warn' can't match: this proves nothing.
    Hint: Did you mean level='warning'?
    """
    sentry_sdk.capture_message("hello", level="warning")

    assert sentry_capture.find(level="warn") == []


def test_a_text_that_matches_as_a_regex(client: TestClient, sentry_capture: SentryCapture) -> None:
    """A text that looks like a regex is compared as a whole, and as a regex it would have matched.

    Expected no event with message='division.*zero', but this cannot be determined.
    1. error ZeroDivisionError 'division by zero'
    message: 'division.*zero' is compared as a whole, but as a regex it would match 'division by zero'
    Hint: A string is compared as a whole. For a regex, pass
    message=re.compile('division.*zero')
    For exactly this text, pass
    message=lambda found: found == 'division.*zero'
    """
    client.get("/orders/0")

    sentry_capture.assert_not_captured(message="division.*zero")


def called_alike(reason: str) -> Callable[[Any, Any], Any]:
    def drop(event: Any, hint: Any) -> Any:
        return None if reason else event

    return drop


def test_discarded_by_another_callable(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    """A callable of the same name discarded it, which is another one.

    Expected an event with by='situations.called_alike.<locals>.drop' to be discarded; found no such discard.
    Discarded, but with another reason or callable:
    before_send by situations.called_alike.<locals>.drop (situations.py:
    """
    sentry_init(before_send=called_alike("spam"))
    sentry_sdk.capture_message("hello")

    sentry_capture.assert_discarded(by=called_alike("health checks"))


@pytest.mark.sentry_options(sample_rate=0.0)
def test_discarded_by_no_callable(initialized: None, sentry_capture: SentryCapture) -> None:
    """A setting discarded it, and a callable was asked for.

    Expected an event with by='hide_not_found' to be discarded; found no such discard.
    Discarded, but with another reason or callable:
    sample_rate
    Hint: `by` was given, but the discarding callable is unknown
    """
    sentry_sdk.capture_message("hello")

    sentry_capture.assert_discarded(by="hide_not_found")


def test_nothing_inside_the_block(initialized: None, sentry_capture: SentryCapture) -> None:
    """What was expected inside of a block came before it.

    Expected exactly one event with message='hello' inside the block; found none.
    Hint: 1 event like this was captured before the block.
    """
    sentry_sdk.capture_message("hello")

    with sentry_capture.expect(message="hello"):
        pass


def test_another_inside_the_block(initialized: None, sentry_capture: SentryCapture) -> None:
    """Only items captured inside the block are compared.

    Expected exactly one event with message='hello' inside the block; found none.
    Closest captured events:
    1. info message 'inside'
    """
    sentry_sdk.capture_message("before")

    with sentry_capture.expect(message="hello"):
        sentry_sdk.capture_message("inside")


def test_none_inside_the_block(initialized: None, sentry_capture: SentryCapture) -> None:
    """Nothing came inside of a block.

    Expected exactly one event with message='hello' inside the block; found none.
    No event was captured inside the block.
    """
    sentry_sdk.capture_message("before")

    with sentry_capture.expect(message="hello"):
        pass


def test_something_inside_the_block(initialized: None, sentry_capture: SentryCapture) -> None:
    """Nothing was expected inside of a block.

    Expected no event with level='info' inside the block; found 1.
    """
    with sentry_capture.expect_nothing(level="info"):
        sentry_sdk.capture_message("hello")


def test_waited_in_vain(initialized: None, sentry_capture: SentryCapture) -> None:
    """What was waited for didn't come in time.

    Waited 0.01 s for 2 events with level='info'; found 1.
    Matching:
    1. info message 'hello'
    """
    sentry_sdk.capture_message("hello")

    sentry_capture.wait_for(level="info", count=2, timeout=0.01)


def test_long_values(initialized: None, sentry_capture: SentryCapture) -> None:
    """Long values are shortened around their first difference.

    message: expected …"tory, a very long story, then 'the end' and more
    …, found …'tory, a very long story, then "the end" and more
    """
    sentry_sdk.capture_message("a very long story, " * 20 + 'then "the end"' + " and more" * 20)

    sentry_capture.assert_captured(message="a very long story, " * 20 + "then 'the end'" + " and more" * 20)


def test_long_lists(initialized: None, sentry_capture: SentryCapture) -> None:
    """A long list is shortened around its first difference, too.

    fingerprint: expected …', 'part 38', 'part 39', 'the end'], found …', 'part 38', 'part 39', 'the END']
    """
    parts = [f"part {number}" for number in range(40)]
    sentry_sdk.capture_event({"message": "hello", "fingerprint": [*parts, "the END"]})

    sentry_capture.assert_captured(fingerprint=[*parts, "the end"])


def test_a_secret(initialized: None, sentry_capture: SentryCapture) -> None:
    """A declared secret is shown nowhere.

    Expected exactly one event with message='signed in with [secret]', level='error'; found none.
    1. info message 'signed in with [secret]'
    """
    sentry_capture.secret("hunter2")
    sentry_sdk.capture_message("signed in with hunter2")

    sentry_capture.assert_captured(message="signed in with hunter2", level="error")


def test_a_secret_that_is_encoded(initialized: None, sentry_capture: SentryCapture) -> None:
    """A declared secret is shown in no other form either.

    1. info message 'Basic YWxpY2U6[secret]g=='
    """
    sentry_capture.secret("hunter2")
    sentry_sdk.capture_message(f"Basic {b64encode(b'alice:hunter2').decode()}")

    sentry_capture.assert_captured(message="signed in")


@pytest.mark.sentry_options(attach_stacktrace=False)
def test_a_secret_was_captured(initialized: None, sentry_capture: SentryCapture) -> None:
    """A declared secret was captured: in a header, and in an attachment without a declared encoding.

    Rule 'forbidden-data' is broken (on in tests that use sentry_capture or sentry_server).
    request.headers.Authorization holds a declared secret: message (5 characters)
    there: <str of length 26>
    attachment holds a declared secret: attachment (7 characters)
    there: <str of length 18>
    """
    sentry_capture.secret("hunter2")
    with new_scope() as scope:
        scope.add_attachment(bytes="user typed hunter2".encode("utf-16-le"), filename="log.txt")
        credentials = b64encode(b"alice:hunter2").decode()
        sentry_sdk.capture_event(
            {"message": "hello", "request": {"headers": {"Authorization": f"Basic {credentials}"}}}
        )


def test_a_secret_that_is_a_mask(sentry_capture: SentryCapture) -> None:
    """A mask is not a secret: it would be found where everything is correct.

    ValueError: '***' is a mask, which matches any value. Declare the value that it hides
    """
    sentry_capture.secret("***")


def test_a_secret_that_is_too_short(sentry_capture: SentryCapture) -> None:
    """A secret of few characters would be found in numbers and ids.

    ValueError: a secret must have at least 4 characters: shorter ones appear everywhere
    """
    sentry_capture.secret("737")


def test_a_predicate_raises(initialized: None, sentry_capture: SentryCapture) -> None:
    """A predicate can't judge a value: that is shown as a difference.

    message: <situations.test_a_predicate_raises.<locals>.is_positive (situations.py:
    raised ValueError("invalid literal for int() with base 10: 'hello'") for 'hello'
    """

    def is_positive(message: str) -> bool:
        return int(message) > 0

    sentry_sdk.capture_message("hello")

    sentry_capture.assert_captured(message=is_positive)


def test_a_view_that_should_be_empty(initialized: None, sentry_capture: SentryCapture) -> None:
    """A plain assert on a view, which pytest would show with whole payloads.

    assert 2 captured == []
    1. info message 'one'
    2. info message 'two'
    """
    sentry_sdk.capture_message("one")
    sentry_sdk.capture_message("two")

    assert sentry_capture.events == []


def test_envelopes_that_should_not_be(initialized: None, sentry_capture: SentryCapture) -> None:
    """A plain assert on envelopes, which pytest would show with all that is in them.

    assert 1 captured == []
    1. envelope: info message 'one'
    """
    sentry_sdk.capture_message("one")

    assert sentry_capture.envelopes == []


def test_discards_that_should_not_be(ignored: logging.Logger, sentry_capture: SentryCapture) -> None:
    """A plain assert on discarded items.

    assert 1 discarded == []
    1. error message 'odd host', logger shop.noise: ignored_logger
    """
    ignored.error("odd host")

    assert sentry_capture.discarded == []


def test_a_view_that_should_hold_one(client: TestClient, sentry_capture: SentryCapture) -> None:
    """Unpacking an empty view: the report section tells why it is empty.

    ValueError: not enough values to unpack (expected 1, got 0)
    Captured by Sentry
    discarded  error HTTPException
    """
    client.get("/orders/404")

    [_event] = sentry_capture.events


def test_a_mapping(initialized: None, sentry_capture: SentryCapture) -> None:
    """A plain assert on a part of an event.

    AssertionError: assert {'order': '8'} == {'order': '7'}
    """
    sentry_sdk.set_tag("order", "8")
    sentry_sdk.capture_message("hello")

    [event] = sentry_capture.events
    assert event["tags"] == {"order": "7"}


def test_unknown_criterion(initialized: None, sentry_capture: Any) -> None:
    """A criterion that the kind doesn't have.

    TypeError: unknown criterion for kind 'event': 'mesage'; did you mean 'message'? Valid:
    """
    sentry_capture.assert_captured(mesage="hello")


def test_unknown_kind(initialized: None, sentry_capture: Any) -> None:
    """A kind that doesn't exist.

    ValueError: unknown kind 'events'; did you mean 'event'? Valid:
    """
    sentry_capture.find("events")


def test_an_exception_in_place_of_the_kind(initialized: None, sentry_capture: Any) -> None:
    """The kind comes first, not the exception.

    TypeError: KeyError is not a kind; did you mean exception=KeyError? Valid kinds:
    """
    sentry_capture.assert_captured(KeyError)


def test_a_class_in_place_of_a_value(initialized: None, sentry_capture: SentryCapture) -> None:
    """No value equals a class, so its absence would prove nothing.

    TypeError: tags.order=int is a class. Pass a value, regex or predicate
    """
    sentry_capture.assert_not_captured(tags={"order": int})


def test_a_regex_in_a_text(client: TestClient, sentry_capture: SentryCapture) -> None:
    """A string that was intended as a regex.

    message: expected 'division.*zero', found 'division by zero'
    Hint: A string is compared as a whole. For a regex, pass
    message=re.compile('division.*zero')
    """
    client.get("/orders/0")

    sentry_capture.assert_captured(message="division.*zero")


def test_a_text_in_place_of_a_mapping(initialized: None, sentry_capture: SentryCapture) -> None:
    """A string does not equal a mapping.

    TypeError: tags='order' matches nothing, because tags is a mapping. Pass a mapping,
    """
    sentry_capture.assert_not_captured(tags="order")


def test_a_class_that_is_not_an_exception(initialized: None, sentry_capture: SentryCapture) -> None:
    """A class that can't have been raised.

    TypeError: exception=dict is a class, but not an exception class
    """
    sentry_capture.assert_captured(exception=dict)


def test_a_negative_number(initialized: None, sentry_capture: SentryCapture) -> None:
    """A number that can't be.

    ValueError: n must be 0 or more, not -1
    """
    sentry_capture.assert_count(-1)


def test_a_wrong_path(initialized: None, sentry_capture: SentryCapture) -> None:
    """A path that no payload of the kind has.

    ValueError: 'context.response.status_code' in where: unknown attribute of kind 'event': 'context'
    did you mean 'contexts'?
    """
    sentry_capture.assert_captured(where={"context.response.status_code": 500})


@pytest.mark.sentry_allow("no-callback-error", reason="they crash on purpose")
def test_a_waiver_of_an_unknown_rule(sentry_capture: SentryCapture) -> None:
    """A waiver of a rule that doesn't exist.

    sentry_allow: unknown rule 'no-callback-error'; did you mean 'no-callback-errors'?
    """


@pytest.mark.sentry_allow("no-callback-errors")
def test_a_waiver_without_a_reason(sentry_capture: SentryCapture) -> None:
    """A waiver that doesn't say why.

    sentry_allow: a waiver needs a reason: sentry_allow('no-callback-errors', reason="…")
    """


def test_a_task_of_another_loop(sentry_capture: SentryCapture) -> None:
    """The SDK watches the tasks of the event loop in which it was set up, and this is another one.

    Hint: The SDK's AsyncioIntegration is on, but it observes only the event loop
    """
    shop.init(integrations=[AsyncioIntegration()])
    client = TestClient(shop.make_app(title="shop"), raise_server_exceptions=False)

    client.get("/orders/1")

    sentry_capture.assert_captured(exception=ValueError, handled=False)


def test_a_waiver_of_an_unknown_rule_while_the_test_runs(
    request: pytest.FixtureRequest, sentry_capture: SentryCapture
) -> None:
    """A test waives a rule that doesn't exist while it runs.

    sentry_allow: unknown rule 'no-callback-error'; did you mean 'no-callback-errors'?
    """
    request.node.add_marker(pytest.mark.sentry_allow("no-callback-error", reason="they crash on purpose"))


def test_options_that_come_too_late(request: pytest.FixtureRequest, sentry_capture: SentryCapture) -> None:
    """A test asks for options of the SDK after it has begun.

    sentry_options: the marker with traces_sample_rate was added to situations.py::test_options_that_come_too_late
    SDK options are applied before the first fixture of a test is set up.
    with sentry_capture.override(traces_sample_rate=...):
    """
    request.node.add_marker(pytest.mark.sentry_options(traces_sample_rate=1.0))


@pytest.mark.asyncio
async def test_awaited_in_vain(initialized: None, sentry_capture: SentryCapture) -> None:
    """What a task waited for didn't come in time.

    Waited 0.01 s for one check-in with monitor_slug='nightly'; found none.
    No check-in was captured at all.
    """
    await sentry_capture.await_for("check_in", monitor_slug="nightly", timeout=0.01)


@pytest.mark.asyncio
async def test_waited_in_a_task(initialized: None, sentry_capture: SentryCapture) -> None:
    """A task waited as if it were a thread.

    Waited 0.01 s for one event; found none.
    Hint: wait_for() blocked the event loop of this thread
    No event was captured at all.
    """
    sentry_capture.wait_for(timeout=0.01)


@pytest.mark.asyncio
async def test_an_application_that_has_not_returned(sentry_capture: SentryCapture) -> None:
    """A server in the test's own event loop has answered, and can't report the crash while the assertion is made.

    Hint: GET /orders/{number} answered 500, but the application has not returned.
    """
    shop.init()
    answered, is_over = asyncio.Event(), asyncio.Event()

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.body":
            answered.set()
            await is_over.wait()

    scope = {"type": "http", "method": "GET", "path": "/orders/0", "query_string": b"", "headers": []}
    task = asyncio.create_task(shop.make_app()(scope, None, send))  # type: ignore[arg-type]
    await answered.wait()
    try:
        sentry_capture.assert_captured(exception=ZeroDivisionError, status_code=500)
    finally:
        task.cancel()


class ToolError(Exception):
    """What an application raises in place of what it has caught."""


def report_chain() -> None:
    try:
        try:
            raise LookupError("order 7")
        except LookupError as error:
            raise ToolError("tool failed") from error
    except ToolError:
        sentry_sdk.capture_exception()


def test_an_expected_error_in_a_chain(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    """An error that ignore_errors names was captured, as the cause of another.

    Expected no event with exception=LookupError; found 1.
    1. error ToolError from LookupError 'tool failed', handled
    Hint: ignore_errors checks only the outermost exception, which is ToolError.
    """
    sentry_init(ignore_errors=[LookupError])
    report_chain()

    sentry_capture.assert_not_captured(exception=LookupError)


def test_a_filter_looks_at_the_outermost(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    """An error that a filter was to drop was captured, as the cause of another.

    1. error ToolError from LookupError 'tool failed', handled
    Hint: shop.hide_not_found
    """
    sentry_init(before_send=shop.hide_not_found)
    report_chain()

    sentry_capture.assert_discarded(exception=LookupError, reason="before_send")


def test_a_sampler_that_saw_another_name(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    """A segment was renamed after the sampler had been asked.

    Expected a segment with reason='sample_rate' to be discarded; 1 segment captured.
    1. segment '/health', http.server
    traces_sampler answered 1.0 for name='generic request', op='http.server', parent_sampled=None
    """
    sentry_init(traces_sampler=lambda context: 0.0 if context["transaction_context"]["name"] == "/health" else 1.0)
    with segment("generic request", op="http.server") as started:
        started.name = "/health"

    sentry_capture.assert_discarded("segment", reason="sample_rate")


def report_failure_of(work: Callable[[], None]) -> None:
    try:
        work()
    except ConnectionError:
        sentry_sdk.capture_exception()


def charge() -> None:
    raise ConnectionError("timeout")


def refund() -> None:
    raise ConnectionError("timeout")


def test_two_errors_that_read_alike(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    """Two functions crashed in the same way.

    1. error ConnectionError 'timeout', handled, at situations.py:
    2. error ConnectionError 'timeout', handled, at situations.py:
    """
    sentry_init()
    report_failure_of(charge)
    report_failure_of(refund)

    sentry_capture.assert_nothing_captured()


def in_forked_child(work: Callable[[], object]) -> int:
    child = os.fork()
    if not child:
        work()
        os._exit(0)
    os.waitpid(child, 0)
    return child


def test_captured_in_a_forked_child(initialized: None, sentry_capture: SentryCapture) -> None:
    """A forked child captured something.

    1. error ConnectionError 'timeout', handled, captured in a forked child (pid
    """
    in_forked_child(lambda: report_failure_of(charge))

    sentry_capture.assert_nothing_captured()


def test_a_child_that_runs(initialized: None, sentry_capture: SentryCapture, request: pytest.FixtureRequest) -> None:
    """A forked child has not ended.

    Expected nothing to be captured, but this cannot be determined.
    Forked in this test, and still running: pid
    """
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.read(read, 1)
        os._exit(0)
    request.addfinalizer(lambda: (os.write(write, b"x"), os.waitpid(child, 0)))

    sentry_capture.assert_nothing_captured()


def test_a_process_that_is_not_seen(initialized: None, sentry_capture: SentryCapture) -> None:
    """A process was started that shares no memory with the test.

    importer (spawn)
    sentry_server
    """
    process = multiprocessing.get_context("spawn").Process(target=print, name="importer")
    process.start()
    process.join()

    sentry_capture.assert_nothing_captured()


def test_an_exception_in_a_future(initialized: None, sentry_capture: SentryCapture) -> None:
    """An exception stayed in a future.

    Hint: ConnectionError was raised in a ThreadPoolExecutor, and the SDK does not report that.
    """
    with ThreadPoolExecutor() as executor:
        executor.submit(charge)

    sentry_capture.assert_captured(exception=ConnectionError)


def run_job(name: str, attempt: int, work: Callable[[], object]) -> None:
    work()


def test_another_job(initialized: None, sentry_capture: SentryCapture) -> None:
    """An event is of another attempt at a job than was expected.

    1. error ConnectionError 'timeout', handled, job shop.charge failed (attempt 2)
    job_status: expected 'retried', found 'failed'
    """
    with suppress(ConnectionError):
        run_job("shop.charge", 2, report_and_fail)

    sentry_capture.assert_captured(exception=ConnectionError, job="shop.charge", job_status="retried")


def report_and_fail() -> None:
    report_failure_of(charge)
    charge()

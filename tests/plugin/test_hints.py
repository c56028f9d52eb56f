"""Hints of failed assertions that depend on how the SDK is configured: logging, sampling and what else was captured."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
import sentry_sdk
from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient
from sentry_sdk.integrations.logging import LoggingIntegration

from any_sdk import TRACE_KIND, segment, span
from pytest_sentry_capture import SentryCapture, SentryInit

DSN = "https://key@sentry.invalid/1"
OPTION = (
    "sentry-sdk 3 creates them only on request. Pass to sentry_sdk.init:"
    " integrations=[LoggingIntegration(level=None, event_level=logging.ERROR)]"
)
WEAK = f"If it was logged: the active client does not create events from log records. {OPTION}"
logger = logging.getLogger("shop")


def hints(call: Callable[[], object]) -> list[str]:
    """The hints of a failed assertion, without their line breaks."""
    with pytest.raises(AssertionError) as caught:
        call()
    _, *found = str(caught.value).split("\n\nHint: ")
    return [" ".join(hint.partition("\n\n")[0].split()) for hint in found]


def logged(what: str) -> str:
    return f"The active client does not create events from log records, and this was logged: {what}. {OPTION}"


class TestLoggingIsOff:
    @pytest.fixture(autouse=True)
    def client(self, sentry_init: SentryInit) -> None:
        sentry_init(dsn=DSN, integrations=[LoggingIntegration(level=None, event_level=None)])

    @pytest.mark.parametrize(
        "criteria",
        [
            {},
            {"exception": KeyError},
            {"exception": LookupError, "level": "error"},
            {"exception": "KeyError", "handled": True},
            {"exception": lambda error: error.args == ("milk",)},
            {"message": "order 7 failed", "logger": "shop"},
            {"mechanism": "logging"},
            {"tags": {"order": "7"}},
            {"breadcrumbs": {"message": "order 7 failed"}, "status_code": 500},
        ],
    )
    def test_an_exception_that_was_logged(self, sentry_capture: SentryCapture, criteria: dict[str, Any]) -> None:
        try:
            raise KeyError("milk")
        except KeyError:
            logger.exception("order %s failed", 7)

        assert hints(lambda: sentry_capture.assert_captured(**criteria)) == [
            logged("error KeyError 'order 7 failed', handled")
        ]

    def test_the_cause_of_what_was_logged(self, sentry_capture: SentryCapture) -> None:
        try:
            try:
                raise KeyError("milk")
            except KeyError as error:
                raise RuntimeError("no milk") from error
        except RuntimeError:
            logger.critical("failed", exc_info=True)

        expected = [logged("fatal RuntimeError from KeyError 'failed', handled")]
        assert hints(lambda: sentry_capture.assert_captured(exception=KeyError)) == expected
        assert hints(lambda: sentry_capture.assert_captured(level="fatal")) == expected

    def test_a_message_that_was_logged(self, sentry_capture: SentryCapture) -> None:
        logger.error("order %s failed", 6)
        logger.error("order %s failed", 7)

        found = hints(lambda: sentry_capture.wait_for(level="error", timeout=0.0))
        assert found == [logged("error message 'order 7 failed', logger shop")]
        assert hints(lambda: sentry_capture.assert_captured(message="order 6 failed")) == [
            logged("error message 'order 6 failed', logger shop")
        ]

    @pytest.mark.parametrize(
        "criteria",
        [
            {"exception": KeyError},
            {"exception": KeyError, "level": "error"},
            {"tags": {"order": "7"}},
            {"handled": False},
            {"mechanism": "starlette"},
        ],
    )
    def test_what_can_not_have_been_logged(self, sentry_capture: SentryCapture, criteria: dict[str, Any]) -> None:
        logger.warning("below the level of errors")
        if "tags" not in criteria:
            logger.error("order 7 failed")

        assert hints(lambda: sentry_capture.assert_captured(**criteria)) == []

    @pytest.mark.parametrize("criteria", [{}, {"message": "order 8 failed"}, {"logger": "mail"}, {"level": "fatal"}])
    def test_what_may_have_been_logged_elsewhere(self, sentry_capture: SentryCapture, criteria: dict[str, Any]) -> None:
        if criteria:
            logger.error("order 7 failed")

        assert hints(lambda: sentry_capture.assert_captured(**criteria)) == [WEAK]

    def test_another_event(self, sentry_capture: SentryCapture) -> None:
        logger.error("order 7 failed")
        sentry_sdk.capture_message("hello")

        found = hints(lambda: sentry_capture.assert_captured(message="order 7 failed"))
        assert found == [logged("error message 'order 7 failed', logger shop")]

    def test_an_event_of_the_same_failure(self, sentry_capture: SentryCapture) -> None:
        try:
            raise KeyError("milk")
        except KeyError as error:
            logger.exception("order 7 failed")
            sentry_sdk.capture_exception(error)

        assert hints(lambda: sentry_capture.assert_captured(exception=KeyError, tags={"order": "7"})) == []

    @pytest.mark.parametrize("criteria", [{"exception": KeyError}, {"tags": {"order": "7"}}, {"message": "x"}])
    def test_nothing_is_known_of_what_was_logged(
        self, sentry_capture: SentryCapture, monkeypatch: pytest.MonkeyPatch, criteria: dict[str, Any]
    ) -> None:
        monkeypatch.setattr(logging.getLogger(), "handlers", [logging.NullHandler()])

        assert hints(lambda: sentry_capture.assert_captured(**criteria)) == [WEAK]
        assert hints(lambda: sentry_capture.assert_captured(**criteria, handled=False)) == []

    def test_no_code_of_the_application_is_run(self, sentry_capture: SentryCapture) -> None:
        asked: list[str] = []

        class OrderError(Exception):
            @property
            def status_code(self) -> int:
                asked.append("status_code")
                return 500

            def __str__(self) -> str:
                asked.append("text")
                return "no milk"

        logger.error("order %s failed", OrderError(), exc_info=OrderError())
        asked.clear()

        assert hints(lambda: sentry_capture.assert_captured(exception=OrderError)) == [
            logged("error OrderError 'order no milk failed', handled")
        ]
        assert asked == []


@pytest.mark.needs("transactions")  # since 3, the integration is off by default
def test_the_integration_is_off(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    sentry_init(dsn=DSN, default_integrations=False)
    logger.error("order 7 failed")

    option = (
        "default_integrations=False and disabled_integrations turn it off. To turn it on, pass to sentry_sdk.init:"
        " integrations=[LoggingIntegration(event_level=logging.ERROR)]"
    )
    what = "error message 'order 7 failed', logger shop"
    assert hints(lambda: sentry_capture.assert_captured(message="order 7 failed")) == [
        f"The active client has no LoggingIntegration, and this was logged: {what}. {option}"
    ]
    assert hints(lambda: sentry_capture.assert_discarded(message="order 8 failed")) == [
        f"If it was logged: the active client has no LoggingIntegration. {option}"
    ]


def test_logging_is_on(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    sentry_init(dsn=DSN, integrations=[LoggingIntegration(event_level=logging.ERROR)])
    logger.error("order 7 failed")

    assert hints(lambda: sentry_capture.assert_captured(message="order 8 failed")) == []


SAMPLING = "This marker keeps everything in one test: @pytest.mark.sentry_options(traces_sample_rate=1.0)"
SAMPLED_OUT = f"The client sampled it out, by traces_sample_rate=0.0. {SAMPLING}"


def may_be(kind: str, unknown: str) -> str:
    what = f"The client sampled out a {kind} that may be this one, by traces_sample_rate=0.0."
    return f"{what} Not known about it: {unknown}. {SAMPLING}"


class TestNothingIsSampled:
    LIFECYCLES = (
        pytest.param({}, id="of the SDK's own"),
        pytest.param({"trace_lifecycle": "stream"}, marks=pytest.mark.needs("streamed spans"), id="streamed"),
    )

    @pytest.fixture(params=LIFECYCLES)
    def client(self, request: pytest.FixtureRequest) -> TestClient:
        sentry_sdk.init(dsn=DSN, traces_sample_rate=0.0, environment="test", **request.param)
        app = FastAPI()

        @app.get("/orders/{number}")
        def read_order(number: int) -> int:
            raise HTTPException(404)

        return TestClient(app)

    @pytest.mark.parametrize(
        ("criteria", "unknown"),
        [
            ({"name": "/orders/{number}"}, None),
            ({"status_code": 404, "route": "/orders/{number}", "op": "http.server"}, None),
            ({"environment": "test"}, "environment"),
            ({"name": "/orders/{number}", "status": "error", "release": "1"}, "status, release"),
            ({"attributes": {"http.route": "/orders/{number}"}}, "attributes.http.route"),
            ({"where": {"start_timestamp": 0}, "method": "GET"}, "start_timestamp"),
        ],
    )
    def test_a_segment_that_agrees_as_far_as_it_is_known(
        self, client: TestClient, sentry_capture: SentryCapture, criteria: dict[str, Any], unknown: str | None
    ) -> None:
        client.get("/orders/1")

        expected = [SAMPLED_OUT if unknown is None else may_be("segment", unknown)]
        assert hints(lambda: sentry_capture.assert_captured("segment", **criteria)) == expected
        assert hints(lambda: sentry_capture.wait_for("segment", timeout=0.0, **criteria)) == expected

    @pytest.mark.parametrize(
        "criteria", [{"name": "/other"}, {"status_code": 200, "status": "ok"}, {"environment": "test", "method": "PUT"}]
    )
    def test_a_segment_that_differs(
        self, client: TestClient, sentry_capture: SentryCapture, criteria: dict[str, Any]
    ) -> None:
        client.get("/orders/1")

        assert hints(lambda: sentry_capture.assert_captured("segment", **criteria)) == []

    def test_a_status_of_a_discard(self, client: TestClient, sentry_capture: SentryCapture) -> None:
        client.get("/orders/1")

        found = hints(lambda: sentry_capture.assert_discarded("segment", status="error", reason="sample_rate"))
        assert found == [may_be("segment", "status")]


@pytest.mark.needs("transactions")
def test_a_transaction_that_agrees_as_far_as_it_is_known(
    sentry_init: SentryInit, sentry_capture: SentryCapture
) -> None:
    sentry_init(dsn=DSN, traces_sample_rate=0.0)
    with segment("nightly", "task"):
        pass

    found = hints(lambda: sentry_capture.assert_captured("transaction", transaction="nightly", tags={"order": "7"}))
    assert found == [may_be("transaction", "tags.order")]
    assert hints(lambda: sentry_capture.assert_captured("transaction", op="job", tags={"order": "7"})) == []


@pytest.mark.needs("segments without transactions")
def test_a_span_that_agrees_as_far_as_it_is_known(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    sentry_init(dsn=DSN, traces_sample_rate=0.0)
    with segment("nightly"), span("select", op="db"):
        pass

    found = hints(lambda: sentry_capture.assert_captured("span", name="select", op="db"))
    assert found == [may_be("span", "op")]
    assert hints(lambda: sentry_capture.assert_captured("span", name="insert")) == []


def test_events_are_known_when_they_are_sampled_out(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    sentry_init(dsn=DSN, sample_rate=0.0)
    sentry_sdk.capture_message("hello")

    assert hints(lambda: sentry_capture.assert_captured(message="hello", exception=KeyError)) == []


class TestOtherKinds:
    @pytest.fixture(autouse=True)
    def client(self, sentry_init: SentryInit) -> None:
        sentry_init(dsn=DSN, traces_sample_rate=1.0)

    def test_an_event(self, sentry_capture: SentryCapture) -> None:
        text = "a long story " * 20
        sentry_sdk.capture_message(text)

        [hint, *_] = hints(lambda: sentry_capture.assert_captured("log", body=text))
        assert hint == f"An event like this was captured. To find it: assert_captured('event', message={text!r})"

    def test_what_is_suggested_can_be_run(self, sentry_capture: SentryCapture) -> None:
        sentry_sdk.capture_message("hello")

        [hint, *_] = hints(lambda: sentry_capture.assert_captured("log", body=lambda body: body == "hello"))
        assert hint.endswith(": assert_captured('event', message=lambda value: ...)")
        found = eval(f"sentry_capture.{hint.partition('To find it: ')[2]}", {"sentry_capture": sentry_capture})
        assert found.message == "hello"

    def test_who_asks_for_segments_is_not_sent_to_transactions(self, sentry_capture: SentryCapture) -> None:
        with segment("nightly", "task"):
            pass

        assert hints(lambda: sentry_capture.assert_count(2, "segment", op="task")) == []
        assert hints(lambda: sentry_capture.assert_count(2, TRACE_KIND, op="task")) == []
        assert hints(lambda: sentry_capture.assert_captured(transaction="nightly")) == [
            "A segment like this was captured. To find it: assert_captured('segment', name='nightly')"
        ]

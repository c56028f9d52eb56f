"""A suite whose tests each assert, in another way, that something is absent, though that proves nothing.

The environment variable ``REASON`` says why it does not, and ``FIXTURE`` what sees the captures. Each test fails,
unless the assertion is honest anyway.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import wraps
from inspect import signature
from typing import Any
from unittest import mock

import pytest
import sentry_sdk
from dirty_equals import IsInt
from sentry_sdk.envelope import Envelope, Item, PayloadRef
from sentry_sdk.integrations import logging as sentry_logging
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.transport import HttpTransport, Transport

import any_sdk
from pytest_sentry_capture import Kind, SentryCapture, SentryInit

DSN = "https://key@sentry.invalid/1"
SDK: Any = sentry_sdk
HOLDER: Any = sentry_sdk.Scope if hasattr(sentry_sdk, "get_client") else SDK.Hub
REASON = os.environ["REASON"]
FIXTURE = os.environ.get("FIXTURE", "sentry_capture")


@dataclass(frozen=True)
class Reason:
    """Why an absence proves nothing.

    Attributes:
        happens: what goes on in the test.
        kind: what is absent.
        criteria: what it looks like.
        discarded: an event like it that is discarded besides.
        dropped_by: what discards it.
        by: what is said to have discarded it.
    """

    happens: Callable[[pytest.MonkeyPatch], object]
    kind: Kind = "event"
    criteria: Mapping[str, Any] = field(default_factory=dict)
    discarded: Mapping[str, Any] = field(default_factory=lambda: {"message": "discarded"})
    dropped_by: Callable[..., Any] = field(default_factory=lambda: drop)
    by: Callable[..., Any] = field(default_factory=lambda: drop)


def drop(event: Any, hint: Any) -> Any:
    """Discards all events."""
    return None


def also_drop(event: Any, hint: Any) -> Any:
    """Does the same."""
    return None


def fake(*_: object, **__: object) -> None:
    """Captures nothing."""


# What took the place of the SDK's own functions


def mocked(name: str) -> Callable[[pytest.MonkeyPatch], None]:
    def happens(_: pytest.MonkeyPatch) -> None:
        with mock.patch(name):
            sentry_sdk.capture_message("hello")

    return happens


def replaced(owner: Callable[[], Any], name: str) -> Callable[[pytest.MonkeyPatch], None]:
    def happens(monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(owner(), name, fake)
        sentry_sdk.capture_message("hello")

    return happens


def transport_patched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_transport(), "capture_envelope", fake)
    hello_of_jane()


def transport_assigned(_: pytest.MonkeyPatch) -> None:
    of_transport().capture_envelope = fake
    hello_of_jane()


def transport_mocked(owner: Any) -> Callable[[pytest.MonkeyPatch], None]:
    def happens(_: pytest.MonkeyPatch) -> None:
        with mock.patch.object(owner, "capture_envelope"), mock.patch.object(owner, "capture_envelope"):
            hello_of_jane()

    return happens


def hello(_: object = None) -> None:
    sentry_sdk.capture_event({"message": "hello", "level": "error"})


def hello_of_jane() -> None:
    sentry_sdk.capture_event({"message": "hello", "level": "error", "user": {"email": "jane@shop.example"}})


def of_transport() -> Any:
    return any_sdk.client().transport


# What discarded it, and what is said to have


LAMBDAS = (lambda event, hint: None), (lambda event, hint: None)


def made(word: str) -> Callable[..., Any]:
    def drop(event: Any, hint: Any) -> Any:
        return None if word else event

    return drop


def wrapped(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def wrapper(event: Any, hint: Any) -> Any:
        return function(event, hint)

    return wrapper


def nothing(_: object) -> None:
    """Nothing else happens."""


def dropped_by(function: Callable[..., Any], *, by: Callable[..., Any]) -> Reason:
    return Reason(nothing, dropped_by=function, by=by)


# What is unknown of something that was captured


def of_flask(_: object) -> None:
    """What an integration captures of a request that this process does not observe."""
    sentry_sdk.capture_event({"message": "hello", "level": "error", "request": {"data": "x"}})


def of_another_process(_: object) -> None:
    error = {"type": "StockError", "module": "stock", "value": "hello"}
    sentry_sdk.capture_event({"level": "error", "exception": {"values": [error]}})


def hello_7(_: object) -> None:
    sentry_sdk.capture_event({"message": "hello 7", "level": "error"})


def status(expected: Any) -> Reason:
    discarded = {"contexts": {"response": {"status_code": 500}}}
    return Reason(of_flask, criteria={"status_code": expected}, discarded=discarded)


def unreadable(_: object) -> None:
    of_transport().capture_envelope(Envelope(items=[Item(PayloadRef(bytes=b'{"message": "hello'), type="event")]))


def crash(_: object) -> None:
    try:
        raise ZeroDivisionError("hello")
    except ZeroDivisionError as error:
        sentry_sdk.capture_exception(error)


# Log records that become no events


def ignored(_: object) -> None:
    logger = logging.getLogger("shop.noise")
    getattr(sentry_logging, "ignore_logger_for_events", sentry_logging.ignore_logger)(logger.name)
    logger.error("hello")


def disabled(monkeypatch: pytest.MonkeyPatch) -> None:
    logger = logging.getLogger("shop.off")
    monkeypatch.setattr(logger, "disabled", True)
    logger.error("hello")


def below_the_level(_: object) -> None:
    logging.getLogger("shop").warning("hello")


HELLO = {"message": "hello"}
OF_X = {"request": {"url": "http://shop.example/x"}}
HANDLED = {"exception": {"values": [{"type": "KeyError", "mechanism": {"type": "generic", "handled": True}}]}}
KEY_ERROR = {"exception": {"values": [{"type": "KeyError"}]}}
HELLO_ANY = {"message": "hello .*"}

KINDS_OF_REASONS: dict[str, dict[str, Reason]] = {
    "replaced functions": {
        "a function of the package": Reason(mocked("sentry_sdk.capture_message")),
        "a method of all scopes or hubs": Reason(replaced(lambda: HOLDER, "capture_message")),
        "a method of all clients": Reason(replaced(any_sdk.kind_of_clients, "capture_event")),
        "a method of a client": Reason(replaced(any_sdk.client, "capture_event")),
    },
    "replaced transports": {
        "a method, by monkeypatch": Reason(transport_patched, criteria=HELLO),
        "a method, by assignment": Reason(transport_assigned, criteria=HELLO),
        "a method of HTTP transports, nested": Reason(transport_mocked(HttpTransport), criteria=HELLO),
        "a method of all transports, undone": Reason(transport_mocked(Transport), criteria=HELLO),
    },
    "other callables": {
        "a lambda of the same name": dropped_by(LAMBDAS[0], by=LAMBDAS[1]),
        "a closure of the same name": dropped_by(made("a"), by=made("b")),
        "a layer above the one that was passed": dropped_by(drop, by=wrapped(drop)),
        "another one of the same body": dropped_by(also_drop, by=drop),
    },
    "unknown fields": {
        "a value": status(500),
        "a list": status([404, 500]),
        "a range": status(range(500, 600)),
        "an object with an equality of its own": status(IsInt(ge=500)),
        "a predicate": status(lambda status_code: status_code == 500),
        "a regex": Reason(of_flask, criteria={"path": re.compile("^/x")}, discarded=OF_X),
        "a truth": Reason(of_another_process, criteria={"handled": True}, discarded=HANDLED),
        "a class": Reason(of_another_process, criteria={"exception": KeyError}, discarded=KEY_ERROR),
        "a name": Reason(of_another_process, criteria={"exception": "KeyError"}, discarded=KEY_ERROR),
    },
    "values that can't be": {
        "a level": Reason(hello, criteria={"level": "warn"}),
        "a method": Reason(hello, criteria={"method": "get"}),
        "a status": Reason(hello, criteria={"status_code": 5000}),
        "one of several": Reason(hello, criteria={"level": ["debug", "critical"]}),
        "a regex": Reason(hello, criteria={"level": re.compile("^WARN")}),
        "below a path": Reason(hello, criteria={"where": {"request.method": "get"}}),
        "in a mapping": Reason(hello, criteria={"breadcrumbs": {"level": "warn"}}),
        "of another kind": Reason(hello, kind="log", criteria={"level": "warning"}),
        "a misspelled class": Reason(crash, criteria={"exception": "ZeroDivisonError"}),
    },
    "values of another sort": {
        "a text for a mapping": Reason(hello, criteria={"tags": "plan"}),
        "a list for a mapping": Reason(hello, criteria={"user": ["1"]}),
        "a text for a number": Reason(hello, criteria={"status_code": "404"}),
        "a class for a value": Reason(hello, criteria={"message": str}),
    },
    "texts that look like regexes": {
        "a message": Reason(hello_7, criteria={"message": "hello .*"}, discarded=HELLO_ANY),
    },
    "unreadable payloads": {"an event": Reason(unreadable)},
    "stopped log records": {
        "ignored_logger": Reason(ignored),
        "logger_disabled": Reason(disabled),
    },
    "quiet log records": {"log_level": Reason(below_the_level)},
    "no client": {"no init": Reason(lambda _: sentry_sdk.capture_message("hello"))},
}


# What asserts that something is absent

Absence = Callable[[SentryCapture, Reason, pytest.MonkeyPatch], None]


def happen(reason: Reason, monkeypatch: pytest.MonkeyPatch) -> None:
    reason.happens(monkeypatch)
    if FIXTURE == "sentry_server":
        sentry_sdk.flush()


def afterwards(check: Callable[[SentryCapture, Reason], object]) -> Absence:
    """What is asserted when the reason has happened."""

    def absence(capture: SentryCapture, reason: Reason, monkeypatch: pytest.MonkeyPatch) -> None:
        happen(reason, monkeypatch)
        check(capture, reason)

    return absence


def expect_nothing(capture: SentryCapture, reason: Reason, monkeypatch: pytest.MonkeyPatch) -> None:
    with capture.expect_nothing(reason.kind, **reason.criteria):
        happen(reason, monkeypatch)


def discarded(*, reason: str | None = None, has_by: bool = False) -> Absence:
    """The half of ``assert_discarded`` that says that nothing like it was captured."""
    why = reason

    def absence(capture: SentryCapture, reason: Reason, monkeypatch: pytest.MonkeyPatch) -> None:
        if FIXTURE == "sentry_capture" and REASON != "no client":
            with capture.override(before_send=reason.dropped_by):
                SDK.capture_event({**reason.discarded})
        happen(reason, monkeypatch)
        capture.assert_discarded(reason.kind, reason=why, by=reason.by if has_by else None, **reason.criteria)

    return absence


def view_is_empty(name: str) -> Absence:
    def check(capture: SentryCapture, _: Reason) -> None:
        assert getattr(capture, name) == []

    return afterwards(check)


def holds(check: Callable[[SentryCapture, Reason], bool]) -> Absence:
    def absent(capture: SentryCapture, reason: Reason) -> None:
        assert check(capture, reason)

    return afterwards(absent)


VIEWS = (
    *("events", "segments", "transactions", "spans", "logs", "metrics", "check_ins", "sessions", "profiles"),
    *(
        "attachments",
        "feedback",
        "client_reports",
        "envelopes",
        "items",
        "discarded",
        "exchanges",
        "jobs",
        "callback_errors",
    ),
    "sdk_errors",
)
ABSENCES: dict[str, Absence] = {
    "assert_not_captured": afterwards(lambda it, reason: it.assert_not_captured(reason.kind, **reason.criteria)),
    "assert_count(0)": afterwards(lambda it, reason: it.assert_count(0, reason.kind, **reason.criteria)),
    "expect_nothing": expect_nothing,
    "assert_discarded": discarded(),
    "assert_discarded(reason)": discarded(reason="before_send"),
    "assert_discarded(by)": discarded(has_by=True),
    "find == []": holds(lambda it, reason: it.find(reason.kind, **reason.criteria) == []),
    "assert_nothing_captured": afterwards(lambda it, _: it.assert_nothing_captured()),
    "assert_nothing_captured(traces)": afterwards(lambda it, _: it.assert_nothing_captured(traces=True)),
    "assert_inactive": afterwards(lambda it, _: it.assert_inactive()),
    "pii == []": holds(lambda it, reason: it.pii() == []),
    **{f"{name} == []": view_is_empty(name) for name in VIEWS},
    "not events": holds(lambda it, reason: not it.events),
    "len(events) == 0": holds(lambda it, reason: len(it.events) == 0),
    "no event is such": holds(lambda it, reason: not any("hello" in (event.message or "") for event in it.events)),
    "all events are such": holds(lambda it, reason: all(event.message == "other" for event in it.events)),
    "the list of events": holds(lambda it, reason: [event.message for event in it.events] == []),
    "no envelope holds it": holds(lambda it, reason: not any(b"hello" in each.serialize() for each in it.envelopes)),
}


def events_from_logging() -> list[LoggingIntegration]:
    """What makes events of errors that are logged, and no logs."""
    without_logs = {name: None for name in signature(LoggingIntegration).parameters if name in _LEVELS_OF_OTHERS}
    return [LoggingIntegration(event_level=logging.ERROR, **without_logs)]


_LEVELS_OF_OTHERS = ("level", "sentry_logs_level")


WITH_CRITERIA = ("assert_not_captured", "assert_count", "expect_nothing", "assert_discarded", "find")
OF_APPLICATIONS = ("exchanges", "jobs", "callback_errors", "sdk_errors")


@pytest.fixture
def seen(request: pytest.FixtureRequest, sentry_init: SentryInit) -> SentryCapture:
    """Items captured by the test's own client."""
    fixture: Any = request.getfixturevalue(FIXTURE)
    if REASON != "no client":
        dsn = DSN if FIXTURE == "sentry_capture" else fixture.dsn
        sentry_init(dsn=dsn, integrations=events_from_logging())
    capture: SentryCapture = fixture
    return capture


def cells() -> Iterator[tuple[str, str]]:
    """The reasons, and what is asserted for each: what has no criteria only once where nothing but criteria differs."""
    happened: set[object] = set()
    for name, reason in KINDS_OF_REASONS[REASON].items():
        is_another = reason.happens not in happened
        happened.add(reason.happens)
        for absence in ABSENCES:
            has_criteria = absence.startswith(WITH_CRITERIA)
            is_there = FIXTURE == "sentry_capture" or not absence.startswith(OF_APPLICATIONS)
            if is_there and (is_another or has_criteria):
                yield name, absence


@pytest.mark.parametrize(("reason", "absence"), [*cells()])
def test(reason: str, absence: str, seen: SentryCapture, monkeypatch: pytest.MonkeyPatch) -> None:
    ABSENCES[absence](seen, KINDS_OF_REASONS[REASON][reason], monkeypatch)

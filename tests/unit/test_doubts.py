"""An absence that would prove nothing: because of what is unknown, of values that can't be, or of misread texts."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from enum import Enum
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID, uuid4

import pytest
from dirty_equals import IsInt, IsStr
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_sentry_capture import Discard, Exchange, ImpossibleCriterionError, Kind, SentryCapture
from pytest_sentry_capture._recording.entries import Capture, CaptureContext, Entry
from pytest_sentry_capture._recording.exception_chain import ExceptionChain
from recordings import assertions_on, capture, found_in, recording

ID = "0123456789abcdef0123456789abcdef"
TYPES = {"segment": "transaction", "metric": "trace_metric"}


class NeverEqual:
    """An object with its own equality, which accepts nothing."""

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = object.__hash__


class OfThisModuleError(Exception):
    """A class of which only this module knows."""


def seen(kind: Kind, *payloads: object, **about: Any) -> SentryCapture:
    return assertions_on(recording(*(capture(payload, TYPES.get(kind, kind), **about) for payload in payloads)))


def assert_nothing_is_proven(
    sentry: SentryCapture, kind: Kind, criteria: Mapping[str, Any], *, error: type[Exception] = AssertionError
) -> str:
    """Every assertion of absence fails, and says the same: this, in one line."""
    with pytest.raises(error) as of_assertion:
        sentry.assert_not_captured(kind, **criteria)
    with pytest.raises(error, match=re.escape(str(of_assertion.value))):
        sentry.assert_count(0, kind, **criteria)
    return in_one_line(of_assertion)


def in_one_line(raised: pytest.ExceptionInfo[Exception]) -> str:
    return " ".join(str(raised.value).split())


def never(value: object) -> bool:
    return False


def is_truthy(value: object) -> bool:
    return bool(value)


Unknown = tuple[Kind, dict[str, Any], str, list[Any], str]
OF_UNSEEN_REQUESTS: list[tuple[Kind, dict[str, Any]]] = [
    ("event", {"message": "m", "request": {"data": "x"}}),
    ("event", {"transaction": "orders", "transaction_info": {"source": "component"}}),
    ("event", {"contexts": {"trace": {"op": "http.server"}}}),
    ("event", {"contexts": {"response": {"headers": {}}}}),
    ("transaction", {"transaction": "/orders", "transaction_info": {"source": "route"}}),
    ("segment", {"transaction": "/orders", "transaction_info": {"source": "url"}}),
]
ABOUT_REQUESTS: dict[str, list[Any]] = {
    "status_code": [500, range(500, 600), [404, 500], {500}, IsInt(ge=500)],
    "route": ["/orders", re.compile("^/orders"), IsStr(regex="/.*")],
    "path": ["/orders", re.compile("orders")],
    "method": ["POST", {"POST", "PUT"}],
}
UNKNOWN: list[Unknown] = [
    (kind, payload, name, expected, "its request was not observed in this process")
    for kind, payload in OF_UNSEEN_REQUESTS
    for name, expected in ABOUT_REQUESTS.items()
]
OF_AGGREGATES: dict[str, list[Any]] = {
    "status": ["crashed", re.compile("^ex"), ["abnormal", "exited"]],
    "errors": [1, range(1, 9), lambda count: count == 1],
    "sid": [ID],
}
AGGREGATES = {"aggregates": [{"exited": 3, "crashed": 1, "errored": 0}]}
UNKNOWN += [("session", AGGREGATES, name, expected, "of several sessions") for name, expected in OF_AGGREGATES.items()]
UNKNOWN += [
    ("event", {"exception": {"values": [{"type": "KeyError"}]}}, "handled", [True, [False]], "does not say whether"),
    ("event", {"message": "m"}, "level", ["error", ["error", "fatal"], re.compile("err")], "Sentry uses 'error'"),
    ("span", {"name": "SELECT 1", "trace_id": ID}, "transaction", ["/orders", re.compile("o")], "name its segment"),
    ("session", {"sid": ID}, "status", ["ok"], "Sentry uses 'ok'"),
    ("attachment", {"filename": "a.txt"}, "attachment_type", ["event.attachment"], "Sentry uses 'event.attachment'"),
]
JUDGES: list[Any] = [never, is_truthy, NeverEqual()]


def an_item(kind: Kind, payload: dict[str, Any]) -> Capture:
    return (
        Capture("attachment", b"x", payload)
        if kind == "attachment"
        else capture(payload, "sessions" if "aggregates" in payload else TYPES.get(kind, kind))
    )


@pytest.mark.parametrize(("kind", "payload", "name", "expected", "why"), UNKNOWN)
def test_what_is_unknown_may_be_anything(
    kind: Kind, payload: dict[str, Any], name: str, expected: list[Any], why: str
) -> None:
    sentry = assertions_on(recording(an_item(kind, payload)))
    may_be_anything = not why.startswith("Sentry uses") and name != "level" and (kind, name) != ("session", "status")

    for each in [*expected, *(JUDGES if may_be_anything else [])]:
        message = assert_nothing_is_proven(sentry, kind, {name: each})

        assert message.startswith(f"Expected no {kind} with {name}=")
        assert f"{name}: expected " in message
        assert why in message
        with pytest.raises(AssertionError), sentry.expect_nothing(kind, **{name: each}):
            sentry._recording.add(an_item(kind, payload))


@pytest.mark.parametrize(
    ("kind", "payload", "criteria"),
    [
        ("event", {"message": "m"}, {"status_code": 500}),  # of no request at all
        ("event", {"message": "m"}, {"handled": False}),  # without an exception nothing is handled
        ("event", {"message": "m"}, {"level": "fatal"}),
        ("event", {"message": "m"}, {"level": never}),
        ("event", {"message": "m", "request": {"method": "GET"}}, {"method": "POST"}),
        ("event", {"message": "m", "request": {"method": "GET"}}, {"status_code": 500, "message": "other"}),
        ("event", {"exception": {"values": [{"mechanism": {"handled": True}}]}}, {"handled": False}),
        ("event", {"transaction": "nightly", "transaction_info": {"source": "task"}}, {"route": "/orders"}),
        ("event", {"message": "m"}, {"user": {"id": "1"}, "release": "1", "logger": "x", "transaction": "/x"}),
        ("session", {"aggregates": [{"exited": 3, "crashed": 0}]}, {"status": "crashed"}),
        ("session", {"aggregates": [{"exited": 3}], "attrs": {"release": "1"}}, {"attrs": {"release": "2"}}),
        ("session", {"sid": ID}, {"status": "crashed"}),
        ("check_in", {"monitor_slug": "nightly", "status": "in_progress"}, {"duration": range(9)}),
        ("segment", {"transaction": "nightly"}, {"status_code": 500}),
    ],
)
def test_what_is_known_is_decided(kind: Kind, payload: dict[str, Any], criteria: dict[str, Any]) -> None:
    assertions_on(recording(an_item(kind, payload))).assert_not_captured(kind, **criteria)


def test_a_request_without_an_answer_has_an_unknown_status() -> None:
    under_way = Exchange("GET", "/orders/1", "/orders/{number}")
    sentry = seen("event", {"message": "m", "level": "error"}, operation=under_way)

    message = assert_nothing_is_proven(sentry, "event", {"status_code": never})
    assert "unknown because its request has not been answered" in message
    sentry.assert_not_captured(method="POST", path="/x", route=never)

    under_way.status = 200
    sentry.assert_not_captured(status_code=never)


@given(
    st.none() | st.booleans() | st.integers(100, 599) | st.sampled_from([never, is_truthy]),
    st.sampled_from([{"request": {"url": ""}}, {"transaction_info": {"source": "view"}}]),
)
def test_no_absence_is_proven_by_an_unknown_status(expected: Any, of_a_request: dict[str, Any]) -> None:
    sentry = seen("event", of_a_request)

    with pytest.raises(AssertionError):
        sentry.assert_not_captured(status_code=expected)


def chain(error: BaseException, *, live: bool) -> CaptureContext:
    return CaptureContext(ExceptionChain.of(error, live=live))


def of_exception(name: str, module: str | None = None, **more: object) -> dict[str, Any]:
    return {"level": "error", "exception": {"values": [{"type": name, "module": module}]}, **more}


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (of_exception("CartError", "carts"), OSError),
        (of_exception("CartError", "carts"), [KeyError, OSError]),
        (of_exception("CartError", "carts"), Exception),
        (of_exception("CartError", "carts"), "OSError"),
        (of_exception("KeyError"), LookupError),
        (of_exception("KeyError"), "LookupError"),
        (of_exception("KeyError", platform="python"), "builtins.LookupError"),
        (of_exception("KeyError"), never),
        (of_exception("KeyError"), NeverEqual()),
    ],
)
def test_an_exception_of_which_only_the_payload_is_known(payload: dict[str, Any], expected: Any) -> None:
    message = assert_nothing_is_proven(seen("event", payload), "event", {"exception": expected})

    assert "exception: expected " in message
    assert "unknown because only " in message
    assert "Hint: Only the class names of other processes' exceptions are known." in message


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (of_exception("KeyError"), OSError),
        (of_exception("KeyError"), "OSError"),
        (of_exception("CartError", "carts"), re.compile("^OSError$")),
        (of_exception("TypeError", platform="javascript"), LookupError),
        (of_exception("RangeError", platform="javascript"), "TypeError"),
        ({"message": "m", "level": "error"}, OSError),
        ({"message": "m", "level": "error"}, never),
    ],
)
def test_an_exception_that_a_payload_rules_out(payload: dict[str, Any], expected: Any) -> None:
    seen("event", payload).assert_not_captured(exception=expected)


def test_an_exception_that_was_not_kept() -> None:
    payload = of_exception("KeyError")

    message = assert_nothing_is_proven(
        seen("event", payload, context=chain(KeyError(), live=False)), "event", {"exception": never}
    )

    assert "unknown because it was captured before the test used the fixture" in message
    seen("event", payload, context=chain(KeyError(), live=True)).assert_not_captured(exception=never)
    seen("event", payload, context=chain(KeyError(), live=False)).assert_not_captured(exception=OSError)


@pytest.mark.parametrize(("kind", "item_type"), [("event", "event"), ("segment", "span"), ("span", "transaction")])
def test_a_payload_that_can_not_be_read_may_be_anything(kind: Kind, item_type: str) -> None:
    unreadable = Capture(item_type, b"{")

    message = assert_nothing_is_proven(assertions_on(recording(unreadable)), kind, {})

    assert f"Captured, but not readable: 1. {item_type}" in message
    assertions_on(recording(unreadable)).assert_not_captured("log")


IMPOSSIBLE: list[tuple[Kind, dict[str, Any], str, str | None]] = [
    ("event", {"level": "warn"}, "level='warn'", "level='warning'"),
    ("event", {"level": "ERROR"}, "level='ERROR'", "level='error'"),
    ("event", {"level": ["error", "critical"]}, "level='critical'", "level='fatal'"),
    ("event", {"level": {"trace"}}, "level='trace'", "level='debug'"),
    ("event", {"level": re.compile("^WARN")}, "level=re.compile('^WARN')", None),
    ("event", {"method": "get"}, "method='get'", "method='GET'"),
    ("event", {"method": "GTE"}, "method='GTE'", "method='GET'"),
    ("event", {"status_code": 5000}, "status_code=5000", "status_code=500"),
    ("event", {"status_code": 4}, "status_code=4", "status_code=400"),
    ("event", {"status_code": range(600, 700)}, "status_code=range(600, 700)", None),
    ("event", {"status_code": [404, 0]}, "status_code=0", "status_code=100"),
    ("event", {"path": "orders/1"}, "path='orders/1'", "path='/orders/1'"),
    ("event", {"path": "http://testserver/orders?page=2"}, "path='http://", "path='/orders'"),
    ("event", {"route": "orders/{number}"}, "route='orders/{number}'", "route='/orders/{number}'"),
    ("event", {"handled": 2}, "handled=2", None),
    ("event", OrderedDict(request=OrderedDict(method="get")), "request.method='get'", "request.method='GET'"),
    ("event", {"trace_id": str(UUID(ID))}, "trace_id='01234567-", f"trace_id='{ID}'"),
    ("event", {"request": {"method": ["get", "POST"]}}, "request.method='get'", "request.method='GET'"),
    ("event", {"breadcrumbs": {"level": "warn"}}, "breadcrumbs.level='warn'", "breadcrumbs.level='warning'"),
    ("event", {"breadcrumbs": [{"type": "http"}, {"level": "warn"}]}, "breadcrumbs.level='warn'", None),
    ("event", {"contexts": {"response": {"status_code": "500"}}}, "status_code='500'", "status_code=500"),
    ("event", {"contexts": {"trace": "t"}}, "contexts.trace='t'", None),
    ("event", {"where": {"level": "warn"}}, "level='warn'", "level='warning'"),
    ("event", {"where": {"user": "1"}}, "user='1'", None),
    ("event", {"where": {"tags": "plan"}}, "tags='plan'", None),
    ("event", {"where": {"request": {"method": "get"}}}, "request.method='get'", "request.method='GET'"),
    ("event", {"where": {"breadcrumbs.values.-1.level": "warn"}}, "level='warn'", "level='warning'"),
    ("event", {"where": {"exception.values.0.mechanism.handled": "no"}}, "handled='no'", None),
    ("transaction", {"status": "internal-error"}, "status='internal-error'", "status='internal_error'"),
    ("transaction", {"source": "routes"}, "source='routes'", "source='route'"),
    ("segment", {"method": "post"}, "method='post'", "method='POST'"),
    ("segment", {"origin": "http.starlette"}, "origin='http.starlette'", "origin='auto.http.starlette'"),
    ("segment", {"attributes": {"http.response.status_code": "500"}}, "status_code='500'", "status_code=500"),
    ("span", {"status": "failed"}, "status='failed'", "status='error'"),
    ("span", {"where": {"attributes.http.request.method.value": "get"}}, "value='get'", "value='GET'"),
    ("log", {"level": "warning"}, "level='warning'", "level='warn'"),
    ("log", {"where": {"severity_number": 99}}, "severity_number=99", "severity_number=24"),
    ("metric", {"type": "histogram"}, "type='histogram'", "type='distribution'"),
    ("check_in", {"status": "success"}, "status='success'", "status='ok'"),
    ("check_in", {"duration": -1}, "duration=-1", "duration=0"),
    ("session", {"status": "crash"}, "status='crash'", "status='crashed'"),
    ("session", {"errors": "1"}, "errors='1'", "errors=1"),
    ("session", {"attrs": "1.0"}, "attrs='1.0'", None),
    ("session", {"aggregates": {"exited": 1}}, "aggregates={'exited': 1}", None),
    ("profile", {"profile_id": "p"}, "profile_id='p'", None),
    ("attachment", {"content_type": "text"}, "content_type='text'", None),
    ("attachment", {"attachment_type": "minidump"}, "attachment_type='minidump'", "='event.minidump'"),
    ("feedback", {"level": "warn"}, "level='warn'", "level='warning'"),
    ("feedback", {"user": ["1"]}, "user='1'", None),
    ("client_report", {"discarded_events": "error"}, "discarded_events='error'", None),
]


@pytest.mark.parametrize(("kind", "criteria", "what", "nearest"), IMPOSSIBLE)
def test_the_absence_of_what_can_not_be_proves_nothing(
    kind: Kind, criteria: dict[str, Any], what: str, nearest: str | None
) -> None:
    sentry = assertions_on(recording())

    message = assert_nothing_is_proven(sentry, kind, criteria, error=ImpossibleCriterionError)

    assert what in message.partition(", but ")[2]
    assert "can't match: this proves nothing." in message
    if nearest is not None:
        assert nearest in message.partition("Did you mean ")[2]
    with pytest.raises(ValueError, match="can't match"), sentry.expect_nothing(kind, **criteria):
        pass
    with pytest.raises(AssertionError) as expected:
        sentry.assert_captured(kind, **criteria)
    if nearest is not None:
        assert nearest in in_one_line(expected).partition("Did you mean ")[2]


REAL: list[tuple[Kind, dict[str, Any], dict[str, Any]]] = [
    ("event", {"level": "WARN"}, {"level": "WARN"}),
    ("event", {"level": "notice"}, {"level": re.compile("^not")}),
    ("event", {"request": {"method": "get"}}, {"method": "get"}),
    ("event", {"request": {"method": "get"}}, {"where": {"request.method": "get"}}),
    ("event", {"contexts": {"response": {"status_code": 799}}}, {"status_code": 799}),
    ("event", {"breadcrumbs": {"values": [{}, {"level": "WARN"}]}}, {"breadcrumbs": {"level": "WARN"}}),
    ("event", {"user": "1"}, {"where": {"user": "1"}}),
    ("log", {"level": "WARNING"}, {"level": "WARNING"}),
    ("check_in", {"status": "missed"}, {"status": "missed"}),
    ("session", {"status": "frozen"}, {"status": "frozen"}),
    ("metric", {"type": "set"}, {"type": "set"}),
    ("span", {"status": "custom"}, {"status": "custom"}),
]


def other_criteria(kind: Kind, criteria: dict[str, Any]) -> dict[str, Any]:
    """Further ones, which nothing matches."""
    if kind == "session":
        return {"sid": ID}
    path = "trace_id" if kind in ("log", "metric", "span") else "release"
    return {"where": {**criteria.get("where", {}), path: ID}}


@pytest.mark.parametrize(("kind", "payload", "criteria"), REAL)
def test_a_value_that_something_in_the_test_has_can_be(
    kind: Kind, payload: dict[str, Any], criteria: dict[str, Any]
) -> None:
    both = {**criteria, **other_criteria(kind, criteria)}

    with pytest.raises(ImpossibleCriterionError):
        assertions_on(recording()).assert_not_captured(kind, **both)
    item_type = TYPES.get(kind, kind)
    captured = assertions_on(recording(capture(payload, item_type)))
    captured.assert_not_captured(kind, **both)
    captured.clear()
    captured.assert_not_captured(kind, **both)
    discard = Discard("before_send", "error", kind, payload=capture(payload).payload)
    assertions_on(recording(discard)).assert_not_captured(kind, **both)


def test_an_answer_that_an_application_gave_can_be() -> None:
    odd: Entry = Exchange("frobnicate", "*", status=799)
    other = capture({"message": "m", "level": "error"}, operation=Exchange("GET", "/", status=200))

    assertions_on(recording(odd, other)).assert_not_captured(status_code=799, method="frobnicate")


@pytest.mark.parametrize(
    "criteria",
    [
        {"level": ["fatal", "debug"]},
        {"level": re.compile("^(?!error$)")},
        {"level": re.compile("warn")},
        {"level": lambda level: level == "warn"},
        {"method": "PROPFIND"},
        {"method": "PURGE"},
        {"status_code": range(300, 1000)},
        {"handled": 0, "message": "other"},
        {"tags": {"plan": "pro"}},
        {"tags": [{"plan": "pro"}, {"plan": "free"}]},
        {"user": {"email": "a@example.com"}},
        {"fingerprint": []},
        {"fingerprint": {("a",), ("b", "c")}},
        {"breadcrumbs": [{"level": "fatal"}]},
        {"where": {"contexts.trace.status": "internal_error", "fingerprint": []}},
        {"trace_id": ID},
    ],
)
def test_a_value_that_can_be_is_absent(criteria: dict[str, Any]) -> None:
    payload = {
        "level": "error",
        "message": "m",
        "fingerprint": ["x"],
        "exception": {"values": [{"mechanism": {"handled": False}}]},
    }
    exchange = Exchange("GET", "/", "/", 200)

    seen("event", payload, operation=exchange).assert_not_captured(**criteria)


class Level(Enum):
    WARNING = "warning"


@pytest.mark.parametrize(
    ("kind", "criteria", "message"),
    [
        ("event", {"tags": "plan"}, "tags='plan' matches nothing, because tags is a mapping. Pass a mapping,"),
        ("event", {"tags": [{"a": "b"}, "plan"]}, "tags='plan' matches nothing"),
        ("event", {"tags": [("plan", "pro")]}, "tags='plan' matches nothing"),
        ("event", {"user": 1}, "user=1 matches nothing, because user is a mapping"),
        ("event", {"extra": re.compile("x")}, "extra=re.compile('x') matches nothing"),
        ("event", {"contexts": []}, "contexts=[] matches nothing, because it is empty"),
        ("segment", {"attributes": "x"}, "attributes='x' matches nothing, because attributes is a mapping"),
        ("log", {"attributes": ["x"]}, "attributes='x' matches nothing"),
        (
            "event",
            {"breadcrumbs": "clicked"},
            "breadcrumbs='clicked' matches nothing, because breadcrumbs is a list of",
        ),
        ("event", {"fingerprint": "x"}, "fingerprint='x' matches nothing, because fingerprint is a list, which is"),
        ("event", {"fingerprint": {"x"}}, "fingerprint='x' matches nothing"),
        ("event", {"fingerprint": [["x"], ["y"]]}, "because no fingerprint is a list of lists"),
        ("event", {"exception": []}, "exception=[] matches nothing, because it is empty"),
        ("event", {"exception": object()}, "is neither an exception class nor its name; pass"),
        ("event", {"level": Level.WARNING}, "which has no Level; did you mean 'warning'?"),
        ("event", {"message": KeyError("x")}, "which has no KeyError; did you mean exception=KeyError?"),
        ("event", {"trace_id": UUID(ID)}, "which has no UUID; did you mean '01234567-89ab"),
        ("event", {"path": PurePosixPath("/x")}, "did you mean '/x'?"),
        (
            "event",
            {"extra": {"at": datetime.now(timezone.utc)}},
            "captured items are JSON, which has no datetime. Pass a JSON value",
        ),
        ("event", {"where": {"extra.raw": b"x"}}, "extra.raw=b'x' matches nothing"),
        ("event", {"tags": {"plan": [object()]}}, "captured items are JSON, which has no object. Pass"),
        ("event", {"tags": {"plan": ...}}, "tags.plan=... is a placeholder. Write the expected value in its"),
    ],
)
def test_what_nothing_could_ever_match_is_refused(kind: Kind, criteria: dict[str, Any], message: str) -> None:
    for call in (assertions_on(recording()).assert_not_captured, assertions_on(recording()).assert_captured):
        with pytest.raises(TypeError, match=re.escape(message)):
            call(kind, **criteria)


MISSPELLED = {
    "ZeroDivisonError": "ZeroDivisionError",
    "ZeroDivision": "ZeroDivisionError",
    "zerodivisionerror": "ZeroDivisionError",
    "IOError": "OSError",
    "socket.error": "OSError",
    "builtins.KeyEror": "builtins.KeyError",
    "json.JSONDecodeError": "json.decoder.JSONDecodeError",
    "jsn.decoder.JSONDecodeError": "json.decoder.JSONDecodeError",
    f"{__name__.partition('.')[0]}.OfThisModuleError": f"{__name__}.OfThisModuleError",
}


@pytest.mark.parametrize(("name", "nearest"), MISSPELLED.items())
def test_the_absence_of_a_misspelled_exception_proves_nothing(name: str, nearest: str) -> None:
    sentry = assertions_on(recording(capture(of_exception("KeyError"), context=chain(KeyError(), live=True))))

    message = assert_nothing_is_proven(sentry, "event", {"exception": [name, OSError]}, error=ImpossibleCriterionError)

    assert message.endswith(f"Did you mean exception='{nearest}'? No exception class is called '{name}'.")
    with pytest.raises(AssertionError) as expected:
        sentry.assert_captured(exception=name)
    assert f"Did you mean exception='{nearest}'?" in in_one_line(expected)
    assert sentry._recording.unknown_exceptions == {}


def test_an_exception_that_something_in_the_test_has_is_not_misspelled() -> None:
    misspelled = of_exception("ZeroDivisonError", platform="other")
    discard = Discard("before_send", "error", "event", payload=capture(misspelled).payload)

    for entry in capture(misspelled), discard:
        assertions_on(recording(entry)).assert_not_captured(exception="ZeroDivisonError", release="2")


def test_a_class_that_calls_no_text_its_module() -> None:
    odd = type("OddOneOutError", (Exception,), {"__module__": None})

    with pytest.raises(ImpossibleCriterionError, match="Did you mean exception='OddOneOutError'"):
        assertions_on(recording()).assert_not_captured(exception="OddOneOut")
    with pytest.raises(ImpossibleCriterionError):
        assertions_on(recording()).assert_not_captured(exception="tests.OfThisModuleError")
    assert odd.__module__ is None


def test_a_name_that_is_like_no_other_is_noted() -> None:
    sentry = assertions_on(recording())

    sentry.assert_not_captured(exception="shop.carts.CartIsTotallyEmptyError")
    sentry.assert_not_captured(exception=["KeyError", "OfThisModuleError", "Wobble", "Wobble"])
    sentry.assert_not_captured(exception=re.compile("Wibble"))

    assert [*sentry._recording.unknown_exceptions] == ["shop.carts.CartIsTotallyEmptyError", "Wobble"]


TEXTS = st.text(st.sampled_from("ab ^$.*+?()[]{}|\\dsw-0"), max_size=8) | st.text(max_size=5)


@given(TEXTS, TEXTS)
@example(r"C:\windows\system32 not found", "x")
@example("^C received", "x")
@example("cannot read *.* in folder", "x")
@example("[z-a]", "x")
@example("(?i", "(?i")
@example("a**", "aa")
def test_a_text_is_a_text_however_it_looks(text: str, other: str) -> None:
    sentry = seen("event", {"message": text, "level": "error", "logger": other, "tags": {"a": text}})

    assert len(sentry.find(message=text)) == 1
    assert len(sentry.find(message=[other, text], tags={"a": text})) == 1
    assert len(found_in(sentry, message=other)) == (text == other)
    with pytest.raises(AssertionError):
        sentry.assert_not_captured(message=text)


READ_AS_REGEX: list[tuple[Kind, dict[str, Any], dict[str, Any], str]] = [
    ("event", {"message": "division by zero"}, {"message": "division.*zero"}, "'division.*zero'"),
    ("event", {"message": "division by zero"}, {"message": ["x", "^division"]}, "'^division'"),
    ("event", {"message": "the division.*zero rule"}, {"message": "division.*zero"}, "'division.*zero'"),
    ("event", {"message": "order 7 failed"}, {"message": r"order \d+ failed"}, "order "),
    ("event", {"message": "order 7 failed"}, {"message": "order [0-9]+ failed"}, "order "),
    ("event", {"message": "timed out"}, {"message": "refused|timed out"}, "refused|timed out"),
    ("event", {"message": "order failed"}, {"message": "failed$"}, "failed$"),
    ("event", {"message": "v1.2"}, {"message": r"v1\.2"}, "v1"),
    ("event", {"logger": "shop.orders"}, {"logger": "^shop"}, "^shop"),
    ("event", {"tags": {"plan": "pro-1"}}, {"tags": {"plan": "pro.*"}}, "pro.*"),
    ("event", {"tags": {"plan": "pro-1"}}, {"tags": OrderedDict(plan=("x", "pro.*"))}, "pro.*"),
    ("event", {"fingerprint": ["a", "b1"]}, {"fingerprint": {("a", r"b\d"), ("c",)}}, "fingerprint"),
    ("event", {"fingerprint": ["a", "b1"]}, {"fingerprint": ["a", r"b\d"]}, "fingerprint"),
    ("event", {"request": {"url": "http://h/x"}}, {"where": {"request.url": "http.*"}}, "http.*"),
    ("event", {"breadcrumbs": [{"message": "GET /x"}]}, {"breadcrumbs": {"message": "^GET"}}, "breadcrumbs"),
    ("event", of_exception("LookupError"), {"exception": "Lookup.*"}, "exception: 'Lookup.*'"),
    ("segment", {"transaction": "/orders/7"}, {"name": r"/orders/\d+"}, "name: "),
    ("log", {"level": "info", "body": "took 3 ms"}, {"body": r"took \d+ ms"}, "body: "),
    (
        "span",
        {"name": "SELECT 1", "attributes": {"a": {"value": "xyz", "type": "string"}}},
        {"attributes": {"a": "x.*"}},
        "attr",
    ),
    ("attachment", {"filename": "log-1.txt"}, {"filename": r"log-\d\.txt"}, "filename"),
]


@pytest.mark.parametrize(("kind", "payload", "criteria", "what"), READ_AS_REGEX)
def test_a_text_that_would_match_as_a_regex_proves_no_absence(
    kind: Kind, payload: dict[str, Any], criteria: dict[str, Any], what: str
) -> None:
    sentry = assertions_on(recording(an_item(kind, payload)))

    message = assert_nothing_is_proven(sentry, kind, criteria)

    assert " is compared as a whole, but as a regex it would match" in message
    assert what in message.partition("possibly matching:")[2]
    assert "Hint: A string is compared as a whole. For a regex, pass " in message
    with pytest.raises(AssertionError) as expected:
        sentry.assert_captured(kind, **criteria)
    assert "A string is compared as a whole. For a regex, pass " in in_one_line(expected)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("division by one", "division.*zero"),
        ("order 7 failed. Retrying", "order 7 failed."),
        ("a.b.c", "a.b"),
        ("Really", "Really?"),
        ("refused|timed out twice", "refused|timed out"),
        (r"C:\windows\system32 found", r"C:\windows\system32 not found"),
        ("x", "[z-a]"),
    ],
)
def test_a_text_that_matches_in_no_way_is_absent(message: str, text: str) -> None:
    seen("event", {"message": message, "level": "error"}).assert_not_captured(message=text)


def test_exactly_a_text_is_asked_for_by_a_predicate() -> None:
    sentry = seen("event", {"message": "division by zero", "level": "error"})

    sentry.assert_not_captured(message=lambda found: found == "division.*zero")


def test_several_doubts_about_one_item() -> None:
    sentry = seen("event", {"message": "division by zero", "request": {"url": "http://h/x"}})

    message = assert_nothing_is_proven(
        sentry, "event", {"message": "division.*", "status_code": 500, "level": "error", "path": "/x"}
    )

    assert re.findall(r"(\w+): (?:expected|'\S+' is)", message) == ["message", "status_code", "level"]


def discarding() -> tuple[Discard, Callable[..., Capture]]:
    lost = {"level": "error", "message": "lost", "contexts": {"response": {"status_code": 500}}}
    return Discard("before_send", "error", "event", payload=capture(lost).payload), capture


@pytest.mark.parametrize(
    ("captured", "criteria", "error"),
    [
        ({"message": "m", "request": {"url": "x"}}, {"status_code": 500}, AssertionError),
        ({"message": "m", "level": "error"}, {"level": ["error", "warn"], "message": "lost"}, ImpossibleCriterionError),
        ({"message": "lost again", "level": "error"}, {"message": ["lost", "^lost"]}, AssertionError),
    ],
)
def test_a_discard_proves_no_absence_of_others(
    captured: dict[str, Any], criteria: dict[str, Any], error: type[Exception]
) -> None:
    lost, _ = discarding()
    assertions_on(recording(lost)).assert_discarded(message="lost")

    with pytest.raises(error, match=r"can't match|cannot be determined"):
        assertions_on(recording(lost, capture(captured))).assert_discarded(**criteria)


def test_values_come_from_anywhere_in_the_test() -> None:
    """Items before a block show that an application sends them."""
    sentry = seen("event", {"level": "WARN", "message": str(uuid4())})

    with sentry.expect_nothing(level="WARN"):
        pass
    with pytest.raises(ImpossibleCriterionError), sentry.expect_nothing(level="WARNING"):
        pass


@pytest.mark.parametrize(
    ("criteria", "error"),
    [
        ({"message": lambda text: text.contains("hello")}, "AttributeError"),
        ({"message": lambda: True}, "TypeError"),
        ({"message": [re.compile("none"), lambda text: text.startwith("hello")]}, "AttributeError"),
        ({"tags": {"plan": lambda plan: plan + 1}}, "TypeError"),
        ({"where": {"extra.cart": lambda cart: cart.total}}, "AttributeError"),
    ],
)
def test_a_predicate_that_raises_says_nothing(criteria: dict[str, Any], error: str) -> None:
    sentry = seen("event", {"message": "hello", "tags": {"plan": "pro"}, "extra": {"cart": {"total": 1}}})

    message = assert_nothing_is_proven(sentry, "event", criteria)

    assert f"unknown because this raised {error} when it was asked" in message


@pytest.mark.parametrize(
    "criteria",
    [
        {"message": lambda text: int(text) > 3},
        {"extra": lambda extra: extra["price"] == 3},
        {"logger": lambda logger: logger.startswith("shop")},
        {"where": {"extra.cart.total": lambda total: total.real > 1}},
        {"tags": {"plan": lambda plan: plan + 1, "region": "eu"}},
        {"message": lambda text: text.contains("hello"), "level": "fatal"},
    ],
)
def test_a_predicate_that_raises_of_what_is_not_meant_has_answered(criteria: dict[str, Any]) -> None:
    seen("event", {"message": "hello", "tags": {"plan": "pro"}}).assert_not_captured(**criteria)

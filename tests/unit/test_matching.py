"""Criteria: which items match, for whatever payload, and which criteria are refused."""

from __future__ import annotations

import json
import math
import re
import threading
from collections.abc import Callable
from typing import Any
from unittest.mock import ANY

import pytest
from dirty_equals import IsPartialDict, IsPositiveInt, IsStr
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_sentry_capture import Discard, Kind, SentryCapture
from pytest_sentry_capture._recording.entries import Capture, CaptureContext, Exchange
from pytest_sentry_capture._recording.exception_chain import ExceptionChain
from recordings import assertions_on, capture, found_in, recording

TYPES: dict[Kind, str] = {
    "event": "event",
    "segment": "transaction",
    "transaction": "transaction",
    "span": "span",
    "log": "log",
    "metric": "trace_metric",
    "check_in": "check_in",
    "session": "session",
    "profile": "profile",
    "feedback": "feedback",
    "client_report": "client_report",
}
CRITERIA = {
    "segment": ("name", "op", "status", "source", "origin", "attributes", "environment", "release", "trace_id"),
    "event": (
        *("exception", "message", "level", "logger", "handled", "mechanism", "transaction", "tags", "user", "contexts"),
        *("extra", "request", "breadcrumbs", "fingerprint", "release", "environment", "trace_id"),
    ),
    "transaction": (
        *("transaction", "op", "status", "source", "tags", "user", "contexts", "request", "release", "environment"),
        "trace_id",
    ),
    "span": ("op", "name", "status", "origin", "attributes", "trace_id", "transaction"),
    "log": ("level", "body", "template", "attributes", "trace_id"),
    "metric": ("name", "type", "value", "unit", "attributes", "trace_id"),
    "check_in": ("monitor_slug", "status", "duration", "environment", "release"),
    "session": ("sid", "status", "errors", "attrs"),
    "profile": ("profile_id", "version", "profile"),
    "feedback": ("contexts", "tags", "level"),
    "client_report": ("timestamp", "discarded_events"),
}


def captured(kind: Kind, payload: object, **more: Any) -> SentryCapture:
    return assertions_on(recording(capture(payload, TYPES[kind], **more)))


TEXTS = st.sampled_from(["a", "b", "error", "info", "LookupError", "builtins"]) | st.text(max_size=5)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
ATTRIBUTES = st.dictionaries(TEXTS, st.fixed_dictionaries({"value": SCALARS, "type": TEXTS}) | VALUES, max_size=3)
EXCEPTION = st.fixed_dictionaries(
    {},
    optional={
        "type": TEXTS | VALUES,
        "module": TEXTS | VALUES,
        "value": TEXTS | VALUES,
        "mechanism": st.fixed_dictionaries({}, optional={"type": TEXTS, "handled": st.booleans() | VALUES}) | VALUES,
    },
)
LISTS_OF_EXCEPTIONS = st.lists(EXCEPTION | VALUES, max_size=3)
SECTION = st.dictionaries(TEXTS, VALUES, max_size=3)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "exception": st.fixed_dictionaries({"values": LISTS_OF_EXCEPTIONS}) | LISTS_OF_EXCEPTIONS,
    "logentry": st.fixed_dictionaries({}, optional={"message": TEXTS, "formatted": TEXTS, "params": VALUES}),
    "tags": SECTION | st.lists(st.tuples(TEXTS, VALUES).map(list), max_size=3),
    "contexts": st.fixed_dictionaries(
        {},
        optional={
            "trace": st.dictionaries(
                st.sampled_from(["op", "status", "trace_id", "origin", "data"]), TEXTS | VALUES | ATTRIBUTES
            )
        },
    )
    | SECTION,
    "breadcrumbs": st.fixed_dictionaries({"values": st.lists(SECTION | VALUES, max_size=3)}),
    "transaction_info": st.fixed_dictionaries({"source": TEXTS}),
    "fingerprint": st.lists(TEXTS, max_size=3),
    "attributes": ATTRIBUTES,
    "discarded_events": st.lists(SECTION, max_size=2),
}
NAMES = (
    *("exception", "logentry", "message", "level", "logger", "transaction", "tags", "user", "contexts", "extra"),
    *("request", "breadcrumbs", "fingerprint", "release", "environment", "transaction_info", "op", "name"),
    *("description", "status", "origin", "attributes", "data", "trace_id", "body", "type", "value", "unit"),
    *("monitor_slug", "duration", "sid", "errors", "attrs", "profile_id", "version", "profile", "timestamp"),
    "discarded_events",
)
PAYLOADS = st.fixed_dictionaries({name: st.none() | FIELDS.get(name, TEXTS) | VALUES for name in NAMES}).map(
    lambda payload: {name: value for name, value in payload.items() if value is not None}
)


def naive_texts(value: object) -> str | None:
    return value if isinstance(value, str) else None


def naive_first_text(values: list[object]) -> str | None:
    texts = [value for value in values if isinstance(value, str)]
    return next((text for text in texts if text != ""), "" if texts else None)


def naive_section(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def naive_list(value: object) -> list[dict[str, Any]]:
    values = value.get("values") if isinstance(value, dict) else value
    return [each for each in values if isinstance(each, dict)] if isinstance(values, list) else []


def naive_tags(value: object) -> dict[str, Any]:
    if isinstance(value, list):
        return {str(pair[0]): pair[1] for pair in value if isinstance(pair, list) and len(pair) == 2}
    return naive_section(value)


def naive_message(payload: dict[str, Any], outermost: dict[str, Any]) -> str | None:
    entry = naive_section(payload.get("logentry")) or naive_section(payload.get("message"))
    template, params = naive_texts(entry.get("message")), entry.get("params")
    try:
        formatted = (
            template % (tuple(params) if isinstance(params, list) else params) if template and params else template
        )
    except (TypeError, ValueError, KeyError):
        formatted = template
    texts = [entry.get("formatted"), formatted, payload.get("message"), outermost.get("value")]
    return naive_first_text(texts)


def naive_attributes(payload: dict[str, Any]) -> dict[str, Any]:
    return {
        key: value["value"] if isinstance(value, dict) and {"value", "type"} <= value.keys() else value
        for key, value in naive_section(payload.get("attributes")).items()
    }


def naive_value(kind: str, name: str, payload: dict[str, Any]) -> Any:  # noqa: C901
    """What a criterion looks at, read from the design of the vocabulary."""
    outermost = naive_list(payload.get("exception"))[-1:]
    last: dict[str, Any] = outermost[0] if outermost else {}
    trace = naive_section(naive_section(payload.get("contexts")).get("trace"))
    if kind in ("session", "profile", "feedback", "client_report"):
        return payload.get(name)
    if kind == "segment" and name in ("name", "status", "attributes"):
        return {
            "name": naive_texts(payload.get("transaction")),
            "status": "ok" if naive_texts(trace.get("status")) in (None, "", "ok") else "error",
            "attributes": naive_section(trace.get("data")),
        }[name]
    if name == "message":
        return naive_message(payload, last)
    if name == "mechanism":
        return naive_texts(naive_section(last.get("mechanism")).get("type"))
    if name == "handled":
        handled = naive_section(last.get("mechanism")).get("handled")
        return handled if isinstance(handled, bool) else None
    if name == "tags":
        return naive_tags(payload.get("tags"))
    if name in ("user", "contexts", "extra", "request"):
        return naive_section(payload.get(name))
    if name == "fingerprint":
        return payload[name] if isinstance(payload.get(name), list) else []
    if kind in ("event", "segment", "transaction") and name in ("trace_id", "op", "status", "origin"):
        return naive_texts(trace.get(name))
    if name == "source":
        return naive_texts(naive_section(payload.get("transaction_info")).get("source"))
    if name == "attributes":
        return naive_attributes(payload)
    if kind == "span" and name == "name":
        return naive_first_text([payload.get("description"), payload.get("name")])
    if kind == "span" and name in ("op", "origin"):
        return naive_first_text([payload.get(name), naive_attributes(payload).get(f"sentry.{name}")])
    if kind == "span" and name == "status":
        return naive_first_text([payload.get(name), naive_section(payload.get("tags")).get(name)])
    if kind == "span" and name == "transaction":
        return naive_texts(naive_attributes(payload).get("sentry.segment.name"))
    if name == "template":
        return naive_texts(naive_attributes(payload).get("sentry.message.template"))
    if name in ("value", "duration"):
        return payload[name] if isinstance(payload.get(name), (int, float)) else None
    return naive_texts(payload.get(name))


def naive_match(expected: Any, found: Any) -> bool:
    if expected is None:
        return found is None
    if isinstance(expected, re.Pattern):
        return isinstance(found, str) and bool(expected.search(found))
    if isinstance(expected, (list, tuple)):
        return (
            found == list(expected) if isinstance(found, list) else any(naive_match(each, found) for each in expected)
        )
    if isinstance(expected, (set, range)):
        return any(naive_match(each, found) for each in expected)
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(
            naive_match(each, found[key]) if key in found else naive_accepts_absence(each)
            for key, each in expected.items()
        )
    return bool(found == expected)


def naive_accepts_absence(expected: Any) -> bool:
    return any(map(naive_accepts_absence, expected)) if isinstance(expected, (list, tuple, set)) else expected is None


def naive_holds(kind: str, name: str, expected: Any, payload: dict[str, Any]) -> bool:
    if name == "exception":
        names = [(each.get("type"), each.get("module")) for each in naive_list(payload.get("exception"))]
        if expected is None:
            return not names
        choices = expected if isinstance(expected, list) else [expected]
        return any(choice in (type_, f"{module}.{type_}") for choice in choices for type_, module in names)
    if name == "breadcrumbs":
        if expected is None:
            return not naive_list(payload.get("breadcrumbs"))
        crumbs = naive_list(payload.get("breadcrumbs"))
        wanted = expected if isinstance(expected, list) else [expected]
        return all(any(naive_match(each, crumb) for crumb in crumbs) for each in wanted)
    if expected is None and (kind, name) == ("segment", "attributes"):
        return naive_section(naive_section(payload.get("contexts")).get("trace")).get("data") is None
    if expected is None and name in ("tags", "user", "contexts", "extra", "request", "fingerprint", "attributes"):
        return payload.get(name) is None
    return naive_match(expected, naive_value(kind, name, payload))


@st.composite
def criterion(draw: st.DrawFn, kind: str, name: str, payload: dict[str, Any]) -> Any:
    """An expected value that is often near to what is there."""
    if name == "exception":
        types = [each["type"] for each in naive_list(payload.get("exception")) if isinstance(each.get("type"), str)]
        return draw(st.none() | TEXTS | st.lists(TEXTS, max_size=2) | st.sampled_from([*types, "LookupError"]))
    if name == "breadcrumbs":
        there = [*naive_list(payload.get("breadcrumbs")), {}]
        return draw(st.none() | SECTION | st.lists(SECTION | st.sampled_from(there), max_size=2))
    value = naive_value(kind, name, payload)
    if isinstance(value, dict) and draw(st.booleans()):
        part = {key: value[key] for key in value if draw(st.booleans())}
        return {**part, **draw(st.dictionaries(TEXTS, SCALARS | st.sampled_from([None, "a"]), max_size=1))}
    return draw(st.just(value) | VALUES | st.lists(SCALARS, max_size=3) | st.just([value, "a"]))


@st.composite
def situations(draw: st.DrawFn) -> tuple[Kind, list[dict[str, Any]], dict[str, Any]]:
    """A kind, payloads, and criteria that often match one of them."""
    kind = draw(st.sampled_from(sorted(TYPES)))
    payloads = draw(st.lists(PAYLOADS, min_size=1, max_size=2))
    names = draw(st.sets(st.sampled_from(CRITERIA[kind]), min_size=1, max_size=2))
    criteria = {name: draw(criterion(kind, name, payloads[0])) for name in sorted(names)}
    for name in list(criteria):
        if not is_of_its_sort(kind, name, criteria[name]):
            del criteria[name]
    return kind, payloads, criteria


SECTIONS = ("tags", "user", "contexts", "extra", "request", "attributes")


def is_of_its_sort(kind: str, name: str, value: Any) -> bool:
    if kind in ("session", "profile", "attachment", "feedback", "client_report") or name in ("where", "breadcrumbs"):
        return True
    if name == "exception":
        return bool(value != [])
    if name == "fingerprint":
        is_list_of_lists = isinstance(value, list) and value != [] and all(isinstance(each, list) for each in value)
        return value is None or (isinstance(value, list) and not is_list_of_lists)
    choices = flat(value)
    if name in SECTIONS:
        return value != [] and all(choice is None or isinstance(choice, dict) for choice in choices)
    if (kind, name) == ("segment", "status") and not {*map(repr, choices)} <= {"'ok'", "'error'"}:
        return False
    of_others = (str, dict) if name in ("status_code", "value", "duration", "handled") else (bool, int, float, dict)
    return value != [] and not any(isinstance(choice, of_others) for choice in choices)


def flat(value: Any) -> list[Any]:
    return [each for part in value for each in flat(part)] if isinstance(value, list) else [value]


@settings(max_examples=300, deadline=None)
@given(situations())
@example(("profile", [{"profile_id": {}}], {"profile_id": {"a": [None]}}))
@example(("span", [{"status": "", "tags": {}}], {"status": ""}))
@example(("event", [{"message": ""}], {"message": ""}))
@example(("event", [{"breadcrumbs": {"values": []}}], {"breadcrumbs": None}))
def test_find_selects_what_the_vocabulary_says(situation: tuple[Kind, list[dict[str, Any]], dict[str, Any]]) -> None:
    kind, payloads, criteria = situation
    if kind == "span" and "transaction" in criteria:
        criteria.pop("transaction")
    sentry_capture = assertions_on(recording(*(capture(payload, TYPES[kind]) for payload in payloads)))

    items = [dict(item) for item in found_in(sentry_capture, kind, **criteria)]

    assert items == [
        payload
        for payload in payloads
        if all(naive_holds(kind, name, expected, payload) for name, expected in criteria.items())
    ]


@settings(max_examples=200, deadline=None)
@given(situations(), VALUES, st.dictionaries(TEXTS, VALUES, max_size=2))
def test_explaining_raises_nothing_but_assertion_errors(
    situation: tuple[Kind, list[dict[str, Any]], dict[str, Any]], odd: Any, scope: dict[str, Any]
) -> None:
    kind, payloads, criteria = situation
    contents = [json.dumps(payload).encode() for payload in (*payloads, odd)]
    exchange = Exchange("GET", "/orders/1", "/orders/{number}", 500)
    discards = [Discard("before_send", "error", kind, payload=content, operation=exchange) for content in contents]
    captures = [Capture(TYPES[kind], content, operation=exchange) for content in contents]
    capture = assertions_on(recording(exchange, *captures, *discards))
    capture._sdk.scope_values = {"isolation": {"tags": scope, "user": None, "contexts": odd}}  # type: ignore[misc]

    assertions: list[Callable[[], object]] = [
        lambda: capture.assert_captured(kind, **criteria),
        lambda: capture.assert_count(2, kind, **criteria),
        lambda: capture.assert_not_captured(kind, **criteria),
        lambda: capture.assert_discarded(kind, reason="sample_rate", **criteria),
        capture.assert_nothing_captured,
    ]

    messages = [message_of(assertion) for assertion in assertions]

    assert all(message.startswith("Expected ") for message in messages if message is not None)
    assert messages[3] is not None


def test_a_name_that_would_be_no_message_can_be_explained() -> None:
    capture = captured("event", {"message": "hello"})

    message = message_of(lambda: capture.assert_captured("transaction", transaction=r"^orders/(?P<number>\d+)/$"))

    assert message is not None
    assert message.endswith("No transaction was captured at all.")


def message_of(assertion: Callable[[], object]) -> str | None:
    try:
        assertion()
    except AssertionError as error:
        return str(error)
    return None


ITEM: dict[str, dict[str, Any]] = {
    "event": {
        "message": "hello",
        "level": "error",
        "logger": "shop",
        "transaction": "/orders",
        "tags": {"region": "eu", "shop.name": "north", "count": 3},
        "user": {"id": "7"},
        "contexts": {"trace": {"trace_id": "t-1"}, "response": {"status_code": 500}, "a.b": {"c": [1, {"d": 2}]}},
        "extra": {"n": 1},
        "request": {"method": "POST", "url": "https://shop.example.org/orders?id=1"},
        "breadcrumbs": {"values": [{"category": "query", "message": "SELECT"}, {"category": "http"}]},
        "fingerprint": ["a", "b"],
        "release": "1.0",
        "environment": "test",
        "exception": {
            "values": [
                {"type": "KeyError", "module": None, "value": "'x'"},
                {"type": "CartError", "module": "shop", "value": "x", "mechanism": {"type": "asgi", "handled": False}},
            ]
        },
    },
    "segment": {
        "transaction": "/orders",
        "contexts": {
            "trace": {
                "op": "http.server",
                "status": "not_found",
                "trace_id": "t-1",
                "origin": "auto.http",
                "data": {"rows": 1},
            }
        },
        "transaction_info": {"source": "route"},
        "request": {"method": "POST", "url": "https://shop.example.org/orders?id=1"},
        "environment": "test",
        "release": "1.0",
    },
    "transaction": {
        "transaction": "/orders",
        "contexts": {"trace": {"op": "http.server", "status": "ok", "trace_id": "t-1"}},
        "transaction_info": {"source": "route"},
        "tags": [["region", "eu"]],
    },
    "span": {
        "name": "SELECT 1",
        "status": "ok",
        "trace_id": "t-1",
        "attributes": {
            "sentry.op": {"value": "db", "type": "string"},
            "sentry.origin": {"value": "auto.db", "type": "string"},
            "sentry.segment.name": {"value": "/orders", "type": "string"},
        },
    },
    "log": {
        "level": "warn",
        "body": "out of milk",
        "trace_id": "t-1",
        "attributes": {"sentry.message.template": {"value": "out of %s", "type": "string"}},
    },
    "metric": {"name": "orders", "type": "counter", "value": 2.0, "unit": "none", "trace_id": "t-1"},
    "check_in": {"monitor_slug": "nightly", "status": "ok", "duration": 1.5, "environment": "test", "release": "1"},
    "session": {"sid": "s-1", "status": "exited", "errors": 0},
    "profile": {"profile_id": "p-1", "version": "1"},
    "feedback": {"contexts": {"feedback": {"message": "bad"}}},
    "client_report": {"discarded_events": [{"reason": "before_send"}]},
}


def is_three(value: object) -> bool:
    return value == 3


def raises(value: object) -> bool:
    raise RuntimeError("can't judge")


class RaisingEquality:
    def __eq__(self, other: object) -> bool:
        raise RuntimeError("can't compare")

    __hash__ = object.__hash__


MATCHING: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("event", {"message": "hello"}, {"message": "hell"}),
    ("event", {"message": re.compile("ell")}, {"message": re.compile("^ell")}),
    ("event", {"level": ["error", "fatal"]}, {"level": ["info"]}),
    ("event", {"level": {"error", "fatal"}}, {"level": {"info"}}),
    ("event", {"level": ["x", re.compile("err")]}, {"level": ["warning"]}),
    ("event", {"logger": IsStr(regex="sh.p")}, {"logger": IsStr(regex="x")}),
    ("event", {"logger": IsStr}, {"handled": IsStr}),
    ("event", {"logger": ANY}, {"logger": RaisingEquality()}),
    ("event", {"handled": False}, {"handled": True}),
    ("event", {"mechanism": "asgi"}, {"mechanism": None}),
    ("event", {"transaction": "/orders"}, {"transaction": None}),
    ("event", {"tags": {"region": "eu"}}, {"tags": {"region": "us"}}),
    ("event", {"tags": {"shop": None}}, {"tags": {"region": None}}),
    ("event", {"tags": {"count": is_three}}, {"tags": {"count": raises}}),
    ("event", {"tags": {"count": IsPositiveInt}}, {"tags": {"nothing": ANY}}),
    ("event", {"tags": IsPartialDict(region="eu")}, {"tags": None}),
    ("event", {"user": {"id": ["7", "8"], "email": None}}, {"user": {"id": range(3)}}),
    ("event", {"contexts": {"response": {"status_code": range(500, 600)}}}, {"contexts": {"response": {"x": 1}}}),
    ("event", {"extra": {"n": 1}}, {"extra": {"n": "1"}}),
    ("event", {"request": {"method": "POST"}}, {"request": {"method": "GET"}}),
    ("event", {"breadcrumbs": {"category": "query"}}, {"breadcrumbs": {"category": "redis"}}),
    (
        "event",
        {"breadcrumbs": [{"category": "query"}, {"category": "http"}]},
        {"breadcrumbs": [{"category": "query"}, {"category": "x"}]},
    ),
    ("event", {"fingerprint": ["a", "b"]}, {"fingerprint": ["a"]}),
    ("event", {"fingerprint": ["a", re.compile("b")]}, {"fingerprint": ["a", re.compile("c")]}),
    ("event", {"fingerprint": [IsStr, lambda part: part == "b"]}, {"fingerprint": [IsStr]}),
    ("event", {"fingerprint": ("a", "b")}, {"fingerprint": [RaisingEquality(), "b"]}),
    (
        "event",
        {"contexts": {"a.b": {"c": [1, {"d": ANY}]}}},
        {"contexts": {"a.b": {"c": [[RaisingEquality()], {"d": 2}]}}},
    ),
    ("event", {"release": "1.0", "environment": "test"}, {"release": "1.0", "environment": "x"}),
    ("event", {"trace_id": "t-1"}, {"trace_id": "t-2"}),
    ("event", {"method": "POST", "path": "/orders", "route": None}, {"route": "/orders"}),
    ("event", {"exception": "CartError"}, {"exception": "Cart"}),
    ("event", {"exception": "shop.CartError"}, {"exception": "shop.KeyError"}),
    ("event", {"exception": KeyError}, {"exception": IndexError}),
    ("event", {"exception": ["X", "KeyError"]}, {"exception": None}),
    ("event", {"exception": re.compile(r"^shop\.")}, {"exception": re.compile("^Cart")}),
    ("event", {"where": {"contexts.response.status_code": 500}}, {"where": {"contexts.response.status": 500}}),
    ("event", {"where": {"contexts.a.b.c.1.d": 2}}, {"where": {"contexts.a.b.c.2": 2}}),
    ("event", {"where": {"contexts.a.b.c.-1": {"d": 2}}}, {"where": {"contexts.a.b.c.-3": 1}}),
    ("event", {"where": {"tags.shop.name": "north"}}, {"where": {"tags.shop": ANY}}),
    ("event", {"where": {"exception.values.-1.type": "CartError"}}, {"where": {"exception.values.x": ANY}}),
    ("event", {"where": {"user.email": None}}, {"where": {"user.id": None}}),
    ("segment", {"name": "/orders", "op": "http.server"}, {"name": "/order"}),
    ("segment", {"status": "error", "source": "route"}, {"status": "ok"}),
    ("segment", {"origin": "auto.http", "trace_id": "t-1"}, {"origin": "manual"}),
    ("segment", {"environment": "test", "release": "1.0"}, {"release": "2.0"}),
    ("segment", {"method": "POST", "path": "/orders", "route": None}, {"method": "GET"}),
    ("segment", {"attributes": {"rows": 1}}, {"attributes": None}),
    ("segment", {"where": {"contexts.trace.status": "not_found"}}, {"where": {"attributes.rows": ANY}}),
    ("transaction", {"op": "http.server", "status": "ok"}, {"op": "http.client"}),
    ("transaction", {"source": "route", "tags": {"region": "eu"}}, {"source": "url"}),
    ("span", {"op": "db", "name": "SELECT 1", "origin": "auto.db"}, {"op": "http"}),
    ("span", {"transaction": "/orders", "attributes": {"sentry.op": "db"}}, {"transaction": "x"}),
    ("log", {"level": "warn", "body": "out of milk", "template": "out of %s"}, {"level": "warning"}),
    ("metric", {"name": "orders", "type": "counter", "value": 2, "unit": "none"}, {"value": 3}),
    ("check_in", {"monitor_slug": "nightly", "status": ["ok", "error"], "duration": 1.5}, {"status": "error"}),
    ("session", {"sid": "s-1", "errors": 0, "did": None}, {"errors": 1}),
    ("profile", {"profile_id": "p-1", "version": "1"}, {"version": "2"}),
    ("feedback", {"contexts": {"feedback": {"message": re.compile("bad")}}}, {"contexts": None}),
    ("client_report", {"discarded_events": [{"reason": "before_send"}]}, {"discarded_events": []}),
]


@pytest.mark.parametrize(
    ("kind", "matching", "other"), MATCHING, ids=[f"{kind}-{'-'.join(matching)}" for kind, matching, _ in MATCHING]
)
def test_a_criterion_selects(kind: Kind, matching: dict[str, Any], other: dict[str, Any]) -> None:
    capture = captured(kind, ITEM[kind])

    assert [dict(item) for item in capture.find(kind, **matching)] == [ITEM[kind]]
    assert found_in(capture, kind, **other) == []


def cause() -> BaseException:
    try:
        try:
            raise KeyError("cause")
        except KeyError as error:
            raise ValueError("outer") from error
    except ValueError as error:
        return error


def context(*, suppressed: bool) -> BaseException:
    try:
        try:
            raise KeyError("context")
        except KeyError as error:
            raise ValueError("outer") from (None if suppressed else error.__context__)
    except ValueError as error:
        error.__suppress_context__ = suppressed
        return error


class NotFoundError(LookupError):
    status_code = 404


@pytest.mark.parametrize(
    ("error", "matching", "other"),
    [
        (
            cause(),
            [ValueError, KeyError, LookupError, "KeyError", "builtins.LookupError", Exception],
            [OSError, "OSErr"],
        ),
        (context(suppressed=False), [ValueError, KeyError], [IndexError]),
        (context(suppressed=True), [ValueError], [KeyError]),
        (NotFoundError(), [LookupError, "NotFoundError", f"{__name__}.NotFoundError"], [KeyError]),
        (NotFoundError("x"), [lambda error: error.args == ("x",)], [lambda error: error.args == (), raises]),
    ],
)
def test_an_exception_is_searched_in_the_chain_that_sentry_reports(
    error: BaseException, matching: list[Any], other: list[Any]
) -> None:
    payload = {"exception": {"values": [{"type": type(error).__name__}]}}
    capture = captured("event", payload, context=CaptureContext(ExceptionChain.of(error, live=True)))

    for each in matching:
        assert len(capture.find(exception=each)) == 1
    assert len(capture.find(exception=[OSError, *matching])) == 1
    for each in other:
        assert found_in(capture, exception=each) == []
    assert found_in(capture, exception=None) == []


def test_the_status_is_that_of_the_answer_else_of_the_exception() -> None:
    chain = CaptureContext(ExceptionChain.of(NotFoundError(), live=False))
    exchange = Exchange("GET", "/orders/7", "/orders/{number}", 500)
    capture = captured("event", {}, context=chain, operation=exchange)

    assert len(capture.find(status_code=500, method="GET", path="/orders/7", route="/orders/{number}")) == 1
    assert len(captured("event", {}, context=chain).find(status_code=range(400, 500))) == 1


@pytest.mark.parametrize(
    "of_a_request",
    [{"request": {"data": {"order": "7"}}}, {"transaction": "/orders", "transaction_info": {"source": "route"}}],
)
def test_an_absence_is_not_proven_by_a_request_that_was_not_seen(of_a_request: dict[str, Any]) -> None:
    unseen = captured("event", {"message": "hello", **of_a_request})

    for criteria in (
        {"status_code": 500},
        {"route": re.compile("orders")},
        {"path": "/orders"},
        {"method": ["PUT"]},
        {"status_code": lambda code: code == 500},
        {"status_code": IsPartialDict()},
    ):
        message = message_of(lambda criteria=criteria: unseen.assert_not_captured(message="hello", **criteria))  # type: ignore[misc]
        assert message is not None
        heading, captured_all, hint = message.split("\n\n")
        assert heading.endswith(", but this cannot be determined.")
        assert captured_all.startswith("Captured, and possibly matching:\n  1. message 'hello'\n       ")
        assert captured_all.endswith(", unknown because its request was not observed in this process")
        assert hint == ABOUT_EXCHANGES
        explained = message_of(lambda criteria=criteria: unseen.assert_captured(message="hello", **criteria))  # type: ignore[misc]
        assert explained is not None
        assert explained.endswith(ABOUT_EXCHANGES)


@pytest.mark.parametrize(
    ("payload", "criteria"),
    [
        ({"message": "hello"}, {"status_code": 500}),  # of no request at all
        ({"transaction": "nightly", "transaction_info": {"source": "custom"}}, {"route": "/orders"}),
        ({"message": "hello", "request": {"method": "GET"}}, {"method": "POST"}),
        ({"message": "hello", "request": {"method": "GET"}}, {"status_code": 500, "message": "bye"}),
    ],
)
def test_an_absence_that_is_proven_anyway(payload: dict[str, Any], criteria: dict[str, Any]) -> None:
    captured("event", payload).assert_not_captured(**criteria)
    seen = captured("event", {"request": {}}, operation=Exchange("GET", "/", status=200))
    seen.assert_not_captured(status_code=500)


ABOUT_EXCHANGES = (
    "Hint: status_code, route, method and path are known only for requests that were observed in this\n"
    "process. For others, such as those of frameworks that are not observed, use transaction, tags or\n"
    'request. See "Limits" in the documentation.'
)
TIMEOUT = f"timeout must be a number of seconds from 0 to {threading.TIMEOUT_MAX:.0f}, not "
REFUSED: list[tuple[Callable[[Any], object], type[Exception], str]] = [
    (lambda c: c.find("evnt"), ValueError, "unknown kind 'evnt'; did you mean 'event'? Valid: event, "),
    (lambda c: c.find(7), ValueError, "unknown kind '7'. Valid: "),
    (lambda c: c.find(["event"]), ValueError, "unknown kind \"['event']\""),
    (lambda c: c.find(KeyError), TypeError, "KeyError is not a kind; did you mean exception=KeyError? Valid"),
    (lambda c: c.find(message=KeyError), TypeError, "is a class; did you mean exception=KeyError? Pass"),
    (lambda c: c.find(tags={"a": ["x", int]}), TypeError, "tags.a=int is a class. Pass a value"),
    (lambda c: c.find(where={"tags.a": int}), TypeError, "tags.a=int is a class"),
    (lambda c: c.find(tag={}), TypeError, "criterion for kind 'event': 'tag'; did you mean 'tags'? Valid: tags, "),
    (
        lambda c: c.find("log", message="x"),
        TypeError,
        "for kind 'log': 'message'; did you mean 'body'? Valid: attributes",
    ),
    (lambda c: c.find(name="x"), TypeError, "for kind 'event': 'name'; did you mean 'transaction'? Valid: transaction"),
    (lambda c: c.find("transaction", name="x"), TypeError, "'name'; did you mean 'transaction'? Valid: transaction"),
    (lambda c: c.find("span", description="x"), TypeError, "'description'; did you mean 'name'? Valid: attributes"),
    (
        lambda c: c.find("segment", transaction="x"),
        TypeError,
        "unknown criterion for kind 'segment': 'transaction'; did you mean 'name'? Valid: name, attributes",
    ),
    (
        lambda c: c.assert_not_captured("segment", tags={"a": "b"}),
        TypeError,
        "no criterion 'tags', because spans have no tags. Set an attribute, and ask for it with attributes={…}.",
    ),
    (
        lambda c: c.find("segment", user={"id": "7"}),
        TypeError,
        "because spans have the user as attributes. Ask for attributes={'user.id': …}. Valid: attributes, environment",
    ),
    (lambda c: c.find("segment", request=None), TypeError, "no criterion 'request', because spans have the request as"),
    (lambda c: c.find("segment", contexts={}), TypeError, "no criterion 'contexts', because spans have no contexts"),
    (lambda c: c.find(exception=int), TypeError, "exception=int is a class, but not an exception class. Pass"),
    (lambda c: c.find(exception=[KeyError, int]), TypeError, "exception=int is a class"),
    (
        lambda c: c.find(exception=KeyError("x")),
        TypeError,
        "is an instance. Pass its class",
    ),
    (
        lambda c: c.find(message={"regx": "a"}),
        TypeError,
        "message={'regx': 'a'} matches nothing, because message is a string. Pass a string, re.compile(…), which is {",
    ),
    (
        lambda c: c.find(status_code=[404, "5xx"]),
        TypeError,
        "status_code='5xx' matches nothing, because status_code is a number. Pass a number, a range, a predicate,",
    ),
    (lambda c: c.find(handled="no"), TypeError, "handled='no' matches nothing, because handled is true or false"),
    (
        lambda c: c.find(status_code=re.compile("^5")),
        TypeError,
        "status_code=re.compile('^5') matches nothing, because",
    ),
    (lambda c: c.find(status_code=range(0)), TypeError, "status_code=range(0, 0) matches nothing, because it is empty"),
    (lambda c: c.find(message=[]), TypeError, "message=[] matches nothing, because it is empty. Pass a string, re"),
    (lambda c: c.find("metric", value="1"), TypeError, "value='1' matches nothing, because value is a number"),
    (lambda c: c.find(exception=404), TypeError, "exception=404 is neither an exception class nor its name; pass"),
    (lambda c: c.assert_count(-1), ValueError, "n must be 0 or more, not -1"),
    (lambda c: c.assert_count("1"), TypeError, "n must be a whole number, not '1'"),
    (lambda c: c.assert_count(True), TypeError, "n must be a whole number, not True"),
    (lambda c: c.wait_for(count=0), ValueError, "count must be 1 or more, not 0"),
    (lambda c: c.wait_for(timeout=-1), ValueError, f"{TIMEOUT}-1"),
    (lambda c: c.wait_for(timeout=1e10), ValueError, f"{TIMEOUT}10000000000.0"),
    (lambda c: c.wait_for(timeout=math.inf), ValueError, f"{TIMEOUT}inf"),
    (lambda c: c.wait_for(timeout=math.nan), ValueError, f"{TIMEOUT}nan"),
    (lambda c: c.wait_for(timeout="5"), TypeError, "timeout must be a number of seconds"),
    (lambda c: c.find(where="contexts"), TypeError, "where must be a mapping from paths to what is expected there"),
    (lambda c: c.find(where={7: 1}), TypeError, "7 in where is not a path. Paths look like"),
    (lambda c: c.find(where={"a..b": 1}), ValueError, "'a..b' in where is not a path. Paths look like 'contexts."),
    (lambda c: c.find(where={"": 1}), ValueError, "'' in where is not a path"),
    (
        lambda c: c.find(where={"tag.x": 1}),
        ValueError,
        "unknown attribute of kind 'event': 'tag'; did you mean 'tags'?",
    ),
    (lambda c: c.find("log", where={"tags.x": 1}), ValueError, "unknown attribute of kind 'log': 'tags'"),
    (lambda c: c.assert_discarded(mesage="x"), TypeError, "did you mean 'message'?"),
    (
        lambda c: c.assert_discarded(reason=re.compile("x")),
        TypeError,
        "reason must be a discard reason such as 'before_send', not re.compile('x')",
    ),
    (lambda c: c.assert_discarded(by=5), TypeError, "by must be the callable that discarded it, or its name, not 5"),
    (lambda c: c.expect("evnt"), ValueError, "unknown kind"),
    (lambda c: c.expect_nothing(mesage="x"), TypeError, "unknown criterion"),
]


@pytest.mark.parametrize(("call", "error", "message"), REFUSED, ids=[text for _, _, text in REFUSED])
def test_bad_input_is_refused_at_the_call(call: Callable[[Any], object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        call(assertions_on(recording()))


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"null", b'"x"', b"\xff", b'{"a": NaN}'])
@pytest.mark.parametrize("kind", [*TYPES, "attachment"])
def test_what_is_not_a_payload_of_the_kind_matches_nothing(kind: Kind, content: bytes) -> None:
    capture = assertions_on(recording(Capture(TYPES.get(kind, kind), content)))
    broken = not content.startswith(b'{"')

    assert len(capture.items) == 1
    if kind == "attachment" or not broken:
        assert len(capture.find(kind)) == 1
        return
    with pytest.raises(AssertionError, match="Captured, but not readable"):
        capture.find(kind)

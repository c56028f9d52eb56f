"""``accepted-by-sentry`` and ``as_stored()``: what ingestion would reject, cut, and make of an event."""

from __future__ import annotations

import logging
import math
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk
from hypothesis import example, given
from hypothesis import strategies as st

from any_sdk import IS_3, logging_to_events, segment, span
from pytest_sentry_capture import CapturedEvent, CapturedTransaction, SentryCapture, SentryInit
from pytest_sentry_capture._relay import engine
from pytest_sentry_capture._relay.ingestion import Ingestion, Objection, ServerScrubbing
from recordings import capture

pytestmark = pytest.mark.needs("Sentry's own engine")


def nested(depth: int, value: Any = "x") -> Any:
    for _ in range(depth):
        value = {"in": value}
    return value


def objections(**attributes: Any) -> list[Objection]:
    event = CapturedEvent({"message": "hello", "level": "info", "release": "shop@1", **attributes})
    return [*Ingestion().objections(event)]


def test_what_the_sdk_sends_is_accepted(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    sentry_init(
        dsn="https://key@sentry.invalid/1",
        release="shop@1.4.2",
        traces_sample_rate=1.0,
        integrations=logging_to_events(),
    )
    sentry_sdk.set_tag("plan", "pro")
    sentry_sdk.set_user({"id": 42, "email": "jane@shop.example"})
    sentry_sdk.add_breadcrumb(category="http", message="GET /", data={"status": 200})
    with segment("nightly", op="task"), span("SELECT 1", op="db"):
        try:
            int("x")
        except ValueError:
            sentry_sdk.capture_exception()
    logging.getLogger("shop").error("no exchange rates")
    logging.getLogger("shop").error("the exchange rates are %s days old", 3)
    items: list[CapturedEvent | CapturedTransaction] = [*sentry_capture.events, *sentry_capture.transactions]

    assert len(items) == (3 if IS_3 else 4)  # Sentry's engine takes no spans, which is what segments are since 3
    assert [Ingestion().objections(item) for item in items] == [()] * len(items)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"release": "a\nb"}, ("release", "not valid", "nothing")),
        ({"release": "latest"}, ("release", "not valid", "nothing")),
        ({"environment": "a/b"}, ("environment", "not valid", "nothing")),
        ({"environment": "x" * 65}, ("environment", "not valid", "nothing")),
        ({"level": "sad"}, ("level", "invalid level", "'error'")),
        ({"platform": "abacus"}, ("platform", "not valid", "'other'")),
        ({"tags": {"a": "b", "plan": ""}}, ("tags.plan", "expected a non-empty value", "nothing")),
        ({"tags": {"": "x", "b": "c"}}, ("tags", "expected a non-empty value", "nothing")),
        ({"tags": {"a": "b", "plan": "x" * 201}}, ("tags.plan", "too long: 201 characters", "200 characters")),
        ({"tags": {"a": "b", "the plan!": "x"}}, ("tags.the plan!", "invalid character '!'", "nothing")),
        ({"tags": {"k" * 201: "x"}}, (f"tags.{'k' * 40}…", "too long: 201 characters", "200 characters")),
        ({"tags": {"plan": "a\nb"}}, ("tags.plan", "invalid character '\\n'", "nothing")),
        ({"tags": [["plan", "a\nb"]]}, ("tags.0.1", "invalid character '\\n'", "nothing")),
        ({"tags": {"plan": {"a": 1}}}, ("tags.plan", "expected a primitive value", "nothing")),
        ({"mood": "sad"}, ("mood", "not an attribute that Sentry knows", "nothing")),
        ({"user": {"ip_address": "here"}}, ("user.ip_address", "expected an ip address", "nothing")),
        ({"breadcrumbs": [{"level": "sad"}]}, ("breadcrumbs.0.level", "invalid level", "'info'")),
        ({"message": "x" * 9000}, ("message", "too long: 9000 characters", "8192 characters")),
        ({"logger": "x" * 65}, ("logger", "too long: 65 characters", "64 characters")),
        ({"extra": {"a": "x" * 5_000_000}}, ("extra.a", "too long: 5000000 characters", "16384 characters")),
        ({"extra": {"": "x" * 20000}}, ("extra.", "too long: 20000 characters", "* characters")),
        ({"extra": {"": {"": "x" * 20000}}}, ("extra..", "too long: 20000 characters", "* characters")),
        ({"extra": {"a": nested(12)}}, ("extra.a.in.in.in.in.in", "nested too deep", "a text in its place")),
        ({"extra": ["a"]}, ("extra", "expected an object", "nothing")),
        ({"contexts": {"a": 5}}, ("contexts.a", "expected an object", "nothing")),
        ({"contexts": {"runtime": {"name": "x", "version": "1" * 9000}}}, ("contexts.runtime", "too long: *", "*")),
        ({"extra": {"a": nested(7, [])}}, ("extra.a.in.in.in.in.in", "nested too deep", "a text in its place")),
        ({"extra": {"a": [10**30]}}, ("extra.a.0", "too large a number", "0")),
        ({"extra": {"a": 2**64}}, ("extra.a", "too large a number", "0")),
        ({"extra": {"a": -(2**64)}}, ("extra.a", "too large a number", "0")),
        ({"extra": {"a": -(2**63) - 1}}, ("extra.a", "too large a number", "a rounded one")),
        (
            {"request": {"method": "GET", "mood": "sad"}},
            ("request.mood", "not an attribute that Sentry knows", "nothing"),
        ),
        (
            {"breadcrumbs": [{"mood": {"is": 0}}]},
            ("breadcrumbs.0.mood", "not an attribute that Sentry knows", "nothing"),
        ),
        ({"request": {"headers": {"A": "b", "x-a": {"a": 1}}}}, ("request.headers.x-a", "expected a primitive *", "*")),
        ({"request": {"cookies": {"z": "1", "a": 5, "b": "2"}}}, ("request.cookies.a", "expected a string", "nothing")),
        ({"request": {"headers": [["X", {"a": 1}], ["A", "b"]]}}, ("request.headers.0", "expected a primitive *", "*")),
        ({"request": {"query_string": "x" * 9000}}, ("request.query_string", "too long: 9000 *", "*")),
        (
            {"extra": {"a": nested(200)}},
            ("extra.a.in.in.in.in", "recursion limit exceeded at line 1 column *", "nothing of the event"),
        ),
        (
            {"extra": {"b": "", "a": ["x", "\ud800"]}},
            ("extra.a.1", "unexpected end of hex escape at *", "nothing of the event"),
        ),
    ],
)
def test_what_is_rejected_and_cut(attributes: dict[str, Any], expected: tuple[str, str, str]) -> None:
    [found] = objections(**attributes)

    assert re.fullmatch(re.escape("|".join(expected)).replace(r"\*", ".*"), "|".join(found))


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.floats(-9, 9, width=16)
        | st.sampled_from([0, -(2**63), -(2**63) - 1, -(2**64), 2**64 - 1, 2**64])
        | st.text('{["x]}', max_size=9),
        lambda values: st.lists(values, max_size=3) | st.dictionaries(st.sampled_from("abc"), values, max_size=3),
    ),
    st.integers(0, 9),
)
@example(1.0013580322265625e-05, 0)
def test_all_that_is_altered_is_reported(value: Any, depth: int) -> None:
    event = CapturedEvent({"extra": {"a": nested(depth, value)}})

    altered = [*differences(event["extra"], ServerScrubbing(data_scrubber=False).stored(event).get("extra"), "extra")]

    told = [objection.path for objection in Ingestion().objections(event)]
    assert all(any(f"{place}.".startswith(f"{path}.") for path in told) for place in altered)
    assert bool(altered) == bool(told)


def differences(sent: Any, stored: Any, path: str) -> Iterator[str]:
    if isinstance(sent, dict) and isinstance(stored, dict):
        for key, value in sent.items():
            yield from differences(value, stored.get(key), f"{path}.{key}")
    elif isinstance(sent, list) and isinstance(stored, list) and len(sent) == len(stored):
        for index, (before, after) in enumerate(zip(sent, stored, strict=True)):
            yield from differences(before, after, f"{path}.{index}")
    elif isinstance(sent, float) and isinstance(stored, float):
        if not math.isclose(sent, stored, rel_tol=1e-15):  # Relay reads some numbers as their nearest neighbor
            yield path
    elif sent != stored:
        yield path


def test_what_is_too_much() -> None:
    found = objections(extra={f"key {number}": "x" * 1000 for number in range(400)})

    assert ("extra", "too large: 400 entries", "262 entries") in found


def test_strange_payloads() -> None:
    circle: dict[str, Any] = {}
    circle["self"] = circle

    assert objections(extra={"ratio": float("nan"), "bytes": b"\xff"}) == []
    assert objections(extra=circle)[0][::2] == ("extra.self", "nothing of the event")
    assert objections(extra=nested(100_000))[0][2] == "nothing of the event"


def test_the_sdk_may_have_cut_before(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    sentry_init(dsn="https://key@sentry.invalid/1", max_value_length=100, attach_stacktrace=False)
    sentry_sdk.set_extra("deep", [[[[[[[[[["x"]]]]]]]]]])
    sentry_sdk.capture_message("x" * 1000)

    assert Ingestion().objections(sentry_capture.events[0]) == ()


def test_each_distinct_payload_is_judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = []
    normalized = engine.normalized

    def counted(text: str) -> str:
        texts.append(text)
        return normalized(text)

    monkeypatch.setattr(engine, "normalized", counted)
    ingestion = Ingestion()

    for message in ["hello", "goodbye"] * 3:
        [item] = capture({"message": message}).items
        assert isinstance(item, CapturedEvent)
        ingestion.objections(item)

    assert len(texts) == 2


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, ("[Filtered]", "203.0.113.7", "C-12345678", "hidden", "[Filtered]")),
        ({"data_scrubber": False}, ("hunter2", "203.0.113.7", "C-12345678", "hidden", "word")),
        ({"data_scrubber_defaults": False}, ("hunter2", "203.0.113.7", "C-12345678", "hidden", "word")),
        ({"scrub_ip_addresses": True}, ("[Filtered]", "[ip]", "C-12345678", "hidden", "[Filtered]")),
        ({"sensitive_fields": ("note",)}, ("[Filtered]", "203.0.113.7", "C-12345678", "[Filtered]", "[Filtered]")),
        ({"safe_fields": ("secret",)}, ("[Filtered]", "203.0.113.7", "C-12345678", "hidden", "word")),
        (
            {"pii_config": '{"applications": {"extra.number": ["@anything:remove"]}}'},
            ("[Filtered]", "203.0.113.7", None, "hidden", "[Filtered]"),
        ),
    ],
)
def test_settings_of_a_project(settings: dict[str, Any], expected: tuple[object, ...]) -> None:
    extra = {"password": "hunter2", "peer": "203.0.113.7", "number": "C-12345678", "note": "hidden", "secret": "word"}

    stored = ServerScrubbing(**settings).stored(CapturedEvent({"extra": extra}))

    assert tuple(stored.extra.get(key) for key in extra) == expected


def test_the_environment_is_left_alone() -> None:
    code = "from pytest_sentry_capture._relay import engine; import os; engine.normalized('{}'); print(os.environ)"

    environment = {name: value for name, value in os.environ.items() if name != "RUST_BACKTRACE"}

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True, env=environment)

    assert "PATH" in result.stdout
    assert "RUST_BACKTRACE" not in result.stdout

"""What is replaced in payloads for snapshots, and what is kept."""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pytest_sentry_capture import CapturedEvent
from pytest_sentry_capture._recording.entries import Capture
from pytest_sentry_capture._recording.normalization import normalized
from steps import steps_of


def trace_of(spans: int) -> dict[str, Any]:
    """A transaction with so many spans, each the child of the one before."""
    ids = [f"{number:016x}" for number in range(spans)]
    return {"spans": [{"span_id": each, "parent_span_id": parent} for parent, each in pairwise(ids)]}


def test_each_of_many_spans_has_its_own_number() -> None:
    spans = normalized(trace_of(5001))["spans"]

    assert [span["span_id"] for span in spans] == [f"<span_id {number}>" for number in [1, *range(3, 5002)]]
    assert [span["parent_span_id"] for span in spans] == [f"<span_id {number}>" for number in [2, 1, *range(3, 5001)]]


def test_twice_as_many_spans_are_twice_the_work() -> None:
    few, many = trace_of(200), trace_of(400)

    assert steps_of(lambda: normalized(many)) < 2.1 * steps_of(lambda: normalized(few))


PLANTED = {
    "event_id": "<event_id>",
    "timestamp": "<timestamp>",
    "server_name": "<server_name>",
    "release": "<release>",
    "dist": "<dist>",
    "sdk": "<sdk>",
    "modules": "<modules>",
    "contexts": {
        "runtime": {"name": "CPython", "version": "<version>", "build": "<build>"},
        "trace": {"trace_id": "<trace_id 1>", "span_id": "<span_id 1>", "data": {"thread.id": "<thread.id>"}},
        "shop": {"version": "north", "span_id": "its own"},
    },
    "extra": {"sys.argv": "<sys.argv>", "timestamp": "its own"},
    "request": {
        "url": "http://127.0.0.1:<port>/orders",
        "headers": {"Host": "localhost:<port>", "User-Agent": "<user-agent>", "X-Shop": "north"},
        "env": {"SERVER_NAME": "<SERVER_NAME>", "SERVER_PORT": "<SERVER_PORT>"},
    },
    "threads": {"values": [{"id": "<id>", "name": "MainThread", "stacktrace": "<stacktrace>"}]},
    "breadcrumbs": {
        "values": [
            {"category": "httplib", "data": {"url": "http://127.0.0.1:<port>/stock", "port": "its own:43210"}},
            {"category": "subprocess", "message": "<python> -m shop"},
        ]
    },
    "spans": [
        {
            "description": "GET http://[::1]:<port>/stock",
            "data": {"server.address": "<server.address>", "server.port": "<server.port>"},
            "tags": {"subprocess.pid": "<subprocess.pid>", "shop": "north"},
        }
    ],
}


def test_what_sentry_defines_is_replaced_and_what_the_application_adds_is_kept() -> None:
    payload = {
        "_meta": {"extra": {"sys.argv": {"": {"len": 3}}}},
        "event_id": "0a" * 16,
        "timestamp": "2026-01-01T00:00:00Z",
        "dist": "7",
        "sdk": {"name": "sentry.python"},
        "modules": {"pytest": "9"},
        "contexts": {
            "runtime": {"name": "CPython", "version": "3.13", "build": "3.13 (main)"},
            "trace": {"trace_id": "1" * 32, "span_id": "2" * 16, "data": {"thread.id": "1"}},
            "shop": {"version": "north", "span_id": "its own"},
        },
        "extra": {"sys.argv": ["pytest"], "timestamp": "its own"},
        "request": {
            "url": "http://127.0.0.1:43210/orders",
            "headers": {"Host": "localhost:43210", "User-Agent": "httpx/1", "X-Shop": "north"},
            "env": {"SERVER_NAME": "host", "SERVER_PORT": "43210"},
        },
        "threads": {"values": [{"id": 7, "name": "MainThread", "stacktrace": {"frames": []}}]},
        "breadcrumbs": {
            "values": [
                {"category": "httplib", "data": {"url": "http://127.0.0.1:43210/stock", "port": "its own:43210"}},
                {"category": "subprocess", "message": f"{sys.executable} -m shop"},
            ]
        },
        "spans": [
            {
                "description": "GET http://[::1]:43210/stock",
                "data": {"server.address": "127.0.0.1", "server.port": 43210},
                "tags": {"subprocess.pid": 1449, "shop": "north"},
            }
        ],
    }

    assert normalized(payload) == PLANTED


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
SECTIONS = ("contexts", "spans", "exception", "threads", "breadcrumbs", "request", "extra", "event_id", "_meta")


@given(st.dictionaries(st.sampled_from(SECTIONS) | st.text(), JSON, max_size=6))
def test_any_payload_can_be_normalized_and_is_not_changed(payload: dict[str, Any]) -> None:
    before = json.dumps(payload)
    event = CapturedEvent(payload, Capture("event", before.encode()))

    snapshot = event.normalized()

    assert json.dumps(payload) == before
    assert type(snapshot) is dict
    assert normalized(snapshot) == snapshot

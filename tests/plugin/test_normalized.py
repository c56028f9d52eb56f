"""Payloads for snapshots: the same on every machine and in every run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import any_sdk
from pytest_sentry_capture import SentryCapture, SentryInit
from pytest_sentry_capture._recording.entries import Capture
from pytest_sentry_capture._recording.kinds import CapturedEvent
from pytest_sentry_capture._recording.normalization import normalized
from steps import steps_of

SHOP = """
import any_sdk
import sentry_sdk
from fastapi import FastAPI
from fastapi.testclient import TestClient

app = FastAPI()

class Cart:
    pass

@app.get("/orders/{number}")
def order(number: int):
    sentry_sdk.add_breadcrumb(category="shop", level="warning", message=f"looking for {Cart()!r}")
    with any_sdk.span("SELECT 1", op="db"), any_sdk.span("connect", op="db.connect"):
        pass
    return 1 / number

sentry_sdk.init(dsn="https://key@sentry.invalid/1", traces_sample_rate=1.0)
client = TestClient(app, raise_server_exceptions=False)
"""
WRITE = """
import json, pathlib
from shop import client

def test(sentry_capture):
    client.get("/orders/0")
    items = [*sentry_capture.events, *sentry_capture.transactions]
    pathlib.Path("snapshot.json").write_text(json.dumps([item.normalized() for item in items]))
"""


def snapshot_in(folder: Path, test: str, **environment: str) -> Any:
    folder.mkdir()
    (folder / "shop.py").write_text(SHOP)
    (folder / test).write_text(WRITE)
    (folder / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    unneeded = [f"-pno:{plugin}" for plugin in ("cacheprovider", "schemathesis", "syrupy", "inline_snapshot")]
    command = [sys.executable, "-m", "pytest", "-q", *unneeded, test]
    environment = {**os.environ, "PYTHONPATH": str(Path(any_sdk.__file__).parent), **environment}
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return json.loads((folder / "snapshot.json").read_text())


def test_two_runs_in_different_surroundings_give_the_same(tmp_path: Path) -> None:
    one = snapshot_in(tmp_path / "one", "test_one.py")
    other = snapshot_in(
        tmp_path / ("a-much-longer-name" * 8), "test_another.py", SENTRY_RELEASE="shop@2", PYTHONHASHSEED="7"
    )

    assert one == other
    event, *_ = one
    mechanism = {"type": "starlette", "handled": False}
    if any_sdk.IS_3:
        mechanism["exception_id"] = 0  # which up to 2.x only exceptions of a chain have
    assert event["exception"]["values"][0] == {
        "type": "ZeroDivisionError",
        "value": "division by zero",
        "module": None,
        "mechanism": mechanism,
        "stacktrace": "<stacktrace>",
    }
    assert event["breadcrumbs"]["values"] == [
        {
            "type": "default",
            "level": "warning",
            "category": "shop",
            "message": "looking for <shop.Cart object at 0x…>",
            "timestamp": "<timestamp>",
        }
    ]


@pytest.mark.needs("transactions")
def test_spans_of_a_transaction_are_numbered(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(traces_sample_rate=1.0)
    with any_sdk.segment("nightly"), any_sdk.span("SELECT 1", op="db"), any_sdk.span("connect", op="db.connect"):
        pass

    transaction = sentry_capture.assert_captured("transaction").normalized()

    assert [(span["op"], span["span_id"], span["parent_span_id"]) for span in transaction["spans"]] == [
        ("db", "<span_id 2>", "<span_id 1>"),
        ("db.connect", "<span_id 3>", "<span_id 2>"),
    ]
    assert transaction["contexts"]["trace"]["span_id"] == "<span_id 1>"


def trace_of(spans: int) -> dict[str, Any]:
    """A transaction with so many spans, each the child of the one before."""
    ids = [f"{number:016x}" for number in range(spans)]
    return {"spans": [{"span_id": each, "parent_span_id": parent} for parent, each in pairwise(ids)]}


def test_each_of_many_spans_has_a_number_of_its_own() -> None:
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


def test_a_plain_dict_all_the_way_down(sentry_capture: SentryCapture) -> None:
    event = CapturedEvent({"tags": {"a": "b"}, "breadcrumbs": {"values": [{"message": "m"}]}})

    assert repr(event.normalized()) == (
        "{'tags': {'a': 'b'}, 'breadcrumbs': {'values': [{'message': 'm'}]}, 'release': '<release>',"
        " 'server_name': '<server_name>'}"
    )


@pytest.fixture
def shop(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)  # what snapshot plugins go by
    pytester.makepyfile(shop=SHOP)
    return pytester


def test_syrupy(shop: pytest.Pytester) -> None:
    shop.makepyfile(
        """
        from shop import client

        def test(sentry_capture, snapshot):
            client.get("/orders/0")
            assert sentry_capture.assert_captured().normalized() == snapshot
        """
    )
    shop.runpytest_subprocess("-p", "syrupy", "--snapshot-update").stdout.fnmatch_lines(["*1 snapshot generated.*"])
    [written] = shop.path.rglob("*.ambr")

    shop.runpytest_subprocess("-p", "syrupy").assert_outcomes(passed=1)
    assert "dict({" in written.read_text()
    assert "Captured" not in written.read_text()
    (shop.path / "shop.py").write_text(SHOP.replace('"shop"', '"store"'))
    result = shop.runpytest_subprocess("-p", "syrupy")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*-*'category': 'shop',*", "*+*'category': 'store',*"])


def test_inline_snapshot(shop: pytest.Pytester) -> None:
    test = shop.makepyfile(
        """
        from inline_snapshot import snapshot
        from shop import client

        def test(sentry_capture):
            client.get("/orders/0")
            assert sentry_capture.assert_captured().normalized()["exception"] == snapshot()
        """
    )
    shop.runpytest_subprocess("-p", "inline_snapshot", "--inline-snapshot=create")

    assert "'stacktrace': '<stacktrace>'" in test.read_text()
    shop.runpytest_subprocess("-p", "inline_snapshot").assert_outcomes(passed=1)

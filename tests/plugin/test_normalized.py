"""Payloads for snapshots: the same on every machine and in every run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import any_sdk
from applications import add_application, copy_application
from pytest_sentry_capture import CapturedEvent, SentryCapture, SentryInit

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
    copy_application("traced_shop", folder)
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


def test_a_plain_dict_all_the_way_down(sentry_capture: SentryCapture) -> None:
    event = CapturedEvent({"tags": {"a": "b"}, "breadcrumbs": {"values": [{"message": "m"}]}})

    assert repr(event.normalized()) == (
        "{'tags': {'a': 'b'}, 'breadcrumbs': {'values': [{'message': 'm'}]}, 'release': '<release>',"
        " 'server_name': '<server_name>'}"
    )


@pytest.fixture
def shop(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)  # what snapshot plugins go by
    add_application(pytester, "traced_shop")
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
    application = shop.path / "shop.py"
    application.write_text(application.read_text().replace('"shop"', '"store"'))
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

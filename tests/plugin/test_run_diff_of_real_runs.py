"""``sentry-contract diff`` of reports that real runs have written."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import pytest
import sentry_sdk

from applications import add_application
from run_reports import BY_CHANCE, differences, sentry_contract

pytestmark = pytest.mark.slow

PREVIOUS_SDK = Path(sys.prefix, "previous-sdk")
"""Where the Makefile puts sentry-sdk 2.75."""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Run the shop's tests, with another SDK if asked for, and return the report."""
    add_application(pytester, "unprotected_shop", "test_shop")

    def run_tests(name: str, *args: str, sdk: Path | None = None) -> Path:
        with monkeypatch.context() as patch:
            if sdk is not None:
                patch.setenv("PYTHONPATH", str(sdk), prepend=os.pathsep)
            result = pytester.runpytest_subprocess(f"--sentry-report={name}.json", *args)
        assert result.ret == pytest.ExitCode.OK
        return pytester.path / f"{name}.json"

    return run_tests


def test_equal_runs(run: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    before, after = run("before"), run("after", "-p", "no:randomly")

    assert sentry_contract("diff", before, after, "--exit-code") == 0
    assert capsys.readouterr().out.endswith(f"sentry-sdk {sentry_sdk.VERSION} in both runs\n\nNothing differs.\n")


@pytest.mark.needs("segments without transactions")
@pytest.mark.skipif(not PREVIOUS_SDK.exists(), reason="needs sentry-sdk 2.75 where `make` puts it")
def test_the_upgrade_to_3(run: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    before, after = run("before", sdk=PREVIOUS_SDK), run("after")
    assert sentry_contract("diff", before, after, "--exit-code") == 1
    found = differences(capsys.readouterr().out.splitlines())

    for line in (
        "gone     event, GET /log 200: was captured",
        "request.data.password: filtered -> sent, in event ZeroDivisionError, POST /orders/{number} 500",
        "http.request.body.data.password: filtered -> sent, in segment, POST /orders/{number} 500",
        "request.cookies.theme: not sent -> sent, in event ZeroDivisionError, POST /orders/{number} 500",
        "request.headers.x-forwarded-for: filtered -> sent, in event ZeroDivisionError, POST /orders/{number} 500",
        "request.env.REMOTE_ADDR: not sent -> sent, in event ZeroDivisionError, POST /orders/{number} 500",
        "client.address: not sent -> sent, in 3 rows, first: segment, GET /log 200",
        "integrations: no longer logging; new unraisablehook",
        (
            "transaction fields that spans cannot have: no longer contexts.runtime.build, tags.asgi.type,"
            " tags.http.status_code"
        ),
    ):
        assert line in found
    renamed = ("url.full", "http.request.method", "http.query", "sentry.op", "process.", "server.address", "sentry.")
    assert [line for line in found if line.startswith(renamed)] == []
    assert [line for line in found if line.startswith(("gone     segment", "new      segment"))] == []


@pytest.mark.needs("segments without transactions")
def test_rows_that_a_partial_run_has_not_tested_are_not_a_difference(
    run: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    whole, partial = run("whole"), run("partial", "-k", "test_crash")

    sentry_contract("diff", whole, partial)
    out = capsys.readouterr().out
    assert "Nothing differs." in out
    assert (
        "The second run was partial (2 tests deselected): rows of only the first run are left out,"
        " because the second run may not have tested them."
    ) in out


SAMPLED_SHOP = """
import os

import sentry_sdk
from fastapi import FastAPI
from fastapi.testclient import TestClient

sentry_sdk.init(dsn="https://public@sentry.invalid/1", traces_sample_rate=float(os.environ["RATE"]))
app = FastAPI()


@app.post("/orders/{number}")
def order(number: int):
    return 12 / number


client = TestClient(app, raise_server_exceptions=False)


def test_order():
    client.post("/orders/3")


def test_crash():
    client.post("/orders/0")
"""


def test_real_runs_in_which_chance_decided_otherwise(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """At these rates almost surely all or nothing is sampled."""
    pytester.makepyfile(test_shop=SAMPLED_SHOP)

    def run(rate: str) -> Path:
        monkeypatch.setenv("RATE", rate)
        pytester.runpytest_subprocess(f"--sentry-report={rate}.json").assert_outcomes(passed=2)
        return pytester.path / f"{rate}.json"

    reports = [run("0.0000001"), run("0.9999999")]
    capsys.readouterr()
    for before, after in permutations(reports):
        assert sentry_contract("diff", before, after, "--exit-code") == 0
        assert capsys.readouterr().out.endswith(f"\n\nNothing differs.\n\n{BY_CHANCE}\n")

"""The capture table: what a run captured and what it did not, written to a file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SHOP = """
import sentry_sdk
from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient
from sentry_sdk.integrations.starlette import StarletteIntegration

app = FastAPI()

@app.get("/orders/{number}")
def order(number: int):
    if number == 404:
        raise HTTPException(404)
    sentry_sdk.set_tag("order", number)
    sentry_sdk.set_user({"id": "u-1", "email": "jane@example.org"})
    return 1 / number

def hide_not_found(event, hint):
    return None if getattr(hint.get("exc_info", [0, 0])[1], "status_code", None) == 404 else event

sentry_sdk.init(
    dsn="https://key@sentry.invalid/1",
    before_send=hide_not_found,
    integrations=[StarletteIntegration(failed_request_status_codes={*range(400, 600)})],
)
client = TestClient(app, raise_server_exceptions=False)
"""

TESTS = """
import logging, threading
import sentry_sdk
import pytest
from shop import client

@pytest.mark.parametrize("turn", range(3))
def test_crash(turn):
    client.get("/orders/0")

def test_crash_with_tracing():
    with sentry_sdk.start_transaction(name="nightly"):
        sentry_sdk.capture_message("never sampled")

def test_not_found():
    client.get("/orders/404")

def test_no_route():
    client.get("/nowhere")

def test_fine():
    client.get("/orders/1")

def test_logged():
    logging.getLogger("shop").error("out of %s", "stock")

@pytest.mark.filterwarnings("ignore")
def test_thread():
    thread = threading.Thread(target=lambda: {}["stock"])
    thread.start()
    thread.join()
"""

TABLE = """\
request or origin     status  kind   exception          Sentry       by                   level  tags   user       times  example
--------------------  ------  -----  -----------------  -----------  -------------------  -----  -----  ---------  -----  ---------------------------------------
GET (no route)        404     event  HTTPException      before_send  shop.hide_not_found  error                    1      test_orders.py::test_no_route
GET /orders/{number}  200                               nothing                                                    1      test_orders.py::test_fine
GET /orders/{number}  404     event  HTTPException      before_send  shop.hide_not_found  error                    1      test_orders.py::test_not_found
GET /orders/{number}  500     event  ZeroDivisionError  captured                          error  order  email, id  3      test_orders.py::test_crash
direct                        event                     captured                          info                     1      test_orders.py::test_crash_with_tracing
logging                       event                     captured                          error                    1      test_orders.py::test_logged
threading                     event  KeyError           captured                          error                    1      test_orders.py::test_thread
"""  # noqa: E501


@pytest.fixture
def shop(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(shop=SHOP)
    pytester.syspathinsert()
    return pytester


def report(run: pytest.Pytester, *args: str) -> str:
    run.runpytest_subprocess("--sentry-report=table.txt", *args)
    return (run.path / "table.txt").read_text()


@pytest.mark.parametrize("args", [(), ("-n2",), ("-n2", "--dist=loadfile"), ("-p", "randomly")])
def test_a_row_for_each_distinct_way(shop: pytest.Pytester, args: tuple[str, ...]) -> None:
    shop.makepyfile(test_orders=TESTS)

    assert report(shop, *args) == TABLE


def test_a_removed_test_changes_the_table(shop: pytest.Pytester) -> None:
    shop.makepyfile(test_orders=TESTS.replace("def test_not_found", "def not_found"))

    assert report(shop) == "".join(
        line for line in TABLE.splitlines(keepends=True) if not re.match(r"GET /orders/\{number\}  404", line)
    )


def test_only_the_last_attempt_at_a_test_counts(shop: pytest.Pytester) -> None:
    shop.makepyfile(
        """
        import sentry_sdk
        import shop

        attempts = []

        def test_flaky():
            attempts.append(1)
            sentry_sdk.capture_message("hello", level="info" if len(attempts) == 3 else "fatal")
            assert len(attempts) == 3
        """
    )

    assert [line.split() for line in report(shop, "-p", "rerunfailures", "--reruns=5").splitlines()[2:]] == [
        ["direct", "event", "captured", "info", "1", "test_only_the_last_attempt_at_a_test_counts.py::test_flaky"]
    ]


@pytest.mark.parametrize("args", [(), ("-n2",)])
def test_what_came_outside_of_tests_is_counted_once(shop: pytest.Pytester, args: tuple[str, ...]) -> None:
    shop.makepyfile("import sentry_sdk, shop\nsentry_sdk.capture_message('at import')\ndef test(): pass")

    assert [line.split() for line in report(shop, *args).splitlines()[2:]] == [
        ["direct", "event", "captured", "info", "1", "(collection)"]
    ]


def test_folders_are_made_and_several_files_written(shop: pytest.Pytester) -> None:
    shop.makepyfile(test_orders=TESTS)

    result = shop.runpytest_subprocess(
        "--sentry-report=build/new/one.txt", "--sentry-report", str(shop.path / "two.txt")
    )

    result.stdout.fnmatch_lines(
        [
            "*= sentry =*",
            "What was captured and what was not: build/new/one.txt",
            f"What was captured and what was not: {shop.path}/two.txt",
        ]
    )
    assert Path(shop.path, "build/new/one.txt").read_text() == Path(shop.path, "two.txt").read_text() == TABLE


def test_a_report_that_cannot_be_written_fails_the_run(shop: pytest.Pytester) -> None:
    shop.makepyfile("def test(): pass")
    (shop.path / "folder").write_text("no folder")

    result = shop.runpytest_subprocess("--sentry-report=folder/table.txt")

    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["folder/table.txt could not be written: *"])

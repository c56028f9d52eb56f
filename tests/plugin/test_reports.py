"""The capture table: what a run captured and what it did not, written to a file."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import sentry_sdk

from any_sdk import IS_3
from applications import add_application
from checkout import REPORT_SCHEMA
from run_output import json_report
from run_reports import comparable

SCHEMA = json.loads(REPORT_SCHEMA.read_text(encoding="utf-8"))


TESTS = """
import logging, threading
import sentry_sdk
import pytest
from any_sdk import segment
from shop import client

@pytest.mark.parametrize("turn", range(3))
def test_crash(turn):
    client.get("/orders/0")

def test_crash_with_tracing():
    with segment("nightly"):
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
    add_application(pytester, "shop_that_reports_not_found")
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
def test_items_outside_of_tests_are_counted_once(shop: pytest.Pytester, args: tuple[str, ...]) -> None:
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
            "Sentry report: build/new/one.txt",
            f"Sentry report: {shop.path}/two.txt",
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


TRACES = """
import pytest
import sentry_sdk
from any_sdk import segment, span
from shop import client

@pytest.mark.sentry_options(traces_sample_rate=1.0)
@pytest.mark.parametrize("turn", range(2))
def test_traced(turn):
    client.get("/orders/1")
    with segment("nightly", "task"), span("SELECT 1", "db"):
        pass

@pytest.mark.sentry_options(traces_sample_rate=0.0)
def test_unsampled():
    client.get("/orders/1")
    with segment("nightly", "task"), span("SELECT 1", "db"), span("SELECT 2", "db"):
        pass
"""
TABLE_OF_TRACES = """\
request or origin     status  kind     Sentry       times  example
--------------------  ------  -------  -----------  -----  ------------------------------
GET /orders/{number}  200     segment  captured     2      test_traces.py::test_traced
GET /orders/{number}  200     segment  sample_rate  1      test_traces.py::test_unsampled
direct                        segment  captured     2      test_traces.py::test_traced
direct                        segment  sample_rate  1      test_traces.py::test_unsampled
"""


@pytest.mark.parametrize("args", [(), ("-n2",)])
def test_a_segment_is_one_row_on_every_sdk(shop: pytest.Pytester, args: tuple[str, ...]) -> None:
    shop.makepyfile(test_traces=TRACES)

    assert report(shop, "--sentry-report-traces", *args) == TABLE_OF_TRACES


@pytest.mark.needs("streamed spans")
@pytest.mark.parametrize(("rate", "result"), [(1.0, "captured"), (0.0, "sample_rate")])
def test_a_streamed_segment_is_one_row(pytester: pytest.Pytester, rate: float, result: str) -> None:
    pytester.makepyfile(
        f"""
        from any_sdk import streamed_segment, streamed_span

        def test(sentry_init):
            sentry_init(dsn="https://key@sentry.invalid/1", traces_sample_rate={rate}, trace_lifecycle="stream")
            with streamed_segment("nightly", "task"), streamed_span("SELECT 1"), streamed_span("SELECT 2"):
                pass
        """
    )

    assert [line.split()[:4] for line in report(pytester, "--sentry-report-traces").splitlines()[2:]] == [
        ["direct", "segment", result, "1"]
    ]


@pytest.mark.needs("segments without transactions")
@pytest.mark.parametrize(("origin", "rows"), [("auto.db.sqlalchemy", 0), ("manual", 1)])
def test_what_the_sdk_traces_by_itself_is_not_part_of_the_contract(
    shop: pytest.Pytester, origin: str, rows: int
) -> None:
    """Outside of requests, every query is a segment."""
    shop.makepyfile(
        f"""
        import pytest
        import shop
        from any_sdk import segment

        @pytest.mark.sentry_options(traces_sample_rate=1.0)
        def test():
            with segment("SELECT 1", **{{"sentry.origin": "{origin}"}}):
                pass
        """
    )

    table = report(shop, "--sentry-contract=update", "--sentry-report-traces")

    shown = "direct" if origin == "manual" else origin
    assert [shown, "segment", "captured", "1"] in [line.split()[:4] for line in table.splitlines()]
    contract = (shop.path / "sentry-contract.toml").read_text()
    assert contract.count('[[row]]\norigin = "direct"\nkind = "segment"\ncaptured = true\n') == rows
    assert contract.count("\n[[row]]") == rows


def valid_json_report(run: pytest.Pytester, *args: str) -> dict[str, Any]:
    """The report of a run, which is what its schema says."""
    run.runpytest_subprocess("--sentry-report=report.json", *args)
    content = json_report(run)
    jsonschema_rs.validate(SCHEMA, content)
    return content


def test_json_of_a_serial_run_and_of_workers(shop: pytest.Pytester) -> None:
    shop.makepyfile(test_orders=TESTS, test_traces=TRACES)

    serial, parallel = valid_json_report(shop), valid_json_report(shop, "-n2")

    assert comparable(parallel) == comparable(serial)
    assert serial["sdk"] == sentry_sdk.VERSION
    assert serial["integrations"] == sorted(serial["integrations"])
    assert {"fastapi", "logging", "threading"} <= {*serial["integrations"]}
    assert {kind: serial["counts"][kind] for kind in ("event", "segment")} == {"event": 6, "segment": 4}
    assert serial["counts"]["span"] >= 2
    assert [
        (row["origin"], row["discarded"] and row["discarded"]["reason"], row["count"], row["in_contract"])
        for row in serial["rows"]
        if row["kind"] == "segment"
    ] == [
        (None, None, 2, True),
        (None, "sample_rate", 1, False),
        ("direct", None, 2, True),
        ("direct", "sample_rate", 1, False),
    ]
    assert [bool(row["fields"]) for row in serial["rows"]] == [row["captured"] for row in serial["rows"]]


BODY = {"password": "swordfish", "name": "jane", "items": [{"price": 1}, {"price": 2}]}
LEFT_OUT = ("event_id", "timestamp", "trace_id", "span_id", "modules", "sdk", "_meta", "spans", "starlette", "anyio")


def test_fields_and_their_states(pytester: pytest.Pytester) -> None:
    add_application(pytester, "shop_with_fields")
    pytester.makepyfile(
        test_orders=f"from shop import client\n\ndef test():\n    client.post('/orders', json={BODY})\n",
    )

    content = valid_json_report(pytester)
    event, segment = content["rows"]

    # The event scrubber of up to 2.x filters passwords. 3 has none, and sends bodies in clear.
    password = "sent" if IS_3 else "filtered"
    expected = {
        "environment": "sent",
        "exception.values.stacktrace.frames.vars.number": "sent",
        "exception.values.type": "sent",
        "exception.values.value": "cut",
        "level": "sent",
        "release": "sent",
        "request.data.items.price": "sent",
        "request.data.name": "sent",
        "request.data.password": password,
        "request.method": "sent",
        "tags.shop": "sent",
        "user.id": "sent",
    }
    assert {name: event["fields"][name] for name in expected} == expected
    of_segment = {
        "name" if IS_3 else "transaction": "sent",
        "sentry.environment" if IS_3 else "environment": "sent",
        "http.request.body.data.password" if IS_3 else "request.data.password": password,
        "http.request.body.data.items.price" if IS_3 else "request.data.items.price": "sent",
        "user.id": "sent",
    }
    assert {name: segment["fields"][name] for name in of_segment} == of_segment
    paths = [*event["fields"], *segment["fields"]]
    assert [path for path in paths if any(part in LEFT_OUT or part.isdigit() for part in path.split("."))] == []
    values = [each for name, each in BODY.items() if name != "items"]
    assert [value for value in values if str(value) in json.dumps(content)] == []


@pytest.mark.needs("Sentry's own engine")
def test_personal_data_in_json(pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml(
        '[tool.sentry_capture.rules]\nno-pii = { severity = "warn" }\nrequired-tags = ["shop"]\n'
    )
    pytester.makepyfile(
        """
        import pytest
        import sentry_sdk

        @pytest.mark.parametrize("name", ["jane", "joe"])
        def test(sentry_init, name):
            sentry_init(dsn="https://key@sentry.invalid/1")
            sentry_sdk.set_extra("cart", {"buyers": [{"mail": f"{name}@example.org"}]})
            sentry_sdk.capture_message("hello")
        """
    )

    content = valid_json_report(pytester)

    where = {"request": None, "origin": "direct", "status": None}
    assert content["personal_data"] == [{**where, "kind": "event", "place": "extra.cart.buyers.mail", "rule": "@email"}]
    assert [(rule["name"], rule["state"], rule["broken"], rule["not_judged"]) for rule in content["rules"]] == [
        ("no-pii", "broken", 2, 0),
        ("required-tags", "broken", 2, 0),
    ]
    assert "example.org" not in json.dumps(content)


@pytest.mark.needs("Sentry's own engine")
@pytest.mark.needs("segments without transactions")
def test_personal_data_in_a_list_of_a_segment(pytester: pytest.Pytester) -> None:
    """Its place is that of the field, without the form that attributes of spans have."""
    pytester.makepyprojecttoml('[tool.sentry_capture.rules]\nno-pii = { severity = "warn" }\n')
    pytester.makepyfile(
        """
        from any_sdk import segment

        def test(sentry_init):
            sentry_init(dsn="https://key@sentry.invalid/1", traces_sample_rate=1.0)
            with segment("checkout", **{"shop.mails": ["none", "jane@example.org"]}):
                pass
        """
    )

    found = {(each["kind"], each["origin"], each["place"]) for each in valid_json_report(pytester)["personal_data"]}

    assert found == {("segment", "direct", "shop.mails")}


def test_a_declared_secret_is_not_a_name_of_a_header_in_another_case(pytester: pytest.Pytester) -> None:
    add_application(pytester, "shop_with_fields")
    pytester.makepyfile(
        test_orders="""
        from shop import client

        def test(sentry_capture):
            sentry_capture.secret("S3cretKey")
            client.post("/orders", json={"name": "jane"}, headers={"S3cretKey": "1", "X-Shop": "1"})
        """,
    )

    content = valid_json_report(pytester)

    headers = {path for row in content["rows"] for path in row["fields"] if ".header" in path}
    assert {path.rpartition(".")[2] for path in headers} >= {"(not shown)", "x-shop"}
    assert "s3cretkey" not in json.dumps(content).lower()


@pytest.mark.needs("before_send_transaction")
@pytest.mark.parametrize(("rate", "in_contract"), [(1.0, True), (0.999999, False)])
def test_a_transaction_that_is_dropped_by_name_where_chance_let_it_through(
    pytester: pytest.Pytester, rate: float, in_contract: bool
) -> None:
    """With a rate such as 0.5, before_send_transaction sees some of them, and others are sampled out."""
    pytester.makepyfile(
        f"""
        from any_sdk import segment

        def drop(event, hint):
            return None

        def test(sentry_init):
            sentry_init(dsn="https://key@sentry.invalid/1", traces_sample_rate={rate}, before_send_transaction=drop)
            with segment("nightly", "task"):
                pass
        """
    )

    [row] = valid_json_report(pytester)["rows"]

    assert (row["kind"], row["discarded"]["reason"], row["in_contract"]) == ("segment", "before_send", in_contract)

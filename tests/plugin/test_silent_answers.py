"""Answers of 400 or more during which no event was captured or discarded: in table, contract, rules and JSON."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from applications import add_application
from run_output import json_report, rules_in_report, summary_of

CONFTEST = """
import pytest
import shop
from sentry_sdk.integrations.fastapi import FastApiIntegration
from sentry_sdk.integrations.starlette import StarletteIntegration

OPTIONS = {}

@pytest.fixture
def client(sentry_init):
    integrations = [StarletteIntegration(), FastApiIntegration()]
    sentry_init(
        dsn="https://key@sentry.invalid/1", before_send=shop.before_send, integrations=integrations, **OPTIONS
    )
    return shop.client
"""
TESTS = """
import pytest
from starlette.websockets import WebSocketDisconnect

@pytest.mark.parametrize("path", [
    "/returned/200", "/returned/302", "/returned/400", "/returned/503", "/returned/x", "/nowhere", "/sold-out",
    "/expected", "/crash", "/message", "/payment/0", "/payment/1", "/payment/0", "/admin/users/7",
    "/admin/users/x", "/gateway/returned/503", "/gateway/crash", "/gateway/returned/200",
])
def test(client, path):
    client.get(path)

def test_socket(client):
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/news"):
        pass
"""
SILENT = """\
GET (no route) 404
GET /admin/users/{number} 403
GET /admin/users/{number} 422
GET /gateway{path:path} 502
GET /payment/{is_reported} 402
GET /returned/{status} 400
GET /returned/{status} 422
GET /returned/{status} 503
GET /sold-out 409
WEBSOCKET /news 403
"""
EVENTS = """\
GET /crash 500 ZeroDivisionError captured
GET /expected 500 ExpectedError before_send
GET /message 400 - captured
GET /payment/{is_reported} 402 - captured
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    add_application(pytester, "shop_of_silent_answers")
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(test_shop=TESTS)
    return pytester


def options(project: pytest.Pytester, text: str) -> None:
    """Have the client made with these options, in Python."""
    project.makeconftest(CONFTEST.replace("OPTIONS = {}", f"from any_sdk import *\nOPTIONS = {text}"))


def table(project: pytest.Pytester, *args: str) -> list[dict[str, str]]:
    """The rows of the text table, by their columns."""
    return table_of(project.runpytest_inprocess, project, *args)


def table_of(run: Callable[..., object], project: pytest.Pytester, *args: str) -> list[dict[str, str]]:
    """The rows of the text table of a run, which applications need a process for that initialize Sentry themselves."""
    run("--sentry-report=table.txt", "--sentry-report-traces", *args)
    parts = (project.path / "table.txt").read_text().split("\n\n")
    heading, rule, *lines = next(part for part in parts if part.startswith("request or origin ")).splitlines()
    columns = [(match.start(), match.end()) for match in re.finditer("-+", rule)]
    names = [heading[start:end].strip() for start, end in columns]
    return [
        dict(zip(names, (line[start:end].strip() for start, end in columns), strict=True)) for line in lines if line
    ]


def silent(rows: list[dict[str, str]]) -> str:
    return "".join(f"{row['request or origin']} {row['status']}\n" for row in rows if row["Sentry"] == "silent")


def events(rows: list[dict[str, str]]) -> str:
    return "".join(
        f"{row['request or origin']} {row['status']} {row['exception'] or '-'} {row['Sentry']}\n"
        for row in rows
        if row["kind"] == "event"
    )


@pytest.mark.parametrize(
    "sampling",
    ["{}", "{'traces_sample_rate': 1.0}", "{'traces_sample_rate': 0.0}", "{'traces_sampler': lambda context: 0}"],
    ids=["untraced", "traced", "unsampled", "dropped by a sampler"],
)
def test_a_silent_answer_has_a_row_whether_it_is_traced_or_not(project: pytest.Pytester, sampling: str) -> None:
    options(project, sampling)

    rows = table(project)

    assert silent(rows) == SILENT
    assert events(rows) == EVENTS
    assert any(row["kind"] == "segment" for row in rows) is (sampling != "{}")
    assert any((row["status"], row["Sentry"]) == ("302", "nothing") for row in rows) is (sampling == "{}")


def test_a_silent_answer_that_is_traced_by_chance_is_silent_each_time(project: pytest.Pytester) -> None:
    options(project, "{'traces_sample_rate': 0.5}")

    rows = table(project)

    assert silent(rows) == SILENT
    chance = [row["Sentry"] for row in rows if row["kind"] == "segment"]
    assert {*chance} <= {"captured (sampled by chance)", "sample_rate (sampled by chance)"}
    assert chance


@pytest.mark.needs("logs")
def test_logs_and_metrics_are_not_events(project: pytest.Pytester) -> None:
    options(project, "logs_enabled()")
    project.makepyfile(
        test_shop="""
        import sentry_sdk, shop

        def test(client):
            client.get("/sold-out")

        @shop.app.get("/logged")
        def logged():
            sentry_sdk.logger.warning("no tea")
            return shop.JSONResponse({}, 418)

        def test_log(client):
            client.get("/logged")
        """
    )

    rows = table(project)

    assert silent(rows) == "GET /logged 418\nGET /sold-out 409\n"
    assert "log" in [row["kind"] for row in rows]
    assert events(rows) == ""


def test_how_often_each_outcome_of_a_route_was_seen(project: pytest.Pytester) -> None:
    rows = [row for row in table(project, "-n2") if row["request or origin"] == "GET /payment/{is_reported}"]

    assert [(row["Sentry"], row["times"]) for row in rows] == [("silent", "2"), ("captured", "1")]


def test_a_crash_after_the_answer_began_is_silent_where_nothing_was_reported(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_shop="""
        import pytest, sentry_sdk, shop

        @pytest.mark.sentry_options(before_send=None)
        def test_reported(client):
            client.get("/export")

        def test_filtered(client):
            client.get("/export")

        @pytest.fixture
        def without_integrations(sentry_init):
            sentry_init(dsn="https://key@sentry.invalid/1", default_integrations=False, traces_sample_rate=1.0)

        def test_silent(without_integrations):
            shop.client.get("/export")
        """
    )

    rows = [row for row in table(project) if row["kind"] != "segment"]

    assert sorted((row["status"], row["Sentry"]) for row in rows) == [
        ("200", "before_send"),
        ("200", "captured"),
        ("200", "silent"),
    ]


def test_the_contract_holds_silent_answers(project: pytest.Pytester) -> None:
    options(project, "{'traces_sample_rate': 1.0}")
    project.makepyfile(
        test_shop="""
        import sentry_sdk

        def test(client):
            client.get("/payment/0")
            client.get("/returned/200")
        """
    )
    project.runpytest_inprocess("--sentry-contract=update")
    contract = project.path / "sentry-contract.toml"
    text = contract.read_text()
    kept = project.runpytest_inprocess("--sentry-contract=check")
    contract.write_text(text.replace("captured = false\n", 'kind = "event"\ncaptured = true\n', 1))
    changed = project.runpytest_inprocess("--sentry-contract=check")

    silent_row = '[[row]]\nrequest = "GET /payment/{is_reported}"\nstatus = 402\ncaptured = false\n'
    segment_row = '[[row]]\nrequest = "GET /payment/{is_reported}"\nstatus = 402\nkind = "segment"\ncaptured = true\n'
    assert f"{silent_row}\n{segment_row}" in text
    assert text.count("captured = false") == 1
    assert kept.ret == pytest.ExitCode.OK
    assert changed.ret == pytest.ExitCode.TESTS_FAILED
    assert [line for line in summary_of(changed) if line.startswith("  ")] == [
        "  new      GET /payment/{is_reported} 402: silent [test_shop.py::test]",
        "  gone     event, GET /payment/{is_reported} 402: was captured",
    ]


OF_VERSION_1 = """\
version = 1

[[row]]
request = "GET /returned/{status}"
status = 503
kind = "transaction"
captured = true
"""
SILENT_OF_VERSION_1 = """
[[row]]
request = "GET /returned/{status}"
status = 503
captured = false
"""


@pytest.mark.parametrize("more", ["", SILENT_OF_VERSION_1], ids=["traced then", "untraced then"])
def test_a_contract_of_version_1_had_no_rows_of_traced_silent_answers(project: pytest.Pytester, more: str) -> None:
    options(project, "{'traces_sample_rate': 1.0}")
    project.makepyfile(test_shop="def test(client): client.get('/returned/503')")
    contract = project.path / "sentry-contract.toml"
    contract.write_text(OF_VERSION_1 + more)

    checked = project.runpytest_inprocess("--sentry-contract=check")
    project.runpytest_inprocess("--sentry-contract=update")

    assert checked.ret == pytest.ExitCode.OK, checked.stdout.str()
    assert contract.read_text() == (
        "version = 2\n" + SILENT_OF_VERSION_1 + OF_VERSION_1.partition("1\n")[2].replace("transaction", "segment")
    )


def test_a_contract_of_version_1_had_rows_of_untraced_silent_answers(project: pytest.Pytester) -> None:
    project.makepyfile(test_shop="def test(client): client.get('/returned/503')")
    (project.path / "sentry-contract.toml").write_text("version = 1\n")

    checked = project.runpytest_inprocess("--sentry-contract=check")

    assert checked.ret == pytest.ExitCode.TESTS_FAILED
    assert "  new      GET /returned/{status} 503: silent [test_shop.py::test]" in summary_of(checked)


STATES = """
import pytest, sentry_sdk, shop

def test_silent(client):
    client.get("/returned/503")

def test_fine(client):
    client.get("/returned/200")

def test_reported(client):
    client.get("/crash")

def test_filtered(client):
    client.get("/expected")

def test_off():
    shop.client.get("/returned/504")
    shop.client.get("/returned/201")

@pytest.mark.sentry_allow("contract", reason="random requests")
def test_waived(client):
    client.get("/returned/505")
    client.get("/message")

@pytest.mark.sentry_options(sample_rate=1e-9)
def test_by_chance(client):
    client.get("/payment/1")
"""


def test_states_in_table_json_and_contract(project: pytest.Pytester) -> None:
    project.makepyfile(test_shop=STATES)

    rows = table(project, "--sentry-report=report.json", "--sentry-contract=update", "-n2")

    told = {(row["state"], row["status"], row["captured"], row["in_contract"]) for row in json_report(project)["rows"]}
    assert told == {
        ("silent", 503, False, True),
        ("nothing", 200, False, True),
        ("captured", 500, True, True),
        ("discarded", 500, False, True),
        ("Sentry was off", 504, False, False),
        ("Sentry was off", 201, False, False),
        ("waived", 505, False, False),
        ("waived", 400, True, False),
        ("sampled by chance", 402, False, False),
    }
    assert {(row["status"], row["Sentry"]) for row in rows} == {
        ("503", "silent"),
        ("200", "nothing"),
        ("500", "captured"),
        ("500", "before_send"),
        ("504", "Sentry was off"),
        ("201", "Sentry was off"),
        ("505", "silent (waived)"),
        ("400", "captured (waived)"),
        ("402", "sample_rate (sampled by chance)"),
    }
    contract = (project.path / "sentry-contract.toml").read_text()
    assert re.findall(r"status = (\d+)", contract) == ["500", "500", "503"]


def test_a_state_is_that_of_all_tests_together(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_shop="""
        import pytest, shop

        @pytest.mark.sentry_allow("contract", reason="random requests")
        def test_waived(client):
            client.get("/returned/503")

        def test_silent(client):
            client.get("/returned/503")

        def test_off():
            shop.client.get("/returned/503")
        """
    )

    rows = table(project, "-n3")

    assert [(row["Sentry"], row["times"]) for row in rows] == [("Sentry was off", "1"), ("silent", "2")]


RULES = """
[rules]
server-errors-captured = true

[[expect]]
name = "payments are reported"
status_code = 402
captured = true

[[expect]]
name = "conflicts are not"
status_code = 409
captured = false
"""


@pytest.mark.parametrize("sampling", ["{}", "{'traces_sample_rate': 1.0}"], ids=["untraced", "traced"])
def test_rules_judge_silent_answers_the_same_whether_they_are_traced(project: pytest.Pytester, sampling: str) -> None:
    options(project, sampling)
    project.makefile(".toml", sentry_capture=RULES)
    project.makepyfile(
        test_shop="""
        def test_server_error(client): client.get("/returned/503")
        def test_payment(client): client.get("/payment/0")
        def test_sold_out(client): client.get("/sold-out")
        """
    )

    result = project.runpytest_inprocess("--sentry-report=report.json")

    result.assert_outcomes(passed=2, failed=1, errors=1)
    assert rules_in_report(project) == {
        "server-errors-captured": ("broken", 0, 1),
        "payments are reported": ("broken", 0, 1),
        "conflicts are not": ("kept", 1, 0),
    }


def test_rules_are_not_judged_while_sentry_is_off(project: pytest.Pytester) -> None:
    project.makefile(".toml", sentry_capture=RULES)
    project.makepyfile(
        test_shop="""
        import sentry_sdk, shop

        def test_on(client):
            client.get("/returned/200")

        def test_off():
            for path in "/returned/503", "/payment/1", "/sold-out":
                shop.client.get(path)
        """
    )

    result = project.runpytest_inprocess("--sentry-report=report.json", "--sentry-strict")

    result.assert_outcomes(passed=2)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert rules_in_report(project, "state", "not_judged", "obstacles") == {
        name: ("not judged", 1, ["no Sentry client was active"])
        for name in ("server-errors-captured", "payments are reported", "conflicts are not")
    }


OUTSIDE = """
import pytest
import sentry_sdk
import shop

sentry_sdk.init(dsn="https://key@sentry.invalid/1", traces_sample_rate=1.0)
"""
OF_MODULE = """
import pytest, shop

shop.client.get("/returned/501")

@pytest.fixture(scope="module")
def catalog():
    shop.client.get("/returned/502")
    yield
    shop.client.get("/returned/503")

def test_first(catalog): pass
def test_second(catalog): pass
"""
HOOK = """
def pytest_runtest_logfinish(nodeid):
    if nodeid.endswith("test_first"):
        shop.client.get("/returned/504")
"""


def test_silent_answers_outside_of_tests(project: pytest.Pytester) -> None:
    project.makeconftest(OUTSIDE + HOOK)
    project.makefile(".toml", sentry_capture="rules.server-errors-captured = true")
    project.makepyfile(test_shop=OF_MODULE)

    rows = table_of(project.runpytest_subprocess, project, "--sentry-contract=update", "--sentry-report=report.json")

    examples = [(row["status"], row["example"].rpartition("::")[2]) for row in rows if row["Sentry"] == "silent"]
    assert examples == [
        ("501", "(collection)"),
        ("502", "test_first"),
        ("503", "test_second"),
        ("504", "(between tests)"),
    ]
    contract = (project.path / "sentry-contract.toml").read_text()
    assert len(re.findall("captured = false", contract)) == 4
    assert rules_in_report(project) == {"server-errors-captured": ("broken", 0, 4)}


def test_what_is_off_outside_of_tests_is_not_silent(project: pytest.Pytester) -> None:
    project.makeconftest(f"import shop\n{HOOK}{CONFTEST}")
    project.makefile(".toml", sentry_capture="rules.server-errors-captured = true")
    project.makepyfile(test_shop="import shop\nshop.client.get('/returned/501')\n\ndef test_first(client): pass")

    rows = table_of(project.runpytest_subprocess, project, "--sentry-report=report.json")

    assert [(row["status"], row["Sentry"]) for row in rows] == [("501", "Sentry was off"), ("504", "Sentry was off")]
    assert rules_in_report(project) == {"server-errors-captured": ("not judged", 0, 0)}

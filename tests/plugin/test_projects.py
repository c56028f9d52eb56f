"""Runs whose clients have DSNs of several projects: table and JSON name them, the contract does not."""

from __future__ import annotations

import json
import sys

import pytest

from run_output import summary_of

SHOP = '''
"""An application that reports payments to a project of their own."""
import sentry_sdk

sentry_sdk.init(dsn="https://key@sentry.invalid/11", auto_enabling_integrations=False)
payments = sentry_sdk.Client(
    dsn="https://key@sentry.invalid/prefix/22", auto_enabling_integrations=False, before_send=lambda *_: None
)
'''
BOTH = """
import shop
import sentry_sdk

def test_order():
    sentry_sdk.capture_message("an order")

def test_payment():
    shop.payments.capture_event({"message": "a payment"})
"""
ONE = """
import shop
import sentry_sdk

def test_order():
    sentry_sdk.capture_message("an order")

def test_nothing():
    sentry_sdk.capture_message("another order")
"""
TWO = """
import shop
import sentry_sdk

other = sentry_sdk.Client(dsn="https://key@sentry.invalid/33", auto_enabling_integrations=False)

def test_order():
    sentry_sdk.capture_message("an order")

def test_another():
    other.capture_event({"message": "another order", "level": "info"})
"""
TABLE = """\
request or origin  kind   project  Sentry       by             level  times  example
-----------------  -----  -------  -----------  -------------  -----  -----  --------------------------
direct             event  22       before_send  shop.<lambda>         1      test_shop.py::test_payment
direct             event  11       captured                    info   1      test_shop.py::test_order
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(shop=SHOP, test_shop=BOTH)
    pytester.syspathinsert()
    return pytester


@pytest.mark.parametrize("options", [(), ("-n", "2", "-p", "xdist")], ids=["serial", "xdist"])
def test_table_and_json_name_several_projects(project: pytest.Pytester, options: tuple[str, ...]) -> None:
    project.runpytest_subprocess("--sentry-report=run.txt", "--sentry-report=run.json", *options)

    rows = json.loads((project.path / "run.json").read_text())["rows"]
    assert [row["project"] for row in rows] == ["22", "11"]
    shown = [line.split() for line in (project.path / "run.txt").read_text().splitlines()]
    assert shown == [line.split() for line in TABLE.splitlines()]


def test_one_project_is_not_named(project: pytest.Pytester) -> None:
    project.makepyfile(test_shop=ONE)

    project.runpytest_subprocess("--sentry-report=run.txt", "--sentry-report=run.json")

    [row] = json.loads((project.path / "run.json").read_text())["rows"]
    assert (row["project"], row["count"]) == (None, 2)
    assert "project" not in (project.path / "run.txt").read_text()


def test_the_contract_names_no_project(project: pytest.Pytester) -> None:
    """The same thing in two projects is one row of it, and stays one where all is sent to one project."""
    project.makepyfile(test_shop=TWO)
    project.runpytest_subprocess("--sentry-contract=update")
    contract = (project.path / "sentry-contract.toml").read_text()
    project.makepyfile(test_shop=ONE)

    result = project.runpytest_subprocess("--sentry-contract=check")

    assert contract.count("\n[[row]]\n") == 1
    assert "project" not in contract
    assert "The contract matches: 1 row in sentry-contract.toml." in summary_of(result)
    assert result.ret == pytest.ExitCode.OK


def test_reports_of_runs_with_one_and_with_several_projects_are_compared(project: pytest.Pytester) -> None:
    project.makepyfile(test_shop=ONE)
    project.runpytest_subprocess("--sentry-report=before.json")
    project.makepyfile(test_shop=TWO)
    project.runpytest_subprocess("--sentry-report=after.json")

    result = project.run(sys.executable, "-m", "pytest_sentry_capture.cli", "diff", "before.json", "after.json")

    assert {row["project"] for row in json.loads((project.path / "after.json").read_text())["rows"]} == {"11", "33"}
    result.stdout.no_fnmatch_line("*lost*")
    result.stdout.no_fnmatch_line("*new*")

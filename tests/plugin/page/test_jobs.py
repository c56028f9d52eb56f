"""Jobs in all that is written of a run: on the page, in its filters, and in what changed since an older report."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any, Final

import pytest

from pages import ITEM, page, silent_row
from run_reports import dropped, report, row, sentry_contract
from tests.plugin.page.conftest import Visit

CONFTEST: Final = """
from pytest_sentry_capture import JobSystem

def pytest_sentry_capture_job_systems(config):
    return [JobSystem("consumer", runs="shop:run_job", job=lambda name, error: name)]
"""
SHOP: Final = """
import sentry_sdk

sentry_sdk.init(dsn="https://key@sentry.invalid/1")

def run_job(name, error):
    if error == "reported":
        sentry_sdk.capture_message("no receipt", level="error")
    if error:
        raise LookupError(error)
"""
TESTS: Final = """
import pytest, shop

@pytest.mark.parametrize("error", ["", "silent", "reported"])
def test_job(error, sentry_capture):
    try:
        shop.run_job(f"shop.tasks.{error or 'fine'}", error)
    except LookupError:
        pass
"""
RECEIPT: Final = "shop.tasks.send_receipt"


def job(name: str, status: str) -> dict[str, Any]:
    """The columns of a job."""
    return {"request": None, "job": name, "origin": None, "status": status}


@pytest.fixture
def shop(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.syspathinsert()
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(shop=SHOP, test_shop=TESTS)
    return pytester


def run(shop: pytest.Pytester, *options: str) -> None:
    names = ("run.json", "monitoring.html", "run.txt", "run.md")
    reports = [f"--sentry-report={name}" for name in names]
    shop.runpytest_subprocess("-p", "no:randomly", *reports, *options)


def text_of(shop: pytest.Pytester) -> str:
    """The text of the page, in one line."""
    source = (shop.path / "monitoring.html").read_text(encoding="utf-8")
    return " ".join(re.sub(r"<[^>]*>", " ", unescape(source.partition("<main>")[2])).split())


def test_jobs_are_in_every_report(shop: pytest.Pytester) -> None:
    run(shop)

    page_text = text_of(shop)
    assert "job shop.tasks.silent failed silent : LookupError" in page_text
    assert "job shop.tasks.reported failed reported : message (error)" in page_text
    assert "job shop.tasks.fine succeeded nothing to report" in page_text
    assert "answered" not in page_text
    lines = [" ".join(line.split()) for line in (shop.path / "run.txt").read_text().splitlines()]
    assert "job shop.tasks.silent failed LookupError silent 1 test_shop.py::test_job" in lines
    assert "| `job shop.tasks.silent` | failed |" in (shop.path / "run.md").read_text()
    rows = json.loads((shop.path / "run.json").read_text())["rows"]
    assert [(each["job"], each["status"], each["state"]) for each in rows] == [
        ("shop.tasks.fine", "succeeded", "nothing"),
        ("shop.tasks.reported", "failed", "captured"),
        ("shop.tasks.silent", "failed", "silent"),
    ]


def test_a_silent_job_is_a_silent_operation(shop: pytest.Pytester) -> None:
    run(shop)

    source = (shop.path / "monitoring.html").read_text(encoding="utf-8")
    numbers = " ".join(re.sub(r"<[^>]*>", " ", source.partition('class="numbers"')[2].partition("</ul>")[0]).split())
    assert "1 silent operations" in numbers


def test_render_writes_the_same_page_of_jobs(shop: pytest.Pytester) -> None:
    run(shop)

    assert sentry_contract("render", shop.path / "run.json", "-o", shop.path / "again.html") == 0
    assert (shop.path / "again.html").read_bytes() == (shop.path / "monitoring.html").read_bytes()


def test_a_job_that_is_new_since_an_older_report(shop: pytest.Pytester) -> None:
    run(shop, "-k", "not silent")
    older = json.loads((shop.path / "run.json").read_text())
    (shop.path / "old.json").write_text(json.dumps({**older, "partial": []}))

    run(shop, "--sentry-report-since=old.json")

    changes = text_of(shop).rpartition("What changed")[2]
    assert "new LookupError, job shop.tasks.silent failed: silent" in changes
    assert "shop.tasks.reported" not in changes


def test_a_job_that_differs_from_the_contract(shop: pytest.Pytester) -> None:
    run(shop, "--sentry-contract=update")
    contract = shop.path / "sentry-contract.toml"
    contract.write_text(contract.read_text().replace('level = "error"', 'level = "warning"'))

    run(shop, "--sentry-contract=check")

    attention = text_of(shop).partition("Operations")[0]
    changed = "changed event, job shop.tasks.reported failed: captured level: was warning, is error now differs"
    assert f"contract: {changed} from sentry-contract.toml , seen in test_shop.py::test_job" in attention


def test_filters_and_search_find_jobs(visit: Visit, tmp_path: Path) -> None:
    rows = [
        silent_row(**job(RECEIPT, "failed"), count=3, exception="LookupError"),
        silent_row(**job(RECEIPT, "succeeded"), state="nothing", count=12),
        row(**job("shop.tasks.charge", "failed"), item=ITEM, state="captured"),
        {**dropped(row(**job("shop.tasks.charge", "retried")), "before_send", "shop.filter"), "state": "discarded"},
        row(request={"method": "GET", "route": "/orders"}, state="captured"),
    ]

    found = visit(page(report(*rows), tmp_path), "jobs")

    silent = f"job {RECEIPT} failed silent: LookupError \u00d73"
    succeeded = f"job {RECEIPT} succeeded nothing to report \u00d712"
    charge = "job shop.tasks.charge failed reported: KeyError"
    assert found == {
        "show=silent": [silent],
        "show=reported": ["GET /orders answered 500 reported: KeyError", charge],
        "show=other": [succeeded],
        "find=job%20failed": [charge, silent],
        "find=send_receipt": [silent, succeeded],
    }


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (job("x", "failed") | {"job": 3}, "rows[0].job must be a string"),
        (job("x", "failed") | {"status": []}, "rows[0].status must be"),
    ],
)
def test_a_damaged_job(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], columns: dict[str, Any], message: str
) -> None:
    source = tmp_path / "run.json"
    source.write_text(json.dumps(report(row(**columns))))

    assert sentry_contract("render", source, "-o", tmp_path / "monitoring.html") == 2
    assert message in capsys.readouterr().err

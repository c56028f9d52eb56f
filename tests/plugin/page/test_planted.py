"""Data that an application has where only names belong is in no report."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from applications import APPLICATIONS, add_application
from tests.plugin.page.conftest import Visit

pytestmark = pytest.mark.slow

PLACES: Final = (
    *("exception_text", "class_name", "tag_name", "tag_value", "route", "logger", "transaction", "monitor", "test_id"),
    *("user", "header", "file_path", "other_names", "callback", "job"),
)
REPORTS: Final = ("run.json", "monitoring.html", "run.md", "run.txt")
TESTS: Final = """
import pytest
import shop

@pytest.mark.parametrize("planted", shop.PLANTED.values(), ids=shop.PLANTED.values())
@pytest.mark.parametrize("place", {places!r})
def test_planted(place, planted, sentry_capture):
    shop.PLACES[place](planted)
"""
JOBS: Final = """
from pytest_sentry_capture import JobSystem

def pytest_sentry_capture_job_systems(config):
    return [JobSystem("consumer", runs="shop:run_job", job=lambda name: name)]
"""


def planted() -> dict[str, str]:
    """What the application plants, by what it is."""
    names: dict[str, dict[str, str]] = {}
    source = (APPLICATIONS / "shop_with_planted_names.py").read_text(encoding="utf-8")
    exec(source[source.index("PLANTED") : source.index('"""Each')], {}, names)  # importing it would make a client
    return names["PLANTED"]


def run(pytester: pytest.Pytester, *places: str) -> None:
    add_application(pytester, "shop_with_planted_names")
    pytester.makeconftest(JOBS)
    pytester.makepyfile(test_shop=TESTS.format(places=places))
    options = [f"--sentry-report={name}" for name in REPORTS]
    result = pytester.runpytest_subprocess("-p", "no:randomly", "--sentry-report-traces", *options)
    result.assert_outcomes(passed=len(places) * len(planted()))


def readings(report: Path) -> Iterator[str]:
    """A report as it is written, and as it is read."""
    text = report.read_text(encoding="utf-8")
    yield text
    yield html.unescape(text)
    if report.suffix == ".json":
        yield json.dumps(json.loads(text), ensure_ascii=False).replace("\\\\", "\\").replace('\\"', '"')


def found_in(report: Path) -> set[str]:
    """What of all that was planted is in a report."""
    texts = [*readings(report)]
    return {
        what
        for what, text in planted().items()
        for form in {text, text.replace("/", "|"), ascii(text)[1:-1]}
        if any(form in each for each in texts)
    }


@pytest.mark.parametrize("place", PLACES)
def test_nothing_that_is_planted_in_a_place_is_in_a_report(pytester: pytest.Pytester, place: str) -> None:
    run(pytester, place)

    assert {name: found_in(pytester.path / name) for name in REPORTS} == {name: set() for name in REPORTS}
    content = json.loads((pytester.path / "run.json").read_text())
    assert sum(row["count"] for row in content["rows"]) >= len(planted())


def test_a_page_of_planted_names_requests_nothing_and_runs_nothing(pytester: pytest.Pytester, visit: Visit) -> None:
    run(pytester, *PLACES)

    found = visit(pytester.path / "monitoring.html", "hostile")

    assert found["requests"][1:] == found["problems"] == []
    assert (found["scripts"], found["touched"], found["handlers"]) == (1, False, 0)


FOLDER: Final = "bob@planted.example"
CONFIGURATION: Final = """
[rules]
required-tags = ["carol@planted.example"]
no-silent-loss = true
max-breadcrumbs = { number = 1, paths = ["erin@planted.example/*"] }
[[expect]]
name = "fay@planted.example"
logger = "gus@planted.example"
captured = false
"""
TESTS_OF_CONFIGURATION: Final = """
import pytest, sentry_sdk

Own = type("hal@planted.example", (Exception,), {})

@pytest.fixture(autouse=True)
def client(sentry_init):
    sentry_init(dsn="https://key@sentry.invalid/1", ignore_errors=[Own, "ida@planted.example"])

@pytest.mark.sentry_allow("required-tags", reason="for jon@planted.example", ticket="kim@planted.example")
def test_waived(sentry_capture):
    sentry_sdk.capture_message("no tea")

def test_broken(sentry_capture):
    sentry_sdk.capture_event({"message": "no tea", "logger": "gus@planted.example"})
"""


@pytest.mark.parametrize("mode", ["off", "update"])
def test_addresses_in_configurations_folders_and_waivers(pytester: pytest.Pytester, mode: str) -> None:
    folder = pytester.path / FOLDER
    folder.mkdir()
    (folder / "sentry_capture.toml").write_text(CONFIGURATION)
    (folder / "test_shop.py").write_text(TESTS_OF_CONFIGURATION)
    options = [f"--sentry-report={name}" for name in REPORTS]

    pytester.runpytest_inprocess("-p", "no:randomly", f"--sentry-contract={mode}", *options)

    for name in REPORTS:
        assert "planted.example" not in (pytester.path / name).read_text(encoding="utf-8"), name
    content = json.loads((pytester.path / "run.json").read_text())
    assert {rule["name"] for rule in content["rules"]} >= {"required-tags", "<email>"}

"""What a pull request shows of a run: the verdict, broken rules and contract differences, each once, with a test."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

SHOP = """
def run_job(name):
    raise LookupError(name)
"""
CONFTEST = """
import pytest
from pytest_sentry_capture import JobSystem

def pytest_sentry_capture_job_systems(config):
    return [JobSystem("consumer", runs="shop:run_job", job=lambda name: name)]

@pytest.fixture(autouse=True)
def client(sentry_init):
    sentry_init(dsn="https://key@sentry.invalid/1")
"""
TESTS = """
import pytest, sentry_sdk, shop

@pytest.mark.parametrize("number", [1, 2, 3])
def test_broken(number):
    sentry_sdk.capture_message("slow")

@pytest.mark.parametrize("number", [1, 2])
def test_job(number):
    with pytest.raises(LookupError):
        shop.run_job("shop.tasks.send_receipt")

def test_warned():
    sentry_sdk.add_breadcrumb(message="looked up")
    sentry_sdk.set_tag("shop", "paris")
    sentry_sdk.capture_message("slow")
"""
RULES = """
[rules]
required-tags = ["shop"]
failed-jobs-captured = true
max-breadcrumbs = { number = 0, severity = "warn" }
"""
CONTRACT = """
version = 2

[[row]]
job = "shop.tasks.send_receipt"
status = "failed"
exception = "LookupError"
captured = false

[[row]]
origin = "direct"
kind = "event"
captured = true
level = "info"
tags = ["shop"]

[[row]]
origin = "direct"
kind = "event"
exception = "KeyError"
captured = true
level = "error"
"""
TAGS, JOBS = "required-tags", "failed-jobs-captured"
VERDICT = "Failed: 2 rules are broken, 2 rows differ from the contract."
UNTAGGED = "tags.shop is missing: info message (4 characters)"
UNREPORTED = "job shop.tasks.send_receipt failed, but no error event was captured."
NEW = "new      event, direct: captured [test_shop.py::test_broken]"
GONE = "gone     event KeyError, direct: was captured"


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    pytester.syspathinsert()
    pytester.makepyfile(shop=SHOP, test_shop=TESTS)
    pytester.makeconftest(CONFTEST)
    (pytester.path / "sentry_capture.toml").write_text(RULES)
    (pytester.path / "sentry-contract.toml").write_text(CONTRACT)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(pytester.path))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(pytester.path / "step.md"))
    return pytester


def test_annotations(project: pytest.Pytester) -> None:
    result = project.runpytest_inprocess("--sentry-contract=check")

    of_contract = "title=Sentry contract sentry-contract.toml"
    tags, jobs, breadcrumbs = (f"title=Sentry rule {name}" for name in (TAGS, JOBS, "max-breadcrumbs"))
    warning = "1 breadcrumb is more than 0: info message (4 characters) (test_shop.py::test_warned)"
    assert [line for line in result.outlines if line.startswith("::")] == [
        f"::error title=Sentry::{VERDICT}",
        f"::error file=test_shop.py,line=3,{tags}::{UNTAGGED} (in 3 tests, first: test_shop.py::test_broken[1])",
        f"::error file=test_shop.py,line=7,{jobs}::{UNREPORTED} (in 2 tests, first: test_shop.py::test_job[1])",
        f"::warning file=test_shop.py,line=12,{breadcrumbs}::{warning}",
        f"::error file=test_shop.py,{of_contract}::{NEW}%0A           level: info",
        f"::error file=sentry-contract.toml,{of_contract}::{GONE}",
    ]


def test_step_summary(project: pytest.Pytester) -> None:
    project.runpytest_inprocess("--sentry-contract=check")

    summary = (project.path / "step.md").read_text()
    before, _, table = summary.partition("### Rules")
    assert before.startswith(f"## Sentry\n\n{VERDICT}\n\n### Needs attention\n")
    assert f"`{UNTAGGED} [in 3 tests, first: test_shop.py::test_broken]`" in before
    assert f"`{UNREPORTED} [in 2 tests, first: test_shop.py::test_job]`" in before
    for once in (VERDICT, UNTAGGED, UNREPORTED, NEW, GONE):
        assert summary.count(once) == 1, once
    assert "| `job shop.tasks.send_receipt` | failed |" in table


def test_step_summary_of_a_run_with_rules_alone(project: pytest.Pytester) -> None:
    project.runpytest_inprocess()

    summary = (project.path / "step.md").read_text()
    assert summary.startswith("## Sentry\n\nFailed: 2 rules are broken.\n\n### Needs attention\n")
    assert summary.count(UNTAGGED) == summary.count("### Rules") == 1
    assert "### Captured" not in summary
    assert "Nothing was captured" not in summary


@pytest.mark.parametrize("args", [(), ("-n1",)])
def test_junit_xml(project: pytest.Pytester, args: tuple[str, ...]) -> None:
    project.runpytest_inprocess("--sentry-contract=check", "--junitxml=junit.xml", *args)

    [suite] = ET.parse(project.path / "junit.xml").getroot()
    properties = suite.find("properties")
    assert properties is not None
    assert [(each.get("name"), each.get("value")) for each in properties] == [
        ("sentry_verdict", VERDICT),
        ("sentry_broken_rule", f"required-tags: {UNTAGGED} [in 3 tests, first: test_shop.py::test_broken]"),
        ("sentry_broken_rule", f"failed-jobs-captured: {UNREPORTED} [in 2 tests, first: test_shop.py::test_job]"),
    ]
    failed = {case.get("name"): case.findtext("failure") for case in suite.iter("testcase")}
    assert failed["new event, direct: captured"] == f"{NEW}\n           level: info"
    assert failed["gone event KeyError, direct: was captured"] == GONE

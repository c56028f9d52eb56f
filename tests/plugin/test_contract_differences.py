"""In what a run differs from its contract: which test saw it, and how the tools that show tests learn of it."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from run_output import json_report, summary_of

TESTS = """
import sentry_sdk
import pytest

@pytest.fixture(autouse=True)
def client(sentry_init):
    sentry_init(dsn="https://key@sentry.invalid/1", attach_stacktrace=False)

def test_a_message():
    sentry_sdk.capture_message("x", level="LEVEL")

@pytest.mark.parametrize("number", [1, 2])
def test_an_error(number):
    sentry_sdk.capture_exception(KeyError("x"))

def test_nothing():
    pass
"""
CONTRACT = """\
version = 2

[[row]]
origin = "direct"
kind = "event"
captured = true
level = "info"

[[row]]
origin = "direct"
kind = "event"
exception = "ValueError"
captured = true
level = "error"
"""
GONE = "gone     event ValueError, direct: was captured"
NEW = "new      event KeyError, direct: captured [test_shop.py::test_an_error]"
CHANGED = "changed  event, direct: captured [test_shop.py::test_a_message]"
TOLD = [
    "3 rows differ from the contract.",
    "",
    f"  {CHANGED}",
    "             level: was info, is warning now",
    f"  {NEW}",
    "             level: error",
    f"  {GONE}",
    "",
    "If this is intended, run `pytest --sentry-contract=update`.",
]


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(test_shop=TESTS.replace("LEVEL", "warning"))
    (pytester.path / "sentry-contract.toml").write_text(CONTRACT)
    return pytester


@pytest.mark.parametrize("args", [(), ("-n1",)])
def test_a_difference_names_the_test_that_saw_it(project: pytest.Pytester, args: tuple[str, ...]) -> None:
    result = project.runpytest_inprocess("--sentry-contract=check", "--sentry-report=report.json", *args)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert summary_of(result)[1 : len(TOLD) + 1] == TOLD
    differences = json_report(project)["contract"]["differences"]
    assert [(each["state"], each["test"], each["file"]) for each in differences] == [
        ("changed", "test_shop.py::test_a_message", "sentry-contract.toml"),
        ("new", "test_shop.py::test_an_error", "sentry-contract.toml"),
        ("gone", None, "sentry-contract.toml"),
    ]


def test_differences_are_red(project: pytest.Pytester) -> None:
    result = project.runpytest_inprocess("--sentry-contract=check", "--color=yes")

    red = [line.removeprefix("\x1b[31m").removesuffix("\x1b[0m") for line in result.outlines if "\x1b[31m" in line]
    assert [line for line in TOLD if line and line not in red] == []
    assert not [line for line in red if "envelopes" in line]


def test_differences_are_failed_test_cases(project: pytest.Pytester) -> None:
    project.runpytest_inprocess("--sentry-contract=check", "--junitxml=junit.xml")

    [suite] = ET.parse(project.path / "junit.xml").getroot()
    cases = {(case.get("classname"), case.get("name")): case.find("failure") for case in suite.iter("testcase")}
    assert (suite.get("tests"), suite.get("failures")) == ("7", "3")
    assert len(cases) == 7
    failed = {name: failure.text for name, failure in cases.items() if failure is not None}
    assert failed == {
        ("sentry-contract.toml", "changed event, direct: captured"): (
            f"{CHANGED}\n           level: was info, is warning now"
        ),
        ("sentry-contract.toml", "new event KeyError, direct: captured"): f"{NEW}\n           level: error",
        ("sentry-contract.toml", "gone event ValueError, direct: was captured"): GONE,
    }


def test_junit_xml_has_no_test_cases_of_a_contract_that_matches(project: pytest.Pytester) -> None:
    project.runpytest_inprocess("--sentry-contract=update")
    project.runpytest_inprocess("--sentry-contract=check", "--junitxml=junit.xml")

    [suite] = ET.parse(project.path / "junit.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("4", "0")


def test_differences_are_annotations(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project.path.parent))

    result = project.runpytest_inprocess("--sentry-contract=check")

    folder = project.path.name
    title = "title=Sentry contract sentry-contract.toml"
    assert [line for line in result.outlines if line.startswith("::")] == [
        "::error title=Sentry::Failed: 3 rows differ from the contract.",
        f"::error file={folder}/test_shop.py,{title}::{CHANGED}%0A           level: was info, is warning now",
        f"::error file={folder}/test_shop.py,{title}::{NEW}%0A           level: error",
        f"::error file={folder}/sentry-contract.toml,{title}::{GONE}",
    ]

"""``--sentry-show=values`` and ``describe()``: payloads with values, masked, on the terminal alone."""

from __future__ import annotations

import re

import pytest

TESTS = """
import sentry_sdk
import any_sdk

def send():
    sentry_sdk.set_tag("plan", "gold")
    sentry_sdk.capture_event({
        "message": "card declined",
        "extra": {"password": "hunter2", "order": 4711, "note": "token=abc123def", "list": [{"api_key": "k-1-2-3"}]},
        "tags": {"declared": "s3cr3t-value"},
    })

def test_fails(sentry_init, sentry_capture):
    sentry_init(server_name="web-1", **any_sdk.nothing_scrubbed())
    sentry_capture.secret("s3cr3t-value")
    send()
    assert "s3cr3t" not in sentry_capture.describe()
    sentry_capture.assert_nothing_captured()

def test_passes(sentry_init):
    sentry_init()
    sentry_sdk.capture_message("of a test that passes")
"""
HIDDEN = ("hunter2", "abc123def", "k-1-2-3", "s3cr3t-value")


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.delenv("CI", raising=False)
    pytester.makepyfile(test_shop=TESTS)
    return pytester


def values_in(result: pytest.RunResult) -> str:
    text = result.stdout.str().partition("= sentry: values of test_shop.py::test_fails =")[2]
    return re.split(r"\n=", text.partition("\n")[2])[0]


@pytest.mark.needs("Sentry's own engine")
@pytest.mark.parametrize("args", [(), ("-n1",)])
def test_values_are_on_the_terminal_and_in_no_file(project: pytest.Pytester, args: tuple[str, ...]) -> None:
    result = project.runpytest_inprocess(
        "--sentry-show=values", "--junitxml=junit.xml", "--sentry-report=report.json", "-o", "junit_logging=all", *args
    )

    result.assert_outcomes(passed=1, failed=1)
    shown = values_in(result)
    assert '"order": 4711' in shown
    assert '"plan": "gold"' in shown
    assert '"password": "[masked]"' in shown
    assert '"api_key": "[masked]"' in shown
    assert "of a test that passes" not in shown
    for value in HIDDEN:
        assert value not in shown
    for file in "junit.xml", "report.json":
        text = (project.path / file).read_text()
        assert "4711" not in text
        assert "gold" not in text


def test_in_ci_it_is_a_usage_error(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "1")

    asked = project.runpytest_inprocess("--sentry-show=values")
    configured = project.runpytest_inprocess("-o", "sentry_show=values")

    for result in asked, configured:
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        assert "sentry_show: 'values' prints captured values" in result.stderr.str()


def test_an_empty_ci_is_none(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "")

    assert '"order": 4711' in values_in(project.runpytest_inprocess("--sentry-show=values"))


DESCRIBED = """
import sentry_sdk

def test(sentry_init, sentry_capture):
    sentry_init(before_send=lambda event, hint: None if event["message"] == "drop" else event)
    sentry_sdk.set_tag("plan", "gold")
    sentry_sdk.capture_message("keep")
    sentry_sdk.capture_message("drop")
    print(sentry_capture.describe())
"""


def test_describe(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    project.makepyfile(test_shop=DESCRIBED)

    with_values = project.runpytest_inprocess("-s").stdout.str()
    monkeypatch.setenv("CI", "true")
    with_names = project.runpytest_inprocess("-s").stdout.str()

    assert '"plan": "gold"' in with_values
    assert '"message": "keep"' in with_values
    assert re.search(r"discarded  info message .*: before_send by ", with_values)
    assert "tags: plan" in with_names
    assert "gold" not in with_names


@pytest.mark.needs("Sentry's own engine")
def test_personal_data_is_masked(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_shop="""
        import sentry_sdk

        def test(sentry_init, sentry_capture):
            sentry_init()
            sentry_sdk.capture_event({"message": "mail to jane@shop.example", "tags": {"to": "joe@shop.example"}})
            print(sentry_capture.describe())
        """
    )

    printed = project.runpytest_inprocess("-s").stdout.str()

    assert '"to": "[masked]"' in printed
    assert "@shop.example" not in printed


def test_rules_of_the_project_mask_too(project: pytest.Pytester) -> None:
    project.makepyprojecttoml(
        """
        [tool.sentry_capture.rules.forbidden-data]
        keys = ["order"]
        patterns = [{ regex = "declined" }]
        """
    )

    shown = values_in(project.runpytest_inprocess("--sentry-show=values"))

    assert '"order": "[masked]"' in shown
    assert "declined" not in shown


CRASHING = """
import sentry_sdk

def test_fails(sentry_init, sentry_capture):
    sentry_init()
    def charge(order):
        return [1 / 0, "jane@shop.example"]
    try:
        charge({"number": 4711})
    except ZeroDivisionError:
        sentry_sdk.capture_exception()
    assert 0
"""


@pytest.mark.needs("Sentry's own engine")
def test_a_source_line_that_is_in_several_frames_is_masked_in_all(project: pytest.Pytester) -> None:
    project.makepyfile(test_shop=CRASHING)

    shown = values_in(project.runpytest_inprocess("--sentry-show=values"))

    assert re.search(r'"number": "?4711', shown)
    assert shown.count('"[masked]"') == 2
    assert "jane@" not in shown


def test_packages_are_counted(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_shop="""
        import sentry_sdk

        def test_fails(sentry_init):
            sentry_init()
            sentry_sdk.capture_message("hello")
            assert 0
        """
    )

    shown = values_in(project.runpytest_inprocess("--sentry-show=values"))

    assert re.search(r'"modules": "\(\d+ packages\)"', shown)

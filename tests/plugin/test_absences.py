"""Absences that prove nothing, in real runs: assertions fail, rules are not judged, configurations are refused."""

from __future__ import annotations

import pytest

CONFTEST = """
import pytest
import sentry_sdk

DSN = "https://public@sentry.invalid/1"

@pytest.fixture(autouse=True)
def client(sentry_init):
    sentry_init(dsn=DSN)
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeini("[pytest]")
    pytester.makeconftest(CONFTEST)
    return pytester


def run(project: pytest.Pytester, test: str, *args: str, **files: str) -> pytest.RunResult:
    for name, content in files.items():
        project.path.joinpath(name.replace("_toml", ".toml")).write_text(content)
    project.makepyfile(test_it=f"import re\nimport pytest\nimport sentry_sdk\n{test}")
    return project.runpytest_subprocess("-p", "no:randomly", *args)


def unwrapped(text: str) -> list[str]:
    """The lines of a text in which those that are too long go on in lines that begin with a backslash."""
    return text.strip("\n").replace("\n\\ ", " ").splitlines()


MISTAKES = r"""
ERROR: sentry_capture.toml:4: expect['warnings'].level: level='warn' matches nothing, because level of events is one of
\ 'debug', 'info', 'warning', 'error', 'fatal'; did you mean 'warning'? If the application really sends it, write
\ { regex = '^warn$' }
sentry_capture.toml:5: expect['warnings'].method: method='get' matches nothing, because method of events is a method in
\ upper case, such as 'GET'; did you mean 'GET'?
sentry_capture.toml:12: expect['logs'].event.level: level='warning' matches nothing, because level of logs is one of
\ 'trace', 'debug', 'info', 'warn', 'error', 'fatal'; did you mean 'warn'? If the application really sends it, write
\ { regex = '^warning$' }
sentry_capture.toml:12: expect['logs'].event.attributes: attributes.http.response.status_code='500' matches nothing,
\ because attributes.http.response.status_code of logs is a number from 100 to 599; did you mean 500?
sentry_capture.toml:17: expect['sections'].where: user='1' matches nothing, because user of events is a mapping.
"""
NOT_JUDGED = r"""
Rules: 0 kept, 0 broken, 3 not judged, 1 not exercised.
  not judged     requests (sentry_capture.toml:1): status_code: expected [404, 500], unknown because its request was not
\ observed in this process
  not judged     texts (sentry_capture.toml:5): message: 'order .* failed' is compared as a whole, but as a regex it
\ would match; for a regex write message = { regex = … }
  not judged     exceptions (sentry_capture.toml:9): no exception class is called 'KeyErorr'; did you mean
\ exception='KeyError'?
  not exercised  decided (sentry_capture.toml:13)
"""


def test_values_that_can_not_be_are_mistakes_at_the_start(project: pytest.Pytester) -> None:
    result = run(
        project,
        "def test(): pass",
        sentry_capture_toml="""\
[[expect]]
name = "warnings"
captured = false
level = ["error", "warn"]
method = "get"

[[expect]]
name = "logs"
kind = "log"
captured = true
body = "x"
event = { level = "warning", attributes = { "http.response.status_code" = "500" } }

[[expect]]
name = "sections"
captured = false
where = { "user" = "1" }

[[expect]]
name = "odd levels, and texts that look like regexes, are fine"
captured = false
level = { regex = "^WARN$" }
message = "^C received"
""",
    )

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert [line for line in result.stderr.lines if line] == unwrapped(MISTAKES)


UNSEEN = """
def test_the_status_is_unknown():
    sentry_sdk.capture_event({"message": "hello", "level": "info", "request": {"method": "GET"}})

def test_a_text_like_a_regex():
    sentry_sdk.capture_message("order 7 of jane@example.com failed")

def test_a_misspelled_exception():
    sentry_sdk.capture_exception(KeyError("x"))
"""


def test_an_expect_entry_is_not_judged_by_what_may_be_meant(project: pytest.Pytester) -> None:
    entries = {
        "requests": "status_code = [404, 500]",
        "texts": 'message = "order .* failed"',
        "exceptions": 'exception = "KeyErorr"',
        "decided": 'message = "order .* failed"\nlevel = "fatal"',
    }
    toml = "\n".join(f'[[expect]]\nname = "{name}"\ncaptured = false\n{lines}' for name, lines in entries.items())

    result = run(project, UNSEEN, "--sentry-strict", sentry_capture_toml=toml)

    result.assert_outcomes(passed=3)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    text = result.stdout.str()
    assert "\n".join(unwrapped(NOT_JUDGED)) in text
    assert "jane@" not in text


UNKNOWN = """
def test_first(sentry_capture):
    sentry_capture.assert_not_captured(exception="carts.CartIsEmptyForSureError")

@pytest.mark.parametrize("n", range(3))
def test_again(sentry_capture, n):
    with sentry_capture.expect_nothing(exception=["KeyError", "carts.CartIsEmptyForSureError"]):
        pass
    sentry_capture.assert_not_captured(exception="KeyError")

def test_matched(sentry_capture):
    sentry_sdk.capture_exception(KeyError())
    with pytest.raises(AssertionError):
        sentry_capture.assert_not_captured(exception=["KeyError", "Whatever"])
"""


@pytest.mark.parametrize("args", [(), ("-n2",), ("-W", "error")])
def test_an_unknown_exception_is_named_once_and_fails_nothing(project: pytest.Pytester, args: tuple[str, ...]) -> None:
    result = run(project, UNKNOWN, "--sentry-strict", *args)

    result.assert_outcomes(passed=5)
    assert result.ret == pytest.ExitCode.OK
    named = [line for line in result.stdout.lines if "carts.CartIsEmptyForSureError" in line]
    assert len(named) == 1
    assert (
        " asserts that 'carts.CartIsEmptyForSureError' is not captured, but no loaded exception class has" in named[0]
    )
    assert named[0].endswith(" this name. Check the name, or pass the class.")
    assert "Whatever" not in result.stdout.str()


def test_an_impossible_criterion_is_a_failure_and_a_mistake(project: pytest.Pytester) -> None:
    result = run(
        project,
        """
from pytest_sentry_capture import ImpossibleCriterionError

@pytest.mark.parametrize("error", [AssertionError, ValueError, ImpossibleCriterionError])
def test_caught(sentry_capture, error):
    with pytest.raises(error, match="this proves nothing"):
        sentry_capture.assert_not_captured(level="warn")

def test_fails(sentry_capture):
    sentry_capture.assert_not_captured(level="warn")

def test_of_an_application_that_says_so(sentry_capture):
    sentry_sdk.capture_event({"message": "a", "level": "warn"})
    sentry_capture.assert_not_captured(level="warn", message="b")
""",
    )

    result.assert_outcomes(passed=4, failed=1)
    result.stdout.fnmatch_lines(
        [
            ">       sentry_capture.assert_not_captured(level=?warn?)",
            "E       pytest_sentry_capture.ImpossibleCriterionError: Expected no event with level='warn', but *",
        ]
    )

"""Requests to a live server, whose application goes on when the answer has come: each is judged in its own test."""

from __future__ import annotations

from typing import Final

import pytest

from applications import copy_application
from run_output import outcomes, summary_of

RULES: Final = """
[rules]
server-errors-captured = true
"""
SILENT: Final = "GET /silent answered 503, but no error event was captured."
RETURNING: Final = {
    "test_crash": "passed",
    "test_crash_that_the_rule_waits_for": "passed",
    "test_handled_error": "passed",
    "test_silent_error": "error",
    "test_slow_before_send": "passed",
    **{
        f"test_every_view_and_assertion_waits[{view}]": "passed"
        for view in (
            "events", "items", "envelopes", "exchanges", "find", "assert_count", "expect", "assert_not_captured"
        )
    },
    "test_background_task": "passed",
    "test_crash_of_a_stream": "passed",
    "test_open_stream_of_events": "passed",
    "test_open_long_poll": "passed",
    "test_open_websocket": "passed",
    "test_crash_of_a_websocket": "passed",
    "test_server_in_the_own_loop": "passed",
    "test_a_wait_has_its_own_timeout": "passed",
}  # fmt: skip
"""The tests of ``requests_that_return``, and what becomes of each."""
OUTLIVING: Final = {
    "test_slow_before_send": "passed",
    "test_asserted_before_it_came": "failed",
    "test_background_task": "passed",
    "test_long_poll": "passed",
    "test_own_loop": "passed",
    "test_after_slow_before_send": "passed",
    "test_after_asserted_before_it_came": "passed",
    "test_after_background_task": "passed",
    "test_after_long_poll": "passed",
    "test_after_own_loop": "passed",
}
"""The tests of ``requests_that_outlive_tests``: each request is late, and is not judged in the test that comes next."""
LATE: Final = {
    "test_slow_before_send": "GET /crash/{name} answered 500",
    "test_asserted_before_it_came": "GET /crash/{name} answered 500",
    "test_background_task": "GET /background/{name} answered 200",
    "test_long_poll": "GET /poll/{name} answered 500",
    "test_own_loop": "GET /background/{name} answered 200",
}

SERVER_OF_RUN: Final = """
import live
import pytest

@pytest.fixture(scope="session")
def server():
    live.init()
    server = live.LiveServer()
    yield server
    server.stop()
"""


def late_line(size: int, exchange: str, test: str) -> str:
    """What the summary says of a late event of a test, which came during the next one."""
    tests = f"of test_live.py::{test}, during test_live.py::test_after{test.removeprefix('test')}"
    return f"  late           error KeyError ({size} characters), unhandled, {exchange}, {tests}"


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    for name in "live", "waited_for":
        copy_application(name, pytester.path, name)
    (pytester.path / "sentry_capture.toml").write_text(RULES, encoding="utf-8")
    return pytester


def test_requests_that_are_waited_for(project: pytest.Pytester) -> None:
    """With a grace of ten minutes nothing is given up, and what is open would be noticed if it were waited for."""
    copy_application("requests_that_return", project.path, "test_live")

    result = project.runpytest_subprocess("-rA", "--sentry-grace=600", timeout=300)

    assert outcomes(result) == RETURNING
    result.stdout.fnmatch_lines([f"*{SILENT}"])
    assert summary_of(result)[1:] == [
        "Rules: 0 kept, 1 broken, 0 not judged, 0 not exercised.",
        "  broken         server-errors-captured in 1 test",
        f"                 {SILENT} [test_live.py::test_silent_error]",
    ]


@pytest.mark.parametrize("options", [(), ("-n", "1", "-p", "xdist")], ids=["serial", "xdist"])
def test_requests_that_outlive_their_tests(project: pytest.Pytester, options: tuple[str, ...]) -> None:
    copy_application("requests_that_outlive_tests", project.path, "test_live")

    result = project.runpytest_subprocess("-rA", "--sentry-grace=0.01", *options, timeout=300)

    assert outcomes(result) == OUTLIVING
    late = [line for line in summary_of(result) if line.startswith("  late ")]
    assert late == [
        late_line(size, exchange, test) for (test, exchange), size in zip(LATE.items(), (6, 10, 5, 17, 5), strict=True)
    ]
    obstacle = "GET /crash/{name} answered 500, but the application had not returned when it was judged"
    assert [line for line in summary_of(result) if "not judged" in line] == [
        "Rules: 0 kept, 0 broken, 1 not judged, 0 not exercised.",
        f"  not judged     server-errors-captured (sentry_capture.toml:3): {obstacle} (and 1 more reason)",
    ]


def test_late_events_fail_a_strict_run(project: pytest.Pytester) -> None:
    copy_application("requests_that_outlive_tests", project.path, "test_live")

    result = project.runpytest_subprocess("-k", "long_poll", "--sentry-strict")

    result.assert_outcomes(passed=2, deselected=8)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    page = '"Live servers and browsers" in the documentation'
    assert summary_of(result)[1:4] == [
        f"1 event arrived after its test ended, and no rule judged it: see {page}.",
        late_line(17, "GET /poll/{name} answered 500", "test_long_poll"),
        "With --sentry-strict, late events fail the run.",
    ]


def test_a_late_event_is_not_a_row_and_does_not_make_its_answer_silent(project: pytest.Pytester) -> None:
    copy_application("requests_that_outlive_tests", project.path, "test_live")
    (project.path / "sentry_capture.toml").unlink()

    project.runpytest_subprocess("-k", "slow_before_send", "--sentry-report=table.txt", "--sentry-grace=0")

    assert "/crash/{name}" not in (project.path / "table.txt").read_text()


@pytest.mark.parametrize(
    ("given", "shown"), [("soon", "'soon'"), ("-1", "'-1'"), ("nan", "'nan'"), ("3601", "'3601'"), ("", "''")]
)
def test_a_grace_that_is_not_a_number_of_seconds(pytester: pytest.Pytester, given: str, shown: str) -> None:
    pytester.makeini(f"[pytest]\nsentry_grace = {given}\n")

    result = pytester.runpytest_subprocess()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [f"ERROR: sentry_grace must be a number of seconds from 0 to 3600, such as 1.0, not {shown}"]
    )


def test_help_names_the_option(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_subprocess("--help")

    result.stdout.fnmatch_lines(["*--sentry-grace=SECONDS*"])


def test_a_run_that_asks_for_nothing_waits_for_nothing(project: pytest.Pytester) -> None:
    copy_application("requests_that_outlive_tests", project.path, "test_live")
    (project.path / "sentry_capture.toml").unlink()

    result = project.runpytest_subprocess("-k", "test_slow_before_send", "--sentry-grace=600", timeout=120)

    result.assert_outcomes(passed=1, deselected=9)


def test_late_events_are_judged_by_no_configuration(pytester: pytest.Pytester) -> None:
    """Of two services: neither the one whose test made the request, nor the one whose test was running."""
    for name in "live", "waited_for":
        copy_application(name, pytester.path, name)
    pytester.syspathinsert()
    for service in "orders", "search":
        folder = pytester.mkdir(service)
        (folder / "sentry_capture.toml").write_text('[rules]\nrequired-tags = ["order"]\n', encoding="utf-8")
    copy_application("requests_that_outlive_tests", pytester.path, "requests_that_outlive_tests")
    pytester.makeconftest(SERVER_OF_RUN)
    common = "from requests_that_outlive_tests import *\n"
    for service, test in ("orders", "test_slow_before_send"), ("search", "test_after_slow_before_send"):
        others = ["server", *(name for name in OUTLIVING if name != test)]
        (pytester.path / service / f"test_{service}.py").write_text(f"{common}del {', '.join(others)}\n")

    result = pytester.runpytest_subprocess("-rA", "--sentry-grace=0.01", "orders", "search", timeout=300)

    assert set(outcomes(result).values()) == {"passed"}
    tests = "of orders/test_orders.py::test_slow_before_send, during search/test_search.py::test_after_slow_before_send"
    late = f"  late           error KeyError (6 characters), unhandled, GET /crash/{{name}} answered 500, {tests}"
    assert late in summary_of(result)
    assert not any("required-tags in" in line for line in summary_of(result))

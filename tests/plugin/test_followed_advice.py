"""Advice of the plugin's messages, followed word for word, works."""

from __future__ import annotations

import pytest

PASSING = "def test_a(): pass"
BY_IPV6 = """
import sentry_sdk

def test_it(sentry_init, sentry_capture):
    sentry_init(dsn="http://key@[{host}]:9/1")
    sentry_sdk.capture_message("hello")
    sentry_capture.assert_captured()
"""
ENTRY = 'name = "a"\nstatus_code = 404\ncaptured = false'


def error(pytester: pytest.Pytester) -> str:
    result = pytester.runpytest_inprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    return next(line for line in result.stderr.lines if line).removeprefix("ERROR: ")


@pytest.mark.parametrize(
    ("file", "table", "advice"),
    [
        ("sentry_capture.toml", "[expect]", "[[expect]]"),
        ("pyproject.toml", "[tool.sentry_capture.expect]", "[[tool.sentry_capture.expect]]"),
    ],
)
def test_expect_is_named_as_it_is_in_the_file(pytester: pytest.Pytester, file: str, table: str, advice: str) -> None:
    pytester.makepyfile(PASSING)
    pytester.path.joinpath(file).write_text(f"{table}\n{ENTRY}")

    assert error(pytester) == f"{file}:1: expect must be an array of tables: {advice}"

    pytester.path.joinpath(file).write_text(f"{advice}\n{ENTRY}")
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        (f"[[tool.sentry_capture.expect]]\n{ENTRY}", "[[expect]]"),
        ("[tool.sentry_capture.rules]\nno-pii = true\n[tool.sentry_capture.relay]", "[rules] and [relay]"),
        ("[tool.sentry_capture]\nmasks = ['gone']", "masks = […]"),
        ("[tool.other]", "[rules]"),
        ("tool = 5", "[rules]"),
    ],
)
def test_tables_of_another_file_are_named_as_they_are_in_this_one(
    pytester: pytest.Pytester, text: str, advice: str
) -> None:
    pytester.path.joinpath("sentry_capture.toml").write_text(text)

    place, _, mistake = error(pytester).partition(": ")

    assert place.startswith("sentry_capture.toml")
    assert mistake == f"[tool.sentry_capture] belongs in pyproject.toml only; in sentry_capture.toml, write {advice}"


def test_an_ipv6_host_is_accepted_as_the_summary_names_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(BY_IPV6.format(host="100::5"))

    pytester.runpytest_inprocess().stdout.fnmatch_lines(["*To send it, set sentry_network_hosts = 100::5"])

    for host in "100::5", "[100::5]", "100::A,localhost":
        result = pytester.runpytest_inprocess(f"--sentry-network-hosts={host}", "--collect-only")
        assert result.ret == pytest.ExitCode.OK


@pytest.mark.parametrize("host", ["a:1", "::1:80:x", "[::1", "1:2", "::1]:80", ":::"])
def test_what_is_not_an_ipv6_address_is_refused(pytester: pytest.Pytester, host: str) -> None:
    result = pytester.runpytest_inprocess(f"--sentry-network-hosts={host}")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*sentry_network_hosts: '{host.replace('[', '[[]')}' is not a host name.*"])


def test_the_ipv6_address_of_this_machine_needs_no_advice(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(BY_IPV6.format(host="::1"))

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*Blocked*")

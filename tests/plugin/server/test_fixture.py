"""The fixture in pytest runs: tests that never mix, events that come late, and what a failure says."""

from __future__ import annotations

import pytest
import sentry_sdk

from pytest_sentry_capture import SentryServer
from run_output import json_report

CLIENT = """
import http.client
import pytest

def post(dsn, body=b'{}\\n{"type":"event"}\\n{"message":"hello","exception":{"values":[{"type":"KeyError"}]}}'):
    key, _, rest = dsn.removeprefix("http://").partition("@")
    address, _, project = rest.partition("/")
    connection = http.client.HTTPConnection(address)
    connection.request("POST", f"/api/{project}/envelope/?sentry_key={key}", body)
    status = connection.getresponse().status
    connection.close()
    return status
"""


@pytest.fixture(autouse=True)
def client(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(client=CLIENT)


def test_tests_have_their_own_projects(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        from client import post

        dsns = []

        @pytest.mark.parametrize("number", [1, 2, 3])
        def test_alone(sentry_server, number):
            assert sentry_server.dsn not in dsns
            dsns.append(sentry_server.dsn)
            for dsn in dsns:
                assert post(dsn) == 200
            assert len({dsn.rpartition(":")[2].partition("/")[0] for dsn in dsns}) == 1
            sentry_server.assert_captured(message="hello")
        """
    )
    result = pytester.runpytest()
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        [
            "*= sentry =*",
            "2 event items arrived at sentry_server after the end of test_*.py::test_alone?1?",
            "1 event item arrived at sentry_server after the end of test_*.py::test_alone?2?",
        ]
    )


def test_late_events_of_a_worker_process(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        from client import post

        dsns = []

        @pytest.mark.parametrize("number", range(6))
        def test_alone(sentry_server, number):
            for dsn in dsns[-1:]:
                assert post(dsn) == 200
            dsns.append(sentry_server.dsn)
            assert post(sentry_server.dsn) == 200
            sentry_server.assert_captured(message="hello")
        """
    )
    result = pytester.runpytest("-n1", "-p", "xdist", "-p", "no:schemathesis")
    result.assert_outcomes(passed=6)
    late = [line for line in result.stdout.lines if "arrived at sentry_server after the end of" in line]
    assert len(late) == 5


def test_what_comes_to_a_fixture_of_a_test_belongs_to_its_phases(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        from client import post

        @pytest.fixture
        def application(sentry_server):
            post(sentry_server.dsn)
            yield
            post(sentry_server.dsn)
            assert [event.phase for event in sentry_server.events] == ["setup", "call", "teardown"]

        def test_phases(sentry_server, application):
            post(sentry_server.dsn)
        """
    )
    pytester.runpytest().assert_outcomes(passed=1)


def test_what_a_failure_says(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        from client import post

        def test_it(sentry_server):
            post(sentry_server.dsn)
            with sentry_server.rate_limit("transaction"):
                post(sentry_server.dsn, b'{}\\n{"type":"transaction"}\\n{"transaction":"nightly"}')
            post(sentry_server.dsn, b"nonsense")
            sentry_server.assert_captured("transaction", transaction="nightly")
        """
    )
    result = pytester.runpytest()
    result.assert_outcomes(failed=1)
    text = result.stdout.str()
    result.stdout.fnmatch_lines(
        [
            "E   *Expected exactly one transaction with transaction='nightly'; found none.",
            "E   *Hint: sentry_server answered 429 to transaction 'nightly': a rate limit of the test was in force:",
            "E   *Hint: sentry_server answered 400 to POST /api/1/envelope/: the envelope's headers are not a JSON",
            "*- Received by sentry_server -*",
            "captured   *KeyError*",
            "rejected   *: a rate limit of the test was in force: transaction",
            "rejected   POST /api/1/envelope/: the envelope's headers are not a JSON object in one line",
        ]
    )
    assert "hello" not in text.partition("Received by sentry_server")[2]


def test_silence_proves_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        from client import post

        def test_silent(sentry_server):
            sentry_server.assert_inactive()
            sentry_server.assert_nothing_captured()

        def test_session(sentry_server):
            post(sentry_server.dsn, b'{}\\n{"type":"session"}\\n{}')
            sentry_server.assert_nothing_captured()
            sentry_server.assert_not_captured(level="error")
        """
    )
    result = pytester.runpytest()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "E   *AssertionError: Expected nothing to be captured, but no client was active, so this proves nothing.",
            "E   *Nothing was received with this test's DSN, so nothing could have been captured. Was the process",
        ]
    )


def test_nothing_shows_in_the_test_of_an_application(pytester: pytest.Pytester) -> None:
    """The server logs nothing and reports nothing to the test's own Sentry. No thread and no socket is left."""
    pytester.makepyfile(
        """
        import threading
        from client import post

        def test_it(sentry_server, sentry_capture, sentry_init, caplog):
            caplog.set_level(0)
            sentry_init(dsn="https://key@sentry.invalid/1", default_integrations=True)
            assert post(sentry_server.dsn) == 200
            assert post(sentry_server.dsn, b"nonsense") == 400
            assert caplog.records == []
            sentry_capture.assert_nothing_captured()
            assert sentry_capture.exchanges == []
        """
    )
    pytester.runpytest("-W", "error").assert_outcomes(passed=1)


def test_the_environment_bypasses_proxies(sentry_server: SentryServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "localhost")
    assert sentry_server.env["no_proxy"] == sentry_server.env["NO_PROXY"] == "localhost,127.0.0.1"

    for name, value in sentry_server.env.items():
        monkeypatch.setenv(name, value)
    client = sentry_sdk.Client(default_integrations=False)
    client.capture_event({"message": "hello"})
    client.close()

    sentry_server.assert_captured(message="hello")


RULES = """
[tool.sentry_capture.rules]
required-tags = ["request_id"]
no-unexpected-events = true

[[tool.sentry_capture.expect]]
name = "no lookup errors"
exception = "KeyError"
captured = false
"""


def rows(pytester: pytest.Pytester) -> list[tuple[str, str | None, int]]:
    report = json_report(pytester)
    return [(row["kind"], row["exception"], row["count"]) for row in report["rows"]]


def test_rules_judge_what_other_processes_send(pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml(RULES)
    pytester.makepyfile(
        """
        import pytest
        from client import post

        def test_broken(sentry_server):
            assert post(sentry_server.dsn) == 200

        def test_kept(sentry_server):
            body = b'{}\\n{"type":"event"}\\n{"message":"hello","tags":{"request_id":"r"}}'
            assert post(sentry_server.dsn, body) == 200
            sentry_server.assert_captured(message="hello")

        @pytest.mark.sentry_allow("required-tags", reason="other processes have no requests")
        @pytest.mark.sentry_allow("no lookup errors", reason="on purpose")
        def test_waived(sentry_server):
            assert post(sentry_server.dsn) == 200
            assert sentry_server.events

        def test_secret(sentry_server):
            sentry_server.secret("hunter2")
            body = b'{}\\n{"type":"event"}\\n{"message":"hunter2","tags":{"request_id":"r"}}'
            assert post(sentry_server.dsn, body) == 200
            assert sentry_server.events
        """
    )

    result = pytester.runpytest("--sentry-report=report.json", "--sentry-contract=update")

    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*_ test_broken _*",
            "Rule 'required-tags' is broken (pyproject.toml:2).",
            "Rule 'no lookup errors' is broken (pyproject.toml:5).",
            "Rule 'no-unexpected-events' is broken (pyproject.toml:3).",
            "*_ test_secret _*",
            "Rule 'forbidden-data' is broken (on in tests that use sentry_capture or sentry_server).",
        ]
    )
    assert rows(pytester) == [("event", None, 2), ("event", "KeyError", 2)]
    assert (pytester.path / "sentry-contract.toml").read_text().count('kind = "event"') == 2


def test_what_this_process_saw_too_counts_once(pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml(RULES)
    pytester.makepyfile(
        """
        import sentry_sdk

        def capture(sentry_server, sentry_init):
            sentry_init(dsn=sentry_server.dsn)
            sentry_sdk.set_tag("request_id", "r")
            sentry_sdk.capture_message("hello")

        def test_asked_there(sentry_server, sentry_init):
            capture(sentry_server, sentry_init)
            sentry_server.wait_for(message="hello")

        def test_asked_here(sentry_server, sentry_init, sentry_capture):
            capture(sentry_server, sentry_init)
            sentry_capture.flush()
            sentry_capture.assert_captured(message="hello")

        def test_not_asked(sentry_server, sentry_init, sentry_capture):
            capture(sentry_server, sentry_init)
            sentry_capture.flush()
        """
    )

    result = pytester.runpytest("--sentry-report=report.json")

    result.assert_outcomes(passed=2, failed=1)
    assert result.stdout.str().count("captured, but the test did not expect it: info message (5 characters)\n") == 1
    assert rows(pytester) == [("event", None, 3)]

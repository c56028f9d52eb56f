"""Runs in which no Sentry client was ever active: what the summary says first, and which modes fail for it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from run_output import json_report, rules_in_report, summary_of

HEAD = "No Sentry client was active in this run, so nothing could be captured. Likely cause: "
WITHOUT_LIFESPAN = (
    f"{HEAD}requests were served without the application's lifespan, in which Sentry may be initialized:"
    " httpx.ASGITransport never runs it, TestClient only in a with block."
)
NOT_CALLED = f"{HEAD}sentry_sdk.init() was never called. It may depend on a test flag or on SENTRY_DSN"
NOT_SET = f"{NOT_CALLED}, which is not set."
NOT_IMPORTED = f"{HEAD}sentry_sdk was never imported."
STRICT = "With --sentry-strict, this fails the run."
RULE = "rules.server-errors-captured = true"
CONTRACT = """\
version = 2

[[row]]
request = "GET /crash"
status = 500
kind = "event"
exception = "ZeroDivisionError"
captured = true
level = "error"
"""
SHOP = """
import asyncio, os
from contextlib import asynccontextmanager
import httpx
import sentry_sdk
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient

@asynccontextmanager
async def lifespan(app):
    if "TESTING" not in os.environ:
        sentry_sdk.init(dsn="https://key@sentry.invalid/1")
    yield

app = FastAPI({lifespan})

@app.get("/crash")
def crash():
    return 1 / 0

def get_without_server():
    async def get():
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            await client.get("/crash")
    asyncio.run(get())

def get(client=None):
    (client or TestClient(app, raise_server_exceptions=False)).get("/crash")
"""
CRASH = "import shop\n\ndef test():\n    shop.get()\n"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SENTRY_DSN", raising=False)


@pytest.fixture
def project(pytester: pytest.Pytester, without_pytest_sentry: None) -> pytest.Pytester:
    """A shop that initializes Sentry in its lifespan."""
    pytester.makepyfile(shop=SHOP.format(lifespan="lifespan=lifespan"), test_shop=CRASH)
    return pytester


def summary(project: pytest.Pytester, *args: str) -> list[str]:
    """The section of a run whose tests pass."""
    result = project.runpytest(*args)
    assert result.parseoutcomes().keys() == {"passed"}
    return summary_of(result)


@pytest.mark.parametrize("call", ["get", "get_without_server"])
def test_the_lifespan_was_not_run(project: pytest.Pytester, call: str) -> None:
    project.makepyfile(test_shop=f"import shop\n\ndef test():\n    shop.{call}()\n")

    result = project.runpytest("--sentry-report=table.txt", "--sentry-report=table.md")

    assert result.ret == pytest.ExitCode.OK
    assert summary_of(result)[0] == WITHOUT_LIFESPAN
    assert (project.path / "table.txt").read_text().startswith(f"{WITHOUT_LIFESPAN}\n\n")
    assert (project.path / "table.md").read_text().startswith("## Sentry\n\nNo Sentry client was active in this run,")


@pytest.mark.parametrize(
    "lifespan", ["on_startup=[print]", "routes=[]"], ids=["handlers of startup", "nothing that runs at startup"]
)
def test_what_runs_at_startup(project: pytest.Pytester, lifespan: str) -> None:
    project.makepyfile(shop=SHOP.format(lifespan=lifespan))

    said = summary(project, "--sentry-report=table.txt", "-Wignore")  # older ones warn that handlers are deprecated

    assert said[0] == (WITHOUT_LIFESPAN if "startup" in lifespan else NOT_SET)


def test_the_lifespan_was_run_and_initialized_nothing(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TESTING", "1")
    project.makepyfile(
        test_shop="""
        import shop

        def test():
            with shop.TestClient(shop.app, raise_server_exceptions=False) as client:
                shop.get(client)
        """
    )

    without_dsn = summary(project, "--sentry-report=table.txt")
    monkeypatch.setenv("SENTRY_DSN", "https://key@sentry.invalid/1")
    with_dsn = summary(project, "--sentry-report=table.txt")
    monkeypatch.delenv("TESTING")
    active = summary(project, "--sentry-report=table.txt")

    assert without_dsn[0] == NOT_SET
    assert with_dsn[0] == f"{NOT_CALLED}."
    assert not any(line.startswith(HEAD) for line in active)


def test_the_sdk_was_never_imported(project: pytest.Pytester) -> None:
    project.makefile(".toml", sentry_capture=RULE)
    project.makepyfile(test_shop="def test(): pass")

    said = summary_of(project.runpytest_subprocess())  # a process that has imported nothing yet

    assert said == [
        NOT_IMPORTED,
        "Rules: 0 kept, 0 broken, 0 not judged, 1 not exercised.",
        "  not exercised  server-errors-captured (sentry_capture.toml:1)",
    ]


@pytest.mark.parametrize(
    "test",
    [
        "def test(sentry_capture): sentry_capture.assert_inactive()",
        "def test(request): request.getfixturevalue('sentry_capture')",
        "def test(sentry_init): pass",
        "def test(sentry_server): pass",
        "@pytest.mark.sentry_options(sample_rate=0.5)\ndef test(): pass",
        "@pytest.mark.usefixtures('sentry_capture')\nclass TestShop(unittest.TestCase):\n    def test(self): pass",
    ],
)
def test_a_test_that_uses_the_plugin(project: pytest.Pytester, test: str) -> None:
    project.makepyfile(test_shop=f"import pytest, sentry_sdk, unittest\n\n{test}\n")

    assert summary(project) == [NOT_SET]


@pytest.mark.parametrize(
    ("test", "args"),
    [
        ("def test(): shop.get()", []),
        ("@pytest.mark.skip\ndef test(sentry_capture): pass", []),
        ("def test(): shop.get()", ["--collect-only", "--sentry-contract=check", "--sentry-strict"]),
        ("@pytest.mark.sentry_allow('no-pii', reason='x')\ndef test(): shop.get()", []),
    ],
)
def test_a_run_in_which_nothing_is_used_says_nothing(project: pytest.Pytester, test: str, args: Sequence[str]) -> None:
    project.makepyfile(test_shop=f"import pytest, shop\n\n{test}\n")

    result = project.runpytest(*args)

    assert result.ret == pytest.ExitCode.OK
    result.stdout.no_fnmatch_line("*No Sentry client*")


def test_a_strict_run_that_has_nothing_to_do_with_sentry(project: pytest.Pytester) -> None:
    project.makepyfile(test_shop="def test(): pass")

    result = project.runpytest_subprocess("--sentry-strict")

    assert result.ret == pytest.ExitCode.OK
    result.stdout.no_fnmatch_line("*= sentry =*")


def test_a_run_without_tests(project: pytest.Pytester) -> None:
    result = project.runpytest("--sentry-contract=check", "-k", "nothing")

    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.stdout.no_fnmatch_line("*No Sentry client*")


@pytest.mark.parametrize(("mode", "done"), [("check", "checked"), ("update", "updated")])
@pytest.mark.parametrize("workers", [[], ["-n2"]], ids=["alone", "workers"])
def test_the_contract_is_left_alone_and_fails_the_run(
    project: pytest.Pytester, mode: str, done: str, workers: Sequence[str]
) -> None:
    contract = project.path / "sentry-contract.toml"
    contract.write_text(CONTRACT)

    result = project.runpytest(f"--sentry-contract={mode}", "--sentry-report=report.json", *workers)

    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert summary_of(result) == [
        WITHOUT_LIFESPAN,
        f"sentry-contract.toml was not {done}: nothing could be captured in this run.",
        "Sentry report: report.json",
    ]
    assert contract.read_text() == CONTRACT
    report = json_report(project)
    assert (report["verdict"], report["contract"]) == (WITHOUT_LIFESPAN, None)
    assert [row["state"] for row in report["rows"]] == ["Sentry was off"]


def test_no_contract_is_written(project: pytest.Pytester) -> None:
    result = project.runpytest("--sentry-contract=update")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert not (project.path / "sentry-contract.toml").exists()


def test_a_partial_run_checks_nothing_and_does_not_fail(project: pytest.Pytester) -> None:
    """The tests that were chosen may have nothing to do with Sentry. What was asked to be written is not."""
    project.makepyfile(test_money="def test_rounding(): pass")
    project.makefile(".toml", sentry_capture=RULE)
    contract = project.path / "sentry-contract.toml"
    contract.write_text(CONTRACT)

    checked = project.runpytest_subprocess("--sentry-contract=check", "--sentry-strict", "test_money.py")
    updated = project.runpytest("--sentry-contract=update", "-k", "rounding")

    assert checked.ret == pytest.ExitCode.OK
    why = "only some of the tests were selected"
    assert summary_of(checked)[:2] == [
        NOT_IMPORTED,
        f"sentry-contract.toml was not checked: nothing could be captured in this partial run ({why}).",
    ]
    assert updated.ret == pytest.ExitCode.TESTS_FAILED
    assert "sentry-contract.toml was not updated: nothing could be captured in this run." in summary_of(updated)
    assert contract.read_text() == CONTRACT


def test_a_strict_run_fails(project: pytest.Pytester) -> None:
    project.makefile(".toml", sentry_capture=RULE)

    result = project.runpytest("--sentry-strict")

    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert summary_of(result) == [
        WITHOUT_LIFESPAN,
        "Rules: 0 kept, 0 broken, 1 not judged, 0 not exercised.",
        "  not judged     server-errors-captured (sentry_capture.toml:1): no Sentry client was active",
        "With --sentry-strict, each of these fails the run.",
        STRICT,
    ]


def test_a_strict_run_without_rules(project: pytest.Pytester) -> None:
    result = project.runpytest("--sentry-strict")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert summary_of(result) == [WITHOUT_LIFESPAN, STRICT]


@pytest.mark.parametrize("args", [[], ["-n3"], ["-n2", "--dist=loadfile"], ["-p", "xdist", "-n1"]])
def test_a_client_of_any_test_is_enough(project: pytest.Pytester, args: Sequence[str]) -> None:
    project.makefile(".toml", sentry_capture=RULE)
    project.makepyfile(test_other="def test_on(sentry_init): sentry_init()")

    result = project.runpytest("--sentry-contract=update", "--sentry-report=report.json", *args)

    assert result.ret == pytest.ExitCode.OK
    result.stdout.no_fnmatch_line("*No Sentry client*")
    assert json_report(project)["verdict"] is None
    assert rules_in_report(project, "state", "not_judged")["server-errors-captured"] == ("not judged", 1)


@pytest.mark.parametrize(
    "conftest",
    [
        "import sentry_sdk\nsentry_sdk.init()",
        "import sentry_sdk\ndef pytest_sessionstart(): sentry_sdk.init()",
        "import sentry_sdk\ndef pytest_runtest_logfinish(): sentry_sdk.init()",
        "import pytest, sentry_sdk\n@pytest.fixture(scope='session', autouse=True)\ndef sentry(): sentry_sdk.init()",
    ],
)
def test_a_client_made_outside_of_tests_is_enough(project: pytest.Pytester, conftest: str) -> None:
    project.makeconftest(conftest)

    said = summary(project, "--sentry-report=table.txt")

    assert not any(line.startswith(HEAD) for line in said)


def test_events_that_sentry_server_received_are_enough(project: pytest.Pytester) -> None:
    program = "import sentry_sdk, sys\\nsentry_sdk.init(sys.argv[1])\\nsentry_sdk.capture_message('hello')"
    project.makepyfile(
        test_shop=f"""
        import subprocess, sys

        def test(sentry_server):
            subprocess.run([sys.executable, "-c", "{program}", sentry_server.dsn], check=True)
            sentry_server.wait_for(message="hello", timeout=60)
        """
    )

    result = project.runpytest("--sentry-strict")

    assert result.ret == pytest.ExitCode.OK, result.stdout.str()
    result.stdout.no_fnmatch_line("*No Sentry client*")


def test_an_sdk_that_cannot_be_observed_leaves_the_contract_alone(project: pytest.Pytester) -> None:
    contract = project.path / "sentry-contract.toml"
    contract.write_text(CONTRACT)
    project.makepyfile(changed_sdk="from sentry_sdk.client import _Client\n\ndel _Client._init_impl")
    project.syspathinsert()

    result = project.runpytest_subprocess("--sentry-contract=update", "-p", "changed_sdk")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    first, second = summary_of(result)
    assert "can't be observed" in first
    assert second == "sentry-contract.toml was not updated: nothing could be captured in this run."
    assert contract.read_text() == CONTRACT


def test_a_failed_assertion_names_the_lifespan_too(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_shop="""
        import shop

        def test(sentry_capture):
            shop.get()
            sentry_capture.assert_nothing_captured()
        """
    )

    result = project.runpytest()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*No Sentry client was active during this test*", "*Hint: Requests were served without*"]
    )

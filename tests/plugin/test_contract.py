"""``--sentry-contract``, end to end: written, checked and updated by whole and partial runs, alone and with workers."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from applications import add_application
from run_output import summary_of

CONFTEST = """
import pytest
import shop
from sentry_sdk.integrations.starlette import StarletteIntegration
from starlette.testclient import TestClient


@pytest.fixture
def client(sentry_init):
    integrations = [StarletteIntegration()]
    sentry_init(dsn="https://key@sentry.invalid/1", before_send=shop.before_send, integrations=integrations)
    return TestClient(shop.app, raise_server_exceptions=False)
"""
TESTS = {
    "tests/api/test_orders.py": """
import sentry_sdk

def test_order(client):
    client.get("/orders/1")

def test_no_order(client):
    client.get("/orders/10")

def test_no_page(client):
    client.get("/nowhere")
""",
    "tests/api/test_crash.py": """
import json
import os
import pytest

def test_crash(client):
    client.get("/crash")
    assert "FAIL" not in os.environ

@pytest.mark.sentry_allow("contract", reason="random requests")
def test_waived(client):
    client.post("/crash")
""",
    "tests/jobs/test_jobs.py": """
import sentry_sdk

def test_job(client):
    sentry_sdk.capture_message("the job is done")
""",
}
CONTRACT = """\
# What this application sends to Sentry and what it filters out: one [[row]] for each distinct case.
# Update it with `pytest --sentry-contract=update`, enforce it with `pytest --sentry-contract=check`.
# Your comments are kept.

version = 2

[[row]]
request = "GET (no route)"
status = 404
kind = "event"
exception = "HTTPException"
discarded = "before_send"
by = "shop.before_send"
level = "error"

[[row]]
request = "GET /crash"
status = 500
kind = "event"
exception = "ZeroDivisionError"
captured = true
level = "error"
user = ["id"]

[[row]]
request = "GET /orders/{number}"
status = 404
kind = "event"
exception = "HTTPException"
discarded = "before_send"
by = "shop.before_send"
level = "error"
tags = ["shop"]

[[row]]
origin = "direct"
kind = "event"
captured = true
level = "info"
"""
CONFLICT = 'a merge conflict. Keep one side, whichever, and run "pytest --sentry-contract=update"'
TRANSACTIONS = 'transactions are segments since version 2 of the format. Write kind = "segment", without tags and user'
KEYS = "origin, by, captured, discarded, exception, job, kind, level, request, status and 2 more"
GONE = "  gone     event, direct: was captured"


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    add_application(pytester, "shop_with_a_filter")
    pytester.makeconftest(CONFTEST)
    for name, text in TESTS.items():
        (pytester.path / name).parent.mkdir(parents=True, exist_ok=True)
        (pytester.path / name).write_text(text)
    return pytester


def file(project: pytest.Pytester) -> Path:
    return project.path / "sentry-contract.toml"


def told(result: pytest.RunResult) -> list[str]:
    """What the terminal summary says of the contract below its first line."""
    return [line for line in summary_of(result) if not line.startswith(("Passed: ", "Failed: "))]


def test_written_checked_and_up_to_date(project: pytest.Pytester) -> None:
    none_yet = project.runpytest_inprocess("--sentry-contract=check")
    written = project.runpytest_inprocess("--sentry-contract=update")
    text = file(project).read_text()
    kept = project.runpytest_inprocess("--sentry-contract=check")
    again = project.runpytest_inprocess("--sentry-contract=update")

    assert none_yet.ret == pytest.ExitCode.USAGE_ERROR
    none_yet.assert_outcomes()
    none_yet.stderr.fnmatch_lines(
        ["ERROR: There is no contract yet. To write sentry-contract.toml, run `pytest --sentry-contract=update`."]
    )
    assert told(written) == ["sentry-contract.toml was updated: 4 new."]
    assert text == CONTRACT
    assert told(kept) == ["The contract matches: 4 rows in sentry-contract.toml."]
    assert told(again) == ["sentry-contract.toml is up to date."]
    assert written.ret == kept.ret == again.ret == pytest.ExitCode.OK
    assert file(project).read_text() == text


def test_differences_fail_the_run(project: pytest.Pytester) -> None:
    discarded = 'discarded = "before_send"\nby = "shop.x"'
    changed = CONTRACT.replace('"ZeroDivisionError"\ncaptured = true', f'"ZeroDivisionError"\n{discarded}')
    changed = changed.replace('origin = "direct"', 'origin = "logging"').replace('["shop"]', '["town"]')
    file(project).write_text(changed)

    result = project.runpytest_inprocess("--sentry-contract=check", "--sentry-report=report.txt")

    result.assert_outcomes(passed=6)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert told(result) == [
        "4 rows differ from the contract.",
        "",
        (
            "  changed  event ZeroDivisionError, GET /crash 500: was discarded by before_send, is captured now"
            " [tests/api/test_crash.py::test_crash]"
        ),
        "             by: was shop.x, is none now",
        (
            "  changed  event HTTPException, GET /orders/{number} 404: discarded by before_send"
            " [tests/api/test_orders.py::test_no_order]"
        ),
        "             tags: new shop; gone town",
        "  new      event, direct: captured [tests/jobs/test_jobs.py::test_job]",
        "             level: info",
        "  gone     event, logging: was captured",
        "",
        "If this is intended, run `pytest --sentry-contract=update`.",
        "Sentry report: report.txt",
    ]
    assert "4 rows differ from the contract." in (project.path / "report.txt").read_text()
    assert file(project).read_text() == changed


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (["-k", "not job"], "1 test deselected"),
        (["--deselect=tests/jobs/test_jobs.py"], "1 test deselected"),
        (["tests/api"], "only some of the tests were selected"),
        (["tests/api/test_orders.py", "tests/api/test_crash.py"], "only some of the tests were selected"),
        (["tests/api/test_crash.py::test_crash"], "only some of the tests were selected"),
        (["--ignore=tests/jobs"], "--ignore was given"),
        (["--ignore-glob", "*jobs"], "--ignore-glob was given"),
        (["--setup-only"], "--setup-only was given"),
        (["--maxfail=1", "-p", "failing"], "it did not run to its end; 1 test failed"),
        (["-p", "exiting"], "it did not run to its end"),
    ],
)
def test_partial_runs_take_nothing_for_gone(project: pytest.Pytester, args: list[str], why: str) -> None:
    project.makepyfile(
        failing="def pytest_runtest_call(item):\n    assert item.name != 'test_order'",
        exiting="import pytest\n\ndef pytest_runtest_call(item):\n"
        "    if item.name == 'test_no_page':\n        pytest.exit('no more')",
    )
    file(project).write_text(CONTRACT)

    result = project.runpytest_inprocess("--sentry-contract=update", *args)

    assert told(result)[0] == (
        f"sentry-contract.toml is up to date. This was a partial run ({why}): missing rows were not treated as removed."
    )
    assert file(project).read_text() == CONTRACT


def test_a_partial_run_where_patterns_of_test_files_have_folders(project: pytest.Pytester) -> None:
    """Pytest matches such a pattern with the path of a file."""
    project.makeini("[pytest]\npython_files = tests/*/*.py")
    file(project).write_text(CONTRACT)

    whole = project.runpytest_inprocess("--sentry-contract=check", "tests")
    partial = project.runpytest_inprocess("--sentry-contract=check", "tests/api/test_crash.py")

    assert told(whole)[0] == "The contract matches: 4 rows in sentry-contract.toml."
    assert "only some of the tests were selected" in told(partial)[0]


def test_last_failed_and_failed_tests(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    file(project).write_text(CONTRACT)
    cached = (
        "-o",
        "addopts=-p no:randomly --override-ini=asyncio_default_fixture_loop_scope=function",
        "--sentry-contract=update",
    )
    monkeypatch.setenv("FAIL", "1")
    failed = project.runpytest_inprocess(*cached)
    monkeypatch.delenv("FAIL")
    last_failed = project.runpytest_inprocess(*cached, "--lf")

    note = "sentry-contract.toml is up to date. This was a partial run ({}): missing rows were not treated as removed."
    assert told(failed) == [note.format("1 test failed")]
    assert told(last_failed) == [note.format("--last-failed was given")]
    last_failed.assert_outcomes(passed=1)


def test_a_file_that_can_not_be_collected(project: pytest.Pytester) -> None:
    file(project).write_text(CONTRACT)
    (project.path / "tests/jobs/test_jobs.py").write_text("syntax error")

    result = project.runpytest_inprocess("--sentry-contract=check", "--continue-on-collection-errors")

    why = "tests/jobs/test_jobs.py could not be collected"
    assert told(result) == [
        (
            f"The contract matches: 4 rows in sentry-contract.toml. This was a partial run ({why}):"
            " missing rows were not treated as removed."
        )
    ]


@pytest.mark.parametrize("folder", ["tests", "tests/api"])
def test_a_run_that_starts_in_a_folder(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    file(project).write_text(CONTRACT)
    monkeypatch.chdir(project.path / folder)

    result = project.runpytest_inprocess("--sentry-contract=check", "--sentry-report=report.txt")

    is_partial = "This was a partial run" in told(result)[0]
    assert is_partial is (folder == "tests/api")
    assert (project.path / folder / "report.txt").exists()


def test_whole_runs_find_what_is_gone_and_partial_ones_what_is_new(project: pytest.Pytester) -> None:
    (project.path / "tests/jobs/test_jobs.py").unlink()
    file(project).write_text(CONTRACT.replace('request = "GET /crash"', 'request = "GET /crashed"'))

    whole = project.runpytest_inprocess("--sentry-contract=check")
    partial = project.runpytest_inprocess("--sentry-contract=check", "-k", "crash")
    adding = project.runpytest_inprocess("--sentry-contract=update", "-k", "crash")
    added = file(project).read_text()
    removing = project.runpytest_inprocess("--sentry-contract=update", "--sentry-report=report.txt")
    removed = file(project).read_text()

    new = [
        "  new      event ZeroDivisionError, GET /crash 500: captured [tests/api/test_crash.py::test_crash]",
        "             level: error",
        "             user: id",
    ]
    assert whole.ret == partial.ret == pytest.ExitCode.TESTS_FAILED
    assert told(whole)[2:7] == [*new, "  gone     event ZeroDivisionError, GET /crashed 500: was captured", GONE]
    assert told(partial)[:5] == ["1 row differs from the contract.", "", *new]
    assert told(adding)[0].startswith(
        "sentry-contract.toml was updated: 1 new. This was a partial run (3 tests deselected)"
    )
    assert told(removing)[0] == "sentry-contract.toml was updated: 2 gone."
    assert "\n2 rows were updated in the contract.\n" in (project.path / "report.txt").read_text()
    assert added.count("\n[[row]]\n") == 5
    assert removed == CONTRACT.removesuffix(CONTRACT[CONTRACT.index('[[row]]\norigin = "direct"') :]).rstrip() + "\n"


def test_comments_stay_where_they_stand(project: pytest.Pytester) -> None:
    commented = (
        CONTRACT.replace('[[row]]\nrequest = "GET /crash"', '# ours\n[[row]]\nrequest = "GET /crash"')
        .replace("status = 500", "status = 500  # sorry")
        .replace('tags = ["shop"]', 'tags = ["town"]  # by name')
    )
    file(project).write_text(f"{commented}\n# the end\n")

    project.runpytest_inprocess("--sentry-contract=update")

    assert file(project).read_text() == f"{commented}\n# the end\n".replace('["town"]', '["shop"]')


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            "version = 2\n<<<<<<< HEAD\n[[row]]\n=======\n>>>>>>> other\n",
            [f"sentry-contract.toml:2: {CONFLICT}"],
        ),
        (
            "version = 3\n",
            ["sentry-contract.toml: from a newer version of pytest-sentry-contract: format 3, this one reads 2"],
        ),
        (
            'version = 2\n[[row]]\norigin = "direct"\nkind = "transaction"\ncaptured = true\n',
            [f"sentry-contract.toml:4: kind: {TRANSACTIONS}"],
        ),
        (
            'version = 2\n[[row]]\norign = "direct"\nkind = 5\ncaptured = true\n',
            [
                f"sentry-contract.toml:3: unknown key 'orign'; did you mean 'origin'? Valid: {KEYS}",
                "sentry-contract.toml:4: kind: 5 is not a string. Write it in quotes",
                "sentry-contract.toml:2: a row has one of 'request', 'job' and 'origin'",
            ],
        ),
    ],
)  # fmt: skip
def test_a_damaged_file_is_reported_and_left_alone(project: pytest.Pytester, text: str, lines: list[str]) -> None:
    file(project).write_text(text)

    result = project.runpytest_inprocess("--sentry-contract=update", "-k", "job")

    result.assert_outcomes(passed=1, deselected=5)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert told(result) == lines
    assert file(project).read_text() == text


def test_a_file_that_can_not_be_read(project: pytest.Pytester) -> None:
    file(project).mkdir()

    result = project.runpytest_inprocess("--sentry-contract=update", "-k", "job")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert told(result) == ["sentry-contract.toml could not be read: Is a directory"]


def test_nothing_is_overwritten_before_the_new_file_is_whole(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = CONTRACT.replace("GET /crash", "GET /crashed")
    file(project).write_text(before)

    def full(*args: object) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        result = project.runpytest_inprocess("--sentry-contract=update", "--sentry-report=report.md")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert told(result) == [
        "sentry-contract.toml could not be written: No space left on device",
        "report.md could not be written: No space left on device",
    ]
    assert file(project).read_text() == before
    assert [path.name for path in project.path.iterdir() if path.name.endswith((".md", ".tmp"))] == []


def test_items_captured_at_import_count_once(project: pytest.Pytester) -> None:
    project.makepyfile(
        setup_of_shop="import sentry_sdk\nsentry_sdk.init(dsn='https://key@sentry.invalid/1')\nsentry_sdk.capture_message('x')"
    )
    (project.path / "tests/jobs/test_jobs.py").write_text(
        "import setup_of_shop\n\ndef test_a(): pass\ndef test_b(): pass"
    )

    serial = project.runpytest_subprocess("--sentry-report=serial.json")
    parallel = project.runpytest_subprocess("--sentry-contract=update", "--sentry-report=parallel.json", "-n2")

    serial.assert_outcomes(passed=7)
    parallel.assert_outcomes(passed=7)
    assert file(project).read_text() == CONTRACT
    one, other = (json.loads((project.path / name).read_text()) for name in ("serial.json", "parallel.json"))
    same = "counts", "integrations", "partial", "rules", "sdk", "versions"
    assert [one[name] for name in same] == [other[name] for name in same]
    assert [row["count"] for row in one["rows"]] == [row["count"] for row in other["rows"]]


OF_VERSION_1 = """\
# Ours.
version = 1

[[row]]
request = "GET (no route)"
status = 404
kind = "event"
exception = "HTTPException"
discarded = "before_send"
by = "shop.before_send"
level = "error"

[[row]]
request = "GET (no route)"
status = 404
kind = "transaction"
captured = true

[[row]]
request = "GET /crash"
status = 500
kind = "event"
exception = "ZeroDivisionError"
captured = true
level = "error"
user = ["id"]

[[row]]
request = "GET /crash"
status = 500
kind = "transaction"
captured = true
user = ["id"]  # signed in

# Some orders are from Berlin.
[[row]]
request = "GET /orders/{number}"
status = 200
kind = "transaction"
captured = true

[[row]]
request = "GET /orders/{number}"
status = 200
kind = "transaction"
captured = true
tags = ["shop"]

[[row]]
request = "GET /orders/{number}"
status = 404
kind = "event"
exception = "HTTPException"
discarded = "before_send"
by = "shop.before_send"
level = "error"
tags = ["shop"]

[[row]]
request = "GET /orders/{number}"
status = 404
kind = "span"
discarded = "sample_rate"
by = "shop.sampler"

[[row]]
request = "GET /orders/{number}"
status = 404
kind = "transaction"
discarded = "sample_rate"
by = "shop.sampler"
tags = ["shop"]

[[row]]
origin = "direct"
kind = "transaction"
captured = true

# No test has done this for long.
[[row]]
origin = "direct"
kind = "transaction"
discarded = "before_send"
by = "shop.drop"
"""
OF_VERSION_2 = """\
# Ours.
version = 2

[[row]]
request = "GET (no route)"
status = 404
kind = "event"
exception = "HTTPException"
discarded = "before_send"
by = "shop.before_send"
level = "error"

[[row]]
request = "GET (no route)"
status = 404
kind = "segment"
captured = true

[[row]]
request = "GET /crash"
status = 500
kind = "event"
exception = "ZeroDivisionError"
captured = true
level = "error"
user = ["id"]

[[row]]
request = "GET /crash"
status = 500
kind = "segment"
captured = true
# signed in

# Some orders are from Berlin.
[[row]]
request = "GET /orders/{number}"
status = 200
kind = "segment"
captured = true

[[row]]
request = "GET /orders/{number}"
status = 404
kind = "event"
exception = "HTTPException"
discarded = "before_send"
by = "shop.before_send"
level = "error"
tags = ["shop"]

[[row]]
request = "GET /orders/{number}"
status = 404
kind = "segment"
discarded = "sample_rate"
by = "shop.sampler"

[[row]]
origin = "direct"
kind = "segment"
captured = true

# No test has done this for long.
"""


def test_a_contract_of_version_1(project: pytest.Pytester) -> None:
    """It held transactions, with the names of tags and users, and the spans that were discarded with them."""
    project.makeconftest(CONFTEST.replace("before_send=", "traces_sampler=shop.sampler, before_send="))
    (project.path / "tests/jobs/test_jobs.py").write_text(
        "from any_sdk import segment, span\n\n"
        "def test_job(client):\n    with segment('nightly'), span('SELECT 1', 'db'):\n        pass\n"
    )
    file(project).write_text(OF_VERSION_1)

    kept = project.runpytest_inprocess("--sentry-contract=check")
    untouched = file(project).read_text()
    written = project.runpytest_inprocess("--sentry-contract=update")
    text = file(project).read_text()
    again = project.runpytest_inprocess("--sentry-contract=check")

    assert told(kept) == ["The contract matches: 9 rows in sentry-contract.toml."]
    assert untouched == OF_VERSION_1
    assert told(written) == ["sentry-contract.toml was updated."]
    assert text == OF_VERSION_2
    assert told(again) == ["The contract matches: 8 rows in sentry-contract.toml."]
    assert kept.ret == written.ret == again.ret == pytest.ExitCode.OK


def test_a_contract_of_version_1_and_a_segment_that_is_gone(project: pytest.Pytester) -> None:
    file(project).write_text(
        CONTRACT.replace("version = 2", "version = 1") + OF_VERSION_1[OF_VERSION_1.rindex("[[row]]\nrequest") :]
    )

    result = project.runpytest_inprocess("--sentry-contract=check")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert told(result)[:4] == [
        "1 row differs from the contract.",
        "",
        "  gone     segment, GET /orders/{number} 404: was discarded by sample_rate",
        "",
    ]


CONTINUED = """
import any_sdk, pytest, sentry_sdk

@pytest.fixture
def init(sentry_init):
    sentry_init(dsn="https://key@sentry.invalid/1", traces_sample_rate=0.5)

@pytest.mark.parametrize("number", range(20))
def test_a_trace_of_a_caller_that_has_decided_nothing(init, number):
    with any_sdk.continued_segment("nightly", {"sentry-trace": f"{number + 1:032x}-{'b' * 16}"}):
        pass
"""


def test_what_chance_let_through_in_a_trace_of_a_caller(pytester: pytest.Pytester) -> None:
    """Without the caller's baggage, what is sent does not say with which rate the trace was sampled."""
    pytester.makepyfile(CONTINUED)

    pytester.runpytest_inprocess("--sentry-contract=update").assert_outcomes(passed=20)

    assert "\n[[row]]" not in (pytester.path / "sentry-contract.toml").read_text()


def test_a_waiver_of_the_contract_is_not_unused_without_a_contract(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.sentry_allow("contract", reason="random requests")
        def test(sentry_init):
            sentry_init()
        """
    )

    without = pytester.runpytest_inprocess("--sentry-strict")
    with_contract = pytester.runpytest_inprocess("--sentry-strict", "--sentry-contract=update")

    assert without.ret == pytest.ExitCode.OK
    without.stdout.no_fnmatch_line("*sentry_allow*")
    assert with_contract.ret == pytest.ExitCode.TESTS_FAILED
    with_contract.stdout.fnmatch_lines(["  unused         sentry_allow('contract') of test_*.py::test"])

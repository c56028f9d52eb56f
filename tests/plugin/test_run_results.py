"""What a run with rules tells: exit codes, annotations, summaries, properties, and how every sort of test is judged."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from run_output import json_report, rules_in_report, summary_of

SHOP = """
import pytest, sentry_sdk

@pytest.fixture(autouse=True)
def client(sentry_init):
    sentry_init(dsn="https://key@sentry.invalid/1", before_send=lambda event, hint: event if hint is not None else None)
"""
MESSAGE = "info message (16 characters)"
TEST = "test_shop.py::test"
MANY = "1 breadcrumb is more than 0"
UNTAGGED = "sentry_sdk.capture_message('jane@example.org')"
WAIVER = "pytest.mark.sentry_allow('required-tags', reason='x')"
PROPER_WAIVER = 'takes a rule and a reason, such as sentry_allow("no-callback-errors", reason="…")'
RULES = """
[rules]
required-tags = ["shop"]
max-breadcrumbs = { number = 0, severity = "warn" }
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeconftest(SHOP)
    pytester.makefile(".toml", sentry_capture=RULES)
    return pytester


def test_github_annotations_and_the_summary_of_the_step(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project.path.parent))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project.path / "summary"))
    (project.path / "summary").write_text("# The build\n")
    project.makepyfile(
        test_shop=f"import sentry_sdk\n\nsentry_sdk.capture_message('x')\n\ndef test_broken():\n    {UNTAGGED}\n\n"
        "def test_warned():\n    sentry_sdk.add_breadcrumb(message='x')\n    sentry_sdk.set_tag('shop', 'x')\n"
        f"    {UNTAGGED}\n"
    )

    result = project.runpytest_inprocess("--sentry-contract=update")

    where = f"file={project.path.name}/test_shop.py,line="
    assert [line for line in result.stdout.lines if line.startswith("::")] == [
        "::error title=Sentry::Failed: 1 rule is broken.",
        f"::error {where}5,title=Sentry rule required-tags::tags.shop is missing: {MESSAGE} ({TEST}_broken)",
        f"::warning {where}8,title=Sentry rule max-breadcrumbs::{MANY}: {MESSAGE} ({TEST}_warned)",
    ]
    summary = (project.path / "summary").read_text()
    assert summary.startswith("# The build\n\n")
    assert "required-tags" in summary
    assert "jane" not in summary + result.stdout.str()


def test_no_annotations_elsewhere(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project.path / "missing/summary"))
    project.makepyfile(f"import sentry_sdk\n\ndef test_broken():\n    {UNTAGGED}")

    project.runpytest_inprocess().stdout.no_fnmatch_line("::*")
    result = project.runpytest_inprocess("--sentry-report=report.json")

    result.stdout.fnmatch_lines(["The summary of the step could not be written: No such file or directory"])


def test_properties_of_junit(project: pytest.Pytester) -> None:
    project.makepyfile(
        f"import sentry_sdk\n\ndef test_broken():\n    {UNTAGGED}\n    {UNTAGGED}\n\n"
        "def test_discarded(sentry_init):\n    sentry_init(dsn='https://key@sentry.invalid/1', sample_rate=0.0)\n"
        f"    {UNTAGGED}\n"
    )

    project.runpytest_inprocess("--junitxml=junit.xml")

    cases = ET.parse(project.path / "junit.xml").iter("testcase")
    names = ["sentry_captured", "sentry_discarded", "sentry_rules_broken"]
    assert {
        case.get("name"): [(each.get("name"), each.get("value")) for each in case.iter("property")] for case in cases
    } == {
        "test_broken": [
            *zip(names, "201", strict=True),
            *[("sentry_finding", "required-tags: tags.shop is missing: info message (16 characters)")] * 2,
        ],
        "test_discarded": [*zip(names, "010", strict=True)],
    }


@pytest.mark.parametrize(
    ("test", "args", "code"),
    [
        ("pass", [], pytest.ExitCode.OK),
        ("pass", ["--sentry-strict"], pytest.ExitCode.TESTS_FAILED),
        ("pass", ["--sentry-strict", "--sentry-report=conftest.py/report.md"], pytest.ExitCode.TESTS_FAILED),
        ("pytest.exit('enough')", ["--sentry-strict"], pytest.ExitCode.INTERRUPTED),
        ("pytest.exit('enough', returncode=7)", ["--sentry-contract=check"], 7),
        ("raise KeyboardInterrupt", ["--sentry-contract=check"], pytest.ExitCode.INTERRUPTED),
        ("pass", ["--sentry-contract=check", "-k", "missing"], pytest.ExitCode.NO_TESTS_COLLECTED),
        ("pass", ["--sentry-contract=check", "-p", "broken"], pytest.ExitCode.INTERNAL_ERROR),
        ("pass", ["--sentry-contract=check", "--missing"], pytest.ExitCode.USAGE_ERROR),
        ("pass", ["--sentry-contract=check", "--collect-only"], pytest.ExitCode.OK),
    ],
)
def test_exit_codes(project: pytest.Pytester, test: str, args: list[str], code: int) -> None:
    (project.path / "sentry-contract.toml").write_text("version = 2")
    project.makepyfile(broken="def pytest_runtest_protocol():\n    raise LookupError")
    project.makepyfile(test_shop=f"import pytest\n\ndef test():\n    {test}")
    project.syspathinsert()

    reports = project.inline_run(*args, no_reraise_ctrlc=True)

    assert reports.ret == code


SORTS = {
    "passes": ("def test():\n    untagged()", ["failure"], 1),
    "fails": ("def test():\n    untagged()\n    assert 0", ["failure"], 1),
    "skips": ("def test():\n    untagged()\n    pytest.skip()", ["skipped"], 1),
    "xpasses": ("@pytest.mark.xfail\ndef test():\n    untagged()", ["failure"], 1),
    "xpasses_strictly": ("@pytest.mark.xfail(strict=True)\ndef test():\n    untagged()", ["failure"], 1),
    "xfails": ("@pytest.mark.xfail\ndef test():\n    untagged()\n    assert 0", ["skipped"], 1),
    "is_not_run": ("@pytest.mark.xfail(run=False)\ndef test():\n    untagged()", ["skipped"], 0),
    "setup": ("@pytest.fixture\ndef early():\n    untagged()\n\ndef test(early):\n    pass", ["failure"], 1),
    "setup_fails": ("@pytest.fixture\ndef f():\n    untagged()\n    1 / 0\n\ndef test(f):\n    pass", ["error"], 1),
    "teardown": ("@pytest.fixture\ndef f():\n    yield\n    untagged()\n\ndef test(f):\n    pass", ["error"], 1),
    "asyncio": ("@pytest.mark.asyncio\nasync def test():\n    untagged()", ["failure"], 1),
    "anyio": (
        "@pytest.mark.anyio\n@pytest.mark.parametrize('anyio_backend', ['asyncio'])\nasync def test():\n    untagged()",
        ["failure"],
        1,
    ),
    "unittest": ("class Test(unittest.TestCase):\n    def test(self):\n        untagged()", ["failure"], 1),
    "unittest_expects_failure": (
        "class Test(unittest.TestCase):\n  @unittest.expectedFailure\n  def test(self):\n    untagged()\n    assert 0",
        ["skipped"],
        1,
    ),
    "doctest": ('def shop():\n    """\n    >>> untagged()\n    """', ["failure"], 1),
    "waiver_of_a_class": (f"@{WAIVER}\nclass Test:\n    def test(self):\n        untagged()", [], 0),
    "waiver_of_a_module": (f"pytestmark = {WAIVER}\n\ndef test():\n    untagged()", [], 0),
}


def test_tests_of_every_sort(project: pytest.Pytester) -> None:
    head = f"import pytest, sentry_sdk, unittest\n\ndef untagged():\n    {UNTAGGED}\n\n"
    project.makepyfile(**{f"test_{sort}": head + test for sort, (test, _, _) in SORTS.items()})

    project.runpytest_inprocess("--doctest-modules", "--junitxml=junit.xml", "--sentry-report=report.json")

    judged = {}
    for case in ET.parse(project.path / "junit.xml").iter("testcase"):
        [broken] = [each.get("value") for each in case.iter("property") if each.get("name") == "sentry_rules_broken"]
        sort = (case.get("classname") or "").split(".")[0].removeprefix("test_")
        judged[sort] = ([each.tag for each in case if each.tag != "properties"], int(broken or 0))
    assert judged == {sort: (tags, broken) for sort, (_, tags, broken) in SORTS.items()}
    assert rules_in_report(project, "kept", "broken")["required-tags"] == (
        0,
        sum(broken for _, _, broken in SORTS.values()),
    )


def test_what_only_skipped_and_expectedly_failing_tests_break_is_a_warning(project: pytest.Pytester) -> None:
    """As pytest's exit code says: the run does not fail."""
    shop = project.makepyfile(
        f"""
        import pytest, sentry_sdk

        def test_skips():
            {UNTAGGED}
            pytest.skip()

        @pytest.mark.xfail
        def test_fails_as_expected():
            {UNTAGGED}
            assert 0
        """
    )

    result = project.runpytest_inprocess("-p", "no:randomly", "--sentry-strict", "--sentry-report=report.json")

    assert result.ret == pytest.ExitCode.OK
    assert summary_of(result) == [
        "Passed: 1 rule is kept, 1 rule with warnings.",
        "Sentry report: report.json",
        "Rules: 1 kept, 1 broken, 0 not judged, 0 not exercised.",
        "  warning        required-tags in 2 tests",
        f"                 tags.shop is missing: {MESSAGE} [in 2 tests, first: {shop.name}::test_skips]",
    ]
    report = json_report(project)
    assert report["status"] == "passed"
    assert [each["severity"] for each in report["findings"]] == ["warn"]


NO_WAIVERS = {
    "'required-tag', reason='x'": "unknown rule 'required-tag'; did you mean 'required-tags'? Valid: ",
    "'required-tags'": """a waiver needs a reason: sentry_allow('required-tags', reason="…")""",
    "'required-tags', reason=' '": """a waiver needs a reason: sentry_allow('required-tags', reason="…")""",
    "'required-tags', 'x'": PROPER_WAIVER,
    "reason='x'": PROPER_WAIVER,
    "'contract', reason='x', until=1": "until must be the last day on which the waiver counts, such as ",
    "'contract', reason='x', untill='x'": "unknown argument 'untill'; did you mean 'until'? Valid: ",
}


def test_waivers_that_are_none(project: pytest.Pytester) -> None:
    project.makepyfile(
        "import pytest\n"
        + "".join(
            f"\n@pytest.mark.sentry_allow({mark})\ndef test_{number}():\n    pass\n"
            for number, mark in enumerate(NO_WAIVERS)
        )
    )

    result = project.runpytest_inprocess("-p", "no:asyncio")

    result.assert_outcomes(errors=len(NO_WAIVERS))
    told = [line for line in result.stdout.lines if line.startswith("sentry_allow: ")]
    for line, problem in zip(told, NO_WAIVERS.values(), strict=True):
        assert line.startswith(f"sentry_allow: {problem}")


def test_waivers_of_tests_that_did_not_get_to_them_are_not_unused(project: pytest.Pytester) -> None:
    project.makefile(".toml", sentry_capture='rules.required-tags = ["shop"]')
    project.makepyfile(
        test_shop=f"""
        import pytest, sentry_sdk

        @pytest.mark.skip
        @{WAIVER}
        def test_skipped():
            pass

        @pytest.mark.xfail
        @{WAIVER}
        def test_xfails():
            assert 0

        @{WAIVER}
        def test_unused():
            sentry_sdk.set_tag("shop", "berlin")
            {UNTAGGED}
        """
    )

    result = project.runpytest_inprocess("--sentry-strict")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert [line for line in result.stdout.lines if line.startswith("  unused")] == [
        "  unused         sentry_allow('required-tags') of test_shop.py::test_unused"
    ]


def test_subtests_do_not_judge_their_test_too_early(project: pytest.Pytester) -> None:
    pytest.importorskip("_pytest.subtests", reason="pytest 9 has subtests")
    project.makefile(".toml", sentry_capture="rules.no-unexpected-events = true")
    project.makepyfile(
        test_shop=f"""
        import pytest, sentry_sdk

        def test_asked_for_afterwards(subtests, sentry_capture):
            with subtests.test("one"):
                {UNTAGGED}
            with subtests.test("two"):
                pytest.skip("nothing to do")
            assert len(sentry_capture.events) == 1

        def test_not_asked_for(subtests):
            with subtests.test("one"):
                pytest.skip("nothing to do")
            {UNTAGGED}

        def test_failed(subtests):
            with subtests.test("one"):
                assert 0
            {UNTAGGED}
        """
    )

    result = project.runpytest_inprocess("--sentry-report=report.json", "-rA")

    assert [line for line in result.stdout.lines if re.match("(PASSED|FAILED) ", line)] == [
        "PASSED test_shop.py::test_asked_for_afterwards",
        "FAILED test_shop.py::test_not_asked_for - Rule 'no-unexpected-events' is brok...",
        "FAILED test_shop.py::test_failed - contains 1 failed subtest",
    ]
    assert rules_in_report(project, "kept", "broken")["no-unexpected-events"] == (1, 2)


def test_a_worker_that_dies_loses_only_its_test(project: pytest.Pytester) -> None:
    project.makefile(".toml", sentry_capture='rules.no-silent-loss = true\nrules.required-tags = ["shop"]')
    project.makepyfile(
        f"""
        import os, sentry_sdk, signal

        sentry_sdk.init(dsn="https://key@sentry.invalid/1")
        sentry_sdk.capture_message("x")

        def test_before():
            sentry_sdk.set_tag("shop", "berlin")
            {UNTAGGED}

        def test_dies():
            {UNTAGGED}
            os.kill(os.getpid(), signal.SIGKILL)
        """
    )

    result = project.runpytest_subprocess(
        "-n1", "--max-worker-restart=0", "--sentry-report=report.json", "--sentry-strict"
    )

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            "*= sentry =*",
            "Failed: 1 rule is broken.",
            "Worker gw0 crashed. Its last test's captures are missing.",
            "Sentry report: report.json",
            "Rules: 1 kept, 1 broken, 0 not judged, 0 not exercised.",
            "  broken         required-tags",
            "                 tags.shop is missing: info message (1 character) [[](collection)]",
            "*= short test summary info =*",
        ],
        consecutive=True,
    )
    report = json_report(project)
    assert report["partial"] == ["worker gw0 crashed"]
    assert [(row["tags"], row["count"], row["example"].partition("::")[2]) for row in report["rows"]] == [
        ([], 1, ""),
        (["shop"], 1, "test_before"),
    ]
    assert rules_in_report(project, "kept", "broken")["required-tags"] == (1, 1)


def test_without_a_terminal(project: pytest.Pytester) -> None:
    project.makepyfile(f"import sentry_sdk\n\ndef test_broken():\n    {UNTAGGED}")

    result = project.runpytest_inprocess("-p", "no:terminal", "--sentry-report=report.json")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert rules_in_report(project, "kept", "broken")["required-tags"] == (0, 1)

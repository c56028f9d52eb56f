"""Configurations below the rootdir: each test is judged by the nearest one, wherever the run starts."""

from __future__ import annotations

import glob
import json
import re
from pathlib import Path

import pytest

from run_output import summary_of

SERVICES = ("billing", "orders", "search")
RULES = """\
[tool.pytest.ini_options]
addopts = "-p no:cacheprovider -p no:randomly"

[tool.sentry_capture.rules]
required-tags = ["request_id"]
max-event-bytes = { bytes = 100_000, paths = ["tests/test_small.py"] }
"""
TESTS = {
    "tests/test_events.py": """
import sentry_sdk

def test_tagged(sentry_init):
    sentry_init(dsn="https://key@sentry.invalid/1", attach_stacktrace=False)
    sentry_sdk.set_tag("request_id", "1")
    sentry_sdk.capture_message("tagged in NAME", level="LEVEL")

def test_untagged(sentry_init):
    sentry_init(dsn="https://key@sentry.invalid/1", attach_stacktrace=False)
    sentry_sdk.capture_message("untagged")
""",
    "tests/test_small.py": """
import sentry_sdk

def test_small(sentry_init):
    sentry_init(dsn="https://key@sentry.invalid/1", attach_stacktrace=False)
    sentry_sdk.set_tag("request_id", "2")
    sentry_sdk.capture_message("small")
""",
}
LEVELS = {"billing": "warning", "orders": "error", "search": "info"}
FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def monorepo(pytester: pytest.Pytester) -> pytest.Pytester:
    """Three services, each with its own rules and tests of the same names."""
    pytester.makeini("[pytest]\naddopts = -p no:cacheprovider -p no:randomly\n")
    for service in SERVICES:
        write(pytester.path / service / "pyproject.toml", RULES)
        for name, text in TESTS.items():
            # Modules of the same name in folders without __init__.py would be confused.
            file = name.replace("test_", f"test_{service}_")
            write(pytester.path / service / file, text.replace("NAME", service).replace("LEVEL", LEVELS[service]))
        rules = pytester.path / service / "pyproject.toml"
        rules.write_text(rules.read_text().replace("test_small", f"test_{service}_small"))
    return pytester


def run(pytester: pytest.Pytester, *args: str | Path, folder: str = "") -> pytest.RunResult:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(pytester.path / folder)
        return pytester.runpytest_inprocess(*args)


def failures(result: pytest.RunResult, folder: str = "") -> set[str]:
    """The tests that failed, relative to the top."""
    prefix = f"{folder}/" if folder else ""
    return {f"{prefix}{nodeid}" for nodeid in FAILED.findall(result.stdout.str())}


def contracts(pytester: pytest.Pytester) -> dict[str, str]:
    """The contracts that were written, which are removed."""
    found = {}
    for file in sorted(pytester.path.rglob("sentry-contract.toml")):
        found[file.relative_to(pytester.path).as_posix()] = file.read_text()
        file.unlink()
    return found


def test_a_monorepo_has_one_verdict_from_wherever_it_is_run(monorepo: pytest.Pytester) -> None:
    by_service = [run(monorepo, "--sentry-contract=update", folder=each) for each in SERVICES]
    failed = set().union(*(failures(result, each) for result, each in zip(by_service, SERVICES, strict=True)))
    from_inside = contracts(monorepo)
    assert failed == {f"{each}/tests/test_{each}_events.py::test_untagged" for each in SERVICES}
    assert [*from_inside] == [f"{each}/sentry-contract.toml" for each in SERVICES]
    assert len({*from_inside.values()}) == len(SERVICES)

    assert failures(run(monorepo, "--sentry-contract=update")) == failed
    assert contracts(monorepo) == from_inside

    assert failures(run(monorepo, "--sentry-contract=update", "-n2")) == failed
    assert contracts(monorepo) == from_inside


def test_messages_name_the_configuration_relative_to_the_rootdir(monorepo: pytest.Pytester) -> None:
    result = run(monorepo, "billing", "orders", "--sentry-report=report.json", "--sentry-strict")

    result.assert_outcomes(passed=4, failed=2)
    result.stdout.fnmatch_lines(
        [
            "sentry: 2 rules from billing/pyproject.toml",
            "sentry: 2 rules from orders/pyproject.toml",
            "Rule 'required-tags' is broken (billing/pyproject.toml:5).",
            "Rule 'required-tags' is broken (orders/pyproject.toml:5).",
        ]
    )
    missing = f"{' ' * 17}tags.request_id is missing: info message (8 characters)"
    assert summary_of(result)[0] == "Failed: 2 rules are broken."
    assert summary_of(result)[2:] == [
        "Rules of billing/pyproject.toml: 1 kept, 1 broken, 0 not judged, 0 not exercised.",
        "  broken         required-tags in 1 test",
        f"{missing} [billing/tests/test_billing_events.py::test_untagged]",
        "Rules of orders/pyproject.toml: 1 kept, 1 broken, 0 not judged, 0 not exercised.",
        "  broken         required-tags in 1 test",
        f"{missing} [orders/tests/test_orders_events.py::test_untagged]",
    ]
    content = json.loads((monorepo.path / "report.json").read_text())
    assert [rule["place"] for rule in content["rules"]] == [
        "billing/pyproject.toml:5",
        "billing/pyproject.toml:6",
        "orders/pyproject.toml:5",
        "orders/pyproject.toml:6",
    ]
    assert content["rules"][1]["kept"] == 1  # its paths start from the folder of the configuration


def test_what_a_run_left_out_is_asked_per_configuration(monorepo: pytest.Pytester) -> None:
    run(monorepo, "--sentry-contract=update")
    events = monorepo.path / "billing" / "tests" / "test_billing_events.py"
    events.write_text(events.read_text().replace("def test_untagged", "def off"))
    small = monorepo.path / "orders" / "tests" / "test_orders_small.py"
    small.write_text("def test_nothing(sentry_init):\n    sentry_init(dsn='https://key@sentry.invalid/1')\n")

    result = run(monorepo, "billing", "orders/tests/test_orders_small.py", "--sentry-contract=check")

    told = summary_of(result)
    assert "1 row differs from the contract billing/sentry-contract.toml." in told
    [kept] = [line for line in told if line.startswith("The contract matches")]
    assert kept.endswith(
        "in orders/sentry-contract.toml. This was a partial run (only some of the tests were selected): missing rows"
        " were not treated as removed."
    )
    assert not [line for line in told if "search" in line]

    ignoring = summary_of(run(monorepo, "--ignore=orders/tests/test_orders_small.py", "--sentry-contract=check"))
    assert "1 row differs from the contract billing/sentry-contract.toml." in ignoring
    assert [line.rpartition("(")[2] for line in ignoring if "This was a partial run" in line] == [
        "--ignore was given): missing rows were not treated as removed."
    ]


def test_the_nearest_configuration_counts_as_a_whole(pytester: pytest.Pytester) -> None:
    text = "import sentry_sdk\ndef test(sentry_init):\n    sentry_init()\n    sentry_sdk.capture_message('x')\n"
    for folder, tag in ("", "top"), ("a", "middle"), ("a/b/c", "bottom"):
        write(pytester.path / folder / "sentry_capture.toml", f'rules.required-tags = ["{tag}"]')
    for name, folder in ("one", "tests"), ("two", "a/tests"), ("three", "a/b"), ("four", "a/b/c/d"):
        write(pytester.path / folder / f"test_{name}.py", text)
    missing = re.compile(r"(?m)^  tags\.(\w+) is missing")  # of the tests' messages, not of the summary

    result = run(pytester)

    assert sorted(missing.findall(result.stdout.str())) == ["bottom", "middle", "middle", "top"]

    (pytester.path / "sentry_capture.toml").write_text('nested = false\nrules.required-tags = ["top"]')
    assert missing.findall(run(pytester).stdout.str()) == ["top"] * 4


def test_masks_and_waivers_are_those_of_the_configuration(pytester: pytest.Pytester) -> None:
    test = """
import pytest
import sentry_sdk

def test_masked(sentry_init):
    sentry_init(attach_stacktrace=False)
    sentry_sdk.set_extra("iban", "n/a")
    sentry_sdk.capture_message("x")

@pytest.mark.sentry_allow("RULE", reason="tried here")
def test_waiver(sentry_init):
    sentry_init(attach_stacktrace=False)
    sentry_sdk.set_extra("iban", "hunter2")
    sentry_sdk.capture_message("x")
"""
    write(pytester.path / "a" / "sentry_capture.toml", "masks = ['n/a']\nrules.forbidden-data.keys = ['iban']")
    write(
        pytester.path / "b" / "sentry_capture.toml",
        "rules.forbidden-data.keys = ['iban']\n[[expect]]\nname = 'of b'\ncaptured = false",
    )
    write(pytester.path / "a" / "test_a.py", test.replace("RULE", "forbidden-data"))
    write(pytester.path / "b" / "test_b.py", test.replace("RULE", "of b"))
    write(pytester.path / "a" / "test_c.py", test.replace("RULE", "of b"))

    result = run(pytester)

    assert failures(result) == {
        "a/test_c.py::test_waiver",
        "b/test_b.py::test_masked",
        "b/test_b.py::test_waiver",
    }
    result.stdout.fnmatch_lines(["*sentry_allow: unknown rule 'of b'*"])


@pytest.mark.parametrize("args", [(), ("-n1",)])
def test_mistakes_end_the_run_before_its_tests(monorepo: pytest.Pytester, args: tuple[str, ...]) -> None:
    write(monorepo.path / "orders" / "pyproject.toml", "[tool.sentry_capture.rules]\nno-silent-loss = 1\n")
    write(monorepo.path / "search" / "pyproject.toml", "[tool.sentry-capture]\n")
    write(monorepo.path / "billing" / "docs" / "sentry_capture.toml", "nothing = 1")

    result = run(monorepo, *args)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert [line for line in result.stderr.lines if line] == [
        ("ERROR: orders/pyproject.toml:2: rules.no-silent-loss: must be true, false or a table of options, not 1"),
        "search/pyproject.toml:1: [tool.sentry-capture] is not read. Use [tool.sentry_capture]",
    ]
    result.stdout.fnmatch_lines(["*no tests ran*"])
    result.stdout.no_fnmatch_line("Rules*")


@pytest.mark.parametrize("args", [(), ("-n1",)])
def test_a_missing_or_damaged_contract_ends_the_run_before_its_tests(
    monorepo: pytest.Pytester, args: tuple[str, ...]
) -> None:
    run(monorepo, "--sentry-contract=update")
    (monorepo.path / "orders" / "sentry-contract.toml").unlink()
    (monorepo.path / "billing" / "sentry-contract.toml").write_text("version = 2\n<<<<<<< ours\n")
    (monorepo.path / "search" / "sentry-contract.toml").unlink()

    result = run(monorepo, "billing", "orders", "--sentry-contract=check", *args)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert [line for line in result.stderr.lines if "contract" in line] == [
        (
            "ERROR: billing/sentry-contract.toml:2: a merge conflict. Keep one side, whichever, and run"
            ' "pytest --sentry-contract=update"'
        ),
        "There is no contract yet. To write orders/sentry-contract.toml, run `pytest --sentry-contract=update`.",
    ]
    result.stdout.fnmatch_lines(["*no tests ran*"])
    result.stdout.no_fnmatch_line("* passed*")


def test_a_contract_is_not_missed_where_no_test_runs(monorepo: pytest.Pytester) -> None:
    assert run(monorepo, "--sentry-contract=check", "--collect-only", "-q").ret == pytest.ExitCode.OK

    run(monorepo, "billing", "--sentry-contract=update")
    result = run(monorepo, "-k", "billing", "--sentry-contract=check")

    assert "no contract yet" not in result.stderr.str()
    assert [line for line in summary_of(result) if "orders" in line or "search" in line] == []


def test_what_comes_outside_of_tests_is_judged_by_the_rootdir(pytester: pytest.Pytester) -> None:
    write(pytester.path / "sentry_capture.toml", 'rules.required-tags = ["top"]')
    write(pytester.path / "a" / "sentry_capture.toml", "rules.no-silent-loss = true")
    write(
        pytester.path / "a" / "test_a.py",
        "import sentry_sdk\nsentry_sdk.init('https://key@sentry.invalid/1', attach_stacktrace=False)\n"
        "sentry_sdk.capture_message('imported')\ndef test(): pass\n",
    )

    result = run(pytester)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert [line.strip() for line in summary_of(result) if "tags" in line] == [
        "broken         required-tags",
        "tags.top is missing: info message (8 characters) [(collection)]",
    ]
    strict = run(pytester, "--sentry-strict", "--sentry-contract=update")
    assert [*contracts(pytester)] == ["a/sentry-contract.toml"]
    assert not [line for line in summary_of(strict) if "not exercised" in line and "required-tags" in line]


def test_tests_outside_of_the_rootdir_have_no_rules(pytester: pytest.Pytester) -> None:
    text = "import sentry_sdk\ndef test(sentry_init):\n    sentry_init()\n    sentry_sdk.capture_message('x')\n"
    write(pytester.path / "a" / "pytest.ini", "[pytest]\naddopts = -p no:randomly\n")
    write(pytester.path / "b" / "test_b.py", text)
    write(pytester.path / "b" / "test_c.py", text)
    args = ("--rootdir=a", "-ca/pytest.ini", "b")

    quiet = run(pytester, *args)
    write(pytester.path / "b" / "sentry_capture.toml", 'rules.required-tags = ["a"]')
    result = run(pytester, *args)

    quiet.assert_outcomes(passed=2)
    quiet.stdout.no_fnmatch_line("*outside the rootdir*")
    for each in result, run(pytester, *args, "-n1", "--sentry-contract=check"):
        each.assert_outcomes(passed=2)
        each.stdout.fnmatch_lines(
            ["No rules and no contract for tests outside the rootdir: ../b/test_b.py and 1 more."]
        )


@pytest.mark.parametrize("is_option", [False, True])
def test_files_elsewhere(pytester: pytest.Pytester, is_option: bool) -> None:
    write(
        pytester.path / "monitoring" / "rules.toml",
        "rules.required-tags = { tags = ['a'], paths = ['tests/test_it.py'] }",
    )
    write(
        pytester.path / "tests" / "test_it.py",
        "import sentry_sdk\ndef test(sentry_init):\n    sentry_init(dsn='https://key@sentry.invalid/1')\n"
        "    sentry_sdk.capture_message('x')\n",
    )
    options = {"configuration-file": "monitoring/rules.toml", "contract-file": "build/told.toml"}
    if is_option:
        args = [f"--sentry-{name}=../{value}" for name, value in options.items()]
    else:
        ini = "\n".join(f"sentry_{name.replace('-', '_')} = {value}" for name, value in options.items())
        write(pytester.path / "tox.ini", f"[pytest]\n{ini}\n")
        args = []

    result = run(pytester, "--sentry-contract=update", *args, folder="tests")

    result.stdout.fnmatch_lines(["Rule 'required-tags' is broken (monitoring/rules.toml:1)."])
    result.stdout.fnmatch_lines(["build/told.toml was updated: 1 new.*"])
    assert (pytester.path / "build" / "told.toml").exists()


def test_a_configuration_file_that_is_none(pytester: pytest.Pytester) -> None:
    write(pytester.path / "other" / "pyproject.toml", "[project]\n")

    for file, what in (
        ("a.toml", "there is no file a.toml"),
        ("other/pyproject.toml", "other/pyproject.toml has no table [tool.sentry_capture]"),
    ):
        result = run(pytester, f"--sentry-configuration-file={file}")

        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines([f"ERROR: sentry_configuration_file: {what}".replace("[", "[[]")])


def test_own_rules_belong_to_the_configuration_of_their_conftest(monorepo: pytest.Pytester) -> None:
    conftest = """
from pytest_sentry_capture import Rule

class NoMessages(Rule):
    name = "no-messages"
    def judge(self, views):
        for event in views.events:
            yield self.broken(event, "a message")

def pytest_sentry_capture_rules(config):
    return [NoMessages(paths=("tests/test_billing_small.py",))]
"""
    write(monorepo.path / "billing" / "tests" / "conftest.py", conftest)
    broken = re.compile(r"^Rule 'no-messages' is broken \(", re.MULTILINE)

    inside = run(monorepo, folder="billing")
    top = run(monorepo, "billing/tests", "orders/tests")

    assert len(broken.findall(inside.stdout.str())) == len(broken.findall(top.stdout.str())) == 1
    assert "billing/tests/test_billing_small.py::test_small" in failures(top)


@pytest.mark.needs("scopes without hubs")
def test_no_scope_bleed_of_a_nested_configuration(pytester: pytest.Pytester) -> None:
    write(pytester.path / "a" / "sentry_capture.toml", "rules.no-scope-bleed = true")
    write(
        pytester.path / "a" / "test_a.py",
        """
import sentry_sdk
from sentry_sdk.integrations.starlette import StarletteIntegration
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

def first(request):
    sentry_sdk.get_global_scope().set_tag("customer", "alice")
    return PlainTextResponse("")

def second(request):
    sentry_sdk.capture_message("x")
    return PlainTextResponse("")

def test(sentry_init):
    sentry_init(integrations=[StarletteIntegration()])
    client = TestClient(Starlette(routes=[Route("/first", first), Route("/second", second)]))
    client.get("/first")
    client.get("/second")
""",
    )

    result = run(pytester)

    result.stdout.fnmatch_lines(["Rule 'no-scope-bleed' is broken (a/sentry_capture.toml:1)."])


def test_sampling_is_settled_where_it_is_configured(pytester: pytest.Pytester) -> None:
    test = """
import sentry_sdk

def test(sentry_capture):
    sentry_sdk.init(dsn="https://key@sentry.invalid/1", sample_rate=1e-9)
    sentry_sdk.capture_message("x")
    print("captured", len(sentry_capture.events), "in NAME")
    assert 0
"""
    write(pytester.path / "settled" / "sentry_capture.toml", 'sampling = "all"')
    for name in "settled", "other":
        write(pytester.path / name / f"test_{name}.py", test.replace("NAME", name))

    result = run(pytester)

    assert re.findall(r"(?m)^captured \d in \w+", result.stdout.str()) == [
        "captured 0 in other",
        "captured 1 in settled",
    ]


LEFT_TO_CHANCE = """
import sentry_sdk

def test():
    sentry_sdk.init(dsn="https://key@sentry.invalid/1", sample_rate=0.5)
    sentry_sdk.capture_message("x")
"""


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["one process", "xdist"])
def test_advice_about_sampling_names_the_files_of_the_configurations(
    pytester: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    """It is accepted when followed: a key stands above the tables of a sentry_capture.toml."""
    write(pytester.path / "a" / "sentry_capture.toml", "[rules]\nmax-breadcrumbs = 10")
    write(pytester.path / "b" / "pyproject.toml", "[tool.sentry_capture.rules]\nmax-breadcrumbs = 10")
    write(pytester.path / "c" / "sentry_capture.toml", 'sampling = "all"\n[rules]\nmax-breadcrumbs = 10')
    for name in "abc":
        write(pytester.path / name / f"test_{name}.py", LEFT_TO_CHANCE)

    result = run(pytester, *workers)

    places = "above the tables of a/sentry_capture.toml and in [tool.sentry_capture] of b/pyproject.toml"
    where = "in 2 tests, first: a/test_a.py::test"
    differs = "The captured items differ from run to run, for max-breadcrumbs."
    result.stdout.fnmatch_lines(
        [
            f"sample_rate=0.5 sampled 2 events at random {where}. {differs}",
            f'  To avoid this: sampling = "all" {glob.escape(places)}.',
        ]
    )

    write(pytester.path / "a" / "sentry_capture.toml", 'sampling = "all"\n[rules]\nmax-breadcrumbs = 10')
    write(
        pytester.path / "b" / "pyproject.toml",
        '[tool.sentry_capture]\nsampling = "all"\n[tool.sentry_capture.rules]\nmax-breadcrumbs = 10',
    )

    result = run(pytester, *workers)

    assert result.ret == 0
    assert "at random" not in result.stdout.str()


def test_advice_about_sampling_outside_of_the_rootdir_is_the_marker(pytester: pytest.Pytester) -> None:
    write(pytester.path / "elsewhere" / "test_it.py", LEFT_TO_CHANCE)
    (pytester.path / "root").mkdir()

    result = run(pytester, "--rootdir=root", "--sentry-report=table.md", "elsewhere")

    result.stdout.fnmatch_lines(["  To avoid this, give the tests sample_rate=1.0 by the marker sentry_options."])


def test_the_first_line_is_about_all_contracts(monorepo: pytest.Pytester) -> None:
    for events in monorepo.path.rglob("test_*_events.py"):
        events.write_text(events.read_text().partition("def test_untagged")[0])

    def headline(mode: str) -> str:
        return summary_of(run(monorepo, f"--sentry-contract={mode}"))[0]

    assert headline("update") == "Passed: 6 rules are kept, 3 of 3 contracts were updated."
    assert headline("update") == "Passed: 6 rules are kept, 3 contracts are up to date."
    assert headline("check") == "Passed: 6 rules are kept, 3 contracts match."

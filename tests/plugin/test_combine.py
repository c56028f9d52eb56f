"""Shards that are combined: what the whole run would have said, and what is missing for that."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from checkout import REPORT_SCHEMA
from shards import FILES, Suite, combine, said

pytestmark = pytest.mark.slow

SCHEMA = json.loads(REPORT_SCHEMA.read_text(encoding="utf-8"))
PATHS = ("test_forms.py", "test_orders.py", "test_payments.py")


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Suite:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    return Suite(pytester, monkeypatch)


def test_shards_say_what_the_whole_run_says(suite: Suite) -> None:
    suite.run("update.json", "--sentry-contract=update")
    suite.run("whole.json", "--sentry-contract=check")
    shards = suite.split(3)

    combined = combine(*shards, "--check", "-o", "run.json")

    assert combined.exit_code == 0
    assert combined.lines == [
        "Passed: 3 rules are kept, the contract matches.",
        "Combined 3 shards with 8 tests.",
        "The contract matches: 6 rows in sentry-contract.toml.",
        "Sentry report: run.json",
        "Rules: 3 kept, 0 broken, 0 not judged, 0 not exercised.",
    ]
    assert said(suite.path / "run.json") == said(suite.path / "whole.json")
    jsonschema_rs.validate(SCHEMA, json.loads(Path("run.json").read_text()))


def test_no_value_of_a_parameter_is_in_a_report(suite: Suite) -> None:
    suite.run("whole.json")

    assert "alice" not in Path("whole.json").read_text()


def test_the_order_of_files_does_not_matter(suite: Suite) -> None:
    shards = suite.split(3)

    said_by = {tuple(combine(*order).lines) for order in permutations(shards)}

    assert len(said_by) == 1


def test_a_combined_report_is_a_report(suite: Suite) -> None:
    first, second, third = suite.split(3)
    combine(first, second, "-o", "most.json")

    in_steps, at_once = (
        combine("most.json", third, "-o", "steps.json"),
        combine(first, second, third, "-o", "once.json"),
    )

    assert in_steps.lines[:2] == at_once.lines[:2] == ["Passed: 3 rules are kept.", "Combined 3 shards with 8 tests."]
    assert said(suite.path / "steps.json") == said(suite.path / "once.json")


def test_what_a_change_removes_is_gone(suite: Suite) -> None:
    suite.run("update.json", "--sentry-contract=update")
    suite.write("test_payments.py", FILES["test_payments.py"].replace("shop.fail(OSError(1))", "pass"))
    shards = suite.split(3)

    combined = combine(*shards, "--check")

    assert combined.exit_code == 1
    assert combined.lines[0] == "Failed: 1 row differs from the contract."
    assert "  gone     event OSError, direct: was captured" in combined.lines


@pytest.mark.parametrize(
    ("name", "before", "after", "unused"),
    [
        ("test_orders.py", "range(5)", "range(2)", "sentry_allow('max-breadcrumbs') of "),
        ("test_forms.py", '{"password": "swordfish"}', '{"name": "bob"}', "'extra.form' in the allow list of"),
        ("test_forms.py", "shop.Expected()", "TypeError()", "'shop.Expected' in the application's ignore_errors"),
    ],
)
def test_what_no_shard_needs_is_unused(suite: Suite, name: str, before: str, after: str, unused: str) -> None:
    suite.write(name, FILES[name].replace(before, after))
    shards = suite.split(3)

    assert combine(*shards).exit_code == 0
    strict = combine(*shards, "--strict")

    assert strict.exit_code == 1
    assert any(line.startswith(f"  unused         {unused}") for line in strict.lines), strict.lines


def test_a_shard_less_is_not_the_whole_run(suite: Suite) -> None:
    suite.run("update.json", "--sentry-contract=update")
    shards = suite.split(3)

    checked, told = combine(*shards[:2], "--check", "--strict"), combine(*shards[:2], "--strict")

    assert (checked.exit_code, told.exit_code) == (1, 0)
    assert checked.lines[:4] == [
        "Failed: the run is incomplete.",
        "Combined 2 shards with 6 tests.",
        "The run is incomplete:",
        "  2 tests ran in no shard",
    ]
    assert not any("gone" in line.split() for line in checked.lines if not line.startswith("The contract"))
    assert told.lines[0].startswith("Passed: ")


def test_shards_by_paths_are_whole_if_all_that_are_expected_are_there(suite: Suite) -> None:
    suite.run("update.json", "--sentry-contract=update")
    suite.run("whole.json", "--sentry-contract=check")
    for name in PATHS:
        suite.run(f"{name}.json", name)
    shards = [f"{name}.json" for name in PATHS]

    whole = combine(*shards, "--check", "--expect", "3", "-o", "run.json")
    nobody_says = combine(*shards, "--check")
    one_less = combine(*shards[1:], "--check", "--expect", "3")

    assert (whole.exit_code, nobody_says.exit_code, one_less.exit_code) == (0, 1, 1)
    assert said(suite.path / "run.json") == said(suite.path / "whole.json")
    assert "  only some of the tests were selected; if these shards are all, add --expect N" in nobody_says.lines
    assert "  1 of 3 shards is missing" in one_less.lines


def test_what_every_shard_leaves_out_the_whole_run_leaves_out_too(suite: Suite) -> None:
    suite.run("update.json", "--sentry-contract=update")
    suite.run("whole.json", "--sentry-contract=check", "-k", "not refund")
    shards = suite.split(2, "-k", "not refund")

    combined = combine(*shards, "--check", "--expect", "2", "-o", "run.json")

    assert combined.exit_code == 0
    assert said(suite.path / "run.json") == said(suite.path / "whole.json")
    assert json.loads(Path("run.json").read_text())["partial"] == ["1 test deselected"]


def test_workers_in_a_shard_change_nothing(suite: Suite) -> None:
    suite.run("whole.json")
    shards = suite.split(2, "-n", "2")

    assert combine(*shards, "-o", "run.json").exit_code == 0

    assert said(suite.path / "run.json") == said(suite.path / "whole.json")


@pytest.mark.needs("pytest-split")
def test_pytest_split_says_which_group_is_missing(suite: Suite) -> None:
    for group in "12345":
        suite.run(f"{group}.json", "--splits", "5", "--group", group)

    whole = combine(*(f"{group}.json" for group in "12345"), "--check")
    less = combine("1.json", "2.json", "5.json", "--check")

    assert "  groups 3, 4 of 5 are missing" in less.lines
    assert not any("whole" in line for line in whole.lines)


def test_a_test_of_two_shards_counts_once(suite: Suite) -> None:
    suite.run("whole.json")
    suite.run("most.json", "test_orders.py", "test_forms.py")
    suite.run("more.json", "test_forms.py", "test_payments.py")

    combine("most.json", "more.json", "--expect", "2", "-o", "run.json")

    assert said(suite.path / "run.json") == said(suite.path / "whole.json")


def test_the_last_attempt_counts(suite: Suite) -> None:
    sound = FILES["test_payments.py"]
    suite.write("test_payments.py", sound.replace("shop.fail(OSError(1))", "shop.fail(EOFError(1)); assert False"))
    first, second = suite.split(2)
    failed = combine(first, second, "--check")
    suite.write("test_payments.py", sound)
    _age(Path(first), Path(second))
    suite.run("again.json", "test_payments.py")

    mended = combine(first, second, "again.json", "-o", "run.json")

    assert "  1 test failed" in failed.lines
    assert mended.lines[1] == "Combined 3 shards with 8 tests."
    report = json.loads(Path("run.json").read_text())
    exceptions = {row["exception"]: row["count"] for row in report["rows"]}
    assert exceptions["OSError"] == 1
    assert "EOFError" not in exceptions


def test_a_shard_that_crashed_is_made_up_for_by_its_repetition(suite: Suite) -> None:
    suite.run("update.json", "--sentry-contract=update")
    suite.write("test_forms.py", "import nothing_of_that_name\n")
    for name in PATHS:
        suite.run(f"{name}.json", name)
    shards = [Path(f"{name}.json") for name in PATHS]
    crashed = combine(*shards, "--check", "--expect", "3")
    suite.write("test_forms.py", FILES["test_forms.py"])
    _age(*shards)
    suite.run("again.json", "test_forms.py")

    mended = combine(*shards, "again.json", "--check", "--expect", "3")
    less = combine(*shards[:2], "again.json", "--check", "--expect", "3")

    assert crashed.exit_code == 1
    assert "  test_forms.py could not be collected" in crashed.lines
    assert mended.exit_code == 0, mended.lines
    assert less.exit_code == 1
    assert "  1 of 3 shards is missing" in less.lines


def test_a_shard_that_repeats_others_is_not_one_of_those_expected(suite: Suite) -> None:
    suite.run("update.json", "--sentry-contract=update")
    for name in PATHS:
        suite.run(f"{name}.json", name)
    forms, orders, payments = (f"{name}.json" for name in PATHS)
    suite.run("again.json", "test_orders.py::test_order_of_many_steps")

    less = combine(forms, orders, "again.json", "--check", "--expect", "3")
    whole = combine(forms, orders, payments, "again.json", "--check", "--expect", "3")

    assert less.exit_code == 1
    assert less.lines[2:5] == [
        "The run is incomplete:",
        "  1 of 3 shards is missing",
        "  again.json does not count: other shards have all of its tests",
    ]
    assert not any(line.startswith("  gone") for line in less.lines)
    assert whole.exit_code == 0, whole.lines


def test_more_shards_than_expected_are_told(suite: Suite) -> None:
    suite.run("update.json", "--sentry-contract=update")
    for name in PATHS:
        suite.run(f"{name}.json", name)

    combined = combine(*(f"{name}.json" for name in PATHS), "--check", "--expect", "2")

    assert combined.exit_code == 1
    assert "  there are 3 shards, and --expect says 2" in combined.lines


def _age(*files: Path) -> None:
    """Have reports be of an earlier day: those of a second have an order that nobody knows."""
    for file in files:
        report = json.loads(file.read_text())
        for run in report["shard"]["runs"]:
            run["started"] = "2020-01-01T00:00:00Z"
        file.write_text(json.dumps(report))


def test_imports_count_once_for_each_module(suite: Suite) -> None:
    captures = 'import shop\nshop.start()\nimport sentry_sdk\nsentry_sdk.capture_message("imported")\n'
    suite.write("settings.py", captures)
    for name in PATHS:
        suite.write(name, f"import settings\nsettings.sentry_sdk.capture_message('collected')\n{FILES[name]}")
    suite.run("whole.json")
    for name in PATHS:
        suite.run(f"{name}.json", name)

    combine(*(f"{name}.json" for name in PATHS), "--expect", "3", "-o", "run.json")

    assert said(suite.path / "run.json")["counts"] == said(suite.path / "whole.json")["counts"]


def test_broken_rules_of_shards_fail_the_combined_run(suite: Suite) -> None:
    suite.write("test_forms.py", FILES["test_forms.py"].replace("form={", "note={"))
    shards = suite.split(2)

    combined = combine(*shards)

    assert combined.exit_code == 1
    assert combined.lines[0] == "Failed: 1 rule is broken."
    assert any("test_forms.py::test_form" in line for line in combined.lines)


def test_machines_may_have_other_folders(suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    suite.run("update.json", "--sentry-contract=update")
    suite.run("whole.json", "--sentry-contract=check")
    shards = suite.split(2)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in shards:
        text = Path(name).read_text()
        assert str(suite.path) not in text
        (elsewhere / name).write_text(text)
    monkeypatch.chdir(elsewhere)

    combined = combine(*shards, "--check", "-o", "run.json")

    assert combined.exit_code == 0
    assert said(elsewhere / "run.json") == said(suite.path / "whole.json")


def test_a_run_without_sentry_is_one_only_if_all_shards_are(suite: Suite) -> None:
    suite.write("test_alone.py", "def test_alone():\n    pass\n")
    suite.write("conftest.py", "import os, pytest, shop\n")
    suite.write("test_forms.py", f"{FILES['test_forms.py']}\ndef setup_module():\n    shop.start()\n")
    suite.run("off.json", "test_alone.py")
    suite.run("on.json", "test_forms.py")

    off, on = combine("off.json"), combine("off.json", "on.json")

    assert off.lines[0].startswith("No Sentry client was active in this run")
    assert on.lines[0].startswith("Passed: ")


# What can't be combined


def test_what_can_not_be_combined_is_left_out_and_named(suite: Suite) -> None:
    first, second, third = suite.split(3)
    whole = Path(second).read_text()
    older = json.loads(Path(third).read_text())
    del older["shard"]["runs"]
    Path(third).write_text(json.dumps(older))
    Path(second).write_text(whole[: len(whole) // 2])

    combined = combine(first, second, third, "no.json", "--check")

    assert combined.exit_code == 1
    assert combined.lines[1:7] == [
        "Combined 1 shard with 3 tests.",
        "The run is incomplete:",
        "  5 tests ran in no shard",
        f"  {second} is not valid JSON: is it what --sentry-report=PATH.json wrote?",
        f"  {third} is from an older pytest-sentry-contract, whose reports can't be combined: run that shard again",
        "  no.json is missing",
    ]
    assert combine(first, second, third, "no.json").exit_code == 0


@pytest.mark.parametrize("part", ["started", "attempts", "values", "rows", "configurations", "collected"])
def test_a_damaged_part_is_named(suite: Suite, part: str) -> None:
    first, second = suite.split(2)
    report = json.loads(Path(second).read_text())
    report["shard"]["runs"][0][part] = [[99, "x"]]
    Path(second).write_text(json.dumps(report))

    combined = combine(first, second, "--check")

    assert combined.exit_code == 1
    [line] = [line for line in combined.lines if second in line]
    assert line.startswith(f"  {second} is damaged: shard.runs[0]")


def test_a_shard_of_another_commit_is_left_out(suite: Suite) -> None:
    first, second, third = suite.split(3)
    suite.write("sentry_capture.toml", FILES["sentry_capture.toml"].replace("= 3", "= 4"))
    suite.run(third, group=(2, 3))

    combined = combine(first, second, third, "--check")

    assert combined.exit_code == 1
    assert f"  {third} was run with another sentry_capture.toml than {first}: run it again" in combined.lines


@pytest.mark.needs("pytest-split")
def test_a_group_of_another_commit_is_not_called_missing(suite: Suite) -> None:
    for group in "123":
        suite.run(f"{group}.json", "--splits", "4", "--group", group)
    suite.write("sentry_capture.toml", FILES["sentry_capture.toml"].replace("= 3", "= 4"))
    suite.run("3.json", "--splits", "4", "--group", "3")

    combined = combine("1.json", "2.json", "3.json", "--check")

    assert combined.exit_code == 1
    assert combined.lines[2:6] == [
        "The run is incomplete:",
        "  4 tests ran in no shard",
        "  3.json was run with another sentry_capture.toml than 1.json: run it again",
        "  group 4 of 4 is missing",
    ]


def _of_another_project(suite: Suite) -> None:
    suite.write("sentry_capture.toml", "[rules]\nno-callback-errors = true\n")
    for name in PATHS:
        (suite.path / name).unlink()
    suite.write("test_others.py", "import shop\ndef test_other():\n    shop.fail(ValueError())\n")
    suite.run("other.json")


def _same_twice(suite: Suite) -> None:
    shutil.copyfile(suite.path / "shard-0.json", suite.path / "other.json")


def _link(suite: Suite) -> None:
    (suite.path / "other.json").symlink_to("shard-1.json")


def _other_version(version: int) -> Callable[[Suite], None]:
    def write(suite: Suite) -> None:
        report: dict[str, Any] = json.loads((suite.path / "shard-0.json").read_text())
        (suite.path / "other.json").write_text(json.dumps({**report, "version": version}))

    return write


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (_link, "other.json and shard-1.json are the same file. Pass each report once."),
        (_same_twice, "shard-0.json and other.json are reports of the same shard. Pass one of them."),
        (
            _of_another_project,
            "other.json are of two projects: their tests, rules and contracts have nothing in common.",
        ),
        (_other_version(1), "other.json is a report of version 1, which lacks data for a comparison"),
        (
            _other_version(3),
            "other.json is a report of version 3, and this pytest-sentry-contract reads version 2: upgrade it.",
        ),
        (
            lambda suite: suite.write("other.json", '{"tests": []}'),
            "other.json is not a report of pytest-sentry-contract. To write one, run",
        ),
    ],
    ids=["link", "same twice", "other project", "version 1", "version 3", "other plugin"],
)
def test_bad_input_is_refused(suite: Suite, make: Callable[[Suite], None], message: str) -> None:
    suite.split(2)
    make(suite)

    combined = combine("shard-0.json", "shard-1.json", "other.json")

    assert combined.exit_code == 2
    assert not combined.lines
    assert message in combined.error


def test_named_projects_are_shown_by_their_names(suite: Suite) -> None:
    suite.write("pyproject.toml", '[project]\nname = "shop"\n')
    suite.run("shop.json")
    suite.write("pyproject.toml", '[project]\nname = "billing"\n')
    suite.run("billing.json")

    combined = combine("shop.json", "billing.json")

    assert combined.exit_code == 2
    assert "are of two projects, shop and billing." in combined.error or "billing and shop." in combined.error


def test_services_of_one_repository_are_one_project(suite: Suite) -> None:
    for service, rules in {"billing": "max-breadcrumbs = 3", "search": "required-tags = ['request_id']"}.items():
        (suite.path / service).mkdir()
        suite.write(f"{service}/sentry_capture.toml", f"[rules]\n{rules}\n")
        suite.write(f"{service}/test_{service}.py", "import shop\ndef test_it():\n    shop.fail(ValueError())\n")
    suite.run("whole.json", "billing", "search")
    suite.run("billing.json", "billing")
    suite.run("search.json", "search")

    combined = combine("billing.json", "search.json", "--expect", "2", "-o", "run.json")

    assert combined.exit_code == 0, combined.error
    assert said(suite.path / "run.json")["rules"] == said(suite.path / "whole.json")["rules"]


def test_nothing_to_combine_is_refused(suite: Suite) -> None:
    combined = combine("no.json")

    assert (combined.exit_code, combined.error) == (
        2,
        "sentry-contract: There is no shard to combine:\n  no.json is missing\n",
    )


def test_an_output_without_a_format_is_refused(suite: Suite) -> None:
    suite.run("whole.json")

    combined = combine("whole.json", "-o", "run.csv")

    assert combined.exit_code == 2
    assert "'run.csv' has an unknown suffix" in combined.error


@pytest.mark.parametrize("number", ["0", "-1", "many"])
def test_a_number_of_shards_is_one(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as error:
        combine("whole.json", f"--expect={number}")

    assert error.value.code == 2

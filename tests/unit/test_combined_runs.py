"""Any split of a run, combined, says what the run itself says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_sentry_capture._reports import Row
from pytest_sentry_capture._rules import RuleTally, Waiver
from pytest_sentry_capture._run import combine
from pytest_sentry_capture._run.contract_check import CarriedContract
from pytest_sentry_capture._run.findings import Breach, Findings
from pytest_sentry_capture._run.judged_configuration import JudgedConfiguration
from pytest_sentry_capture._run.judged_rule import JudgedRule
from pytest_sentry_capture._run.omissions import Omissions
from pytest_sentry_capture._run.settings.configuration import Configuration
from pytest_sentry_capture._run.settings.options import Settings
from pytest_sentry_capture._run.shards.shard_run import RunConfiguration, ShardRun, collected_tests
from pytest_sentry_capture._run.summary.run_facts import RunDescription
from pytest_sentry_capture._run.summary.run_summary import conclude
from pytest_sentry_capture._run.totals import Totals
from shards import said

TESTS: Final = (
    "test_a.py::test_one",
    "test_a.py::test_two[x]",
    "test_a.py::test_two[y]",
    "test_b.py::TestB::test_three",
    "test_b.py::test_four[alice@example.com]",
    "test_b.py::test_five",
)
ROWS: Final = (
    Row("direct", kind="event", exception="KeyError", level="error", tags=("plan", "request_id")),
    Row("/orders/{number}", "GET", 500, "event", "ValueError", level="error", project="1"),
    Row("/orders/{number}", "GET", 404, "event", result="before_send", by="shop.before_send", project="2"),
    Row("/orders/{number}", "GET", 400, result="silent"),
    Row("/", "GET", 200, result="nothing"),
    Row("/off", "GET", 500, result="Sentry was off"),
    Row("shop.send", "job", "failed", "event", "OSError", level="error"),
)
RULES: Final = ("required-tags", "max-breadcrumbs", "no-pii")
ALLOWED: Final = ("user.id", "extra.form")

numbers = st.integers(0, 3)
flags = st.booleans()
exported_rows = st.lists(
    st.tuples(st.sampled_from(ROWS), st.integers(1, 3), flags, st.tuples(flags, flags, flags)),
    max_size=4,
    unique_by=lambda row: row[0],
)
tallies = st.builds(
    RuleTally,
    *(st.integers(0, 1),) * 4,
    st.dictionaries(st.sampled_from(ALLOWED), st.integers(1, 2)).map(Counter),
    st.sets(st.sampled_from(["too deep", "no client"])).map(Counter),
)


@st.composite
def findings(draw: st.DrawFn, label: str) -> Findings:
    broken = draw(st.sets(st.sampled_from(RULES)))
    rows = [
        [row, times, 0, label.partition("[")[0], in_contract, [*always], {"user.id": "sent"}, None]
        for row, times, in_contract, always in draw(exported_rows)
    ]
    waivers = [Waiver(rule, "test_a.py", "why") for rule in RULES]
    return Findings(
        label,
        "",
        rows=rows,
        tallies=draw(st.dictionaries(st.sampled_from(RULES), tallies)),
        breaches=[
            Breach(rule, "warn", f"{rule} is broken", label, label.partition("::")[0], 3) for rule in sorted(broken)
        ],
        waivers=draw(st.dictionaries(st.sampled_from(waivers), flags)),
        is_complete=draw(flags),
        counts=draw(st.dictionaries(st.sampled_from(["event", "segment"]), st.integers(1, 3))),
        unseen_requests=draw(st.dictionaries(st.just("flask"), st.integers(1, 2))),
        callbacks=[
            [
                ["before_send", "shop.before_send", "shop.py", 3],
                dict.fromkeys(("calls", "passed", "compared", "changed", "dropped", "crashed"), draw(numbers)),
            ]
        ],
    )


runs = st.tuples(*map(findings, TESTS)).map(list)
splits = st.lists(st.integers(0, 3), min_size=len(TESTS), max_size=len(TESTS))


def write(path: Path, found: Sequence[Findings], number: int) -> None:
    """Write the report of a run of these tests, which knows of all."""
    totals = Totals()
    for each in found:
        totals.add_attempt(each, "")
    totals.settle()
    labels = {each.label for each in found}
    tests, keys = collected_tests(labels, {*TESTS} - labels, lambda _: "")
    rules = [
        JudgedRule(name, "warn", f"pyproject.toml:{line}", allow_list=ALLOWED) for line, name in enumerate(RULES, 1)
    ]
    omissions = Omissions(deselected=len(TESTS) - len(found), failed_tests=totals.of("").failed_tests)
    configuration = RunConfiguration("", "pyproject.toml", "digest", True, rules, omissions, "sentry-contract.toml")
    judged = JudgedConfiguration(
        Configuration("", None, "pyproject.toml"),
        rules,
        totals.of(""),
        lambda: omissions,
        contract_file=CarriedContract("sentry-contract.toml", None),
        root=path.parent,
        is_asked=True,
        digest="digest",
    )
    run = ShardRun(
        f"{number}",
        collected=tests,
        configurations=[configuration],
        attempts=[(keys[each.label], each) for each in found],
        client_was_active=True,
    )
    conclude(
        totals,
        [judged],
        Settings(reports=(path,)),
        folder=path.parent,
        root=path.parent,
        run=RunDescription(runs=[run]),
    )


def in_any_order(content: dict[str, Any]) -> dict[str, Any]:
    """Without the order in which the tests ran, which splits do not keep."""
    rules = [{**rule, "obstacles": sorted(rule["obstacles"])} for rule in content["rules"]]
    return {**content, "rules": rules}


@settings(deadline=None, max_examples=60)
@given(runs, splits, st.randoms(use_true_random=False))
def test_a_split_run_combined_is_the_whole_run(run: list[Findings], split: list[int], random: Any) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "whole.json", run, 99)
        shards = []
        for shard in sorted({*split}):
            file = folder / f"{shard}.json"
            write(file, [each for each, place in zip(run, split, strict=True) if place == shard], shard)
            shards.append(file)
        random.shuffle(shards)

        combine(shards, output=Path("run.json"), folder=folder)
        combine([folder / "run.json"], output=Path("again.json"), folder=folder)

        whole = in_any_order(said(folder / "whole.json"))
        assert in_any_order(said(folder / "run.json")) == whole
        assert in_any_order(said(folder / "again.json")) == whole
        assert "alice" not in (folder / "run.json").read_text()


@settings(deadline=None, max_examples=30)
@given(runs, st.sets(st.sampled_from(range(len(TESTS)))), st.booleans())
def test_a_test_that_is_repeated_counts_once(run: list[Findings], repeated: set[int], last: bool) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "whole.json", run, 1)
        write(folder / "again.json", [run[place] for place in sorted(repeated)], 2)
        files = [folder / "whole.json", folder / "again.json"]

        combine(files[::-1] if last else files, output=Path("run.json"), folder=folder)

        assert in_any_order(said(folder / "run.json")) == in_any_order(said(folder / "whole.json"))

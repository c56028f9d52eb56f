"""The example's rules and contract do their work: a deliberate change of its filter turns the run red."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from checkout import CHECKOUT
from shards import combine, said

pytestmark = pytest.mark.slow

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILTER = "frozenset({400, 401, 403, 404, "
WIDER = "frozenset({400, 401, 403, "
DIFFERENCE = """\
1 row differs from the contract.

  changed  event HTTPException, GET /statements/{statement_id} 404: was discarded by before_send, is captured now [T]
             by: was monitoring.before_send, is none now
             tags: new error_type

If this is intended, run `pytest --sentry-contract=update`.
""".replace("[T]", "[tests/test_errors.py::test_an_unknown_statement]")
TEST = "def test_an_unknown_statement("
ANNOTATION = (
    "::error file=example_app/tests/test_errors.py,line=%d,title=Sentry rule client errors are not bugs::captured, but"
    " must not be: error HTTPException (17 characters), handled, GET /statements/{statement_id} answered 404"
    " (tests/test_errors.py::test_an_unknown_statement)"
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__", ".*_cache", "*.db", ".env")
    shutil.copytree(CHECKOUT / "example_app", tmp_path / "example_app", ignore=ignored)
    return tmp_path


def run(copy: Path, *args: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "GITHUB_"))}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:randomly", *args],
        cwd=copy,
        env={**environment, "GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(copy)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_change_of_the_filter_turns_the_run_red(copy: Path) -> None:
    monitoring = copy / "example_app/monitoring.py"
    contract = (copy / "example_app/sentry-contract.toml").read_text()
    tests = (copy / "example_app/tests/test_errors.py").read_text().splitlines()
    [line] = (number for number, text in enumerate(tests, 1) if text.startswith(TEST))
    selected = ("example_app/tests/test_errors.py", "-k", "unknown_statement")

    before = run(copy, *selected)
    monitoring.write_text(monitoring.read_text().replace(FILTER, WIDER))
    after = run(copy, *selected)

    assert before.returncode == 0, before.stdout
    assert re.search(
        r"^The contract matches: \d+ rows in sentry-contract.toml. This was a partial run", before.stdout, re.MULTILINE
    )
    assert "::error" not in before.stdout
    assert after.returncode == 1
    assert DIFFERENCE in after.stdout
    assert ANNOTATION % line in after.stdout.splitlines()
    assert (copy / "example_app/sentry-contract.toml").read_text() == contract


def test_a_suggestion_has_most_of_the_rules_that_people_wrote(copy: Path) -> None:
    written = copy / "example_app/sentry_capture.toml"
    by_hand = tomllib.loads(written.read_text())["rules"]
    written.unlink()

    run(copy, "example_app/tests/test_errors.py", "--sentry-contract=off", f"--sentry-suggest={written}")

    suggested = tomllib.loads(written.read_text())
    assert len(suggested["rules"].keys() & by_hand.keys()) >= 9
    assert any(404 in entry.get("status_code", []) and not entry["captured"] for entry in suggested["expect"])
    again = run(copy, "example_app/tests/test_errors.py", "--sentry-contract=off", "--sentry-strict")
    assert again.returncode == 0, again.stdout


FILES = ("test_errors.py", "test_logging.py", "test_privacy.py", "test_imports.py", "test_storage_failures.py")
MAY_DIFFER = ("counts", "rows", "callbacks", "collected", "ran")
"""What module- and session-scoped fixtures do once for each process, and how the tests were collected."""


def concluded(report: Path) -> dict[str, object]:
    """What a run has come to: of rules their states, and not in how many tests."""
    content = said(report)
    states = [(rule["name"], rule["state"]) for rule in content["rules"]]
    return {**{name: value for name, value in content.items() if name not in MAY_DIFFER}, "rules": states}


@pytest.fixture
def smaller(copy: Path) -> Path:
    """The example with five files of tests, and the contract of these."""
    for file in (copy / "example_app/tests").glob("test_*.py"):
        if file.name not in FILES:
            file.unlink()
    run(copy, "example_app", "--sentry-contract=update")
    return copy


@pytest.mark.needs("Sentry's own engine")
def test_shards_by_paths_are_the_whole_run(smaller: Path) -> None:
    run(smaller, "example_app", "--sentry-contract=check", f"--sentry-report={smaller}/whole.json")
    shards = [smaller / f"{name}.json" for name in FILES]
    for name, shard in zip(FILES, shards, strict=True):
        run(smaller, f"example_app/tests/{name}", f"--sentry-report={shard}")

    combined = combine(*shards, "--check", "--expect", "5", "-o", smaller / "run.json")
    less = combine(*shards[1:], "--check", "--expect", "5")

    assert combined.exit_code == 0, combined.lines
    assert concluded(smaller / "run.json") == concluded(smaller / "whole.json")
    assert less.exit_code == 1
    assert "  1 of 5 shards is missing" in less.lines


@pytest.mark.needs("Sentry's own engine")
@pytest.mark.needs("pytest-split")
def test_shards_of_pytest_split_are_the_whole_run(smaller: Path) -> None:
    run(smaller, "example_app", "--sentry-contract=check", f"--sentry-report={smaller}/whole.json")
    shards = [smaller / f"{group}.json" for group in range(1, 6)]
    for group, shard in enumerate(shards, 1):
        run(smaller, "example_app", "--splits", "5", "--group", str(group), f"--sentry-report={shard}")

    combined = combine(*shards, "--check", "-o", smaller / "run.json")

    assert combined.exit_code == 0, combined.lines
    assert concluded(smaller / "run.json") == concluded(smaller / "whole.json")

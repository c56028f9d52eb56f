"""A suite that runs in shards, and what combining their reports says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from run_reports import sentry_contract

FILES = {
    "shop.py": """
import sentry_sdk


class Expected(Exception):
    pass


def start(**options):
    sentry_sdk.init(dsn="https://public@sentry.invalid/1", release="1", default_integrations=False, **options)


def fail(error, **extra):
    scope = sentry_sdk.get_current_scope() if hasattr(sentry_sdk, "get_current_scope") else sentry_sdk.Hub.current.scope
    scope.set_tag("request_id", "r-1")
    for name, value in extra.items():
        scope.set_extra(name, value)
    sentry_sdk.capture_exception(error)
""",
    "conftest.py": """
import os
import pytest
import shop


@pytest.fixture(autouse=True, scope="session")
def started():
    shop.start(ignore_errors=[shop.Expected])


def pytest_collection_modifyitems(config, items):
    group, groups = int(os.environ.get("GROUP", "0")), int(os.environ.get("GROUPS", "1"))
    chosen = items[group::groups]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen
""",
    "test_orders.py": """
import pytest
import shop


@pytest.mark.parametrize("number", ["alice@example.com", "b", "c"])
def test_order(number):
    shop.fail(LookupError(number))


@pytest.mark.sentry_allow("max-breadcrumbs", reason="a long way")
def test_order_of_many_steps():
    import sentry_sdk
    for number in range(5):
        sentry_sdk.add_breadcrumb(message=str(number))
    shop.fail(KeyError(1))
""",
    "test_forms.py": """
import shop


def test_form():
    shop.fail(ValueError(1), form={"password": "swordfish"})


def test_closed_form():
    shop.fail(shop.Expected())
""",
    "test_payments.py": """
import shop


def test_payment():
    shop.fail(ArithmeticError(1))


def test_refund():
    shop.fail(OSError(1))
""",
    "sentry_capture.toml": """
[rules]
required-tags = ["request_id"]
max-breadcrumbs = 3
forbidden-data = { keys = ["password"], allow = ["extra.form"] }
""",
    "pytest.ini": "[pytest]\naddopts = -p no:cacheprovider -p no:randomly\n",
}


class Combined(NamedTuple):
    """What the command has said."""

    exit_code: int
    lines: list[str]
    error: str


def combine(*arguments: str | Path) -> Combined:
    """Run ``sentry-contract combine``."""
    with redirect_stdout(StringIO()) as output, redirect_stderr(StringIO()) as errors:
        exit_code = sentry_contract("combine", *arguments)
    return Combined(exit_code, output.getvalue().splitlines(), errors.getvalue())


class Suite:
    """The suite in a folder.

    Args:
        changes: other contents of files.
    """

    def __init__(self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, **changes: str) -> None:
        self.path = pytester.path
        self._pytester = pytester
        self._monkeypatch = monkeypatch
        for name, text in {**FILES, **changes}.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        """Write a file of it."""
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        (self.path / name).write_text(text, encoding="utf-8")

    def run(self, report: str, *args: str, group: tuple[int, int] = (0, 1)) -> pytest.RunResult:
        """Run a part of the suite, by default all of it, and write its report."""
        self._monkeypatch.setenv("GROUP", str(group[0]))
        self._monkeypatch.setenv("GROUPS", str(group[1]))
        return self._pytester.runpytest_subprocess("-q", f"--sentry-report={report}", *args)

    def split(self, number: int, *args: str) -> list[str]:
        """Run all of it in so many shards. Their reports."""
        names = [f"shard-{group}.json" for group in range(number)]
        for group, name in enumerate(names):
            self.run(name, *args, group=(group, number))
        return names


def said(report: Path) -> dict[str, Any]:
    """What is the same of the reports of an unsplit run and of its shards together."""
    content = json.loads(report.read_text(encoding="utf-8"))
    told: Sequence[str] = (
        *("status", "outcome", "verdict", "partial", "rules", "findings", "waivers", "unused", "contract"),
        *("counts", "personal_data", "integrations", "sdk", "callbacks"),
    )
    left_out = ("item", "before")
    rows = [{name: value for name, value in row.items() if name not in left_out} for row in content["rows"]]
    shard = {name: content["shard"][name] for name in ("collected", "ran", "allowed")}
    ignored = {entry: times > 0 for entry, times in content["shard"]["ignored_errors"].items()}
    return {**{name: content[name] for name in told}, "rows": rows, **shard, "ignored": ignored}

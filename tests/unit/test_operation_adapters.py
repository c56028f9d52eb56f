"""How frameworks are observed: by one file each, of which nothing knows but its line in the registry."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import pytest_sentry_capture
import toy_adapter
import toy_framework
from pytest_sentry_capture._lazy import imported
from pytest_sentry_capture._operations.adapter import OperationAdapter
from pytest_sentry_capture._operations.registry import ADAPTERS

PACKAGE = Path(pytest_sentry_capture.__file__).parent
TESTS = """
import pytest
import sentry_sdk
from toy_framework import Application

waived = pytest.mark.sentry_allow("server-errors-captured", reason="toys report nothing")

@pytest.fixture(autouse=True)
def initialised(sentry_init):
    sentry_init(dsn="https://key@sentry.invalid/1")

@waived
def test_assertion(sentry_capture):
    with pytest.raises(LookupError):
        Application().handle("/crash")
    Application().handle("/health")
    crash, health = sentry_capture.exchanges
    assert (crash.path, health.route, health.status) == ("/crash", "/health", 503)

@waived
def test_message(sentry_capture):
    Application().handle("/health")
    sentry_capture.assert_captured(status_code=503)

def test_rule():
    Application().handle("/health")
"""


@pytest.mark.parametrize("place", ADAPTERS.values())
def test_every_registered_adapter_is_one(place: str) -> None:
    assert issubclass(imported(place), OperationAdapter)


def test_every_adapter_is_registered() -> None:
    files = {file.stem for file in (PACKAGE / "_operations").glob("*.py")} - {"__init__", "adapter", "registry"}

    assert files == {place.partition(":")[0].rpartition(".")[2] for place in ADAPTERS.values()}


def test_a_framework_is_added_by_one_file_and_one_line(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = pytester.path / PACKAGE.name
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(toy_adapter.__file__, copy / "_operations" / "toy.py")
    registry = copy / "_operations" / "registry.py"
    head, line, tail = registry.read_text().partition("ADAPTERS: Final[Mapping[str, str]] = {\n")
    registry.write_text(f'{head}{line}    "{toy_framework.__name__}": "_operations.toy:ToyAdapter",\n{tail}')
    # From the first folder the plugin's entry point takes the copy.
    monkeypatch.setenv("PYTHONPATH", f"{pytester.path}:{Path(toy_framework.__file__).parent}")
    pytester.makepyprojecttoml("[tool.sentry_capture.rules]\nserver-errors-captured = true\n")
    pytester.makepyfile(test_toy=TESTS)

    result = pytester.runpytest_subprocess("--sentry-report=report.json")

    result.assert_outcomes(passed=2, failed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "Rule 'server-errors-captured' is broken (pyproject.toml:2).",
            "  GET /health answered 503*",
            "exchange   GET /health answered 503",
            "E       Hint: Toys report nothing.",
        ]
    )
    rows = json.loads((pytester.path / "report.json").read_text())["rows"]
    requests = [(row["request"]["route"], row["status"], row["count"]) for row in rows]
    assert requests == [("/crash", None, 1), ("/health", 503, 3)]

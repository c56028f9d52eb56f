"""What is added by touching few files: a kind, a framework, a rule and a format, each in a copy of the package."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import pytest

import pytest_sentry_capture
import toy_framework
from checkout import TESTS
from pytest_sentry_capture._lazy import imported
from pytest_sentry_capture._operations.adapter import OperationAdapter
from pytest_sentry_capture._operations.registry import ADAPTERS

PACKAGE = Path(pytest_sentry_capture.__file__).parent
TOYS = TESTS / "support" / "toys"
MOST_FILES = 4


class Add(Protocol):
    """Adds one of the ``TOYS`` to the copy, as a file, and to others lines: each with what it is put in front of."""

    def __call__(self, toy: str, place: str, lines: Mapping[str, Mapping[str, str]]) -> None: ...


@pytest.fixture
def add(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Add:
    copy = pytester.path / PACKAGE.name
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    # From the first folder the plugin's entry point takes the copy.
    monkeypatch.setenv("PYTHONPATH", f"{pytester.path}:{Path(toy_framework.__file__).parent}")

    def add(toy: str, place: str, lines: Mapping[str, Mapping[str, str]]) -> None:
        assert 1 + len(lines) <= MOST_FILES
        shutil.copy(TOYS / f"{toy}.py", copy / place)
        for path, added in lines.items():
            text = (copy / path).read_text(encoding="utf-8")
            for line, before in added.items():
                assert text.count(before) == 1, f"{path}: {before}"
                text = text.replace(before, line + before)
            (copy / path).write_text(text, encoding="utf-8")

    return add


def report_of(pytester: pytest.Pytester) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((pytester.path / "report.json").read_text(encoding="utf-8"))
    return report


@pytest.fixture
def kind_of_toys(add: Add) -> None:
    add(
        "toy_kind",
        "_recording/kinds/toy.py",
        {
            "_recording/kinds/__init__.py": {
                "from pytest_sentry_capture._recording.kinds.toy import CapturedToy as CapturedToy\n": (
                    "from pytest_sentry_capture._recording.kinds.transaction import"
                ),
                '    "toy",\n': '    "client_report",\n]\n',
            },
            "_assertions/views.py": {
                "    @property\n    def toys(self): return self._view(CLASS_OF_KIND['toy'])\n\n": (
                    "    @property\n    def items(self)"
                ),
                "from pytest_sentry_capture._recording.kinds import CLASS_OF_KIND\n": (
                    "from pytest_sentry_capture._recording.kinds import"
                ),
            },
            "__init__.py": {
                '    "CapturedToy": "_recording.kinds.toy",\n': '    "CapturedCheckIn": "',
                '    "CapturedToy",\n': '    "CapturedCheckIn",\n',
            },
        },
    )


@pytest.mark.usefixtures("kind_of_toys")
def test_a_kind(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest, sentry_sdk
        from sentry_sdk.envelope import Envelope, Item
        from pytest_sentry_capture import CapturedToy

        @pytest.fixture(autouse=True)
        def sent(sentry_init):
            client = sentry_init(dsn="https://key@sentry.invalid/1")
            envelope = Envelope(items=[Item(b'{"name": "car", "wheels": 4}', type="toy_item")])
            client.transport.capture_envelope(envelope)

        def test_assertion(sentry_capture):
            toy = sentry_capture.assert_captured("toy", name="car", wheels=range(5))
            assert type(toy) is CapturedToy
            assert sentry_capture.toys == [toy]

        def test_message(sentry_capture):
            sentry_capture.assert_captured("toy", wheels=3)

        def test_mistake(sentry_capture):
            sentry_capture.find("toy", whels=3)
        """
    )

    result = pytester.runpytest_subprocess("--sentry-report=report.json", "--sentry-contract=update")

    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*Expected exactly one toy with wheels=3*",
            "*toy 'car', on 4 wheels",
            "*wheels: expected 3, found 4",
            "*TypeError: unknown criterion for kind 'toy': 'whels'; did you mean 'wheels'? Valid: name, wheels, where",
        ]
    )
    rows = [row for row in report_of(pytester)["rows"] if row["kind"] == "toy"]
    assert [(row["count"], row["captured"]) for row in rows] == [(3, True)]
    assert 'kind = "toy"' in (pytester.path / "sentry-contract.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("place", ADAPTERS.values())
def test_every_registered_adapter_is_one(place: str) -> None:
    assert issubclass(imported(place), OperationAdapter)


def test_every_adapter_is_registered() -> None:
    files = {file.stem for file in (PACKAGE / "_operations").glob("*.py")} - {
        "__init__",
        "adapter",
        "job_system",
        "jobs",
        "observation",
        "registry",
        "tracebacks",
    }

    assert files == {place.partition(":")[0].rpartition(".")[2] for place in ADAPTERS.values()}


def test_a_framework(pytester: pytest.Pytester, add: Add) -> None:
    line = f'    "{toy_framework.__name__}": "_operations.toy:ToyAdapter",\n'
    add("toy_adapter", "_operations/toy.py", {"_operations/registry.py": {line: '    "starlette.applications":'}})
    pytester.makepyprojecttoml("[tool.sentry_capture.rules]\nserver-errors-captured = true\n")
    pytester.makepyfile(
        """
        import pytest
        import sentry_sdk
        from toy_framework import Application

        waived = pytest.mark.sentry_allow("server-errors-captured", reason="toys report nothing")

        @pytest.fixture(autouse=True)
        def initialized(sentry_init):
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
    )

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
    rows = report_of(pytester)["rows"]
    requests = [(row["request"]["route"], row["status"], row["count"]) for row in rows]
    assert requests == [("/crash", None, 1), ("/health", 503, 3)]


@pytest.fixture
def rule_of_toys(add: Add) -> None:
    imported_from = "from pytest_sentry_capture._rules.built_in.toys import NoToys\n"
    add(
        "toy_rule",
        "_rules/built_in/toys.py",
        {
            "_rules/built_in/__init__.py": {
                imported_from: "from pytest_sentry_capture._rules.built_in.values import",
                "        NoToys,\n": "        NoScopeBleed,\n",
            }
        },
    )


@pytest.mark.usefixtures("rule_of_toys")
def test_a_rule(pytester: pytest.Pytester) -> None:
    pytester.makefile(".toml", sentry_capture='rules.no-toys = "doll"')
    pytester.makepyfile(
        """
        import pytest, sentry_sdk

        @pytest.mark.parametrize("message", ["a doll", "an order"])
        def test(message, sentry_init):
            sentry_init(dsn="https://key@sentry.invalid/1")
            sentry_sdk.capture_message(message)
        """
    )

    result = pytester.runpytest_subprocess("--sentry-report=report.json", "--sentry-strict")

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "Rule 'no-toys' is broken (sentry_capture.toml:1).",
            "  it is a toy",
            "*= sentry =*",
            "  broken * no-toys *",
        ]
    )
    rules = {rule["name"]: (rule["state"], rule["kept"], rule["broken"]) for rule in report_of(pytester)["rules"]}
    assert rules["no-toys"] == ("broken", 1, 1)


@pytest.mark.usefixtures("rule_of_toys")
def test_a_rule_that_is_on_by_itself_with_the_fixture(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sentry_sdk

        def test_with_the_fixture(sentry_init, sentry_capture):
            sentry_init(dsn="https://key@sentry.invalid/1")
            sentry_sdk.capture_message("a toy")

        def test_without_it(sentry_init):
            sentry_init(dsn="https://key@sentry.invalid/1")
            sentry_sdk.capture_message("a toy")
        """
    )

    result = pytester.runpytest_subprocess()

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["Rule 'no-toys' is broken (on in tests that use sentry_capture or sentry_server)."])


def test_a_format(pytester: pytest.Pytester, add: Add) -> None:
    line = '    ".toy": Format("_reports.formats.toy:render_report"),\n'
    add("toy_format", "_reports/formats/toy.py", {"_reports/formats/__init__.py": {line: '    ".txt": Format('}})
    pytester.makepyfile(
        """
        import sentry_sdk

        def test(sentry_init):
            sentry_init(dsn="https://key@sentry.invalid/1")
            sentry_sdk.capture_message("hello")
        """
    )

    pytester.runpytest_subprocess("--sentry-report=report.toy").assert_outcomes(passed=1)
    mistaken = pytester.runpytest_subprocess("--sentry-report=report.pdf")

    assert (pytester.path / "report.toy").read_text(encoding="utf-8") == "1 rows"
    assert re.search(r"valid: \.html, \.json, \.md, \.toy, \.txt", mistaken.stderr.str())

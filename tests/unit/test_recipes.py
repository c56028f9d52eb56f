"""The recipes of ``CONTRIBUTING.md``, followed as they are written, each in a copy of the package."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pytest
from markdown_it import MarkdownIt

import pytest_sentry_capture
import toy_framework
from checkout import CHECKOUT
from pytest_sentry_capture._lazy import imported
from pytest_sentry_capture._operations.adapter import OperationAdapter
from pytest_sentry_capture._operations.registry import ADAPTERS

PACKAGE = Path(pytest_sentry_capture.__file__).parent
CONTRIBUTING = CHECKOUT / "CONTRIBUTING.md"
MOST_FILES = 4
PATH = re.compile(r"(?:\.ci|\.github|benchmarks|docs|example_app|matrix|pytest_sentry_capture|scripts|tests)/[\w./-]*")
MISSING_PATHS = {"tests/applications/web_toy.py", "tests/applications/jobs_toy.py"}
"""What the reader adds, and no recipe shows."""


class Block(NamedTuple):
    """A block of code in a recipe."""

    language: str
    title: str
    text: str


def recipes() -> dict[str, list[Block]]:
    """The blocks of each recipe, by its heading."""
    found: dict[str, list[Block]] = {}
    tokens = MarkdownIt("commonmark").parse(CONTRIBUTING.read_text(encoding="utf-8"))
    heading = ""
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "heading_open" and following is not None:
            heading = following.content
        elif token.type == "fence":
            language, _, title = token.info.partition(" ")
            found.setdefault(heading, []).append(
                Block(language, title.removeprefix('title="').removesuffix('"'), token.content)
            )
    return found


def changed(text: str, difference: str) -> str:
    """A text after a difference, whose lines begin with ``+``, ``-`` or a space."""
    lines = difference.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if not line.startswith("+"))
    after = "".join(line[1:] for line in lines if not line.startswith("-"))
    assert text.count(before) == 1, before
    return text.replace(before, after)


class Follow(Protocol):
    """Follows a recipe in a copy of the package, and returns its tests, which are written only where asked for."""

    def __call__(self, heading: str, *, with_tests: bool = False) -> list[Path]: ...


@pytest.fixture
def follow(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Follow:
    shutil.copytree(PACKAGE, pytester.path / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    # From the first folder the plugin's entry point takes the copy.
    monkeypatch.setenv("PYTHONPATH", f"{pytester.path}:{Path(toy_framework.__file__).parent}")

    def follow(heading: str, *, with_tests: bool = False) -> list[Path]:
        tests: list[Path] = []
        touched: set[Path] = set()
        for block in recipes()[heading]:
            if not block.title:
                continue
            file = pytester.path / block.title
            is_test = file.name.startswith("test_")
            (tests.append if is_test else touched.add)(file)
            if block.language == "diff":
                file.write_text(changed(file.read_text(encoding="utf-8"), block.text), encoding="utf-8")
            elif with_tests or not is_test:
                assert not file.exists()
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(block.text, encoding="utf-8")
        assert tests
        assert len(touched) <= MOST_FILES
        return tests

    return follow


@pytest.mark.parametrize(
    "heading", ["Add a web framework", "Add a worker", "Add a rule", "Add a kind", "Add a report format"]
)
def test_tests_of_a_recipe_pass(pytester: pytest.Pytester, follow: Follow, heading: str) -> None:
    [test] = follow(heading, with_tests=True)

    result = pytester.runpytest_subprocess(test)

    assert result.ret == pytest.ExitCode.OK
    result.assert_outcomes(passed=1)


def report_of(pytester: pytest.Pytester) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((pytester.path / "report.json").read_text(encoding="utf-8"))
    return report


def test_a_kind(pytester: pytest.Pytester, follow: Follow) -> None:
    follow("Add a kind")
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


def test_a_framework(pytester: pytest.Pytester, follow: Follow) -> None:
    follow("Add a web framework")
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
            "E       Hint: Toy reports nothing to Sentry.",
        ]
    )
    rows = report_of(pytester)["rows"]
    requests = [(row["request"]["route"], row["status"], row["count"]) for row in rows]
    assert requests == [("/crash", None, 1), ("/health", 503, 3)]


def test_a_rule(pytester: pytest.Pytester, follow: Follow) -> None:
    follow("Add a rule")
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


def test_a_rule_that_is_on_by_itself_with_the_fixture(pytester: pytest.Pytester, follow: Follow) -> None:
    follow("Add a rule")
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


def test_a_format(pytester: pytest.Pytester, follow: Follow) -> None:
    follow("Add a report format")
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
    assert re.search(r"\.txt, \.toy", mistaken.stderr.str())


@pytest.fixture
def checkout_for_a_new_sdk(tmp_path: Path) -> Path:
    """The files that the recipe for a new version changes, after the recipe was followed."""
    shutil.copytree(CHECKOUT / "matrix", tmp_path / "matrix", ignore=shutil.ignore_patterns("__pycache__"))
    for block in recipes()["Support a new version of the SDK"]:
        if block.title:
            file = tmp_path / block.title
            file.parent.mkdir(exist_ok=True)
            source = file if file.exists() else CHECKOUT / block.title
            file.write_text(changed(source.read_text(encoding="utf-8"), block.text), encoding="utf-8")
    return tmp_path


def test_new_sdk_has_sessions(checkout_for_a_new_sdk: Path) -> None:
    code = """
import json, sys
from matrix.environments import environments
print(*(each.name for each in environments(json.load(sys.stdin))))
"""
    names = subprocess.run(
        [sys.executable, "-c", code],
        cwd=checkout_for_a_new_sdk,
        env={},
        input=json.dumps(project_table()),
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()

    commands = [block.text for block in recipes()["Support a new version of the SDK"] if block.language == "sh"]
    [session] = re.findall(r"SESSIONS=(\S+)", "".join(commands))
    assert session in names
    assert len([name for name in names if name.startswith("sdk-2.70-")]) == 4


def test_new_capability_can_be_asked_for(checkout_for_a_new_sdk: Path) -> None:
    text = (checkout_for_a_new_sdk / "tests" / "conftest.py").read_text(encoding="utf-8")

    compile(text, "conftest.py", "exec")
    assert '"toys in logs": Since("sentry-sdk", "2.70"),' in text


def project_table() -> dict[str, Any]:
    """The table ``project`` of this project."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    table: dict[str, Any] = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


def named_commands() -> Iterator[str]:
    """Each ``make`` target and module that CONTRIBUTING names."""
    yield from re.findall(r"(?m)(?:^ *|`)make ([a-z][\w-]*)", CONTRIBUTING.read_text(encoding="utf-8"))


def test_each_command_exists() -> None:
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

    assert set(named_commands()) <= targets


def test_each_file_exists() -> None:
    added = {block.title for blocks in recipes().values() for block in blocks}
    prose = re.sub(r"(?s)```.*?```", "", CONTRIBUTING.read_text(encoding="utf-8"))
    named = {path.rstrip(".") for path in PATH.findall(prose)} - added - MISSING_PATHS

    assert [path for path in sorted(named) if not (CHECKOUT / path).exists()] == []
    text = CONTRIBUTING.read_text(encoding="utf-8")
    for module in re.findall(r"-m (scripts\.\w+)", text):
        assert (CHECKOUT / f"{module.replace('.', '/')}.py").is_file()


def test_the_map_has_every_room() -> None:
    rooms = {path.name for path in PACKAGE.glob("_*/") if path.is_dir() and path.name != "__pycache__"}

    assert rooms == set(re.findall(r"^\| `(_\w+)/` \|", CONTRIBUTING.read_text(encoding="utf-8"), re.MULTILINE))

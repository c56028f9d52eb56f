"""The rules of imports hold: what ``make check`` says of an import that must not be, in a copy of the package."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pytest_sentry_capture
from checkout import CHECKOUT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PACKAGE = Path(pytest_sentry_capture.__file__).parent
CONFIGURATION = CHECKOUT / "pyproject.toml"
PATIENCE = 60


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A checkout with the package and the example, in which anything may be planted."""
    shutil.copy(CONFIGURATION, tmp_path)
    for folder in PACKAGE.name, "example_app":
        shutil.copytree(CHECKOUT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "*.db"))
    return tmp_path


def plant(copy: Path, module: str, line: str) -> None:
    with (copy / f"{module.replace('.', '/')}.py").open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")


def check(copy: Path, *command: str) -> tuple[int, str]:
    """The exit code and the output of a linter."""
    linter = Path(sys.executable).with_name(command[0])
    if not linter.exists():
        pytest.skip(f"{linter.name} is not installed")
    ended = subprocess.run(
        [linter, *command[1:]],
        cwd=copy,
        env={**os.environ, "COLUMNS": "300"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


def broken_contracts(copy: Path) -> tuple[list[str], str]:
    """The contracts of import-linter that are broken, and what it says of them."""
    exit_code, output = check(copy, "lint-imports", "--no-cache")
    broken = re.findall(r"^(.+) BROKEN\b", output, re.MULTILINE)
    assert exit_code == bool(broken), output
    return broken, output


def test_the_package_breaks_no_contract(copy: Path) -> None:
    assert broken_contracts(copy)[0] == []


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("_recording.recording", "from pytest_sentry_capture._run import run", "from room to room"),
        ("_text.nouns", "from pytest_sentry_capture._recording import entries", "from room to room"),
        ("_server.limits", "from pytest_sentry_capture._server import sentry_server", "In the room of the server"),
    ],
    ids=["to the highest room", "to the next room", "within a room"],
)
def test_an_import_upwards_is_refused(copy: Path, module: str, line: str, contract: str) -> None:
    plant(copy, f"{PACKAGE.name}.{module}", line)

    broken, output = broken_contracts(copy)

    assert [name for name in broken if name.endswith(contract)] != []
    _, package, _, imported = line.split()
    assert re.search(rf"{PACKAGE.name}\.{module} -> {package}\.{imported} \(l\.\d+\)", output)


@pytest.mark.parametrize("module", ["_recording.entries", "_text.nouns"])
def test_what_a_recording_needs_beside_the_standard_library_is_refused(copy: Path, module: str) -> None:
    plant(copy, f"{PACKAGE.name}.{module}", "import fastapi")

    assert "Recordings and texts need the standard library alone" in broken_contracts(copy)[0]


@pytest.mark.parametrize(
    ("module", "line", "face"),
    [
        ("_rules.rule", "from pytest_sentry_capture._recording.fields import tags_of", "_recording"),
        ("cli", "from pytest_sentry_capture._reports import section", "_reports"),
        ("_assertions.views", "from pytest_sentry_capture._recording.kinds.span import CapturedSpan", "_recording"),
    ],
    ids=["of a name", "of a module", "of a kind's file"],
)
def test_an_import_past_the_face_of_a_room_is_refused(copy: Path, module: str, line: str, face: str) -> None:
    plant(copy, f"{PACKAGE.name}.{module}", line)

    assert broken_contracts(copy)[0] == [f"The face of {face}"]


def test_a_circle_within_a_room_is_refused(copy: Path) -> None:
    kinds = f"{PACKAGE.name}._recording.kinds"
    for importer, imported in ("profile", "session"), ("session", "profile"):
        plant(copy, f"{kinds}.{importer}", f"from {kinds} import {imported}")

    broken, output = broken_contracts(copy)

    assert broken == ["No circles"]
    assert f"{kinds}." in output


@pytest.mark.parametrize(
    ("line", "banned"),
    [
        ("from pytest_sentry_capture._recording.entries import Capture", "pytest_sentry_capture._recording"),
        ("from pytest_sentry_capture import _sdk", "pytest_sentry_capture._sdk"),
        ("import pytest_sentry_capture.plugin", "pytest_sentry_capture.plugin"),
    ],
)
def test_a_private_import_in_tests_of_the_plugin_is_refused(tmp_path: Path, line: str, banned: str) -> None:
    shutil.copy(CONFIGURATION, tmp_path)
    for folder in "plugin", "unit":
        (tmp_path / "tests" / folder).mkdir(parents=True)
        (tmp_path / "tests" / folder / "test_planted.py").write_text(
            f"from __future__ import annotations\n\n{line}  # noqa: F401\n", encoding="utf-8"
        )

    exit_code, output = check(tmp_path, "ruff", "check", "--no-cache", "--output-format=concise")

    assert exit_code == 1
    [problem, _] = output.splitlines()
    assert re.match(rf"tests/plugin/test_planted\.py:3:\d+: TID251 `{re.escape(banned)}` is banned: ", problem)


def test_every_module_but_the_package_itself_is_private_to_it() -> None:
    configuration = tomllib.loads(CONFIGURATION.read_text(encoding="utf-8"))
    banned = configuration["tool"]["ruff"]["lint"]["flake8-tidy-imports"]["banned-api"]

    modules = {each.stem for each in PACKAGE.glob("*.py")} | {
        each.parent.name for each in PACKAGE.glob("*/__init__.py")
    }
    assert {*banned} == {f"{PACKAGE.name}.{name}" for name in modules - {"__init__"}}

"""Tests that are chosen by their names exist: those of the matrix, of make, of CI and of the documentation."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from checkout import CHECKOUT, DOCS
from matrix.environments import environments

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

NAMED = re.compile(r"\btests/(?:applications|plugin|support|unit)\b[\w./-]*\b")
PLACES = (*sorted((CHECKOUT / ".ci").iterdir()), CHECKOUT / "README.md", *sorted(DOCS.rglob("*.md")))
TARGETS = ("quick", "matrix-short", "fuzz", "soak", "gallery")


def test_every_test_of_the_matrix_exists() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    named = {test for environment in environments(project) for test in environment.tests}

    assert named
    assert [test for test in sorted(named) if not (CHECKOUT / test).exists()] == []


@pytest.mark.parametrize("target", TARGETS)
def test_every_test_of_make_exists(target: str) -> None:
    command = ["make", "--dry-run", f"BIN={Path(sys.executable).parent}", target]
    commands = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=True).stdout

    named = NAMED.findall(commands)

    assert named
    assert [test for test in named if not (CHECKOUT / test).exists()] == []


def test_every_test_of_ci_and_the_documentation_exists() -> None:
    named = [(place.name, test) for place in PLACES for test in NAMED.findall(place.read_text(encoding="utf-8"))]

    assert {place for place, _ in named} >= {"README.md"}
    assert [(place, test) for place, test in named if not (CHECKOUT / test).exists()] == []


def test_names_of_tests_are_found() -> None:
    assert NAMED.findall("pytest tests/plugin/test_gallery.py::test_messages --ignore tests/unit/server.") == [
        "tests/plugin/test_gallery.py",
        "tests/unit/server",
    ]

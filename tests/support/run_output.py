"""What a pytest run inside of a test says: in its JSON report, and in the terminal summary."""

from __future__ import annotations

import json
from typing import Any

import pytest


def json_report(project: pytest.Pytester) -> dict[str, Any]:
    """The report of the last run with ``--sentry-report=report.json``."""
    content: dict[str, Any] = json.loads((project.path / "report.json").read_text(encoding="utf-8"))
    return content


def rules_in_report(project: pytest.Pytester, *columns: str) -> dict[str, tuple[Any, ...]]:
    """What this report has of each rule: by default its state, and in how many tests it was kept and broken."""
    columns = columns or ("state", "kept", "broken")
    return {rule["name"]: tuple(rule[column] for column in columns) for rule in json_report(project)["rules"]}


def summary_of(result: pytest.RunResult) -> list[str]:
    """The lines of the section ``sentry`` of the terminal summary."""
    _, _, after = result.stdout.str().partition(" sentry ===")
    return after.partition("\n===")[0].rstrip("\n").split("\n")[1:]


def outcomes(result: pytest.RunResult) -> dict[str, str]:
    """What became of each test of a run with ``-rA``: ``passed``, ``failed``, or ``error`` where it failed later."""
    words = {"PASSED": "passed", "FAILED": "failed", "ERROR": "error"}
    lines = [line.split(" ") for line in result.outlines if line.partition(" ")[0] in words and "::" in line]
    return {name.partition("::")[2]: words[word] for word, name, *_ in lines}

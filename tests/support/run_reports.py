"""JSON reports of runs that never were, and what ``sentry-contract diff`` says of two of them."""

from __future__ import annotations

import json
from contextlib import redirect_stdout
from importlib.metadata import entry_points
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

NOTHING = ["Nothing differs."]
BY_CHANCE = (
    "Items sampled at a rate between 0 and 1 are not listed as lost or gained. To compare"
    " all items, set the rate to 1.0 in both runs."
)
ROUTE = {"request": {"method": "GET", "route": "/orders/{number}"}, "origin": None, "status": 500}


def row(**columns: Any) -> dict[str, Any]:
    """A row of a report: by default an event of a crash in a request."""
    defaults: dict[str, Any] = {
        **ROUTE,
        "kind": "event",
        "exception": "KeyError",
        "captured": True,
        "discarded": None,
        "level": "error",
        "tags": [],
        "user": [],
        "count": 1,
        "example": "test_shop.py::test_order",
        "in_contract": True,
        "by_chance": False,
        "fields": {"exception.values.type": "sent"},
    }
    return {**defaults, **columns}


def segment_row(fields: dict[str, str], **columns: Any) -> dict[str, Any]:
    """A row of a segment of the same request."""
    return row(**{"kind": "segment", "exception": None, "level": None, "fields": fields, **columns})


def dropped(captured: dict[str, Any], reason: str = "sample_rate", by: str | None = None) -> dict[str, Any]:
    """The row of what is discarded in place of captured items."""
    return {**captured, "captured": False, "discarded": {"reason": reason, "by": by}, "fields": {}}


def finding(place: str, rule: str = "@email", **columns: Any) -> dict[str, Any]:
    """Personal data that was found, by default in the event of ``row``."""
    return {**ROUTE, "kind": "event", "place": place, "rule": rule, **columns}


def comparable(content: dict[str, Any]) -> dict[str, Any]:
    """The content of a report without what differs between two runs of the same tests: when they ran, and as what."""
    shard = {name: part for name, part in content["shard"].items() if name != "runs"}
    return {**content, "started": "", "duration": 0, "shard": shard}


def report(*rows: dict[str, Any], **content: Any) -> dict[str, Any]:
    """A report of a whole run that has these rows."""
    defaults: dict[str, Any] = {
        "version": 2,
        "plugin_version": "0.1.0",
        "sdk": "2.75.0",
        "integrations": ["fastapi"],
        "counts": {},
        "partial": [],
        "rows": list(rows),
        "personal_data": [],
        "rules": [],
        "contract": None,
    }
    return {**defaults, **content}


def sentry_contract(*arguments: str | Path) -> int:
    """The exit code of the command, which runs in this process."""
    [command] = entry_points(group="console_scripts", name="sentry-contract")
    exit_code: int = command.load()([*map(str, arguments)])
    return exit_code


def diff(before: dict[str, Any], after: dict[str, Any], *options: str, exit_code: int = 0) -> list[str]:
    """The lines that the command prints of two reports."""
    output = StringIO()
    with TemporaryDirectory() as folder, redirect_stdout(output):
        files = [Path(folder, f"{name}.json") for name in ("before", "after")]
        for file, content in zip(files, (before, after), strict=True):
            file.write_text(json.dumps(content))
        assert sentry_contract("diff", *files, *options) == exit_code
    return output.getvalue().splitlines()


def differences(lines: list[str]) -> list[str]:
    """Of these lines those of the three groups."""
    return [line[2:] for line in lines if line.startswith("  ")]

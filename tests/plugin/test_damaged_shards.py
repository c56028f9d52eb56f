"""Reports of shards that are damaged in any place: the message names the file and the field, and nothing crashes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, Final, NamedTuple

import jsonschema_rs
import pytest

from checkout import REPORT_SCHEMA
from shards import FILES, Suite, combine

SCHEMA: Final = json.loads(REPORT_SCHEMA.read_text(encoding="utf-8"))
STRANGE: Final[tuple[Any, ...]] = (None, True, -1, 10**12, 1.5, "", "strange", [], [[99, "x"]], {}, {"strange": {}})


MISTAKES: Final[tuple[tuple[tuple[str | int, ...], Any, str], ...]] = (
    (("id",), 3, "shard.runs[0].id must be a string"),
    (("started",), "yesterday", "shard.runs[0].started is not written as it has to be"),
    (("duration",), -1, "shard.runs[0].duration must be 0 or more"),
    (("strict",), "no", "shard.runs[0].strict must be true or false"),
    (("split",), [1], "shard.runs[0].split has too few or too many entries"),
    (("versions", "python"), 3, "shard.runs[0].versions.python must be a string"),
    (("collected", 0, 0), 10**6, "shard.runs[0].collected[0] has the position of a row or a value that is not"),
    (("collected", 0, 2), 0, "shard.runs[0].collected[0][2] must be 1 or more"),
    (("attempts", 0, "test"), 10**6, "shard.runs[0].attempts[0] has the position of a row or a value that is not"),
    (("attempts", 0, "rows", 0, 0), 10**6, "shard.runs[0].attempts[0] has the position of a row or a value"),
    (("attempts", 0, "counts"), {"event": "1"}, "shard.runs[0].attempts[0].counts.event must be a whole number"),
    (("configurations", 0, "rules", 0, "severity"), "off", '[0].severity must be "fail" or "warn"'),
    (("configurations", 0, "left_out"), None, "shard.runs[0].configurations[0].left_out must be an object"),
    (("configurations", 0, "contract", "version"), None, "[0].contract.version must be a whole number"),
    (("configurations", 0, "contract", "rows", 0), {}, "contract.rows[0] holds a value that cannot stand there"),
)
"""A place in a run, a value that it cannot have, and what the message then says."""


class Place(NamedTuple):
    """Where something stands in a report."""

    steps: tuple[str | int, ...]

    @property
    def name(self) -> str:
        """As messages have it."""
        text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.steps)
        return text.removeprefix(".")


def places_of(value: Any, *steps: str | int) -> Iterator[Place]:
    """Of every value in a part of a report; of lists the first and the last entry stand for all."""
    if isinstance(value, dict):
        inner: list[tuple[str | int, Any]] = [*value.items()]
    elif isinstance(value, list):
        inner = [(index, value[index]) for index in sorted({0, len(value) - 1}) if value]
    else:
        inner = []
    for step, each in inner:
        yield Place((*steps, step))
        yield from places_of(each, *steps, step)


def changed(report: dict[str, Any], place: Place, *value: Any) -> dict[str, Any]:
    """The report with another value in a place, or without what stands there."""
    copy = deepcopy(report)
    part: Any = copy
    for step in place.steps[:-1]:
        part = part[step]
    if value:
        part[place.steps[-1]] = value[0]
    else:
        del part[place.steps[-1]]
    return copy


@pytest.fixture
def shards(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Two shards. The second has what a report may have: broken and waived rules, allowances, a contract, imports."""
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    suite = Suite(pytester, monkeypatch)
    suite.run("update.json", "--sentry-contract=update")
    suite.write("test_forms.py", f"import shop\nshop.start()\nshop.fail(EOFError())\n{FILES['test_forms.py']}")
    suite.write("test_orders.py", FILES["test_orders.py"].replace("range(5)", "range(2)"))
    suite.write("test_payments.py", FILES["test_payments.py"].replace("OSError(1)", "OSError(1), password='swordfish'"))
    suite.run("first.json", "test_orders.py")
    suite.run("second.json", "test_orders.py", "test_forms.py", "test_payments.py")
    return suite.path / "first.json", suite.path / "second.json"


def is_said(lines: list[str], file: Path, place: Place) -> bool:
    """Whether a line names the file and the field, or what it is in."""
    outer = [Place(place.steps[:length]).name for length in range(len(place.steps), 0, -1)]
    return any(file.name in line and any(name in line for name in outer) for line in lines)


def test_a_part_that_is_missing_is_named(shards: tuple[Path, Path]) -> None:
    first, second = shards
    report = json.loads(second.read_text())

    for name in report["shard"]["runs"][0]:
        place = Place(("shard", "runs", 0, name))
        second.write_text(json.dumps(changed(report, place)))
        combined = combine(first, second, "--check")
        assert combined.exit_code == 1
        assert f"  {second} is damaged: shard.runs[0].{name} is missing" in combined.lines


def test_no_damage_crashes_and_what_can_not_be_is_named(shards: tuple[Path, Path]) -> None:
    first, second = shards
    report = json.loads(second.read_text())
    run = report["shard"]["runs"][0]
    places = [*places_of(run, "shard", "runs", 0), *places_of(report["rows"][:1], "rows")]
    assert len(places) > 150

    for number, place in enumerate(places):
        value = STRANGE[number % len(STRANGE)]
        second.write_text(json.dumps(changed(report, place, value)))
        combined = combine(first, second, "--check", "--expect", "2")
        lines = [*combined.lines, combined.error]
        assert combined.exit_code in (1, 2), (place.name, value)
        if not is_said(lines, second, place):
            jsonschema_rs.validate(SCHEMA, json.loads(second.read_text()))  # then it may stand there


def test_the_message_says_what_is_wrong(shards: tuple[Path, Path]) -> None:
    first, second = shards
    report = json.loads(second.read_text())

    for steps, value, message in MISTAKES:
        second.write_text(json.dumps(changed(report, Place(("shard", "runs", 0, *steps)), value)))
        combined = combine(first, second, "--check")
        assert combined.exit_code == 1
        [line] = [line for line in combined.lines if line.startswith(f"  {second} is damaged: ")]
        assert message in line, (steps, value)

"""What became of the SDK's own tests without the plugin and with it, and which of them may differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

from nox.project import load_toml

RUNS: Final = 3
"""In how many runs, one after the other, a test that is not listed must differ. What differs in fewer is unsteady."""

MOST_LISTED: Final = 30
"""How many tests of one SDK may be listed."""

REASONS: Final = ("Spotlight is off", "sending is blocked", "a client without a DSN is active")
"""Why a test may differ: what the plugin does by design, and ``docs/limits.md`` says."""

_RESULTS: Final = {"skipped": "skipped", "failure": "failed", "error": "error"}
"""How JUnit calls what did not pass, the worst last."""


class ListError(ValueError):
    """The list of tests that may differ is wrong in itself."""


class CouldNotRunError(Exception):
    """Tests did not run to their end, or too few of them passed for the comparison to mean anything."""


@dataclass(frozen=True)
class Outcome:
    """What became of a test: ``passed``, ``failed``, ``error``, ``skipped`` or ``absent``, with its message."""

    result: str
    message: str = ""


Outcomes = Mapping[str, Outcome]
"""What became of each test, by its id."""

RunTests = Callable[[bool], Outcomes]
"""Runs the tests of a group, with the plugin or without. Raises `CouldNotRunError`."""

_PASSED: Final = Outcome("passed")
_ABSENT: Final = Outcome("absent")


@dataclass(frozen=True)
class Difference:
    """What became of a test without the plugin and with it."""

    without: Outcome
    with_plugin: Outcome

    @property
    def cause(self) -> str:
        """The first line of the message of the run with the plugin, or else of the other one."""
        message = self.with_plugin.message or self.without.message
        return message.strip().partition("\n")[0] or "no message"


@dataclass(frozen=True)
class Comparison:
    """What the runs of a group say, or of all groups of an SDK."""

    tests: frozenset[str] = frozenset()
    differing: Mapping[str, Difference] = field(default_factory=dict)
    unsteady: Mapping[str, Difference] = field(default_factory=dict)

    def __add__(self, other: Comparison) -> Comparison:
        return Comparison(
            self.tests | other.tests, {**self.differing, **other.differing}, {**self.unsteady, **other.unsteady}
        )


def read_outcomes(report: Path) -> Outcomes:
    """What became of each test, from a JUnit report of the family ``xunit1``, which has the tests' files.

    Raises:
        OSError: there is no report.
        xml.etree.ElementTree.ParseError: the report is not complete.
    """
    outcomes: dict[str, Outcome] = {}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314, it is of our own making
        test = _id(case)
        outcomes[test] = _worse(outcomes.get(test, _PASSED), _outcome(case))
    return outcomes


def _id(case: ET.Element) -> str:
    file, name = case.get("file"), case.get("name", "")
    if file is None:  # a module that could not be collected
        return name
    module = file.removesuffix(".py").replace("/", ".")
    classes = case.get("classname", "").removeprefix(module).split(".")
    return "::".join([file, *filter(None, classes), name])


def _outcome(case: ET.Element) -> Outcome:
    for name, result in _RESULTS.items():
        element = case.find(name)
        if element is not None:
            return Outcome(result, element.get("message", ""))
    return _PASSED


def _worse(first: Outcome, second: Outcome) -> Outcome:
    """Of the two records of a test that fails both in itself and when it is torn down, the worse."""
    order = ["passed", *_RESULTS.values()]
    return max(first, second, key=lambda outcome: order.index(outcome.result))


def differences(without: Outcomes, with_plugin: Outcomes) -> dict[str, Difference]:
    """The tests whose results differ, ``absent`` included."""
    pairs = {
        test: Difference(without.get(test, _ABSENT), with_plugin.get(test, _ABSENT))
        for test in dict.fromkeys([*without, *with_plugin])
    }
    return {test: pair for test, pair in pairs.items() if pair.without.result != pair.with_plugin.result}


def compare(run: RunTests, listed: Mapping[str, str]) -> Comparison:
    """Run tests without the plugin and with it, and once more wherever chance may have decided.

    Args:
        run: runs them, with the plugin or without.
        listed: the tests that may differ.

    Raises:
        CouldNotRunError: tests did not run to their end, or less than half of them pass without the plugin.
    """
    without = run(False)
    _check_worth(without)
    with_plugin = run(True)
    tests = frozenset([*without, *with_plugin])
    found = [differences(without, with_plugin)]
    if found[0].keys() != listed.keys() & tests:
        found += [differences(run(False), run(True)) for _ in range(RUNS - 1)]
    return _compared(tests, found, listed)


def _check_worth(outcomes: Outcomes) -> None:
    passed = sum(outcome == _PASSED for outcome in outcomes.values())
    if passed * 2 < max(len(outcomes), 1):
        raise CouldNotRunError(
            f"only {passed} of {len(outcomes)} tests pass without the plugin, too few for a comparison."
            " Fix the requirements of their environment."
        )


def _compared(
    tests: frozenset[str], found: Sequence[Mapping[str, Difference]], listed: Mapping[str, str]
) -> Comparison:
    anywhere = {test: difference for each in reversed(found) for test, difference in each.items()}
    differing = {test for test in anywhere if test in listed or all(test in each for each in found)}
    return Comparison(
        tests,
        {test: difference for test, difference in anywhere.items() if test in differing},
        {test: difference for test, difference in anywhere.items() if test not in differing},
    )


def read_list(file: Path) -> dict[str, dict[str, str]]:
    """For each SDK the tests that may differ, with the reason.

    Raises:
        ListError: a reason is unknown, a test is listed twice, or too many tests of an SDK are listed.
    """
    listed: dict[str, dict[str, str]] = {}
    for entry in load_toml(file).get("allowed", []):
        _add(listed, entry)
    for sdk, tests in listed.items():
        if len(tests) > MOST_LISTED:
            raise ListError(f"{len(tests)} tests of {sdk} are listed, {MOST_LISTED} at most may be")
    return listed


def _add(listed: dict[str, dict[str, str]], entry: Mapping[str, Any]) -> None:
    reason = entry["reason"]
    if reason not in REASONS:
        raise ListError(f"{reason!r} is not a reason. Valid: {', '.join(REASONS)}")
    for sdk in entry["sdks"]:
        tests = listed.setdefault(sdk, {})
        for test in entry["tests"]:
            if test in tests:
                raise ListError(f"{test} is listed twice for {sdk}")
            tests[test] = reason

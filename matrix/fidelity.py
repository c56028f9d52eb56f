"""Whether the SDK's own tests have the same outcomes with the plugin as without: ``python -m matrix.fidelity``.

Each group of tests runs twice, in the same order and with the same seed. What differs, and is not in the list
``matrix/fidelity.toml``, must differ in three runs to count.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from matrix.fidelity_outcomes import Comparison, CouldNotRunError, Difference, ListError, Outcomes, compare, read_list
from matrix.fidelity_suites import (
    GROUPS,
    GROUPS_OF_SHORT,
    SDKS,
    SDKS_OF_SHORT,
    Group,
    Suite,
    python_of,
    unpacked,
)

LIST: Final = Path(__file__).with_suffix(".toml")


@dataclass(frozen=True)
class Findings:
    """What was found about an SDK."""

    sdk: str
    comparison: Comparison
    listed: Mapping[str, str]
    """The tests that may differ, with the reason."""
    not_run: Mapping[str, str] = field(default_factory=dict)
    """For each group that could not be run, why."""
    whole: bool = True
    """Whether all tests were to run, so that a listed one that does not differ is a listed one too many."""

    @property
    def unlisted(self) -> list[str]:
        """The differing tests that are not listed."""
        return [test for test in self.comparison.differing if test not in self.listed]

    @property
    def needlessly_listed(self) -> list[str]:
        """The listed tests that do not differ, where all tests have run."""
        if not self.whole or self.not_run:
            return []
        return [test for test in self.listed if test not in self.comparison.differing]

    @property
    def are_bad(self) -> bool:
        """Whether the command fails."""
        return bool(self.unlisted or self.needlessly_listed or self.not_run)


def report(findings: Findings) -> str:
    """What was found about an SDK, for people."""
    return "\n".join([*_problems(findings), *_differing(findings), *_unsteady(findings), _figures(findings)])


def _problems(findings: Findings) -> Iterator[str]:
    for group, why in findings.not_run.items():
        yield f"{findings.sdk}: {group} could not be run: {why}"
    if findings.needlessly_listed:
        yield f"{findings.sdk}: listed, but not differing. Remove from {LIST.name}:"
        yield from (f"  {test}" for test in findings.needlessly_listed)


def _differing(findings: Findings) -> Iterator[str]:
    by_cause: dict[str, list[str]] = {}
    for test, difference in findings.comparison.differing.items():
        cause = findings.listed.get(test) or f"not listed: {difference.cause}"
        by_cause.setdefault(cause, []).append(_line(test, difference))
    for cause, lines in sorted(by_cause.items()):
        yield f"{findings.sdk}: {cause}"
        yield from lines


def _unsteady(findings: Findings) -> Iterator[str]:
    if findings.comparison.unsteady:
        yield f"{findings.sdk}: unsteady, not counted"
        yield from (_line(test, difference) for test, difference in findings.comparison.unsteady.items())


def _line(test: str, difference: Difference) -> str:
    return f"  {test}: {difference.without.result}, with the plugin {difference.with_plugin.result}"


def _figures(findings: Findings) -> str:
    differing = len(findings.comparison.differing)
    tests = len(findings.comparison.tests)
    return (
        f"{findings.sdk}: {tests} {'test' if tests == 1 else 'tests'}, {differing}"
        f" {'differs' if differing == 1 else 'differ'}, {differing - len(findings.unlisted)} of them listed"
    )


@dataclass(frozen=True)
class Task:
    """A group of an SDK's tests to compare."""

    suite: Suite
    python: Path
    group: Group
    listed: Mapping[str, str]
    short: bool = False

    def run(self) -> Comparison | CouldNotRunError:
        """What the comparison says, or why there is none."""
        name = f"{self.suite.sdk} {self.group.name}"
        try:
            result = compare(self._run_tests, self.listed)
        except CouldNotRunError as error:
            print(f"{name}: could not be run", flush=True)
            return error
        print(f"{name}: {len(result.tests)} tests, {len(result.differing)} differ", flush=True)
        return result

    def _run_tests(self, plugin: bool) -> Outcomes:
        return self.suite.run(self.python, self.group, plugin=plugin, short=self.short)


def tasks_of(sdk: str, groups: Sequence[Group], listed: Mapping[str, str], *, short: bool) -> list[Task]:
    """What there is to compare of an SDK, with its environments made.

    Raises:
        subprocess.CalledProcessError: something could not be fetched or installed.
    """
    suite = unpacked(sdk)
    present = [group for group in groups if suite.has(group)]
    pythons = {name: python_of(sdk, name) for name in dict.fromkeys(group.environment for group in present)}
    return [Task(suite, pythons[group.environment], group, listed, short) for group in present]


def check(tasks: Sequence[Task], jobs: int, *, whole: bool) -> list[Findings]:
    """Run tasks, so many at a time, and return what was found about each SDK."""
    with ThreadPoolExecutor(jobs) as pool:
        results = list(zip(tasks, pool.map(Task.run, tasks), strict=True))
    return [
        _together([(task, result) for task, result in results if task.suite.sdk == sdk], whole=whole)
        for sdk in dict.fromkeys(task.suite.sdk for task in tasks)
    ]


def _together(results: Sequence[tuple[Task, Comparison | CouldNotRunError]], *, whole: bool) -> Findings:
    task, _ = results[0]
    return Findings(
        task.suite.sdk,
        sum((result for _, result in results if isinstance(result, Comparison)), Comparison()),
        task.listed,
        {task.group.name: str(result) for task, result in results if isinstance(result, CouldNotRunError)},
        whole,
    )


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m matrix.fidelity", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sdk", action="append", choices=SDKS, help="only this version; may be repeated")
    parser.add_argument("--group", action="append", choices=[each.name for each in GROUPS], help="only these tests")
    parser.add_argument("--short", action="store_true", help="the core of the newest versions, without slow tests")
    parser.add_argument("--jobs", type=int, default=2, help="how many groups run at a time")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, and print what was found. The exit code is 1 where something is wrong."""
    chosen = _arguments(arguments)
    try:
        listed = read_list(LIST)
    except ListError as error:
        print(f"{LIST.name}: {error}", file=sys.stderr)
        return 1
    names = chosen.group or (GROUPS_OF_SHORT if chosen.short else [each.name for each in GROUPS])
    groups = [group for group in GROUPS if group.name in names]
    sdks = chosen.sdk or (SDKS_OF_SHORT if chosen.short else SDKS)
    try:
        tasks = [task for sdk in sdks for task in tasks_of(sdk, groups, listed.get(sdk, {}), short=chosen.short)]
    except subprocess.CalledProcessError as error:
        print(f"An environment could not be made: {error}", file=sys.stderr)
        return 1
    found = check(tasks, chosen.jobs, whole=not (chosen.short or chosen.group))
    print("", *map(report, found), sep="\n")
    return int(any(findings.are_bad for findings in found))


if __name__ == "__main__":
    sys.exit(main())

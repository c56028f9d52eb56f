"""Writes the tables of supported versions from the JUnit reports of the matrix: ``python -m matrix.tables``."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from nox.project import load_toml

from matrix.environments import PYTHONS, Environment, environments

BEGIN: Final = "<!-- matrix:begin -->"
END: Final = "<!-- matrix:end -->"
COMPATIBILITY: Final = Path("docs", "compatibility.md")
README: Final = Path("README.md")


@dataclass(frozen=True)
class Result:
    """The result when an environment was last tried."""

    environment: Environment
    versions: dict[str, str]
    passed: int
    failed: int
    skipped: tuple[str, ...]
    """For each skipped test, what it needs, and since or until when which package has it."""

    @property
    def sdk(self) -> str:
        return self.versions["sentry-sdk"]

    @property
    def pytest(self) -> str:
        return self.versions["pytest"]


def read(environment: Environment) -> Result:
    """The result of an environment that has been tried."""
    cases = list(ET.parse(environment.result).iter("testcase"))  # noqa: S314, it is of our own making
    failed = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    skipped = [case for case in cases if case.find("skipped") is not None]
    needed = [
        each.attrib["value"]
        for case in skipped
        for each in case.iterfind("properties/property")
        if each.attrib["name"] == "needs"
    ]
    versions = {each["name"].lower(): each["version"] for each in json.loads(environment.versions.read_text("utf-8"))}
    return Result(environment, versions, len(cases) - len(failed) - len(skipped), len(failed), tuple(needed))


def table(head: list[str], rows: list[list[str]]) -> str:
    """A table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def runs(results: list[Result]) -> str:
    """One row for each environment."""
    head = ["sentry-sdk", "Python", "pytest", "FastAPI", "", "passed", "skipped"]
    rows = [
        [
            result.sdk,
            result.environment.python,
            result.pytest,
            result.versions["fastapi"],
            result.environment.name if "sdk" not in result.environment.name else "",
            str(result.passed),
            str(len(result.skipped)),
        ]
        for result in results
    ]
    return table(head, rows)


def missing(results: list[Result]) -> str:
    """One row for each thing that not every version can do, with the versions where tests were skipped for it."""
    rows = []
    for need in dict.fromkeys(_in_order(results)):
        what, when = need.rsplit(": ", 1)
        package = when.split()[0]
        where = dict.fromkeys(result.versions[package] for result in results if need in result.skipped)
        rows.append([what, when, ", ".join(where)])
    return table(["what tests need", "is in", "skipped with"], rows)


def _in_order(results: list[Result]) -> Iterator[str]:
    needs = {need for result in results for need in result.skipped}

    def age(need: str) -> tuple[str, str, list[int], str]:
        what, when = need.rsplit(": ", 1)
        package, since_or_until, version = when.split()
        return package, since_or_until, [-int(number) for number in re.findall("[0-9]+", version)], what

    yield from sorted(needs, key=age, reverse=True)


def supported(results: list[Result]) -> str:
    """One row for each SDK and one column for each Python, with the pytest that they were tried with."""
    rows = []
    for sdk in dict.fromkeys(result.sdk for result in results):
        tried = {
            python: dict.fromkeys(
                ".".join(result.pytest.split(".")[:2])
                for result in results
                if result.sdk == sdk and result.environment.python == python
            )
            for python in PYTHONS
        }
        rows.append([sdk, *(", ".join(f"pytest {pytest}" for pytest in tried[python]) or "" for python in PYTHONS)])
    return table(["sentry-sdk", *(f"Python {python}" for python in PYTHONS)], rows)


def write(page: Path, text: str) -> None:
    """Put a text between the markers of a page."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def main() -> int:
    """Write the tables, unless something failed or was never tried. Then say so."""
    wanted = environments(load_toml("pyproject.toml")["project"])
    results = [read(environment) for environment in wanted if environment.result.exists()]
    untried = [environment for environment in wanted if not environment.result.exists()]
    for environment in untried:
        print(f"{environment.name} was not tried", file=sys.stderr)
    failures = [result for result in results if result.failed]
    for result in failures:
        print(f"{result.environment.name}: {result.failed} failed", file=sys.stderr)
    if untried or failures:
        return 1
    write(COMPATIBILITY, f"{runs(results)}\n\n{missing(results)}")
    write(README, supported(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())

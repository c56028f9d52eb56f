"""Writes ``docs/benchmarks.md`` and its plot: the plugin beside its peers, its limits, and what monitoring costs."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks import monitoring, peers
from benchmarks.measures import RESULTS
from benchmarks.server import KENT_VERSION
from pytest_sentry_capture._relay import engine

DOCS: Final = Path(__file__).parents[1] / "docs"
PLOT: Final = "benchmarks-growth.svg"
START_UP: Final = "nothing"

INTRODUCTION: Final = """\
# Benchmarks

`make bench` measures everything again and writes this page. It fails if a limit is exceeded. The figures below are of
{machine}.

## Beside the peers

The same tests run with each of them, written in the way that its documentation recommends for an application. Each
has its own environment, on Python {python}:
{versions}.

The first column is the CPU time of a list transport written by hand. The others are multiples of it. Less is better.
For start-up, which is mostly pytest's own, they are the difference. It includes the files that pytest itself reads of
each installed package.

All take turns of a tenth of a second. The figure of whole runs is the median of several rounds. The others are the
least of several rounds, except for the memory and the 100,000 messages, which are measured once. The peers create a
client for each test if they isolate tests.

"""

GROWTH: Final = """
A test captures this many messages and finds the last one:

![Seconds for 100 to 100,000 messages]({plot})

"""

LIMITS: Final = """
## Limits

`make bench` fails if the plugin exceeds one of these limits by more than a tenth. It is measured beside kent {kent} and
sentry-relay {relay}. Here the 1000 tests run in the development environment, in which the SDK finds more to integrate
with. Its start-up is half of the run, so the same cost is a smaller part of it.

"""

MONITORING: Final = """
## What Sentry costs an application

Measured on the example application, which answers from a database and sends to a server on the same machine. Times are
the median of what it adds in {turns} turns to the same requests with Sentry off. Sizes are of one envelope before
compression, and compressed as the SDK sends it. The example scrubs its events, unless it may send personal data.

"""

WHAT_MAKES_IT_WORSE: Final = """
What makes it worse:

- **Frame variables.** An error event is {larger:.1f} times as large with them. The failing request takes
  {variables:.1f} ms longer, because each variable of each frame is turned into text. The SDK sends them
  by default. The example sends them only if it may send personal data.
- **Traces.** Each traced request makes a segment, and a span for each query: {traced:.1f} ms more. At a rate of 0.1,
  nine in ten requests avoid this cost.
- **Failures.** The SDK builds an error event while the request waits: {failing:.1f} ms.

People often claim less than 1 ms a request, 5 to 10 MB of memory, 10 to 50 kB for an error and 1 to 5 kB for a trace.
Here: {answered:.1f} ms for an answered request without tracing, {memory:.0f} MB, {error:.0f} kB for an error without
frame variables, {trace:.0f} kB for the spans of a request.
"""


def write() -> None:
    """Measure, and write the page."""
    for contender in peers.CONTENDERS:
        peers.prepare(contender)
    installed = {name: version for each in peers.CONTENDERS for name, version in peers.versions(each).items()}
    shown = ("sentry-sdk", "pytest", "pytest-sentry-contract", "fillmore", "pytest-sentry-capture")
    page = INTRODUCTION.format(
        machine=f"{platform.system()} on {platform.machine()}",
        python=peers.python_version(),
        versions=", ".join(f"{name} {installed[name]}" for name in shown),
    )
    page += _table(["", *(each.name for each in peers.CONTENDERS)], map(_row, peers.SCENARIOS_OF_TABLE))
    page += GROWTH.format(plot=PLOT) + _growth()
    page += LIMITS.format(kent=KENT_VERSION, relay=engine.version()) + _limits()
    page += MONITORING.format(turns=monitoring.TURNS) + _monitoring()
    (DOCS / "benchmarks.md").write_text(page, encoding="utf-8")


def _row(scenario: peers.Scenario) -> list[str]:
    print(scenario.title, flush=True)
    figures = peers.measured(scenario)
    return [scenario.title, *(_cell(scenario, figures, each.name) for each in peers.CONTENDERS)]


def _cell(scenario: peers.Scenario, figures: Mapping[str, float], name: str) -> str:
    if name not in figures:
        return ""
    figure, by_hand = figures[name], figures[peers.LIST.name]
    if name == peers.LIST.name:
        return f"{figure:.0f} MiB" if scenario.environment["SCENARIO"] == "memory" else _seconds(figure)
    if scenario.environment["SCENARIO"] == START_UP:
        return f"{(figure - by_hand) * 1000:+.0f} ms"
    return f"{figure / by_hand:.2f}"


def _seconds(figure: float) -> str:
    for unit, name in (1, "s"), (1e-3, "ms"):
        if figure >= unit:
            return f"{figure / unit:.2f} {name}"
    return f"{figure * 1e6:.0f} µs"


def _growth() -> str:
    numbers = peers.GROWTH
    figures = [peers.measured(peers.growth(number)) for number in numbers]
    by_hand, *others = names = [*figures[0]]
    mpl.rcParams["svg.hashsalt"] = "growth"
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.add_subplot()
    for name in names:
        axes.loglog(numbers, [each[name] for each in figures], marker="o", label=name)
    axes.set_xlabel("messages in one test")
    axes.set_ylabel("seconds")
    axes.grid(visible=True, which="both", alpha=0.2)
    axes.legend()
    figure.savefig(DOCS / PLOT, metadata={"Date": None})
    rows = (
        [f"{number:,}", _seconds(each[by_hand]), *(f"{each[name] / each[by_hand]:.2f}" for name in others)]
        for number, each in zip(numbers, figures, strict=True)
    )
    return _table(["messages", *names], rows)


def _limits() -> str:
    lines = [json.loads(line) for line in RESULTS.read_text().splitlines()]
    rows = [[each["name"], f"{each['value']:.2f} {each['unit']}", f"{each['limit']:g}"] for each in lines]
    return _table(["", "measured", "limit"], rows)


def _monitoring() -> str:
    costs = monitoring.costs()
    headings = ["", "answered", "failing", "memory", "an error", "compressed", "a trace"]
    rows = [
        [
            title,
            f"{cost.answered * 1000:+.2f} ms",
            f"{cost.failing * 1000:+.2f} ms",
            f"{cost.memory:+.1f} MiB",
            _kilobytes(cost.error),
            _kilobytes(cost.compressed_error),
            _kilobytes(cost.trace),
        ]
        for title, cost in costs.items()
    ]
    errors, with_variables, traces = (
        costs[each.title] for each in (monitoring.ERRORS, monitoring.ERRORS_WITH_VARIABLES, monitoring.TRACES)
    )
    assert errors.error
    assert with_variables.error
    assert traces.trace
    return _table(headings, rows) + WHAT_MAKES_IT_WORSE.format(
        larger=with_variables.error / errors.error,
        variables=(with_variables.failing - errors.failing) * 1000,
        traced=(traces.answered - errors.answered) * 1000,
        failing=errors.failing * 1000,
        answered=errors.answered * 1000,
        memory=errors.memory * 1.048576,
        error=errors.error / 1000,
        trace=traces.trace / 1000,
    )


def _kilobytes(size: float | None) -> str:
    return "" if size is None else f"{size / 1000:.1f} kB"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---", *["---:"] * (len(headings) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    write()

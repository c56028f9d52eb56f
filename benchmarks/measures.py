"""Figures with limits."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

RESULTS: Final = Path(__file__).parents[1] / "build" / "benchmarks" / "limits.jsonl"
"""The figures of all benchmarks since ``make bench`` began, a line each."""

NOISE = 1.1
"""How far a figure may be over its limit on a machine that does other things too."""


@dataclass
class Measure:
    """A figure with its limit: a ratio of two times, or milliseconds."""

    name: str
    value: float
    limit: float
    unit: str = "times"

    @property
    def is_kept(self) -> bool:
        return self.value <= self.limit * NOISE

    def __str__(self) -> str:
        verdict = "ok" if self.is_kept else "OVER"
        return f"{self.name:<72} {self.value:8.2f} {self.unit:<5}  limit {self.limit:5.2f}  {verdict}"


def report(measures: Iterable[Measure]) -> int:
    """Print the figures, and note them for the documentation.

    Returns:
        The exit code: 1 when a figure is over its limit by more than noise.
    """
    exit_code = 0
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    for measure in measures:
        print(measure, flush=True)
        with RESULTS.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(measure)) + "\n")
        exit_code = exit_code if measure.is_kept else 1
    return exit_code

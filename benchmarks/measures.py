"""Figures with limits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

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
    """Print the figures; the exit code is 1 when one is over its limit by more than noise."""
    exit_code = 0
    for measure in measures:
        print(measure, flush=True)
        exit_code = exit_code if measure.is_kept else 1
    return exit_code

"""The same tests with and without the plugin, in pytest their own runs: what each prints, and how it ends."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Sequence
from difflib import unified_diff
from importlib.metadata import entry_points
from typing import Final, NamedTuple

import pytest

PLUGIN: Final = "sentry_capture"

_TAKEN_OUT: Final = (
    re.compile(r"^plugins: .*\n", re.MULTILINE),
    re.compile(r"^sentry: .*\n", re.MULTILINE),
    re.compile(r"^-+ Captured by Sentry -+\n(?:(?![-=_>]{3}).*\n)*", re.MULTILINE),
    re.compile(r"^=+ sentry =+\n(?:(?!=).*\n)*", re.MULTILINE),
)
"""What the plugin adds on purpose: to the header, to failures, and at the end."""

_VARIES: Final = (
    (re.compile(r"=* ?(\d+ .*) in [\d.]+s(?: \([\d:]+\))? ?=*"), r"\1"),
    (re.compile(r"\b0x[0-9a-f]+"), "0x"),
    (re.compile(r"\d{9,}|(?<=\.\.\.)x?[0-9a-f]{6,}"), "N"),
    (re.compile(r"\d:\d\d:\d\d ago"), "N ago"),
    (re.compile(r"\b(File|Thread|Greenlet)-\d+"), r"\1-N"),
)
"""What no two runs have in common: how long they took, and where objects are in memory."""


class Ended(NamedTuple):
    """How a run ended, except for what the plugin adds on purpose and what always varies."""

    status: int
    output: str

    def unlike(self, other: Ended) -> str:
        """The lines in which two runs differ, empty if they ended alike."""
        return "".join(unified_diff(other.lines, self.lines, "without the plugin", "with the plugin", n=1))

    @property
    def lines(self) -> list[str]:
        """The output and, as its last line, the exit code."""
        return [*self.output.splitlines(keepends=True), f"exit code {self.status}\n"]


def run(
    pytester: pytest.Pytester,
    *options: str,
    beside: Iterable[str] = (),
    without: Iterable[str] = (),
    interpreter: Sequence[str] = (),
    typed: bytes = b"",
) -> pytest.RunResult:
    """Run the tests of a folder with no plugins but this project's and those that are named.

    Args:
        options: pytest's own.
        beside: the names of entry points of other plugins.
        without: plugins to leave out too.
        interpreter: Python's own options.
        typed: what comes on standard input.
    """
    installed = {each.name for each in entry_points(group="pytest11")}
    left_out = sorted(installed - {PLUGIN, *beside}) + list(without)
    plugins = [argument for name in left_out for argument in ("-p", f"no:{name}")]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "environ", environment)
        patch.delenv("PYTEST_ADDOPTS", raising=False)
        return pytester.run(sys.executable, *interpreter, "-m", "pytest", *plugins, *options, stdin=typed or b"")


def with_and_without(pytester: pytest.Pytester, *options: str, **how: object) -> tuple[Ended, Ended]:
    """Run the same tests twice, the second time without the plugin. ``how`` is as in ``run``."""
    with_it = ended(run(pytester, *options, **how))  # type: ignore[arg-type]
    return with_it, ended(run(pytester, *options, without=[PLUGIN], **how))  # type: ignore[arg-type]


def ended(result: pytest.RunResult) -> Ended:
    """How a run ended, in what two runs have in common."""
    output = f"{result.stdout}\n{result.stderr}"
    for pattern in _TAKEN_OUT:
        output = pattern.sub("", output)
    for pattern, constant in _VARIES:
        output = pattern.sub(constant, output)
    return Ended(int(result.ret), output)

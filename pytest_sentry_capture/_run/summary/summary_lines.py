"""The terminal summary, line by line, and what else tells how a run has ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Literal, NamedTuple

from pytest_sentry_capture._reports import RULE_STATES, RunStatus

STATE_WIDTH: Final = max(map(len, RULE_STATES))

Color = Literal["green", "yellow", "red"]


class Headline(NamedTuple):
    """What the run has shown, in one line for users, and the color of that."""

    text: str
    color: Color


class SummaryLine(NamedTuple):
    """A line of the terminal summary. Red where it is one of a failure."""

    text: str
    is_failure: bool = False


class FailedCheck(NamedTuple):
    """A row in which the run differs from a contract, for tools that show tests.

    Attributes:
        file: the contract's, relative to the rootdir.
        name: what differs, in one line.
        message: the same, with all details.
        test: the node id of a test that has seen it, empty if none has.
    """

    file: str
    name: str
    message: str
    test: str


class Conclusion(NamedTuple):
    """How a run has ended.

    Attributes:
        lines: what the terminal summary says of rules, reports and the contracts, below its first line.
        annotations: GitHub's workflow commands for broken rules and contracts.
        fails: whether the run fails for what tests can't fail for.
        headline: whether rules and contracts match, or why the run proves nothing, or None if nothing was asked for.
        failed_checks: in what the run differs from contracts.
        broken: what breaks rules that fail the run, each once, with the first test.
        status: what the headline says.
    """

    lines: Sequence[SummaryLine]
    annotations: Sequence[str]
    fails: bool
    headline: Headline | None = None
    failed_checks: Sequence[FailedCheck] = ()
    broken: Sequence[str] = ()
    status: RunStatus = "failed"


def one_or_many(number: int, one: str, many: str) -> str:
    """A number of things, in words: ``"1 rule is kept"``, ``"2 rules are kept"``."""
    return f"{number} {one if number == 1 else many}"


class SummaryPart:
    """A part of the terminal summary.

    Attributes:
        lines: what it says so far.
        fails: whether it fails the run.
    """

    def __init__(self) -> None:
        self.lines: list[SummaryLine] = []
        self.fails = False

    def say(self, *lines: str) -> None:
        """Add lines."""
        self.lines += map(SummaryLine, lines)

    def fail(self, *lines: str) -> None:
        """Add lines that fail the run."""
        self.lines += (SummaryLine(line, is_failure=True) for line in lines)
        self.fails = True

    def tell(self, state: str, what: str) -> None:
        """Add a line that says in which state something is."""
        self.say(f"  {state:{STATE_WIDTH}}  {what}")

    def add(self, parts: Iterable[SummaryPart]) -> None:
        """Add the lines of other parts."""
        for part in parts:
            self.lines += part.lines
            self.fails = self.fails or part.fails

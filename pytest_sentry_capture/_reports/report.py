"""What a run's report holds, whatever the format it is written in, and its tables as rows of cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from pytest_sentry_capture._reports.callbacks import Callback, CallbackTally
from pytest_sentry_capture._reports.contract.differences import FILE, Difference
from pytest_sentry_capture._reports.personal_data import PersonalData
from pytest_sentry_capture._reports.table import Row, State, Tally, state_of
from pytest_sentry_capture.version import __version__

RuleState = Literal["kept", "broken", "not judged", "not exercised"]
RULE_STATES: Final = get_args(RuleState)
Severity = Literal["fail", "warn"]
RunStatus = Literal["passed", "failed", "not judged", "unproven"]
Cells = tuple[str, ...]

NOTHING: Final = "Nothing was captured or discarded."
_ROW_HEADINGS: Final = (
    "request or origin",
    "status",
    "kind",
    "exception",
    "project",
    "Sentry",
    "by",
    "level",
    "tags",
    "user",
    "times",
    "example",
)
_OUT_OF_CONTRACT: Final[tuple[State, ...]] = ("sampled by chance", "waived")
"""States that don't say whether something was captured."""
_RULE_HEADINGS: Final = ("rule", "state", "kept", "broken", "not judged", "severity", "configured in")


@dataclass(frozen=True)
class RuleSummary:
    """What became of one configured rule in the run.

    Attributes:
        name: the rule's name, as configured.
        state: ``broken`` where it was broken at least once, else ``kept`` where it was kept at least once, else
            ``not judged`` where there was something to judge that could not be, else ``not exercised``.
        kept: how many tests it was kept in.
        broken: how many tests it was broken in.
        not_judged: in how many tests something could not be judged.
        obstacles: why not, in words for users.
        severity: what a broken rule does to its test.
        place: where it is configured, such as ``pyproject.toml:12``.
    """

    name: str
    state: RuleState
    kept: int
    broken: int
    severity: Severity
    place: str
    not_judged: int = 0
    obstacles: tuple[str, ...] = ()


@dataclass(frozen=True)
class FindingGroup:
    """One problem that breaks a rule, in all the tests that have it: it is shown once.

    Attributes:
        rule: the name of the rule that is broken.
        severity: what a broken rule does to its test.
        problem: in one line, without values of the application's.
        tests: the node ids of the tests, and items from outside of tests (``(collection)``), in the order of the run.
        count: how many tests there are with those that differ in their parameters alone, which are named once.
        file: the first test's file, relative to the rootdir. None outside of tests.
        line: the line of the first test, counted from 1.
    """

    rule: str
    severity: Severity
    problem: str
    tests: tuple[str, ...]
    file: str | None = None
    line: int | None = None
    count: int = 1

    @property
    def where(self) -> str:
        """The test, or the number of tests with the first of them."""
        return f"in {self.number} tests, first: {self.tests[0]}" if self.number > 1 else self.tests[0]

    @property
    def number(self) -> int:
        """How many tests there are."""
        return max(self.count, len(self.tests))


@dataclass(frozen=True)
class ShownWaiver:
    """A test's stated exception to a rule, as it may be shown.

    Attributes:
        rule: the name of the rule.
        place: the node id of what is marked, without parameters. Empty for the whole session.
        reason: why.
        until: the last day, in UTC, on which it counts (ISO 8601), or None if it has no end.
        ticket: where it is followed up, or None if that is not said.
        used: whether it waived something.
        expired: whether its last day was over when the run started.
    """

    rule: str
    place: str
    reason: str
    until: str | None
    ticket: str | None
    used: bool
    expired: bool


@dataclass(frozen=True)
class ShardConfiguration:
    """A configuration of tests, for those who combine runs.

    Attributes:
        folder: that it applies to, relative to the rootdir.
        file: the file, empty if there is none.
        digest: the SHA-256 of its content, or None if there is none.
        partial: why the run was partial for its tests.
        rules: the names of its rules.
    """

    folder: str
    file: str
    digest: str | None
    partial: Sequence[str]
    rules: Sequence[str]


@dataclass(frozen=True)
class ShardFacts:
    """What combining the reports of several runs needs.

    Attributes:
        collected: how many tests were collected under each node id without parameters.
        ran: which of them ran: their positions among the sorted node ids of all parameters.
        allowed: how often each entry of an ``allow`` list allowed something, by the rule's name.
        ignored_errors: how often each entry of the application's ``ignore_errors`` was used.
        configurations: those of the tests.
        runs: each run that the report describes, in plain data: one, or those that were combined.
    """

    collected: Mapping[str, int] = field(default_factory=dict)
    ran: Mapping[str, Sequence[int]] = field(default_factory=dict)
    allowed: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    ignored_errors: Mapping[str, int] = field(default_factory=dict)
    configurations: Sequence[ShardConfiguration] = ()
    runs: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class RunFacts:
    """What holds for a run as a whole.

    Attributes:
        sdk: the version of sentry-sdk, or None if it was not imported.
        integrations: the identifiers of the integrations that were on, sorted.
        counts: how many items of each kind were captured.
        personal_data: where the rule ``no-pii`` found personal data, sorted.
        started: when the run started: ISO 8601, in UTC.
        duration: how many seconds it took until the report was made.
        versions: the versions of what the run depends on.
        callbacks: the application's callbacks, and what they did.
        shard: what combining the reports of several runs needs.
    """

    sdk: str | None = None
    integrations: Sequence[str] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    personal_data: Sequence[PersonalData] = ()
    started: str = "1970-01-01T00:00:00Z"
    duration: float = 0.0
    versions: Mapping[str, str] = field(default_factory=dict)
    callbacks: Sequence[tuple[Callback, CallbackTally]] = ()
    shard: ShardFacts = field(default_factory=ShardFacts)


@dataclass(frozen=True)
class ContractComparison:
    """How a run compares with a contract.

    Attributes:
        differences: the rows in which it differs.
        file: the contract's, relative to the rootdir.
        was_updated: whether the contract has been written again, with these differences.
    """

    differences: Sequence[Difference]
    file: str = FILE
    was_updated: bool = False


@dataclass(frozen=True)
class RunReport:
    """All that a report says about a run.

    Attributes:
        rows: the capture table.
        rules: the configured rules, in the order in which they are shown.
        contracts: how the run compares with each contract that it was compared with.
        partial: why the run was a partial one, one reason each (``-k was given``). Empty for a whole run.
        version: the plugin's.
        facts: what holds for the run as a whole.
        findings: all that breaks rules, grouped.
        verdict: why the run proves nothing of what is sent to Sentry, in words for users, or None if it does.
        since: what an older report holds as JSON, for formats that say what changed since, or None if none was given.
        outcome: the run in one sentence, as the terminal summary begins with it, or None if nothing was asked for.
        status: what that sentence says.
        waivers: the waivers of the tests.
        unused: what nothing needed, a sentence each.
        shows_traces: whether the text formats have a row for each segment, span and profile.
        has_table: whether rows were collected, without which the text formats have no table.
    """

    rows: Sequence[tuple[Row, Tally]]
    rules: Sequence[RuleSummary] = ()
    contracts: Sequence[ContractComparison] = ()
    partial: Sequence[str] = ()
    version: str = __version__
    facts: RunFacts = field(default_factory=RunFacts)
    findings: Sequence[FindingGroup] = ()
    verdict: str | None = None
    since: Mapping[str, Any] | None = None
    outcome: str | None = None
    status: RunStatus = "not judged"
    waivers: Sequence[ShownWaiver] = ()
    unused: Sequence[str] = ()
    shows_traces: bool = False
    has_table: bool = True


def row_cells(rows: Sequence[tuple[Row, Tally]]) -> list[Cells]:
    """The capture table with its headings. Columns that are empty in every row are left out."""
    return _without_empty_columns([_ROW_HEADINGS, *(_cells_of_row(row, tally) for row, tally in rows)])


def rule_cells(rules: Sequence[RuleSummary]) -> list[Cells]:
    """The rules with headings."""
    cells = [
        (
            rule.name,
            rule.state,
            str(rule.kept),
            str(rule.broken),
            str(rule.not_judged or ""),
            rule.severity,
            rule.place,
        )
        for rule in rules
    ]
    return _without_empty_columns([_RULE_HEADINGS, *cells])


def partial_note(partial: Sequence[str]) -> str:
    """What it means that the run was a partial one, and why it was."""
    return f"This was a partial run ({'; '.join(partial)}): rows may be missing because their tests did not run."


def _without_empty_columns(lines: list[Cells]) -> list[Cells]:
    return [*zip(*(column for column in zip(*lines, strict=True) if any(column[1:])), strict=True)]


def _cells_of_row(row: Row, tally: Tally) -> Cells:
    return (
        row.request_or_origin,
        "" if row.status is None else str(row.status),
        row.kind,
        row.exception,
        row.project,
        _result_of(row, tally),
        row.by,
        row.level,
        ", ".join(row.tags),
        ", ".join(row.user),
        str(tally.count),
        tally.example,
    )


def _result_of(row: Row, tally: Tally) -> str:
    state = state_of(row, tally)
    return f"{row.result} ({state})" if state in _OUT_OF_CONTRACT else row.result

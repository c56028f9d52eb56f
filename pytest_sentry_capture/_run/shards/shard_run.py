"""A run as its JSON report describes it for those who combine several: all that the end of a run is concluded from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pytest_sentry_capture._reports import Contract, ExampleItem, Fields, Row, shown_test
from pytest_sentry_capture._run.findings import Findings, LateEvent
from pytest_sentry_capture._run.judged_rule import JudgedRule
from pytest_sentry_capture._run.omissions import Omissions


class ShardTest(NamedTuple):
    """A test without the values of its parameters.

    Attributes:
        name: the node id without parameters.
        parameters: tells the parameters of all tests of that name from others, in a few digits. Empty without any.
        number: the position among the sorted node ids of all parameters.
    """

    name: str
    parameters: str = ""
    number: int = 0

    @property
    def label(self) -> str:
        """What stands in messages."""
        return f"{self.name}[#{self.number + 1}]" if self.parameters else self.name


class CollectedTests(NamedTuple):
    """The tests that were collected under one name: those that were deselected too.

    Attributes:
        parameters: see ``ShardTest``.
        number: how many there are.
        selected: the positions of those that were to run.
        folder: that of their configuration.
    """

    parameters: str
    number: int
    selected: tuple[int, ...]
    folder: str | None


@dataclass
class RunConfiguration:
    """A configuration of the tests of a run.

    Attributes:
        folder: that it applies to, relative to the rootdir. Empty for the rootdir.
        file: the file that it stands in, empty if there is none.
        digest: of what stands there and in what it extends, or None if there is none.
        is_asked: whether its contract and what is unused of it are asked for.
        rules: those that are on.
        omissions: what the run left out of its tests.
        contract_name: the contract, as messages name it.
        contract: what the contract holds, or None if there is none, or where it is damaged.
        mistakes: what is wrong with the contract, one mistake a line, empty if nothing is.
    """

    folder: str
    file: str
    digest: str | None
    is_asked: bool
    rules: list[JudgedRule]
    omissions: Omissions
    contract_name: str
    contract: Contract | None = None
    mistakes: str = ""


@dataclass
class ShardRun:
    """One run of some of a project's tests, or of all.

    Attributes:
        id: tells it from all other runs.
        started: when it started: ISO 8601, in UTC.
        duration: in seconds.
        versions: the versions of what it depended on.
        integrations: the identifiers of the integrations that were on.
        project: what the project is called where it says so, empty if it does not.
        split: which of how many groups of the tests it was (pytest-split), or None if nobody says.
        asked: the arguments that tests were collected from, relative to the rootdir.
        is_strict: whether it was a strict one.
        checks_contract: whether it was compared with its contracts.
        client_was_active: whether a Sentry client was active at any time.
        verdict: why it proves nothing of what is sent to Sentry, or None if it does.
        had_no_tests: whether no test was there to run.
        late_hooks: the files whose rules came too late, relative to the rootdir.
        outside: the files of tests outside of the rootdir.
        late: the events that came after their tests were over.
        ignored_errors: how often each entry of the application's ``ignore_errors`` was used.
        ignored_loggers: how often each logger was met that the application ignores, by the call that ignores it.
        collected: the tests that were collected, by their names.
        configurations: those of the tests.
        attempts: the last attempt at each test, in their order.
        outside_tests: what was found outside of tests.
        details: the fields of each row, and an example.
    """

    id: str
    started: str = "1970-01-01T00:00:00Z"
    duration: float = 0.0
    versions: Mapping[str, str] = field(default_factory=dict)
    integrations: Sequence[str] = ()
    project: str = ""
    split: tuple[int, int] | None = None
    asked: Sequence[str] = ()
    is_strict: bool = False
    checks_contract: bool = False
    client_was_active: bool = False
    verdict: str | None = None
    had_no_tests: bool = False
    late_hooks: Sequence[str] = ()
    outside: Sequence[str] = ()
    late: Sequence[LateEvent] = ()
    ignored_errors: Mapping[str, int] = field(default_factory=dict)
    ignored_loggers: Mapping[str, int] = field(default_factory=dict)
    collected: dict[str, CollectedTests] = field(default_factory=dict)
    configurations: list[RunConfiguration] = field(default_factory=list)
    attempts: list[tuple[ShardTest, Findings]] = field(default_factory=list)
    outside_tests: list[Findings] = field(default_factory=list)
    details: Mapping[Row, tuple[Fields, ExampleItem | None]] = field(default_factory=dict)

    @property
    def selected(self) -> set[ShardTest]:
        """The tests that were to run."""
        return {
            ShardTest(name, tests.parameters, number)
            for name, tests in self.collected.items()
            for number in tests.selected
        }


def collected_tests(
    selected: Iterable[str], deselected: Iterable[str], folder_of: Callable[[str], str | None]
) -> tuple[dict[str, CollectedTests], dict[str, ShardTest]]:
    """The tests of a run by their names, and the key of each node id.

    Args:
        selected: the node ids of the tests that were to run.
        deselected: those of the tests that were left out.
        folder_of: says which configuration a node id has, by its folder.
    """
    ran = {*selected}
    known: dict[str, list[str]] = {}
    for nodeid in sorted({*ran, *deselected}):
        known.setdefault(shown_test(nodeid), []).append(nodeid)
    tests: dict[str, CollectedTests] = {}
    keys: dict[str, ShardTest] = {}
    for name, nodeids in known.items():
        parameters = _parameters(name, nodeids)
        keys |= {nodeid: ShardTest(name, parameters, number) for number, nodeid in enumerate(nodeids)}
        chosen = tuple(number for number, nodeid in enumerate(nodeids) if nodeid in ran)
        tests[name] = CollectedTests(parameters, len(nodeids), chosen, folder_of(nodeids[0]))
    return tests, keys


def _parameters(name: str, nodeids: Sequence[str]) -> str:
    """Three hexadecimal digits of all parameters: enough to tell lists of them apart, and too few to guess one by."""
    if [*nodeids] == [name]:
        return ""
    return hashlib.sha256("\n".join(nodeids).encode("utf-8", "replace")).hexdigest()[:3]

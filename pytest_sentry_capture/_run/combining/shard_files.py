"""The reports of shards: which of them can be combined, and what must be said of the others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Hashable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from pytest_sentry_capture._reports import (
    DamagedError,
    DamagedReportError,
    ReportError,
    read_rows,
    report_content,
)
from pytest_sentry_capture._run.shards.reading import Known, read_runs
from pytest_sentry_capture._run.shards.shard_run import RunConfiguration, ShardRun

_LEAST_ALIKE: Final = 0.5
"""The part of all rules and rows that two commits of a project have in common at least."""


class Shard(NamedTuple):
    """A run, and the report that describes it."""

    run: ShardRun
    file: Path


class Shards(NamedTuple):
    """The shards that are combined.

    Attributes:
        found: each once, in an order that does not depend on that of the files.
        left_out: why other reports are left out, one in words for users.
        groups_left_out: which of how many groups of the tests those of other commits are.
    """

    found: Sequence[Shard]
    left_out: Sequence[str]
    groups_left_out: Collection[tuple[int, int]]


def read_shards(files: Iterable[Path], *, compares_contracts: bool) -> Shards:
    """Read the reports of shards. Damaged ones and those of other commits are left out.

    Args:
        files: the reports.
        compares_contracts: whether what the contracts hold matters.

    Raises:
        ReportError: one is not a report, or of another version of the format. Two are of the same shard, or of two
            projects, or none is left.
    """
    found: list[Shard] = []
    left_out: list[str] = []
    known = Known()
    for file in _each_once(files):
        runs, reason = _runs_or_reason(file, known)
        found += [Shard(run, file) for run in runs]
        left_out += [reason] if reason else []
    _check_that_each_is_there_once(found)
    found.sort(key=lambda each: (each.run.started, each.run.id))
    _check_that_there_is_one_project(found)
    alike, others = _of_one_commit(found, compares_contracts=compares_contracts)
    left_out += others
    if not alike:
        raise ReportError("There is no shard to combine:" + "".join(f"\n  {each}" for each in left_out))
    groups = [shard.run.split for shard in found if shard not in alike and shard.run.split is not None]
    return Shards(alike, left_out, groups)


def _each_once(files: Iterable[Path]) -> Iterator[Path]:
    known: dict[Path, Path] = {}
    for file in files:
        before = known.get(file.resolve())
        if before is not None:
            same = "was given twice" if before == file else f"and {before} are the same file"
            raise ReportError(f"{file} {same}. Pass each report once.")
        known[file.resolve()] = file
        yield file


def _runs_or_reason(file: Path, known: Known) -> tuple[list[ShardRun], str]:
    """The runs that a report describes, or why it is left out."""
    try:
        return _runs_in(file, known), ""
    except DamagedReportError as error:
        return [], str(error).removesuffix(".")


def _runs_in(file: Path, known: Known) -> list[ShardRun]:
    if not file.exists():
        raise DamagedReportError(f"{file} is missing")
    content = report_content(file)
    shard = content.get("shard")
    if shard is None or (isinstance(shard, dict) and "runs" not in shard):
        raise DamagedReportError(
            f"{file} is from an older pytest-sentry-contract, whose reports can't be combined: run that shard again"
        )
    if not isinstance(shard, dict):
        raise DamagedReportError(f"{file} is damaged: shard must be an object")
    try:
        return read_runs(content, read_rows(content), known)
    except DamagedError as error:
        raise DamagedReportError(f"{file} is damaged: {error}") from None


def _check_that_each_is_there_once(shards: Iterable[Shard]) -> None:
    known: dict[str, Path] = {}
    for run, file in shards:
        if run.id in known:
            raise ReportError(f"{known[run.id]} and {file} are reports of the same shard. Pass one of them.")
        known[run.id] = file


def _check_that_there_is_one_project(shards: Sequence[Shard]) -> None:
    for other in shards[1:]:
        first = shards[0]
        names = [each.run.project for each in (first, other)]
        if all(names):
            if names[0] != names[1]:
                raise ReportError(f"{first.file} and {other.file} are of two projects, {names[0]} and {names[1]}.")
        elif _are_of_two_projects(first.run, other.run):
            raise ReportError(
                f"{first.file} and {other.file} are of two projects: their tests, rules and contracts"
                " have nothing in common."
            )


def _are_of_two_projects(one: ShardRun, other: ShardRun) -> bool:
    """Whether the configurations of the same folders are too different to be of two commits of one project.

    Services of one repository have other folders, and nothing else in common.
    """
    if not one.collected or not other.collected or one.collected.keys() & other.collected.keys():
        return False
    folders = _folders(one) & _folders(other)
    if not folders or {*_settings(one)} & {*_settings(other)}:
        return False
    features, others = ({*_features(run, folders)} for run in (one, other))
    return len(features & others) < _LEAST_ALIKE * len(features | others)


def _folders(run: ShardRun) -> set[str]:
    return {each.folder for each in run.configurations}


def _settings(run: ShardRun) -> Iterator[Hashable]:
    return ((each.folder, each.digest) for each in run.configurations)


def _features(run: ShardRun, folders: Container[str]) -> Iterator[Hashable]:
    for each in run.configurations:
        if each.folder in folders:
            yield from ((each.folder, rule.name) for rule in each.rules)
            yield from each.contract.rows if each.contract is not None else ()


def _of_one_commit(shards: Sequence[Shard], *, compares_contracts: bool) -> tuple[list[Shard], list[str]]:
    """The shards whose configurations agree, and why the others are left out: what most of them have counts."""
    asks: list[Callable[[RunConfiguration], tuple[Hashable, str]]] = [_rules_of]
    if compares_contracts:
        asks.append(_contract_of)
    alike = [*shards]
    left_out: list[str] = []
    for ask in asks:
        for folder in sorted({each.folder for shard in shards for each in shard.run.configurations}):
            wrong = _deviating(alike, folder, ask)
            alike = [shard for shard in alike if shard.run.id not in wrong]
            left_out += wrong.values()
    return alike, left_out


def _deviating(
    shards: Sequence[Shard], folder: str, ask: Callable[[RunConfiguration], tuple[Hashable, str]]
) -> dict[str, str]:
    """Why shards differ from most others in a configuration, by their ids."""
    groups: dict[Hashable, list[tuple[Shard, str]]] = {}
    for shard in shards:
        for each in shard.run.configurations:
            if each.folder == folder:
                what, name = ask(each)
                groups.setdefault(what, []).append((shard, name))
    by_size = sorted(groups.values(), key=lambda group: (len(group), group[-1][0].run.started), reverse=True)
    return {
        shard.run.id: f"{shard.file} was run with another {name} than {by_size[0][0][0].file}: run it again"
        for group in by_size[1:]
        for shard, name in group
    }


def _rules_of(configuration: RunConfiguration) -> tuple[Hashable, str]:
    names = tuple(sorted(rule.name for rule in configuration.rules))
    return (configuration.digest, names), configuration.file or "configuration"


def _contract_of(configuration: RunConfiguration) -> tuple[Hashable, str]:
    contract = configuration.contract
    rows = frozenset(contract.rows) if contract is not None else None
    return (rows, configuration.mistakes), configuration.contract_name

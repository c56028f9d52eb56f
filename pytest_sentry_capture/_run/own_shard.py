"""This run as its report describes it for those who combine several reports."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from pytest_sentry_capture._reports import ContractError, shown_test
from pytest_sentry_capture._run.judged_configuration import JudgedConfiguration
from pytest_sentry_capture._run.partial_run import Invocation
from pytest_sentry_capture._run.settings.configurations import Configurations
from pytest_sentry_capture._run.settings.options import Settings
from pytest_sentry_capture._run.settings.source import content_of_toml
from pytest_sentry_capture._run.shards.shard_run import RunConfiguration, ShardRun, collected_tests
from pytest_sentry_capture._run.summary.run_facts import RunDescription
from pytest_sentry_capture._run.totals import Totals


class OfProcesses(NamedTuple):
    """What the processes of a run have found beside its tests, as far as a report tells it.

    Attributes:
        client_was_active: whether a Sentry client was active at any time.
        selected: the node ids of the tests that were to run.
        deselected: those of the tests that were left out.
        late_hooks: the files whose rules came too late, relative to the rootdir.
        outside: the files of tests outside of the rootdir.
    """

    client_was_active: bool
    selected: Collection[str]
    deselected: Collection[str]
    late_hooks: Collection[str]
    outside: Collection[str]


def shard_of(
    totals: Totals,
    judged: Iterable[JudgedConfiguration],
    processes: OfProcesses,
    *,
    settings: Settings,
    configurations: Configurations,
    invocation: Invocation,
    verdict: str | None,
    run: RunDescription,
) -> ShardRun:
    """This run, as a shard of a larger one.

    Args:
        totals: its findings.
        judged: the configurations of which tests were collected.
        processes: what its processes have found beside tests.
        settings: what it was asked for.
        configurations: which configuration each test has.
        invocation: how pytest was called.
        verdict: why it proves nothing of what is sent to Sentry, or None if it does.
        run: when it took place, and with what.
    """
    tests, keys = collected_tests(
        processes.selected,
        processes.deselected,
        lambda nodeid: configurations.folder_of(nodeid.partition("::")[0]),
    )
    return ShardRun(
        id=secrets.token_hex(8),
        started=run.started,
        duration=run.duration,
        versions=run.versions,
        integrations=sorted(totals.integrations),
        project=_project(configurations),
        split=invocation.split,
        asked=[*_asked(invocation, configurations)],
        is_strict=settings.strict,
        checks_contract=settings.contract == "check",
        client_was_active=processes.client_was_active,
        verdict=verdict,
        had_no_tests=invocation.had_no_tests,
        late_hooks=sorted(processes.late_hooks),
        outside=sorted(processes.outside),
        late=totals.late_events,
        ignored_errors=totals.ignored_errors,
        ignored_loggers=totals.ignored_loggers,
        collected=tests,
        configurations=[*map(_configuration, judged)],
        attempts=[(keys[each.label], each) for each in totals.attempts if each.label in keys],
        outside_tests=totals.outside_tests,
    )


def _configuration(judged: JudgedConfiguration) -> RunConfiguration:
    found = RunConfiguration(
        folder=judged.configuration.folder or "",
        file=judged.configuration.file,
        digest=judged.digest,
        is_asked=judged.is_asked,
        rules=[*judged.rules],
        omissions=judged.omissions,
        contract_name=judged.contract_file.name,
    )
    try:
        found.contract = judged.contract_file.read()
    except FileNotFoundError:
        pass  # which the report says too
    except ContractError as error:
        found.mistakes = str(error)
    return found


def _asked(invocation: Invocation, configurations: Configurations) -> Iterable[str]:
    for argument in invocation.arguments:
        file, separator, names = argument.partition("::")
        yield shown_test(configurations.relative_path(invocation.folder / file) + separator + names)


def _project(configurations: Configurations) -> str:
    """The name that the project has in ``pyproject.toml``, empty if it has none."""
    content = content_of_toml(configurations.root / "pyproject.toml")
    tools = _table(content, "tool")
    for table in _table(content, "project"), _table(tools, "poetry"):
        if isinstance(name := table.get("name"), str):
            return name
    return ""


def _table(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = content.get(name)
    return table if isinstance(table, dict) else {}

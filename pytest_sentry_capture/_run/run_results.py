"""The results of a run, in the process that makes its reports: what tests and processes found, until it is concluded.

This module is imported by every pytest run, with or without Sentry, so it imports next to nothing itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Final, TypedDict

from pytest_sentry_capture._run import on_demand

if TYPE_CHECKING:
    from pytest_sentry_capture._run.activity import ActivityFindings
    from pytest_sentry_capture._run.findings import LateEvent
    from pytest_sentry_capture._run.judged_configuration import JudgedConfiguration
    from pytest_sentry_capture._run.omissions import Omissions
    from pytest_sentry_capture._run.partial_run import Invocation
    from pytest_sentry_capture._run.rule_sets import RuleSets
    from pytest_sentry_capture._run.settings.options import Settings
    from pytest_sentry_capture._run.shards.shard_run import ShardRun
    from pytest_sentry_capture._run.summary.run_facts import RunDescription
    from pytest_sentry_capture._run.summary.summary_lines import Conclusion, Headline, SummaryLine
    from pytest_sentry_capture._run.totals import Totals


_RESERVED: Final = (".invalid", ".test", ".example", ".example.com", ".example.net", ".example.org")
"""Domains in which there is nobody (https://www.rfc-editor.org/rfc/rfc2606)."""


class ProcessFindings(TypedDict):
    """What one process of the run adds to the results beside its tests, in plain data.

    Attributes:
        blocked: what was not sent: hosts, sorts and numbers.
        problem: why the SDK can't be observed, in words for users, or None while it can.
        gaps: what can't be seen or done with this SDK, in words for users.
        sdk: the SDK's version, or None if it was not imported.
        integrations: the identifiers of the integrations that were on.
        ignored_errors: how often each entry of the application's ``ignore_errors`` was used.
        ignored_loggers: how often each logger was met that the application ignores, by the call that ignores it.
        deselected: how many tests of each configuration were left out: its folder, and the number.
        deselected_tests: their node ids, where a report asks for them.
        late_hooks: the files whose rules came too late, relative to the rootdir.
        outside: the files of tests outside of the rootdir, relative to that.
        server: what ``sentry_server`` has to say.
        findings: items from outside of tests.
        activity: whether Sentry was on.
        late: the events that came after their tests were over.
    """

    blocked: list[tuple[str, str, int]]
    problem: str | None
    gaps: list[str]
    sdk: str | None
    integrations: list[str]
    ignored_errors: dict[str, int]
    ignored_loggers: dict[str, int]
    deselected: list[tuple[str | None, int]]
    deselected_tests: list[str]
    late_hooks: list[str]
    outside: list[str]
    server: list[str]
    findings: list[str]
    activity: ActivityFindings
    late: list[LateEvent]


class RunResults:
    """What tests and processes have found, until the run is concluded.

    Args:
        started: when the run started, in seconds since the epoch.
        duration: says for how many seconds it has been running.

    Attributes:
        selected: the node ids of the tests that were to run, where a report asks for them.
        not_collected: the node ids of what could not be collected.
        values: what failed tests captured, with its values, by their node ids: for the terminal alone.
        is_refused: whether the run was ended before its tests.
        conclusion: how the run has ended, once it has, or None if there is nothing to say.
    """

    def __init__(
        self, rule_sets: RuleSets, settings: Settings, started: float = 0.0, duration: Callable[[], float] = float
    ) -> None:
        self.selected: set[str] = set()
        self._started = started
        self._duration = duration
        self.not_collected: set[str] = set()
        self.values: dict[str, str] = {}
        self.is_refused = False
        self.conclusion: Conclusion | None = None
        self._rule_sets = rule_sets
        self._test_files: dict[str | None, set[str]] = {}
        self._settings = settings
        self._processes: dict[str, ProcessFindings] = {}
        self._lost_workers: list[str] = []
        self._has_tests = False

    def take_test(self, findings: str, process: str) -> None:
        """Take what an attempt at a test in this process, or in one of its workers, has found."""
        self._has_tests = True
        self._totals.add_attempt(on_demand.Findings.from_json(findings), process)

    def take_test_files(self, files: Mapping[str | None, Iterable[str]]) -> None:
        """Take the files of tests that were collected and will run.

        Args:
            files: those of each configuration, by its folder: relative to the rootdir, with slashes.
        """
        for folder, names in files.items():
            self._test_files.setdefault(folder, set()).update(names)

    def take_process(self, findings: ProcessFindings, process: str) -> None:
        """Take what a process has found beside its tests, in place of what it had found before."""
        self._processes[process] = findings

    def lost_worker(self, name: str) -> None:
        """Say that a worker has died."""
        self._lost_workers.append(name)

    def conclude(self, describe_invocation: Callable[[], Invocation]) -> None:
        """End the run: write its reports, compare it with the contract, and look at what was not exercised.

        Args:
            describe_invocation: says how pytest was called.
        """
        processes = self._processes.values()
        outside_tests = [text for process in processes for text in process["findings"]]
        verdict = self._verdict()
        late = [each for process in processes for each in process["late"]]
        late_hooks, outside = self._late_hooks(), self._tests_outside()
        warnings = [*on_demand.late_hook_warnings(late_hooks)] if late_hooks else []
        notes = [*on_demand.outside_notes(outside)] if outside else []
        is_asked = self._rule_sets.wants_table or self._settings.suggests or self._settings.strict
        is_of_interest = self._has_rules or is_asked or warnings or notes
        if not (is_of_interest or self._has_tests or outside_tests or late or verdict):
            return
        totals = self._totals
        totals.late_events = late
        for text in outside_tests:
            totals.add_outside_tests(on_demand.Findings.from_json(text))
        for process in processes:
            totals.ignored_errors.update(process["ignored_errors"])
            totals.ignored_loggers.update(process["ignored_loggers"])
            totals.sdk_versions.update([process["sdk"]] if process["sdk"] is not None else [])
            totals.integrations.update(process["integrations"])
        totals.settle()
        invocation = describe_invocation()
        judged = [*self._judged(invocation)]
        run = on_demand.RunDescription(
            on_demand.moment(self._started), self._duration(), on_demand.versions_of(totals, invocation.pytest_version)
        )
        if self._rule_sets.wants_fields:
            run = run._replace(runs=[self._as_shard(judged, invocation, verdict, run)])
        self.conclusion = on_demand.conclude(
            totals,
            judged,
            self._settings,
            folder=invocation.folder,
            root=invocation.root,
            warnings=warnings,
            notes=notes,
            verdict=verdict,
            run=run,
        )

    def _as_shard(
        self, judged: Sequence[JudgedConfiguration], invocation: Invocation, verdict: str | None, run: RunDescription
    ) -> ShardRun:
        return on_demand.shard_of(
            self._totals,
            judged,
            on_demand.OfProcesses(
                client_was_active=any(each["activity"]["client_was_active"] for each in self._processes.values()),
                selected=self.selected,
                deselected={nodeid for each in self._processes.values() for nodeid in each["deselected_tests"]},
                late_hooks=self._late_hooks(),
                outside=self._tests_outside(),
            ),
            settings=self._settings,
            configurations=self._rule_sets.configurations,
            invocation=invocation,
            verdict=verdict,
            run=run,
        )

    def give_up(self, error: Exception) -> None:
        """The plugin itself has failed at the end of the run, which must not hide what the tests have found."""
        formatter = on_demand.Formatter.without_secrets()
        lines = on_demand.internal_error_text(formatter, error).splitlines()
        failures = [on_demand.SummaryLine(line, is_failure=True) for line in lines]
        self.conclusion = on_demand.Conclusion(failures, (), fails=True)

    @property
    def headline(self) -> Headline | None:
        """The first line of the terminal summary, or None if nothing was asked for."""
        return self.conclusion.headline if self.conclusion is not None else None

    def summary(self, *, is_verbose: bool = False) -> list[str | SummaryLine]:
        """The lines of the terminal summary below the first, those of failures as ``SummaryLine``.

        Args:
            is_verbose: whether everything that was not sent is named, and not only what could have come somewhere.
        """
        processes = self._processes.values()
        problems = [process["problem"] for process in processes if process["problem"]]
        headline = self.headline.text if self.headline is not None else None
        return [
            *(problem for problem in problems[:1] if problem != headline),
            *dict.fromkeys(gap for process in processes for gap in process["gaps"]),
            *_blocked_lines(processes, is_verbose=is_verbose),
            *(message for process in processes for message in process["server"]),
            *(f"Worker {name} crashed. Its last test's captures are missing." for name in self._lost_workers),
            *(self.conclusion.lines if self.conclusion else ()),
        ]

    def _verdict(self) -> str | None:
        """Why the run proves nothing of what is sent to Sentry, or None if Sentry was on, or the plugin is not used."""
        processes = self._processes.values()
        activities = [process["activity"] for process in processes]
        if any(each["client_was_active"] for each in activities) or not any(each["has_tests"] for each in activities):
            return None
        is_imported = any(process["sdk"] is not None for process in processes)
        is_asked = self._rule_sets.wants_table or self._settings.suggests
        is_used = self._has_rules or is_asked or (self._settings.strict and is_imported)
        if not (is_used or any(each["is_used"] for each in activities)):
            return None
        problem = next((process["problem"] for process in processes if process["problem"]), None)
        hints = [hint for each in activities for hint in each["hints"]]
        return problem or on_demand.without_client(hints, is_imported=is_imported)

    @property
    def _has_rules(self) -> bool:
        return any(self._rule_sets.at(folder).rules for folder in {"", *self._test_files})

    def _judged(self, invocation: Invocation) -> Iterator[JudgedConfiguration]:
        """The configurations of which tests were collected. That of the rootdir too for items from outside of tests."""
        collected = {folder: files for folder, files in self._test_files.items() if folder is not None}
        has_breaches = bool(self._totals.of("").breaches)
        folders = [*collected] if collected and ("" in collected or not has_breaches) else ["", *collected]
        root = invocation.root
        for folder in sorted(folders):
            rule_set = self._rule_sets.at(folder)
            yield on_demand.JudgedConfiguration.of_run(
                rule_set.configuration,
                rule_set.rules,
                self._totals.of(folder),
                partial(self._omissions, invocation, folder),
                contract_file=on_demand.ContractFile.of(rule_set.configuration, self._settings, root),
                root=root,
                test_files=collected.get(folder, ()),
                is_asked=folder in collected or not self._test_files,
            )

    def _omissions(self, invocation: Invocation, folder: str) -> Omissions:
        deselected = (dict(process["deselected"]).get(folder, 0) for process in self._processes.values())
        return on_demand.omissions_of(
            invocation,
            self._rule_sets.configurations,
            folder,
            deselected=max(deselected, default=0),
            not_collected={nodeid for nodeid in self.not_collected if self._is_of(nodeid, folder)},
            lost_workers=self._lost_workers,
            failed_tests=self._totals.of(folder).failed_tests,
        )

    def _is_of(self, nodeid: str, folder: str) -> bool:
        """Whether what could not be collected has tests of a configuration: a folder may have those of several."""
        configurations = self._rule_sets.configurations
        file = nodeid.partition("::")[0]
        if not (configurations.root / file).is_dir():
            return configurations.folder_of(file) == folder
        return configurations.folder_of(f"{file}/test") == folder or f"{folder}/".startswith(f"{file}/" if file else "")

    def _late_hooks(self) -> list[str]:
        """The files whose rules came too late."""
        return [*dict.fromkeys(file for process in self._processes.values() for file in process["late_hooks"])]

    def _tests_outside(self) -> list[str]:
        """The files of tests outside of the rootdir, where somebody may think that rules and contracts are for them."""
        files = sorted({file for process in self._processes.values() for file in process["outside"]})
        is_of_interest = self._has_rules or self._rule_sets.are_own or self._settings.contract != "off"
        is_asked = files and (is_of_interest or any(map(self._rule_sets.configurations.is_configured, files)))
        return files if is_asked else []

    @cached_property
    def _totals(self) -> Totals:
        return on_demand.Totals(keeps_findings=self._rule_sets.wants_fields)


def _blocked_lines(processes: Iterable[ProcessFindings], *, is_verbose: bool) -> Iterator[str]:
    """What was not sent. How to send it only where the host could be a real one."""
    blocked: Counter[tuple[str, str]] = Counter()
    for process in processes:
        for host, sort, count in process["blocked"]:
            blocked[host, sort] += count
    for (host, sort), count in sorted(blocked.items()):
        line = f"Blocked {count} {sort}{'' if count == 1 else 's'} to {host}."
        if not _is_reserved(host):
            yield f"{line} To send {'it' if count == 1 else 'them'}, set sentry_network_hosts = {host}"
        elif is_verbose:
            yield line


def _is_reserved(host: str) -> bool:
    """Whether a host is in a domain that is reserved for tests and examples."""
    name = f".{host.lower().rstrip('.')}"
    return name.endswith(_RESERVED)

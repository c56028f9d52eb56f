"""The run as the process sees it that makes its reports: what tests and processes found, put together and concluded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from pytest_sentry_capture._run.results import Results
    from pytest_sentry_capture._run.rule_set import RuleSet
    from pytest_sentry_capture._run.run_summary import Conclusion
    from pytest_sentry_capture._run.settings.options import Settings


class OfProcess(TypedDict):
    """What one process of the run adds to the results beside its tests, in plain data.

    Attributes:
        blocked: what was not sent: hosts, sorts and numbers.
        problem: why the SDK can't be observed, in words for users; None while it can.
        gaps: what can't be seen or done with this SDK, in words for users.
        sdk: the SDK's version; None where it was not imported.
        integrations: the identifiers of the integrations that were on.
        ignored_errors: how often each entry of the application's ``ignore_errors`` was used.
        deselected: how many tests were left out.
        server: what ``sentry_server`` has to say.
        findings: what came outside of tests.
    """

    blocked: list[tuple[str, str, int]]
    problem: str | None
    gaps: list[str]
    sdk: str | None
    integrations: list[str]
    ignored_errors: dict[str, int]
    deselected: int
    server: list[str]
    findings: list[str]


class RunResults:
    """What tests and processes have found, until the run is concluded.

    Attributes:
        not_collected: the node ids of what could not be collected.
        conclusion: how the run has ended, once it has; None where there is nothing to tell.
    """

    def __init__(self, rule_set: RuleSet, settings: Settings) -> None:
        self.not_collected: set[str] = set()
        self.conclusion: Conclusion | None = None
        self._rule_set = rule_set
        self._settings = settings
        self._processes: dict[str, OfProcess] = {}
        self._lost_workers: list[str] = []
        self._has_results = False

    def take_test(self, findings: str, process: str) -> None:
        """Take what an attempt at a test in this process, or in one of its workers, has found."""
        from pytest_sentry_capture._run.results import Findings

        self._has_results = True
        self._results.add_attempt(Findings.from_json(findings), process)

    def take_process(self, found: OfProcess, process: str) -> None:
        """Take what a process has found beside its tests, in place of what it had found before."""
        self._processes[process] = found

    def lost_worker(self, name: str) -> None:
        """Say that a worker has died."""
        self._lost_workers.append(name)

    def conclude(self, why_partial: Callable[[], Sequence[str]], folder: Path, root: Path) -> None:
        """End the run: write its reports, compare it with the contract, and look at what was not exercised.

        Args:
            why_partial: says why the run is no whole one, beside failed and deselected tests and lost workers.
            folder: where paths of reports start.
            root: the folder of the contract.
        """
        processes = self._processes.values()
        outside_tests = [text for process in processes for text in process["findings"]]
        rule_set = self._rule_set
        is_of_interest = rule_set.rules or rule_set.wants_table or self._settings.strict
        if not (is_of_interest or self._has_results or outside_tests):
            return
        from pytest_sentry_capture._run.results import Findings
        from pytest_sentry_capture._run.run_summary import conclude

        for text in outside_tests:
            self._results.add_outside_tests(Findings.from_json(text))
        for process in processes:
            self._results.ignored_errors.update(process["ignored_errors"])
            self._results.sdk_versions.update([process["sdk"]] if process["sdk"] is not None else [])
            self._results.integrations.update(process["integrations"])
        self._results.settle()
        self.conclusion = conclude(
            self._results,
            rule_set.rules,
            self._settings,
            lambda: [*why_partial(), *self._left_out()],
            folder,
            root,
        )

    def _left_out(self) -> Iterator[str]:
        deselected = max((process["deselected"] for process in self._processes.values()), default=0)
        if deselected:
            yield f"{deselected} test{'' if deselected == 1 else 's'} deselected"
        yield from (f"{nodeid} could not be collected" for nodeid in sorted(self.not_collected))
        yield from (f"worker {name} died" for name in self._lost_workers)

    def give_up(self, error: Exception) -> None:
        """The plugin itself has failed at the end of the run, which must not hide what the tests have found."""
        from pytest_sentry_capture._assertions.formatting import Formatter
        from pytest_sentry_capture._run.internal_error import internal_error_text
        from pytest_sentry_capture._run.run_summary import Conclusion

        lines = internal_error_text(Formatter.without_secrets(), error).splitlines()
        self.conclusion = Conclusion(lines, (), fails=True)

    def summary(self) -> list[str]:
        """The lines of the terminal summary."""
        processes = self._processes.values()
        problems = [process["problem"] for process in processes if process["problem"]]
        return [
            *problems[:1],
            *dict.fromkeys(gap for process in processes for gap in process["gaps"]),
            *_blocked_lines(processes),
            *(message for process in processes for message in process["server"]),
            *(f"Worker {name} died: what its last test told Sentry is lost." for name in self._lost_workers),
            *(self.conclusion.lines if self.conclusion else ()),
        ]

    @cached_property
    def _results(self) -> Results:
        from pytest_sentry_capture._run.results import Results

        return Results()


def _blocked_lines(processes: Iterable[OfProcess]) -> list[str]:
    blocked: Counter[tuple[str, str]] = Counter()
    for process in processes:
        for host, sort, count in process["blocked"]:
            blocked[host, sort] += count
    return [
        f"{count} {sort}{' was' if count == 1 else 's were'} kept from {host}."
        f" To let {'it' if count == 1 else 'them'} go there: sentry_network_hosts = {host}"
        for (host, sort), count in sorted(blocked.items())
    ]

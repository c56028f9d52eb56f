"""Several runs put together and concluded as one run is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from pytest_sentry_capture._recording import BETWEEN_TESTS
from pytest_sentry_capture._reports import ExampleItem, Fields, ReportError, Row, format_of
from pytest_sentry_capture._run.combining.completeness import Completeness
from pytest_sentry_capture._run.combining.shard_files import Shards, read_shards
from pytest_sentry_capture._run.contract_check import CarriedContract
from pytest_sentry_capture._run.findings import Findings
from pytest_sentry_capture._run.judged_configuration import JudgedConfiguration
from pytest_sentry_capture._run.judged_rule import JudgedRule
from pytest_sentry_capture._run.settings.configuration import Configuration
from pytest_sentry_capture._run.settings.options import Settings
from pytest_sentry_capture._run.shards.shard_run import RunConfiguration, ShardRun
from pytest_sentry_capture._run.summary.notes import late_hook_warnings, outside_notes
from pytest_sentry_capture._run.summary.run_facts import RunDescription
from pytest_sentry_capture._run.summary.run_summary import conclude
from pytest_sentry_capture._run.summary.summary_lines import Conclusion
from pytest_sentry_capture._run.totals import Totals
from pytest_sentry_capture._text import counted


class CombinedRun(NamedTuple):
    """The result of combining shards.

    Attributes:
        lines: what must be printed.
        fails: whether the combined run fails.
    """

    lines: Sequence[str]
    fails: bool


def combine(
    files: Sequence[Path],
    *,
    output: Path | None = None,
    check: bool = False,
    strict: bool = False,
    expected: int | None = None,
    folder: Path,
) -> CombinedRun:
    """Combine the reports of shards.

    Args:
        files: the reports.
        output: the file to write the report of the combined run to.
        check: compare it with the contracts, and fail where not all of it is there.
        strict: conclude it as a strict run.
        expected: how many shards there are, or None if nobody says.
        folder: the folder that the path of the report starts from.

    Raises:
        ReportError: the reports can't be combined, or there is no format for the output. In words for users.
    """
    if output is not None:
        _check_format(output)
    shards = read_shards(files, compares_contracts=check)
    runs = [shard.run for shard in shards.found]
    settings = Settings(
        reports=(output,) if output is not None else (),
        strict=strict or any(run.is_strict for run in runs),
        contract="check" if check or any(run.checks_contract for run in runs) else "off",
    )
    union = _Union(shards, Completeness(shards, expected))
    conclusion = union.conclude(settings, folder, must_be_whole=check)
    tests = counted(len(union.attempts), "test")
    first = [conclusion.headline.text] if conclusion.headline is not None else []
    lines = [*first, f"Combined {counted(len(shards.found), 'shard')} with {tests}."]
    lines += [line.text for line in conclusion.lines]
    return CombinedRun(lines, conclusion.fails or conclusion.status == "failed")


def _check_format(output: Path) -> None:
    try:
        format_of(output)
    except ValueError as error:
        raise ReportError(f"{error}.") from None


class _Union:
    """The runs of all shards as one.

    Attributes:
        attempts: the last attempt at each test.
    """

    def __init__(self, shards: Shards, completeness: Completeness) -> None:
        self._runs = [shard.run for shard in shards.found]
        self._completeness = completeness
        self.attempts = {key: findings for run in self._runs for key, findings in run.attempts}
        self._counting = [self._what_counts_of(run) for run in self._runs]
        self._totals = self._added_up()

    def conclude(self, settings: Settings, folder: Path, *, must_be_whole: bool) -> Conclusion:
        """Write, compare and sum up."""
        judged = [*self._judged(folder)]
        reasons = dict.fromkeys(
            reason for each in judged for reason in self._completeness.not_of_the_whole_run(each.omissions)
        )
        return conclude(
            self._totals,
            judged,
            settings,
            folder=folder,
            root=folder,
            warnings=[*late_hook_warnings(file for run in self._runs for file in run.late_hooks)],
            notes=[*outside_notes(sorted({file for run in self._runs for file in run.outside}))],
            verdict=self._verdict,
            run=RunDescription(
                started=self._runs[0].started,
                duration=sum(run.duration for run in self._runs),
                versions=_versions(self._runs),
                runs=self._counting,
            ),
            incomplete=[*reasons],
            must_be_whole=must_be_whole,
        )

    @property
    def _verdict(self) -> str | None:
        if any(run.client_was_active for run in self._runs):
            return None
        return next((run.verdict for run in self._runs if run.verdict is not None), None)

    def _added_up(self) -> Totals:
        totals = Totals()
        for run in self._counting:
            details = dict(run.details)
            for _, findings in run.attempts:
                _add_details(findings, details)
                totals.add_attempt(findings, "")
            for findings in run.outside_tests:
                _add_details(findings, details)
                totals.add_outside_tests(findings)
            totals.ignored_errors.update(run.ignored_errors)
            totals.ignored_loggers.update(run.ignored_loggers)
            totals.integrations.update(run.integrations)
            totals.sdk_versions.update(filter(None, run.versions.get("sentry-sdk", "").split(", ")))
            totals.late_events += run.late
        totals.settle()
        return totals

    def _what_counts_of(self, run: ShardRun) -> ShardRun:
        """The run without attempts that were repeated, and without the entries between them if that is all of them."""
        attempts = [(key, findings) for key, findings in run.attempts if self.attempts[key] is findings]
        is_repeated = bool(run.attempts) and not attempts
        outside = [each for each in run.outside_tests if not is_repeated or each.label != BETWEEN_TESTS]
        return replace(run, attempts=attempts, outside_tests=outside)

    def _judged(self, folder: Path) -> Iterator[JudgedConfiguration]:
        """Each configuration of which tests were collected, as the shards with tests have it."""
        with_tests = [run for run in self._runs if run.selected] or self._runs
        by_folder: dict[str, list[RunConfiguration]] = {}
        for run in with_tests:
            for each in run.configurations:
                by_folder.setdefault(each.folder, []).append(each)
        for name, found in sorted(by_folder.items()):
            first = found[0]
            totals = self._totals.of(name)
            omissions = self._completeness.omissions(name, failed_tests=totals.failed_tests)
            yield JudgedConfiguration(
                Configuration(name, None, first.file),
                [*_rules(found)],
                totals,
                lambda omissions=omissions: omissions,  # type: ignore[misc]
                contract_file=CarriedContract(first.contract_name, first.contract, first.mistakes),
                root=folder,
                is_asked=any(each.is_asked for each in found),
                digest=first.digest,
            )


def _rules(found: Sequence[RunConfiguration]) -> Iterator[JudgedRule]:
    """The rules of a configuration: what one shard could judge was judged."""
    for same in zip(*(each.rules for each in found), strict=True):
        first = same[0]
        paths = [path for path in first.paths_without_files if all(path in each.paths_without_files for each in same)]
        yield JudgedRule(
            first.name,
            first.severity,
            first.place,
            allow_list=first.allow_list,
            obstacle=None if any(each.obstacle is None for each in same) else first.obstacle,
            nothing_to_look_for=(
                None if any(each.nothing_to_look_for is None for each in same) else first.nothing_to_look_for
            ),
            judges_exchanges=first.judges_exchanges,
            paths_without_files=lambda paths=paths: paths,  # type: ignore[misc]
        )


def _add_details(findings: Findings, details: dict[Row, tuple[Fields, ExampleItem | None]]) -> None:
    """Give the fields and the example of a row to the first findings of the run that have it."""
    for exported in findings.rows:
        if (found := details.pop(exported[0], None)) is not None:
            exported[-2:] = found


def _versions(runs: Iterable[ShardRun]) -> Mapping[str, str]:
    versions: dict[str, dict[str, None]] = {}
    for run in runs:
        for name, version in run.versions.items():
            versions.setdefault(name, {})[version] = None
    return {name: ", ".join(sorted(found)) for name, found in versions.items()}

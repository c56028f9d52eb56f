"""What holds for a run as a whole, put together for its report."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pytest_sentry_capture._reports import (
    Row,
    RunFacts,
    ShardConfiguration,
    ShardFacts,
    ShownWaiver,
    shown_sentence,
    shown_test,
    shown_text,
)
from pytest_sentry_capture._rules import Waiver
from pytest_sentry_capture._run.judged_configuration import JudgedConfiguration
from pytest_sentry_capture._run.shards.shard_run import ShardRun
from pytest_sentry_capture._run.shards.writing import RowPlaces, to_json
from pytest_sentry_capture._run.totals import Totals
from pytest_sentry_capture.version import __version__


class RunDescription(NamedTuple):
    """When a run took place, and with what.

    Attributes:
        started: in seconds since the epoch.
        duration: in seconds, so far.
        versions: those of what it depended on.
        runs: the runs that it consists of, where a report asks for them: itself, or those that are combined.
    """

    started: str = "1970-01-01T00:00:00Z"
    duration: float = 0.0
    versions: Mapping[str, str] = {}
    runs: Sequence[ShardRun] = ()

    @property
    def day(self) -> str:
        """The day, in UTC, on which it started (ISO 8601)."""
        return self.started[: len("2000-01-01")]


def moment(seconds: float) -> str:
    """A moment as reports have it (ISO 8601, in UTC), from seconds since the epoch."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def versions_of(totals: Totals, pytest_version: str) -> dict[str, str]:
    """The versions of what this run depends on."""
    sdk = _sdk(totals)
    return {
        "python": ".".join(map(str, sys.version_info[:3])),
        "pytest": pytest_version,
        "pytest-sentry-contract": __version__,
        **({"sentry-sdk": sdk} if sdk is not None else {}),
    }


def _sdk(totals: Totals) -> str | None:
    return ", ".join(sorted(totals.sdk_versions)) or None


def facts_of(
    totals: Totals, judged: Sequence[JudgedConfiguration], run: RunDescription, rows: Sequence[Row]
) -> RunFacts:
    """What holds for a run as a whole.

    Args:
        rows: those of its report, in their order.
    """
    return RunFacts(
        sdk=_sdk(totals),
        integrations=sorted(totals.integrations),
        counts=dict(sorted(totals.counts.items())),
        personal_data=sorted(totals.personal_data, key=lambda each: each.sort_key),
        started=run.started,
        duration=run.duration,
        versions=run.versions,
        callbacks=totals.callbacks.sorted(),
        shard=_shard(totals, judged, run, rows),
    )


def shown_waivers(judged: Sequence[JudgedConfiguration], today: str) -> list[ShownWaiver]:
    """The waivers of all tests, sorted."""
    waivers = {waiver: used for each in judged for waiver, used in each.totals.waivers.items()}
    return sorted((_shown(waiver, used, today) for waiver, used in waivers.items()), key=lambda each: str(vars(each)))


def _shown(waiver: Waiver, used: bool, today: str) -> ShownWaiver:
    return ShownWaiver(
        rule=shown_sentence(waiver.rule),
        place=shown_test(waiver.place),
        reason=shown_text(waiver.reason),
        until=waiver.until or None,
        ticket=shown_text(waiver.ticket) if waiver.ticket else None,
        used=used,
        expired=waiver.has_expired(today),
    )


def _shard(
    totals: Totals, judged: Sequence[JudgedConfiguration], run: RunDescription, rows: Sequence[Row]
) -> ShardFacts:
    collected, ran = _tests(run.runs)
    tallies = [item for each in judged for item in each.totals.tallies.items()]
    places = RowPlaces(rows)
    return ShardFacts(
        collected=collected,
        ran=ran,
        allowed={shown_sentence(name): _shown_keys(tally.allowed) for name, tally in tallies if tally.allowed},
        ignored_errors=_shown_keys(dict(sorted(totals.ignored_errors.items()))),
        configurations=[*_configurations(judged)],
        runs=[to_json(each, places) for each in run.runs],
    )


def _shown_keys(counts: Mapping[str, int]) -> dict[str, int]:
    """Numbers by names as they may be shown: those of one name are added up."""
    shown: dict[str, int] = {}
    for name, number in counts.items():
        shown[shown_text(name)] = shown.get(shown_text(name), 0) + number
    return shown


def _tests(runs: Sequence[ShardRun]) -> tuple[dict[str, int], dict[str, list[int]]]:
    """How many tests each node id without parameters stands for, and the positions of those that were to run."""
    collected: dict[str, int] = {}
    ran: dict[str, set[int]] = {}
    for run in runs:
        for name, tests in run.collected.items():
            collected[name] = max(tests.number, collected.get(name, 0))
            if tests.selected:
                ran.setdefault(name, set()).update(tests.selected)
    return dict(sorted(collected.items())), {name: sorted(places) for name, places in sorted(ran.items())}


def _configurations(judged: Sequence[JudgedConfiguration]) -> Iterator[ShardConfiguration]:
    for each in judged:
        configuration = each.configuration
        yield ShardConfiguration(
            folder=shown_text(configuration.folder or ""),
            file=shown_text(configuration.file or ""),
            digest=each.digest,
            partial=[shown_text(reason) for reason in each.partial],
            rules=[shown_sentence(rule.name) for rule in each.rules],
        )

"""What holds for a run as a whole, put together for its report."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from pytest_sentry_capture._reports import (
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
from pytest_sentry_capture._run.totals import Totals
from pytest_sentry_capture.version import __version__

_DAY: Final = "%Y-%m-%d"


class RunDescription(NamedTuple):
    """When a run took place, and with what.

    Attributes:
        started: in seconds since the epoch.
        duration: in seconds, so far.
        pytest_version: that of pytest.
        selected: the node ids of the tests that were to run, where a report asks for them.
        deselected: those of the tests that were left out.
    """

    started: float = 0.0
    duration: float = 0.0
    pytest_version: str = ""
    selected: Collection[str] = ()
    deselected: Collection[str] = ()

    @property
    def day(self) -> str:
        """The day, in UTC, on which it started (ISO 8601)."""
        return time.strftime(_DAY, time.gmtime(self.started))


def facts_of(totals: Totals, judged: Sequence[JudgedConfiguration], run: RunDescription) -> RunFacts:
    """What holds for a run as a whole."""
    sdk = ", ".join(sorted(totals.sdk_versions)) or None
    versions = {
        "python": ".".join(map(str, sys.version_info[:3])),
        "pytest": run.pytest_version,
        "pytest-sentry-contract": __version__,
        **({"sentry-sdk": sdk} if sdk is not None else {}),
    }
    return RunFacts(
        sdk=sdk,
        integrations=sorted(totals.integrations),
        counts=dict(sorted(totals.counts.items())),
        personal_data=sorted(totals.personal_data, key=lambda each: each.sort_key),
        started=time.strftime(f"{_DAY}T%H:%M:%SZ", time.gmtime(run.started)),
        duration=run.duration,
        versions=versions,
        callbacks=totals.callbacks.sorted(),
        shard=_shard(totals, judged, run),
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


def _shard(totals: Totals, judged: Sequence[JudgedConfiguration], run: RunDescription) -> ShardFacts:
    collected, ran = _tests(run)
    tallies = [item for each in judged for item in each.totals.tallies.items()]
    return ShardFacts(
        collected=collected,
        ran=ran,
        allowed={shown_sentence(name): _shown_keys(tally.allowed) for name, tally in tallies if tally.allowed},
        ignored_errors=_shown_keys(dict(sorted(totals.ignored_errors.items()))),
        configurations=[*_configurations(judged)],
    )


def _shown_keys(counts: Mapping[str, int]) -> dict[str, int]:
    """Numbers by names as they may be shown: those of one name are added up."""
    shown: dict[str, int] = {}
    for name, number in counts.items():
        shown[shown_text(name)] = shown.get(shown_text(name), 0) + number
    return shown


def _tests(run: RunDescription) -> tuple[Mapping[str, int], Mapping[str, Sequence[int]]]:
    """How many tests each node id without parameters stands for, and the positions of those that were to run."""
    known: dict[str, list[str]] = {}
    for nodeid in sorted({*run.selected, *run.deselected}):
        known.setdefault(shown_test(nodeid), []).append(nodeid)
    selected = {*run.selected}
    ran = {test: [place for place, each in enumerate(ids) if each in selected] for test, ids in known.items()}
    return {test: len(ids) for test, ids in known.items()}, {test: places for test, places in ran.items() if places}


def _configurations(judged: Sequence[JudgedConfiguration]) -> Iterator[ShardConfiguration]:
    for each in judged:
        configuration = each.configuration
        yield ShardConfiguration(
            folder=shown_text(configuration.folder or ""),
            file=shown_text(configuration.file or ""),
            digest=_digest(each),
            partial=[shown_text(reason) for reason in each.partial],
            rules=[shown_sentence(enforced.rule.name) for enforced in each.rules],
        )


def _digest(judged: JudgedConfiguration) -> str | None:
    if not judged.configuration.file:
        return None
    try:
        return hashlib.sha256((judged.root / judged.configuration.file).read_bytes()).hexdigest()
    except OSError:
        return None

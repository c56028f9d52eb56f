"""What a random number had a say in: events and segments that were sampled at a rate between 0 and 1."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from pytest_sentry_capture._recording.entries import Capture, Discard, Entry
from pytest_sentry_capture._recording.kinds.event import CapturedEvent
from pytest_sentry_capture._recording.kinds.segment import CapturedSegment
from pytest_sentry_capture._recording.recording import Recording
from pytest_sentry_capture._recording.sampling import Sampling, leaves_it_to_chance

_UNSAMPLED: Final = "sample_rate"


class Chance(NamedTuple):
    """What random numbers decided about, for the same reason.

    Attributes:
        kind: ``"event"`` or ``"segment"``.
        option: the option that the rate comes from, such as ``"traces_sampler"``, empty if that is not known, as of
            what another process has sent.
        rate: the rate, or None if the option is a sampler, whose answers differ.
        is_of_test: whether the test has given it.
    """

    kind: str
    option: str
    rate: float | None
    is_of_test: bool


def sampled_by_chance(recording: Recording) -> Counter[Chance]:
    """How often random numbers decided, captured or not."""
    return Counter(chance for entry in recording.entries for chance in _of_entry(entry))


def certain_entries(entries: Iterable[Entry]) -> list[Entry]:
    """The entries without the segments that random numbers decided about. None where they decided about events.

    Requests and jobs are among the entries, and have their events whether these are or not.
    """
    chances = [(entry, {chance.kind for chance in _of_entry(entry)}) for entry in entries]
    if any(CapturedEvent.kind in kinds for _, kinds in chances):
        return []
    return [entry for entry, kinds in chances if not kinds]


def _of_entry(entry: Entry) -> Iterator[Chance]:
    if isinstance(entry, Capture):
        yield from _of_capture(entry)
    elif isinstance(entry, Discard):
        yield from _of_discard(entry)


def _of_capture(capture: Capture) -> Iterator[Chance]:
    rate = capture.sample_rate
    if rate is None or not leaves_it_to_chance(rate):
        return
    if capture.kind == CapturedEvent.kind:
        yield _chance(CapturedEvent.kind, rate, capture.context.sampling)
    else:
        for item in capture.items:
            if CapturedSegment.of(item) is not None:
                yield _chance(CapturedSegment.kind, rate, capture.context.sampling)


def _of_discard(discard: Discard) -> Iterator[Chance]:
    sampling = discard._context.sampling
    rate = sampling.rate if sampling is not None else discard._context.sample_rate
    if discard.reason != _UNSAMPLED or rate is None or not leaves_it_to_chance(rate):
        return
    if discard.kind == CapturedEvent.kind:
        yield _chance(CapturedEvent.kind, rate, sampling)
    elif discard._item_as(CapturedSegment.kind) is not None:
        yield _chance(CapturedSegment.kind, rate, sampling)


def _chance(kind: str, rate: float, sampling: Sampling | None) -> Chance:
    if sampling is None or sampling.rate != rate:
        return Chance(kind, "", rate, is_of_test=False)
    is_sampler = sampling.option.endswith("sampler")
    return Chance(kind, sampling.option, None if is_sampler else rate, sampling.is_of_test)

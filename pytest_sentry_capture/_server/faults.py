"""Simulating failures: rate limits, outages and slowness, which a test declares for its own project."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import TIMEOUT_MAX
from typing import Final, Literal, get_args

from pytest_sentry_capture._recording import ItemType
from pytest_sentry_capture._recording.kinds import ITEM_TYPES, KIND_OF_CATEGORY
from pytest_sentry_capture._text import did_you_mean

OutageMode = Literal["refuses", "resets", "hangs", "answers_500", "answers_garbage"]

OUTAGE_MODES: Final = get_args(OutageMode)

_NEVER_LIMITED: Final = ("internal", "metric_meta")
CATEGORIES: Final = tuple(
    category
    for category in dict.fromkeys((*KIND_OF_CATEGORY, *(each.category for each in ITEM_TYPES.values())))
    if category not in _NEVER_LIMITED
)
"""Sentry's data categories (https://develop.sentry.dev/sdk/foundations/transport/rate-limiting/#definitions)."""


@dataclass(frozen=True)
class RateLimit:
    """A rate limit for some categories, or for all where none is named. ``retry_after`` is in seconds."""

    categories: tuple[str, ...]
    retry_after: int

    def holds_back(self, category: str) -> bool:
        """Whether items of a category are not accepted."""
        return not self.categories or category in self.categories

    def __str__(self) -> str:
        """The form that it has in ``X-Sentry-Rate-Limits``."""
        return f"{self.retry_after}:{';'.join(self.categories)}:organization"


@dataclass(eq=False)
class Outage:
    """An outage of one block, which of several in the same mode is the one that ends with it."""

    mode: OutageMode


@dataclass
class Faults:
    """What is wrong with Sentry at the moment. The innermost block counts for outages, the slowest for slowness."""

    rate_limits: list[RateLimit] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)

    @property
    def outage(self) -> OutageMode | None:
        return self.outages[-1].mode if self.outages else None

    @property
    def refuses(self) -> bool:
        """Whether connections are refused, be it by an outer block."""
        return any(outage.mode == "refuses" for outage in self.outages)

    @property
    def delay(self) -> float:
        """Seconds until an answer."""
        return max(self.delays, default=0.0)

    @property
    def name(self) -> str | None:
        """What recordings call the day, or None without such failures."""
        if self.outages:
            return "outage"
        if self.rate_limits:
            return "rate_limit"
        return "slow" if self.delays else None

    @contextmanager
    def rate_limited(self, limit: RateLimit) -> Iterator[None]:
        self.rate_limits.append(limit)
        try:
            yield
        finally:
            self.rate_limits.remove(limit)

    @contextmanager
    def out_of_order(self, mode: OutageMode) -> Iterator[None]:
        outage = Outage(mode)
        self.outages.append(outage)
        try:
            yield
        finally:
            self.outages.remove(outage)

    @contextmanager
    def slow(self, seconds: float) -> Iterator[None]:
        self.delays.append(seconds)
        try:
            yield
        finally:
            self.delays.remove(seconds)

    def split(self, item_types: Sequence[str]) -> list[bool]:
        """For each item of an envelope whether it is held back. Attachments share the fate of their event."""
        known = [ITEM_TYPES.get(name) or ItemType(name, category=name) for name in item_types]
        held_back = [self._holds_back(item_type.category) for item_type in known]
        is_event_lost = any(held and item_type.makes_event for held, item_type in zip(held_back, known, strict=True))
        return [
            held or (is_event_lost and item_type == "attachment")
            for held, item_type in zip(held_back, item_types, strict=True)
        ]

    def _holds_back(self, category: str) -> bool:
        return any(limit.holds_back(category) for limit in self.rate_limits)


def rate_limit(categories: Iterable[str], retry_after: object) -> RateLimit:
    """A rate limit. Raises ``TypeError`` and ``ValueError`` for what can't be one."""
    __tracebackhide__ = True
    categories = tuple(categories)
    for category in categories:
        if category not in CATEGORIES:
            raise ValueError(did_you_mean("category", str(category), CATEGORIES))
    if not isinstance(retry_after, int) or isinstance(retry_after, bool):
        raise TypeError(f"retry_after must be a whole number of seconds, not {retry_after!r}")
    if retry_after < 1:
        raise ValueError(f"retry_after must be 1 or more seconds, not {retry_after}")
    return RateLimit(categories, retry_after)


def check_mode(mode: object) -> None:
    """Raises ``ValueError`` for an unknown way of being out of order."""
    __tracebackhide__ = True
    if mode not in OUTAGE_MODES:
        raise ValueError(did_you_mean("outage", str(mode), OUTAGE_MODES))


def check_delay(seconds: object) -> None:
    """Raises ``TypeError`` and ``ValueError`` for what can't be a delay."""
    __tracebackhide__ = True
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool):
        raise TypeError(f"seconds must be a number, not {seconds!r}")
    if not 0 < seconds <= TIMEOUT_MAX:
        raise ValueError(f"seconds must be a number above 0, and at most {TIMEOUT_MAX:.0f}, not {seconds}")

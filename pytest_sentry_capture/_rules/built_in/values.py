"""``tag-values``, ``max-event-bytes`` and ``max-breadcrumbs``: what events may hold, and how much of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from pytest_sentry_capture._assertions import Formatter, comparison
from pytest_sentry_capture._recording import MISSING, bytes_of_test_runner, tags_of
from pytest_sentry_capture._recording.kinds import CapturedEvent, CapturedSegment
from pytest_sentry_capture._rules.built_in.requirements import NO_TAGS, is_span, sentry_events
from pytest_sentry_capture._rules.rule import Judgement, Needs, Pattern, Rule, RuleViews

_BOTH: Final = ("event", "segment")


@dataclass(kw_only=True)
class TagValues(Rule):
    """A tag has one of the allowed values, or fits a pattern, wherever it is set on an event or segment.

    Attributes:
        tags: for each tag a list of values, or a pattern.
    """

    name = "tag-values"
    tags: dict[str, tuple[str, ...] | Pattern]

    def __post_init__(self) -> None:
        if not self.tags:
            raise ValueError("tags must not be empty")
        for tag, allowed in self.tags.items():
            if allowed == ():
                raise ValueError(f"tags[{tag!r}]: must not be empty: no value would be allowed")

    def judge(self, views: RuleViews) -> Iterator[Judgement]:
        formatter = Formatter.for_reports(views._recording)
        for item in sentry_events(views, _BOTH):
            if is_span(item):
                yield self.not_judged(item, NO_TAGS)
                continue
            tags = tags_of(item.get("tags"))
            for tag, allowed in self.tags.items():
                value = tags.get(tag, MISSING)
                if value is MISSING:
                    continue
                if comparison(_expected(allowed))(value):
                    yield self.kept(item)
                    continue
                problem = f"tags.{tag} has a value that is not allowed: {formatter.summary(item)}"
                details = (f"found {formatter.shown(value)}, allowed {_described(allowed)}",)
                yield self.broken(item, problem, path=f"tags.{tag}", details=details)


@dataclass(kw_only=True)
class MaxEventBytes(Rule):
    """An event or segment, as JSON and uncompressed, is not larger than this; a transaction includes its spans.

    Sentry itself refuses more than 1 MB (https://docs.sentry.io/concepts/data-management/size-limits/).

    Attributes:
        bytes: the largest size allowed.
    """

    name = "max-event-bytes"
    _built_in_needs: ClassVar[Needs] = Needs(shorthand="bytes")
    bytes: int

    def __post_init__(self) -> None:
        if self.bytes < 1:
            raise ValueError(f"bytes must be at least 1, not {self.bytes}")

    def judge(self, views: RuleViews) -> Iterator[Judgement]:
        formatter = Formatter.for_reports(views._recording)
        for item in sentry_events(views, _BOTH):
            size = _size_of(item)
            if size <= self.bytes:
                yield self.kept(item)
            else:
                problem = f"{size:,} bytes are more than {self.bytes:,}: {formatter.summary(item)}"
                yield self.broken(item, problem, details=_largest_parts(item))


@dataclass(kw_only=True)
class MaxBreadcrumbs(Rule):
    """An event carries at most this many breadcrumbs.

    Attributes:
        number: the largest number allowed.
    """

    name = "max-breadcrumbs"
    _built_in_needs: ClassVar[Needs] = Needs(shorthand="number", judges_traces=False)
    number: int

    def __post_init__(self) -> None:
        if self.number < 0:
            raise ValueError(f"number must be at least 0, not {self.number}")

    def judge(self, views: RuleViews) -> Iterator[Judgement]:
        formatter = Formatter.for_reports(views._recording)
        for event in views.events:
            number = len(event.breadcrumbs)
            if number <= self.number:
                yield self.kept(event)
            else:
                problem = f"{number} breadcrumbs are more than {self.number}: {formatter.summary(event)}"
                yield self.broken(event, problem, path="breadcrumbs")


def _size_of(item: CapturedEvent | CapturedSegment) -> int:
    """The bytes of an item as JSON, without the frames of the test runner; streamed spans travel in batches."""
    content = json.dumps(item, separators=(",", ":")).encode() if is_span(item) else item.payload
    return len(content) - bytes_of_test_runner(item)


def _expected(allowed: tuple[str, ...] | Pattern) -> Any:
    return re.compile(allowed.regex) if isinstance(allowed, Pattern) else allowed


def _described(allowed: tuple[str, ...] | Pattern) -> str:
    return f"what fits the regex {allowed.regex!r}" if isinstance(allowed, Pattern) else ", ".join(map(repr, allowed))


def _largest_parts(payload: dict[str, Any]) -> list[str]:
    sizes = sorted(((len(repr(value)), name) for name, value in payload.items()), reverse=True)
    return [f"{name}: about {size:,} bytes" for size, name in sizes[:3]]

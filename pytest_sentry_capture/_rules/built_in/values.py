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
from pytest_sentry_capture._rules.built_in.requirements import NO_TAGS, is_harmless_key, is_span, sentry_events
from pytest_sentry_capture._rules.rule import Judgement, Needs, Pattern, Regex, Rule, RuleViews
from pytest_sentry_capture._rules.suggestion import UNJUDGED, Seen, Sighting, Suggestion
from pytest_sentry_capture._text import counted

_BOTH: Final = ("event", "segment")
_PLAIN: Final = "[A-Za-z0-9_.:/ -]"
"""The letters of a suggested pattern: not those of what was seen, of which the next run may have others."""


@dataclass(kw_only=True)
class TagValues(Rule):
    """A tag has one of the allowed values, or fits a pattern, wherever it is set on an event or segment.

    Attributes:
        tags: for each tag a list of values, or a pattern.
    """

    name = "tag-values"
    _built_in_needs: ClassVar[Needs] = Needs(is_tried_out=False)
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

    @classmethod
    def _sightings(cls, views: RuleViews) -> Iterator[Sighting]:
        """Which letters the values of a tag have, and how many: nothing of the values themselves."""
        formatter = Formatter.for_reports(views._recording)
        for item in sentry_events(views, _BOTH):
            if is_span(item):
                yield Sighting(UNJUDGED)
                continue
            for tag, value in tags_of(item.get("tags")).items():
                if is_harmless_key(formatter, tag):
                    yield Sighting(f"tag {tag}", len(value) if isinstance(value, str) else 0)
                    if _is_plain(value):
                        yield Sighting(f"plain {tag}")

    @classmethod
    def _suggestion(cls, seen: Seen) -> Suggestion:
        tags = sorted(
            tag
            for tag in seen.named("tag")
            if seen.is_enough(f"tag {tag}") and seen.number(f"plain {tag}") == seen.number(f"tag {tag}")
        )
        patterns = {tag: Pattern(Regex(f"^{_PLAIN}{{1,{2 * seen.largest[f'tag {tag}']}}}$")) for tag in tags}
        if not patterns:
            return Suggestion({"tags": {}}, "no tag with plain values is on three events of two tests", holds=False)
        values = sum(seen.number(f"tag {tag}") for tag in tags)
        return Suggestion({"tags": patterns}, f"all {values:,} values fit; twice the longest is allowed")

    @classmethod
    def _breaks_suggestion(cls, value: Any, seen: Seen) -> bool:
        return any(
            seen.number(f"plain {tag}") < seen.number(f"tag {tag}")
            or seen.largest.get(f"tag {tag}", 0) > _longest(pattern)
            for tag, pattern in value["tags"].items()
        )


@dataclass(kw_only=True)
class MaxEventBytes(Rule):
    """An event or segment, as JSON and uncompressed, is not larger than this. A transaction includes its spans.

    Sentry itself refuses more than 1 MB (https://docs.sentry.io/concepts/data-management/size-limits/).

    Attributes:
        bytes: the largest size allowed.
    """

    name = "max-event-bytes"
    _built_in_needs: ClassVar[Needs] = Needs(shorthand="bytes", is_tried_out=False)
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

    @classmethod
    def _sightings(cls, views: RuleViews) -> Iterator[Sighting]:
        yield from (Sighting("item", _size_of(item)) for item in sentry_events(views, _BOTH))

    @classmethod
    def _suggestion(cls, seen: Seen) -> Suggestion:
        largest = seen.largest.get("item", 0)
        if not largest:
            return Suggestion(1_000_000, "no event was captured", holds=False)
        why = f"twice the largest of {seen.times('item', 'event or segment', 'events and segments')}"
        return Suggestion(2 * largest, why)

    @classmethod
    def _breaks_suggestion(cls, value: Any, seen: Seen) -> bool:
        return bool(seen.largest.get("item", 0) > value)


@dataclass(kw_only=True)
class MaxBreadcrumbs(Rule):
    """An event carries at most this many breadcrumbs.

    Attributes:
        number: the largest number allowed.
    """

    name = "max-breadcrumbs"
    _built_in_needs: ClassVar[Needs] = Needs(shorthand="number", judges_traces=False, is_tried_out=False)
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
                are = "is" if number == 1 else "are"
                problem = f"{counted(number, 'breadcrumb')} {are} more than {self.number}: {formatter.summary(event)}"
                yield self.broken(event, problem, path="breadcrumbs")

    @classmethod
    def _sightings(cls, views: RuleViews) -> Iterator[Sighting]:
        yield from (Sighting("event", len(event.breadcrumbs)) for event in views.events)

    @classmethod
    def _suggestion(cls, seen: Seen) -> Suggestion:
        largest = seen.largest.get("event", 0)
        if not largest:
            none = f"none of {seen.times('event', 'event', 'events')} has breadcrumbs"
            return Suggestion(100, none if seen.number("event") else "no event was captured", holds=False)
        why = f"twice the largest number in {seen.times('event', 'event', 'events')}"
        return Suggestion(2 * largest, why)

    @classmethod
    def _breaks_suggestion(cls, value: Any, seen: Seen) -> bool:
        return bool(seen.largest.get("event", 0) > value)


def _longest(suggested: Pattern) -> int:
    """The length of the longest value that a suggested pattern allows."""
    found = re.search(r",([0-9]+)\}\$$", suggested.regex)
    return int(found[1]) if found else 0


def _size_of(item: CapturedEvent | CapturedSegment) -> int:
    """The bytes of an item as JSON, without the frames of the test runner. Streamed spans travel in batches."""
    content = json.dumps(item, separators=(",", ":")).encode() if is_span(item) else item.payload
    return len(content) - bytes_of_test_runner(item)


def _expected(allowed: tuple[str, ...] | Pattern) -> Any:
    return re.compile(allowed.regex) if isinstance(allowed, Pattern) else allowed


def _is_plain(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(f"{_PLAIN}+", value) is not None


def _described(allowed: tuple[str, ...] | Pattern) -> str:
    return f"what fits the regex {allowed.regex!r}" if isinstance(allowed, Pattern) else ", ".join(map(repr, allowed))


def _largest_parts(payload: dict[str, Any]) -> list[str]:
    sizes = sorted(((len(repr(value)), name) for name, value in payload.items()), reverse=True)
    return [f"{name}: about {size:,} bytes" for size, name in sizes[:3]]

"""``required-tags`` and ``required-context``: what every event must tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Final, Literal

from pytest_sentry_capture._assertions import Formatter
from pytest_sentry_capture._recording import CapturedItem, has_at, is_empty, tags_of
from pytest_sentry_capture._recording.kinds import CapturedEvent, CapturedSegment
from pytest_sentry_capture._rules.rule import Judgement, Needs, Rule, RuleViews
from pytest_sentry_capture._rules.suggestion import Seen, Sighting, Suggestion

SentryEventKind = Literal["event", "segment", "transaction"]
"""What rules about events judge: ``transaction`` is the older word for ``segment``."""

NO_TAGS: Final = "spans have no tags on this SDK"
_SUGGESTED: Final = ("release", "environment")
_OF_USERS: Final = ("user.id",)
_HARMLESS_KEY: Final = re.compile(r"[A-Za-z0-9_.:-]{1,200}")
"""What Sentry accepts as the key of a tag (https://docs.sentry.io/platforms/python/enriching-events/tags/)."""


@dataclass(kw_only=True)
class RequiredTags(Rule):
    """Every event carries these tags.

    Attributes:
        tags: the names of the tags.
        kinds: what is judged: ``"event"``, ``"segment"`` or both.
    """

    name = "required-tags"
    _built_in_needs: ClassVar[Needs] = Needs(shorthand="tags", is_tried_out=False)
    tags: tuple[str, ...]
    kinds: tuple[SentryEventKind, ...] = ("event",)

    def __post_init__(self) -> None:
        if not self.tags:
            raise ValueError("tags must not be empty")
        for index, tag in enumerate(self.tags):
            if not tag.strip():
                raise ValueError(f"tags[{index}]: the name of a tag must not be empty")

    def judge(self, views: RuleViews) -> Iterator[Judgement]:
        formatter = Formatter.for_reports(views._recording)
        for item in sentry_events(views, self.kinds):
            if is_span(item):
                yield self.not_judged(item, NO_TAGS)
                continue
            tags = tags_of(item.get("tags"))
            missing = [f"tags.{tag}" for tag in self.tags if is_empty(tags.get(tag))]
            yield from _judged(self, formatter, item, missing)

    @classmethod
    def _sightings(cls, views: RuleViews) -> Iterator[Sighting]:
        formatter = Formatter.for_reports(views._recording)
        for event in views.events:
            yield Sighting("event")
            tags = tags_of(event.get("tags"))
            yield from (
                Sighting(f"tag {tag}") for tag in tags if not is_empty(tags[tag]) and is_harmless_key(formatter, tag)
            )

    @classmethod
    def _suggestion(cls, seen: Seen) -> Suggestion:
        tags = seen.always_with("tag", "event")
        if not seen.number("event"):
            return Suggestion([], "no event was captured", holds=False)
        why = seen.always("event", "event", "events", tags)
        if not tags:
            return Suggestion([], f"no tag is on all {seen.times('event', 'event', 'events')}", holds=False)
        return Suggestion(tags, why, holds=seen.is_enough("event"))

    @classmethod
    def _breaks_suggestion(cls, value: Any, seen: Seen) -> bool:
        return seen.lacks(value, "tag", "event")


@dataclass(kw_only=True)
class RequiredContext(Rule):
    """Every event says these things: the release, the environment, who was signed in.

    Attributes:
        always: what must be there, as dotted paths: ``"release"``, ``"contexts.trace.trace_id"``.
        when_authenticated: what must be there besides when the request was authenticated: ``"user.id"``.
        kinds: what is judged: ``"event"``, ``"segment"`` or both. Of a streamed span, what a path of a transaction
            stands for there.
    """

    name = "required-context"
    _built_in_needs: ClassVar[Needs] = Needs(shorthand="always", is_tried_out=False)
    always: tuple[str, ...] = ()
    when_authenticated: tuple[str, ...] = ()
    kinds: tuple[SentryEventKind, ...] = ("event",)

    def __post_init__(self) -> None:
        if not (self.always or self.when_authenticated):
            raise ValueError("always and when_authenticated must not both be empty")
        for option, paths in (("always", self.always), ("when_authenticated", self.when_authenticated)):
            for index, path in enumerate(paths):
                if not all(part.strip() for part in path.split(".")):
                    raise ValueError(f"{option}[{index}]: {path!r} is not a path. Paths look like 'user.id'")

    def judge(self, views: RuleViews) -> Iterator[Judgement]:
        formatter = Formatter.for_reports(views._recording)
        for item in sentry_events(views, self.kinds):
            is_authenticated = item.exchange is not None and item.exchange.authenticated
            required = (*self.always, *(self.when_authenticated if is_authenticated else ()))
            left_out = views._recording.left_out_of_spans
            has = partial(item._has, left_out=left_out) if isinstance(item, CapturedSegment) else partial(has_at, item)
            known = {path: has(path) for path in required}
            for path in (path for path, is_there in known.items() if is_there is None):
                yield self.not_judged(item, f"spans have no {path} on this SDK")
            missing = [path for path, is_there in known.items() if is_there is False]
            if missing or any(known.values()) or not required:
                yield from _judged(self, formatter, item, missing)

    @classmethod
    def _sightings(cls, views: RuleViews) -> Iterator[Sighting]:
        for event in views.events:
            yield Sighting("event")
            yield from (Sighting(f"path {path}") for path in _SUGGESTED if has_at(event, path))
            if event.exchange is not None and event.exchange.authenticated:
                yield Sighting("authenticated")
                yield from (Sighting(f"authenticated path {path}") for path in _OF_USERS if has_at(event, path))

    @classmethod
    def _suggestion(cls, seen: Seen) -> Suggestion:
        is_enough = seen.is_enough("authenticated")
        paths = [path for path in _SUGGESTED if path in seen.always_with("path", "event")]
        of_users = seen.always_with("authenticated path", "authenticated") if is_enough else []
        if not (paths or of_users):
            none = f"not on all {seen.times('event', 'event', 'events')}"
            return Suggestion(["release"], none if seen.number("event") else "no event was captured", holds=False)
        why = seen.always("event", "event", "events", paths)
        if not of_users:
            return Suggestion(paths, why, holds=seen.is_enough("event"))
        why += f"; so have all {seen.times('authenticated', 'event', 'events')} with a user signed in"
        options = {**({"always": paths} if paths else {}), "when_authenticated": of_users}
        return Suggestion(options, why, holds=seen.is_enough("event"))

    @classmethod
    def _breaks_suggestion(cls, value: Any, seen: Seen) -> bool:
        options = value if isinstance(value, dict) else {"always": value}
        return seen.lacks(options.get("always", ()), "path", "event") or seen.lacks(
            options.get("when_authenticated", ()), "authenticated path", "authenticated"
        )


def sentry_events(views: RuleViews, kinds: tuple[str, ...]) -> Iterator[CapturedEvent | CapturedSegment]:
    """The captured events and segments of these kinds."""
    if CapturedEvent.kind in kinds:
        yield from views.events
    if any(kind != CapturedEvent.kind for kind in kinds):
        yield from views.segments


def is_harmless_key(formatter: Formatter, key: str) -> bool:
    """Whether the name of a tag is one, and nothing that a test keeps secret."""
    return bool(_HARMLESS_KEY.fullmatch(key)) and formatter.redacted_in_any_case(key) == key


def is_span(item: CapturedItem) -> bool:
    """Whether it is a segment that is sent as a span, without tags, contexts and all else that events have."""
    return isinstance(item, CapturedSegment) and item.is_span


def _judged(rule: Rule, formatter: Formatter, item: CapturedItem, missing: list[str]) -> Iterator[Judgement]:
    if not missing:
        yield rule.kept(item)
    for path in missing:
        yield rule.broken(item, f"{path} is missing: {formatter.summary(item)}", path=path)

"""``forbidden-data``: keys, patterns and declared secrets that may appear nowhere in anything that is captured."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Final

from pytest_sentry_capture._assertions import Formatter
from pytest_sentry_capture._recording import (
    Capture,
    CapturedEnvelope,
    CapturedItem,
    FramePlace,
    RawItem,
    dotted,
    is_of_test_runner,
    is_within,
    name_of_content,
    redacted_value,
    unwrapped,
    walk,
)
from pytest_sentry_capture._recording.kinds import CapturedAttachment
from pytest_sentry_capture._rules.built_in.forbidden_keys import ForbiddenKeys
from pytest_sentry_capture._rules.built_in.forbidden_search import ForbiddenSearch, Found
from pytest_sentry_capture._rules.built_in.places import AllowedPlace, allowing_path, place_in_words
from pytest_sentry_capture._rules.rule import Judgement, Needs, Pattern, Rule, RuleViews
from pytest_sentry_capture._rules.suggestion import Seen, Sighting, Suggestion

_SUGGESTED: Final = ("password", "passwd", "secret", "authorization", "cookie", "api_key", "credentials")


@dataclass(kw_only=True)
class ForbiddenData(Rule):
    """These keys and patterns, and the secrets that a test declares, appear nowhere in anything captured.

    Everything of every kind is searched: frame variables, breadcrumbs, spans, logs, metrics, attachments, headers of
    envelopes. As it is, and as what it says where it is escaped or encoded. The rule is on without configuration for
    secrets (``sentry_capture.secret("hunter2")``).

    Attributes:
        keys: names whose values must be masked or empty, in any case: in mappings, query strings and forms, and in
            representations of objects. They are the whole words of a name (``password`` finds ``new_password`` and
            ``userPassword``), or the whole name after ``=``. An attribute is found by its name (``user.email``), and by
            the keys under which a transaction has the same.
        patterns: regexes, searched in all texts, numbers and keys.
        allow: paths that are allowed, with all below them, in which ``*`` stands for one element: ``"user.id"``,
            ``"request.headers"``. A stack frame goes by the name of its function
            (``"exception.values.*.stacktrace.frames.login.vars.form"``). For what a span has in its attributes, the
            path in a transaction will do too.
    """

    name = "forbidden-data"
    _built_in_needs: ClassVar[Needs] = Needs(
        on_with_fixture_if=lambda recording: bool(recording.secrets),
        is_on_beside_paths=True,
        breaks_on_what_was_seen=True,
        reads_fields=False,
        is_tried_out=False,
    )
    keys: tuple[str, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    allow: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self._keys = ForbiddenKeys(self.keys)

    @property
    def allow_list(self) -> tuple[str, ...]:
        return self.allow

    @property
    def _nothing_to_look_for(self) -> str | None:
        if self.keys or self.patterns:
            return None
        return "it has neither keys nor patterns, and no test declared a secret"

    def judge(self, views: RuleViews) -> Iterator[Judgement]:
        search = ForbiddenSearch(self._keys, self._patterns, views._recording)
        if not search.is_for_something:
            return
        formatter = Formatter.for_reports(views._recording)
        if views._recording.secrets and (hiding := views._recording.hiding()):
            why = formatter.replaced(hiding[0])
            yield self.broken(None, f"a declared secret may have been captured: {why}")
        test_file = views.test.partition("::")[0]
        for entry in views._recording.entries:
            if isinstance(entry, Capture):
                for item in entry.items:
                    if isinstance(item, (CapturedAttachment, RawItem)) or search.may_find_in(item):
                        found = search.found_in(item, test_file)
                        yield from self._judged(item, formatter, found, search)
                    else:
                        yield self.kept(item)
            elif isinstance(entry, CapturedEnvelope):
                headers = {"headers": entry.headers, "items": [capture.headers for capture in entry._captures]}
                if search.may_find_in(headers):
                    found = search.found_at(walk(headers, start=("envelope",)))
                    yield from self._judged(None, formatter, found, search)

    @classmethod
    def _sightings(cls, views: RuleViews) -> Iterator[Sighting]:
        for key in _SUGGESTED:
            judgements = [*cls(keys=(key,)).judge(views)]
            if any(each.problem is not None for each in judgements):
                yield Sighting(f"found {key}")
        yield from (Sighting("item") for capture in views._recording.entries_of(Capture) for _ in capture.items)

    @classmethod
    def _suggestion(cls, seen: Seen) -> Suggestion:
        found = sorted(seen.named("found"))
        keys = [key for key in _SUGGESTED if key not in found]
        were_found = "was found" if len(found) == 1 else "were found"
        if not seen.number("item") or not keys:
            why = f"{', '.join(found)} {were_found}" if found else "nothing was captured"
            return Suggestion({"keys": [*_SUGGESTED]}, why, holds=False)
        without = f"; without {', '.join(found)}, which {were_found}" if found else ""
        return Suggestion({"keys": keys}, f"not in {seen.times('item', 'item', 'items')}{without}")

    @classmethod
    def _breaks_suggestion(cls, value: Any, seen: Seen) -> bool:
        return any(seen.number(f"found {key}") for key in value["keys"])

    def _judged(
        self, item: CapturedItem | None, formatter: Formatter, found: Iterable[Found], search: ForbiddenSearch
    ) -> Iterator[Judgement]:
        is_clean = True
        what = formatter.summary(item) if item is not None else "an envelope's headers"
        for keys, value, reason in found:
            path = dotted(keys) if keys or item is None else name_of_content(item)
            if item is not None and is_of_test_runner(item, path):
                continue
            is_clean = False
            if (allowed := self._allowing(item, path)) is not None:
                yield self.kept(item, allowed=allowed)
            else:
                shown = "a key" if search.is_in_path(path) else dotted(formatter.name(str(key)) for key in keys) or path
                place, more = _place(item, shown)
                details = (f"there: {redacted_value(unwrapped(value))}{more}",)
                yield self.broken(item, f"{place} holds {reason}: {what}", path=path, details=details)
        if is_clean and item is not None:
            yield self.kept(item)

    def _allowing(self, item: CapturedItem | None, path: str) -> str | None:
        """The entry that allows a place, as ``AllowedPlace`` has it. In an envelope's headers by its own path."""
        if item is None:
            return next((entry for entry in self.allow if is_within(path, entry)), None)
        return next((entry for entry, place in self._allowed.items() if place.includes(path, item)), None)

    @cached_property
    def _allowed(self) -> dict[str, AllowedPlace]:
        return {entry: AllowedPlace(entry) for entry in self.allow}

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(pattern.regex) for pattern in self.patterns)


def _place(item: CapturedItem | None, path: str) -> tuple[str, str]:
    """A place for people and, where that is not its path, the path that allows it: of what stands in a stack frame."""
    if item is None or FramePlace.of(item, path) is None:
        return path, ""
    return place_in_words(item, path), f", at {allowing_path(item, [path])}"

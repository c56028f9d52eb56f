"""``no-pii``: no personal data and no secrets in what is captured, as Sentry's own engine finds them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, ClassVar, Final, Literal, NamedTuple

from pytest_sentry_capture._assertions import Formatter
from pytest_sentry_capture._recording import Capture, CapturedItem, Masks, paths_in_transaction
from pytest_sentry_capture._recording.kinds import CapturedEvent, CapturedSpan, CapturedTransaction
from pytest_sentry_capture._relay import (
    REFUSED,
    RELAY_RULES,
    Found,
    PiiSearch,
    RelayError,
    ServerScrubbing,
    digest_of,
    engine_is_usable,
    engine_obstacle,
    scrubbed_places,
)
from pytest_sentry_capture._rules.rule import Judgement, Needs, Rule, RuleViews
from pytest_sentry_capture._text import did_you_mean

_NOT_SCRUBBED: Final = ("_meta", "errors")
"""What a stored event holds about its own scrubbing, originals included."""
_LONGEST_PATH: Final = 120
_ENTRY: Final = re.compile(r"(?P<rule>\S+)(?: in (?P<path>\S.*)| = (?P<value>\S.*))?")
_VARIABLE: Final = re.compile(r"(?:(?<=\.)|^)(?:\d+|\[[^\]]+\])(?=\.|$)")
"""An index, or a key that is not shown. Places that differ in nothing else are alike."""


class Allowance(NamedTuple):
    """An entry of the ``allow`` list.

    Attributes:
        entry: as it was written.
        rule: the rule whose finds it excuses; None for all.
        place: what the path of a find must match; None for any.
        value: what all that was found there must be, in which ``*`` stands for anything; None for any.
    """

    entry: str
    rule: str | None = None
    place: re.Pattern[str] | None = None
    value: str | None = None

    def excuses(self, found: Found, item: CapturedItem) -> bool:
        """Whether it is about this find in this item; of a span, a path may be that of the same in a transaction."""
        if self.rule not in (None, found.rule) or not self._is_about(found.path, item):
            return False
        return self.value is None or all(fnmatchcase(value, self.value) for value in found.values)

    def _is_about(self, path: str, item: CapturedItem) -> bool:
        if self.place is None or self.place.match(path):
            return True
        in_any_case = re.compile(self.place.pattern, re.IGNORECASE)  # headers, which spans have in lower case
        paths = paths_in_transaction(path) if isinstance(item, CapturedSpan) else ()
        return any(in_any_case.match(each) for each in paths)


@dataclass(kw_only=True)
class NoPii(Rule):
    """No personal data and no secrets are captured, in anything of any kind.

    Attributes:
        allow: what is excused: paths (``"user.id"``, ``"extra.*.owner"``), rules (``"@ip"``), a rule in a place
            (``"@ip in request.url"``), or what a rule finds (``"@email = *@example.com"``). For what a span has in its
            attributes, the path in a transaction will do too.
        also: rules beside the built-in ones, by name, in Relay's format.
        after: what is judged: what the SDK sends (``"sdk"``), or what remains of events and transactions after the
            project's scrubbing on Sentry's servers (``"server"``).
    """

    name = "no-pii"
    _built_in_needs: ClassVar[Needs] = Needs(reads_fields=False)
    allow: tuple[str, ...] = ()
    also: dict[str, dict[str, Any]] = field(default_factory=dict)
    after: Literal["sdk", "server"] = "sdk"

    def __post_init__(self) -> None:
        self._scrubbing = ServerScrubbing()
        self._found_after_server: dict[bytes, Sequence[Sequence[Found]]] = {}
        if engine_is_usable():
            self._pii_search.check()
        self._allowances = [self._allowance(entry) for entry in self.allow]

    @cached_property
    def _pii_search(self) -> PiiSearch:
        return PiiSearch(self.also)

    def _take_scrubbing(self, scrubbing: ServerScrubbing) -> None:
        self._scrubbing = scrubbing

    @property
    def allow_list(self) -> tuple[str, ...]:
        return self.allow

    @property
    def _obstacle(self) -> str | None:
        return engine_obstacle()

    def judge(self, views: RuleViews) -> Iterator[Judgement]:
        if self._obstacle is not None:
            return
        test_file = views.test.partition("::")[0]
        for capture in views._recording.entries_of(Capture):
            of_items = self._found_in(capture, test_file, views._recording.masks)
            views._recording.redact(value for found in of_items for each in found for value in each.values)
            formatter = Formatter.for_reports(views._recording)
            for item, found in zip(capture.items, of_items, strict=True):
                yield from self._judged(formatter, item, found)

    def _found_in(self, capture: Capture, test_file: str, masks: Masks) -> Sequence[Sequence[Found]]:
        if self.after == "sdk" or capture.kind not in (CapturedEvent.kind, CapturedTransaction.kind):
            return self._pii_search.of_capture(capture, test_file, masks)
        digest = digest_of(capture)
        if digest not in self._found_after_server:
            self._found_after_server[digest] = [self._remaining(item, test_file, masks) for item in capture.items]
        return self._found_after_server[digest]

    def _remaining(self, item: CapturedItem, test_file: str, masks: Masks) -> Sequence[Found]:
        """What is left after the project's scrubbing; nothing of an event that Sentry refuses."""
        if not isinstance(item, (CapturedEvent, CapturedTransaction)):
            return self._pii_search.of_payload(item, test_file, masks)
        try:
            stored = self._scrubbing.stored(item)
        except RelayError:
            return ()
        scrubbed = scrubbed_places(stored)
        kept = {key: value for key, value in stored.items() if key not in _NOT_SCRUBBED}
        tags = [pair for pair in kept.get("tags") or [] if isinstance(pair, list)]
        found = self._pii_search.of_payload(type(item)({**kept, "tags": dict(tags)}), test_file, masks)
        of_tags = {f"tags.{pair[0]}" for index, pair in enumerate(tags) if f"tags.{index}.1" in scrubbed}
        return [each for each in found if each.path not in scrubbed | of_tags]

    def _judged(self, formatter: Formatter, item: CapturedItem, found: Sequence[Found]) -> Iterator[Judgement]:
        if not found:
            yield self.kept(item)
        alike: dict[tuple[str, str], list[Found]] = {}
        for each in found:
            allowed = next((allowance.entry for allowance in self._allowances if allowance.excuses(each, item)), None)
            if allowed is not None:
                yield self.kept(item, allowed=allowed)
            else:
                alike.setdefault((each.rule, _VARIABLE.sub("*", each.path)), []).append(each)
        for (_, place), (first, *more) in alike.items():
            path = first.path if len(first.path) <= _LONGEST_PATH else f"…{first.path[-_LONGEST_PATH:]}"
            places = f" and {len(more)} {'places' if len(more) > 1 else 'place'} like it hold" if more else " holds"
            problem = f"{path or 'it'}{places} {first.kind}: {formatter.summary(item)}"
            broken = self.broken(item, problem, path=path, details=_details(first, place))
            yield replace(broken, path=first.path, detector=first.rule)

    def _allowance(self, entry: str) -> Allowance:
        parts = _ENTRY.fullmatch(entry)
        if parts is None:
            raise ValueError(
                f"{entry!r} allows nothing; valid are a path, a rule, a rule in a place ('@ip in request.url') and what"
                " a rule finds ('@email = *@example.com')"
            )
        rule, path, value = parts["rule"], parts["path"], parts["value"]
        if path is None and value is None and not rule.startswith("@") and rule not in self.also:
            return Allowance(entry, place=_pattern(rule))
        if rule not in (*RELAY_RULES, *self.also):
            raise ValueError(did_you_mean("rule", rule, (*RELAY_RULES, *self.also)))
        return Allowance(entry, rule, _pattern(path) if path else None, value)


def _pattern(path: str) -> re.Pattern[str]:
    """A path, in which ``*`` stands for one element, with all below it."""
    return re.compile(re.escape(path).replace(r"\*", r"[^.]+") + r"(?:\.|$)")


def _details(found: Found, place: str) -> tuple[str, ...]:
    """What may be shown of a find, and the entry that would excuse what is found at such places."""
    if found.rule == REFUSED:
        return (f"Relay says: {found.excerpt}",)
    while len(place) > _LONGEST_PATH and "." in place:
        place = place.rpartition(".")[0]
    entry = json.dumps(f"{found.rule} in {place}", ensure_ascii=False)
    return (f"there: {found.excerpt}; allow = [{entry}] would excuse it",)

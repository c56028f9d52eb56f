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
from pytest_sentry_capture._recording import Capture, CapturedItem, Masks
from pytest_sentry_capture._recording.kinds import CapturedEvent, CapturedTransaction
from pytest_sentry_capture._relay import (
    IP,
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
from pytest_sentry_capture._rules.built_in.places import AllowedPlace, allowing_path, pattern_of, place_in_words
from pytest_sentry_capture._rules.rule import Judgement, Needs, Rule, RuleViews
from pytest_sentry_capture._text import did_you_mean

_NOT_SCRUBBED: Final = ("_meta", "errors")
"""What a stored event holds about its own scrubbing, originals included."""
_ENTRY: Final = re.compile(r"(?P<rule>\S+)(?: in (?P<path>\S.*)| = (?P<value>\S.*))?")


class Allowance(NamedTuple):
    """An entry of the ``allow`` list.

    Attributes:
        entry: as it was written.
        rule: the rule whose finds it allows, or None for all.
        place: what the path of a find must match, or None for any.
        value: what was found there must be, in which ``*`` stands for anything, or None for any.
    """

    entry: str
    rule: str | None = None
    place: AllowedPlace | None = None
    value: str | None = None

    def is_about(self, found: Found, item: CapturedItem) -> bool:
        """Whether it is about such finds at such a place of an item."""
        return self.rule in (None, found.rule) and (self.place is None or self.place.includes(found.path, item))

    def excuses(self, value: str) -> bool:
        """Whether it is about a value."""
        return self.value is None or fnmatchcase(value, self.value)


@dataclass(kw_only=True)
class NoPii(Rule):
    """No personal data and no secrets are captured, in anything of any kind.

    Attributes:
        allow: what is allowed: paths (``"user.id"``, ``"extra.*.owner"``), rules (``"@ip"``), a rule in a place
            (``"@ip in request.url"``), or what a rule finds (``"@email = *@example.com"``). A stack frame goes by the
            name of its function (``"exception.values.*.stacktrace.frames.login.vars.token"``). For what a span has in
            its attributes, the path in a transaction will do too.
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
        self._allowances = [self._allowance(entry, index) for index, entry in enumerate(self.allow)]

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
            views._recording.redact(value for found in of_items for each in found for value in each.hidden_values)
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
        """What is left after the project's scrubbing. Nothing of an event that Sentry refuses."""
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
        alike: dict[tuple[str, ...], list[Found]] = {}
        for each in found:
            if allowing := self._allowing(each, item):
                for entry in allowing:
                    yield replace(self.kept(item, allowed=entry), path=each.path, detector=each.rule)
            else:
                values = each.values if each.rule == IP else ()
                alike.setdefault((each.rule, pattern_of(each.path), *values), []).append(each)
        for first, *more in alike.values():
            place = place_in_words(item, first.path) or "it"
            places = f" and {len(more)} {'places' if len(more) > 1 else 'place'} like it hold" if more else " holds"
            rule = f" ({first.rule})" if first.rule in RELAY_RULES else ""
            problem = f"{place}{places} {first.kind}{rule}: {formatter.summary(item)}"
            broken = self.broken(item, problem, path=first.path, details=_details(item, [first, *more]))
            yield replace(broken, detector=first.rule)

    def _allowing(self, found: Found, item: CapturedItem) -> Sequence[str]:
        """The entries that allow what was found, which may be one for each value. None where something is left."""
        about = [allowance for allowance in self._allowances if allowance.is_about(found, item)]
        entries: dict[str, None] = {}
        for value in found.values or ("",):
            entry = next((allowance.entry for allowance in about if allowance.excuses(value)), None)
            if entry is None:
                return ()
            entries[entry] = None
        return (*entries,)

    def _allowance(self, entry: str, index: int) -> Allowance:
        parts = _ENTRY.fullmatch(entry)
        if parts is None:
            raise ValueError(
                f"allow[{index}]: {entry!r} allows nothing. Write a path, a rule, a rule in a place"
                " ('@ip in request.url') or a value of a rule ('@email = *@example.com')"
            )
        rule, path, value = parts["rule"], parts["path"], parts["value"]
        if path is None and value is None and not rule.startswith("@") and rule not in self.also:
            return Allowance(entry, place=AllowedPlace(rule))
        if rule not in self._pii_search.names:
            raise ValueError(f"allow[{index}]: {did_you_mean('rule', rule, self._pii_search.names)}")
        return Allowance(entry, rule, AllowedPlace(path) if path else None, value)


def _details(item: CapturedItem, alike: Sequence[Found]) -> tuple[str, ...]:
    """What may be shown of finds that are alike, and the entry that would allow them."""
    first = alike[0]
    if first.rule == REFUSED:
        return (f"Relay says: {first.excerpt}",)
    if first.rule != IP:
        entry = f"{first.rule} in {allowing_path(item, [each.path for each in alike])}"
        return (f"there: {first.excerpt}; allow = [{_in_toml(entry)}] allows it",)
    entries = dict.fromkeys(f"{IP} = {value if value not in first.hidden_values else '…'}" for value in first.values)
    hidden = ', with the address in place of "…"' if first.hidden_values else ""
    return (f"there: {first.excerpt}; allow = [{', '.join(map(_in_toml, entries))}]{hidden} allows it",)


def _in_toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)

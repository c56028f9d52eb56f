"""``accepted-by-sentry``: Sentry would store what is captured as it was sent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pytest_sentry_capture._assertions import Formatter
from pytest_sentry_capture._recording.kinds import CapturedEvent, CapturedTransaction
from pytest_sentry_capture._relay import Ingestion, Objection, PiiSearch, engine_obstacle
from pytest_sentry_capture._rules.built_in.places import AllowedPlace, allowing_path, pattern_of, place_in_words
from pytest_sentry_capture._rules.built_in.sdk_places import is_written_by_sdk
from pytest_sentry_capture._rules.rule import Judgement, Rule, RuleViews


@dataclass(kw_only=True)
class AcceptedBySentry(Rule):
    """Every event and transaction would be stored as it was sent: nothing in it is rejected, replaced or cut.

    Sentry's own engine says what would be: releases, environments, levels and tags that are not valid, attributes that
    Sentry does not know, data that is nested too deep or too large. The clock is not judged, because tests may set it.

    Attributes:
        allow: paths that are allowed, with all below them, in which ``*`` stands for one element (``"extra.*.note"``).
        strict: whether what the SDK writes itself is judged too: frames with their variables, the request, and what
            else its integrations add.
    """

    name = "accepted-by-sentry"
    allow: tuple[str, ...] = ()
    strict: bool = False

    def __post_init__(self) -> None:
        self._ingestion = Ingestion()
        self._search = PiiSearch()
        for index, entry in enumerate(self.allow):
            if not entry.strip():
                raise ValueError(f"allow[{index}]: {entry!r} allows nothing. Write a path, such as 'extra.order'")
        self._allowed = {entry: AllowedPlace(entry) for entry in self.allow}

    @property
    def allow_list(self) -> tuple[str, ...]:
        return self.allow

    @property
    def _obstacle(self) -> str | None:
        return engine_obstacle()

    def judge(self, views: RuleViews) -> Iterator[Judgement]:
        if self._obstacle is not None:
            return
        for segment in views.segments:
            if segment.is_span:
                yield self.not_judged(segment, "Sentry's engine in sentry-relay does not judge spans")
        events: list[CapturedEvent | CapturedTransaction] = [*views.events, *views.transactions]
        for item in events:
            objections = self._objections(item)
            if not objections:
                yield self.kept(item)
                continue
            views._recording.redact(value for found in self._search.of_payload(item) for value in found.hidden_values)
            yield from self._judged(Formatter.for_reports(views._recording), item, objections)

    def _objections(self, item: CapturedEvent | CapturedTransaction) -> Sequence[Objection]:
        objections = self._ingestion.objections(item)
        if self.strict:
            return objections
        return [each for each in objections if not each.path or not is_written_by_sdk(item, each.path)]

    def _judged(
        self, formatter: Formatter, item: CapturedEvent | CapturedTransaction, objections: Sequence[Objection]
    ) -> Iterator[Judgement]:
        alike: dict[str, list[Objection]] = {}
        for each in objections:
            entry = next((entry for entry, place in self._allowed.items() if place.includes(each.path, item)), None)
            if entry is not None:
                yield self.kept(item, allowed=entry)
            else:
                alike.setdefault(pattern_of(each.path), []).append(each)
        for first, *more in alike.values():
            place = formatter.name(place_in_words(item, first.path)) or "the whole"
            others = f" and {len(more)} {'places' if len(more) > 1 else 'place'} like it" if more else ""
            what = f"{place}{others} would not be stored as {'they were' if more else 'it was'} sent"
            problem = f"{what} ({first.reason}): {formatter.summary(item)}"
            allow = ""
            if first.path:
                path = formatter.name(allowing_path(item, [first.path, *(each.path for each in more)]))
                allow = f"; allow = [{json.dumps(path, ensure_ascii=False)}] allows it"
            yield self.broken(item, problem, path=first.path or None, details=(f"stored: {first.stored}{allow}",))

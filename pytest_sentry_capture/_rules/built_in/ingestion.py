"""``accepted-by-sentry``: Sentry would store what is captured as it was sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pytest_sentry_capture._assertions import Formatter
from pytest_sentry_capture._recording.kinds import CapturedEvent, CapturedTransaction
from pytest_sentry_capture._relay import Ingestion, PiiSearch, engine_obstacle
from pytest_sentry_capture._rules.rule import Judgement, Rule, RuleViews


@dataclass(kw_only=True)
class AcceptedBySentry(Rule):
    """Every event and transaction would be stored as it was sent: nothing in it is rejected, replaced or cut.

    Sentry's own engine says what would be: releases, environments, levels and tags that are not valid, attributes that
    Sentry does not know, data that is nested too deep or too large. The clock is not judged, because tests may set it.
    """

    name = "accepted-by-sentry"

    def __post_init__(self) -> None:
        self._ingestion = Ingestion()
        self._search = PiiSearch()

    @property
    def _obstacle(self) -> str | None:
        return engine_obstacle()

    def judge(self, views: RuleViews) -> Iterator[Judgement]:
        if self._obstacle is not None:
            return
        for segment in views.segments:
            if segment.is_span:
                yield self.not_judged(segment, "Sentry's engine, as sentry-relay has it, does not judge spans")
        events: list[CapturedEvent | CapturedTransaction] = [*views.events, *views.transactions]
        for item in events:
            objections = self._ingestion.objections(item)
            if not objections:
                yield self.kept(item)
                continue
            views._recording.redact(value for found in self._search.of_payload(item) for value in found.values)
            formatter = Formatter.for_reports(views._recording)
            for each in objections:
                what = f"{formatter.name(each.path) or 'the whole'} would not be stored as it was sent"
                problem = f"{what} ({each.reason}): {formatter.summary(item)}"
                yield self.broken(item, problem, path=each.path or None, details=(f"stored: {each.stored}",))

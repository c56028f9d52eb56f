"""``[[tool.sentry_capture.expect]]``: what must, or must not, be captured whenever it happens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pytest_sentry_capture._assertions import (
    Doubts,
    Formatter,
    Matcher,
    Uncertainty,
    exception_names,
    items_of_kind,
    name_of,
)
from pytest_sentry_capture._recording import OF_OPERATION, CapturedItem, Discard, Operation, mark_seen
from pytest_sentry_capture._recording.kinds import CapturedSegment, CapturedSpan, CapturedTransaction
from pytest_sentry_capture._rules.rule import WITHOUT_CLIENT, Judgement, Rule, RuleViews, unfinished

_DEDUPE: Final = "DedupeIntegration"
_TRACES: Final = (CapturedSegment, CapturedTransaction, CapturedSpan)


@dataclass(kw_only=True)
class ExpectRule(Rule):
    """Whatever meets the criteria is captured, or is not.

    With ``captured = false`` the rule holds too where nothing was ever attempted. It counts as exercised only if a
    matching operation, capture or discard was really seen, and it is not judged where an item may be one for all that
    is known. Tests during which no client was active are not judged.

    Attributes:
        name: what the entry is called.
        matcher: the kind and the criteria.
        captured: whether what meets them must be captured.
        event: what the captured item must look like, in the same vocabulary.
    """

    name: str = field(default="", init=True)
    matcher: Matcher
    captured: bool
    event: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._look = Matcher(self.matcher.kind, self.event)
        self._doubts = Doubts(self.matcher)

    @property
    def _judges_exchanges(self) -> bool:
        return not self.matcher.criteria.keys().isdisjoint(OF_OPERATION)

    @property
    def _judged_by_chance(self) -> tuple[str, ...]:
        return ("segment",) if self.matcher.item_class in _TRACES else (self.matcher.kind,)

    def judge(self, views: RuleViews) -> Iterator[Judgement]:
        if not views._recording.client_was_active:
            if self._has_something_to_judge(views):
                yield self.not_judged(None, WITHOUT_CLIENT)
            return
        if (why := views._recording.without_transactions) is not None and self._asks_in_vain(views):
            yield self.not_judged(None, f'{why}: write kind = "segment"')
            return
        formatter = Formatter.for_reports(views._recording)
        captures = views._matching(self.matcher)
        discards = [*filter(self.matcher.matches_discard, views.discarded)]
        for item in captures:
            yield self._of_capture(formatter, item)
        for discard in discards:
            yield self._of_discard(formatter, discard, is_repeated=bool(captures))
        yield from self._misspelled(formatter, views)
        yield from () if self.captured else self._undecided(formatter, views)
        judged = {
            *(item._capture.operation for item in captures),
            *(discard.operation for discard in discards),
        }
        for operation in views._operations:
            if operation in judged or not self.matcher.matches_operation(operation):
                continue
            if operation._is_unfinished:
                yield self.not_judged(operation, unfinished(formatter, operation))
            else:
                yield self._of_silent(formatter, operation)

    def _has_something_to_judge(self, views: RuleViews) -> bool:
        is_attempted = any(map(self.matcher.matches_discard, views.discarded))
        return is_attempted or any(map(self.matcher.matches_operation, views._operations))

    def _asks_in_vain(self, views: RuleViews) -> bool:
        """Whether it asks for transactions, and none came from other processes either."""
        return self.matcher.item_class is CapturedTransaction and not views.transactions

    def _misspelled(self, formatter: Formatter, views: RuleViews) -> Iterator[Judgement]:
        """What is said of exceptions with names that no class has, in tests in which there were exceptions."""
        if not self._doubts.exception_names:
            return
        items = items_of_kind(self.matcher, views._recording.entries)
        operations = views._operations
        had_exceptions = any(map(exception_names, items)) or any(each.exception_type for each in operations)
        unknown = self._doubts.unknown_exceptions(items, operations) if had_exceptions else {}
        for name, nearest in unknown.items():
            if nearest is not None:
                meant = formatter.asked("exception", nearest)
                yield self.not_judged(
                    None, f"no exception class is called {formatter.shown(name)}; did you mean {meant}?"
                )

    def _undecided(self, formatter: Formatter, views: RuleViews) -> Iterator[Judgement]:
        """What may be meant by the criteria for all that is known of it."""
        for item in views._items_of(self.matcher.item_class):
            if reasons := self._doubts.about(item):
                yield self.not_judged(item, "; ".join(_why_undecided(formatter, reason) for reason in reasons))

    def _of_capture(self, formatter: Formatter, item: CapturedItem) -> Judgement:
        if not self.captured:
            return self.broken(item, f"captured, but must not be: {self._named(formatter, item)}")
        mark_seen([item])
        mismatches = self._look.mismatches(item)
        if not mismatches:
            return self.kept(item)
        paths = ", ".join(mismatch.path for mismatch in mismatches)
        problem = f"captured, but not as expected in {paths}: {self._named(formatter, item)}"
        details = map(formatter.difference, mismatches)
        return self.broken(item, problem, path=mismatches[0].path, details=details)

    def _of_discard(self, formatter: Formatter, discard: Discard, *, is_repeated: bool) -> Judgement:
        is_repetition = is_repeated and discard.by is not None and _DEDUPE in discard.by.name
        if not self.captured or is_repetition:
            return self.kept(discard)
        what = formatter.discarded_summary(discard, asked_kind=self.matcher.kind)
        problem = f"discarded, but must be captured: {what}"
        return self.broken(discard, problem, by=discard.by, details=[formatter.discard_reason(discard)])

    def _named(self, formatter: Formatter, item: CapturedItem) -> str:
        return formatter.summary(item, asked_kind=self.matcher.kind)

    def _of_silent(self, formatter: Formatter, operation: Operation) -> Judgement:
        if not self.captured:
            return self.kept(operation)
        problem = f"{formatter.operation_summary(operation)}, and no {name_of(self.matcher.kind)} was captured"
        return self.broken(operation, problem)


def _why_undecided(formatter: Formatter, reason: Uncertainty) -> str:
    instead = "" if reason.why is not None else f"; for a regex write {reason.path} = {{ regex = … }}"
    return f"{formatter.uncertainty(reason)}{instead}"

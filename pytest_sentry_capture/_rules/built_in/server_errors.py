"""``server-errors-captured``: a request that fails gives exactly one error event."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from pytest_sentry_capture._assertions import Formatter
from pytest_sentry_capture._recording import Discard, Exchange, Operation, ancestors
from pytest_sentry_capture._recording.kinds import CapturedEvent
from pytest_sentry_capture._rules.rule import WITHOUT_CLIENT, Judgement, Needs, Rule, RuleViews, unfinished
from pytest_sentry_capture._text import counted

_ERROR_LEVELS: Final = ("error", "fatal")


@dataclass(kw_only=True)
class ServerErrorsCaptured(Rule):
    """A 5xx answer, or an exception that leaves the application, gives exactly one event of level error or fatal.

    None and two both break the rule. Judged when the test's teardown has ended. Not judged in tests during which no
    client was active, and for exchanges that the application has not returned from.

    Attributes:
        except_status: answers that need no event, such as 503.
    """

    name = "server-errors-captured"
    _built_in_needs: ClassVar[Needs] = Needs(exchanges=True, judges_traces=False, reads_fields=False)
    at_teardown: ClassVar[bool] = True
    except_status: tuple[int, ...] = ()

    def judge(self, views: RuleViews) -> Iterator[Judgement]:
        formatter = Formatter.for_reports(views._recording)
        operations = views._operations
        for exchange in views.exchanges:
            if exchange._is_unfinished and exchange.status not in self.except_status:
                yield self.not_judged(exchange, unfinished(formatter, exchange))
                continue
            if not self._has_failed(exchange):
                continue
            if not views._recording.client_was_active:
                yield self.not_judged(exchange, WITHOUT_CLIENT)
            else:
                yield self._judged(formatter, exchange, within(exchange, operations))

    def _has_failed(self, exchange: Exchange) -> bool:
        if exchange.status in self.except_status:
            return False
        has_crashed = exchange.exception_type is not None and issubclass(exchange.exception_type, Exception)
        return has_crashed or (exchange.status is not None and exchange.status >= 500)

    def _judged(self, formatter: Formatter, exchange: Exchange, nested: Sequence[Operation]) -> Judgement:
        own = errors_of(exchange)
        if len(own) == 1 or (not own and any(map(errors_of, nested))):
            return self.kept(exchange)
        if own:
            events = [f"{number}. {formatter.summary(event)}" for number, event in enumerate(own, 1)]
            problem = f"{formatter.operation_summary(exchange)}, {too_many(own, 1)}"
            return self.broken(exchange, problem, details=events)
        problem = problem_of_missing(formatter, exchange)
        by = next((discard.by for discard in exchange.discarded if discard.by is not None), None)
        return self.broken(exchange, problem, by=by, details=instead(formatter, exchange))


def within(operation: Operation, operations: Sequence[Operation]) -> list[Operation]:
    """Those of the operations that the application began during this one."""
    return [each for each in operations if operation in ancestors(each)]


def errors_of(operation: Operation) -> list[CapturedEvent]:
    """The events of level error or fatal that were captured during an operation, and not by another one within it."""
    own = operation._own_items
    return [item for item in own if isinstance(item, CapturedEvent) and item.level in _ERROR_LEVELS]


def too_many(events: Sequence[CapturedEvent], expected: int) -> str:
    """That more error events were captured than expected, in words."""
    was = "was" if len(events) == 1 else "were"
    return f"but {counted(len(events), 'error event')} {was} captured (expected {expected or 'none'})."


def problem_of_missing(formatter: Formatter, operation: Operation) -> str:
    """That no error was captured during an operation, or that one was discarded, and why."""
    what = formatter.operation_summary(operation)
    discarded = next(filter(_is_error, operation.discarded), None)
    if discarded is None:
        return f"{what}, but no error event was captured."
    return f"{what}, but its event was discarded: {formatter.discard_reason(discarded)}."


def _is_error(discard: Discard) -> bool:
    """Whether an event of level error or fatal was discarded, or one of which nothing is known."""
    is_event = discard.kind == CapturedEvent.kind and not discard._is_of_logging
    return is_event and (discard.payload is None or discard.item.get("level") in _ERROR_LEVELS)


def instead(formatter: Formatter, operation: Operation) -> Iterator[str]:
    """Captured items with another level, and discarded items."""
    for event in operation.items:
        if isinstance(event, CapturedEvent):
            yield f"captured with level {event.level}: {formatter.summary(event)}"
    for discard in operation.discarded:
        if discard.kind == CapturedEvent.kind:
            yield from described_discard(formatter, discard)


def described_discard(formatter: Formatter, discard: Discard) -> Iterator[str]:
    """Two lines: discarded items, and why."""
    yield f"discarded: {formatter.discarded_summary(discard)}" if discard.payload is not None else "discarded"
    yield f"  {formatter.discard_reason(discard)}"

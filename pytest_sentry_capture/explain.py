"""Pure text: what a failed assertion tells about what was expected and what happened instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pytest_sentry_capture.items import (
    CapturedCheckIn,
    CapturedEvent,
    CapturedItem,
    CapturedLog,
    CapturedMetric,
    CapturedSpan,
    CapturedTransaction,
    Discard,
)
from pytest_sentry_capture.matching import Expectation, Mismatch

_MOST_CANDIDATES: Final = 5
_LONGEST_VALUE: Final = 120
NO_CLIENT: Final = "No Sentry client was active during this test, so nothing could have been captured."


def wrong_count(
    expectation: Expectation,
    wanted: str,
    matching: Sequence[CapturedItem],
    others: Sequence[CapturedItem],
    discarded: Sequence[Discard],
    *,
    client_was_active: bool,
) -> str:
    """Why the number of matching items is not the wanted one."""
    lines = [f"Expected {wanted} {described(expectation.kind, expectation.criteria)}; found {len(matching)}."]
    if not client_was_active:
        return "\n".join([*lines, NO_CLIENT])
    lines += [f"  matching: {summary(item)}" for item in matching[:_MOST_CANDIDATES]]
    if not matching:
        lines += _near_misses(expectation, others)
        lines += [f"  discarded: {discard_summary(discard)}" for discard in discarded[:_MOST_CANDIDATES]]
    return "\n".join(lines)


def unexpected(what: str, found: Sequence[CapturedItem]) -> str:
    """What was captured although nothing should have been."""
    lines = [f"Expected {what}; found {len(found)}."]
    return "\n".join([*lines, *(f"  captured: {summary(item)}" for item in found[:_MOST_CANDIDATES])])


def not_discarded(
    expectation: Expectation,
    reason: str | None,
    by: str | None,
    captured: Sequence[CapturedItem],
    discarded: Sequence[Discard],
) -> str:
    """Why no discard was found, or what was captured all the same."""
    named = {**expectation.criteria, **({"reason": reason} if reason else {}), **({"by": by} if by else {})}
    lines = [f"Expected {described(expectation.kind, named)} to be discarded, and none captured."]
    if captured:
        lines += [f"  captured: {summary(item)}" for item in captured[:_MOST_CANDIDATES]]
    else:
        lines.append("  Nothing like it was captured, and nothing like it was discarded.")
    lines += [f"  discarded: {discard_summary(discard)}" for discard in discarded[:_MOST_CANDIDATES]]
    return "\n".join(lines)


def was_active(captured: Sequence[CapturedItem]) -> str:
    """Why Sentry was not off."""
    return unexpected("no active Sentry client during this test, but there was one", captured)


def described(kind: str, criteria: Mapping[str, Any]) -> str:
    """The expectation in the words in which the user wrote it."""
    named = ", ".join(f"{name}={_shown(value)}" for name, value in criteria.items())
    name = kind.replace("_", "-") if kind == "check_in" else kind.replace("_", " ")
    return f"{name} with {named}" if named else name


def summary(item: CapturedItem) -> str:
    """One line that says which item is meant."""
    if isinstance(item, CapturedEvent):
        return " ".join(_present([item.level or "event", item.exception, _quoted(item.message), _exchange(item)]))
    if isinstance(item, CapturedTransaction):
        return " ".join(_present(["transaction", _quoted(item.transaction), item.op, item.status]))
    if isinstance(item, CapturedSpan):
        return " ".join(_present(["span", item.op, _quoted(item.name)]))
    if isinstance(item, CapturedLog):
        return " ".join(_present([f"{item.level} log", _quoted(item.body)]))
    if isinstance(item, CapturedMetric):
        return " ".join(_present([item.type or "metric", item.name, str(item.value)]))
    if isinstance(item, CapturedCheckIn):
        return " ".join(_present(["check-in", item.monitor_slug, item.status]))
    return item.kind or item.type_header


def discard_summary(discard: Discard) -> str:
    """One line that says what was lost, why, and by whom."""
    what = summary(discard.item) if discard.payload is not None else discard.kind
    by = f" by {discard.by}" if discard.by is not None else ""
    return f"{what}: {discard.reason}{by}"


def _near_misses(expectation: Expectation, others: Sequence[CapturedItem]) -> Iterable[str]:
    if not others:
        return [f"  No {expectation.kind} was captured."]
    ranked = sorted(((expectation.mismatches(item), item) for item in others), key=lambda pair: len(pair[0]))
    lines = []
    for mismatches, item in ranked[:_MOST_CANDIDATES]:
        lines.append(f"  captured: {summary(item)}")
        lines += [f"    {_difference(mismatch)}" for mismatch in mismatches]
    if len(ranked) > _MOST_CANDIDATES:
        lines.append(f"  … and {len(ranked) - _MOST_CANDIDATES} more")
    return lines


def _difference(mismatch: Mismatch) -> str:
    return f"{mismatch.path}: expected {_shown(mismatch.expected)}, found {_shown(mismatch.found)}"


def _shown(value: object) -> str:
    text = value.__qualname__ if isinstance(value, type) else repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def _quoted(text: str | None) -> str | None:
    return None if text is None else _shown(text)


def _exchange(item: CapturedEvent) -> str | None:
    exchange = item.exchange
    return f"(during {exchange.method} {exchange.route or exchange.path})" if exchange is not None else None


def _present(parts: Iterable[str | None]) -> Iterable[str]:
    return (part for part in parts if part)

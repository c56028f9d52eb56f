"""The report section of a failed test: captured and discarded items, in order, without values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, Literal

from pytest_sentry_capture._assertions import Formatter, name_of
from pytest_sentry_capture._recording import (
    Breadcrumb,
    CallbackError,
    Capture,
    CapturedItem,
    Discard,
    Entry,
    Exchange,
    Job,
    Recording,
    Rejection,
    SdkError,
)
from pytest_sentry_capture._recording.kinds import (
    CapturedEvent,
    CapturedSegment,
    CapturedSpan,
    CapturedTransaction,
    facts_of,
)
from pytest_sentry_capture._text import counted

Detail = Literal["short", "full"]
Summaries = dict[int, list[str]]

SECTION_TITLE: Final = "Captured by Sentry"
SERVER_SECTION_TITLE: Final = "Received by sentry_server"
_MOST_LINES: Final = 40
_NOTHING: Final = "Nothing was captured or discarded."


def section_text(recording: Recording, detail: Detail) -> str:
    """One line for each operation, event, transaction and discard. In full, for everything, with names of values."""
    formatter, entries = Formatter.for_reports(recording), recording.entries
    replaced = [f"replaced   {formatter.replaced(each, was='')}" for each in recording.replacements]
    summaries = _summaries(formatter, entries, detail)
    lines = [line for entry in entries for line in _lines(formatter, entry, summaries, detail)]
    if detail == "short" and len(lines) > _MOST_LINES:
        lines[_MOST_LINES:] = [f"… and {len(lines) - _MOST_LINES} more lines; --sentry-show=full shows them"]
    if detail == "short":
        lines += _others(entries)
    return formatter.redacted("\n".join([*replaced, *(lines or [_NOTHING])]))


def _others(entries: Sequence[Entry]) -> Iterator[str]:
    """How many items were captured of the kinds that have no lines, and how many records became none."""
    items = [item for entry in entries if isinstance(entry, Capture) for item in _shown_items(entry)]
    others = [item for item in items if _has_line(item, "full") and not _has_line(item, "short")]
    counts = Counter(item.kind or item.type_header for item in others)
    if counts:
        yield f"captured   {', '.join(counted(number, name_of(kind)) for kind, number in counts.items())}"
    records = sum(isinstance(entry, Discard) and entry._is_below_level for entry in entries)
    if records:
        yield f"discarded  {counted(records, 'log record')} below the level of events"


def _summaries(formatter: Formatter, entries: Sequence[Entry], detail: Detail) -> Summaries:
    """The summaries of what has a line, told apart. By identity, of captures one for each item."""
    shown: list[tuple[Entry, CapturedItem | Discard]] = []
    for entry in entries:
        if isinstance(entry, Capture):
            shown += [(entry, item) for item in _shown_items(entry) if _has_line(item, detail)]
        elif isinstance(entry, Discard):
            shown.append((entry, entry))
    texts = formatter.told_apart([thing for _, thing in shown])
    summaries: Summaries = {}
    for (entry, _), text in zip(shown, texts, strict=True):
        summaries.setdefault(id(entry), []).append(text)
    return summaries


def _lines(formatter: Formatter, entry: Entry, summaries: Summaries, detail: Detail) -> Iterator[str]:
    if isinstance(entry, Exchange):
        yield f"exchange   {formatter.operation_summary(entry)}"
    elif isinstance(entry, Job):
        yield f"job        {formatter.job_summary(entry)}"
    elif isinstance(entry, Capture):
        shown = [item for item in _shown_items(entry) if _has_line(item, detail)]
        for item, summary in zip(shown, summaries.get(id(entry), ()), strict=True):
            yield f"captured   {summary}"
            yield from _details(formatter, item) if detail == "full" else ()
    elif isinstance(entry, Discard) and not (entry._is_below_level and detail == "short"):
        yield f"discarded  {summaries[id(entry)][0]}: {formatter.discard_reason(entry)}"
        yield from _details(formatter, entry.item) if detail == "full" else ()
    elif isinstance(entry, CallbackError):
        yield f"crashed    {formatter.located(entry.by)}: {formatter.name(entry.exception_type.__name__)}"
    elif isinstance(entry, Rejection):
        items = ", ".join(map(formatter.summary, entry.items))
        request = formatter.name(f"{entry.method} {entry.path}".strip())
        yield f"rejected   {items or request or 'a request'}: {entry.reason}"
    elif isinstance(entry, SdkError):
        yield f"SDK error  {formatter.name(entry.exception_type.__name__)}"


def _has_line(item: CapturedItem, detail: Detail) -> bool:
    facts = facts_of(item.kind)
    if detail == "short":
        return facts is not None and facts.is_shown_short
    return facts is None or facts.counts != "never"


def _shown_items(capture: Capture) -> list[CapturedItem]:
    return [_as_shown(item) for item in capture.items]


def _as_shown(item: CapturedItem) -> CapturedItem:
    """A streamed span that is a segment reads as one, as transactions have their own line too."""
    segment = CapturedSegment.of(item) if isinstance(item, CapturedSpan) else None
    return item if segment is None else segment


def _details(formatter: Formatter, item: CapturedItem) -> Iterator[str]:
    if not isinstance(item, (CapturedEvent, CapturedTransaction)):
        return
    for title, names in (("tags", item.tags), ("user", item.user), ("contexts", item.contexts)):
        if names:
            yield f"             {title}: {', '.join(sorted(map(formatter.name, map(str, names))))}"
    if isinstance(item, CapturedEvent) and item.breadcrumbs:
        yield f"             breadcrumbs: {formatter.name(_categories(item.breadcrumbs))}"
    for change in item.changes:
        by = f" by {formatter.located(change.by)}" if change.by is not None else ""
        yield f"             changed: {formatter.name(change.path)}{by}"


def _categories(breadcrumbs: Sequence[Breadcrumb]) -> str:
    counts = Counter(str(crumb.get("category") or "(no category)") for crumb in breadcrumbs)
    return ", ".join(f"{number} {category}" for category, number in counts.items())

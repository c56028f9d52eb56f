"""Pure text: what a failed assertion tells about what was expected, what happened instead, and why.

Every message has the same order: what was asked for in the user's words, the nearest captured item, discarded items
that would have matched, and hints.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import nsmallest
from textwrap import wrap
from typing import Final, NamedTuple

from pytest_sentry_capture._assertions.doubts import Uncertainty, UnlikelyValue
from pytest_sentry_capture._assertions.formatting import Formatter, name_of
from pytest_sentry_capture._assertions.hints import (
    Evidence,
    hints_about_absence,
    hints_about_discards,
    hints_about_excess,
    hints_about_filters,
    hints_about_names,
    hints_about_reason,
    hints_about_records,
    hints_about_texts,
    hints_about_unknown,
    hints_about_values,
)
from pytest_sentry_capture._assertions.matching import Matcher
from pytest_sentry_capture._assertions.translation import written_for_segments
from pytest_sentry_capture._recording import (
    CapturedEnvelope,
    CapturedItem,
    Discard,
    Job,
    Replacement,
    SamplerCall,
    UnseenWork,
    hints_of,
    is_callable_at,
    location_of,
)
from pytest_sentry_capture._text import counted, plural, with_article

NOTHING: Final = "nothing to be captured"
NO_PERSONAL_DATA: Final = "No personal data was found, but this cannot be determined."
_MOST_ITEMS: Final = 3
_WIDTH: Final = 100
_ABOUT_BLOCKED_LOOP: Final = (
    "wait_for() blocked the event loop of this thread, so no task could run. In a task, use await_for()."
)
_ABOUT_NO_DSN: Final = (
    "The active client has no DSN. In production it sends nothing, but in tests its events are captured anyway. To"
    " assert that there is no DSN, use assert sentry_capture.dsn is None."
)
_ABOUT_UNKNOWN_CALLABLES: Final = (
    "`by` was given, but the discarding callable is unknown: most reasons have none, and another process reports"
    " only kind, reason and number. Leave out by=."
)
_ABOUT_REAL_VALUES: Final = "Other values are accepted once something in the test really has them."
_ABOUT_REPLACEMENTS: Final = (
    "Calls of a replacement may not reach the SDK, and then they are not captured. Assert on the"
    " replacement itself, spy on the function with patch(…, wraps=…) or mocker.spy, or replace a method of the"
    " transport, which hides nothing:\n"
    '  monkeypatch.setattr(sentry_capture.client.transport, "capture_envelope", envelopes.append)'
)
_ABOUT_PROCESSES: Final = {
    "running": "Forked in this test, and still running: {}.",
    "lost": "A forked child could not pass on its captured items: the descriptor that it inherited is closed.",
    "started": "Started without a fork, so its captured items are not seen here: {}.",
}
"""By ``UnseenWork.why``."""
_ADVICE_ON_PROCESSES: Final = {
    "running": (
        "Wait for the child before the assertion, with os.waitpid() or join(). Start a child that serves several"
        " tests in a fixture. Assertions do not wait for it."
    ),
    "lost": "To test a process that closes its descriptors, such as a daemon, use sentry_server.",
    "started": (
        'Test it with sentry_server. @pytest.mark.sentry_allow("unseen-processes", reason="…") states that the process'
        " does not report to Sentry."
    ),
}
_MOST_DIFFERENCES: Final = 8
_NOT_READABLE: Final = "Captured, but not readable"
_OF_SAMPLERS: Final = ("sample_rate", "callback_error")
"""The reasons for which a traces sampler may have discarded something."""
_UNKNOWN: Final = "     its content is not known"


def wrong_count(evidence: Evidence, n: int, matcher: Matcher, matching: Sequence[CapturedItem]) -> str:
    """Why the number of matching items is not ``n``."""
    formatter = evidence.formatter
    heading = f"Expected {_number(n)} {_plural(formatter, n, matcher)}; {_found(len(matching))}."
    return _message(formatter, heading, _about_count(n, matcher, matching, evidence))


def wrong_count_inside(
    evidence: Evidence, n: int, matcher: Matcher, matching: Sequence[CapturedItem], before: int
) -> str:
    """Why the number of matching items inside a block is not ``n``. ``before`` it, so many matched.

    The evidence is what was seen inside the block.
    """
    formatter = evidence.formatter
    what = _plural(formatter, n, matcher)
    heading = f"Expected {_number(n)} {what} inside the block; {_found(len(matching))}."
    if before and not matching:
        was = "was" if before == 1 else "were"
        hint = f"{counted(before, name_of(matcher.kind))} like this {was} captured before the block."
        return _message(formatter, heading, _hints(formatter, [hint]))
    return _message(formatter, heading, _about_count(n, matcher, matching, evidence, "inside the block"))


def timed_out(
    evidence: Evidence,
    count: int,
    timeout: float,
    matcher: Matcher,
    matching: Sequence[CapturedItem],
    blocked_loop: bool,
) -> str:
    """Why waiting was in vain. ``blocked_loop`` says that it kept the thread's own event loop from running."""
    number = "one" if count == 1 else str(count)
    formatter = evidence.formatter
    heading = f"Waited {timeout:g} s for {number} {_plural(formatter, count, matcher)}; {_found(len(matching))}."
    blocked = _hints(formatter, [_ABOUT_BLOCKED_LOOP]) if blocked_loop else []
    return _message(formatter, heading, [*blocked, *_about_count(count, matcher, matching, evidence)])


def unexpected(evidence: Evidence, what: str, found: Sequence[CapturedItem]) -> str:
    """Items that were captured although none should have been."""
    formatter = evidence.formatter
    hints = _hints(formatter, hints_about_filters(evidence, None, found))
    return _message(
        formatter, f"Expected {what}; {_found(len(found))}.", [*_listed(formatter, "Captured", found), *hints]
    )


def undecided(
    formatter: Formatter,
    absent: str,
    kind: str,
    uncertain: Sequence[tuple[CapturedItem, Sequence[Uncertainty]]],
    unreadable: Sequence[CapturedItem],
) -> str:
    """Why it cannot be determined that nothing like it was captured.

    Args:
        formatter: puts it in words.
        absent: what should not have been captured, or was not found, in words.
        kind: what was asked for.
        uncertain: the items that may be like it, and why.
        unreadable: the items of the kind whose payloads can't be read.
    """
    lines: list[str] = []
    for number, (item, reasons) in enumerate(uncertain[:_MOST_ITEMS], 1):
        lines.append(f"{number}. {formatter.summary(item, asked_kind=kind)}")
        lines += [f"     {formatter.uncertainty(reason)}" for reason in reasons]
    possible = [_section("Captured, and possibly matching", lines, len(uncertain))] if uncertain else []
    broken = _listed(formatter, _NOT_READABLE, unreadable)
    reasons = [reason for _, of_item in uncertain for reason in of_item]
    hints = [*hints_about_unknown(reasons), *hints_about_texts(formatter, reasons, to_be_absent=True)]
    heading = f"{absent}, but this cannot be determined."
    return _message(formatter, heading, [*possible, *broken, *_hints(formatter, hints)])


def unreadable(formatter: Formatter, noun: str, items: Sequence[CapturedItem]) -> str:
    """Why a view that is empty says nothing: there are items of the kind whose payloads can't be read."""
    return _message(formatter, none_seen(noun), _listed(formatter, _NOT_READABLE, items))


def impossible(
    formatter: Formatter, absent: str, kind: str, values: Sequence[UnlikelyValue], names: Mapping[str, str | None]
) -> str:
    """Why an absence would prove nothing: what is asked for can't be, and nothing in the test has it.

    Args:
        formatter: puts it in words.
        absent: what should not have been captured, or was not found, in words.
        kind: what was asked for.
        values: the values that can't be.
        names: the names of exceptions that no class has, each with the one that is intended.
    """
    asked = [formatter.asked(each.path, each.value) for each in values]
    asked += [formatter.asked("exception", name) for name in names]
    listed = ", ".join(asked[:-1])
    heading = f"{absent}, but {f'{listed} and ' if listed else ''}{asked[-1]} can't match: this proves nothing."
    hints = [*hints_about_values(formatter, kind, values), *hints_about_names(formatter, names)]
    return _message(formatter, heading, [*_hints(formatter, hints), *([_ABOUT_REAL_VALUES] if values else [])])


def hidden(formatter: Formatter, heading: str, replacements: Sequence[Replacement]) -> str:
    """Why an absence cannot be determined: captures may have gone to what replaced the SDK's own functions."""
    lines = [wrapped(formatter, f"{formatter.replaced(each)}.") for each in replacements[:_MOST_ITEMS]]
    rest = [f"… and {len(replacements) - _MOST_ITEMS} more"] if len(replacements) > _MOST_ITEMS else []
    return _message(formatter, heading, ["\n".join([*lines, *rest]), *_hints(formatter, [_ABOUT_REPLACEMENTS])])


def not_instrumented(formatter: Formatter, heading: str, jobs: Sequence[Job]) -> str:
    """Why an absence cannot be determined: jobs have failed where the SDK sees nothing."""
    lines = [wrapped(formatter, f"{formatter.operation_summary(job)}.") for job in jobs[:_MOST_ITEMS]]
    rest = [f"… and {len(jobs) - _MOST_ITEMS} more"] if len(jobs) > _MOST_ITEMS else []
    return _message(formatter, heading, ["\n".join([*lines, *rest]), *_hints(formatter, hints_of(jobs))])


def in_other_processes(formatter: Formatter, heading: str, unseen: Sequence[UnseenWork]) -> str:
    """Why an absence cannot be determined: something may have been captured in another process."""
    paragraphs: list[str] = []
    for why, about in _ABOUT_PROCESSES.items():
        names = [each.name for each in unseen if each.why == why]
        if names:
            rest = f", and {len(names) - _MOST_ITEMS} more" if len(names) > _MOST_ITEMS else ""
            paragraphs.append(wrapped(formatter, about.format(", ".join(names[:_MOST_ITEMS]) + rest)))
            paragraphs += _hints(formatter, [_ADVICE_ON_PROCESSES[why]])
    return _message(formatter, heading, paragraphs)


def undetermined(what: str) -> str:
    """The heading that says what was expected, of which nobody can know whether it is so."""
    return f"Expected {what}, but this cannot be determined."


def undetermined_if_captured(formatter: Formatter, matcher: Matcher) -> str:
    """The heading for items that were discarded and may have been captured as well."""
    what = _one(formatter, matcher.kind, matcher.criteria)
    return f"Expected {what} to be discarded and not captured, but the latter cannot be determined."


def none_seen(noun: str) -> str:
    """The heading for a view or a search that has found none of these."""
    return f"No {name_of(noun)} was seen, but this cannot be determined."


def what_is_absent(formatter: Formatter, matcher: Matcher) -> str:
    """What an assertion of absence expects."""
    return f"no {formatter.described(matcher.kind, matcher.criteria)}"


def what_was_searched(formatter: Formatter, matcher: Matcher) -> str:
    """What a search has found none of."""
    return f"Found {what_is_absent(formatter, matcher)}"


def not_discarded(
    evidence: Evidence,
    matcher: Matcher,
    reason: str | None,
    by: object,
    captured: Sequence[CapturedItem],
    discarded: Sequence[Discard],
) -> str:
    """Why no discard was found, or which items were captured anyway. ``discarded`` are those that match otherwise."""
    formatter = evidence.formatter
    name = by if by is None or isinstance(by, str) else location_of(by).name
    wanted = {**({"reason": reason} if reason else {}), **({"by": name} if name else {})}
    criteria = _one(formatter, matcher.kind, {**matcher.criteria, **wanted})
    if captured:
        heading = f"Expected {criteria} to be discarded; {counted(len(captured), name_of(matcher.kind))} captured."
        is_sampled = by is not None or reason in _OF_SAMPLERS
        listed = _listed(formatter, "Captured", captured, matcher.kind, with_samplers=is_sampled)
        paragraphs = [*listed, *_discards(formatter, discarded, matcher.kind, "Discarded")]
        hints = [*hints_about_reason(reason), *hints_about_filters(evidence, matcher, captured)]
        return _message(formatter, heading, [*paragraphs, *_hints(formatter, hints)])
    heading = f"Expected {criteria} to be discarded; found no such discard."
    if discarded:
        paragraphs = _discards(formatter, discarded, matcher.kind, "Discarded, but with another reason or callable")
        is_by_unknown = by is not None and all(discard.by is None for discard in discarded)
        hints = [*hints_about_reason(reason), *([_ABOUT_UNKNOWN_CALLABLES] if is_by_unknown else [])]
        hints += _about_namesakes(formatter, by, discarded)
        return _message(formatter, heading, [*paragraphs, *_hints(formatter, hints)])
    misses = _Misses.of(matcher, evidence.items)
    paragraphs = [*_near_misses(formatter, matcher, misses), *_near_discards(matcher, evidence)]
    hints = [*hints_about_reason(reason), *hints_about_records(matcher, evidence)]
    hints += hints_about_absence(matcher, evidence, None)
    return _message(formatter, heading, [*paragraphs, *_hints(formatter, hints)])


def _about_namesakes(formatter: Formatter, by: object, discarded: Sequence[Discard]) -> Iterator[str]:
    """That another callable has the name of the one that was given."""
    if by is None or isinstance(by, str):
        return
    name = location_of(by).name
    alike = [each.by for each in discarded if each.by is not None and each.by.name == name]
    if any(each._target is None for each in alike):
        yield f"Of {name} only the place is known, not the callable. The places were compared."
    elif alike and not any(is_callable_at(each, by) for each in alike):
        yield (
            f"Another callable is called {name} too: {formatter.located(alike[0])} is not the one that you"
            " passed. A function that is created twice is two objects. Pass the object that the client uses."
        )


def without_transactions(
    evidence: Evidence,
    matcher: Matcher,
    why: str,
    call: str,
    arguments: Mapping[str, object],
) -> str:
    """Why nothing can be said of transactions, and what to write instead.

    Args:
        matcher: what was expected of transactions.
        why: why there are none.
        call: the name of the assertion.
        arguments: its further arguments.
    """
    formatter, left_out = evidence.formatter, evidence.left_out_of_spans
    instead, *lost = written_for_segments(formatter, call, arguments, matcher.criteria, left_out)
    heading = f"{call} asks for {_one(formatter, matcher.kind, matcher.criteria)}, but {why}."
    written = _section("Use segments instead", [instead], 1)
    return _message(formatter, heading, [written, *_hints(formatter, lost)])


def without_client(evidence: Evidence, absent: Matcher | None) -> str:
    """Why an assertion about absence does not hold: nothing could have been captured."""
    formatter = evidence.formatter
    what = NOTHING if absent is None else what_is_absent(formatter, absent)
    return _message(
        formatter, f"Expected {what}, but no client was active, so this proves nothing.", _no_client(evidence)
    )


def about_view(formatter: Formatter, view: list[object]) -> list[str] | None:
    """The lines for ``assert sentry_capture.events == []``, or None for any other list."""
    classes = {type(each) for each in view}  # not isinstance, which may ask the objects of others
    if all(issubclass(each, CapturedItem) for each in classes):
        items = [each for each in view if isinstance(each, CapturedItem)]
        asked_kind = items[0].kind if len(classes) == 1 else None  # else it is not a view of one kind
        lines = formatter.told_apart(items, asked_kind=asked_kind)
    elif classes == {Discard}:
        discards = [each for each in view if isinstance(each, Discard)]
        summaries = formatter.told_apart(discards)
        lines = [f"{one}: {formatter.discard_reason(other)}" for one, other in zip(summaries, discards, strict=True)]
    elif classes == {CapturedEnvelope}:
        lines = [_enveloped(formatter, each) for each in view if isinstance(each, CapturedEnvelope)]
    else:
        return None
    numbered = [f"{number}. {line}" for number, line in enumerate(lines[:_MOST_ITEMS], 1)]
    rest = [f"… and {len(lines) - _MOST_ITEMS} more"] if len(lines) > _MOST_ITEMS else []
    what = "discarded" if isinstance(view[0], Discard) else "captured"
    return [f"{len(view)} {what} == []", *numbered, *rest]


def _one(formatter: Formatter, kind: str, criteria: Mapping[str, object]) -> str:
    return with_article(formatter.described(kind, criteria))


def _enveloped(formatter: Formatter, envelope: CapturedEnvelope) -> str:
    return f"envelope: {', '.join(map(formatter.summary, envelope.items)) or 'empty'}"


def discarded_without_client(evidence: Evidence, matcher: Matcher) -> str:
    """Why a discard proves nothing: without a client everything is discarded."""
    formatter = evidence.formatter
    criteria = _one(formatter, matcher.kind, matcher.criteria)
    heading = f"Expected {criteria} to be discarded, but no client was active, so this proves nothing."
    ask = "To assert exactly that, pass reason='no_client'."
    return _message(formatter, heading, [*_no_client(evidence), *_hints(formatter, [ask])])


def was_active(evidence: Evidence) -> str:
    """Why Sentry was not off."""
    formatter = evidence.formatter
    has_no_dsn = bool(evidence.options) and not evidence.options.get("dsn")
    return _message(
        formatter,
        "Expected no active Sentry client during this test, but one was active.",
        [
            *_listed(formatter, "Captured", evidence.captured),
            *_hints(formatter, [_ABOUT_NO_DSN] if has_no_dsn else []),
        ],
    )


def _message(formatter: Formatter, heading: str, paragraphs: Iterable[str]) -> str:
    return formatter.redacted("\n\n".join([heading, *paragraphs]))


def _plural(formatter: Formatter, n: int, matcher: Matcher) -> str:
    kind = matcher.kind
    text = formatter.described(kind, matcher.criteria)
    return text if n in (0, 1) else text.replace(name_of(kind), plural(name_of(kind)), 1)


def _number(n: int) -> str:
    return {0: "no", 1: "exactly one"}.get(n, f"exactly {n}")


def _found(number: int) -> str:
    return f"found {number or 'none'}"


def _about_count(
    n: int, matcher: Matcher, matching: Sequence[CapturedItem], evidence: Evidence, where: str = "at all"
) -> Iterator[str]:
    formatter = evidence.formatter
    if not evidence.client_was_active:
        yield from _no_client(evidence)
    elif len(matching) > n:
        yield from _listed(formatter, "Matching", matching, matcher.kind)
        about_filters = hints_about_filters(evidence, matcher, matching) if n == 0 else []
        yield from _hints(formatter, [*hints_about_excess(matching), *about_filters])
    else:
        yield from _listed(formatter, "Matching", matching, matcher.kind)
        misses = _Misses.of(matcher, evidence.items)
        yield from _near_misses(formatter, matcher, misses, where)
        yield from _discards(formatter, _matching_discards(matcher, evidence), matcher.kind)
        yield from _hints(formatter, hints_about_absence(matcher, evidence, next(iter(misses.nearest), None)))


def _no_client(evidence: Evidence) -> list[str]:
    formatter = evidence.formatter
    attempted = _discards(formatter, evidence.discarded, None, "Capture attempts without a client")
    hints = [f"{formatter.replaced(each)}." for each in evidence.replacements if each.keeps_sentry_off]
    hints += hints_of(evidence.entries)
    return [wrapped(formatter, evidence.about_no_client), *_hints(formatter, hints), *attempted]


def _listed(
    formatter: Formatter,
    title: str,
    items: Sequence[CapturedItem],
    kind: str | None = None,
    *,
    with_samplers: bool = False,
) -> list[str]:
    """A paragraph that lists items.

    Args:
        kind: the one that was asked for.
        with_samplers: say what traces samplers were given and answered.
    """
    if not items:
        return []
    lines, shown = [], formatter.told_apart(items[:_MOST_ITEMS], asked_kind=kind)
    for number, (item, summary) in enumerate(zip(items, shown, strict=False), 1):
        lines.append(f"{number}. {summary}")
        lines += _about_sampler(formatter, item._sampler_call, "     ") if with_samplers else []
    return [_section(title, lines, len(items))]


class _Misses(NamedTuple):
    """The captured items of a kind that don't match: the nearest, best first, and how many there are."""

    nearest: list[CapturedItem]
    number: int
    captured: int

    @classmethod
    def of(cls, matcher: Matcher, items: Sequence[CapturedItem]) -> _Misses:
        counts = [matcher.count_mismatches(item) for item in items]
        others = [index for index, number in enumerate(counts) if number]
        nearest = nsmallest(_MOST_ITEMS, others, key=counts.__getitem__)
        return cls([items[index] for index in nearest], len(others), len(items))


def _near_misses(formatter: Formatter, matcher: Matcher, misses: _Misses, where: str = "at all") -> list[str]:
    if not misses.number:
        return [] if misses.captured else [f"No {name_of(matcher.kind)} was captured {where}."]
    lines = []
    summaries = formatter.told_apart(misses.nearest, asked_kind=matcher.kind)
    for number, (item, summary) in enumerate(zip(misses.nearest, summaries, strict=True), 1):
        lines.append(f"{number}. {summary}")
        lines += _differences(formatter, matcher, item)
    return [_section(f"Closest captured {plural(name_of(matcher.kind))}", lines, misses.number)]


def _differences(formatter: Formatter, matcher: Matcher, item: CapturedItem) -> list[str]:
    lines = [f"     {formatter.difference(mismatch)}" for mismatch in matcher.mismatches(item)]
    if len(lines) > _MOST_DIFFERENCES:
        lines[_MOST_DIFFERENCES:] = [f"     … and {len(lines) - _MOST_DIFFERENCES} more differences"]
    return lines


def _matching_discards(matcher: Matcher, evidence: Evidence) -> list[Discard]:
    return [each for each in evidence.discarded if matcher.may_mean(each) and matcher.matches_discard(each)]


def _discards(
    formatter: Formatter,
    discards: Sequence[Discard],
    kind: str | None,
    title: str = "Matching, but discarded",
) -> list[str]:
    if not discards:
        return []
    lines = []
    shown = discards[:_MOST_ITEMS]
    for discard, summary in zip(shown, formatter.told_apart(shown, asked_kind=kind), strict=True):
        lines += _about_discard(formatter, discard, summary)
    return [_section(title, lines, len(discards)), *_hints(formatter, hints_about_discards(discards))]


def _about_discard(formatter: Formatter, discard: Discard, summary: str) -> list[str]:
    lines = [summary, f"  {formatter.discard_reason(discard)}"]
    is_sampled = discard.reason in _OF_SAMPLERS
    return [*lines, *(_about_sampler(formatter, discard._sampler_call, "  ") if is_sampled else ())]


def _about_sampler(formatter: Formatter, call: SamplerCall | None, indent: str) -> list[str]:
    text = formatter.sampler_call(call) if call is not None else ""
    return [f"{indent}{line}" for line in wrapped(formatter, text).splitlines()]


def _near_discards(matcher: Matcher, evidence: Evidence) -> list[str]:
    discards = filter(matcher.may_mean, evidence.discarded)
    items = ((discard, discard._item_as(matcher.kind)) for discard in discards)
    others = [(discard, item) for discard, item in items if isinstance(item, matcher.item_class)]
    lines = []
    for discard, item in nsmallest(_MOST_ITEMS, others, key=lambda other: matcher.count_mismatches(other[1])):
        summary = evidence.formatter.discarded_summary(discard, asked_kind=matcher.kind)
        lines += _about_discard(evidence.formatter, discard, summary)
        is_known = discard.payload is not None
        lines += _differences(evidence.formatter, matcher, item) if is_known else [_UNKNOWN]
    return [_section("Closest discards", lines, len(others))] if others else []


def _section(title: str, lines: Sequence[str], count: int) -> str:
    rest = [f"… and {count - _MOST_ITEMS} more"] if count > _MOST_ITEMS else []
    return "\n".join([f"{title}:", *_indented([*lines, *rest])])


def _hints(formatter: Formatter, hints: Iterable[str]) -> list[str]:
    return [wrapped(formatter, f"Hint: {hint}") for hint in hints]


def wrapped(formatter: Formatter, text: str) -> str:
    """The first line of a text in lines that fit a screen. What follows, such as a traceback, as it is.

    Secrets are taken out before that: one that is broken into two lines would not be found.
    """
    first, *rest = formatter.redacted(text).split("\n")
    return "\n".join([*wrap(first, _WIDTH, break_long_words=False, break_on_hyphens=False), *rest])


def _indented(texts: Iterable[str]) -> list[str]:
    return [f"  {line}" for text in texts for line in text.splitlines()]

"""What is known about why an assertion failed: each hint recognizes one situation, and says what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, TypeVar

from pytest_sentry_capture._assertions.comparisons import Mismatch, comparison
from pytest_sentry_capture._assertions.criteria_checks import choices_in, is_plain_class
from pytest_sentry_capture._assertions.doubts import Doubts, Uncertainty, UnlikelyValue, items_of_kind
from pytest_sentry_capture._assertions.formatting import Formatter, name_of
from pytest_sentry_capture._assertions.matching import Matcher
from pytest_sentry_capture._recording import (
    DISCARD_REASONS,
    MISSING,
    OF_OPERATION,
    SAMPLED_TRACES,
    CallbackError,
    Capture,
    CapturedItem,
    Change,
    Discard,
    Entry,
    ExceptionLink,
    Exchange,
    Operation,
    Rejection,
    Replacement,
    Source,
    hints_of,
    is_empty,
    is_within,
    redacted_value,
    with_event,
)
from pytest_sentry_capture._recording.kinds import (
    FACTS,
    CapturedEvent,
    CapturedSegment,
    CapturedSpan,
    CapturedTransaction,
)
from pytest_sentry_capture._text import LIMITS, did_you_mean, reference, with_article

AnyEntry = TypeVar("AnyEntry", bound=Entry)

NO_CLIENT: Final = (
    "No Sentry client was active during this test, so nothing could have been captured. Does the application call"
    " sentry_sdk.init(), and is Sentry enabled here? If it is meant to be off, use assert_inactive()."
)
WITHOUT_EXCHANGE: Final = (
    "status_code, route, method and path are known only for requests that were observed in this process. For others,"
    " such as those of frameworks that are not observed, use transaction, tags or request. See"
    f" {reference(LIMITS, 'requests')}."
)
_ABOUT_NAMES_ALONE: Final = (
    "Only the class names of other processes' exceptions are known. Pass a regex for the dotted name:"
    " exception=re.compile('^shop.CartError$')."
)
_ABOUT_TEXTS: Final = "A string is compared as a whole. For a regex, pass re.compile(…)."
_ABOUT_DEDUPE: Final = (
    "The SDK's DedupeIntegration drops an exception that was already reported. Only the first report is sent, with"
    " its own level, mechanism and tags."
)
_ABOUT_RECORDS: Final = {
    "ignored_logger": (
        "The application excludes this logger from events with ignore_logger() (since sentry-sdk 3:"
        " ignore_logger_for_events())."
    ),
    "log_level": (
        "The record is below the level at which the client creates events. To lower it, pass to sentry_sdk.init:\n "
        " integrations=[LoggingIntegration(event_level=logging.WARNING)]"
    ),
    "logger_disabled": (
        "The logger dropped the record before the SDK saw it: by its level, its attribute disabled, logging.disable()"
        " or a filter. Python's logging.config disables existing loggers, unless you pass"
        " disable_existing_loggers=False."
    ),
}
"""What must be known of log records that became no events, by the reason."""
_HOW_RECORDS_ARE_FOUND: Final = (
    "A matching log record did not become an event. To assert on it, pass its logger, level or message, or reason={!r}."
)
_NO_EVENTS_FROM_LOGGING: Final = "The active client does not create events from log records"
_LOGGING_OPTION: Final = (
    "sentry-sdk 3 creates them only on request. Pass to sentry_sdk.init:\n"
    "  integrations=[LoggingIntegration(level=None, event_level=logging.ERROR)]"
)
_WITHOUT_INTEGRATION: Final = "The active client has no LoggingIntegration"
_INTEGRATION: Final = (
    "default_integrations=False and disabled_integrations turn it off. To turn it on, pass to sentry_sdk.init:\n"
    "  integrations=[LoggingIntegration(event_level=logging.ERROR)]"
)
_OF_LOGGING: Final = ("exception", "logger", "message", "level", "mechanism", "handled")
"""The criteria for which what was logged tells whether it could have been the event."""
_THE_SAME_ITEM: Final = ("segment", "transaction")
"""Who asks for segments is not sent back to what the SDK may make of them."""
_MOST_HINTS: Final = 3
_LAST_LINES: Final = 12
_DEDUPE: Final = "DedupeIntegration"
_SOURCES: Final[Mapping[Source | None, str]] = {
    "current": "was set on the current scope",
    "isolation": "was set on the isolation scope",
    "global": "was set on the global scope",
    "call": "was passed to the capture call",
    "options": "comes from the client's options",
    "processor": "was set by an event processor",
}
_WITHOUT_KEYS: Final = ("release", "environment", "level")


@dataclass(frozen=True)
class Evidence:
    """What a test saw that bears on what it asks for.

    Attributes:
        formatter: puts in words what was seen.
        items: the captured items of the expected kind.
        entries: everything that was seen, in order.
        client_was_active: whether a Sentry client was active at any time.
        options: the active client's options.
        scopes: the values of the test's own scopes, as the assertion is made: name of the scope, then sections.
        about_no_client: why nothing could have been captured, where no client was active.
        kinds_from_logging: what the active client makes of what is logged, or None if its integration was turned off.
        about_loop: why exceptions of tasks of the running event loop are not captured, or None if they are.
        logged: the errors that were logged, as the events that they could have been, or None if that is not known.
        left_out_of_spans: the beginnings of paths of transactions of which the SDK puts nothing into spans.
        replacements: what took the place of the SDK's own functions.
    """

    formatter: Formatter
    items: Sequence[CapturedItem] = ()
    entries: Sequence[Entry] = ()
    client_was_active: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)
    scopes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    about_no_client: str = NO_CLIENT
    kinds_from_logging: frozenset[str] | None = frozenset(("event", "log"))
    about_loop: str | None = None
    logged: Sequence[CapturedEvent] | None = None
    left_out_of_spans: Sequence[str] = ()
    replacements: Sequence[Replacement] = ()

    def of(self, entry_type: type[AnyEntry]) -> list[AnyEntry]:
        """The entries of one type."""
        return [entry for entry in self.entries if isinstance(entry, entry_type)]

    @cached_property
    def discarded(self) -> list[Discard]:
        return self.of(Discard)

    @cached_property
    def captured(self) -> list[CapturedItem]:
        """The captured items of all kinds, segments and the spans of transactions included."""
        items: list[CapturedItem] = []
        for capture in self.of(Capture):
            items += capture.items
            items += CapturedSegment._in_capture(capture)
            items += CapturedSpan._in_capture(capture) if capture.kind == CapturedTransaction.kind else ()
        return items


def hints_about_values(formatter: Formatter, kind: str, values: Sequence[UnlikelyValue]) -> list[str]:
    """Which values are valid where others are asked for, and which of them was intended."""
    return [*dict.fromkeys(_about_value(formatter, kind, value) for value in values)]


def _about_value(formatter: Formatter, kind: str, value: UnlikelyValue) -> str:
    meant = f"Did you mean {formatter.asked(value.path, value.nearest)}? " if value.nearest is not None else ""
    return f"{meant}{formatter.redacted(value.path)} of {with_article(name_of(kind))} is {value.known.valid}."


def hints_about_names(formatter: Formatter, names: Mapping[str, str | None]) -> list[str]:
    """Which exception class was meant by a name that no loaded class has."""
    return [
        f"Did you mean {formatter.asked('exception', meant)}? No exception class is called {formatter.shown(name)}."
        for name, meant in names.items()
        if meant is not None
    ]


def hints_about_unknown(reasons: Sequence[Uncertainty]) -> list[str]:
    """What to ask for instead of what is unknown."""
    unknown = {reason.path for reason in reasons if reason.why is not None}
    of_exchange = [] if unknown.isdisjoint(OF_OPERATION) else [WITHOUT_EXCHANGE]
    return [*of_exchange, *([_ABOUT_NAMES_ALONE] if "exception" in unknown else [])]


def hints_about_texts(formatter: Formatter, reasons: Sequence[Uncertainty], *, to_be_absent: bool) -> list[str]:
    """What to write where a text looks like a regex."""
    found: dict[str, None] = {}
    for reason in reasons:
        texts = [each for each in choices_in(reason.expected) if isinstance(each, str)]
        if reason.why is None and len(texts) == 1 and reason.path.isidentifier():
            text = formatter.as_source(texts[0])
            exactly = f"\nFor exactly this text, pass\n  {reason.path}=lambda found: found == {text}"
            regex = f"A string is compared as a whole. For a regex, pass\n  {reason.path}=re.compile({text})"
            found[f"{regex}{exactly if to_be_absent else ''}"] = None
        elif reason.why is None:
            found[_ABOUT_TEXTS] = None
    return [*found]


def hints_about_absence(matcher: Matcher, evidence: Evidence, nearest: CapturedItem | None) -> list[str]:
    """Why what was expected may be missing, the surest reasons first."""
    found = [
        *_replaced(matcher, evidence),
        *_impossible(matcher, evidence),
        *_texts_like_regexes(matcher, evidence),
        *_crashed_callbacks(evidence),
        *_rejected(matcher, evidence),
        *_sampled_out(matcher, evidence),
        *_other_kinds(matcher, evidence),
        *_came_through_logging(matcher, evidence),
        *_logging_is_off(matcher, evidence),
        *_loops(matcher, evidence),
        *(hints_of(evidence.entries) or _answered_without_report(matcher, evidence)),
        *_switched_off(matcher, evidence),
        *_without_exchange(matcher, nearest),
        *(_where_values_are(matcher, evidence, nearest) if nearest is not None else ()),
    ]
    return found[:_MOST_HINTS]


def hints_about_excess(matching: Sequence[CapturedItem]) -> list[str]:
    """Why more was captured than expected."""
    return [*_reported_twice([item for item in matching if isinstance(item, CapturedEvent)])][:_MOST_HINTS]


def hints_about_filters(evidence: Evidence, matcher: Matcher | None, found: Sequence[CapturedItem]) -> list[str]:
    """Which filter has seen the outermost exception alone of an event that should not have been captured.

    Args:
        evidence: what the test saw.
        matcher: what should not have been captured, or None for anything.
        found: captured items anyway.
    """
    hints = []
    for event in (item for item in found if isinstance(item, CapturedEvent)):
        outermost, *others = event._exception_chain or (None,)
        if outermost is not None:
            hints += _ignored_if_outermost(evidence, outermost, others)
            hints += _filtered_if_outermost(evidence, matcher, event, outermost)
    return [*dict.fromkeys(hints)][:1]


def _ignored_if_outermost(evidence: Evidence, outermost: ExceptionLink, others: Sequence[ExceptionLink]) -> list[str]:
    entries = evidence.options.get("ignore_errors")
    for entry in entries if isinstance(entries, (list, tuple)) else ():
        inner = next((link for link in others if _is_ignored_by(link, entry)), None)
        if inner is not None and not _is_ignored_by(outermost, entry):
            name, ignored = outermost.error_type.__name__, inner.error_type.__name__
            return [f"ignore_errors checks only the outermost exception, which is {name}. It does not see {ignored}."]
    return []


def _is_ignored_by(link: ExceptionLink, entry: object) -> bool:
    if type(entry) is str:
        return entry in (link.error_type.__name__, f"{link.error_type.__module__}.{link.error_type.__qualname__}")
    return any(base is entry for base in link.error_type.__mro__)


def _filtered_if_outermost(
    evidence: Evidence, matcher: Matcher | None, event: CapturedEvent, outermost: ExceptionLink
) -> list[str]:
    callback, asked = (
        event._capture.context.callback,
        matcher.criteria.get("exception") if matcher is not None else None,
    )
    if callback is None or asked is None or _is_asked_for(outermost, asked):
        return []
    name = outermost.error_type.__name__
    hint = (
        f"{evidence.formatter.located(callback)} was given {name} in hint['exc_info']: the outermost exception."
        " A filter sees the others as its __cause__ and __context__, or as the exceptions of a group."
    )
    return [hint]


def _is_asked_for(link: ExceptionLink, asked: object) -> bool:
    """Whether an exception is what was asked for by itself. Also where only code of users could tell."""
    for choice in choices_in(asked):
        if isinstance(choice, type) and is_plain_class(choice):
            if any(base is choice for base in link.error_type.__mro__):
                return True
        elif not isinstance(choice, str) or link.is_named(choice):
            return True
    return False


def hints_about_discards(discards: Sequence[Discard]) -> list[str]:
    """What must be known about the reasons of discards."""
    is_duplicate = any(discard.by is not None and _DEDUPE in discard.by.name for discard in discards)
    reasons = {discard.reason for discard in discards}
    about_records = (text for reason, text in _ABOUT_RECORDS.items() if reason in reasons)
    return [*([_ABOUT_DEDUPE] if is_duplicate else []), *about_records]


def hints_about_records(matcher: Matcher, evidence: Evidence) -> list[str]:
    """That log records match which became no events, and how they are found."""
    reasons = [each.reason for each in evidence.discarded if matcher.matches_discard(each) and not matcher.means(each)]
    return [_HOW_RECORDS_ARE_FOUND.format(reason) for reason in reasons[:1]]


def hints_about_reason(reason: str | None) -> list[str]:
    """Whether a discard reason may be misspelled: SDKs may have their own reasons."""
    return (
        [] if reason is None or reason in DISCARD_REASONS else [did_you_mean("discard reason", reason, DISCARD_REASONS)]
    )


def _impossible(matcher: Matcher, evidence: Evidence) -> Iterator[str]:
    doubts = Doubts(matcher)
    if not (doubts.unlikely_values or doubts.exception_names):
        return
    items, operations = items_of_kind(matcher, evidence.entries), evidence.of(Operation)
    yield from hints_about_values(evidence.formatter, matcher.kind, doubts.impossible_values(items, operations))
    yield from hints_about_names(evidence.formatter, doubts.unknown_exceptions(items, operations))


def _texts_like_regexes(matcher: Matcher, evidence: Evidence) -> Iterator[str]:
    doubts = Doubts(matcher)
    for item in items_of_kind(matcher, evidence.entries):
        reasons = doubts.about(item)
        if reasons and all(reason.why is None for reason in reasons):
            yield from hints_about_texts(evidence.formatter, reasons, to_be_absent=False)
            return


def _replaced(matcher: Matcher, evidence: Evidence) -> Iterator[str]:
    for replacement in evidence.replacements:
        if replacement.hides(matcher.kind):
            yield f"{evidence.formatter.replaced(replacement)}. Calls of it are not captured."
            return


def _crashed_callbacks(evidence: Evidence) -> Iterator[str]:
    for error in evidence.of(CallbackError):
        lines = evidence.formatter.redacted(error.traceback).rstrip().splitlines()
        shortened = lines if len(lines) <= _LAST_LINES else [lines[0], "  …", *lines[-_LAST_LINES:]]
        is_lost = any(each.by == error.by and each.reason == "callback_error" for each in evidence.discarded)
        what = "the event was lost" if is_lost else "the SDK swallowed the exception"
        yield "\n".join([f"{evidence.formatter.located(error.by)} raised, and {what}:", *shortened])


def _rejected(matcher: Matcher, evidence: Evidence) -> Iterator[str]:
    for rejection in evidence.of(Rejection):
        items = ", ".join(evidence.formatter.summary(item, asked_kind=matcher.kind) for item in rejection.items)
        what = items or f"{rejection.method} {rejection.path}".strip()
        did = "gave no answer" if rejection.status is None else f"answered {rejection.status}"
        yield f"sentry_server {did} to {what or 'a request'}: {rejection.reason}."


def _sampled_out(matcher: Matcher, evidence: Evidence) -> Iterator[str]:
    rate, sampler = matcher.facts.sampled_by or ("", "")
    unknown = _unknown_of_sampled_out(matcher, evidence)
    if unknown is None or rate not in evidence.options:
        return
    by = f"its {sampler}" if evidence.options.get(sampler) is not None else f"{rate}={evidence.options.get(rate)}"
    marker = f"{sampler}=None, {rate}=1.0" if evidence.options.get(sampler) is not None else f"{rate}=1.0"
    kind = with_article(name_of(matcher.kind))
    may_be = f"The client sampled out {kind} that may be this one, by {by}. Not known about it: {', '.join(unknown)}."
    did = may_be if unknown else f"The client sampled it out, by {by}."
    yield f"{did} This marker keeps everything in one test: @pytest.mark.sentry_options({marker})"


def _unknown_of_sampled_out(matcher: Matcher, evidence: Evidence) -> list[str] | None:
    """What is not known of what was sampled out and may be what was expected, or None if nothing may be."""
    found: list[list[str]] = []
    for discard in evidence.discarded:
        item = discard._item_as(matcher.kind) if discard.reason == "sample_rate" else None
        if item is None:
            continue
        misses = matcher.mismatches(item) if isinstance(item, matcher.item_class) else []
        if discard.payload is None or not misses:
            found.append([])
        elif _is_traced(matcher) and all(is_empty(miss.found) for miss in misses):
            found.append([*dict.fromkeys(miss.path for miss in misses)])
    return min(found, key=len, default=None)


def _is_traced(matcher: Matcher) -> bool:
    """Whether it is about what is sampled with traces, of which the SDK builds nothing where they are not sampled."""
    return matcher.facts.sampled_by == SAMPLED_TRACES


def _switched_off(matcher: Matcher, evidence: Evidence) -> Iterator[str]:
    options = evidence.options
    if not options or evidence.items:
        return
    if _is_traced(matcher) and not any(options.get(name) is not None for name in SAMPLED_TRACES):
        yield (
            "Tracing is off: the client has neither traces_sample_rate nor traces_sampler. This marker turns it on for"
            " one test: @pytest.mark.sentry_options(traces_sample_rate=1.0)"
        )
    if matcher.kind == "log" and not options.get("enable_logs", True):
        yield (
            "Logs are off: the client has no enable_logs, so no records of Python's logging are captured. This"
            " marker turns them on for one test: @pytest.mark.sentry_options(enable_logs=True)"
        )
    elif matcher.kind == "log" and "log" not in (evidence.kinds_from_logging or ()):
        yield (
            "The active client does not create Sentry logs from log records. sentry-sdk 3 does so only on request."
            " Pass to sentry_sdk.init:\n  integrations=[LoggingIntegration(level=logging.INFO)]"
        )


def _other_kinds(matcher: Matcher, evidence: Evidence) -> Iterator[str]:
    if not matcher.criteria or any(map(matcher.matches, evidence.items)):
        return
    for kind, criteria in _translations(matcher):
        if kind == matcher.kind or (matcher.kind, kind) == _THE_SAME_ITEM:
            continue
        try:
            other = Matcher(kind, criteria)
        except (TypeError, ValueError):  # what is a name of a transaction may be no message
            continue
        if any(isinstance(item, other.item_class) and other.matches(item) for item in evidence.captured):
            given = "".join(f", {name}={evidence.formatter.as_source(value)}" for name, value in criteria.items())
            found = f"{with_article(name_of(kind))} like this was captured. To find it:"
            yield f"{found[0].upper()}{found[1:]}\n  assert_captured({kind!r}{given})"
            return


def _translations(matcher: Matcher) -> Iterator[tuple[str, dict[str, Any]]]:
    """The same criteria for other kinds, by the names that they have there."""
    own = matcher.facts.text
    for kind, facts in FACTS.items():
        renamed = {own: facts.text} if own and facts.text else {}
        if (matcher.kind, kind) == ("event", "segment"):
            renamed["transaction"] = "name"
        criteria = {renamed.get(name, name): value for name, value in matcher.criteria.items()}
        if "where" not in criteria and criteria.keys() <= facts.fields.keys():
            yield kind, criteria


def _came_through_logging(matcher: Matcher, evidence: Evidence) -> Iterator[str]:
    if matcher.kind != "event" or matcher.criteria.get("exception") is None:
        return
    without = [item for item in evidence.items if isinstance(item, CapturedEvent) and not item.exceptions]
    rest = Matcher("event", {k: v for k, v in matcher.criteria.items() if k not in ("exception", "message")})
    for event in without:
        if event.get("logentry") and rest.matches(event):
            message = evidence.formatter.shown(event.message)
            yield (
                f"An event arrived through logging (logger {event.logger}), so it has no exception to match, only a"
                f" message: {message}. Report with logger.exception(…) or exc_info=True to have both."
            )
            return


def _logging_is_off(matcher: Matcher, evidence: Evidence) -> Iterator[str]:
    kinds = evidence.kinds_from_logging
    if matcher.kind != "event" or "event" in (kinds or ()):
        return
    what_is_off, option = (
        (_WITHOUT_INTEGRATION, _INTEGRATION) if kinds is None else (_NO_EVENTS_FROM_LOGGING, _LOGGING_OPTION)
    )
    as_logged = Matcher("event", {k: v for k, v in matcher.criteria.items() if k in _OF_LOGGING})
    reported = [*evidence.items, *(discard.item for discard in evidence.discarded if discard.kind == "event")]
    for logged in reversed(evidence.logged or ()):
        if as_logged.matches(logged) and not any(_is_of_same_failure(logged, event) for event in reported):
            what = evidence.formatter.summary(logged)
            yield f"{what_is_off}, and this was logged: {what}. {option}"
            return
    if not any(map(as_logged.matches, reported)) and _may_be_logged(matcher, evidence):
        yield f"If it was logged: {what_is_off[0].lower()}{what_is_off[1:]}. {option}"


def _is_of_same_failure(logged: CapturedEvent, item: CapturedItem) -> bool:
    if not isinstance(item, CapturedEvent):
        return False
    return item.exception == logged.exception if logged.exceptions else item.message == logged.message


def _may_be_logged(matcher: Matcher, evidence: Evidence) -> bool:
    """Whether it may have been logged, though no such record was kept: a logger may keep its records to itself."""
    criteria = matcher.criteria
    if criteria.get("handled") is False or not comparison(criteria.get("mechanism", "logging"))("logging"):
        return False
    if evidence.logged is None:
        return True
    return criteria.get("exception") is None and (not criteria or not criteria.keys().isdisjoint(_OF_LOGGING))


def _loops(matcher: Matcher, evidence: Evidence) -> list[str]:
    """That tasks of an event loop are not watched: of one that served an exchange, or the test's own loop."""
    if matcher.kind != "event" or matcher.criteria.get("handled") is True:
        return []
    found = (evidence.about_loop, *(exchange._about_loop for exchange in evidence.of(Exchange)))
    return [*dict.fromkeys(about for about in found if about is not None)][:1]


def _about_grace(exchange: Exchange) -> str:
    """What to do about an application that has not returned: it was given time, or the assertion keeps it from it."""
    if exchange._is_overdue:
        return " Assertions wait as long as sentry_grace says. wait_for() has its own timeout."
    return " The event loop of the test serves it: use await_for()." if exchange._is_unfinished else ""


def _answered_without_report(matcher: Matcher, evidence: Evidence) -> Iterator[str]:
    if matcher.kind != "event":
        return
    reported = with_event(evidence.entries)
    for exchange in evidence.of(Exchange):
        if exchange.status is not None and exchange.status >= 500 and exchange not in reported:
            what = evidence.formatter.operation_summary(exchange)
            if exchange._is_ending:
                yield f"{what}, but the application has not returned.{_about_grace(exchange)}"
                return
            yield f"{what}, but no error event was captured. {exchange._about_silence or ''}".rstrip()
            return


def _without_exchange(matcher: Matcher, nearest: CapturedItem | None) -> list[str]:
    unknown = [each for each in Doubts(matcher).about(nearest) if each.why is not None] if nearest is not None else []
    return [WITHOUT_EXCHANGE] if any(each.path in OF_OPERATION for each in unknown) else []


def _where_values_are(matcher: Matcher, evidence: Evidence, nearest: CapturedItem) -> Iterator[str]:
    """Where a value that is missing from the nearest item is found, or who changed it."""
    for mismatch in matcher.mismatches(nearest):
        section, _, key = mismatch.path.partition(".")
        if changed := [*_changed(evidence.formatter, nearest, mismatch.path)]:
            yield from changed
            continue
        if section in _WITHOUT_KEYS:
            yield from _set_on(nearest, section, None, mismatch.path)
        if section not in ("tags", "user", "contexts", "extra") or not key or mismatch.expected is None:
            continue
        source = _source(nearest, section, key)
        if source != "processor":  # which may have changed what a scope gave
            yield from _where_else(mismatch, section, key, evidence, nearest)
        yield from _set_on(nearest, section, key, mismatch.path)


def _where_else(mismatch: Mismatch, section: str, key: str, evidence: Evidence, nearest: CapturedItem) -> Iterator[str]:
    is_match = comparison(mismatch.expected)
    wanted = f"{mismatch.path}={evidence.formatter.shown(mismatch.expected)}"
    for item in evidence.items:
        if item is not nearest and is_match(_at(getattr(item, section, {}), key)):
            yield f"{wanted} is on another event: {evidence.formatter.summary(item)}."
            return
    for scope, sections in evidence.scopes.items():
        if is_match(_at(sections.get(section) or {}, key)):
            yield (
                f"{wanted} is set on the test's own {scope} scope, but the event was captured before that, or with"
                " other scopes: a request, task or thread has its own."
            )
            return


def _changed(formatter: Formatter, item: CapturedItem, path: str) -> Iterator[str]:
    places = _places(item, path)
    for change in _changes(item):
        if any(is_within(change.path, place) or is_within(place, change.path) for place in places):
            by = f" by {formatter.located(change.by)}" if change.by is not None else ""
            before = (
                "it was not there before" if change.before is MISSING else f"it was {redacted_value(change.before)}"
            )
            done = "removed" if change.after is MISSING else "changed"
            yield f"{change.path} was {done}{by}; {before}."


def _places(item: CapturedItem, path: str) -> tuple[str, ...]:
    """Where in the payload a criterion looks."""
    outermost = f"exception.values.{len(item.exceptions) - 1}" if isinstance(item, CapturedEvent) else "exception"
    if path.startswith("breadcrumbs."):
        return (path.replace("breadcrumbs.", "breadcrumbs.values.", 1),)
    return {
        "exception": (f"{outermost}.type",),
        "message": ("message", "logentry", f"{outermost}.value"),
        "handled": (f"{outermost}.mechanism.handled",),
        "mechanism": (f"{outermost}.mechanism.type",),
        "op": ("contexts.trace.op",),
        "trace_id": ("contexts.trace.trace_id",),
    }.get(path, (path,))


def _changes(item: CapturedItem) -> list[Change]:
    return item.changes if isinstance(item, (CapturedEvent, CapturedTransaction)) else []


def _set_on(item: CapturedItem, section: str, key: str | None, path: str) -> Iterator[str]:
    source = _source(item, section, key)
    if source in _SOURCES:
        yield f"The value of {path} that was found {_SOURCES[source]}."


def _source(item: CapturedItem, section: str, key: str | None) -> Source | None:
    if not isinstance(item, (CapturedEvent, CapturedTransaction)) or "." in (key or ""):
        return None
    try:
        return item.scope_of(section, key)
    except LookupError:
        return None


def _reported_twice(events: Sequence[CapturedEvent]) -> Iterator[str]:
    logged = [event for event in events if event.mechanism == "logging" or event.get("logentry")]
    others = [event for event in events if not any(event is each for each in logged)]
    for event in logged:
        for other in others:
            if event._capture.operation is other._capture.operation and (
                event._capture.operation is not None or _share_an_exception(event, other)
            ):
                yield (
                    f"One failure was reported twice: through logging (logger {event.logger}) and by"
                    f" {other.mechanism or 'the application'}. Dedupe drops only a second report of the same exception"
                    " object: log without an exception, or re-raise the same exception."
                )
                return


def _share_an_exception(one: CapturedEvent, other: CapturedEvent) -> bool:
    links = {id(link.value) for link in one._exception_chain or () if link.value is not None}
    return any(id(link.value) in links for link in other._exception_chain or ())


def _at(values: Any, key: str) -> Any:
    return values.get(key, MISSING) if isinstance(values, Mapping) else MISSING

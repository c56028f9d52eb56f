"""Criteria: one vocabulary that says which captured items are meant, and why one is not."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, time
from operator import attrgetter, not_
from typing import Any, Final, NamedTuple

from pytest_sentry_capture._assertions.comparisons import Comparison, Mismatch, comparison, mismatches
from pytest_sentry_capture._recording import (
    MISSING,
    OF_EXCHANGE,
    SEGMENT_STATUSES,
    CapturedItem,
    Discard,
    ExceptionChain,
    Exchange,
    Field,
    Sort,
    resolve_parts,
)
from pytest_sentry_capture._recording.kinds import CLASS_OF_KIND, FACTS, CapturedEvent, CapturedSegment
from pytest_sentry_capture._text import did_you_mean

CRITERIA: Final[Mapping[str, tuple[str, ...]]] = {kind: tuple(facts.fields) for kind, facts in FACTS.items()}
"""The criteria of each kind, which are its fields."""

_COLLECTIONS: Final = (list, tuple, set, frozenset)


class _Values(NamedTuple):
    """The values that a criterion always has, by their sort."""

    name: str
    types: frozenset[type]
    """The plain types that can equal it."""
    valid: str


_PLAIN_VALUES: Final = frozenset((str, bytes, int, float, bool, dict, range, date, datetime, time, re.Pattern))
_ALWAYS_VALID: Final = "a predicate, None, and a list of these"
_PLAIN_TEXTS: Final = frozenset((str, re.Pattern))
_VALUES: Final[Mapping[Sort, _Values]] = {
    Sort.TEXT: _Values(
        "a text", _PLAIN_TEXTS, f'a text, re.compile(…), which is {{ regex = "…" }} in a configuration, {_ALWAYS_VALID}'
    ),
    Sort.NUMBER: _Values("a number", frozenset((int, float, bool, range)), f"a number, a range, {_ALWAYS_VALID}"),
    Sort.TRUTH: _Values("true or false", frozenset((bool, int, float, range)), f"true or false, {_ALWAYS_VALID}"),
    Sort.SEGMENT_STATUS: _Values(
        "a text", _PLAIN_TEXTS, "'ok', 'error', a regex that matches one of them, a predicate, and a list of these"
    ),
}
_ABOUT_OWN_WORDS: Final = (
    "The SDK's own word is reached by its path: where={'contexts.trace.status': 'internal_error'} in a transaction,"
    " where={'status': …} in a span"
)
_REGEX_ONLY: Final = re.compile(r"^\^|\.[*+]|\\[dDwWsSbB]|\(\?[:=!<P]|\[\^|[^\\]\][*+]")
_SLOW: Final = ("exception", "message", "breadcrumbs", "where")
"""What reads much of a payload: asked last, it is not asked at all of most items."""


_OF_LOG_RECORDS: Final = frozenset(("logger", "level", "message"))
"""What makes out a log record."""
_OF_REQUEST: Final = frozenset(OF_EXCHANGE)
_SOURCES_OF_REQUESTS: Final = ("url", "route", "view")
"""Of the names of transactions (https://develop.sentry.dev/sdk/data-model/event-payloads/transaction/)."""
_OF_EXCHANGE: Final = frozenset(("exception", *_OF_REQUEST))


class _SeenExchange:
    """An exchange with the shortcuts of an event."""

    exceptions: tuple[()] = ()

    def __init__(self, exchange: Exchange) -> None:
        self._exception_chain = exchange._chain
        self.status_code = exchange.status
        self.method = exchange.method
        self.path = exchange.path
        self.route = exchange.route


class Criterion(NamedTuple):
    """One criterion, ready to be asked: where it looks, and how it compares what it finds."""

    path: str
    expected: Any
    value_of: Callable[[Any], Any]
    is_match: Comparison


class Matcher:
    """Compiled criteria for items of one kind.

    Raises:
        ValueError: the kind is unknown, a path in ``where`` is not one, a plain text was meant as a pattern, or no
            segment has such a status.
        TypeError: a criterion is unknown for the kind, what is given for ``exception`` can't be one, a class is given
            anywhere else, or a plain value is of a sort that the criterion never has, such as a text for a status code.
    """

    def __init__(self, kind: str, criteria: Mapping[str, Any]) -> None:
        _check_kind(kind)
        for name in criteria:
            if name not in CRITERIA[kind]:
                raise TypeError(_unknown_criterion(kind, name))
        self.kind = kind
        self.criteria = dict(criteria)
        self.item_class = CLASS_OF_KIND[kind]
        self.facts = FACTS[kind]
        self._compiled = [each for name, expected in criteria.items() for each in _compiled(kind, name, expected)]
        in_order_of_cost = sorted(self._compiled, key=lambda criterion: criterion.path in _SLOW)
        self._checks = tuple((criterion.value_of, criterion.is_match) for criterion in in_order_of_cost)

    def matches(self, item: CapturedItem) -> bool:
        """Whether an item of the kind matches all criteria."""
        if not isinstance(item, self.item_class):
            return False
        for value_of, is_match in self._checks:  # noqa: SIM110  (a generator would double the time)
            if not is_match(value_of(item)):
                return False
        return True

    def matches_discard(self, discard: Discard) -> bool:
        """Whether what was lost is of the kind and matches all criteria."""
        item = discard._item_as(self.kind)
        return item is not None and self.matches(item)

    def means(self, discard: Discard) -> bool:
        """Whether a discard that matches is of the sort that is asked for.

        Log records that became no events are asked for by what makes them out: else any warning that is logged during a
        request would pass for the event that is expected to be discarded.
        """
        return not discard._is_of_logging or self._names(_OF_LOG_RECORDS)

    def may_mean(self, discard: Discard) -> bool:
        """Whether a discard is of a sort that could be asked for: records below the level of events seldom are."""
        return not discard._is_below_level or self._names({*_OF_LOG_RECORDS, "exception"})

    def _names(self, fields: Collection[str]) -> bool:
        paths = self.criteria.get("where") or ()
        return any(path.partition(".")[0] in fields for path in (*self.criteria, *paths))

    def matches_exchange(self, exchange: Exchange) -> bool:
        """Whether an exchange, of which nothing may have been told to Sentry, meets all criteria.

        No exchange meets criteria that ask about more than an exchange has, or about nothing.
        """
        if not self.criteria or not self.criteria.keys() <= _OF_EXCHANGE:
            return False
        seen = _SeenExchange(exchange)
        return all(is_match(value_of(seen)) for value_of, is_match in self._checks)

    def is_undecided(self, item: CapturedItem) -> bool:
        """Whether an item came of a request that was not seen, and would match but for what is unknown of it.

        A predicate that has accepted to judge None has decided.
        """
        if self.criteria.keys().isdisjoint(_OF_REQUEST) or item.exchange is not None or not _came_of_request(item):
            return False
        return all(map(_is_unknown, misses)) if (misses := self.mismatches(item)) else False

    def count_mismatches(self, item: CapturedItem) -> int:
        """How many criteria the item does not match."""
        return sum([not is_match(value_of(item)) for value_of, is_match in self._checks])

    def mismatches(self, item: CapturedItem) -> list[Mismatch]:
        """Every place that keeps the item from matching; empty for an item that matches."""
        return [
            mismatch
            for path, expected, value_of, is_match in self._compiled
            if not is_match(value := value_of(item))
            for mismatch in _reasons(path, expected, value)
        ]


def _unknown_criterion(kind: str, name: str) -> str:
    facts = FACTS[kind]
    if name in facts.instead:
        valid = ", ".join(sorted(facts.fields))
        return f"{kind}s have no criterion {name!r}, because {facts.instead[name]}. Valid: {valid}"
    return did_you_mean(f"criterion for kind {kind!r}:", name, facts.fields, meant=facts.meant.get(name))


def exception_names(item: CapturedItem) -> list[str]:
    """The dotted names of the exceptions behind an item, outermost first; built-in ones bare."""
    if not isinstance(item, CapturedEvent):
        return []
    if item._exception_chain is not None:
        return [_dotted(link.error_type.__module__, link.error_type.__qualname__) for link in item._exception_chain]
    return [_dotted(each.get("module"), each.get("type")) for each in reversed(item.exceptions)]


def _dotted(*parts: object) -> str:
    return ".".join(part for part in parts if isinstance(part, str) and part != "builtins")


def _check_kind(kind: object) -> None:
    if isinstance(kind, type) and issubclass(kind, BaseException):
        raise TypeError(
            f"{kind.__qualname__} is no kind; did you mean exception={kind.__qualname__}?"
            f" Valid kinds: {', '.join(sorted(CRITERIA))}"
        )
    if not isinstance(kind, str) or kind not in CRITERIA:
        raise ValueError(did_you_mean("kind", str(kind), CRITERIA))


def _came_of_request(item: CapturedItem) -> bool:
    if isinstance(item, CapturedSegment) and item.is_span:
        return item.method is not None or item.source in _SOURCES_OF_REQUESTS
    info = item.get("transaction_info")
    return bool(item.get("request")) or (isinstance(info, dict) and info.get("source") in _SOURCES_OF_REQUESTS)


def _is_unknown(mismatch: Mismatch) -> bool:
    has_decided = callable(mismatch.expected) and mismatch.error is None
    return mismatch.path in _OF_REQUEST and mismatch.found is None and not has_decided


def _check(field: Field, name: str, expected: Any) -> None:
    if field.is_searched:
        _check_text(name, expected)
    if field.sort in _VALUES:
        _check_sort(name, expected, _VALUES[field.sort])
    if field.sort is Sort.SEGMENT_STATUS:
        _check_segment_status(expected)
    if field.sort is not Sort.EXCEPTION:
        _check_value(name, expected)


def _compiled(kind: str, name: str, expected: Any) -> Iterator[Criterion]:
    field = FACTS[kind].fields[name]
    _check(field, name, expected)
    if field.sort is Sort.PATHS:
        yield from (_at_path(path, each) for path, each in _checked_paths(kind, expected).items())
    elif field.sort is Sort.EXCEPTION:
        yield Criterion(name, expected, _itself, _exception_comparison(expected))
    elif field.sort is Sort.BREADCRUMBS:
        yield Criterion(name, expected, attrgetter(name), _any_one(expected) if expected is not None else not_)
    elif field.is_section and expected is None:
        yield Criterion(name, expected, _or_none(name) if field.is_derived else _of_payload(name), comparison(expected))
    elif field.is_of_payload:
        yield Criterion(name, expected, _of_payload(name), comparison(expected))
    else:
        yield Criterion(name, expected, attrgetter(name), comparison(expected))


def _check_text(name: str, expected: Any) -> None:
    for text in _choices(expected):
        if type(text) is str and _REGEX_ONLY.search(text):
            raise ValueError(
                f"{name}={text!r} is a plain text, which is compared as a whole, but looks like a regex:"
                f" valid is {name}=re.compile({text!r}), or re.compile(re.escape(…)) if it is no regex"
            )


def _check_sort(name: str, expected: Any, values: _Values) -> None:
    """A plain value of another sort equals no value that can be there, so that its absence would prove nothing."""
    if isinstance(expected, (*_COLLECTIONS, range)) and not expected:
        raise TypeError(_matches_nothing(name, expected, "it is empty", values))
    for each in _choices(expected):
        if type(each) in _PLAIN_VALUES and type(each) not in values.types:
            raise TypeError(_matches_nothing(name, each, f"{name} is {values.name}", values))


def _check_segment_status(expected: Any) -> None:
    """Segments know two words, whatever the SDK's own is: the absence of any other would prove nothing."""
    for each in _choices(expected):
        is_text = isinstance(each, re.Pattern) or (isinstance(each, str) and type(each).__eq__ is str.__eq__)
        if each is None or (is_text and not any(map(comparison(each), SEGMENT_STATUSES))):
            reason = "the status of a segment is 'ok' or 'error'"
            raise ValueError(
                f"{_matches_nothing('status', each, reason, _VALUES[Sort.SEGMENT_STATUS])}. {_ABOUT_OWN_WORDS}"
            )


def _matches_nothing(name: str, expected: Any, reason: str, values: _Values) -> str:
    return f"{name}={expected!r} matches nothing, because {reason}. Valid are {values.valid}"


def _choices(expected: Any) -> Iterable[Any]:
    """Each of what a list offers; what is no list offers itself."""
    return expected if isinstance(expected, _COLLECTIONS) else (expected,)


def _check_value(path: str, expected: Any) -> None:
    """A class without an equality of its own equals no value, so that its absence would prove nothing."""
    if isinstance(expected, type) and type(expected).__eq__ is type.__eq__:
        meant = f"; did you mean exception={expected.__qualname__}?" if issubclass(expected, BaseException) else "."
        raise TypeError(
            f"{path}={expected.__qualname__} is a class, which equals no value{meant} Valid are values, patterns and"
            " predicates"
        )
    if type(expected) is dict:
        for key, each in expected.items():
            _check_value(f"{path}.{key}", each)
    elif type(expected) in (list, tuple, set, frozenset):
        for each in expected:
            _check_value(path, each)


def _at_path(path: str, expected: Any) -> Criterion:
    parts = path.split(".")
    return Criterion(path, expected, lambda item: resolve_parts(item, parts), comparison(expected))


def _checked_paths(kind: str, paths: Any) -> Mapping[str, Any]:
    if not isinstance(paths, Mapping):
        raise TypeError(
            f"where must be a mapping from paths to what is expected there, such as {{'contexts.trace.op': 'db'}},"
            f" not {paths!r}"
        )
    for path in paths:
        if not isinstance(path, str):
            raise TypeError(f"{path!r} in where is no path; paths look like 'contexts.response.status_code'")
        if not all(path.split(".")):
            raise ValueError(f"{path!r} in where is no path; paths look like 'contexts.response.status_code'")
        if path.split(".")[0] not in FACTS[kind].paths:
            first = path.split(".")[0]
            raise ValueError(
                f"{path!r} in where: {did_you_mean(f'attribute of kind {kind!r}:', first, FACTS[kind].paths)}"
            )
    return paths


def _itself(item: CapturedItem) -> CapturedItem:
    return item


def _of_payload(name: str) -> Callable[[CapturedItem], Any]:
    return lambda item: item.get(name)


def _or_none(name: str) -> Callable[[CapturedItem], Any]:
    return lambda item: getattr(item, name) or None


def _any_one(expected: Any) -> Comparison:
    """A list of breadcrumbs in which every expected one is found."""
    comparisons = [comparison(each) for each in _breadcrumbs(expected)]
    return lambda found: all(any(is_match(each) for each in found) for is_match in comparisons)


def _exception_comparison(expected: Any) -> Comparison:
    if isinstance(expected, _COLLECTIONS):
        choices = [_exception_comparison(each) for each in expected]
        return lambda item: any(choice(item) for choice in choices)
    if expected is None:
        return lambda item: item._exception_chain is None and not item.exceptions
    if isinstance(expected, type) and type(expected).__eq__ is type.__eq__:
        return _exception_class_comparison(expected)
    if isinstance(expected, BaseException):
        raise TypeError(
            f"exception={expected!r} is an instance, which equals no other; valid are its class,"
            f" exception={type(expected).__name__}, and message={str(expected)!r} beside it"
        )
    if isinstance(expected, str):
        return lambda item: _has_exception_named(item, expected)
    if isinstance(expected, re.Pattern):
        return lambda item: any(expected.search(name) for name in exception_names(item))
    if isinstance(expected, (int, float, bytes, Mapping)):
        raise TypeError(
            f"exception={expected!r} is neither an exception class nor its name; valid are a class, a bare or dotted"
            " name, a compiled regex for the dotted name, a predicate, None, and a list of these"
        )
    is_match = comparison(expected)
    return lambda item: any(is_match(link.value) for link in item._exception_chain or () if link.value is not None)


def _exception_class_comparison(expected: type) -> Comparison:
    if not issubclass(expected, BaseException):
        raise TypeError(
            f"exception={expected.__name__} is a class, but no exception class; valid are classes that derive from"
            " BaseException, such as exception=ValueError, and names of such classes"
        )

    def is_match(item: CapturedEvent) -> bool:
        chain: ExceptionChain | None = item._exception_chain
        if chain is None:
            return any(
                each.get("type") == expected.__name__ and each.get("module") in (None, expected.__module__)
                for each in item.exceptions
            )
        for link in chain:  # noqa: SIM110
            if link.is_a(expected):
                return True
        return False

    return is_match


def _has_exception_named(item: CapturedEvent, name: str) -> bool:
    if item._exception_chain is not None and any(link.is_named(name) for link in item._exception_chain):
        return True
    return any(name in (each.get("type"), f"{each.get('module')}.{each.get('type')}") for each in item.exceptions)


def _reasons(path: str, expected: Any, found: Any) -> Iterator[Mismatch]:
    if path == "exception" and isinstance(found, CapturedItem):
        yield Mismatch(path, expected, tuple(exception_names(found)) or MISSING)
    elif path == "breadcrumbs" and expected is not None:
        yield from _missing_breadcrumbs(expected, found)
    else:
        yield from mismatches(path, expected, found)


def _missing_breadcrumbs(expected: Any, found: list[Any]) -> Iterator[Mismatch]:
    """Where the nearest breadcrumb differs, for each that is not among them; of those equally near the latest."""
    for each in _breadcrumbs(expected):
        differences = [
            [*mismatches(f"breadcrumbs.{index}", each, crumb)] for index, crumb in reversed([*enumerate(found)])
        ]
        if not any(map(comparison(each), found)):
            yield from min(differences, key=len, default=[Mismatch("breadcrumbs", each, MISSING)])


def _breadcrumbs(expected: Any) -> list[Any]:
    return [*expected] if isinstance(expected, (list, tuple)) else [expected]

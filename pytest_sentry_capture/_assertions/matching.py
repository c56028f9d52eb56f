"""Criteria: one vocabulary that says which captured items are intended, and why one is not."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from operator import attrgetter, not_
from typing import Any, Final, NamedTuple

from pytest_sentry_capture._assertions.comparisons import Comparison, Mismatch, comparison, mismatches
from pytest_sentry_capture._assertions.criteria_checks import COLLECTIONS, check_criterion, is_plain_class
from pytest_sentry_capture._recording import (
    MISSING,
    OF_OPERATION,
    CapturedItem,
    Discard,
    ExceptionChain,
    Exchange,
    Job,
    Operation,
    Sort,
    exception_words,
    resolve_parts,
)
from pytest_sentry_capture._recording.kinds import CLASS_OF_KIND, FACTS, CapturedEvent
from pytest_sentry_capture._text import did_you_mean, listed

CRITERIA: Final[Mapping[str, tuple[str, ...]]] = {kind: tuple(facts.fields) for kind, facts in FACTS.items()}
"""The criteria of each kind, which are its fields."""

_SLOW: Final = ("exception", "exception_message", "message", "breadcrumbs", "where")
"""What reads much of a payload: asked last, it is not asked at all of most items."""
_OF_OPERATION: Final = frozenset(("exception", *OF_OPERATION))


_ATTRIBUTES: Final = {"job": "_job_name"}
"""Where the value of a criterion stands, if not in the attribute of its name."""
_OF_LOG_RECORDS: Final = frozenset(("logger", "level", "message"))
"""What makes out a log record."""


class SeenOperation:
    """An operation with the shortcuts of an event."""

    exceptions: tuple[()] = ()
    status_code: int | None = None
    method: str | None = None
    path: str | None = None
    route: str | None = None
    job_status: str | None = None
    _job_name: str | None = None

    def __init__(self, operation: Operation) -> None:
        self._exception_chain = operation._chain
        if isinstance(operation, Exchange):
            self.status_code = operation.status
            self.method = operation.method
            self.path = operation.path
            self.route = operation.route
        elif isinstance(operation, Job):
            self._job_name = operation.name
            self.job_status = operation.status


class Criterion(NamedTuple):
    """One criterion, ready to be asked: where it looks, and how it compares what it finds.

    Attributes:
        in_payload: whether the path is one in ``where``.
    """

    path: str
    expected: Any
    value_of: Callable[[Any], Any]
    is_match: Comparison
    in_payload: bool = False


class Matcher:
    """Compiled criteria for items of one kind.

    Attributes:
        kind: the kind.
        criteria: as they were given.
        compiled: the same, ready to be asked.
        item_class: the class of the kind's items.
        facts: what is known of the kind.

    Raises:
        ValueError: the kind is unknown, a path in ``where`` is not one, or no segment has such a status.
        TypeError: a criterion is unknown for the kind, what is given for ``exception`` can't be one, a class is given
            anywhere else, or a value is of a sort that the criterion never has, such as a text for a status code or
            for a mapping.
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
        self.compiled = [
            each for name, expected in criteria.items() for each in compiled_criteria(kind, name, expected, criteria)
        ]
        in_order_of_cost = sorted(self.compiled, key=lambda criterion: criterion.path in _SLOW)
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

    def matches_operation(self, operation: Operation) -> bool:
        """Whether an operation, during which nothing may have been captured, meets all criteria.

        No operation meets criteria that ask about more than an operation has, or about nothing.
        """
        if not self.criteria or not self.criteria.keys() <= _OF_OPERATION:
            return False
        seen = SeenOperation(operation)
        return all(is_match(value_of(seen)) for value_of, is_match in self._checks)

    def count_mismatches(self, item: CapturedItem) -> int:
        """How many criteria the item does not match."""
        return sum([not is_match(value_of(item)) for value_of, is_match in self._checks])

    def mismatches(self, item: CapturedItem) -> list[Mismatch]:
        """Every place that keeps the item from matching. Empty for an item that matches."""
        return [
            mismatch
            for path, expected, value_of, is_match, _ in self.compiled
            if not is_match(value := value_of(item))
            for mismatch in _reasons(path, expected, value)
        ]


def _unknown_criterion(kind: str, name: str) -> str:
    facts = FACTS[kind]
    if name in facts.instead:
        valid = listed(facts.fields, near=name)
        return f"{kind}s have no criterion {name!r}, because {facts.instead[name]}. Valid: {valid}"
    return did_you_mean(f"criterion for kind {kind!r}:", name, facts.fields, meant=facts.meant.get(name))


def exception_names(item: CapturedItem) -> list[str]:
    """The dotted names of the exceptions behind an item, outermost first. Built-in ones bare."""
    return _names_of(item) if isinstance(item, CapturedEvent) else []


def _names_of(item: CapturedEvent | _OneException) -> list[str]:
    if item._exception_chain is not None:
        return [_dotted_class(link.error_type) for link in item._exception_chain]
    return [_dotted(each.get("module"), each.get("type")) for each in reversed(item.exceptions)]


def _described_exceptions(item: CapturedEvent) -> str:
    """The dotted names of the exceptions, and how they belong together."""
    in_payload = exception_words(item._related_exceptions, lambda each: _dotted(each.get("module"), each.get("type")))
    return in_payload or " from ".join(_names_of(item))


def _dotted_class(error_type: type[BaseException]) -> str:
    return _dotted(error_type.__module__, error_type.__qualname__)


def _dotted(*parts: object) -> str:
    return ".".join(part for part in parts if isinstance(part, str) and part != "builtins")


def _check_kind(kind: object) -> None:
    if isinstance(kind, type) and issubclass(kind, BaseException):
        raise TypeError(
            f"{kind.__qualname__} is not a kind; did you mean exception={kind.__qualname__}?"
            f" Valid kinds: {listed(CRITERIA)}"
        )
    if not isinstance(kind, str) or kind not in CRITERIA:
        raise ValueError(did_you_mean("kind", str(kind), CRITERIA))


def compiled_criteria(kind: str, name: str, expected: Any, others: Mapping[str, Any] | None = None) -> list[Criterion]:
    """A criterion of a kind, ready to be asked: one for each path in ``where``, else one.

    Args:
        kind: the kind.
        name: of the criterion.
        expected: what is asked for.
        others: all criteria that are given: the message of an exception is that of one which is asked for too.

    Raises:
        ValueError: see ``Matcher``.
        TypeError: see ``Matcher``.
    """
    field = FACTS[kind].fields[name]
    check_criterion(field, name, expected)
    if field.sort is Sort.PATHS:
        return [_at_path(path, each) for path, each in _checked_paths(kind, expected).items()]
    if field.sort is Sort.EXCEPTION:
        return [Criterion(name, expected, _itself, _exception_comparison(expected))]
    if field.sort is Sort.EXCEPTION_MESSAGE:
        return [Criterion(name, expected, _itself, _message_comparison(expected, others or {}))]
    if field.sort is Sort.BREADCRUMBS:
        is_match = _any_one(expected) if expected is not None else not_
        return [Criterion(name, expected, attrgetter(name), is_match)]
    is_absence = field.is_section and expected is None
    value_of: Callable[[Any], Any]
    if field.is_of_payload or (is_absence and not field.is_derived):
        value_of = _of_payload(name)
    else:
        value_of = _or_none(name) if is_absence else attrgetter(_ATTRIBUTES.get(name, name))
    return [Criterion(name, expected, value_of, comparison(expected))]


def _at_path(path: str, expected: Any) -> Criterion:
    parts = path.split(".")
    return Criterion(path, expected, lambda item: resolve_parts(item, parts), comparison(expected), in_payload=True)


def _checked_paths(kind: str, paths: Any) -> Mapping[str, Any]:
    if not isinstance(paths, Mapping):
        raise TypeError(
            f"where must be a mapping from paths to what is expected there, such as {{'contexts.trace.op': 'db'}},"
            f" not {paths!r}"
        )
    for path in paths:
        if not isinstance(path, str):
            raise TypeError(f"{path!r} in where is not a path. Paths look like 'contexts.response.status_code'")
        if not all(path.split(".")):
            raise ValueError(f"{path!r} in where is not a path. Paths look like 'contexts.response.status_code'")
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
    if isinstance(expected, COLLECTIONS):
        choices = [_exception_comparison(each) for each in expected]
        return lambda item: any(choice(item) for choice in choices)
    if expected is None:
        return lambda item: item._exception_chain is None and not item.exceptions
    if is_plain_class(expected):
        return _exception_class_comparison(expected)
    if isinstance(expected, str):
        return lambda item: _has_exception_named(item, expected)
    if isinstance(expected, re.Pattern):
        return lambda item: any(expected.search(name) for name in _names_of(item))
    is_match = comparison(expected)
    return lambda item: any(is_match(link.value) for link in item._exception_chain or () if link.value is not None)


def _message_comparison(expected: Any, others: Mapping[str, Any]) -> Comparison:
    """Whether an exception has this message, which is one of those that are asked for."""
    is_match = comparison(expected)
    is_meant = _exception_comparison(others["exception"]) if others.get("exception") is not None else None

    def has_message(item: CapturedEvent) -> bool:
        exceptions = [_OneException(each, item._exception_chain) for each in item._outermost_first]
        meant = exceptions if is_meant is None else [each for each in exceptions if is_meant(each)]
        return any(is_match(each.message) for each in meant)

    return has_message


class _OneException:
    """One exception of an event, with the shortcuts of an event that has no other."""

    def __init__(self, exception: Mapping[str, Any], chain: ExceptionChain | None) -> None:
        self.exceptions = (exception,)
        name = _dotted(exception.get("module"), exception.get("type"))
        links = [
            link for link in chain or () if name == _dotted(link.error_type.__module__, link.error_type.__qualname__)
        ]
        self._exception_chain = ExceptionChain(links) if links else None
        self.message = exception.get("value")


def _exception_class_comparison(expected: type[BaseException]) -> Comparison:
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
    if path == "exception" and isinstance(found, CapturedEvent):
        described = _described_exceptions(found)
        yield Mismatch(path, expected, (described,) if described else MISSING)
    elif path == "exception_message" and isinstance(found, CapturedEvent):
        yield Mismatch(path, expected, found.exception_message or MISSING)
    elif path == "breadcrumbs" and expected is not None:
        yield from _missing_breadcrumbs(expected, found)
    else:
        yield from mismatches(path, expected, found)


def _missing_breadcrumbs(expected: Any, found: list[Any]) -> Iterator[Mismatch]:
    """Where the nearest breadcrumb differs, for each that is not among them. Of those equally near the latest."""
    for each in _breadcrumbs(expected):
        differences = [
            [*mismatches(f"breadcrumbs.{index}", each, crumb)] for index, crumb in reversed([*enumerate(found)])
        ]
        if not any(map(comparison(each), found)):
            yield from min(differences, key=len, default=[Mismatch("breadcrumbs", each, MISSING)])


def _breadcrumbs(expected: Any) -> list[Any]:
    return [*expected] if isinstance(expected, (list, tuple)) else [expected]

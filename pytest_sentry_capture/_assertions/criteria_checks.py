"""What is refused when it is asked for, because nothing could ever match it: its absence would prove nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from enum import Enum
from pathlib import PurePath
from typing import Any, Final, NamedTuple
from uuid import UUID

from pytest_sentry_capture._assertions.comparisons import comparison
from pytest_sentry_capture._recording import SEGMENT_STATUSES, Field, Sort

COLLECTIONS: Final = (list, tuple, set, frozenset)
"""What offers several values, of which one matches."""


class _Values(NamedTuple):
    """The values that a criterion always has, by their sort."""

    name: str
    types: frozenset[type]
    """The plain types that can equal it."""
    valid: str


_PLAIN_VALUES: Final = frozenset((str, bytes, int, float, bool, dict, range, date, datetime, time, re.Pattern))
_NEVER_IN_JSON: Final = (bytes, bytearray, date, time, timedelta, UUID, PurePath)
"""What does not equal anything that a payload can hold, though it has its own equality."""
_ALWAYS_VALID: Final = "a predicate, None, or a list of these"
_PLAIN_TEXTS: Final = frozenset((str, re.Pattern))
_MAPPINGS: Final = frozenset((dict,))
_VALUES: Final[Mapping[Sort, _Values]] = {
    Sort.TEXT: _Values(
        "a string",
        _PLAIN_TEXTS,
        f'a string, re.compile(…), which is {{ regex = "…" }} in a configuration, {_ALWAYS_VALID}',
    ),
    Sort.NUMBER: _Values("a number", frozenset((int, float, bool, range)), f"a number, a range, {_ALWAYS_VALID}"),
    Sort.TRUTH: _Values("true or false", frozenset((bool, int, float, range)), f"true or false, {_ALWAYS_VALID}"),
    Sort.MAPPING: _Values("a mapping", _MAPPINGS, f"a mapping, {_ALWAYS_VALID}"),
    Sort.EXCEPTION_MESSAGE: _Values(
        "a string",
        _PLAIN_TEXTS,
        f'a string, re.compile(…), which is {{ regex = "…" }} in a configuration, {_ALWAYS_VALID}',
    ),
    Sort.BREADCRUMBS: _Values("a list of mappings", _MAPPINGS, f"a mapping, {_ALWAYS_VALID}"),
    Sort.LIST: _Values(
        "a list, which is compared as a whole", frozenset(), "a list, a set of tuples (one of these), a predicate, None"
    ),
    Sort.SEGMENT_STATUS: _Values(
        "a string", _PLAIN_TEXTS, "'ok', 'error', a regex that matches one of them, a predicate, or a list of these"
    ),
}
_ABOUT_OWN_WORDS: Final = (
    "For the SDK's own status, use its path: where={'contexts.trace.status': 'internal_error'} in a transaction,"
    " where={'status': …} in a span"
)
_VALID_EXCEPTIONS: Final = (
    "pass a class, a bare or dotted name, a compiled regex for the dotted name, a predicate, None, or a list of these"
)


def check_criterion(field: Field, name: str, expected: Any) -> None:
    """Refuse what no value of a field matches.

    Raises:
        TypeError: it is of a sort that the field never has.
        ValueError: no segment has such a status.
    """
    if field.sort is Sort.EXCEPTION:
        _check_exceptions(expected)
        return
    if field.sort is Sort.LIST:
        _check_list(name, expected)
    elif field.sort in _VALUES:
        _check_sort(name, expected, _VALUES[field.sort])
    if field.sort is Sort.SEGMENT_STATUS:
        _check_segment_status(expected)
    _check_value(name, expected)


def choices_in(expected: Any, collections: tuple[type, ...] = COLLECTIONS) -> Iterator[Any]:
    """Each of what a list offers, be it in lists again. What is not a list offers itself."""
    if isinstance(expected, collections):
        each: Any
        for each in expected:  # type: ignore[attr-defined]
            yield from choices_in(each, collections)
    else:
        yield expected


def is_plain_class(expected: object) -> bool:
    """Whether it is a class that does not stand for a comparison, as those of dirty-equals do."""
    return isinstance(expected, type) and type(expected).__eq__ is type.__eq__


def _check_sort(name: str, expected: Any, values: _Values) -> None:
    """A plain value of another sort does not equal any value that can be there."""
    is_empty = isinstance(expected, (*COLLECTIONS, range)) and not expected
    if is_empty and values is not _VALUES[Sort.BREADCRUMBS]:  # of which all that are asked for are there
        raise TypeError(_matches_nothing(name, expected, "it is empty", values))
    for each in choices_in(expected):
        if type(each) in _PLAIN_VALUES and type(each) not in values.types:
            raise TypeError(_matches_nothing(name, each, f"{name} is {values.name}", values))


def _check_list(name: str, expected: Any) -> None:
    """A list is compared as a whole, so that only a set offers several. No mapping, text or number equals a list."""
    values = _VALUES[Sort.LIST]
    if isinstance(expected, (list, tuple)):
        if expected and all(isinstance(each, (list, tuple)) for each in expected):
            raise TypeError(_matches_nothing(name, expected, f"no {name} is a list of lists", values))
        return
    if isinstance(expected, (set, frozenset)) and not expected:
        raise TypeError(_matches_nothing(name, expected, "it is empty", values))
    for each in choices_in(expected, (set, frozenset)):
        if type(each) in _PLAIN_VALUES:
            raise TypeError(_matches_nothing(name, each, f"{name} is {values.name}", values))


def _check_segment_status(expected: Any) -> None:
    """Segments know two words, whatever the SDK's own is."""
    for each in choices_in(expected):
        is_text = isinstance(each, re.Pattern) or (isinstance(each, str) and type(each).__eq__ is str.__eq__)
        if each is None or (is_text and not any(map(comparison(each), SEGMENT_STATUSES))):
            reason = "the status of a segment is 'ok' or 'error'"
            raise ValueError(
                f"{_matches_nothing('status', each, reason, _VALUES[Sort.SEGMENT_STATUS])}. {_ABOUT_OWN_WORDS}"
            )


def _matches_nothing(name: str, expected: Any, reason: str, values: _Values) -> str:
    return f"{name}={expected!r} matches nothing, because {reason}. Pass {values.valid}"


def _check_exceptions(expected: Any) -> None:
    if isinstance(expected, COLLECTIONS) and not expected:
        raise TypeError(f"exception={expected!r} matches nothing, because it is empty; {_VALID_EXCEPTIONS}")
    for each in choices_in(expected):
        _check_exception(each)


def _check_exception(expected: Any) -> None:
    if is_plain_class(expected):
        if not issubclass(expected, BaseException):
            raise TypeError(
                f"exception={expected.__name__} is a class, but not an exception class. Pass a class that derives from"
                " BaseException, such as exception=ValueError, or the name of one"
            )
    elif isinstance(expected, BaseException):
        raise TypeError(
            f"exception={expected!r} is an instance. Pass its class,"
            f" exception={type(expected).__name__}, and message={str(expected)!r} beside it"
        )
    elif isinstance(expected, (int, float, range, Mapping)) or _equals_nothing(expected):
        raise TypeError(f"exception={expected!r} is neither an exception class nor its name; {_VALID_EXCEPTIONS}")


def _check_value(path: str, expected: Any) -> None:
    """Neither a class nor an object without an equality of its own equals a value of a payload."""
    if is_plain_class(expected):
        meant = f"; did you mean exception={expected.__qualname__}?" if issubclass(expected, BaseException) else "."
        raise TypeError(f"{path}={expected.__qualname__} is a class{meant} Pass a value, regex or predicate")
    if isinstance(expected, dict):
        for key, each in expected.items():
            _check_value(f"{path}.{key}", each)
    elif isinstance(expected, COLLECTIONS):
        for each in expected:
            _check_value(path, each)
    elif expected is ...:
        raise TypeError(f"{path}=... is a placeholder. Write the expected value in its place")
    elif _equals_nothing(expected):
        name = type(expected).__qualname__
        raise TypeError(
            f"{path}={expected!r} matches nothing, because captured items are JSON, which has no {name}"
            f"{_meant_by(expected)} Pass a JSON value, regex or predicate"
        )


def _meant_by(expected: object) -> str:
    if isinstance(expected, BaseException):
        return f"; did you mean exception={type(expected).__qualname__}?"
    if isinstance(expected, Enum):
        return f"; did you mean {expected._value_!r}?"
    return f"; did you mean {str(expected)!r}?" if isinstance(expected, (UUID, PurePath)) else "."


def _equals_nothing(expected: Any) -> bool:
    """Whether an object does not equal anything that JSON has, and is nothing that judges values either."""
    if expected is None or isinstance(expected, _NEVER_IN_JSON):
        return expected is not None
    is_judge = callable(expected) or isinstance(expected, (re.Pattern, Mapping, range))
    equality: object = type(expected).__eq__
    return equality is object.__eq__ and not is_judge

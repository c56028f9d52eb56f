"""How one expected value is compared with what is there, and what to say where they differ."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from types import FunctionType, TracebackType
from typing import Any, Final

from pytest_sentry_capture._recording import MISSING

Comparison = Callable[[Any], bool]

_ANSWERS: Final = (LookupError, ValueError)
"""What predicates raise about values that are not meant."""

_PLAIN: Final = (str, int, float, bytes)
_BUILTIN_EQUALITY: Final[frozenset[object]] = frozenset(
    kind.__eq__ for kind in (object, type, str, int, float, bool, bytes, type(None))
)
_CERTAINLY_A_REGEX: Final = re.compile(r"^\^|\.[*+]|\\[dDwWsSbB]|\(\?[:=!<P]|\[\^|[^\\]\][*+]")
_PROBABLY_A_REGEX: Final = re.compile(r"\\[^\w\s]|\w\|\w|[\w)\]]\$$|\[[^\]]*\w-\w[^\]]*\]|\{\d+(,\d*)?\}|\)[?*+]|\.\?")
"""What plain texts have too, though seldom."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Why an item does not match: the path, what was expected there, and what is there (``MISSING`` if nothing is).

    ``error`` is what the expected value's own code raised when it was asked.
    """

    path: str
    expected: Any
    found: Any
    error: Exception | None = None


def comparison(expected: Any) -> Comparison:
    """The comparison that an expected value stands for, asked in the order of the vocabulary. It never raises."""
    if expected is None:
        return _is_absent
    if type(expected) in _PLAIN:
        return lambda found: bool(found == expected)
    judgement = own_judgement(expected)
    if judgement is not None:
        return lambda found: found is not MISSING and _holds(judgement, found)
    if isinstance(expected, (list, tuple)):
        return _one_of_or_equal(expected)
    if isinstance(expected, (set, frozenset)):
        return _one_of(expected)
    if isinstance(expected, range):
        return lambda found: isinstance(found, (int, float)) and found in expected
    if isinstance(expected, Mapping):
        return _subset(expected)
    return lambda found: bool(found == expected)


def mismatches(path: str, expected: Any, found: Any) -> Iterator[Mismatch]:
    """Where a value that did not match differs: the innermost places of a subset, else the place itself."""
    if isinstance(expected, Mapping) and isinstance(found, dict) and own_judgement(expected) is None:
        for key, each in expected.items():
            value = found.get(key, MISSING)
            if not comparison(each)(value):
                yield from mismatches(f"{path}.{key}", each, value)
    else:
        yield Mismatch(path, expected, found, _error_of(expected, found))


def read_as_regexes(expected: Any) -> Any:
    """The same expectation, for which texts that look like regexes stand for what they match too, or None without any.

    A string is compared as a whole. One that looks like a regex may have been meant as one anyway.
    """
    if isinstance(expected, str) and type(expected).__eq__ is str.__eq__:
        return _TextOrRegex.of(expected)
    if isinstance(expected, (list, tuple, set, frozenset)):
        return _each_read_as_regex(expected)
    if isinstance(expected, dict):
        read = {key: read_as_regexes(each) for key, each in expected.items()}
        changed = {key: each for key, each in read.items() if each is not None}
        return {**expected, **changed} if changed else None
    return None


def _each_read_as_regex(expected: Collection[Any]) -> Collection[Any] | None:
    read = [read_as_regexes(each) for each in expected]
    if all(each is None for each in read):
        return None
    changed = [one if other is None else other for one, other in zip(expected, read, strict=True)]
    if isinstance(expected, (set, frozenset)):
        return frozenset(changed)
    return tuple(changed) if isinstance(expected, tuple) else changed


def regex_in_text(text: str) -> re.Pattern[str] | None:
    """The regex that a text may have been meant as, or None if it does not look like one, or is not valid."""
    if not (_CERTAINLY_A_REGEX.search(text) or _PROBABLY_A_REGEX.search(text)):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what a later version of Python may read otherwise
        try:
            return re.compile(text)
        except (re.error, RecursionError, OverflowError):
            return None


class _TextOrRegex:
    """A predicate: whether something is this text, or is found by it as a regex."""

    def __init__(self, text: str, regex: re.Pattern[str]) -> None:
        self._text = text
        self._regex = regex
        self._is_certain = _CERTAINLY_A_REGEX.search(text) is not None

    @classmethod
    def of(cls, text: str) -> _TextOrRegex | None:
        regex = regex_in_text(text)
        return cls(text, regex) if regex is not None else None

    def __call__(self, found: object) -> bool:
        if not isinstance(found, str) or self._regex.search(found) is None:
            return bool(found == self._text)
        # Where the text itself is in it, that is why it was found, unless the text is a regex beyond doubt.
        return self._is_certain or self._text not in found or found == self._text


def _is_absent(found: Any) -> bool:
    return found is None or found is MISSING


def own_judgement(expected: Any) -> Comparison | None:
    """The user's code that judges: an equality, a pattern or a predicate."""
    if isinstance(expected, re.Pattern):
        return lambda found: isinstance(found, str) and expected.search(found) is not None
    if isinstance(expected, (dict, list, tuple, set, frozenset, range)):
        return None
    if type(expected).__eq__ not in _BUILTIN_EQUALITY:
        return lambda found: bool(expected == found)
    return expected if callable(expected) and not isinstance(expected, type) else None


def _holds(judgement: Comparison, found: Any) -> bool:
    try:
        return bool(judgement(found))
    except Exception:
        return False


def error_in(expected: Any, found: Any) -> Exception | None:
    """What code in an expectation raised where the value might match without that, or None if it certainly does not.

    That a key is missing, or that text is not a number, is an answer, and so is whatever ``None`` can't be asked.
    """
    if isinstance(expected, Mapping) and own_judgement(expected) is None:
        return _error_in_subset(expected, found) if isinstance(found, dict) else None
    if isinstance(expected, (list, tuple, set, frozenset)):
        return next((error for each in expected if (error := error_in(each, found)) is not None), None)
    error = _error_of(expected, found)
    is_answer = isinstance(error, _ANSWERS) or (found is None and not _was_called_wrongly(error, expected))
    return None if is_answer else error


def _error_in_subset(expected: Mapping[Any, Any], found: dict[Any, Any]) -> Exception | None:
    errors: list[Exception] = []
    for key, each in expected.items():
        value = found.get(key, MISSING)
        if comparison(each)(value):
            continue
        error = error_in(each, value)
        if error is None:
            return None
        errors.append(error)
    return errors[0] if errors else None


def _was_called_wrongly(error: Exception | None, called: object) -> bool:
    """Whether a function of the user's raised nothing itself, but does not take one value."""
    traceback = error.__traceback__ if error is not None else None
    return isinstance(error, TypeError) and type(called) is FunctionType and _frames_of(traceback) == 1


def _frames_of(traceback: TracebackType | None) -> int:
    number = 0
    while traceback is not None:
        number, traceback = number + 1, traceback.tb_next
    return number


def _error_of(expected: Any, found: Any) -> Exception | None:
    judgement = own_judgement(expected)
    if judgement is None or found is MISSING:
        return None
    try:
        bool(judgement(found))
    except Exception as error:
        return error
    return None


def _one_of(expected: Any) -> Comparison:
    choices = [comparison(each) for each in expected]
    return lambda found: any(choice(found) for choice in choices)


def _one_of_or_equal(expected: Any) -> Comparison:
    is_one_of, is_whole = _one_of(expected), _whole(expected)
    return lambda found: is_whole(found) if isinstance(found, list) else is_one_of(found)


def _whole(expected: Any) -> Comparison:
    """All elements in their order: equal, or accepted by what judges in their place, such as a pattern."""
    whole = list(expected)
    if all(type(each) in _PLAIN for each in whole):
        return lambda found: bool(found == whole)
    parts = [_element(each) for each in whole]
    return lambda found: (
        isinstance(found, list)
        and len(found) == len(parts)
        and all(is_match(each) for is_match, each in zip(parts, found, strict=True))
    )


def _element(expected: Any) -> Comparison:
    if isinstance(expected, (list, tuple)):
        return _whole(expected)
    judgement = own_judgement(expected) or (lambda found: bool(found == expected))
    return lambda found: _holds(judgement, found)


def _subset(expected: Mapping[Any, Any]) -> Comparison:
    if all(type(value) in _PLAIN for value in expected.values()):
        return _plain_subset(tuple(expected.items()))
    parts = [(key, comparison(each)) for key, each in expected.items()]
    return lambda found: isinstance(found, dict) and all(part(found.get(key, MISSING)) for key, part in parts)


def _plain_subset(expected: tuple[tuple[Any, Any], ...]) -> Comparison:
    def is_match(found: Any) -> bool:
        if not isinstance(found, dict):
            return False
        for key, value in expected:  # noqa: SIM110  (a generator would double the time)
            if found.get(key, MISSING) != value:
                return False
        return True

    return is_match

"""Why the absence of what criteria ask for may prove nothing, although no item matches them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, Final, NamedTuple

from pytest_sentry_capture._assertions.comparisons import (
    Comparison,
    comparison,
    error_in,
    own_judgement,
    read_as_regexes,
    regex_in_text,
)
from pytest_sentry_capture._assertions.criteria_checks import COLLECTIONS, choices_in, is_plain_class
from pytest_sentry_capture._assertions.exception_classes import classes_in_payload, is_loaded, names_of, nearest_name
from pytest_sentry_capture._assertions.matching import Criterion, Matcher, SeenOperation, compiled_criteria
from pytest_sentry_capture._recording import (
    MISSING,
    Capture,
    CapturedItem,
    Discard,
    Entry,
    ExceptionChain,
    KnownValues,
    Operation,
    Sort,
)
from pytest_sentry_capture._recording.kinds import CapturedEvent

_PYTHON: Final = "python"
_ONLY_A_NAME: Final = "only the name of its class is known, not its base classes"
_ONLY_A_PAYLOAD: Final = "only its payload is known, not the exception itself"
_NOT_KEPT: Final = "it was captured before the test used the fixture"
_IN_CHILD: Final = "it was captured in a forked child, and the exception itself stayed there"
_ANY_WORDS: Final = ("", "another", "Another One", "ANOTHER", "another_one-2.0")
"""Texts of which no list knows. A regex that one of them matches asks for whatever is not in the list."""


class Uncertainty(NamedTuple):
    """Why an item that does not match a criterion may be meant by it anyway.

    Attributes:
        path: of the criterion.
        expected: what the criterion asks for.
        why: why the item's value is unknown, in words for users, or None if it is known.
        found: the value that a text matches as a regex, which it looks like. ``MISSING`` where it is unknown.
    """

    path: str
    expected: Any
    why: str | None
    found: Any = MISSING


class UnlikelyValue(NamedTuple):
    """A value that a criterion asks for, and that none has where all follows Sentry's documentation.

    Attributes:
        path: the criterion, or the place below it.
        value: what is asked for.
        known: the values that are valid there.
        criterion: which it is a part of.
        below: the keys that lead to it in the criterion's mappings.
    """

    path: str
    value: Any
    known: KnownValues
    criterion: Criterion
    below: tuple[str, ...]

    @property
    def nearest(self) -> object:
        """The valid value that is intended, or None if nothing tells."""
        return self.known.nearest(self.value)

    def is_in(self, item: CapturedItem | SeenOperation) -> bool:
        """Whether an item, or an operation, has this value anyway."""
        try:
            found = self.criterion.value_of(item)
        except AttributeError:  # of an operation, which has few of an item's attributes
            return False
        return any(map(comparison(self.value), _below(found, self.below)))


class Doubts:
    """What is doubtful about an absence.

    Args:
        matcher: what is absent.
    """

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._classes_of_payloads: dict[tuple[str | None, str], list[type[BaseException]]] = {}

    def about(self, item: CapturedItem) -> list[Uncertainty]:
        """Why it cannot be determined that an item is not meant, empty if it matches, or is certainly not meant.

        What is unknown may be anything, whatever is expected there: a predicate too would be asked about a value that
        is not the real one.
        """
        found: list[Uncertainty] = []
        for criterion, reading in self._readings:
            value = criterion.value_of(item)
            if criterion.is_match(value):
                continue
            if (why := self._why_unknown(criterion, item, value)) is not None:
                found.append(Uncertainty(criterion.path, criterion.expected, why))
            elif reading is not None and reading(value):
                found.append(Uncertainty(criterion.path, criterion.expected, None, value))
            elif (error := self._error_in(criterion, value)) is not None:
                why = f"this raised {type(error).__name__} when it was asked"
                found.append(Uncertainty(criterion.path, criterion.expected, why))
            else:
                return []
        return found

    @cached_property
    def unlikely_values(self) -> list[UnlikelyValue]:
        """The values asked for that nothing has where all follows Sentry's documentation."""
        return [each for criterion in self._matcher.compiled for each in self._unlikely_in(criterion)]

    def impossible_values(self, items: Iterable[CapturedItem], operations: Iterable[Operation]) -> list[UnlikelyValue]:
        """The values asked for of which that is true, and which nothing has that a test has seen.

        Args:
            items: captured and discarded items of the kind.
            operations: the operations.
        """
        if not self.unlikely_values:
            return []
        seen: list[Any] = [*items, *map(SeenOperation, operations)]
        return [each for each in self.unlikely_values if not any(map(each.is_in, seen))]

    @cached_property
    def exception_names(self) -> list[str]:
        """The names of exception classes that are asked for."""
        if "exception" not in self._matcher.criteria:
            return []
        return [each for each in choices_in(self._matcher.criteria["exception"]) if isinstance(each, str)]

    def unknown_exceptions(
        self, items: Iterable[CapturedItem], operations: Iterable[Operation]
    ) -> dict[str, str | None]:
        """The names asked for that no loaded class has, nor anything that a test has seen, with the nearest of each.

        Args:
            items: see ``impossible_values``.
            operations: see ``impossible_values``.
        """
        names = [name for name in self.exception_names if not is_loaded(name)]
        if not names:
            return {}
        seen = [*items, *map(SeenOperation, operations)]
        asked = {name: compiled_criteria(CapturedEvent.kind, "exception", name)[0].is_match for name in names}
        unseen = [name for name, is_match in asked.items() if not any(map(is_match, seen))]
        return {name: nearest_name(name) for name in unseen}

    @cached_property
    def _readings(self) -> list[tuple[Criterion, Comparison | None]]:
        """Each criterion, and the same with its texts that look like regexes read as such, where there are any."""
        return [(each, self._read_as_regexes(each)) for each in self._matcher.compiled]

    def _sort_of(self, criterion: Criterion) -> Sort:
        return Sort.ANY if criterion.in_payload else self._matcher.facts.fields[criterion.path].sort

    def _read_as_regexes(self, criterion: Criterion) -> Comparison | None:
        if self._sort_of(criterion) is Sort.EXCEPTION:
            texts = (each for each in choices_in(criterion.expected) if isinstance(each, str))
            reading: Any = [regex for text in texts if (regex := regex_in_text(text)) is not None] or None
        else:
            reading = read_as_regexes(criterion.expected)
        if reading is None:
            return None
        if criterion.in_payload:
            return comparison(reading)
        return compiled_criteria(self._matcher.kind, criterion.path, reading)[0].is_match

    def _error_in(self, criterion: Criterion, value: Any) -> Exception | None:
        return None if self._sort_of(criterion) is Sort.EXCEPTION else error_in(criterion.expected, value)

    def _why_unknown(self, criterion: Criterion, item: CapturedItem, value: Any) -> str | None:
        """Why it is unknown of an item whether it matches a criterion, or None if it certainly does not."""
        if self._sort_of(criterion) is Sort.EXCEPTION:
            return self._why_exception_is_unknown(item, criterion.expected) if isinstance(item, CapturedEvent) else None
        path, facts = criterion.path, self._matcher.facts
        is_own_field = path in facts.fields and (not criterion.in_payload or path in facts.paths)
        unknown = item._unknown(path) if is_own_field and (value is None or value is MISSING) else None
        if unknown is None or not (unknown.may_be is None or any(map(criterion.is_match, unknown.may_be))):
            return None
        return unknown.why

    def _why_exception_is_unknown(self, item: CapturedEvent, expected: Any) -> str | None:
        """Why it is unknown whether an exception of an item matches, or None if it certainly does not."""
        chain: ExceptionChain | None = item._exception_chain
        if chain is not None:
            is_judged_alive = any(map(_judges_exceptions, choices_in(expected)))
            if not is_judged_alive or all(link.value is not None for link in chain):
                return None
            return _NOT_KEPT if item._process is None else _IN_CHILD
        if not item.exceptions:
            return None
        reasons = (self._why_payload_says_nothing(item, choice) for choice in choices_in(expected))
        return next((reason for reason in reasons if reason is not None), None)

    def _why_payload_says_nothing(self, item: CapturedEvent, choice: Any) -> str | None:
        """Why the exceptions of a payload, which has only their names, may match, or None if they certainly don't."""
        if _judges_exceptions(choice):
            return _ONLY_A_PAYLOAD
        if choice is None or isinstance(choice, re.Pattern) or (item.get("platform") or _PYTHON) != _PYTHON:
            return None
        for each in item.exceptions:
            classes = self._classes_called(each.get("module"), each.get("type"))
            if not classes or any(_derives_from(error_type, choice) for error_type in classes):
                return _ONLY_A_NAME
        return None

    def _classes_called(self, module: object, name: object) -> list[type[BaseException]]:
        if not isinstance(name, str) or not isinstance(module, (str, type(None))):
            return []
        if (module, name) not in self._classes_of_payloads:  # to look for one takes half a millisecond
            self._classes_of_payloads[module, name] = classes_in_payload(module, name)
        return self._classes_of_payloads[module, name]

    def _unlikely_in(self, criterion: Criterion) -> Iterator[UnlikelyValue]:
        """The unlikely values that a criterion asks for, at whatever depth."""
        facts = self._matcher.facts

        def search(path: str, expected: Any, below: tuple[str, ...]) -> Iterator[UnlikelyValue]:
            known = facts.known_values(path, in_payload=criterion.in_payload)
            if isinstance(expected, COLLECTIONS) and (known is None or not known.includes(expected)):
                for each in expected:
                    yield from search(path, each, below)
                return
            if known is not None and not _may_be_asked_for(known, expected):
                yield UnlikelyValue(path, expected, known, criterion, below)
            elif isinstance(expected, dict):
                for key, each in expected.items():
                    yield from search(f"{path}.{key}", each, (*below, key))

        is_exception = self._sort_of(criterion) is Sort.EXCEPTION
        return iter(()) if is_exception else search(criterion.path, criterion.expected, ())


def items_of_kind(matcher: Matcher, entries: Iterable[Entry]) -> list[CapturedItem]:
    """The items of the kind that was asked for, captured and discarded."""
    items: list[CapturedItem] = []
    for entry in entries:
        if isinstance(entry, Capture):
            items += matcher.item_class._in_capture(entry)
        elif isinstance(entry, Discard) and isinstance(item := entry._item_as(matcher.kind), matcher.item_class):
            items.append(item)
    return items


def _may_be_asked_for(known: KnownValues, expected: Any) -> bool:
    """Whether something asks for one of the known values, or can't be looked into, as predicates can't."""
    if isinstance(expected, re.Pattern):
        return not known.words or any(map(expected.search, (*known.words, *_ANY_WORDS)))
    is_plain = isinstance(expected, (str, int, float, range, dict, *COLLECTIONS)) and own_judgement(expected) is None
    return not is_plain or known.includes(expected)


def _below(found: Any, keys: Sequence[str]) -> Iterator[Any]:
    """What stands below these keys, in each element of a list."""
    if isinstance(found, list) and keys:
        for each in found:
            yield from _below(each, keys)
    elif not keys:
        yield found
    elif isinstance(found, dict):
        yield from _below(found.get(keys[0], MISSING), keys[1:])


def _judges_exceptions(choice: Any) -> bool:
    """Whether something judges an exception itself, and not its class or name."""
    return choice is not None and not is_plain_class(choice) and not isinstance(choice, (str, re.Pattern))


def _derives_from(error_type: type[BaseException], choice: Any) -> bool:
    """Whether a class derives from another, or from one of this name."""
    if isinstance(choice, type):
        return issubclass(error_type, choice)
    return any(choice in names_of(base) for base in error_type.__mro__)

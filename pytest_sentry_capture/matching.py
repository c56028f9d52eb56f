"""Criteria: one vocabulary that says which captured items are meant, and why one is not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pytest_sentry_capture.changes import MISSING
from pytest_sentry_capture.items import CapturedEvent, CapturedItem
from pytest_sentry_capture.suggestions import unknown

_EVENT: Final = (
    "exception", "message", "level", "logger", "handled", "mechanism", "transaction", "tags", "user", "contexts",
    "extra", "request", "breadcrumbs", "fingerprint", "release", "environment", "trace_id", "status_code", "method",
    "path", "route", "where",
)  # fmt: skip
_TRANSACTION: Final = (
    "transaction", "op", "status", "source", "tags", "user", "contexts", "request", "release", "environment",
    "trace_id", "status_code", "method", "path", "route", "where",
)  # fmt: skip
_OWN_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "session": (
        "sid", "did", "seq", "timestamp", "started", "init", "duration", "status", "errors", "attrs", "aggregates",
        "where",
    ),
    "profile": (
        "event_id", "profile_id", "profiler_id", "chunk_id", "version", "platform", "environment", "release",
        "timestamp", "transaction", "profile", "where",
    ),
    "attachment": ("filename", "content_type", "attachment_type", "where"),
    "feedback": ("contexts", "tags", "user", "request", "release", "environment", "level", "where"),
    "client_report": ("timestamp", "discarded_events", "where"),
}  # fmt: skip
CRITERIA: Final[dict[str, tuple[str, ...]]] = {
    "event": _EVENT,
    "transaction": _TRANSACTION,
    "span": ("op", "name", "status", "origin", "attributes", "trace_id", "transaction", "where"),
    "log": ("level", "body", "template", "attributes", "trace_id", "where"),
    "metric": ("name", "type", "value", "unit", "attributes", "trace_id", "where"),
    "check_in": ("monitor_slug", "status", "duration", "environment", "release", "where"),
    **_OWN_FIELDS,
}
"""The criteria of each kind."""

_BUILTIN_EQUALITY: Final[frozenset[object]] = frozenset(
    kind.__eq__ for kind in (object, type, str, int, float, bool, bytes, type(None))
)


@dataclass(frozen=True)
class Mismatch:
    """Why an item does not match: the path, what was expected there, and what is there (``MISSING`` if nothing is)."""

    path: str
    expected: Any
    found: Any


Comparison = Callable[[Any], bool]
Criterion = tuple[str, Any, Callable[[CapturedItem], Any], Comparison]


class Expectation:
    """Compiled criteria for items of one kind.

    Raises:
        ValueError: the kind is unknown, or a path in ``where`` is not one.
        TypeError: a criterion is unknown for the kind, or a class given for ``exception`` is none.
    """

    def __init__(self, kind: str, criteria: Mapping[str, Any]) -> None:
        if kind not in CRITERIA:
            raise ValueError(unknown("kind", kind, CRITERIA))
        for name in criteria:
            if name not in CRITERIA[kind]:
                raise TypeError(unknown(f"criterion for kind {kind!r}:", name, CRITERIA[kind]))
        self.kind = kind
        self.criteria = dict(criteria)
        self._compiled = [each for name, expected in criteria.items() for each in _compiled(kind, name, expected)]

    def matches(self, item: CapturedItem) -> bool:
        return all(is_match(value_of(item)) for _, _, value_of, is_match in self._compiled)

    def mismatches(self, item: CapturedItem) -> list[Mismatch]:
        """Every place that keeps the item from matching; empty for an item that matches."""
        return [
            mismatch
            for path, expected, value_of, is_match in self._compiled
            if not is_match(value := value_of(item))
            for mismatch in _reasons(path, expected, value)
        ]


def resolve(value: Any, path: str) -> Any:
    """What stands at a dotted path of a payload, or ``MISSING``; list elements are addressed by their index."""
    return _resolve(value, path.split("."))


def _compiled(kind: str, name: str, expected: Any) -> Iterator[Criterion]:
    if name == "where":
        yield from (_at_path(path, each) for path, each in _checked_paths(expected).items())
    elif name == "exception" and kind == "event":
        yield name, expected, _exceptions, _exception_comparison(expected)
    elif name == "breadcrumbs":
        yield name, expected, _shortcut(name), _any_one(expected)
    else:
        yield name, expected, _field(name) if kind in _OWN_FIELDS else _shortcut(name), comparison(expected)


def _at_path(path: str, expected: Any) -> Criterion:
    parts = path.split(".")
    return path, expected, lambda item: _resolve(item, parts), comparison(expected)


def _checked_paths(paths: Any) -> Mapping[str, Any]:
    if not isinstance(paths, Mapping):
        raise TypeError(f"where must be a mapping from paths to what is expected there, not {paths!r}")
    for path in paths:
        if not isinstance(path, str) or not all(path.split(".")):
            raise ValueError(f"{path!r} in where is no path; paths look like 'contexts.response.status_code'")
    return paths


def _shortcut(name: str) -> Callable[[CapturedItem], Any]:
    return lambda item: getattr(item, name, MISSING)


def _field(name: str) -> Callable[[CapturedItem], Any]:
    return lambda item: item.get(name, MISSING)


def _exceptions(item: CapturedItem) -> Any:
    return item


def comparison(expected: Any) -> Comparison:
    """The comparison that an expected value stands for, asked in the order of the vocabulary."""
    if expected is None:
        return lambda found: found is None or found is MISSING or found == {} or found == []
    if _has_own_equality(expected):
        return lambda found: bool(expected == found)
    if isinstance(expected, re.Pattern):
        return lambda found: isinstance(found, str) and expected.search(found) is not None
    if callable(expected) and not isinstance(expected, type):
        return lambda found: found is not MISSING and bool(expected(found))
    if isinstance(expected, (list, tuple)):
        return _list_comparison(expected)
    if isinstance(expected, (set, frozenset, range)):
        return lambda found: _is_hashable(found) and found in expected
    if isinstance(expected, dict):
        return _subset(expected)
    if isinstance(expected, bool):
        return lambda found: found is expected
    return lambda found: not isinstance(found, bool) and bool(expected == found)


def _list_comparison(expected: Sequence[Any]) -> Comparison:
    choices = [comparison(each) for each in expected]

    def is_match(found: Any) -> bool:
        if isinstance(found, list):
            return len(found) == len(choices) and all(choice(each) for choice, each in zip(choices, found, strict=True))
        return any(choice(found) for choice in choices)

    return is_match


def _subset(expected: Mapping[Any, Any]) -> Comparison:
    parts = [(key, comparison(each)) for key, each in expected.items()]
    return lambda found: isinstance(found, dict) and all(part(found.get(key, MISSING)) for key, part in parts)


def _any_one(expected: Any) -> Comparison:
    wanted = expected if isinstance(expected, (list, tuple)) else [expected]
    comparisons = [comparison(each) for each in wanted]
    return lambda found: all(any(is_match(each) for each in found) for is_match in comparisons)


def _exception_comparison(expected: Any) -> Comparison:
    if isinstance(expected, (list, tuple, set, frozenset)):
        choices = [_exception_comparison(each) for each in expected]
        return lambda item: any(choice(item) for choice in choices)
    if isinstance(expected, type):
        if not issubclass(expected, BaseException):
            raise TypeError(f"exception={expected.__name__} is a class, but not an exception class")
        return lambda item: _has_exception(item, expected)
    if isinstance(expected, str):
        return lambda item: _has_exception_named(item, expected)
    is_match = comparison(expected)
    return lambda item: is_match(None) if not (names := exception_names(item)) else any(map(is_match, names))


def exception_names(item: CapturedItem) -> list[str]:
    """The dotted names of the exceptions behind an item, outermost first."""
    if not isinstance(item, CapturedEvent):
        return []
    if item.exception_chain is not None:
        return [f"{link.error_type.__module__}.{link.error_type.__qualname__}" for link in item.exception_chain]
    return [f"{each.get('module')}.{each.get('type')}" for each in reversed(item.exceptions)]


def _has_exception(item: CapturedItem, expected: type[BaseException]) -> bool:
    if not isinstance(item, CapturedEvent):
        return False
    if item.exception_chain is not None:
        return any(link.is_a(expected) for link in item.exception_chain)
    return any(
        each.get("type") == expected.__name__ and each.get("module") in (None, expected.__module__)
        for each in item.exceptions
    )


def _has_exception_named(item: CapturedItem, name: str) -> bool:
    if not isinstance(item, CapturedEvent):
        return False
    if item.exception_chain is not None and any(link.is_named(name) for link in item.exception_chain):
        return True
    return any(name in (each.get("type"), f"{each.get('module')}.{each.get('type')}") for each in item.exceptions)


def _reasons(path: str, expected: Any, found: Any) -> Iterator[Mismatch]:
    if isinstance(found, CapturedItem) and path == "exception":
        yield Mismatch(path, expected, exception_names(found))
    elif isinstance(expected, dict) and isinstance(found, dict):
        for key, each in expected.items():
            value = found.get(key, MISSING)
            if not comparison(each)(value):
                yield from _reasons(f"{path}.{key}", each, value)
    else:
        yield Mismatch(path, expected, found)


def _resolve(value: Any, parts: list[str]) -> Any:
    if not parts:
        return value
    if isinstance(value, dict):
        for length in range(1, len(parts) + 1):  # keys may contain dots
            key = ".".join(parts[:length])
            if key in value and (found := _resolve(value[key], parts[length:])) is not MISSING:
                return found
    elif isinstance(value, list) and parts[0].lstrip("-").isdecimal() and -len(value) <= int(parts[0]) < len(value):
        return _resolve(value[int(parts[0])], parts[1:])
    return MISSING


def _has_own_equality(expected: Any) -> bool:
    if isinstance(expected, (re.Pattern, dict, list, tuple, set, frozenset, range)):
        return False
    return type(expected).__eq__ not in _BUILTIN_EQUALITY


def _is_hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True

"""Criteria: one vocabulary that says which captured items are meant, and why one is not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, time
from operator import attrgetter, not_
from typing import Any, Final, NamedTuple

from pytest_sentry_capture._assertions.comparison import Comparison, Mismatch, comparison, mismatches
from pytest_sentry_capture._recording import (
    CLASS_OF_KIND,
    SEGMENT_STATUSES,
    CapturedEvent,
    CapturedItem,
    CapturedSegment,
    Discard,
    Exchange,
)
from pytest_sentry_capture._recording.changes import MISSING
from pytest_sentry_capture._recording.exception_chain import ExceptionChain
from pytest_sentry_capture._recording.payload_walk import resolve_parts
from pytest_sentry_capture._text.did_you_mean import did_you_mean

_EVENT: Final = (
    "exception", "message", "level", "logger", "handled", "mechanism", "transaction", "tags", "user", "contexts",
    "extra", "request", "breadcrumbs", "fingerprint", "release", "environment", "trace_id", "status_code", "method",
    "path", "route", "where",
)  # fmt: skip
_SEGMENT: Final = (
    "name", "op", "status", "source", "origin", "attributes", "environment", "release", "trace_id", "status_code",
    "method", "path", "route", "where",
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
    "segment": _SEGMENT,
    "transaction": _TRANSACTION,
    "span": ("op", "name", "status", "origin", "attributes", "trace_id", "transaction", "where"),
    "log": ("level", "body", "template", "attributes", "trace_id", "where"),
    "metric": ("name", "type", "value", "unit", "attributes", "trace_id", "where"),
    "check_in": ("monitor_slug", "status", "duration", "environment", "release", "where"),
    **_OWN_FIELDS,
}
"""The criteria of each kind."""

_MEANT: Final[Mapping[str, Mapping[str, str]]] = {
    "event": {"body": "message", "name": "transaction"},
    "segment": {"transaction": "name"},
    "transaction": {"name": "transaction"},
    "span": {"description": "name"},
    "log": {"message": "body"},
}
"""Criteria of other kinds, or words of the SDK's, and what the same is called in a kind."""
_INSTEAD_IN_SEGMENTS: Final[Mapping[str, str]] = {
    "tags": "spans carry no tags. Set an attribute, and ask for it with attributes={…}",
    "user": "spans have the user as attributes. Ask for attributes={'user.id': …}",
    "request": "spans have the request as attributes. Ask for method, path or attributes={'http.request.method': …}",
    "contexts": "spans carry no contexts. Set an attribute, and ask for it with attributes={…}",
    "extra": "spans carry no extra. Set an attribute, and ask for it with attributes={…}",
}
"""What transactions have and streamed spans have not: what there is to be asked for in its place."""

_SENTRY_EVENT: Final = (
    "_meta", "breadcrumbs", "check_in_id", "contexts", "culprit", "debug_meta", "dist", "duration", "environment",
    "errors", "event_id", "exception", "extra", "fingerprint", "level", "logentry", "logger", "measurements", "message",
    "modules", "monitor_config", "monitor_slug", "platform", "profile", "release", "request", "sdk", "server_name",
    "spans", "stacktrace", "start_timestamp", "status", "tags", "template", "threads", "timestamp", "transaction",
    "transaction_info", "type", "user",
)  # fmt: skip
_TELEMETRY: Final = ("attributes", "parent_span_id", "span_id", "timestamp", "trace_id")
_SPAN: Final = (
    *_TELEMETRY, "_metrics_summary", "data", "description", "end_timestamp", "is_segment", "links", "measurements",
    "name", "op", "origin", "same_process_as_parent", "sentry_tags", "start_timestamp", "status", "tags",
)  # fmt: skip
_FIRST_OF_PATH: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(("event", "transaction", "check_in", "feedback"), _SENTRY_EVENT),
    "segment": tuple(dict.fromkeys((*_SENTRY_EVENT, *_SPAN))),
    "span": _SPAN,
    "log": (*_TELEMETRY, "body", "level", "severity_number"),
    "metric": (*_TELEMETRY, "name", "type", "unit", "value"),
    "profile": (
        *_OWN_FIELDS["profile"][:-1], "client_sdk", "device", "measurements", "os", "runtime", "transactions",
    ),
    "attachment": (*_OWN_FIELDS["attachment"][:-1], "length", "type"),
    "session": _OWN_FIELDS["session"][:-1],
    "client_report": _OWN_FIELDS["client_report"][:-1],
}  # fmt: skip
"""Where a path in ``where`` may begin: the attributes of Sentry's payloads."""

_SECTIONS: Final = ("tags", "user", "contexts", "extra", "request", "breadcrumbs", "fingerprint", "attributes")
"""Criteria whose shortcuts read as empty where the payload has nothing."""
_TEXTS: Final = (
    "exception", "message", "level", "logger", "path", "body", "template", "environment", "release", "monitor_slug",
)  # fmt: skip
_COLLECTIONS: Final = (list, tuple, set, frozenset)


class _Sort(NamedTuple):
    """Of what sort the value of a criterion always is."""

    name: str
    types: frozenset[type]
    """The plain types that can equal it."""
    valid: str


_PLAIN_VALUES: Final = frozenset((str, bytes, int, float, bool, dict, range, date, datetime, time, re.Pattern))
_ALWAYS_VALID: Final = "a predicate, None, and a list of these"
_TEXT: Final = _Sort(
    "a text",
    frozenset((str, re.Pattern)),
    f'a text, re.compile(…), which is {{ regex = "…" }} in a configuration, {_ALWAYS_VALID}',
)
_NUMBER: Final = _Sort("a number", frozenset((int, float, bool, range)), f"a number, a range, {_ALWAYS_VALID}")
_TRUTH: Final = _Sort("true or false", frozenset((bool, int, float, range)), f"true or false, {_ALWAYS_VALID}")
_SEGMENT_STATUS: Final = _Sort(
    "a text", _TEXT.types, "'ok', 'error', a regex that matches one of them, a predicate, and a list of these"
)
_ABOUT_OWN_WORDS: Final = (
    "The SDK's own word is reached by its path: where={'contexts.trace.status': 'internal_error'} in a transaction,"
    " where={'status': …} in a span"
)
_SORTS: Final[Mapping[str, _Sort]] = {
    **dict.fromkeys(
        (
            *("message", "level", "logger", "mechanism", "transaction", "release", "environment", "trace_id"),
            *("method", "path", "route", "op", "status", "source", "name", "origin", "body", "template", "type"),
            *("unit", "monitor_slug"),
        ),
        _TEXT,
    ),
    **dict.fromkeys(("status_code", "value", "duration"), _NUMBER),
    "handled": _TRUTH,
}
_REGEX_ONLY: Final = re.compile(r"^\^|\.[*+]|\\[dDwWsSbB]|\(\?[:=!<P]|\[\^|[^\\]\][*+]")
_SLOW: Final = ("exception", "message", "breadcrumbs", "where")


_OF_REQUEST: Final = frozenset(("status_code", "method", "path", "route"))
_SOURCES_OF_REQUESTS: Final = ("url", "route", "view")
"""Of the names of transactions (https://develop.sentry.dev/sdk/data-model/event-payloads/transaction/)."""
_OF_EXCHANGE: Final = frozenset(("exception", *_OF_REQUEST))


class _SeenExchange:
    """An exchange with the shortcuts of an event."""

    exceptions: tuple[()] = ()

    def __init__(self, exchange: Exchange) -> None:
        self.exception_chain = exchange.chain
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


class Expectation:
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
        item = discard.item_as(self.kind)
        return item is not None and self.matches(item)

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
    if kind == CapturedSegment.kind and name in _INSTEAD_IN_SEGMENTS:
        valid = ", ".join(sorted(CRITERIA[kind]))
        return f"segments have no criterion {name!r}, because {_INSTEAD_IN_SEGMENTS[name]}. Valid: {valid}"
    return did_you_mean(f"criterion for kind {kind!r}:", name, CRITERIA[kind], meant=_MEANT.get(kind, {}).get(name))


def exception_names(item: CapturedItem) -> list[str]:
    """The dotted names of the exceptions behind an item, outermost first; built-in ones bare."""
    if not isinstance(item, CapturedEvent):
        return []
    if item.exception_chain is not None:
        return [_dotted(link.error_type.__module__, link.error_type.__qualname__) for link in item.exception_chain]
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


def _check(kind: str, name: str, expected: Any) -> None:
    if name in _TEXTS:
        _check_text(name, expected)
    if (kind, name) == (CapturedSegment.kind, "status"):
        _check_sort(name, expected, _SEGMENT_STATUS)
        _check_segment_status(expected)
    elif name in _SORTS and kind not in _OWN_FIELDS:
        _check_sort(name, expected, _SORTS[name])
    if name != "exception":
        _check_value(name, expected)


def _compiled(kind: str, name: str, expected: Any) -> Iterator[Criterion]:
    _check(kind, name, expected)
    if name == "where":
        yield from (_at_path(path, each) for path, each in _checked_paths(kind, expected).items())
    elif name == "exception":
        yield Criterion(name, expected, _itself, _exception_comparison(expected))
    elif name == "breadcrumbs" and expected is not None:
        yield Criterion(name, expected, attrgetter(name), _any_one(expected))
    elif name == "breadcrumbs":
        yield Criterion(name, expected, attrgetter(name), not_)
    elif kind == "segment" and name == "attributes" and expected is None:
        yield Criterion(name, expected, lambda item: item.attributes or None, comparison(expected))
    elif kind in _OWN_FIELDS or (expected is None and name in _SECTIONS):
        yield Criterion(name, expected, _field(name), comparison(expected))
    else:
        yield Criterion(name, expected, attrgetter(name), comparison(expected))


def _check_text(name: str, expected: Any) -> None:
    for text in _choices(expected):
        if type(text) is str and _REGEX_ONLY.search(text):
            raise ValueError(
                f"{name}={text!r} is a plain text, which is compared as a whole, but looks like a regex:"
                f" valid is {name}=re.compile({text!r}), or re.compile(re.escape(…)) if it is no regex"
            )


def _check_sort(name: str, expected: Any, sort: _Sort) -> None:
    """A plain value of another sort equals no value that can be there, so that its absence would prove nothing."""
    if isinstance(expected, (*_COLLECTIONS, range)) and not expected:
        raise TypeError(_matches_nothing(name, expected, "it is empty", sort))
    for each in _choices(expected):
        if type(each) in _PLAIN_VALUES and type(each) not in sort.types:
            raise TypeError(_matches_nothing(name, each, f"{name} is {sort.name}", sort))


def _check_segment_status(expected: Any) -> None:
    """Segments know two words, whatever the SDK's own is: the absence of any other would prove nothing."""
    for each in _choices(expected):
        is_text = isinstance(each, re.Pattern) or (isinstance(each, str) and type(each).__eq__ is str.__eq__)
        if each is None or (is_text and not any(map(comparison(each), SEGMENT_STATUSES))):
            reason = "the status of a segment is 'ok' or 'error'"
            raise ValueError(f"{_matches_nothing('status', each, reason, _SEGMENT_STATUS)}. {_ABOUT_OWN_WORDS}")


def _matches_nothing(name: str, expected: Any, reason: str, sort: _Sort) -> str:
    return f"{name}={expected!r} matches nothing, because {reason}. Valid are {sort.valid}"


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
        if path.split(".")[0] not in _FIRST_OF_PATH[kind]:
            first = path.split(".")[0]
            raise ValueError(
                f"{path!r} in where: {did_you_mean(f'attribute of kind {kind!r}:', first, _FIRST_OF_PATH[kind])}"
            )
    return paths


def _itself(item: CapturedItem) -> CapturedItem:
    return item


def _field(name: str) -> Callable[[CapturedItem], Any]:
    return lambda item: item.get(name)


def _any_one(expected: Any) -> Comparison:
    """A list of breadcrumbs in which every expected one is found."""
    comparisons = [comparison(each) for each in _breadcrumbs(expected)]
    return lambda found: all(any(is_match(each) for each in found) for is_match in comparisons)


def _exception_comparison(expected: Any) -> Comparison:
    if isinstance(expected, _COLLECTIONS):
        choices = [_exception_comparison(each) for each in expected]
        return lambda item: any(choice(item) for choice in choices)
    if expected is None:
        return lambda item: item.exception_chain is None and not item.exceptions
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
    return lambda item: any(is_match(link.value) for link in item.exception_chain or () if link.value is not None)


def _exception_class_comparison(expected: type) -> Comparison:
    if not issubclass(expected, BaseException):
        raise TypeError(
            f"exception={expected.__name__} is a class, but no exception class; valid are classes that derive from"
            " BaseException, such as exception=ValueError, and names of such classes"
        )

    def is_match(item: CapturedEvent) -> bool:
        chain: ExceptionChain | None = item.exception_chain
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
    if item.exception_chain is not None and any(link.is_named(name) for link in item.exception_chain):
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

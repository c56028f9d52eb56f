"""How values, items and discards are put in words: short, the same on every machine, and without declared secrets."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from functools import lru_cache
from math import isfinite
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, Final, TypeGuard

from pytest_sentry_capture._assertions.comparison import Mismatch
from pytest_sentry_capture._recording.callables import CallableLocation, location_of
from pytest_sentry_capture._recording.changes import MISSING
from pytest_sentry_capture._recording.entries import CapturedItem, Discard, Exchange
from pytest_sentry_capture._recording.kinds import (
    CapturedAttachment,
    CapturedCheckIn,
    CapturedEvent,
    CapturedLog,
    CapturedMetric,
    CapturedSegment,
    CapturedSpan,
    CapturedTransaction,
    facts_of,
)
from pytest_sentry_capture._text.encoded_forms import encoded_forms

WITHHELD: Final = "[secret]"
_LONGEST: Final = 100
_BEFORE_THE_DIFFERENCE: Final = 30
_secrets: ContextVar[tuple[str, ...]] = ContextVar("secrets", default=())
_INSTALLED: Final = f"site-packages{os.sep}"
_ADDRESS: Final = re.compile(r" at 0x[0-9a-fA-F]+")
_SOME_PREDICATE: Final = "lambda value: ..."


def name_of(kind: str) -> str:
    """A kind as Sentry writes it."""
    facts = facts_of(kind)
    return (facts.noun if facts is not None else "") or kind.replace("_", " ")


def described(kind: str, criteria: Mapping[str, Any]) -> str:
    """The expectation in the words in which the user wrote it."""
    named = ", ".join(f"{name}={shown(value)}" for name, value in criteria.items())
    return f"{name_of(kind)} with {named}" if named else name_of(kind)


def shown(value: object) -> str:
    """A value as a test would write it, shortened at its end."""
    text = written(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def difference(mismatch: Mismatch) -> str:
    """Where an item differs, with both sides shortened around the first difference."""
    expected, found = _both_sides(mismatch)
    if mismatch.error is None:
        return f"{mismatch.path}: expected {expected}, found {found}"
    return f"{mismatch.path}: {expected} raised {shown(mismatch.error)} for {found}"


def summary(item: CapturedItem, *, masked: bool = False, asked_kind: str | None = None) -> str:
    """One line that says which item is meant, and where it came from.

    Args:
        item: the item.
        masked: leave out what may hold personal data or secrets: messages, URLs, names of files.
        asked_kind: the kind by which the user asked for it. A segment is called a transaction or a span for those
            who ask for that, and a segment for everyone else, whatever the SDK sends.
    """
    segment = None if item.kind == asked_kind else CapturedSegment.of(item)
    exchange = exchange_summary(item.exchange) if item.exchange is not None else ""
    return ", ".join(part for part in (*_parts(segment or item, masked), exchange) if part)


def discarded_summary(discard: Discard, *, masked: bool = False, asked_kind: str | None = None) -> str:
    """One line that says what was lost, as far as that is known; the arguments are those of ``summary``."""
    item = discard.item_as(asked_kind or CapturedSegment.kind) or discard.item
    if discard.payload is not None:
        return summary(item, masked=masked, asked_kind=asked_kind)
    return name_of(item.kind or discard.kind)


def discard_reason(discard: Discard) -> str:
    """Why something was discarded, and by which callable."""
    by = f" by {located(discard.by)}" if discard.by is not None else ""
    times = f" ({discard.quantity} times)" if discard.quantity > 1 else ""
    return f"{discard.reason}{by}{times}"


def exchange_summary(exchange: Exchange) -> str:
    """The request by its route, and the answer."""
    if exchange.status is not None:
        answer = f"answered {exchange.status}"
    else:
        answer = f"raised {exchange.exception_type.__name__}" if exchange.exception_type else "not answered"
    return f"{exchange.method} {exchange.route or '(no route)'} {answer}"


def located(location: CallableLocation) -> str:
    """A callable with its place, relative to the working directory or to where packages are installed."""
    if location.file is None:
        return location.name
    return f"{location.name} ({_relative(location.file)}:{location.line})"


@contextmanager
def redacting(secrets: Sequence[str]) -> Iterator[None]:
    """Show none of these secrets in what is put in words meanwhile, not even their beginnings in shortened values."""
    token = _secrets.set(tuple(sorted(secrets, key=len, reverse=True)))
    try:
        yield
    finally:
        _secrets.reset(token)


def redacted(text: str) -> str:
    """The text without the secrets in it, in whatever form."""
    for secret in _secrets.get():
        for form in encoded_forms(secret):
            text = text.replace(form, WITHHELD)
    return text


def withheld_in_any_case(name: str) -> str:
    """A name without the secrets in it, be they in another case: protocols write names of headers in their own."""
    shown_name = redacted(name)
    in_lower_case = shown_name.lower()
    is_secret = any(form in in_lower_case for form in _forms_in_lower_case(_secrets.get()))
    return WITHHELD if is_secret else shown_name


@lru_cache(maxsize=8)
def _forms_in_lower_case(secrets: tuple[str, ...]) -> frozenset[str]:
    return frozenset(form.lower() for secret in secrets for form in encoded_forms(secret))


def _parts(item: CapturedItem, masked: bool) -> Iterator[str | None]:
    if isinstance(item, CapturedEvent):
        yield _joined(item.level, item.exception or "message", _title(item, masked))
        yield {True: "handled", False: "unhandled", None: None}[item.handled]
        yield f"logger {item.logger}" if item.logger and item.exception is None else None
    elif isinstance(item, CapturedTransaction):
        yield _joined("transaction", _redacted(item.transaction, masked and item.source == "url"))
        yield item.op
    elif isinstance(item, CapturedSegment):
        yield _joined("segment", _redacted(item.name, masked and item.source == "url"))
        yield item.op
    elif isinstance(item, CapturedSpan):
        yield _joined("span", item.op, _redacted(item.name, masked))
    elif isinstance(item, CapturedLog):
        yield _joined(
            item.level, "log", _redacted(item.body, masked) if item.template is None else shown(item.template)
        )
    elif isinstance(item, CapturedMetric):
        yield _joined(item.type, "metric", item.name, None if masked else shown(item.value))
    elif isinstance(item, CapturedCheckIn):
        yield _joined("check-in", item.monitor_slug, item.status)
    elif isinstance(item, CapturedAttachment):
        yield _joined("attachment", _redacted(item.filename, masked))
    else:
        yield name_of(item.kind or item.type_header)


def _joined(*parts: str | None) -> str:
    return " ".join(part for part in parts if part)


def _title(event: CapturedEvent, masked: bool) -> str | None:
    """What Sentry would show as the event's title; masked, the template of a log message, which is source code."""
    entry = event.get("logentry")
    if masked and isinstance(entry, dict) and entry.get("params") and isinstance(entry.get("message"), str):
        return shown(entry["message"])
    return _redacted(event.message, masked)


def _redacted(text: str | None, masked: bool) -> str | None:
    if text is None:
        return None
    if not masked:
        return shown(text)
    return f"({len(text)} character{'' if len(text) == 1 else 's'})"


def written(value: object) -> str:
    """A value as a test would write it, in full."""
    return redacted(_unguarded(value)) if _secrets.get() else _unguarded(value)


def as_source(value: object) -> str:
    """A value as Python that can be run where its names are known.

    ``...`` stands for an object of which no code is known, and for what a predicate without a name says.
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{as_source(key)}: {as_source(each)}" for key, each in value.items()) + "}"
    if isinstance(value, (list, tuple, set, frozenset)):
        return _collection_as_source(value)
    if isinstance(value, Enum):
        is_named = str(value._name_).isidentifier()  # combinations of flags have none
        return f"{type(value).__name__}.{value._name_}" if is_named else as_source(value._value_)
    if isinstance(value, re.Pattern):
        flags = re.RegexFlag(value.flags) & ~re.UNICODE
        return f"re.compile({as_source(value.pattern)}{f', {flags!r}' if flags else ''})"
    if isinstance(value, str):
        return redacted(repr(str.__str__(value)))
    if isinstance(value, (type, FunctionType)) or _is_built_in(value):
        name: str = value.__name__
        return name if name.isidentifier() else _SOME_PREDICATE
    return _representation_as_source(value)


def _is_built_in(value: object) -> TypeGuard[BuiltinFunctionType]:
    """Whether it is a function of a module, and not a method of an object that has no name here."""
    return isinstance(value, BuiltinFunctionType) and isinstance(value.__self__, ModuleType)


def _collection_as_source(value: list[Any] | tuple[Any, ...] | set[Any] | frozenset[Any]) -> str:
    parts = [as_source(each) for each in value]
    if isinstance(value, list):
        return f"[{', '.join(parts)}]"
    if isinstance(value, tuple):
        return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
    text = "{" + ", ".join(sorted(parts)) + "}" if parts else ""
    return text if parts and isinstance(value, set) else f"{'set' if isinstance(value, set) else 'frozenset'}({text})"


def _representation_as_source(value: object) -> str:
    if isinstance(value, float) and not isfinite(value):
        return f"float({str(value)!r})"
    source = written(value)
    try:
        ast.parse(source, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return _SOME_PREDICATE if callable(value) else "..."
    return source if "\n" not in source else "..."


def _unguarded(value: object) -> str:
    if isinstance(value, type):
        return value.__qualname__
    if callable(value) and hasattr(value, "__qualname__"):
        return f"<{located(location_of(value))}>"
    if type(value) in (list, tuple, set, frozenset, dict):
        return _container(value)
    try:
        return _ADDRESS.sub("", repr(value))
    except Exception as error:
        return f"<{type(value).__name__} whose repr raised {type(error).__name__}>"


def _container(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{written(key)}: {written(each)}" for key, each in value.items()) + "}"
    parts = [written(each) for each in value]
    if isinstance(value, list):
        return f"[{', '.join(parts)}]"
    if isinstance(value, tuple):
        return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
    return "{" + ", ".join(sorted(parts)) + "}" if parts else f"{type(value).__name__}()"


def _both_sides(mismatch: Mismatch) -> tuple[str, str]:
    expected, found = mismatch.expected, mismatch.found
    if mismatch.path == "exception":
        one, other = _exceptions(expected, " or "), _exceptions(found, " from ")
    else:
        one, other = written(expected), written(found)
    if found is None or found is MISSING:
        other = "nothing"
    if max(len(one), len(other)) <= _LONGEST:
        return one, other
    if isinstance(expected, str) and isinstance(found, str):
        one, other = redacted(expected), redacted(found)  # whose quotes and escapes differ when they are written
        first = _first_difference(one, other)
        return _around(one, first, as_text=repr), _around(other, first, as_text=repr)
    first = _first_difference(one, other) if type(expected) is type(found) else 0
    return _around(one, first), _around(other, first)


def _first_difference(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return next((index for index, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _exceptions(value: object, between: str) -> str:
    """Exception classes by their dotted names: several packages have an HTTPException."""
    if isinstance(value, type):
        return value.__qualname__ if value.__module__ == "builtins" else f"{value.__module__}.{value.__qualname__}"
    if isinstance(value, (list, tuple)) and all(isinstance(each, (str, type)) for each in value):
        return between.join(each if isinstance(each, str) else _exceptions(each, between) for each in value)
    return written(value)


def _around(text: str, position: int, as_text: Callable[[str], str] = str) -> str:
    start = max(0, position - _BEFORE_THE_DIFFERENCE)
    end = start + _LONGEST
    return f"{'…' if start else ''}{as_text(text[start:end])}{'…' if end < len(text) else ''}"


def _relative(file: str) -> str:
    installed = file.rpartition(_INSTALLED)[2]
    if installed != file:
        return installed
    try:
        relative = os.path.relpath(file)
    except ValueError:  # on another drive
        return file
    return file if relative.startswith("..") else relative

"""Entries of a recording as plain data, which ``marshal`` takes: what a forked child writes.

No code of the application runs, and nothing is imported. Live exceptions stay behind: of each the names of its classes
and its status code are passed on.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from pytest_sentry_capture._forks.classes import name_of
from pytest_sentry_capture._recording import (
    MISSING,
    SECTIONS,
    CallableLocation,
    CallbackError,
    Capture,
    CaptureContext,
    CapturedEnvelope,
    Change,
    Content,
    Discard,
    Entry,
    ExceptionChain,
    Exchange,
    Job,
    Operation,
    PlainJson,
    Remark,
    Sampling,
    SdkError,
)

Plain = Any
"""None, numbers, texts, bytes, and lists, tuples and dictionaries of these."""
OPERATIONS: Final = (Exchange, Job)
"""What an application does for one trigger."""
_SCALARS: Final = (bool, int, float, complex, str, bytes, type(None))
_DEPTH: Final = 200
_WITH_ORIGINS: Final = ("event", "transaction")
NOT_PASSED_ON: Final = frozenset(
    ("phase", "parent", "discarded", "_process", "_thread", "_chain", "_captures", "_earlier")
)
"""The fields of an operation that are not plain data, or mean something in their own process only."""


class Encoder:
    """Encodes entries that were recorded together.

    Args:
        operation: tells what stands for an exchange or job, or None if it is not known to the test process.
    """

    def __init__(self, operation: Callable[[Entry], Plain]) -> None:
        self._operation = operation
        self._contexts: dict[int, int] = {}
        self._encoded: list[Plain] = []

    def encode(self, entries: tuple[Entry, ...]) -> Plain:
        """The entries, and the contexts that they refer to."""
        envelopes = [entry for entry in entries if isinstance(entry, CapturedEnvelope)]
        return [self._entry(entry, entries, envelopes) for entry in entries], self._encoded

    def operation(self, operation: Operation) -> Plain:
        """What is known of an exchange or a job, by the names of its fields."""
        fields = {each.name for each in dataclasses.fields(operation)} - NOT_PASSED_ON
        known = {name: plain(getattr(operation, name)) for name in sorted(fields)}
        earlier = operation._earlier if isinstance(operation, Job) else None
        others = self._of(operation.parent), self._of(earlier)
        return type(operation).__name__, known, others, _chain(operation._chain)

    def _entry(self, entry: Entry, entries: tuple[Entry, ...], envelopes: list[CapturedEnvelope]) -> Plain:
        if isinstance(entry, Capture):
            place = envelopes.index(entry.envelope) if entry.envelope in envelopes else None
            item = entry.type, _content(entry.content), plain(entry.headers)
            return "item", item, self._context(entry.context), self._of(entry.operation), place, _origins(entry)
        if isinstance(entry, CapturedEnvelope):
            items = [(each.type, _content(each.content), plain(each.headers)) for each in batch_of(entry, entries)]
            return "envelope", plain(entry.headers), items
        if isinstance(entry, Discard):
            known = entry.reason, entry.category, entry.kind, _callable(entry.by), entry.quantity, entry.payload
            flags = entry._of_lost_segment, entry._below_level
            return "discard", known, flags, self._context(entry._context), self._of(entry.operation)
        if isinstance(entry, (CallbackError, SdkError)):
            of_callback = (_callable(entry.by), entry._consequence) if isinstance(entry, CallbackError) else None
            return "error", class_names(entry.exception_type), entry.message, entry.traceback, of_callback
        if isinstance(entry, Remark):
            return "remark", entry.text
        return "other", type(entry).__name__

    def _of(self, operation: Operation | None) -> Plain:
        return self._operation(operation) if operation is not None else None

    def _context(self, context: CaptureContext) -> int:
        if id(context) not in self._contexts:
            self._contexts[id(context)] = len(self._encoded)
            self._encoded.append(self._encoded_context(context))
        return self._contexts[id(context)]

    def _encoded_context(self, context: CaptureContext) -> Plain:
        return {
            "chain": _chain(context.chain),
            "project": context.project,
            "before": context.before_callback,
            "callback": _callable(context.callback),
            "rate": context.sample_rate,
            "sampling": _sampling(context.sampling),
            "scrubs": [_change(each) for each in context.scrubs],
            "writes": [(each.path, self._of(each.operation)) for each in context.foreign_writes],
        }


def batch_of(envelope: CapturedEnvelope, entries: Sequence[Entry]) -> list[Capture]:
    """The items of an envelope that were recorded apart from it: the SDK had collected them."""
    return [capture for capture in envelope._captures if capture not in entries]


def _origins(capture: Capture) -> Plain:
    """Where each value of an event came from: what ``scope_of`` answers."""
    origin = capture.context.scope_origin
    if origin is None or capture.type not in _WITH_ORIGINS:
        return None
    payload = capture.parsed()
    return [(section, key, origin.source_of(section, key, value)) for section, key, value in _values(payload)]


def _values(payload: Mapping[str, Any]) -> Iterator[tuple[str, str | None, Any]]:
    for section in SECTIONS:
        content = payload.get(section)
        if type(content) is dict:
            yield from ((section, key, value) for key, value in content.items())
        yield section, None, content


def plain(value: Any, depth: int = _DEPTH) -> Plain:
    """A copy of a value in plain data. An object of any other class is called what its class is called."""
    kind = type(value)
    if kind in _SCALARS:
        return value
    if depth and kind is dict:
        return {plain(key, 0): plain(each, depth - 1) for key, each in value.items()}
    if depth and kind in (list, tuple):
        copied = [plain(each, depth - 1) for each in value]
        return copied if kind is list else tuple(copied)
    if issubclass(kind, int):
        return int.__int__(value)
    if issubclass(kind, float):
        return float.__float__(value)
    return str.__str__(value) if issubclass(kind, str) else f"<{kind.__qualname__}>"


def class_names(kind: type) -> list[tuple[str, str]]:
    """The names of a class and of those that it derives from."""
    return [name_of(base) for base in kind.__mro__ if base is not object]


def _content(content: Content) -> Plain:
    """A payload, without encoding again what is plain data already."""
    if isinstance(content, bytes):
        return content
    return ("json", content.parsed()) if isinstance(content, PlainJson) else content.read()


def _chain(chain: ExceptionChain | None) -> Plain:
    if chain is None:
        return None
    return [(class_names(link.error_type), plain(link.status_code), link.parent, link.is_member) for link in chain]


def _callable(location: CallableLocation | None) -> Plain:
    return (location.name, location.file, location.line) if location is not None else None


def _sampling(sampling: Sampling | None) -> Plain:
    if sampling is None:
        return None
    call = sampling.call
    called = call and (plain(call.answer), call.name, call.op, call.parent_sampled, call.keys, call.has_answered)
    return plain(sampling.rate), sampling.is_settled, sampling.is_of_test, sampling.option, called


def _change(change: Change) -> Plain:
    before, after = (
        ("missing",) if each is MISSING else ("value", plain(each)) for each in (change.before, change.after)
    )
    return change.path, before, after, _callable(change.by), change.scrubbed

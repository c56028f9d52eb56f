"""Entries of a recording from the plain data that a forked child has written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_sentry_capture._forks.classes import class_named
from pytest_sentry_capture._forks.encoding import OPERATIONS, Plain
from pytest_sentry_capture._recording import (
    MISSING,
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
    ExceptionLink,
    ForeignWrite,
    Job,
    Operation,
    PlainJson,
    Remark,
    SamplerCall,
    Sampling,
    ScopeOrigin,
    SdkError,
    Source,
)

_BY_NAME = {each.__name__: each for each in OPERATIONS}


class KnownOrigin(ScopeOrigin):
    """Where the values of an event came from, as its own process has found out."""

    def __init__(self, sources: dict[tuple[str, str | None], Source]) -> None:
        self._sources = sources

    def source_of(self, section: str, key: str | None, value: object) -> Source:
        del value
        return self._sources[section, key]


class Decoder:
    """Decodes entries that were recorded together.

    Args:
        operation: tells which exchange or job something stands for.
        process: the number of the child.
    """

    def __init__(self, operation: Callable[[Plain], Operation | None], process: int) -> None:
        self._operation = operation
        self._process = process

    def decode(self, encoded: Plain) -> list[Entry]:
        """The entries, in their order."""
        entries, contexts = encoded
        self._contexts = [self._context(each) for each in contexts]
        self._envelopes = [self._envelope(each) for each in entries if each[0] == "envelope"]
        envelopes = iter(self._envelopes)
        decoded = [next(envelopes) if each[0] == "envelope" else self._entry(each) for each in entries]
        found = [entry for entry in decoded if entry is not None]
        for entry in found:
            entry._process = self._process
        return found

    def update(self, operation: Operation | None, encoded: Plain) -> Operation:
        """An exchange or job as it is known now. A new one where there is none yet."""
        name, known, (parent, earlier), chain = encoded
        if operation is None:
            operation = _BY_NAME[name](**known)
        for field, value in known.items():
            setattr(operation, field, value)
        operation.parent = self._operation(parent)
        if isinstance(operation, Job):
            before = self._operation(earlier)
            operation._earlier = before if isinstance(before, Job) else None
        operation._chain = _chain(chain)
        operation._process = self._process
        return operation

    def _entry(self, encoded: Plain) -> Entry | None:
        sort, *rest = encoded
        if sort == "item":
            return self._item(*rest)
        if sort == "discard":
            return self._discard(*rest)
        if sort == "remark":
            return Remark(*rest)
        return _error(*rest) if sort == "error" else None

    def _item(self, known: Plain, context: int, operation: Plain, envelope: int | None, origins: Plain) -> Capture:
        item_type, content, headers = known
        capture = Capture(item_type, _content(content), headers, self._contexts[context], self._operation(operation))
        if origins is not None:
            capture.context.scope_origin = KnownOrigin({(section, key): each for section, key, each in origins})
        if envelope is not None:
            capture.envelope = self._envelopes[envelope]
            capture.envelope._captures.append(capture)
        return capture

    def _envelope(self, encoded: Plain) -> CapturedEnvelope:
        _, headers, batch = encoded
        envelope = CapturedEnvelope(headers)
        for item_type, content, item_headers in batch:
            envelope._add(item_type, _content(content), item_headers)
        return envelope

    def _discard(self, known: Plain, flags: Plain, context: int, operation: Plain) -> Discard:
        reason, category, kind, by, quantity, payload = known
        found = self._contexts[context], self._operation(operation)
        discard = Discard(reason, category, kind, _callable(by), quantity, payload, *found)
        discard._of_lost_segment, discard._below_level = flags
        return discard

    def _context(self, encoded: Plain) -> CaptureContext:
        context = CaptureContext(_chain(encoded["chain"]), project=encoded["project"])
        context.before_callback = encoded["before"]
        context.callback = _callable(encoded["callback"])
        context.sample_rate = encoded["rate"]
        context.sampling = _sampling(encoded["sampling"])
        context.scrubs = tuple(map(_change, encoded["scrubs"]))
        writes = ((path, self._operation(operation)) for path, operation in encoded["writes"])
        context.foreign_writes = tuple(ForeignWrite(path, each) for path, each in writes if each is not None)
        return context


def _error(names: Plain, message: str, traceback: str, of_callback: Plain) -> CallbackError | SdkError:
    kind = class_named(tuple(names))
    if of_callback is None:
        return SdkError(kind, message, traceback)
    by, consequence = of_callback
    return CallbackError(CallableLocation(*by), kind, message, traceback, None, consequence)


def _content(encoded: Plain) -> Content:
    return encoded if isinstance(encoded, bytes) else PlainJson(encoded[1])


def _chain(encoded: Plain) -> ExceptionChain | None:
    if encoded is None:
        return None
    return ExceptionChain(
        ExceptionLink(class_named(tuple(names)), status_code, None, parent, is_member)
        for names, status_code, parent, is_member in encoded
    )


def _callable(encoded: Plain) -> CallableLocation | None:
    return CallableLocation(*encoded) if encoded is not None else None


def _sampling(encoded: Plain) -> Sampling | None:
    if encoded is None:
        return None
    rate, is_settled, is_of_test, option, call = encoded
    return Sampling(rate, is_settled, is_of_test, option, SamplerCall(*call) if call is not None else None)


def _change(encoded: Plain) -> Change:
    path, before, after, by, scrubbed = encoded
    return Change(path, _value(before), _value(after), _callable(by), scrubbed)


def _value(encoded: Plain) -> Any:
    return MISSING if encoded[0] == "missing" else encoded[1]

"""How values, items and discards are put in words: short, the same on every machine, and without secrets."""

from __future__ import annotations

import ast
import os
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from itertools import islice
from math import isfinite
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, Final, TypeGuard

from pytest_sentry_capture._assertions.comparisons import Mismatch
from pytest_sentry_capture._assertions.doubts import Uncertainty
from pytest_sentry_capture._recording import (
    MISSING,
    CallableLocation,
    CapturedItem,
    Discard,
    Exchange,
    Job,
    Operation,
    Recording,
    Replacement,
    SamplerCall,
    location_of,
)
from pytest_sentry_capture._recording.kinds import (
    CapturedSegment,
    facts_of,
)
from pytest_sentry_capture._text import encoded_forms, masked_name, printable, readings, written_forms

REDACTED: Final = "[secret]"
_LONGEST: Final = 100
_BEFORE_THE_DIFFERENCE: Final = 30
_INSTALLED: Final = f"site-packages{os.sep}"
_ADDRESS: Final = re.compile(r" at 0x[0-9a-fA-F]+")
_SOME_PREDICATE: Final = "lambda value: ..."
_TYPE_OF_ANY: Final = ("unittest.mock", "_ANY")


def name_of(kind: str) -> str:
    """A kind as Sentry writes it."""
    facts = facts_of(kind)
    return (facts.noun if facts is not None else "") or kind.replace("_", " ")


@dataclass(frozen=True)
class Formatter:
    """Puts values, items and discards in words. No word of it shows a secret.

    It is made where a text for users begins, and handed on to all that write a part of the text.

    Attributes:
        secrets: what is shown in no form, and not in part either where a value is shortened.
        masked: whether to leave out what may hold personal data or secrets: messages, URLs, names of files.
    """

    secrets: tuple[str, ...] = field(repr=False)
    masked: bool

    @classmethod
    def for_assertions(cls, recording: Recording) -> Formatter:
        """For the test that recorded this: it sees values, except those that it has declared secret."""
        return cls(tuple(recording.secrets), masked=False)

    @classmethod
    def for_reports(cls, recording: Recording, *others: Recording) -> Formatter:
        """For whoever reads the results of a run: without what was found to be personal data, and masked."""
        secrets = [value for each in (recording, *others) for value in each.redacted]
        return cls(tuple(secrets), masked=True) if secrets else _WITHOUT_SECRETS

    @classmethod
    def without_secrets(cls) -> Formatter:
        """For a run as a whole: its results hold no values, and nobody knows any more what was secret."""
        return _WITHOUT_SECRETS

    def redacted(self, text: str) -> str:
        """A text without the secrets in it, in whatever form. It must be whole: in a part of a secret none is found."""
        for form in self._forms:
            text = text.replace(form, REDACTED)
        return self._without_hidden(text) if self.secrets else text

    def redacted_in_any_case(self, name: str) -> str:
        """A name without the secrets in it, be they in another case: protocols write names of headers in their own."""
        redacted = self.redacted(name)
        in_lower_case = redacted.lower()
        return REDACTED if any(form in in_lower_case for form in self._forms_in_lower_case) else redacted

    def described(self, kind: str, criteria: Mapping[str, Any]) -> str:
        """What is asked for, in the words in which the user wrote it."""
        named = ", ".join(f"{name}={self.shown(value)}" for name, value in criteria.items())
        return f"{name_of(kind)} with {named}" if named else name_of(kind)

    def shown(self, value: object) -> str:
        """A value as a test would write it, shortened at its end."""
        text = self.written(value)
        return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"

    def written(self, value: object) -> str:
        """A value as a test would write it, in full."""
        return self.redacted(self._unguarded(value))

    def name(self, name: str) -> str:
        """A name of the application's. Masked, as routes are in tables, without the addresses and identifiers in it."""
        redacted = self.redacted(name)
        return printable(masked_name(redacted)) if self.masked else redacted

    def text(self, text: str | None, *, is_personal: bool = True) -> str | None:
        """A text of an item. Masked, no more than its length where it may be personal, and what a name is elsewhere."""
        if text is None:
            return None
        if not self.masked:
            return self.shown(text)
        if not is_personal:
            return self.shown(masked_name(self.redacted(text)))
        return f"({len(text)} character{'' if len(text) == 1 else 's'})"

    def difference(self, mismatch: Mismatch) -> str:
        """Where an item differs, with both sides shortened around the first difference."""
        path, (expected, found) = self.redacted(mismatch.path), self._both_sides(mismatch)
        if mismatch.error is None:
            return f"{path}: expected {expected}, found {found}"
        return f"{path}: {expected} raised {self.shown(mismatch.error)} for {found}"

    def asked(self, path: str, expected: object) -> str:
        """One criterion, or a place below it, as the user wrote it."""
        return f"{self.redacted(path)}={self.shown(expected)}"

    def uncertainty(self, uncertainty: Uncertainty) -> str:
        """Why an item may be intended: what is unknown of it, or which text was compared as a whole."""
        path, expected = self.redacted(uncertainty.path), self.shown(uncertainty.expected)
        if uncertainty.why is not None:
            return f"{path}: expected {expected}, unknown because {uncertainty.why}"
        is_shown = not self.masked and not isinstance(uncertainty.found, CapturedItem)
        found = f" {self.shown(uncertainty.found)}" if is_shown else ""
        return f"{path}: {expected} is compared as a whole, but as a regex it would match{found}"

    def summary(self, item: CapturedItem, *, asked_kind: str | None = None) -> str:
        """One line that says which item is intended, and where it came from.

        Args:
            item: the item.
            asked_kind: the kind by which the user asked for it. A segment is called a transaction or a span for those
                who ask for that, and a segment for everyone else, whatever the SDK sends.
        """
        segment = None if item.kind == asked_kind else CapturedSegment.of(item)
        operation = item._capture.operation
        within = self.operation_summary(operation) if operation is not None else ""
        child = f"captured in a forked child (pid {item._process})" if item._process is not None else ""
        parts = (*(segment or item)._title(self), within, "" if self.masked else child)
        return self.redacted(", ".join(part for part in parts if part))

    def told_apart(
        self, things: Sequence[CapturedItem | Discard | Operation | None], *, asked_kind: str | None = None
    ) -> list[str]:
        """One line for each of several things, of which no two different ones read alike if something tells them apart.

        That is added only where it is needed: the segment, the logger, the origin, the place in the code.

        Args:
            things: items, discards and operations. The line for None is empty.
            asked_kind: see ``summary``.
        """
        return self.with_details([self._line(each, asked_kind) for each in things], things)

    def with_details(
        self, lines: Sequence[str], things: Sequence[CapturedItem | Discard | Operation | None]
    ) -> list[str]:
        """Lines about things. Those that read alike with what tells the things apart."""
        lines = [*lines]
        for line, number in Counter(lines).items():
            if number > 1 and line:
                alike = [index for index, each in enumerate(lines) if each == line]
                for index, more in zip(alike, self._apart([things[each] for each in alike]), strict=True):
                    lines[index] = self.redacted(", ".join([line, *more]))
        return lines

    def _line(self, thing: CapturedItem | Discard | Operation | None, asked_kind: str | None) -> str:
        if isinstance(thing, Discard):
            return self.discarded_summary(thing, asked_kind=asked_kind)
        if isinstance(thing, Operation):
            return self.operation_summary(thing)
        return self.summary(thing, asked_kind=asked_kind) if isinstance(thing, CapturedItem) else ""

    def _apart(self, things: Sequence[CapturedItem | Discard | Operation | None]) -> list[list[str]]:
        """What tells things apart of which nothing else does: of each the first details that are not all the same."""
        items = [each.item if isinstance(each, Discard) else each for each in things]
        details = [each._details(self) if isinstance(each, CapturedItem) else () for each in items]
        found: list[list[str]] = [[] for _ in details]
        for position in range(max(map(len, details), default=0)):
            column = [each[position] if position < len(each) else None for each in details]
            if len(set(column)) > 1:
                for texts, text in zip(found, column, strict=True):
                    texts.extend([text] if text else [])
            if len(set(map(tuple, found))) == len(found):
                break
        return found

    def discarded_summary(self, discard: Discard, *, asked_kind: str | None = None) -> str:
        """One line that says what was lost, as far as that is known. The arguments are those of ``summary``."""
        item = discard._item_as(asked_kind or CapturedSegment.kind) or discard.item
        if discard.payload is not None:
            return self.summary(item, asked_kind=asked_kind)
        return name_of(item.kind or discard.kind)

    def discard_reason(self, discard: Discard) -> str:
        """Why something was discarded, and by which callable."""
        by = f" by {self.located(discard.by)}" if discard.by is not None else ""
        times = f" ({discard.quantity} times)" if discard.quantity > 1 else ""
        return self.redacted(f"{discard.reason}{by}{times}")

    def sampler_call(self, call: SamplerCall) -> str:
        """What a traces sampler answered, and what it was given: of what is not the SDK's own the names only."""
        op = self.text(call.op, is_personal=False)
        name = self.text(call.name, is_personal=False)
        given = f"name={name}, op={op}, parent_sampled={call.parent_sampled}"
        more = f" (also given: {', '.join(map(self.name, call.keys))})" if call.keys else ""
        answer = call.answer if str(call.answer).startswith("<") else self.shown(call.answer)
        did = f"answered {answer}" if call.has_answered else "raised"
        return self.redacted(f"traces_sampler {did} for {given}{more}")

    def operation_summary(self, operation: Operation) -> str:
        """The request by its route, and the answer, or the job and its status."""
        if isinstance(operation, Job):
            return f"job {self.job_summary(operation)}"
        return self._exchange_summary(operation) if isinstance(operation, Exchange) else ""

    def operation_name(self, operation: Operation) -> str:
        """The request by its route, or the job, without what became of it."""
        if isinstance(operation, Job):
            return self.name(operation.name)
        return self.name(_request_of(operation)) if isinstance(operation, Exchange) else ""

    def job_summary(self, job: Job) -> str:
        """A job by its name, and its status."""
        attempt = f" (attempt {job.attempt})" if job.attempt > 1 else ""
        return self.name(f"{job.name} {job.status or 'not ended'}{attempt}")

    def _exchange_summary(self, exchange: Exchange) -> str:
        if exchange.status is not None:
            answer = f"answered {exchange.status}"
        else:
            answer = f"raised {exchange.exception_type.__name__}" if exchange.exception_type else "not answered"
        return self.name(f"{_request_of(exchange)} {answer}")

    def located(self, location: CallableLocation) -> str:
        """A callable with its place, relative to the working directory or to where packages are installed."""
        if location.file is None:
            return self.name(location.name)
        return f"{self.name(location.name)} {self.redacted(f'({_relative(location.file)}:{location.line})')}"

    def replaced(self, replacement: Replacement, *, was: str = " was replaced") -> str:
        """What was replaced in the SDK, by what, and where."""
        what, file = f"{replacement.name}{was} by", replacement.file
        if file is None:
            return f"{what} {self.located(replacement.by)}"
        place = f"at {_relative(file)}:{replacement.line}"
        if replacement.is_exact:
            return self.redacted(f"{what} {replacement.by.name} {place}")
        return self.redacted(f"{what} {self.located(replacement.by)}, noticed {place}")

    def as_source(self, value: object) -> str:
        """A value as Python that can be run where its names are known.

        ``...`` stands for an object of which no code is known, and for what a predicate without a name says.
        """
        if isinstance(value, Mapping):
            pairs = (f"{self.as_source(key)}: {self.as_source(each)}" for key, each in value.items())
            return "{" + ", ".join(pairs) + "}"
        if isinstance(value, (list, tuple, set, frozenset)):
            return self._collection_as_source(value)
        if isinstance(value, Enum):
            is_named = str(value._name_).isidentifier()  # combinations of flags have none
            return f"{type(value).__name__}.{value._name_}" if is_named else self.as_source(value._value_)
        if isinstance(value, re.Pattern):
            flags = re.RegexFlag(value.flags) & ~re.UNICODE
            return f"re.compile({self.as_source(value.pattern)}{f', {flags!r}' if flags else ''})"
        if isinstance(value, str):
            return self.redacted(repr(str.__str__(value)))
        if isinstance(value, (type, FunctionType)) or _is_built_in(value):
            name: str = value.__name__
            return name if name.isidentifier() else _SOME_PREDICATE
        return self._representation_as_source(value)

    @cached_property
    def _forms(self) -> tuple[str, ...]:
        """All forms of the secrets. A secret before those that may be parts of it."""
        by_length = sorted(self.secrets, key=len, reverse=True)
        forms_of = written_forms if self.masked else encoded_forms
        return tuple(form for secret in by_length for form in forms_of(secret))

    @cached_property
    def _forms_in_lower_case(self) -> frozenset[str]:
        return frozenset(form.lower() for form in self._forms)

    def _without_hidden(self, text: str) -> str:
        """A text without the lines in which a secret is hidden. Without any if it is hidden in several together."""
        if not self._is_hidden_in(text):
            return text
        shown = "\n".join(REDACTED if self._is_hidden_in(line) else line for line in text.split("\n"))
        return REDACTED if self._is_hidden_in(shown) else shown

    def _is_hidden_in(self, text: str) -> bool:
        """Whether a secret is in what a text says in encoded form, such as ``%68unter2``."""
        return any(secret in reading for reading in islice(readings(text), 1, None) for secret in self.secrets)

    def _collection_as_source(self, value: list[Any] | tuple[Any, ...] | set[Any] | frozenset[Any]) -> str:
        parts = [self.as_source(each) for each in value]
        if isinstance(value, list):
            return f"[{', '.join(parts)}]"
        if isinstance(value, tuple):
            return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
        text = "{" + ", ".join(sorted(parts)) + "}" if parts else ""
        name = "set" if isinstance(value, set) else "frozenset"
        return text if parts and isinstance(value, set) else f"{name}({text})"

    def _representation_as_source(self, value: object) -> str:
        if isinstance(value, float) and not isfinite(value):
            return f"float({str(value)!r})"
        if (type(value).__module__, type(value).__name__) == _TYPE_OF_ANY:
            return "ANY"
        source = self.written(value)
        try:
            ast.parse(source, mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return _SOME_PREDICATE if callable(value) else "..."
        return source if "\n" not in source else "..."

    def _unguarded(self, value: object) -> str:
        if isinstance(value, type):
            return value.__qualname__
        if callable(value) and hasattr(value, "__qualname__"):
            return f"<{self.located(location_of(value))}>"
        if type(value) in (list, tuple, set, frozenset, dict):
            return self._container(value)
        try:
            return _ADDRESS.sub("", repr(value))
        except Exception as error:
            return f"<{type(value).__name__} whose repr raised {type(error).__name__}>"

    def _container(self, value: Any) -> str:
        if isinstance(value, dict):
            return "{" + ", ".join(f"{self.written(key)}: {self.written(each)}" for key, each in value.items()) + "}"
        parts = [self.written(each) for each in value]
        if isinstance(value, list):
            return f"[{', '.join(parts)}]"
        if isinstance(value, tuple):
            return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
        return "{" + ", ".join(sorted(parts)) + "}" if parts else f"{type(value).__name__}()"

    def _both_sides(self, mismatch: Mismatch) -> tuple[str, str]:
        expected, found = mismatch.expected, mismatch.found
        if mismatch.path == "exception":
            one, other = self._exceptions(expected, " or "), self._exceptions(found, " from ")
        else:
            one, other = self.written(expected), self.written(found)
        if found is None or found is MISSING:
            other = "nothing"
        if max(len(one), len(other)) <= _LONGEST:
            return one, other
        if isinstance(expected, str) and isinstance(found, str):
            one, other = self.redacted(expected), self.redacted(found)  # whose quotes and escapes differ when written
            first = _first_difference(one, other)
            return _around(one, first, as_text=repr), _around(other, first, as_text=repr)
        first = _first_difference(one, other) if type(expected) is type(found) else 0
        return _around(one, first), _around(other, first)

    def _exceptions(self, value: object, between: str) -> str:
        """Exception classes by their dotted names: several packages have an HTTPException."""
        if isinstance(value, type):
            module = "" if value.__module__ == "builtins" else f"{value.__module__}."
            return self.redacted(f"{module}{value.__qualname__}")
        if isinstance(value, (list, tuple)) and all(isinstance(each, (str, type)) for each in value):
            names = (each if isinstance(each, str) else self._exceptions(each, between) for each in value)
            return self.redacted(between.join(names))
        return self.written(value)


_WITHOUT_SECRETS: Final = Formatter((), masked=True)


def _request_of(exchange: Exchange) -> str:
    return f"{exchange.method} {exchange.route or '(no route)'}"


def _is_built_in(value: object) -> TypeGuard[BuiltinFunctionType]:
    """Whether it is a function of a module, and not a method of an object that has no name here."""
    return isinstance(value, BuiltinFunctionType) and isinstance(value.__self__, ModuleType)


def _first_difference(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return next((index for index, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


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

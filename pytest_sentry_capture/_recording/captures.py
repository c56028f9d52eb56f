"""What was handed to the transport: envelopes, and captures, each of which holds one item or several.

An item is a ``dict``: the payload itself, in Sentry's wire form. ``kinds`` adds typed shortcuts.
"""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, NamedTuple

from pytest_sentry_capture._recording.callables import CallableLocation
from pytest_sentry_capture._recording.changes import MISSING, Change
from pytest_sentry_capture._recording.entries import Entry, Exchange, Phase
from pytest_sentry_capture._recording.exception_chain import ExceptionChain
from pytest_sentry_capture._recording.fields import without_moved
from pytest_sentry_capture._recording.plain_json import PlainJson
from pytest_sentry_capture._recording.scope_origin import ScopeOrigin


@dataclass
class FileContent:
    """The content of a file that a transport of the user's own may never read: it is read when it is first asked for.

    Attributes:
        path: of the file.
    """

    path: str | bytes
    _content: bytes | None = None

    def read(self) -> bytes:
        """The content; empty where there is no such file any more, as in the SDK."""
        if self._content is None:
            try:
                with open(self.path, "rb") as file:  # noqa: PTH123  (the path may be bytes)
                    self._content = file.read()
            except OSError:
                self._content = b""
        return self._content

    def __bytes__(self) -> bytes:
        return self.read()


class LateContent:
    """The content of an item that the SDK makes when it hands it over: before, its objects are not asked for texts."""

    def __init__(self, outline: Callable[[], bytes | None]) -> None:
        self._outline = outline
        self._content: bytes | None = None

    def arrive(self, content: bytes) -> None:
        """The SDK has made it."""
        self._content = content

    def read(self) -> bytes:
        """The content; where the SDK has not made it, it is what is known without asking the objects."""
        return self._content if self._content is not None else self._outline() or b""

    def __bytes__(self) -> bytes:
        return self.read()


Content = bytes | PlainJson | FileContent | LateContent
"""A payload as it was handed over."""


class ForeignWrite(NamedTuple):
    """A value of an event that another exchange than the event's own was the last to write on a scope."""

    path: str
    exchange: Exchange


@dataclass(slots=True)
class CaptureContext:
    """What was known at the moment of a capture call, beyond the payload that came out of it."""

    chain: ExceptionChain | None = None
    scope_origin: ScopeOrigin | None = None
    before_callback: bytes | None = None
    callback: CallableLocation | None = None
    sample_rate: float | None = None
    scrubs: tuple[Change, ...] = ()
    foreign_writes: tuple[ForeignWrite, ...] = ()

    def release_exceptions(self) -> None:
        """Let go of live exceptions."""
        self.chain = self.chain and self.chain.released()

    @property
    def payload_before_callback(self) -> Any:
        """What went into ``before_send`` or its like; ``MISSING`` where there was none or it was not kept."""
        if self.before_callback is None:
            return MISSING
        return without_moved(json.loads(json.dumps(pickle.loads(self.before_callback), default=str, skipkeys=True)))


@dataclass(eq=False, slots=True)
class Capture(Entry):
    """One envelope item as it was handed to the transport, parsed when first read.

    ``content`` is the payload as bytes, or as plain JSON data where it was certain to be that, which is cheaper.
    ``seen`` says that the test has seen it: returned or counted by an assertion, or in a view that was read.
    """

    type: str
    content: Content
    headers: dict[str, Any] = field(default_factory=dict)
    context: CaptureContext = field(default_factory=CaptureContext)
    exchange: Exchange | None = None
    envelope: CapturedEnvelope | None = None
    seen: bool = False
    _items: list[CapturedItem] | None = None

    def join(self, phase: Phase | None) -> None:
        self.phase = phase
        if self.exchange is not None:
            self.exchange.captures.append(self)

    def release_exceptions(self) -> None:
        self.context.release_exceptions()

    @property
    def payload(self) -> bytes:
        """The payload as a transport would have sent it."""
        if isinstance(self.content, bytes):
            return self.content
        if isinstance(self.content, PlainJson):
            return _json(self.content.parsed())
        return self.content.read()

    @property
    def sample_rate(self) -> float | None:
        """The rate with which the trace was sampled that the items belong to, as far as it is known."""
        rate = sample_rate_of(self.envelope.headers.get("trace")) if self.envelope is not None else None
        return self.context.sample_rate if rate is None else rate

    @property
    def kind(self) -> str:
        """The kind of the items; the item type itself where it is not a known one."""
        return _class_of(self.type).kind or self.type

    @property
    def items(self) -> list[CapturedItem]:
        """The typed items: one, or the several that Sentry's container items (spans, logs, metrics) carry."""
        if self._items is None:
            self._items = _class_of(self.type)._items_of(self)
        return self._items

    def parsed(self) -> Any:
        """The payload as Python has it.

        Raises:
            ValueError: it is no JSON.
            RecursionError: it is nested deeper than Python reads.
        """
        return self.content.parsed() if isinstance(self.content, PlainJson) else json.loads(self.payload)


def sample_rate_of(context: object) -> float | None:
    """The sample rate of a dynamic sampling context; None where it has none."""
    try:
        return float(context["sample_rate"]) if isinstance(context, dict) and "sample_rate" in context else None
    except (TypeError, ValueError):
        return None


CLASSES: Final[dict[str, type[CapturedItem]]] = {}
"""By Sentry's item types (https://develop.sentry.dev/sdk/foundations/transport/envelope-items/)."""


class CapturedItem(dict[str, Any]):
    """A captured item of any type: the payload itself, with typed shortcuts."""

    __slots__ = ("_capture",)
    kind: ClassVar[str] = ""
    """The kind, as in assertions; empty for types that this plugin does not know."""

    def __init_subclass__(cls, *, item_types: Iterable[str] = ()) -> None:
        CLASSES.update(dict.fromkeys(item_types, cls))

    def __init__(self, payload: Mapping[str, Any], capture: Capture | None = None) -> None:
        super().__init__(payload)
        self._capture = capture or Capture(type="", content=b"")

    def __copy__(self) -> CapturedItem:
        return type(self)({**self}, self._capture)

    def __deepcopy__(self, memo: dict[int, Any]) -> CapturedItem:
        return type(self)(copy.deepcopy({**self}, memo), self._capture)

    def __reduce__(self) -> tuple[Any, ...]:
        """For pickle: the payload, without what else was recorded around it."""
        return type(self), ({**self}, Capture(self.type_header, self.payload, self._capture.headers))

    @property
    def type_header(self) -> str:
        """The item type of the envelope, such as ``"event"`` or ``"trace_metric"``."""
        return self._capture.type

    @property
    def payload(self) -> bytes:
        """The item's payload as it was handed to the transport."""
        return self._capture.payload

    @property
    def envelope(self) -> CapturedEnvelope | None:
        """The envelope that carried the item; None for buffered kinds, which travel in batches."""
        return self._capture.envelope

    @property
    def exchange(self) -> Exchange | None:
        """The HTTP exchange during which the item was captured."""
        return self._capture.exchange

    @property
    def phase(self) -> Phase | None:
        """The phase of the test in which the item was captured; None outside tests."""
        return self._capture.phase

    @classmethod
    def in_capture(cls, capture: Capture) -> list[CapturedItem]:
        """The items of this class that a capture carries, be it within others."""
        return [item for item in capture.items if isinstance(item, cls)] if capture.kind == cls.kind else []

    @classmethod
    def _items_of(cls, capture: Capture) -> list[CapturedItem]:
        """The items that a capture of this class holds."""
        try:
            payload = capture.parsed()
        except (ValueError, RecursionError):  # no JSON, or nested deeper than Python reads
            return [RawItem({}, capture)]
        return [*cls._items_in(payload, capture)] if isinstance(payload, dict) else [RawItem({}, capture)]

    @classmethod
    def _items_in(cls, payload: dict[str, Any], capture: Capture) -> Iterable[CapturedItem]:
        return (cls(payload, capture),)


class RawItem(CapturedItem):
    """An item of a type that this plugin does not know; its bytes are in ``payload``."""

    __slots__ = ()


def _class_of(item_type: str) -> type[CapturedItem]:
    return CLASSES.get(item_type, RawItem)


@dataclass(eq=False, slots=True)
class CapturedEnvelope(Entry):
    """An envelope as it was handed to the transport (https://develop.sentry.dev/sdk/foundations/transport/envelopes/).

    ``during`` is the bad day of ``sentry_server`` during which it came, such as ``"slow"``; None on a good one.
    """

    headers: dict[str, Any]
    captures: list[Capture] = field(default_factory=list)
    during: str | None = None

    def add(self, item_type: str, content: Content, headers: dict[str, Any]) -> None:
        """Add an item that is recorded apart from its envelope."""
        self.captures.append(Capture(item_type, content, headers, envelope=self, phase=self.phase))

    @property
    def items(self) -> list[CapturedItem]:
        """The typed items, in the order in which they travel."""
        return [item for capture in self.captures for item in capture.items]

    def serialize(self) -> bytes:
        """The bytes that a real transport would have sent, before compression."""
        lines = [_json(self.headers), b"\n"]
        for capture in self.captures:
            payload = capture.payload
            lines += [_json({**capture.headers, "length": len(payload)}), b"\n", payload, b"\n"]
        return b"".join(lines)


def mark_seen(handed_out: Iterable[CapturedItem | CapturedEnvelope]) -> None:
    """Say that the test has seen these items, or what travels in these envelopes, which are not parsed for that."""
    for each in handed_out:
        for capture in each.captures if isinstance(each, CapturedEnvelope) else (each._capture,):
            capture.seen = True


def _json(value: object) -> bytes:
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()

"""Envelopes, read while they arrive (https://develop.sentry.dev/sdk/foundations/transport/envelopes/)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from pytest_sentry_capture._server import limits
from pytest_sentry_capture._server.payloads import check_payload, json_object
from pytest_sentry_capture._server.reasons import NotAcceptedError, Reason

_UUID: Final = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LONGEST_TYPE: Final = 50
_SESSIONS: Final = ("session", "sessions")


class Item(NamedTuple):
    """An item as it travels, and its payload's JSON, empty where it is not JSON or not known."""

    type: str
    headers: dict[str, Any]
    payload: bytes
    content: dict[str, Any]


@dataclass
class Envelope:
    """An envelope that has been read, as far as it has been."""

    headers: dict[str, Any] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)


class EnvelopeReader:
    """Reads an envelope piece by piece into ``envelope``. What is over a limit is refused as soon as that shows."""

    def __init__(self, envelope: Envelope) -> None:
        self.envelope = envelope
        self._buffer = bytearray()
        self._position = 0
        self._searched = 0
        self._size = 0
        self._sessions = 0
        self._item_headers: dict[str, Any] = {}
        self._read_next: Callable[[bool], bool] = self._read_envelope_headers

    def read(self, pieces: Iterable[bytes]) -> None:
        """Read a whole envelope.

        Raises:
            NotAcceptedError: it is not an envelope, or over a limit. Earlier items have been read.
        """
        for piece in pieces:
            self._size += len(piece)
            if self._size > limits.ENVELOPE:
                raise NotAcceptedError(Reason.BODY_TOO_LARGE, f"{limits.ENVELOPE} bytes for an envelope")
            self._buffer += piece
            while self._read_next(False):
                pass
            # Not after each item: with 10 000 small ones that takes 1.4 times as long.
            del self._buffer[: self._position]
            self._position = 0
        while self._read_next(True):
            pass
        if self._read_next == self._read_envelope_headers:
            raise NotAcceptedError(Reason.EMPTY_BODY)
        if self._read_next == self._read_payload:
            raise NotAcceptedError(Reason.TRUNCATED_ITEM, "its payload is missing")

    def _read_envelope_headers(self, at_end: bool) -> bool:
        line = self._line(at_end, limits.HEADERS, Reason.ENVELOPE_HEADERS)
        if line is None:
            return False
        headers = _headers(line, Reason.ENVELOPE_HEADERS)
        if headers.get("event_id") is not None and not is_event_id(headers["event_id"]):
            raise NotAcceptedError(Reason.EVENT_ID)
        self.envelope.headers = headers
        self._read_next = self._read_item_headers
        return True

    def _read_item_headers(self, at_end: bool) -> bool:
        while self._buffer.startswith(b"\n", self._position):
            self._position += 1
        line = self._line(at_end, limits.HEADERS, Reason.ITEM_HEADERS)
        if line is None:
            return False
        headers = _headers(line, Reason.ITEM_HEADERS)
        item_type, length = headers.get("type"), headers.get("length")
        if not isinstance(item_type, str) or not item_type:
            raise NotAcceptedError(Reason.ITEM_TYPE)
        if length is not None and (not isinstance(length, int) or isinstance(length, bool) or length < 0):
            raise NotAcceptedError(Reason.ITEM_LENGTH)
        if length is not None and length > limits.of_item(item_type):
            raise _too_large(item_type)
        self._sessions += item_type in _SESSIONS
        if self._sessions > limits.SESSIONS or len(self.envelope.items) >= limits.ITEMS_IN_ENVELOPE:
            raise NotAcceptedError(Reason.TOO_MANY_ITEMS)
        self._item_headers = headers
        self._read_next = self._read_payload
        return True

    def _read_payload(self, at_end: bool) -> bool:
        item_type, length = self._item_headers["type"], self._item_headers.get("length")
        if length is None:
            payload = self._line(at_end, limits.of_item(item_type), None)
        else:
            payload = self._prefix(at_end, length)
        if payload is None:
            return False
        self.envelope.items.append(Item(item_type, self._item_headers, payload, check_payload(item_type, payload)))
        self._read_next = self._read_item_headers
        return True

    def _line(self, at_end: bool, limit: int, too_long: Reason | None) -> bytes | None:
        """The bytes up to the next newline, or up to the end, or None if more must come first."""
        start = self._position
        end = self._buffer.find(b"\n", start + self._searched)
        self._searched = len(self._buffer) - start  # else a line of 90 MiB, in its pieces, takes 8 times as long
        length = (len(self._buffer) if end < 0 else end) - start
        if length > limit:
            raise _too_large(self._item_headers["type"]) if too_long is None else NotAcceptedError(too_long, "too long")
        if end >= 0:
            return self._taken(length, end + 1)
        return self._taken(length, len(self._buffer)) if at_end and length else None

    def _prefix(self, at_end: bool, length: int) -> bytes | None:
        """So many bytes, and the newline or the end after them, or None if more must come first."""
        end = self._position + length
        if len(self._buffer) > end:
            if self._buffer[end] != ord("\n"):
                raise NotAcceptedError(Reason.UNTERMINATED_ITEM)
            return self._taken(length, end + 1)
        if not at_end:
            return None
        if len(self._buffer) < end:
            raise NotAcceptedError(Reason.TRUNCATED_ITEM)
        return self._taken(length, end)

    def _taken(self, length: int, position: int) -> bytes:
        start, self._position, self._searched = self._position, position, 0
        with memoryview(self._buffer) as view:  # a slice of the buffer is one more copy: 1.6 times as long
            return bytes(view[start : start + length])


def is_event_id(value: object) -> bool:
    """Whether it is a UUID, with or without dashes."""
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def _headers(line: bytes, reason: Reason) -> dict[str, Any]:
    try:
        return json_object(line)
    except ValueError:
        raise NotAcceptedError(reason) from None


def _too_large(item_type: str) -> NotAcceptedError:
    return NotAcceptedError(
        Reason.ITEM_TOO_LARGE, f"{limits.of_item(item_type)} bytes for {item_type[:_LONGEST_TYPE]!r}"
    )

"""Whole records in a stream that many processes write to: a damaged one costs itself alone.

A record has a mark, its length, a checksum, its content and a last byte. The reader goes on at the next mark whose
record is whole: a writer that was killed in the midst of one spoils none of the others.
"""

from __future__ import annotations

import struct
from typing import NamedTuple
from zlib import crc32

_HEADER = struct.Struct("<II")


class Found(NamedTuple):
    """What a part of a stream holds.

    Attributes:
        contents: of the whole records, in order.
        consumed: how many bytes need not be read again. Those after them may be a record that is still being written.
    """

    contents: list[bytes]
    consumed: int


def record(mark: bytes, content: bytes) -> bytes:
    """A content as it is written."""
    return b"".join((mark, _HEADER.pack(len(content), crc32(content)), content, _last_byte(mark)))


def _last_byte(mark: bytes) -> bytes:
    """A byte that is not in the mark, so that the next mark does not complete a torn record."""
    return bytes((min({*range(256)}.difference(mark)),))


def whole_records(mark: bytes, stream: bytes) -> Found:
    """Find the whole records in a part of a stream, which begins wherever the last one was consumed up to."""
    contents: list[bytes] = []
    place, pending, last = 0, None, _last_byte(mark)
    while (start := stream.find(mark, place)) >= 0:
        header_end = start + len(mark) + _HEADER.size
        length, checksum = _HEADER.unpack_from(stream, start + len(mark)) if header_end <= len(stream) else (0, None)
        end = header_end + length
        if end >= len(stream):
            pending = start if pending is None else pending
            place = start + 1
        elif stream[end : end + 1] == last and crc32(content := stream[header_end:end]) == checksum:
            contents.append(content)
            place, pending = end + 1, None
        else:
            place = start + 1
    rest = max(place, len(stream) - len(mark) + 1)
    return Found(contents, min(rest, len(stream)) if pending is None else pending)

"""What an item holds: its payload, and what is in an attachment, whose mapping is no more than its headers."""

from __future__ import annotations

import json
import re
import zlib
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE
from collections.abc import Iterator
from typing import Any, Final

from pytest_sentry_capture._recording.entries import CapturedItem, RawItem
from pytest_sentry_capture._recording.facts import MIB
from pytest_sentry_capture._recording.kinds import CapturedAttachment

_ODD_BYTES: Final = {0xDC00 + byte: byte for byte in range(0x80, 0x100)}
"""What Python makes of bytes that are not UTF-8, and the characters that they are in an encoding of single bytes."""
_MARKS: Final = (
    (BOM_UTF32_LE, "utf-32"),
    (BOM_UTF32_BE, "utf-32"),
    (BOM_UTF16_LE, "utf-16"),
    (BOM_UTF16_BE, "utf-16"),
)
"""What a text may begin with that says its encoding. That of UTF-32 begins like that of UTF-16."""
_MARKED: Final = tuple(mark for mark, _ in _MARKS)
_CHARSET: Final = re.compile(r"charset\s*=\s*[\"']?([\w.:+-]+)", re.IGNORECASE)
_NO_CHARSETS: Final = re.compile(r"idna|punycode|undefined|(?:raw[-_])?unicode[-_]escape", re.IGNORECASE)
"""What Python decodes texts with, and nobody writes texts in."""
_CONTROL: Final = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\ufffe\uffff]")
_GZIP: Final = b"\x1f\x8b\x08"
_MOST_INFLATED: Final = 10 * MIB


def payloads_of(item: CapturedItem) -> tuple[Any, ...]:
    """What is in an item, where it is searched: mappings, lists and, of attachments and unknown types, texts.

    Bytes that may be read in several encodings are there in each of them, and what is not a text is not there.
    """
    if isinstance(item, RawItem):
        return (*_contents_of(item),)
    return (item, *_contents_of(item)) if isinstance(item, CapturedAttachment) else (item,)


def bytes_of(item: CapturedItem) -> tuple[bytes, ...]:
    """The bytes of an attachment or of an item of an unknown type, and what gzip has made them of."""
    if not isinstance(item, (CapturedAttachment, RawItem)):
        return ()
    inflated = _inflated(item.payload)
    return (item.payload,) if inflated is None else (item.payload, inflated)


def name_of_content(item: CapturedItem) -> str:
    """What stands for a path where a text is all that an item holds."""
    return item.kind or item.type_header


def letters_of(item: CapturedItem) -> tuple[str, ...]:
    """The letters in an attachment, or in an item of an unknown type, that is not a text for certain.

    Between those of what is text in it there may stand a zero byte, as in UTF-16, or one may end each text.
    """
    if not isinstance(item, (CapturedAttachment, RawItem)):
        return ()
    payload = bytes_of(item)[-1]
    if b"\0" not in payload or payload.startswith(_MARKED):
        return ()
    text = next(_texts_of(payload, _charset_of(item)), None)
    if text is not None and text.isascii():
        return ()
    letters = _single_bytes(payload)
    return letters.replace("\0", "\n"), letters.replace("\0", "")


def _contents_of(item: CapturedItem) -> Iterator[Any]:
    payload = bytes_of(item)[-1].removeprefix(BOM_UTF8)
    yield from map(_content_of, dict.fromkeys(_texts_of(payload, _charset_of(item))))


def _content_of(text: str) -> Any:
    """A mapping, a list or a text where it is the JSON of one, else all of it as a text."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):  # no JSON, or nested deeper than Python reads
        return text
    return content if isinstance(content, (dict, list, str)) else text


def _charset_of(item: CapturedItem) -> str | None:
    declared = _CHARSET.search(str(item._capture.headers.get("content_type")))
    return declared[1] if declared is not None and not _NO_CHARSETS.fullmatch(declared[1]) else None


def _texts_of(payload: bytes, charset: str | None) -> Iterator[str]:
    """What the bytes may be as a text, the likeliest first. Nothing if they are not."""
    marked = [encoding for mark, encoding in _MARKS if payload.startswith(mark)]
    for encoding in marked:
        if (text := _decoded(payload, encoding)) is not None:
            yield text
            return
    if marked:
        yield payload.decode(marked[-1], "replace")
        return
    if charset is not None and (text := _decoded(payload, charset)) is not None and "\0" not in text:
        yield text
    if b"\0" in payload:
        yield from filter(_is_text, _in_wide_encodings(payload))
        return
    text = _decoded(payload, "utf-8")
    yield _single_bytes(payload) if text is None else text
    if text is None and len(payload) % 2 == 0:
        yield from filter(_is_text, (_decoded(payload, "utf-16-le"), _decoded(payload, "utf-16-be")))


def _in_wide_encodings(payload: bytes) -> Iterator[str | None]:
    """What the bytes are in UTF-32, or in UTF-16 in the order of bytes in which more characters are Latin ones."""
    for encoding in ("utf-32-le", "utf-32-be"):
        if (text := _decoded(payload, encoding)) is not None:
            yield text
            return
    is_little = payload[1::2].count(0) >= payload[::2].count(0)
    yield _decoded(payload[: len(payload) // 2 * 2], "utf-16-le" if is_little else "utf-16-be")


def _is_text(text: str | None) -> bool:
    return text is not None and _CONTROL.search(text) is None


def _decoded(payload: bytes, encoding: str) -> str | None:
    try:
        return payload.decode(encoding)
    except (UnicodeError, LookupError):
        return None


def _single_bytes(payload: bytes) -> str:
    """UTF-8 as far as it is that. Other bytes are single characters."""
    return payload.decode("utf-8", "surrogateescape").translate(_ODD_BYTES)


def _inflated(payload: bytes) -> bytes | None:
    """The beginning of what gzip has made this of, or None if it is nothing of the sort."""
    if not payload.startswith(_GZIP):
        return None
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(payload, _MOST_INFLATED)
    except zlib.error:
        return None

"""What an item holds: its payload, and what is in an attachment, whose mapping is no more than its headers."""

from __future__ import annotations

import json
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from typing import Any, Final

from pytest_sentry_capture._recording.entries import CapturedItem, RawItem
from pytest_sentry_capture._recording.kinds import CapturedAttachment

_ODD_BYTES: Final = {0xDC00 + byte: byte for byte in range(0x80, 0x100)}
"""What Python makes of bytes that are not UTF-8, and the characters that they are in an encoding of single bytes."""


def payloads_of(item: CapturedItem) -> tuple[Any, ...]:
    """What is in an item, where it is searched: mappings, lists and, of attachments and unknown types, a text."""
    if isinstance(item, RawItem):
        return (_content_of(item.payload),)
    return (item, _content_of(item.payload)) if isinstance(item, CapturedAttachment) else (item,)


def _content_of(payload: bytes) -> Any:
    """A mapping, a list or a text where the payload is the JSON of one, else all of it as a text."""
    text = _text_of(payload)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):  # no JSON, or nested deeper than Python reads
        return text
    return content if isinstance(content, (dict, list, str)) else text


def name_of_content(item: CapturedItem) -> str:
    """What stands for a path where a text is all that an item holds."""
    return item.kind or item.type_header


def is_binary(payload: bytes) -> bool:
    """Whether the payload is neither JSON nor a text."""
    return "\0" in _text_of(payload)


def _text_of(payload: bytes) -> str:
    """UTF-16 if it begins with the mark of that, else UTF-8, in which other bytes are single characters."""
    if payload.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return payload.decode("utf-16", "replace")
    try:
        return payload.decode("utf-8-sig")
    except UnicodeDecodeError:
        return payload.decode("utf-8-sig", "surrogateescape").translate(_ODD_BYTES)

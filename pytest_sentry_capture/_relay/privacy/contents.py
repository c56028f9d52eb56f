"""What captures hold: the contents of attachments, and what tells distinct payloads apart."""

from __future__ import annotations

import json
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from hashlib import blake2b
from typing import Any

from pytest_sentry_capture._recording.entries import Capture, CapturedItem


def content_of(item: CapturedItem) -> Any:
    """The content of an attachment or of an item of unknown type: JSON, a text, or nothing where it is binary."""
    text = _text_of(item.payload)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return "" if "\0" in text else text


def _text_of(payload: bytes) -> str:
    """A text in UTF-8, in UTF-16 if it begins with the mark of that, or in an encoding of single bytes."""
    try:
        return payload.decode("utf-16" if payload.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig")
    except UnicodeDecodeError:
        return "" if b"\0" in payload else payload.decode("latin-1")


def digest_of(capture: Capture) -> bytes:
    """What tells distinct payloads apart."""
    digest = blake2b(bytes(capture.content), digest_size=16)  # as it is kept: JSON takes 10 times as long
    digest.update(f"{capture.type}{capture.headers}".encode(errors="replace"))
    return digest.digest()

"""The forms in which a secret may stand in a text: plain, as JSON, in a URL, in HTML, in base64, in hexadecimal."""

from __future__ import annotations

import html
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from functools import lru_cache
from typing import Final
from urllib.parse import quote, quote_plus

_SHORTEST_IN_BASE64: Final = 4
"""Characters of base64 below which a find would be chance."""
_SHORTEST_IN_HEXADECIMAL: Final = 4
"""Bytes below which their digits would be found in ids."""
_SHORTEST_IN_BYTES: Final = 3
_ENCODINGS: Final = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "latin-1", "cp1252")
_ENCODINGS_IN_BASE64: Final = ("utf-16-le", "utf-16-be", "latin-1")
"""Windows puts UTF-16 there."""


@lru_cache(maxsize=128)  # asked for with every text that is shown: to make them again takes 60 times as long
def written_forms(secret: str) -> tuple[str, ...]:
    """The usual forms of a secret, the longest first. In base64 at each of the three alignments to what precedes it."""
    forms = {secret, *_represented(secret), json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    forms |= {each for form in forms for each in _represented(form)}  # in the representation of a frame's variable
    forms |= {form.replace("/", "\\/") for form in forms}  # as PHP writes JSON
    forms |= {html.escape(secret), html.escape(secret, quote=False)}
    data = _bytes_of(secret, "utf-8")
    forms |= {quote(data), quote(data, safe=""), quote_plus(data), *_in_base64(data)}
    return tuple(sorted(forms, key=len, reverse=True))


@lru_cache(maxsize=128)
def encoded_forms(secret: str) -> tuple[str, ...]:
    """All forms of a secret that are looked for, the longest first: also in hexadecimal, and other bytes in base64."""
    forms = {*written_forms(secret)}
    forms |= {form for each in _ENCODINGS_IN_BASE64 for form in _in_base64(_bytes_of(secret, each))}
    data = _bytes_of(secret, "utf-8")
    if len(data) >= _SHORTEST_IN_HEXADECIMAL:
        forms |= {data.hex(), data.hex().upper()}
    return tuple(sorted(forms, key=len, reverse=True))


@lru_cache(maxsize=128)
def encoded_bytes(secret: str) -> tuple[bytes, ...]:
    """A secret in the encodings that files have."""
    encoded = {_bytes_of(secret, each) for each in _ENCODINGS}
    return tuple(each for each in encoded if len(each) >= _SHORTEST_IN_BYTES)


def _represented(text: str) -> tuple[str, str]:
    """A text in the representation of a longer one, whose quotes say whether an apostrophe has a backslash."""
    among_both_quotes = repr(f"'\"{text}")[4:-1]
    return among_both_quotes, among_both_quotes.replace("\\'", "'")


def _bytes_of(secret: str, encoding: str) -> bytes:
    """A text in an encoding, which may not have all its characters."""
    try:
        return secret.encode(encoding, errors="surrogatepass" if encoding.startswith("utf") else "strict")
    except UnicodeEncodeError:
        return b""


def _in_base64(data: bytes) -> Iterator[str]:
    for encode in b64encode, urlsafe_b64encode:
        for offset in range(3):
            if part := _aligned(encode(b"\0" * offset + data), offset, len(data)):
                yield part


def _aligned(encoded: bytes, offset: int, length: int) -> str:
    """The characters that depend on the secret alone, not on what stands before or after it."""
    first = -(-offset * 8 // 6)
    last = (offset + length) * 8 // 6
    part = encoded.decode()[first:last]
    return part if len(part) >= _SHORTEST_IN_BASE64 else ""

"""What a text says where it is escaped or encoded: JSON in strings, URLs, HTML, base64, and these in one another."""

from __future__ import annotations

import html
import re
from base64 import urlsafe_b64decode
from binascii import Error
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import unquote, unquote_to_bytes

MOST_READINGS: Final = 40
"""Readings of one text that are made. Texts that people write have less than five."""
_MOST_CHARACTERS: Final = 16 * 1024 * 1024
"""Of all readings together: what takes a few seconds."""
_ESCAPE: Final = re.compile(
    r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|u\{([0-9a-fA-F]{1,6})\}|([\"'\\/nrtbf0]))"
)
_ESCAPED: Final = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "0": "\0"}
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
_PERCENT: Final = re.compile(r"(?:%[0-9a-fA-F]{2})+")
_BYTES_AS_LETTERS: Final = re.compile(r"[\x80-\xff]{2,}")
_LETTERS_OF_BASE64: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_="
_BETWEEN_RUNS: Final = bytes(byte if byte in _LETTERS_OF_BASE64 else 0x20 for byte in range(256))
_STANDARD_TO_URLSAFE: Final = bytes.maketrans(b"+/", b"-_")
_SHORTEST_RUN: Final = 16
_SHORTEST_PADDED_RUN: Final = 8
"""Letters of base64 below which what they say would be chance."""
_LENGTHS_OF_LINES: Final = (64, 76)
"""Of base64 that is broken into lines (RFC 7468, 2, and RFC 2045, 6.8)."""
_ENCODINGS_WITH_NUL: Final = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_BETWEEN: Final = "\n\x1e\n"


def readings(text: str) -> Iterator[str]:
    """A text, and what it says in encoded form, each once. At most ``MOST_READINGS``, of long texts fewer."""
    seen = {text: None}
    length = 0
    yield text
    for reading in (known := [text]):  # which grows meanwhile
        for decode in _DECODERS:
            decoded = decode(reading)
            if decoded and decoded not in seen:
                length += len(decoded)
                if len(seen) == MOST_READINGS or length > _MOST_CHARACTERS:
                    return
                seen[decoded] = None
                known.append(decoded)
                yield decoded


def _unescaped(text: str) -> str:
    r"""What JSON, and Python's representations, write as ``\"``, ``\u00fc`` or ``\xfc``. One level of it."""
    if "\\" not in text:
        return ""
    unescaped = _ESCAPE.sub(_character, text)
    if _SURROGATE.search(unescaped):
        return unescaped.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return unescaped


def _character(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2] or escape[3] or escape[4]
    if code is None:
        return _ESCAPED.get(escape[5], escape[5])
    number = int(code, 16)
    return chr(number) if number <= 0x10FFFF else escape[0]


def _of_url(text: str) -> str:
    return _PERCENT.sub(lambda run: _decoded(unquote_to_bytes(run[0])), text) if "%" in text else ""


def _of_url_in_latin_1(text: str) -> str:
    return unquote(text, "latin-1") if "%" in text else ""


def _of_form(text: str) -> str:
    """Forms write spaces so. It matters where these are what ends a run of base64, too."""
    return text.replace("+", " ") if "+" in text else ""


def _of_html(text: str) -> str:
    return html.unescape(text) if "&" in text else ""


def _of_bytes(text: str) -> str:
    """UTF-8 whose bytes were taken for characters, as in the representation of bytes."""
    if text.isascii():
        return ""
    return _BYTES_AS_LETTERS.sub(lambda run: _decoded(run[0].encode("latin-1")), text)


def _of_wide_characters(text: str) -> str:
    """UTF-16 or UTF-32 whose bytes were taken for characters."""
    return text.replace("\0", "")


def _of_base64(text: str) -> str:
    """What all runs of base64 in a text say."""
    words = text.encode(errors="replace").translate(_BETWEEN_RUNS).split()
    runs = [word for word in words if len(word) >= _SHORTEST_RUN]
    if "=" in text:
        runs += [word for word in words if _SHORTEST_PADDED_RUN <= len(word) < _SHORTEST_RUN and word[-1:] == b"="]
    if any(len(run) in _LENGTHS_OF_LINES for run in runs):
        runs += _unbroken(words)
    said = [said for run in runs if (said := _said(run))]
    return _BETWEEN.join(said)


def _unbroken(words: list[bytes]) -> Iterator[bytes]:
    """What was broken into lines, put together again, with and without the word after the last full line."""
    whole = b""
    for word in (*words, b""):
        if len(word) in _LENGTHS_OF_LINES:
            whole += word
        elif whole:
            yield whole
            yield whole + word
            whole = b""


def _said(run: bytes) -> str:
    """What a run of base64 says, empty if it says nothing, as words and names do not."""
    end = run.rstrip(b"=")
    letters = end.rpartition(b"=")[2]
    is_padded = len(end) < len(run)
    if len(letters) < (_SHORTEST_PADDED_RUN - 2 if is_padded else _SHORTEST_RUN) or not _is_mixed(letters):
        return ""
    parts = (letters, letters.rpartition(b"/")[2]) if b"/" in letters else (letters,)
    return next((text for part in parts if (text := _text_of_base64(part))), "")


def _is_mixed(letters: bytes) -> bool:
    """Whether there are letters of both cases, which words, paths and hexadecimal numbers rarely have."""
    return not (letters.islower() or letters.isupper() or letters.isdigit())


def _text_of_base64(letters: bytes) -> str:
    whole = letters[: len(letters) - (len(letters) % 4 == 1)].translate(_STANDARD_TO_URLSAFE)
    try:
        data = urlsafe_b64decode(whole + b"=" * (-len(whole) % 4))
    except (Error, ValueError):
        return ""
    for encoding in _ENCODINGS_WITH_NUL if b"\0" in data else ("utf-8",):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _CONTROL.search(text) is None:
            return text
    return ""


def _decoded(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


_DECODERS: Final[tuple[Callable[[str], str], ...]] = (
    _unescaped,
    _of_url,
    _of_url_in_latin_1,
    _of_form,
    _of_html,
    _of_bytes,
    _of_wide_characters,
    _of_base64,
)

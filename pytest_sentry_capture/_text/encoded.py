"""The forms in which a secret may stand in a text: plain, as JSON, in a URL, in base64."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from functools import lru_cache
from urllib.parse import quote, quote_plus

_SHORTEST_IN_BASE64 = 4
"""Characters of base64 below which a find would be chance."""


@lru_cache(maxsize=128)  # asked for with every text that is shown: to make them anew takes 60 times as long
def encoded_forms(secret: str) -> tuple[str, ...]:
    """All forms of a secret, the longest first; in base64 at each of the three alignments to what stands before it."""
    forms = {secret, *_represented(secret), json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    forms |= {each for form in forms for each in _represented(form)}  # in the representation of a frame's variable
    data = secret.encode(errors="surrogatepass")
    forms |= {quote(data), quote(data, safe=""), quote_plus(data)}
    for encode in b64encode, urlsafe_b64encode:
        forms |= {
            part for offset in range(3) if len(part := _aligned(encode(b"\0" * offset + data), offset, len(data)))
        }
    return tuple(sorted(forms, key=len, reverse=True))


def _represented(text: str) -> tuple[str, str]:
    """A text in the representation of a longer one, whose quotes say whether an apostrophe has a backslash."""
    among_both_quotes = repr(f"'\"{text}")[4:-1]
    return among_both_quotes, among_both_quotes.replace("\\'", "'")


def _aligned(encoded: bytes, offset: int, length: int) -> str:
    """The characters that depend on the secret alone, not on what stands before or after it."""
    first = -(-offset * 8 // 6)
    last = (offset + length) * 8 // 6
    part = encoded.decode()[first:last]
    return part if len(part) >= _SHORTEST_IN_BASE64 else ""

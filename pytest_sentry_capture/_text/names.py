"""Names as they may be shown: they are no place for personal data, but nothing keeps it out."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_OF_ADDRESS: Final = r"[^\s/@{}<>()\[\]'\",;:]"
_EMAIL: Final = re.compile(rf"{_OF_ADDRESS}+(?:@|%40){_OF_ADDRESS}+\.{_OF_ADDRESS}+")
_IDENTIFIERS: Final = re.compile(
    r"(?<![0-9a-zA-Z])(?:"
    r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"  # a UUID
    r"|(?=[a-fA-F]*[0-9])[0-9a-fA-F]{16,}"
    r"|[0-9]{1,3}(?:\.[0-9]{1,3}){3}"  # an IP address
    r"|(?:[23][0-9a-fA-F]{3}|[fF][c-fC-F][0-9a-fA-F]{2}):[0-9a-fA-F:]{2,35}"  # one of version 6
    r"|[0-9]{4}(?:[ -][0-9]{4}){2,}(?:[ -][0-9]{1,4})?"  # a card number in groups
    r")(?![0-9a-zA-Z])"
    r"|[0-9]{5,}"
)
_TOKENS: Final = re.compile(
    r"(?<![0-9a-zA-Z])(?:"
    r"eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?"  # a JSON Web Token
    r"|(?:[sr]k|pk)_(?:live|test)_\w{8,}|gh[opsur]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|xox[abeoprs]-[\w-]{8,}"
    r"|AKIA[0-9A-Z]{12,}|AIza[\w-]{20,}|sntr[suy]{1,2}_[\w=+/-]{16,}"
    r")"
)
"""Tokens that say what they are: of Stripe, GitHub, GitLab, Slack, Amazon, Google and Sentry."""
_UNPRINTABLE: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+"
)


@lru_cache(maxsize=4096)  # every item has the same: without it a table with fields takes 1.5 times as long
def masked_name(name: str) -> str:
    """A name without the addresses, tokens and identifiers in it: ``/users/<email>``, ``order-<id>``."""
    return _IDENTIFIERS.sub("<id>", _EMAIL.sub("<email>", _TOKENS.sub("<token>", name)))


def printable(text: str) -> str:
    """The text in one line, without characters that are invisible, steer terminals or have no encoding."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)

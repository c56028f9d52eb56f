"""Names as they may be shown: personal data does not belong there, but nothing keeps it out."""

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
_LONG_RUN: Final = re.compile(r"[0-9A-Za-z]{12,}")
_DIGITS_BESIDE_LETTERS: Final = re.compile(r"(?<=[0-9])(?=[A-Za-z])|(?<=[A-Za-z])(?=[0-9])")
_SORTS_SIDE_BY_SIDE: Final = re.compile(
    rf"{_DIGITS_BESIDE_LETTERS.pattern}|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[a-z])", re.ASCII
)
_LEAST_CHANGES: Final = 5
_SHARE_OF_DIGITS: Final = 0.28
_LEAST_MIXED: Final = 16
_SHARE_OF_MIXED: Final = 0.42
_CHANGES_OF_ONE_NUMBER: Final = 2
"""Where letters of both cases take turns too, as they do in words such as ``getItemInt64``, which has one number."""
_UNPRINTABLE: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f]+"
)


@lru_cache(maxsize=4096)  # every item has the same: without it a table with fields takes 1.5 times as long
def masked_name(name: str) -> str:
    """A name without the addresses, tokens and identifiers in it: ``/users/<email>``, ``order-<id>``."""
    return _without_random(_IDENTIFIERS.sub("<id>", _without_addresses(name)))


def masked_words(text: str) -> str:
    """A sentence without the addresses and tokens in it. Its numbers stay."""
    return _without_random(_without_addresses(text))


def _without_addresses(text: str) -> str:
    return _EMAIL.sub("<email>", _TOKENS.sub("<token>", text))


def _without_random(text: str) -> str:
    return _LONG_RUN.sub(lambda match: "<token>" if _is_random(match[0]) else match[0], text)


def _is_random(run: str) -> bool:
    """Whether letters and digits take turns as in tokens. Of 300,000 names in Python's packages, next to none do."""
    changes = len(_DIGITS_BESIDE_LETTERS.findall(run))
    if len(run) < _LEAST_MIXED:
        return changes > _SHARE_OF_MIXED * len(run)
    if changes >= _LEAST_CHANGES and changes > _SHARE_OF_DIGITS * len(run):
        return True
    return changes > _CHANGES_OF_ONE_NUMBER and len(_SORTS_SIDE_BY_SIDE.findall(run)) > _SHARE_OF_MIXED * len(run)


def printable(text: str) -> str:
    """The text in one line, without characters that are invisible, steer terminals or have no encoding."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)

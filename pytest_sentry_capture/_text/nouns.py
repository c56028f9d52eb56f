"""Nouns in sentences: with an article, or with a number."""

from __future__ import annotations

import re
from typing import Final

_VOWEL: Final = re.compile(r"(?!us|uni)[aeiou]", re.IGNORECASE)
"""How a word begins that is spoken with a vowel first: ``unreal report``, but not ``user report`` or ``unit``."""
_WITHOUT_NUMBER: Final = ("feedback",)


def with_article(noun: str) -> str:
    """A noun, and what follows it, with the indefinite article.

    >>> with_article("event with level='error'"), with_article("user report"), with_article("feedback")
    ("an event with level='error'", 'a user report', 'feedback')
    """
    if noun.startswith(_WITHOUT_NUMBER):
        return noun
    return f"{'an' if _VOWEL.match(noun) else 'a'} {noun}"


def counted(number: int, noun: str) -> str:
    """A number of things.

    >>> counted(0, "event"), counted(1, "event"), counted(2, "check-in"), counted(2, "feedback")
    ('no event', '1 event', '2 check-ins', '2 feedback')
    """
    return f"{number or 'no'} {plural(noun) if number > 1 else noun}"


def plural(noun: str) -> str:
    """The noun of several things."""
    return noun if noun in _WITHOUT_NUMBER else f"{noun}s"

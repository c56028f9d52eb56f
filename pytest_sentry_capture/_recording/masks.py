"""What says nothing: values that are empty, and what stands in the place of a value that was filtered out or masked."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import quote

from pytest_sentry_capture._recording.changes import MISSING

FILTERED: Final = "[Filtered]"
"""What the SDK's scrubber puts in place of a value (``sentry_sdk.consts``/``utils``: SENSITIVE_DATA_SUBSTITUTE)."""
_FILTERED_TEXTS: Final = frozenset((FILTERED, f"'{FILTERED}'"))
"""That, and what sentry-sdk 3 makes of it in a stack frame's variable, which it takes out before it takes the repr."""
_EMPTY: Final[tuple[Any, ...]] = (MISSING, None, "", {}, [], ())
TEXTS_THAT_SAY_NOTHING: Final = frozenset((*_FILTERED_TEXTS, "", "None", "null", "''", '""', "[]", "{}", "()"))
"""Among them are the representations of what is empty: variables of stack frames are sent as such."""
_MASKED: Final = re.compile(r"(?:\w+\()?b?['\"]?[*•]+['\"]?\)?")
"""Asterisks, as they are, or in a representation such as that of pydantic's ``SecretStr``."""
NO_VALUE_IN_TEXT: Final = "|".join(
    (
        rf"\\*b?['\"]?(?:{re.escape(FILTERED)}|{re.escape(quote(FILTERED))})",
        r"(?:\w+\()?b?['\"]?\*{3}",
        r"(?:None|null)\b",
        r"\\*b?(?:''|\"\\*\")|\{\}|\[\]|\(\)",
        r"(?:[?]|%s|%\(|\$\d|:\w)",  # the placeholders of SQL
        r"[&;,)\s}]|$",
    )
)
"""The source of a regex for what follows in a text on a key that has no value, or one that can't be told from none."""


def is_empty(value: object) -> bool:
    """Whether there is no value: nothing, an empty text, or an empty container."""
    return value in _EMPTY


def is_filtered(value: object) -> bool:
    """Whether the SDK's scrubber has put this in place of a value."""
    return isinstance(value, str) and value in _FILTERED_TEXTS


def says_nothing(value: object) -> bool:
    """Whether a value is empty, was filtered out or is masked."""
    return value in TEXTS_THAT_SAY_NOTHING or is_masked(value) if isinstance(value, str) else value in _EMPTY


def is_masked(text: str) -> bool:
    """Whether asterisks stand in place of a value."""
    return ("*" in text or "•" in text) and _MASKED.fullmatch(text) is not None

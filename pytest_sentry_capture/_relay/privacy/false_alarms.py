"""What Relay takes for personal data or a secret, and is none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from pytest_sentry_capture._recording import AssignedValue, Masks
from pytest_sentry_capture._relay.privacy.places import texts_of

_NEVER_PERSONAL: Final = ("True", "False")
"""Representations of variables."""
_SENSITIVE: Final = r"(?:password|secret|passwd|api[-_]?key|auth|credentials|mysql_pwd|private[-_]?key|token)"
_MENTION: Final = re.compile(_SENSITIVE, re.IGNORECASE)
_ASSIGNMENT: Final = re.compile(rf"{_SENSITIVE}[\w.-]{{0,100}}\\*['\"\])]*\s*(?:[:=]|=>)\s*(?!:)(?=\S)", re.IGNORECASE)
"""A word for a secret before a value. Relay takes every text for a secret in which such a word occurs."""
_ROUTE: Final = re.compile(r"(?<![A-Za-z]:)/users/$")
"""The beginning of a route, ``/users/42``, and no folder of users: macOS and Windows call theirs ``Users``."""


def holds_nothing(text: str, masks: Masks) -> bool:
    """Whether there can be no personal data in a text."""
    return text in _NEVER_PERSONAL or masks.says_nothing(text)


def is_secret(key: str, value: Any, masks: Masks) -> bool:
    """Whether a value is a secret, and does not merely mention one; and whether there is one at all."""
    if not isinstance(value, str):
        return not all(holds_nothing(text, masks) for text in texts_of(value))
    if _MENTION.search(key):
        return not masks.says_nothing(value)
    return not _MENTION.search(value) or any(
        AssignedValue.at(value, assignment.end()).tells(masks) for assignment in _ASSIGNMENT.finditer(value)
    )


def of_other_users(path: str, spans: Sequence[Sequence[int]]) -> tuple[str, ...]:
    """The user names in a path, without that of whoever runs the tests."""
    data = path.replace("\0", "").encode(errors="replace")
    return tuple(
        name
        for start, end in spans
        if (name := data[start:end].decode(errors="replace")) != _own_name()
        and not _ROUTE.search(data[:start].decode(errors="replace"))
    )


@cache
def _own_name() -> str:
    try:
        return Path.home().name
    except RuntimeError:
        return ""

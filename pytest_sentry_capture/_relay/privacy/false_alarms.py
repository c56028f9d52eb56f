"""What Relay takes for personal data or a secret, and is none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from pytest_sentry_capture._recording import NO_VALUE_IN_TEXT, TEXTS_THAT_SAY_NOTHING, is_masked, says_nothing
from pytest_sentry_capture._relay.privacy.places import texts_of

_NOTHING: Final = TEXTS_THAT_SAY_NOTHING | {"True", "False"}
"""The representations of variables that are never personal are among these texts."""
_SENSITIVE: Final = r"(?:password|secret|passwd|api[-_]?key|auth|credentials|mysql_pwd|private[-_]?key|token)"
_MENTION: Final = re.compile(_SENSITIVE, re.IGNORECASE)
_ASSIGNMENT: Final = re.compile(
    rf"{_SENSITIVE}[\w.-]{{0,100}}\\*['\"\])]*\s*(?:[:=]|=>)\s*(?!{NO_VALUE_IN_TEXT}|:)\S",
    re.IGNORECASE,
)
"""A word for a secret with a value after it. Relay takes every text for a secret in which such a word occurs."""
_ROUTE: Final = re.compile(r"(?<![A-Za-z]:)/users/$")
"""The beginning of a route, ``/users/42``, and no folder of users: macOS and Windows call theirs ``Users``."""


def holds_nothing(text: str) -> bool:
    """Whether there can be no personal data in a text."""
    return text in _NOTHING or is_masked(text)


def is_secret(key: str, value: Any) -> bool:
    """Whether a value is a secret, and does not merely mention one; and whether there is one at all."""
    if not isinstance(value, str):
        return not all(map(holds_nothing, texts_of(value)))
    if _MENTION.search(key):
        return not says_nothing(value)
    return not _MENTION.search(value) or _ASSIGNMENT.search(value) is not None


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

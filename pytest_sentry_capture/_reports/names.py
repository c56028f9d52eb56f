"""What may be shown of an application's names: they are no place for personal data, but nothing keeps it out."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from pytest_sentry_capture._assertions import Formatter

NOT_SHOWN: Final = "(not shown)"
"""Stands for a name that is none: with spaces, an ``@`` or the like in it."""
_IDENTIFIER: Final = "<id>"
_KEY: Final = re.compile(r"[A-Za-z0-9_.:-]{1,200}")
"""What Sentry accepts as the key of a tag (https://docs.sentry.io/platforms/python/enriching-events/tags/)."""
_DOTTED: Final = re.compile(r"[\w.<>-]{1,200}")
_METHOD: Final = re.compile(r"[A-Z]{1,20}")
_EMAIL: Final = re.compile(r"[^\s/@{}]+@[^\s/@{}]+\.[^\s/@{}]+")
_IDENTIFIERS: Final = re.compile(
    r"(?<![0-9a-zA-Z])(?:"
    r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"  # a UUID
    r"|(?=[a-fA-F]*[0-9])[0-9a-fA-F]{16,}"
    r"|[0-9]{1,3}(?:\.[0-9]{1,3}){3}"  # an IP address
    r")(?![0-9a-zA-Z])"
    r"|[0-9]{5,}"
)
_UNPRINTABLE: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+"
)


class ShownNames:
    """Names of an application as they may be shown, without a test's secrets.

    Args:
        formatter: knows the secrets.
    """

    def __init__(self, formatter: Formatter) -> None:
        self._formatter = formatter
        self._keys: dict[str, str] = {}

    def redacted(self, text: str) -> str:
        """A text that holds several names."""
        return self._formatter.redacted(text)

    def key(self, name: str) -> str:
        """The name of a tag, of a user field, of a kind or a level."""
        shown = self._keys.get(name)
        if shown is None:
            shown = self._keys[name] = _shown_name(_KEY, self._formatter.redacted_in_any_case(name))
        return shown

    def dotted(self, name: str) -> str:
        """The name of a class or callable."""
        return _shown_name(_DOTTED, self._formatter.redacted_in_any_case(name))

    def method(self, method: str) -> str:
        """An HTTP method."""
        return method if _METHOD.fullmatch(method) else NOT_SHOWN

    def route(self, route: str) -> str:
        """The template of a route."""
        return _shown_route(self._formatter.redacted(route))


def shown_test(nodeid: str) -> str:
    """A test's node id without its parameters, which are values."""
    path, separator, names = nodeid.partition("::")
    return printable(path + separator + names.partition("[")[0])


def printable(text: str) -> str:
    """The text in one line, without characters that are invisible, steer terminals or have no encoding."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


@lru_cache(maxsize=4096)  # every item has the same: without it a table with fields takes 1.5 times as long
def _shown_name(grammar: re.Pattern[str], name: str) -> str:
    return _IDENTIFIERS.sub(_IDENTIFIER, name) if grammar.fullmatch(name) else NOT_SHOWN


@lru_cache(maxsize=4096)
def _shown_route(route: str) -> str:
    return printable(_IDENTIFIERS.sub(_IDENTIFIER, _EMAIL.sub("<email>", route)))

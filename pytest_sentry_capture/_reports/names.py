"""What may be shown of an application's names: they are no place for personal data, but nothing keeps it out."""

from __future__ import annotations

import re
from typing import Final

from pytest_sentry_capture._assertions import Formatter
from pytest_sentry_capture._text import masked_name, printable

NOT_SHOWN: Final = "(not shown)"
"""Stands for a name that is none: with spaces, an ``@`` or the like in it."""
_KEY: Final = re.compile(r"[A-Za-z0-9_.:-]{1,200}")
"""What Sentry accepts as the key of a tag (https://docs.sentry.io/platforms/python/enriching-events/tags/)."""
_DOTTED: Final = re.compile(r"[\w.<>-]{1,200}")
_METHOD: Final = re.compile(r"[A-Z]{1,20}")


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
            shown = self._keys[name] = _shown(_KEY, self._formatter.redacted_in_any_case(name))
        return shown

    def dotted(self, name: str) -> str:
        """The name of a class or callable."""
        return _shown(_DOTTED, self._formatter.redacted_in_any_case(name))

    def class_name(self, name: str) -> str:
        """The bare name of a class, of its dotted one; what is made while a program runs may be called anything."""
        return self.dotted(name).rpartition(".")[2]

    def method(self, method: str) -> str:
        """An HTTP method."""
        return method if _METHOD.fullmatch(method) else NOT_SHOWN

    def route(self, route: str) -> str:
        """The template of a route."""
        return printable(masked_name(self._formatter.redacted(route)))


def shown_test(nodeid: str) -> str:
    """A test's node id without its parameters, which are values."""
    path, separator, names = nodeid.partition("::")
    return printable(path + separator + names.partition("[")[0])


def _shown(grammar: re.Pattern[str], name: str) -> str:
    return masked_name(name) if grammar.fullmatch(name) else NOT_SHOWN

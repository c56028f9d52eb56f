"""What may be shown of an application's names: personal data does not belong there, but nothing keeps it out."""

from __future__ import annotations

import re
from typing import Final

from pytest_sentry_capture._assertions import Formatter
from pytest_sentry_capture._text import masked_name, masked_words, printable

NOT_SHOWN: Final = "(not shown)"
"""Stands for a name that is not one: with spaces, an ``@`` or the like in it."""
_KEY: Final = re.compile(r"[A-Za-z0-9_.:-]{1,200}")
"""What Sentry accepts as the key of a tag (https://docs.sentry.io/platforms/python/enriching-events/tags/)."""
_DOTTED: Final = re.compile(r"[\w.<>-]{1,200}")
_METHOD: Final = re.compile(r"[A-Z]{1,20}")
_MARKUP: Final = re.compile(
    r"</\w|<\w+[\s/][^>]*=|<!|[\"']\s*on\w+\s*=|(?:java|vb)script:|&(?:lt|#x?\w+);"
    r"|[\s/]on(?:animation\w+|begin|blur|click|error|focus\w*|input|key\w+|load|mouse\w+|pointer\w+|toggle)\s*=",
    re.IGNORECASE,
)
"""What no route, file or test is called: it is meant for a browser."""
_TAG: Final = re.compile(
    rf"</?(?:script|img|svg|iframe|style|object|embed|link|meta|body|html|a)\b[^>]*>?|{_MARKUP.pattern}", re.IGNORECASE
)
ROUTE_SOURCES: Final = ("route", "component", "view")
"""Where the name of a transaction may come from, beside URLs and what users make up
(https://develop.sentry.dev/sdk/data-model/event-payloads/transaction/#transaction-annotations)."""


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
        """The bare name of a class, of its dotted one. What is made while a program runs may be called anything."""
        return self.dotted(name).rpartition(".")[2]

    def method(self, method: str) -> str:
        """An HTTP method."""
        return method if _METHOD.fullmatch(method) else NOT_SHOWN

    def route(self, route: str) -> str:
        """The template of a route."""
        return shown_text(self._formatter.redacted(route))

    def entry(self, entry: str) -> str:
        """An entry of a list in a configuration."""
        return shown_text(self._formatter.redacted(entry))

    def file(self, path: str) -> str:
        """A file, relative to the rootdir."""
        return shown_text(self._formatter.redacted(path))


def shown_test(nodeid: str) -> str:
    """A test's node id without its parameters, which are values."""
    path, separator, names = nodeid.partition("::")
    return shown_text(path + separator + names.partition("[")[0])


def shown_text(text: str) -> str:
    """A text of several names, or one that a person has written, without what looks like data."""
    return NOT_SHOWN if _MARKUP.search(text) else printable(masked_name(text))


def shown_sentence(text: str) -> str:
    """A sentence of this plugin, without addresses, and without what a browser or a terminal would interpret."""
    return printable(masked_words(_TAG.sub(NOT_SHOWN, text)))


def _shown(grammar: re.Pattern[str], name: str) -> str:
    return masked_name(name) if grammar.fullmatch(name) and not _MARKUP.search(name) else NOT_SHOWN

"""Where a value of an event came from: which scope, the event itself, the options or a callback."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, Final, Literal

from pytest_sentry_capture._recording.masks import FILTERED

Source = Literal["event", "call", "current", "isolation", "global", "scope", "options", "processor", "before_send"]
"""An answer of ``scope_of``. ``"scope"`` is the one merged scope of sentry-sdk 1.x."""

KEYED_SECTIONS: Final = ("tags", "user", "contexts", "extra", "request")
PLAIN_SECTIONS: Final = (
    "level", "logger", "message", "transaction", "fingerprint", "release", "environment", "server_name", "dist",
)  # fmt: skip
OPTION_SECTIONS: Final = ("release", "environment", "server_name", "dist")
SECTIONS: Final = frozenset((*KEYED_SECTIONS, *PLAIN_SECTIONS))
_SCOPE_BEATS_EVENT: Final = ("tags", "contexts", "extra", "level")
"""The sections in which the SDK lets the scope overwrite the event (``Scope.apply_to_event``)."""


SCOPE_SECTIONS: Final = ("tags", "user", "contexts", "extra", "level", "transaction", "fingerprint")
"""What a scope has, in the order in which ``ScopeValues`` hold it."""
ScopeValues = tuple[Any, ...]


class ScopeOrigin:
    """The values that went into one capture, by section: those of the event, the merged scope and each scope.

    Args:
        event: the sections of the event as it was handed in.
        merged: gives the values of the merged scope.
        scopes: the values of each scope, from the strongest to the weakest. What the merged scope has and none of
            them explains was passed to the capture call.
    """

    def __init__(
        self,
        event: Mapping[str, Any],
        merged: Callable[[], ScopeValues],
        scopes: tuple[tuple[Source, ScopeValues], ...],
    ) -> None:
        self.event = event
        self._merged = merged
        self._scopes = scopes

    @cached_property
    def merged(self) -> Mapping[str, Any]:
        """The sections of the merged scope."""
        return _by_section(self._merged())

    @property
    def scopes(self) -> Iterator[tuple[Source, Mapping[str, Any]]]:
        """The sections of each scope."""
        return ((name, _by_section(values)) for name, values in self._scopes)

    def source_of(self, section: str, key: str | None, value: object) -> Source:
        """Who gave ``value``, found at ``key`` of ``section`` before ``before_send`` ran."""
        for place in ("scope", "event") if section in _SCOPE_BEATS_EVENT else ("event", "scope"):
            values = self.event if place == "event" else self.merged
            if _holds(values, section, key):
                if _replaced(_at(values, section, key), value):
                    return "processor"
                return "event" if place == "event" else self._scope_of(section, key)
        if section in OPTION_SECTIONS:
            return "options"
        return "current" if (section, key) == ("contexts", "trace") else "processor"

    def _scope_of(self, section: str, key: str | None) -> Source:
        key = None if section == "user" else key  # the SDK takes a scope's user whole
        value = _at(self.merged, section, key)
        for name, values in self.scopes:
            if _holds(values, section, key) and _at(values, section, key) is value:
                return name
        return "call"


def _by_section(values: ScopeValues) -> Mapping[str, Any]:
    return dict(zip(SCOPE_SECTIONS, values, strict=True))


def _holds(values: Mapping[str, Any], section: str, key: str | None) -> bool:
    content = values.get(section)
    if key is None:
        return content is not None
    return isinstance(content, Mapping) and key in content


def _at(values: Mapping[str, Any], section: str, key: str | None) -> Any:
    return values[section] if key is None else values[section][key]


def _replaced(given: object, found: object) -> bool:
    """Whether a simple value is no longer the one given. Containers and objects change form when serialized."""
    simple = (str, int, float, bool, type(None))
    if not isinstance(given, simple) or not isinstance(found, simple) or found == FILTERED:
        return False
    return given != found and not (isinstance(given, str) and isinstance(found, str) and _shortened(given, found))


def _shortened(given: str, found: str) -> bool:
    return found.endswith("...") and given.startswith(found[:-3])

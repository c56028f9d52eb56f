"""Which loggers the application keeps out of events, as opposed to those that the SDK's integrations ignore."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from fnmatch import fnmatch
from typing import Any, Final

from pytest_sentry_capture._sdk.call_stack import wrapping
from pytest_sentry_capture._sdk.patching.touchpoints import Touchpoints
from pytest_sentry_capture._sdk.versions import LOGGERS_OF_INTEGRATIONS, Features

_WILDCARDS: Final = frozenset("*?[")
_SDK: Final = "sentry_sdk."


class IgnoredLoggers:
    """The entries that ``ignore_logger`` was given: who gave them, and how often each was used.

    Args:
        counts: how often each entry of the application's was used, by the call that has made it.
    """

    def __init__(self, features: Features, counts: Counter[str]) -> None:
        self._features = features
        self._counts = counts
        self._of_application: set[str] = set()
        self._of_integrations: set[str] = set()

    def install(self, touchpoints: Touchpoints) -> None:
        """See who ignores loggers from now on."""
        touchpoints.replace(f"integrations.logging:{self._features.ignore_logger}", self._watched)

    def entries_for(self, logger: str) -> list[str]:
        """The entries that ignore this logger, by its name or by a pattern."""
        name = logger.strip()
        entries = self._features.ignored_loggers
        named = [name] if name in entries else []
        return named + [each for each in entries if not _WILDCARDS.isdisjoint(each) and fnmatch(name, each)]

    def note_use(self, entries: list[str]) -> bool:
        """Whether the application has made one of these entries. The first counts as used."""
        own = next((entry for entry in sorted(entries) if self._is_of_application(entry)), None)
        if own is not None:
            self._counts[self._call(own)] += 1
        return own is not None

    def note_entries(self) -> None:
        """Count the application's entries in, each as not yet used."""
        for entry in self._features.ignored_loggers:
            if self._is_of_application(entry):
                self._counts[self._call(entry)] += 0

    def _is_of_application(self, entry: str) -> bool:
        """Who has made an entry is not known where it was there before, or was put among the others by hand."""
        return entry in self._of_application or entry not in self._of_integrations | LOGGERS_OF_INTEGRATIONS

    def _call(self, entry: str) -> str:
        return f"{self._features.ignore_logger}({entry!r})"

    def _watched(self, original: Callable[..., None]) -> Callable[..., None]:
        @wrapping(original)
        def ignore_logger(*args: Any, **kwargs: Any) -> None:
            __tracebackhide__ = True
            original(*args, **kwargs)
            caller = str(sys._getframe(1).f_globals.get("__name__"))
            known = self._of_integrations if caller.startswith(_SDK) else self._of_application
            known.update(str.__str__(each) for each in (*args, *kwargs.values()) if isinstance(each, str))

        return ignore_logger

"""The memory of the SDK's DedupeIntegration: an exception raised in one test is not a duplicate in the next."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from pytest_sentry_capture._recording import own_attributes
from pytest_sentry_capture._sdk.versions import Features


class ForgetfulVar:
    """Takes the place of a context variable, and can forget what it holds in every context at once.

    A new context variable for each test would do, but contexts keep every variable that was ever set in them.
    """

    def __init__(self, name: str) -> None:
        self._var: ContextVar[tuple[object, Any] | None] = ContextVar(name, default=None)
        self._turn = object()

    def forget(self) -> None:
        self._turn = object()
        self._var.set(None)

    def get(self, default: Any = None) -> Any:
        held = self._var.get()
        return held[1] if held is not None and held[0] is self._turn else default

    def set(self, value: Any) -> None:
        self._var.set((self._turn, value))


class Dedupe:
    """Forgets, when a test begins, which exceptions were captured before.

    Up to sentry-sdk 2 the integration keeps the last exception in a context variable. Since 3 it marks each exception.
    A mark from before the test is taken off when the exception is captured again: one that is still there from before
    can share its ``id`` with none that was captured in this test.
    """

    def __init__(self, features: Features) -> None:
        self._features = features
        self._captured: set[int] = set()

    def forget(self) -> None:
        """Whatever is captured from now on is captured for the first time."""
        self._captured.clear()

    def forget_last_of(self, client: Any) -> None:
        """Forget the last exception that a client's integration has seen, in every context."""
        dedupe = client.integrations.get("dedupe")
        last_seen = self._features.last_seen_by(dedupe)
        if isinstance(last_seen, ForgetfulVar):
            last_seen.forget()
        elif last_seen is not None:
            dedupe._last_seen = ForgetfulVar("last-seen")

    def before_attempt(self, hint: Mapping[str, Any]) -> None:
        """An exception is about to be captured."""
        exc_info = hint.get("exc_info")
        error = exc_info[1] if isinstance(exc_info, tuple) and len(exc_info) == 3 else None
        if not isinstance(error, BaseException) or id(error) in self._captured:
            return
        self._captured.add(id(error))
        own_attributes(error).pop(self._features.mark_of_captured, None)

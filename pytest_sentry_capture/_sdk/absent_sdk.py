"""The twin of ``Sdk`` for an SDK that is not there: it was not imported, or can't be observed.

This module is imported by every pytest run, with or without Sentry, so it imports next to nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pytest_sentry_capture._sdk.lifetimes import Lifetime
    from pytest_sentry_capture._sdk.sdk import Sdk

_SUSPENDED: Final = "another pytest run in this process is observing Sentry's SDK"


class AbsentSdk:
    """Answers as an SDK does that has no client, and imports the SDK where only that can answer.

    Args:
        import_sdk: imports the SDK, and returns what answers for it from then on.
        problem: why it can't be observed, in words for users, or None if it was not imported.
    """

    is_observed = False
    gaps: tuple[str, ...] = ()
    version = None
    integrations: tuple[str, ...] = ()
    client = None
    options: Mapping[str, Any] = {}
    scope_values: Mapping[str, Mapping[str, Any]] = {}
    kinds_from_logging: frozenset[str] = frozenset()
    about_loop = None
    django_middleware = None
    without_transactions = None

    def __init__(self, import_sdk: Callable[[], Sdk | AbsentSdk], problem: str | None = None) -> None:
        self.problem = problem
        self._import_sdk = import_sdk

    def init(self, options: dict[str, Any]) -> Any:
        """Import the SDK and initialize it. Raises ``RuntimeError`` where it can't be observed."""
        __tracebackhide__ = True
        return self._imported().init(options)

    def override(self, options: dict[str, Any]) -> AbstractContextManager[None]:
        """Import the SDK, which knows its options. Raises ``RuntimeError`` where it can't be observed."""
        __tracebackhide__ = True
        return self._imported().override(options)

    def begin_test(self, options: dict[str, Any]) -> None:
        """No test can change what is not there."""

    def note_active(self) -> None:
        """No client is."""

    def change_options(self, options: dict[str, Any]) -> None:
        """No test can change what is not there."""

    def check_test(self) -> None:
        """No fixture has made a client."""

    def end_test(self, lifetime: Lifetime) -> None:
        """There is nothing to undo."""

    def begin_fixture(self, lifetime: Lifetime) -> None:
        """Where the fixture imports the SDK, ``Sdk.install`` takes note of it."""

    def end_fixture(self, lifetime: Lifetime) -> None:
        """It has set up nothing."""

    def finish_fixture(self, lifetime: Lifetime) -> None:
        """There is nothing to undo."""

    def drain(self) -> None:
        """Nothing is buffered."""

    def flush(self) -> None:
        """Nothing is being sent."""

    def watch_logging(self) -> None:
        """What can't be observed ignores no loggers that would be noted."""

    def watch_loggers(self) -> None:
        """Without the SDK no log record becomes an event."""

    def watch_scopes(self) -> None:
        """There are none yet. What can't be observed is not watched either."""

    def watch_otlp(self) -> None:
        """What can't be observed is not steered either."""

    def watch_logger(self) -> None:
        """What can't be observed is not watched either."""

    def suspend(self) -> None:
        """Nothing was replaced."""

    def resume(self) -> None:
        """Nothing was replaced."""

    def uninstall(self) -> None:
        """Nothing was replaced."""

    def _imported(self) -> Sdk | AbsentSdk:
        __tracebackhide__ = True
        sdk = self._import_sdk() if self.problem is None else self
        if not sdk.is_observed:
            raise RuntimeError(sdk.problem or _SUSPENDED)
        return sdk

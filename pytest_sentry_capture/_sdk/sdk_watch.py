"""Waits for the SDK to be imported, and chooses what answers for it: ``Sdk``, or its twin where it is not there.

This module is imported by every pytest run, with or without Sentry, so it imports next to nothing itself.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from pytest_sentry_capture._recording import SharedCounter
from pytest_sentry_capture._sdk import on_demand
from pytest_sentry_capture._sdk.absent_sdk import AbsentSdk
from pytest_sentry_capture._sdk.importing import LOGGER, ImportWatcher
from pytest_sentry_capture._sdk.lifetimes import Lifetime, Lifetimes

if TYPE_CHECKING:
    from pytest_sentry_capture._recording import Recorder
    from pytest_sentry_capture._sdk.patching.network import Network, NetworkMode
    from pytest_sentry_capture._sdk.sdk import Sdk

_activated: list[SdkWatch] = []
"""The SDK is patched by one run at a time: a pytest run inside a test of another run suspends the outer one."""


class SdkWatch:
    """Knows what answers for the SDK now, and whose set-up code is running, from before the SDK is imported.

    Args:
        on_client_made: called when the SDK has been imported, and after each initialization of a client.

    Attributes:
        imports: watches the import of the SDK, and of what else must be seen.
        sdk: what answers for the SDK. Tests may hold it, for it asks again each time.
        blocked: what was not sent, by host and sort.
        ignored_errors: how often each entry of an application's ``ignore_errors`` was used.
        ignored_loggers: how often each logger was met that an application ignores, in tests that look at log records.
    """

    def __init__(
        self,
        recorder: Recorder,
        network: NetworkMode,
        hosts: tuple[str, ...],
        on_client_made: Callable[[], None],
    ) -> None:
        self._recorder = recorder
        self._network_mode = network
        self._hosts = hosts
        self._on_client_made = on_client_made
        self._scopes_are_watched = False
        self._lifetimes = Lifetimes()
        self._fixtures: dict[object, Lifetime] = {}
        self._now: Sdk | AbsentSdk = AbsentSdk(self._import_sdk)
        self.sdk = cast("Sdk | AbsentSdk", _SdkNow(self))
        self.imports = ImportWatcher()
        self.blocked = SharedCounter()
        self.ignored_errors = SharedCounter()
        self.ignored_loggers = SharedCounter()

    def activate(self) -> None:
        """Observe the SDK from now on, and from its import on if that is still to come."""
        if _activated:
            _activated[-1]._suspend()
        _activated.append(self)
        self.imports.watch("sentry_sdk", self._sdk_imported)
        self.imports.watch("sentry_sdk.client", self._client_module_imported)
        self.imports.watch("sentry_sdk.integrations.otlp", self._otlp_imported)
        self.imports.watch("sentry_sdk.integrations.logging", self._logging_imported)
        self.imports.watch(LOGGER, self._logger_imported)
        self.imports.install()
        if "sentry_sdk" in sys.modules:
            self._observe(may_have_clients=True)

    def watch_scopes(self) -> None:
        """Note from now on which operation writes what on which scope, which costs time."""
        if not self._scopes_are_watched:
            self._scopes_are_watched = True
            self._now.watch_scopes()

    def deactivate(self) -> None:
        """Leave the SDK as it was."""
        self.imports.uninstall()
        self._now.uninstall()
        if self in _activated:
            _activated.remove(self)
            if _activated:
                _activated[-1]._resume()

    def begin_test(self, options: dict[str, Any]) -> Lifetime:
        """Isolate a test. See ``Sdk.begin_test`` for what is raised."""
        if options:
            self._import_sdk()  # it says which options there are
        self._now.begin_test(options)
        lifetime = Lifetime(is_test=True)
        self._lifetimes.enter(lifetime)
        return lifetime

    def change_options(self, options: dict[str, Any]) -> None:
        """Apply other options than the test has begun with. See ``Sdk.begin_test`` for what is raised."""
        self._import_sdk()
        self._now.change_options(options)

    def end_test(self, lifetime: Lifetime) -> None:
        """Undo what a test and its function-scoped fixtures did to the SDK."""
        self._now.end_test(lifetime)
        lifetime.alive = False
        self._lifetimes.leave(lifetime)

    @contextmanager
    def fixture_set_up(self, key: object) -> Iterator[None]:
        """Say that the set-up of a fixture of a wider scope than function runs meanwhile."""
        lifetime = self._fixtures[key] = Lifetime()
        self._lifetimes.enter(lifetime)
        try:
            self._now.begin_fixture(lifetime)
            try:
                yield
            finally:
                self._now.end_fixture(lifetime)
        finally:
            self._lifetimes.leave(lifetime)

    def fixture_finished(self, key: object) -> None:
        """Say that a fixture of a wider scope has been torn down."""
        lifetime = self._fixtures.pop(key, None)
        if lifetime is not None:
            self._now.finish_fixture(lifetime)
            lifetime.alive = False

    def forget_counts(self) -> None:
        """In a child process: begin to count at zero, for the parent reports itself what it has counted."""
        self.blocked.clear()
        for counts in self.ignored_errors, self.ignored_loggers:
            counts.update({entry: -times for entry, times in counts.items()})

    def _import_sdk(self) -> Sdk | AbsentSdk:
        __import__("sentry_sdk")
        return self._now

    def _sdk_imported(self) -> None:
        """The SDK has been imported, for the first time or, with clients that are still there, once more."""
        self._observe(may_have_clients=self._now.is_observed)

    def _client_module_imported(self) -> None:
        """``sentry_sdk.client`` was reloaded by itself. During the import of the package there is nothing to do yet."""
        package = sys.modules["sentry_sdk"]
        if self._now.is_observed and not getattr(package.__spec__, "_initializing", False):
            self._observe(may_have_clients=True)

    def _otlp_imported(self) -> None:
        try:
            self._now.watch_otlp()
        except Exception as error:
            self._give_up(error)

    def _logging_imported(self) -> None:
        self._now.watch_logging()

    def _logger_imported(self) -> None:
        self._now.watch_logger()

    def _observe(self, *, may_have_clients: bool) -> None:
        """The SDK is there: let it answer from now on, or let its twin say why it can't be observed."""
        self._now.uninstall()
        try:
            sdk = on_demand.Sdk(
                self._recorder,
                self._lifetimes,
                self._network(),
                self._on_client_made,
                self.ignored_errors,
                self.ignored_loggers,
                scopes_are_watched=self._scopes_are_watched,
            )
            sdk.install(may_have_clients=may_have_clients)
        except Exception as error:
            self._give_up(error)
        else:
            self._now = sdk
            self._on_client_made()

    def _give_up(self, error: Exception) -> None:
        self._now.uninstall()
        self._now = AbsentSdk(self._import_sdk, on_demand.block_only(self._network(), error))

    def _network(self) -> Network:
        return on_demand.Network(self._network_mode, frozenset(self._hosts), self.blocked)

    def _suspend(self) -> None:
        self.imports.uninstall()
        self._now.suspend()

    def _resume(self) -> None:
        self.imports.install()
        self._now.resume()


class _SdkNow:
    """What answers for the SDK at the moment at which it is asked: it may be imported while a test holds this."""

    def __init__(self, watch: SdkWatch) -> None:
        self._watch = watch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._watch._now, name)

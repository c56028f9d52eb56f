"""The SDK as the rest of the plugin sees it, whether it has been imported yet or not.

This module is imported by every pytest run, with or without Sentry, so it imports next to nothing itself.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from pytest_sentry_capture._sdk.importing import ImportWatcher
from pytest_sentry_capture._sdk.lifetimes import Lifetime, Lifetimes

if TYPE_CHECKING:
    from pytest_sentry_capture._recording.recording import Recorder
    from pytest_sentry_capture._sdk.interception import Interception
    from pytest_sentry_capture._sdk.patching.network import Network, NetworkMode

_activated: list[Sdk] = []
"""The SDK is patched by one run at a time: a pytest run inside a test of another run suspends the outer one."""


class Sdk:
    """Installs the interception when the SDK is imported, and forwards to it.

    Args:
        on_client_made: called when the SDK has been imported, and after each initialisation of a client.
        watch_scopes: note which exchange writes what on which scope, which costs time.

    Attributes:
        imports: watches the import of the SDK, and of what else is to be seen.
        problem: why the SDK can't be observed, in words for users; None while it can.
        blocked: what was not sent, by host and sort.
        ignored_errors: how often each entry of an application's ``ignore_errors`` was used.
    """

    def __init__(
        self,
        recorder: Recorder,
        network: NetworkMode,
        hosts: tuple[str, ...],
        on_client_made: Callable[[], None],
        *,
        watch_scopes: bool,
    ) -> None:
        self._recorder = recorder
        self._network_mode = network
        self._hosts = hosts
        self._on_client_made = on_client_made
        self._watch_scopes = watch_scopes
        self._lifetimes = Lifetimes()
        self._fixtures: dict[object, Lifetime] = {}
        self._interception: Interception | None = None
        self.imports = ImportWatcher()
        self.problem: str | None = None
        self.blocked: Counter[tuple[str, str]] = Counter()
        self.ignored_errors: Counter[str] = Counter()

    def activate(self) -> None:
        """Observe the SDK from now on, and from its import on if that is still to come."""
        if _activated:
            _activated[-1]._suspend()
        _activated.append(self)
        self.imports.watch("sentry_sdk", self._install_anew)
        self.imports.watch("sentry_sdk.client", self._reinstall)
        self.imports.watch("sentry_sdk.integrations.otlp", self._watch_otlp)
        self.imports.install()
        if "sentry_sdk" in sys.modules:
            self._install(may_have_clients=True)

    def deactivate(self) -> None:
        """Leave the SDK as it was."""
        self.imports.uninstall()
        if self._interception is not None:
            self._interception.uninstall()
        if self in _activated:
            _activated.remove(self)
            if _activated:
                _activated[-1]._resume()

    @property
    def gaps(self) -> list[str]:
        """What can't be seen or done with this SDK, which lacks something, in words for users."""
        gaps = self._interception.gaps if self._interception is not None else {}
        if not gaps:
            return []
        from pytest_sentry_capture._sdk.versions import NEWEST_TESTED, Features

        which = f"sentry-sdk {Features().version} (tested up to {NEWEST_TESTED})"
        return [f"{which}: {reason}. {consequence}" for reason, consequence in gaps.items()]

    @property
    def version(self) -> str | None:
        """The SDK's version; None where it was not imported, or can't be observed."""
        return self._interception.version if self._interception is not None else None

    @property
    def integrations(self) -> list[str]:
        """The identifiers of the integrations that were on in any client."""
        return sorted(self._interception.integrations) if self._interception is not None else []

    @property
    def kinds_from_logging(self) -> frozenset[str]:
        """What the active client makes of what is logged: ``event``, ``log`` or both; empty without a client."""
        return self._interception.kinds_from_logging if self._interception is not None else frozenset()

    @property
    def without_transactions(self) -> str | None:
        """Why there are no transactions, in words for users; None where there may be some."""
        return self._interception.without_transactions if self._interception is not None else None

    @property
    def is_observed(self) -> bool:
        """Whether the SDK has been imported and can be observed."""
        return self._interception is not None

    def begin_test(self, name: str, options: dict[str, Any]) -> Lifetime:
        """Isolate a test; see ``Interception.begin_test`` for what is raised."""
        if options:
            _import_sdk()  # it says which options there are
        if self._interception is not None:
            self._interception.begin_test(options)
        lifetime = Lifetime(name, is_test=True)
        self._lifetimes.enter(lifetime)
        return lifetime

    def forget_counts(self) -> None:
        """In a child process: begin to count at zero, for the parent tells itself what it has counted."""
        self.blocked.clear()
        self.ignored_errors.update({entry: -times for entry, times in self.ignored_errors.items()})

    def check_test(self) -> None:
        """After the set-up: raises ``ValueError`` for options that a client made by a wider fixture ignores."""
        if self._interception is not None:
            self._interception.check_test()

    def end_test(self, lifetime: Lifetime) -> None:
        """Undo what a test and its function-scoped fixtures did to the SDK."""
        if self._interception is not None:
            self._interception.end_test(lifetime)
        lifetime.alive = False
        self._lifetimes.leave(lifetime)

    @contextmanager
    def fixture_set_up(self, key: object, name: str) -> Iterator[None]:
        """Say that the set-up of a fixture of a wider scope than function runs meanwhile."""
        lifetime = self._fixtures[key] = Lifetime(name)
        self._lifetimes.enter(lifetime)
        if self._interception is not None:
            self._interception.begin_fixture(lifetime)
        try:
            yield
        finally:
            if self._interception is not None:
                self._interception.end_fixture(lifetime)
            self._lifetimes.leave(lifetime)

    def fixture_finished(self, key: object) -> None:
        """Say that a fixture of a wider scope has been torn down."""
        lifetime = self._fixtures.pop(key, None)
        if lifetime is None:
            return
        if self._interception is not None:
            self._interception.finish_fixture(lifetime)
        lifetime.alive = False

    @property
    def client(self) -> Any:
        """The active client of the calling context, or None."""
        return self._interception.client if self._interception is not None else None

    @property
    def options(self) -> Mapping[str, Any]:
        """The active client's options; empty without a client."""
        return self._interception.options if self._interception is not None else {}

    @property
    def scope_values(self) -> Mapping[str, Mapping[str, Any]]:
        """What the calling context's scopes hold: name of the scope, then sections such as ``tags``."""
        return self._interception.scope_values if self._interception is not None else {}

    def init(self, options: dict[str, Any]) -> Any:
        """Initialise a client that belongs to the test; raises ``TypeError`` for unknown options."""
        __tracebackhide__ = True
        _import_sdk()
        return self._interception.init(options) if self._interception is not None else None

    def override(self, options: dict[str, Any]) -> AbstractContextManager[None]:
        """Change options for a block; see ``Interception.override`` for what is raised."""
        __tracebackhide__ = True
        _import_sdk()
        return self._interception.override(options) if self._interception is not None else nullcontext()

    def drain(self) -> None:
        """Have all buffered items handed over."""
        if self._interception is not None:
            self._interception.drain()

    def flush(self) -> None:
        """Drain, and wait for what is really being sent."""
        if self._interception is not None:
            self._interception.flush()

    def _install_anew(self) -> None:
        """The SDK has been imported, for the first time or, with clients that are still there, once more."""
        self._install(may_have_clients=self._interception is not None)

    def _install(self, *, may_have_clients: bool) -> None:
        if self._interception is not None:
            self._interception.uninstall()
            self._interception = None
        try:
            from pytest_sentry_capture._sdk.interception import Interception

            interception = Interception(
                self._recorder,
                self._lifetimes,
                self._network(),
                self._on_client_made,
                self.ignored_errors,
                watch_scopes=self._watch_scopes,
            )
            interception.install(may_have_clients=may_have_clients)
            for lifetime in self._lifetimes.of_fixtures:
                interception.begin_fixture(lifetime)
        except Exception as error:
            self._give_up(error)
        else:
            self._interception = interception
            self._on_client_made()

    def _reinstall(self) -> None:
        """``sentry_sdk.client`` was reloaded by itself; during the import of the package there is nothing to do yet."""
        package = sys.modules["sentry_sdk"]
        if self._interception is not None and not getattr(package.__spec__, "_initializing", False):
            self._install(may_have_clients=True)

    def _watch_otlp(self) -> None:
        if self._interception is not None:
            try:
                self._interception.watch_otlp()
            except Exception as error:
                self._give_up(error)

    def _network(self) -> Network:
        from pytest_sentry_capture._sdk.patching.network import Network

        return Network(self._network_mode, frozenset(self._hosts), self.blocked)

    def _give_up(self, error: Exception) -> None:
        from pytest_sentry_capture._sdk.fallback import block_only
        from pytest_sentry_capture._sdk.versions import NEWEST_TESTED, OLDEST_SUPPORTED, Features
        from pytest_sentry_capture.version import __version__

        is_blocked = block_only(self._network())
        blocked = "New clients are kept from sending." if is_blocked else "Nothing keeps it from sending."
        self.problem = (
            f"sentry-sdk {Features().version} can't be observed by pytest-sentry-contract {__version__}: {error}."
            f" Supported is sentry-sdk {OLDEST_SUPPORTED} and newer, tested up to {NEWEST_TESTED}. {blocked}"
        )

    def _suspend(self) -> None:
        self.imports.uninstall()
        if self._interception is not None:
            self._interception.suspend()

    def _resume(self) -> None:
        self.imports.install()
        if self._interception is not None:
            self._interception.resume()


def _import_sdk() -> None:
    """Import the SDK, which installs the interception if it was not there before."""
    __import__("sentry_sdk")

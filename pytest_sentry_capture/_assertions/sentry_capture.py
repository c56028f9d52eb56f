"""What a test has in hand of the application in its own process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from pytest_sentry_capture._assertions.assertions import ObservedSdk, SentryAssertions
from pytest_sentry_capture._assertions.typed_calls import TypedClient, TypedInit
from pytest_sentry_capture._assertions.views import ApplicationViews
from pytest_sentry_capture._public import export
from pytest_sentry_capture._recording import Recording

if TYPE_CHECKING:
    from pytest_sentry_capture._relay import RelayProject


class SteeredSdk(ObservedSdk, Protocol):
    """What can be done to the SDK beside."""

    def flush(self) -> None: ...
    def override(self, options: dict[str, Any]) -> AbstractContextManager[None]: ...


class InitializingSdk(Protocol):
    """What ``sentry_init`` needs of the SDK."""

    def init(self, options: dict[str, Any]) -> Any: ...


class _Client:
    _sdk: SteeredSdk

    @property
    def client(self) -> Any:
        """The application's active client (``sentry_sdk.client.BaseClient``), or None."""
        return self._sdk.client

    def override(self, **options: Any) -> AbstractContextManager[None]:
        """Change SDK options for a block of code, on the live client and on clients made meanwhile.

        Raises:
            TypeError: the SDK has no such option.
            ValueError: an option has a wrong value, or a live client would ignore it.
        """
        __tracebackhide__ = True
        return self._sdk.override(options)


class SentryCapture(SentryAssertions, ApplicationViews, TypedClient, _Client):  # type: ignore[misc]
    """Everything that the application sent to Sentry during this test, and everything that it filtered out.

    Its assertions are those of ``SentryAssertions``.
    """

    def __init__(
        self,
        recording: Recording,
        sdk: SteeredSdk,
        relay_project: Callable[[], RelayProject],
        describe: Callable[[], str] = str,
    ) -> None:
        super().__init__(recording, sdk, relay_project)
        self._sdk: SteeredSdk = sdk
        self._describe = describe

    def describe(self) -> str:
        """Return the captured and discarded items so far as text with values, to print while you write a test.

        Declared secrets and findings of ``forbidden-data`` (with the extra ``relay`` also of ``no-pii``) are masked. If
        the environment variable ``CI`` is set and not empty, the text has names but no values.
        """
        self._drain()
        return self._describe()

    @property
    def dsn(self) -> str | None:
        """The active client's DSN, or None if there is no client or it has no DSN."""
        client = self._sdk.client
        return client.dsn if client is not None else None

    @property
    def options(self) -> Mapping[str, Any]:
        """The active client's options, read-only, or an empty mapping without a client."""
        return MappingProxyType(dict(self._sdk.options))

    def flush(self) -> None:
        """Flush the SDK's buffers, and wait until events are sent where the network is allowed."""
        self._sdk.flush()


class _Init:
    def __init__(self, sdk: InitializingSdk) -> None:
        self._sdk = sdk

    def __repr__(self) -> str:
        return "<SentryInit>"

    def __call__(self, **options: Any) -> Any:
        """Initialize Sentry like ``sentry_sdk.init`` and return the client (``sentry_sdk.client.BaseClient``).

        Integrations that enable themselves (``auto_enabling_integrations``) stay off unless asked for. The client lives
        until the end of the test.

        Raises:
            TypeError: the SDK has no such option.
            ValueError: the DSN is malformed (the SDK's ``BadDsn``).
        """
        __tracebackhide__ = True
        return self._sdk.init({"auto_enabling_integrations": False, **options})


class SentryInit(TypedInit, _Init):  # type: ignore[misc]
    """A factory of clients that live for one test, for filters, processors and libraries tested by themselves."""


export(SentryCapture, SentryInit)

"""What tests have in hand of the server: their own project's recording, its address, and simulated failures."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pytest_sentry_capture._assertions import Evidence, Matcher, SentryAssertions
from pytest_sentry_capture._public import export
from pytest_sentry_capture._recording import Recording, Rejection
from pytest_sentry_capture._server.addresses import LOOPBACK, TUNNEL
from pytest_sentry_capture._server.faults import OutageMode, check_delay, check_mode, rate_limit
from pytest_sentry_capture._server.projects import Project, Projects

if TYPE_CHECKING:
    from pytest_sentry_capture._relay import RelayProject
    from pytest_sentry_capture._server.server_thread import ServerThread

_NOTHING_RECEIVED: Final = (
    "Nothing was received with this test's DSN, so nothing could have been captured. Was the process started with"
    " env=sentry_server.env, or given sentry_server.dsn, and does it call sentry_sdk.init()? An SDK with nothing to"
    " report sends nothing. Let the process capture a last message, so that the test sees it."
)


class _OtherProcesses:
    """What assertions ask of the SDK, where the SDKs are those of other processes, out of reach."""

    client = None
    options: Mapping[str, Any] = {}
    scope_values: Mapping[str, Mapping[str, Any]] = {}
    without_transactions = None
    kinds_from_logging = frozenset(("event", "log"))
    about_loop = None

    def drain(self) -> None:
        """What has been answered is in the recording already."""


class SentryServer(SentryAssertions):
    """Everything that other processes and other SDKs send to this test's own DSN.

    An item counts as captured if Sentry would have accepted it. Items that were not accepted, for example during
    simulated failures, are in ``rejections``. Items that an SDK reports to have discarded itself are in ``discarded``.
    An SDK counts as active once it has sent something with the DSN.
    """

    def __init__(
        self,
        recording: Recording,
        project: Project,
        projects: Projects,
        thread: ServerThread,
        relay_project: Callable[[], RelayProject],
    ) -> None:
        super().__init__(recording, _OtherProcesses(), relay_project)
        self._project = project
        self._projects = projects
        self._thread = thread

    @property
    def dsn(self) -> str:
        """The DSN of this test's own project."""
        return f"http://{self._project.key}@{LOOPBACK}:{self._thread.port}/{self._project.id}"

    @property
    def tunnel(self) -> str:
        """A URL for the ``tunnel`` option of SDKs: it takes envelopes that carry their DSN, as an application would."""
        return f"http://{LOOPBACK}:{self._thread.port}{TUNNEL}"

    @property
    def env(self) -> dict[str, str]:
        """This process's environment with ``SENTRY_DSN``, and without a proxy for loopback: for a subprocess."""
        exceptions = ",".join(filter(None, [os.environ.get("no_proxy") or os.environ.get("NO_PROXY"), LOOPBACK]))
        return {**os.environ, "SENTRY_DSN": self.dsn, "no_proxy": exceptions, "NO_PROXY": exceptions}

    @property
    def rejections(self) -> list[Rejection]:
        """The requests that were not accepted, with status, reason and lost items."""
        return self._entries_of(Rejection)

    def rate_limit(self, *categories: str, retry_after: int = 60) -> AbstractContextManager[None]:
        """Return a context manager that rate-limits data categories inside its block, or all if none is named.

        The SDK then holds back for ``retry_after`` seconds, however long the block takes.

        Args:
            categories: such as ``"error"``, ``"transaction"``, ``"log_item"``
                (https://develop.sentry.dev/sdk/foundations/transport/rate-limiting/#definitions).
            retry_after: whole seconds.

        Raises:
            ValueError: there is no such category, or the number is below 1.
            TypeError: ``retry_after`` is not an integer.
        """
        __tracebackhide__ = True
        return self._project.faults.rate_limited(rate_limit(categories, retry_after))

    def outage(self, mode: OutageMode = "refuses") -> AbstractContextManager[None]:
        """Return a context manager that simulates an outage inside its block.

        Args:
            mode: ``"refuses"`` connections, ``"resets"`` them once a request is complete, ``"hangs"`` (accepts requests
                and answers when the block ends), ``"answers_500"`` or ``"answers_garbage"`` (not HTTP).

        Raises:
            ValueError: there is no such mode.
        """
        __tracebackhide__ = True
        check_mode(mode)
        return self._outage(mode)

    def slow(self, seconds: float) -> AbstractContextManager[None]:
        """Return a context manager that delays answers inside its block. Received items are captured at once.

        Args:
            seconds: until the answer, above 0 and finite.

        Raises:
            ValueError: the number is not above 0.
            TypeError: ``seconds`` is not a number.
        """
        __tracebackhide__ = True
        check_delay(seconds)
        return self._project.faults.slow(seconds)

    def _close(self) -> None:
        """The test is over: what comes now is late."""
        self._projects.close(self._project)
        self._recover()

    @contextmanager
    def _outage(self, mode: OutageMode) -> Iterator[None]:
        try:
            with self._project.faults.out_of_order(mode):
                if mode == "refuses":
                    self._thread.refuse()
                yield
        finally:
            self._recover()

    def _recover(self) -> None:
        """Answer those who wait, and listen again where nothing refuses connections any more."""
        try:
            if not self._project.faults.refuses:
                self._thread.listen_again()
        finally:
            self._thread.relieve()

    def _check_callables_are_known(self, by: object) -> None:
        __tracebackhide__ = True
        if by is not None:
            raise TypeError("by: the callables of another process are not known. Leave it out and pass reason=")

    def _evidence(self, matcher: Matcher | None) -> Evidence:
        return replace(super()._evidence(matcher), about_no_client=_NOTHING_RECEIVED)


export(SentryServer)

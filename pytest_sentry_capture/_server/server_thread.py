"""The server's thread: its own event loop that listens on loopback, on a port that the system chooses."""

from __future__ import annotations

import asyncio
import concurrent.futures
import socket
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final, TypeVar

from pytest_sentry_capture._server.addresses import LOOPBACK
from pytest_sentry_capture._server.connections import Connection, Connections
from pytest_sentry_capture._server.ingest_handler import IngestHandler

Result = TypeVar("Result")

_TIMEOUT: Final = 30.0
_LONGEST_CALL: Final = 10.0
"""Seconds that a test waits for the thread: one that is stuck must not hold up the whole run."""

_BACKLOG: Final = 2048
"""Connections that may wait to be accepted. asyncio's default of 100 is too few while the thread is busy: of 400
clients that connect at once, some wait for a second until Linux tries again."""

_TURNS_TO_CONNECT: Final = 3
"""Turns of the event loop from an accepted connection to its ``connection_made``."""

_MOST_WAITING: Final = 1024


class ServerThread:
    """Serves an ingest handler over HTTP from a thread.

    Args:
        timeout: seconds in which a request must be complete.

    Attributes:
        port: the port on loopback.
        problems: our own errors, in words.
    """

    def __init__(self, ingest_handler: IngestHandler, timeout: float = _TIMEOUT) -> None:
        self.port = 0
        self.problems: list[str] = []
        self._connections = Connections(ingest_handler, _most_waiting(), timeout, self._see_error)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="sentry_server", daemon=True)
        self._server: asyncio.Server | None = None
        self._placeholder: socket.socket | None = None

    def start(self) -> None:
        """Listen. Where that fails, no thread is left behind."""
        self._loop.set_exception_handler(self._see_problem)
        try:
            self._thread.start()
            self._call(self._begin())
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Close all connections, and end the thread. One that is stuck is left behind, and ends with the process."""
        try:
            if self._thread.is_alive():
                self._end_thread()
        finally:
            if not self._thread.is_alive():
                self._loop.close()

    def refuse(self) -> None:
        """Refuse connections from now on. Those that are open are reset. The port stays ours."""
        self._call(self._refuse())

    def listen_again(self) -> None:
        """Accept connections again, on the same port."""
        self._call(self._listen_again())

    def relieve(self) -> None:
        """Answer those who wait for an answer."""
        self._call(self._relieve())

    def _end_thread(self) -> None:
        try:
            with suppress(concurrent.futures.TimeoutError):
                self._call(self._end())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_LONGEST_CALL)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _call(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        # Only the loop changes anything: a test that is interrupted here, by Ctrl+C or a time limit, leaves nothing
        # half-done.
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(_LONGEST_CALL)

    async def _begin(self) -> None:
        listener = _bound(0)
        try:
            self.port = listener.getsockname()[1]
            await self._listen(listener)
        except BaseException:
            listener.close()
            raise

    async def _listen(self, listener: socket.socket) -> None:
        self._server = await self._loop.create_server(
            lambda: Connection(self._connections), sock=listener, backlog=_BACKLOG
        )

    async def _refuse(self) -> None:
        if self._server is None:
            return
        placeholder = _unbound()  # first: where no socket may be made, nothing has changed yet
        self._connections.are_refused = True
        await self._accept_no_more(self._server)
        self._server = None
        for connection in tuple(self._connections.open):
            connection.reset()
        self._placeholder = _bound(self.port, placeholder)

    async def _accept_no_more(self, server: asyncio.Server) -> None:
        """Close a server once those whom asyncio has accepted are connected: it would forget them, open as they are."""
        with suppress(NotImplementedError):  # by event loops without selectors
            for listener in server.sockets:
                self._loop.remove_reader(listener.fileno())
        for _ in range(_TURNS_TO_CONNECT):
            await asyncio.sleep(0)
        server.close()

    async def _listen_again(self) -> None:
        if self._server is None:
            self._connections.are_refused = False
            await self._listen(self._placeholder or _bound(self.port))  # without one another process took the port
            self._placeholder = None

    async def _relieve(self) -> None:
        self._connections.relieve()

    async def _end(self) -> None:
        try:
            self._connections.relieve()
        finally:
            self._connections.are_refused = True
            if self._server is not None:
                await self._accept_no_more(self._server)
            if self._placeholder is not None:
                self._placeholder.close()
            for connection in tuple(self._connections.open):
                connection.abort()

    def _see_problem(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:  # noqa: ARG002
        """Asyncio's own handler would log, and the logged error would become an event of the test's Sentry."""
        self.problems.append(str(context.get("exception") or context.get("message")))

    def _see_error(self, error: Exception) -> None:
        self.problems.append(f"{type(error).__name__}: {error}")


def _unbound() -> socket.socket:
    """A socket without a port yet.

    Connections inherit the option that lets the port be bound again while some of them linger.
    """
    unbound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    unbound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return unbound


def _bound(port: int, unbound: socket.socket | None = None) -> socket.socket:
    """A socket that has a port and does not listen, so that connections are refused."""
    bound = unbound or _unbound()
    try:
        bound.bind((LOOPBACK, port))
    except BaseException:
        bound.close()
        raise
    return bound


def _most_waiting() -> int:
    """How many connections may wait: a quarter of the file descriptors that the process may have."""
    try:
        import resource
    except ImportError:
        return _MOST_WAITING
    return max(64, min(_MOST_WAITING, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 4))

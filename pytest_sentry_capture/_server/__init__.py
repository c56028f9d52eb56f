"""A Sentry for one test: a real HTTP endpoint on loopback, for what runs in other processes and other languages.

``ingest_handler`` decides about requests and records them, without any input or output. ``connections`` speak HTTP with
clients. ``server_thread`` runs that in a thread. ``server_run`` is all of it in one run, and needs the extra.
``sentry_server`` is what users see, and can be imported without it. Not here: assertions, which are those of
``_assertions``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_sentry_capture._lazy import lazy_names

if TYPE_CHECKING:
    from pytest_sentry_capture._server.sentry_server import SentryServer as SentryServer
    from pytest_sentry_capture._server.server_run import ServerRun as ServerRun
    from pytest_sentry_capture._server.sockets import SocketsBlockedError as SocketsBlockedError
    from pytest_sentry_capture._server.sockets import check_sockets as check_sockets
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "SentryServer": "_server.sentry_server:SentryServer",
            "ServerRun": "_server.server_run:ServerRun",
            "SocketsBlockedError": "_server.sockets:SocketsBlockedError",
            "check_sockets": "_server.sockets:check_sockets",
        },
    )

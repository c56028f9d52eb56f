"""Where the server listens, and whether tests may make sockets at all."""

from __future__ import annotations

import socket
import warnings
from typing import Final

from pytest_sentry_capture._server.addresses import LOOPBACK

_LISTENS: Final = f"sentry_server listens on {LOOPBACK}, "
_WHAT_TO_ALLOW: Final = (
    f"{_LISTENS}and pytest-socket blocks all sockets of this test: allow the address with"
    f' --allow-hosts={LOOPBACK} or @pytest.mark.allow_hosts(["{LOOPBACK}"]), or all with @pytest.mark.enable_socket'
)


class SocketsBlockedError(Exception):
    """Something in this process keeps tests from making sockets. The text says what to allow."""


def check_sockets() -> None:
    """Make a socket, as the server does for each connection.

    Raises:
        SocketsBlockedError: nobody may. What the operating system refuses is raised as it is.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pytest-socket warns too
            socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()
    except OSError:
        raise
    except Exception as error:
        if type(error).__module__.partition(".")[0] == "pytest_socket":
            raise SocketsBlockedError(_WHAT_TO_ALLOW) from error
        raise SocketsBlockedError(f"{_LISTENS}and no socket may be made: {type(error).__name__}: {error}") from error

"""What is left when the SDK can't be observed: new clients are still blocked, as far as possible."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from pytest_sentry_capture._sdk.patching.network import Network
from pytest_sentry_capture._sdk.versions import NEWEST_TESTED, OLDEST_SUPPORTED, Features
from pytest_sentry_capture.version import __version__


def block_only(network: Network, error: Exception) -> str:
    """Give new clients no way out that the network policy forbids.

    Args:
        network: the policy.
        error: why the SDK can't be observed.

    Returns:
        Why it can't be observed, and whether its clients are blocked, in words for users.
    """
    blocked = "New clients are blocked from sending." if _block(network) else "Events may really be sent."
    return (
        f"sentry-sdk {Features().version} can't be observed by pytest-sentry-contract {__version__}: {error}."
        f" Supported: sentry-sdk {OLDEST_SUPPORTED} and newer, tested up to {NEWEST_TESTED}. {blocked}"
    )


def _block(network: Network) -> bool:
    """Replace what makes the transports of clients. Answers whether there is such a thing."""
    client_module: Any = sys.modules.get("sentry_sdk.client")
    original = getattr(client_module, "make_transport", None)
    if original is None:
        return False

    def make_transport(options: Mapping[str, Any]) -> Any:
        dsn = options.get("dsn")
        host = urlsplit(str(dsn)).hostname if dsn else None
        if options.get("transport") is None and host is not None and not network.allows(host):
            network.block(host, "client")
            return None
        return original(options)

    client_module.make_transport = make_transport
    return True

"""What is left when the SDK can't be observed: new clients are still kept from sending, as far as possible."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from pytest_sentry_capture._sdk.patching.network import Network


def block_only(network: Network) -> bool:
    """Give new clients no way out that the network policy forbids; answers whether this is possible."""
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

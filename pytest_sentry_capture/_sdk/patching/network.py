"""Blocks the network: which hosts events may be sent to, and what was blocked for which host."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit
from urllib.request import getproxies

NetworkMode = Literal["block", "allow"]


class Dsn(Protocol):
    """What is asked of a parsed DSN (``sentry_sdk.utils.Dsn``)."""

    @property
    def host(self) -> str: ...
    @property
    def scheme(self) -> str: ...
    @property
    def netloc(self) -> str: ...


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its name alone: ``localhost``, ``*.localhost``, ``127.0.0.0/8`` or ``::1``.

    Names are never resolved.
    """
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


@dataclass
class Network:
    """The run's policy, and a count of what it kept from leaving, by host and sort."""

    mode: NetworkMode = "block"
    hosts: frozenset[str] = frozenset()
    blocked: Counter[tuple[str, str]] = field(default_factory=Counter)

    def allows(self, host: str) -> bool:
        return self.mode == "allow" or is_loopback(host) or host.lower() in self.hosts

    def block(self, host: str, sort: str = "envelope", number: int = 1) -> None:
        """Count what was not sent. ``sort`` is a noun in the singular."""
        self.blocked[host, sort] += number

    def refused_host(self, dsn: Dsn, options: Mapping[str, Any]) -> str | None:
        """The host that stands in the way of sending: the DSN's, or that of the proxy the SDK would use, else None."""
        if not self.allows(dsn.host):
            return dsn.host
        proxy = proxy_host(dsn, options)
        return proxy if proxy is not None and not self.allows(proxy) else None


def proxy_host(dsn: Dsn, options: Mapping[str, Any]) -> str | None:
    """The host of the proxy that the SDK's HTTP transports would use for a DSN, by their own rules.

    Source: ``sentry_sdk.transport.HttpTransport._make_pool``. The same in 1.40 and 2.75.
    """
    environment = {} if _bypasses_proxies(dsn) else getproxies()
    proxy = None
    if dsn.scheme == "https" and options.get("https_proxy") != "":
        proxy = options.get("https_proxy") or environment.get("https")
    if not proxy and options.get("http_proxy") != "":
        proxy = options.get("http_proxy") or environment.get("http")
    return host_of(proxy) if proxy else None


def host_of(address: str) -> str:
    """The host of a proxy's address, which may come without a scheme."""
    return urlsplit(address if "//" in address else f"//{address}").hostname or address


def _bypasses_proxies(dsn: Dsn) -> bool:
    exceptions = getproxies().get("no") or ""
    return any(
        dsn.host.endswith(exception.strip()) or dsn.netloc.endswith(exception.strip())
        for exception in (exceptions.split(",") if exceptions else ())
    )

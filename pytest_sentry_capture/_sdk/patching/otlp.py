"""Sentry's OpenTelemetry exporter, a way out that passes no transport: it is held to the same network policy."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from pytest_sentry_capture._sdk.patching.network import Network, host_of
from pytest_sentry_capture._sdk.patching.touchpoints import Touchpoints


def block_exporter(touchpoints: Touchpoints, network: Network) -> None:
    """Let the SDK's OTLP integration make exporters only for hosts that the policy allows."""

    def guarded(exporter_class: Any) -> Any:
        def make_exporter(*args: Any, endpoint: str | None = None, **kwargs: Any) -> Any:
            refused = next((host for host in _hosts_on_the_way(endpoint or "") if not network.allows(host)), None)
            if refused is not None:
                return _BlockedExporter(refused, network)
            return exporter_class(*args, endpoint=endpoint, **kwargs)

        return make_exporter

    touchpoints.replace("integrations.otlp:OTLPSpanExporter", guarded)


def _hosts_on_the_way(endpoint: str) -> list[str]:
    """The endpoint's host, and that of the proxy which the exporter's HTTP library (requests) would use."""
    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    return [host, host_of(proxy)] if proxy and not proxy_bypass(parts.netloc) else [host]


class _BlockedExporter:
    """An OpenTelemetry span exporter that sends nothing and counts what it did not send."""

    def __init__(self, host: str, network: Network) -> None:
        self._host = host
        self._network = network

    def export(self, spans: Any) -> Any:
        from opentelemetry.sdk.trace.export import SpanExportResult  # it is installed where spans are exported

        self._network.block(self._host, "OpenTelemetry span", len(spans))
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """There is nothing to shut down."""

    def force_flush(self, _timeout_millis: int = 30_000) -> bool:
        return True

"""Sentry's OpenTelemetry exporter, a way out that passes no transport: it is held to the same network policy."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from pytest_sentry_capture.sdk.modules import Touchpoints
from pytest_sentry_capture.sdk.network import Network


def block_exporter(touchpoints: Touchpoints, network: Network) -> None:
    """Let the SDK's OTLP integration make exporters only for hosts that the policy allows."""

    def guarded(exporter_class: Any) -> Any:
        def make_exporter(*args: Any, endpoint: str | None = None, **kwargs: Any) -> Any:
            host = urlsplit(endpoint or "").hostname
            if host is None or network.allows(host):
                return exporter_class(*args, endpoint=endpoint, **kwargs)
            return _BlockedExporter(host, network)

        return make_exporter

    touchpoints.replace("integrations.otlp:OTLPSpanExporter", guarded)


class _BlockedExporter:
    """An OpenTelemetry span exporter that sends nothing and counts what it did not send."""

    def __init__(self, host: str, network: Network) -> None:
        self._host = host
        self._network = network

    def export(self, spans: Any) -> Any:
        from opentelemetry.sdk.trace.export import SpanExportResult  # type: ignore[import-not-found,unused-ignore]

        self._network.blocked[self._host] += len(spans)
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """There is nothing to shut down."""

    def force_flush(self, _timeout_millis: int = 30_000) -> bool:
        return True

"""The SDK's way to the network: cut behind its HTTP transports, which work otherwise, for hosts that are refused."""

from __future__ import annotations

from collections.abc import Callable
from operator import is_
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary, WeakSet, ref

from pytest_sentry_capture.sdk.invisible import invisible, wrapping
from pytest_sentry_capture.sdk.modules import Touchpoints
from pytest_sentry_capture.sdk.network import Network
from pytest_sentry_capture.sdk.pytest_sentry import is_pytest_sentrys

_POOL: Final = "_pool"
_REQUEST: Final = "request"
_STEPS: Final = (
    *("_send_envelope", "_send_event", "_send_request", "_request", "_prepare_envelope", "_serialize_envelope"),
    *("_update_headers", "_update_rate_limits", "_handle_response", "_handle_request_error", "on_dropped_event"),
    *("_check_disabled", "_fetch_pending_client_report", "_flush_client_reports", "capture_envelope", "capture_event"),
)
"""What an HTTP transport does between an envelope and the network: where it is all the SDK's own, it need not be."""
_SYNCHRONOUS: Final = ("HttpTransport", "Http2Transport")


class _Cut(NamedTuple):
    """A pool of connections that leads nowhere, and the host that it would have led to."""

    pool: Any
    host: str


class Delivery:
    """Lets the SDK's HTTP transports send to those hosts only that the policy allows."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._cuts: WeakKeyDictionary[Any, _Cut] = WeakKeyDictionary()
        self._adopted: WeakSet[Any] = WeakSet()
        self._transports: WeakKeyDictionary[Any, ref[Any]] = WeakKeyDictionary()
        self._own_steps: dict[type, tuple[Any, ...]] = {}
        self._base: type = object

    def install(self, touchpoints: Touchpoints) -> None:
        features = touchpoints.features
        self._base = touchpoints.find(f"transport:{features.http_transport}")
        for name in _SYNCHRONOUS:
            if isinstance(kind := getattr(touchpoints.modules.transport, name, None), type):
                self._own_steps[kind] = _steps(kind)
        touchpoints.add(f"transport:{features.http_transport}.{_POOL}", self._pool_of_transports())
        with touchpoints.missing_means("Each client that captures something has a thread, even where nothing is sent."):
            touchpoints.replace("worker:BackgroundWorker.submit", self._submitting)

    def release(self) -> None:
        """Lead the pools to the network again that were there before; the others have belonged to tests."""
        for transport in list(self._adopted):
            if (cut := self._cuts.get(transport)) is not None:
                vars(cut.pool).pop(_REQUEST, None)

    def is_http(self, transport: Any) -> bool:
        """Whether a transport is one of the SDK's that send."""
        return issubclass(type(_printed(transport)), self._base)

    def leads_nowhere(self, transport: Any) -> bool:
        """Whether a transport would send, and is refused to."""
        return self.is_http(transport) and _printed(transport) in self._cuts

    def adopt(self, transport: Any) -> None:
        """Hold a transport to the policy that was made before."""
        if self.is_http(transport):
            http_transport = _printed(transport)
            self._adopted.add(http_transport)
            self._cut(http_transport, vars(http_transport).get(_POOL))

    def _pool_of_transports(self) -> property:
        """The attribute that HTTP transports keep their connections in, which stands in their own dictionary."""

        @invisible
        def get(transport: Any) -> Any:
            try:
                return vars(transport)[_POOL]
            except KeyError:
                raise AttributeError(f"{type(transport).__name__!r} object has no attribute {_POOL!r}") from None

        @invisible
        def assign(transport: Any, pool: Any) -> None:
            vars(transport)[_POOL] = pool
            self._cut(transport, pool)

        @invisible
        def delete(transport: Any) -> None:
            del vars(transport)[_POOL]

        return property(get, assign, delete)

    def _cut(self, transport: Any, pool: Any) -> None:
        """Have a pool answer without a connection where its host is refused; one of the application's is left alone."""
        options = getattr(transport, "options", None) or {}
        if not _leads_to_the_network(pool) or transport.parsed_dsn is None or is_pytest_sentrys(options):
            return
        host = self._network.refused_host(transport.parsed_dsn, options)
        if host is None:
            return
        respond = self._async_answer(host) if _is_async(pool) else self._answer(host, pool)
        vars(pool)[_REQUEST] = respond
        self._cuts[transport] = _Cut(pool, host)
        if (worker := getattr(transport, "_worker", None)) is not None:
            self._transports[worker] = ref(transport)

    def _answer(self, host: str, pool: Any) -> Callable[..., Any]:
        network, make_response = self._network, _empty_response(pool)

        @invisible
        def request(*_: Any, **__: Any) -> Any:
            network.block(host)
            return make_response()

        return request

    def _async_answer(self, host: str) -> Callable[..., Any]:
        network = self._network

        @invisible
        async def request(*_: Any, **__: Any) -> Any:
            from httpcore import Response

            network.block(host)
            return Response(200)

        return request

    def _submitting(self, original: Callable[..., bool]) -> Callable[..., bool]:
        """What a transport that leads nowhere would do in its thread is not done, unless somebody could see it."""

        @wrapping(original)
        def submit(worker: Any, callback: Any) -> bool:
            __tracebackhide__ = True
            reference = self._transports.get(worker)
            transport = reference() if reference is not None else None
            cut = self._cuts.get(transport) if transport is not None else None
            if cut is None or not self._is_unseen(transport, cut):
                return original(worker, callback)
            if callback.__name__ != "<lambda>":  # with which a transport has its report of losses sent
                self._network.block(cut.host)
            return True

        return submit

    def _is_unseen(self, transport: Any, cut: _Cut) -> bool:
        kind, own = type(transport), vars(transport)
        return (
            kind in self._own_steps
            and own.get(_POOL) is cut.pool
            and not own.get("_disabled_until")
            and own.keys().isdisjoint(_STEPS)
            and all(map(is_, _steps(kind), self._own_steps[kind]))
        )


def _printed(transport: Any) -> Any:
    """The transport behind one that prints what it is handed (``SENTRY_PRINT_ENVELOPES``)."""
    return vars(transport).get("_inner") if type(transport).__name__ == "_EnvelopePrinterTransport" else transport


def _steps(kind: type) -> tuple[Any, ...]:
    return tuple([getattr(kind, name, None) for name in _STEPS])


def _leads_to_the_network(pool: Any) -> bool:
    return any(base.__module__.partition(".")[0] in ("urllib3", "httpcore") for base in type(pool).__mro__)


def _is_async(pool: Any) -> bool:
    return any(
        base.__name__.startswith("Async") and base.__module__.startswith("httpcore") for base in type(pool).__mro__
    )


def _empty_response(pool: Any) -> Callable[[], Any]:
    if any(base.__module__.partition(".")[0] == "httpcore" for base in type(pool).__mro__):
        from httpcore import Response

        return lambda: Response(200)
    from urllib3 import HTTPResponse

    return lambda: HTTPResponse(b"", status=200)

"""The SDK's way to the network: cut behind its HTTP transports, which work otherwise, for hosts that are refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from operator import is_
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary, ref

import urllib3

from pytest_sentry_capture._sdk.call_stack import invisible, wrapping
from pytest_sentry_capture._sdk.identity import KnownOf
from pytest_sentry_capture._sdk.patching.network import Network
from pytest_sentry_capture._sdk.patching.pytest_sentry import is_pytest_sentrys
from pytest_sentry_capture._sdk.patching.touchpoints import Touchpoints

_POOL: Final = "_pool"
_MAKE_POOL: Final = "_make_pool"
_WAYS: Final = ("urlopen", "request")
"""The methods of pools behind which the network is: of urllib3's pools the first, of httpcore's the second."""
_STEPS: Final = (
    *("_send_envelope", "_send_event", "_send_request", "_request", "_prepare_envelope", "_serialize_envelope"),
    *("_update_headers", "_update_rate_limits", "_handle_response", "_handle_request_error", "on_dropped_event"),
    *("_check_disabled", "_fetch_pending_client_report", "_flush_client_reports", "capture_envelope", "capture_event"),
)
"""What an HTTP transport does between an envelope and the network: where it is all the SDK's own, it need not be."""
_SERIALIZERS: Final = ("serialize", "serialize_into")


class _Cut(NamedTuple):
    """A pool of connections that leads nowhere, its method that answers instead, and the host that is refused."""

    pool: Any
    way: str
    answer: Callable[..., Any]
    host: str

    @property
    def is_as_it_was_made(self) -> bool:
        """Whether nobody has put another method into the pool since."""
        own = vars(self.pool)
        return own.get(self.way) is self.answer and len(own.keys() & {*_WAYS}) == 1


class Delivery:
    """Lets the SDK's HTTP transports send to those hosts only that the policy allows."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._cuts: KnownOf[_Cut] = KnownOf()
        self._adopted: KnownOf[None] = KnownOf()
        self._transports: WeakKeyDictionary[Any, ref[Any]] = WeakKeyDictionary()
        self._own_steps: dict[type, tuple[Any, ...]] = {}
        self._base: type = object
        self._envelope: type = object
        self._serializers: tuple[Any, ...] = ()
        self._ways: dict[type, tuple[Any, ...]] = {}

    def install(self, touchpoints: Touchpoints) -> None:
        features = touchpoints.features
        self._base = touchpoints.find(f"transport:{features.http_transport}")
        self._own_steps = {kind: _steps(kind) for kind in features.synchronous_http_transports}
        self._envelope = touchpoints.find("envelope:Envelope")
        self._serializers = _methods(self._envelope, _SERIALIZERS)
        self._ways = {kind: _methods(kind, _WAYS) for kind in (urllib3.PoolManager, urllib3.ProxyManager)}
        for kind in features.http_transports:
            if _MAKE_POOL in vars(kind):
                touchpoints.replace_in(kind, _MAKE_POOL, self._making)
        touchpoints.add(f"transport:{features.http_transport}.{_POOL}", self._pool_of_transports())
        with touchpoints.missing_means("Each client that captures something has a thread, even if nothing is sent."):
            touchpoints.replace("worker:BackgroundWorker.submit", self._submitting)

    def release(self) -> None:
        """Lead the pools to the network again that were there before. The others have belonged to tests."""
        for transport in self._adopted:
            if (cut := self._cuts.get(transport)) is not None:
                for name in _WAYS:
                    vars(cut.pool).pop(name, None)

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
            self._adopted[http_transport] = None
            self._cut(http_transport, vars(http_transport).get(_POOL), is_shared=False)

    def _making(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """The SDK's own pools, whatever a class that derives from its transports makes of them."""

        @wrapping(original)
        def make_pool(transport: Any, *args: Any, **kwargs: Any) -> Any:
            pool = original(transport, *args, **kwargs)
            self._cut(transport, pool, is_shared=False)
            return pool

        return make_pool

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
            self._cut(transport, pool, is_shared=True)

        @invisible
        def delete(transport: Any) -> None:
            del vars(transport)[_POOL]

        return property(get, assign, delete)

    def _cut(self, transport: Any, pool: Any, *, is_shared: bool) -> None:
        """Have a pool answer without a connection where its host is refused.

        Args:
            transport: whose pool it is.
            pool: of urllib3 or httpcore. Another thing is the application's own, and left alone.
            is_shared: whether the application may use it for other hosts too, which it reaches as before.
        """
        options = getattr(transport, "options", None) or {}
        if not _leads_to_the_network(pool) or transport.parsed_dsn is None or is_pytest_sentrys(options):
            return
        if (cut := self._cuts.get(transport)) is not None and cut.pool is pool:
            return
        host = self._network.refused_host(transport.parsed_dsn, options)
        if host is None:
            return
        way = _WAYS[_is_of(pool, "httpcore")]
        self._ways.setdefault(type(pool), _methods(type(pool), _WAYS))
        elsewhere = partial(_is_elsewhere, place=transport.parsed_dsn.netloc if is_shared else None)
        answer = (self._async_answer if _is_async(pool) else self._answer)(host, pool, way, elsewhere)
        vars(pool)[way] = answer
        self._cuts[transport] = _Cut(pool, way, answer, host)
        if (worker := getattr(transport, "_worker", None)) is not None:
            self._transports[worker] = ref(transport)

    def _answer(self, host: str, pool: Any, way: str, elsewhere: Callable[[Any], bool]) -> Callable[..., Any]:
        network, make_response = self._network, _empty_response(pool)
        kind, own = type(pool), self._ways[type(pool)][_WAYS.index(way)]
        reference = ref(pool)

        @invisible
        def answer(method: Any, url: Any, *args: Any, **kwargs: Any) -> Any:
            current = getattr(kind, way)
            if current is not own or elsewhere(url):
                return current(reference(), method, url, *args, **kwargs)
            network.block(host)
            return make_response()

        return answer

    def _async_answer(self, host: str, pool: Any, way: str, elsewhere: Callable[[Any], bool]) -> Callable[..., Any]:
        network = self._network
        kind, own = type(pool), self._ways[type(pool)][_WAYS.index(way)]
        reference = ref(pool)

        @invisible
        async def answer(method: Any, url: Any, *args: Any, **kwargs: Any) -> Any:
            current = getattr(kind, way)
            if current is not own or elsewhere(url):
                return await current(reference(), method, url, *args, **kwargs)
            network.block(host)
            return _httpcore_response()

        return answer

    def _submitting(self, original: Callable[..., bool]) -> Callable[..., bool]:
        """What a transport that leads nowhere would do in its thread is not done, unless somebody could see it.

        So its thread is never started: 1 ms of CPU time for each test that makes a client and captures something.
        """

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
            and all(map(is_, _methods(type(cut.pool), _WAYS), self._ways[type(cut.pool)]))
            and all(map(is_, _methods(self._envelope, _SERIALIZERS), self._serializers))
            and cut.is_as_it_was_made
        )


def _printed(transport: Any) -> Any:
    """The transport behind one that prints what it is handed (``SENTRY_PRINT_ENVELOPES``)."""
    return vars(transport).get("_inner") if type(transport).__name__ == "_EnvelopePrinterTransport" else transport


def _steps(kind: type) -> tuple[Any, ...]:
    return _methods(kind, _STEPS)


def _methods(kind: type, names: Sequence[str]) -> tuple[Any, ...]:
    return tuple([getattr(kind, name, None) for name in names])


def _is_elsewhere(url: Any, place: str | None) -> bool:
    """Whether a request leads to another host and port than a DSN's, with a pool that is not for this DSN alone."""
    return place is not None and type(url) is str and urlsplit(url).netloc not in (place, "")


def _leads_to_the_network(pool: Any) -> bool:
    return _is_of(pool, "urllib3") or _is_of(pool, "httpcore")


def _is_of(pool: Any, package: str) -> bool:
    return any(base.__module__.partition(".")[0] == package for base in type(pool).__mro__)


def _is_async(pool: Any) -> bool:
    return any(
        base.__name__.startswith("Async") and base.__module__.startswith("httpcore") for base in type(pool).__mro__
    )


def _empty_response(pool: Any) -> Callable[[], Any]:
    return _httpcore_response if _is_of(pool, "httpcore") else partial(urllib3.HTTPResponse, b"", status=200)


def _httpcore_response() -> Any:
    from httpcore import Response  # it is not installed everywhere, but where there is a pool of it

    return Response(200)

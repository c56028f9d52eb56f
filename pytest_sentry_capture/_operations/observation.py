"""One exchange as it is observed, from its request until its answer is complete, whatever framework serves it."""

from __future__ import annotations

from time import perf_counter
from typing import Final

from pytest_sentry_capture._operations.tracebacks import hide_own_frames
from pytest_sentry_capture._recording import ExceptionChain, Exchange, Recorder, UnderWay, current_recording, served_now

WEBSOCKET: Final = "WEBSOCKET"
"""The method of exchanges that are WebSockets."""
SWITCHED: Final = 101
"""The status of a WebSocket that was accepted."""
_SERVER_ERROR: Final = 500
_TURNED_AWAY: Final = (401, 403)


class Observation(UnderWay):
    """An exchange under way, as the outermost place sees it that observes its request.

    Args:
        recorder: knows the recording that the exchange belongs to.
        method: of the request.
        path: of the request, without its query.
        about_silence: of which answers the framework does not notify the SDK, in words for users.

    One is made for each request, and attributes that have their defaults cost nothing.

    Attributes:
        names_mounts: whether the framework at the outermost place tells the whole route, that of applications of its
            own kind included which are mounted in it.
        names_user: whether the request carries credentials.
        told_by: the framework's request that describes the answer, where it may pass the place twice that asks for it.
    """

    names_mounts = False
    names_user = False
    told_by: object = None
    _request: object = None
    _input: object = None
    _inner_route: str | None = None
    _is_mounted = False

    def __init__(self, recorder: Recorder, method: str, path: str, about_silence: str) -> None:
        self.exchange = Exchange(method, path, _about_silence=about_silence)
        UnderWay.__init__(self, self.exchange, current_recording(recorder))
        self._started = perf_counter()

    @staticmethod
    def current() -> Observation | None:
        """The observation of the exchange that the calling context serves."""
        serves = served_now()
        return serves if isinstance(serves, Observation) else None

    def is_of(self, request: object, input_stream: object = None) -> None:
        """Say which objects stand for the request: who serves one of them serves this exchange."""
        self._request, self._input = request, input_stream

    def serves(self, request: object, input_stream: object = None) -> bool:
        """Whether one of these objects stands for the request: what describes it may have been copied."""
        return self._request is request or (input_stream is not None and self._input is input_stream)

    def may_be_passed_on(self, method: str, path: str) -> bool:
        """Whether a request that has come to an application of another kind is probably this one, not answered yet."""
        exchange = self.exchange
        is_of_another_kind = self._request is None and exchange.status is None
        return is_of_another_kind and (exchange.method, exchange.path) == (method, path)

    def routed(self, route: str | None, *, is_mounted: bool = False, about_silence: str | None = None) -> None:
        """A framework within the outermost place has found the route, or within a mount the rest of it."""
        exchange = self.exchange
        exchange._about_silence = about_silence or exchange._about_silence
        if route is not None:
            self._inner_route, self._is_mounted = route, is_mounted
            self.finds_route(None)

    def finds_route(self, own: str | None) -> None:
        """Note the route: what the outermost place knows of it, and what frameworks within have found."""
        inner = self._inner_route
        if own is not None and inner is not None and self._is_mounted:
            self.exchange.route = own.rstrip("/") + inner
        else:
            self.exchange.route = inner or own or self.exchange.route

    def answers(self, status: int | None) -> None:
        """The answer starts."""
        exchange = self.exchange
        if status is not None:
            exchange.status = status
        if self.names_user:
            exchange.authenticated = exchange.status not in _TURNED_AWAY

    def is_about_to_complete(self) -> None:
        """The rest of the answer is about to be sent: whoever gets it may ask at once captured items."""
        self.exchange._is_answered = True

    def completes(self) -> None:
        """The answer is complete."""
        self.exchange._is_answered = True
        if self.exchange.duration is None:
            self.exchange.duration = perf_counter() - self._started
            self.recording.changed(self.exchange)

    def raises(self, error: BaseException, *, to_server: bool = False) -> None:
        """An exception has left the application's own code.

        Args:
            error: the exception.
            to_server: whether a server gets it, which has sent nothing yet: then it answers 500.
        """
        hide_own_frames(error)
        self.exchange._chain = ExceptionChain.of(error, live=self.recording.detailed)
        if to_server and issubclass(type(error), Exception):
            self.answers(_SERVER_ERROR)

    def ends(self) -> None:
        """Nothing serves the exchange any more."""
        if self.exchange.route is None:
            self.exchange.route = self.exchange._route_of_sdk()
        self._request = self._input = self.told_by = None
        UnderWay.ends(self)

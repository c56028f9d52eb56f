"""The SDK's clients: each gets the recording transport, belongs to who made it, and is closed with it."""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

from pytest_sentry_capture.sdk.buffers import Buffers
from pytest_sentry_capture.sdk.callbacks import BEFORE_SEND_OPTIONS, is_unobserved, observe_callbacks
from pytest_sentry_capture.sdk.ignored_errors import note_entries
from pytest_sentry_capture.sdk.lifetimes import Lifetime
from pytest_sentry_capture.sdk.modules import Touchpoints
from pytest_sentry_capture.sdk.network import Network
from pytest_sentry_capture.sdk.observer import Observer
from pytest_sentry_capture.sdk.profilers import Profilers
from pytest_sentry_capture.sdk.pytest_sentry import is_pytest_sentrys
from pytest_sentry_capture.sdk.scrubbing import observed_scrubbing
from pytest_sentry_capture.sdk.transport import RecordingTransport

_WITHOUT_DERIVATION: Final = "What the SDK derives from an option that a test changes stays as it was."


class Given(NamedTuple):
    """The arguments with which a client was made."""

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]


class Clients:
    """Sees every client: made by ``init`` or by hand, unpickled, and made before this plugin was installed.

    Args:
        owner: tells what a client that is made now belongs to.
        new_options: the options that a client made now gets on top of its own.
        on_client: called with each client once it is ready.

    Attributes:
        buffers: what the clients' batchers hold.
        integrations: the identifiers of the integrations that were on in any client.
    """

    def __init__(
        self,
        touchpoints: Touchpoints,
        observer: Observer,
        network: Network,
        owner: Callable[[], Lifetime],
        new_options: Callable[[], Mapping[str, Any]],
        on_client: Callable[[Any], None],
    ) -> None:
        self.buffers = Buffers(observer, touchpoints, self.watch_transport)
        self.integrations: set[str] = set()
        self._touchpoints = touchpoints
        self._profilers = Profilers(touchpoints.modules)
        self._observer = observer
        self._network = network
        self._owner = owner
        self._new_options = new_options
        self._on_client = on_client
        self._owners: WeakKeyDictionary[Any, Lifetime] = WeakKeyDictionary()
        self._given: WeakKeyDictionary[Any, Given] = WeakKeyDictionary()
        self._replaced_transports: list[tuple[Any, Any, RecordingTransport]] = []
        self._spotlights: list[tuple[Any, Any]] = []
        self._replaced_scrubbers: dict[Any, Any] = {}
        self._watched_scrubbers: set[type] = set()

    def install(self) -> None:
        """Raises ``UnsupportedSdkError`` where the SDK's clients can't be seen when they are made."""
        touchpoints = self._touchpoints
        self._make_transport: Callable[[dict[str, Any]], Any] = touchpoints.find("client:make_transport")
        self._get_options: Callable[..., dict[str, Any]] | None = None
        with touchpoints.missing_means(_WITHOUT_DERIVATION):
            self._get_options = touchpoints.find("client:get_options")
        with touchpoints.missing_means("What is not sampled is no discard, and other losses are told as sdk_error."):
            touchpoints.find("transport:Transport.record_lost_event")
        touchpoints.replace("client:make_transport", lambda _: self._transport_for)
        touchpoints.replace("client:_Client.__init__", self._with_new_options)
        touchpoints.replace("client:_Client._init_impl", self._watched_init)

    def adopt_existing(self) -> None:
        """Take over the clients that were made before: their transport is theirs again after ``release``."""
        client_class = self._touchpoints.find("client:_Client")
        for candidate in gc.get_objects():
            if not issubclass(type(candidate), client_class) or not hasattr(candidate, "transport"):
                continue  # something else, or a client whose initialisation has failed
            if isinstance(candidate.transport, RecordingTransport):
                continue
            self.watch_transport(candidate, even_without_dsn=True)
            self._turn_off_spotlight(candidate)
            if isinstance(candidate.transport, RecordingTransport):
                self._adopt(candidate)

    def release(self) -> None:
        """Give back the transports and scrubbers that were there before."""
        for client, original, replacement in self._replaced_transports:
            if client.transport is replacement:
                client.transport = original
        self._replaced_transports.clear()
        for client, spotlight in self._spotlights:
            client.spotlight = spotlight
        self._spotlights.clear()
        for scrubber_class, scrub_event in self._replaced_scrubbers.items():
            scrubber_class.scrub_event = scrub_event
        self._replaced_scrubbers.clear()
        self._watched_scrubbers.clear()

    def observes(self, client: Any) -> bool:
        """Whether a client is one of the application's: pytest-sentry's own is left alone."""
        return client in self._owners

    def before_attempt(self, client: Any) -> None:
        """See to what the application may have put into a client by itself since it was made."""
        if type(client.transport) is not RecordingTransport:
            self.watch_transport(client)
        options = client.options
        if any(map(is_unobserved, map(options.get, BEFORE_SEND_OPTIONS))):
            observe_callbacks(options, self._observer)
        if type(options.get("event_scrubber")) not in self._watched_scrubbers:
            self._watch_scrubber(options.get("event_scrubber"))

    def watch_transport(self, client: Any, *, even_without_dsn: bool = False) -> None:
        """Put the recording transport in front of one that was not made through ``make_transport``."""
        current = client.transport
        is_off = current is None and not (even_without_dsn and not client.options.get("dsn"))
        if is_off or isinstance(current, RecordingTransport) or is_pytest_sentrys(client.options):
            return
        options = {**client.options, "transport": current}
        replacement = RecordingTransport(options, self._observer, self._network, lambda _: current)
        replacement.options = client.options
        client.transport = replacement
        if getattr(client, "monitor", None) is not None:
            client.monitor.transport = replacement
        self._replaced_transports.append((client, current, replacement))

    def _turn_off_spotlight(self, client: Any) -> None:
        spotlight = getattr(client, "spotlight", None)
        if spotlight is not None and not is_pytest_sentrys(client.options):
            client.spotlight = None
            self._spotlights.append((client, spotlight))

    def observe_buffers(self, client: Any) -> None:
        """Look after the buffers that a client has now."""
        self.buffers.observe(client)

    def alive(self) -> Iterator[Any]:
        """The clients that have been made and not closed."""
        return (client for client in self._all() if client.transport is not None)

    def given(self, client: Any) -> Given:
        """The arguments that a client was made with; for an unpickled one, what its options say."""
        if client not in self._given:
            self._given[client] = Given((), _as_given(client.options))
        return self._given[client]

    def derive_options(self, given: Given, overrides: Mapping[str, Any]) -> dict[str, Any]:
        """What the SDK makes of a client's arguments when some are replaced."""
        if self._get_options is None:
            return {**overrides}
        return self._get_options(*given.args, **{**given.kwargs, **overrides})

    def close(self, lifetime: Lifetime) -> None:
        """Close the clients that belong to a test or fixture which is over."""
        for client in reversed(self._all()):
            if self._owners.get(client) is lifetime:
                try:
                    self._profilers.stop(client)
                    if client.transport is not None:
                        client.close()
                except Exception as error:
                    self._observer.sdk_failed(error)

    def belongs_to_test(self, client: Any) -> bool:
        owner = self._owners.get(client)
        return owner is not None and owner.is_test

    def _all(self) -> list[Any]:
        """The clients that are still there; to iterate over the dictionary fails while a thread makes one."""
        return [client for reference in self._owners.keyrefs() if (client := reference()) is not None]

    def _with_new_options(self, original: Callable[..., None]) -> Callable[..., None]:
        """Not around ``get_options``, which warns of deprecated options in the name of who calls it: the SDK."""

        @functools.wraps(original)
        def init(client: Any, *args: Any, **kwargs: Any) -> None:
            __tracebackhide__ = True
            self._given[client] = Given(args, kwargs)
            original(client, *args, **{**kwargs, **self._new_options()})

        return init

    def _transport_for(self, options: dict[str, Any]) -> Any:
        __tracebackhide__ = True
        if is_pytest_sentrys(options):
            return self._make_transport(options)
        options.update(self._new_options())
        if "spotlight" in options:
            options["spotlight"] = False
        observe_callbacks(options, self._observer)
        return RecordingTransport(options, self._observer, self._network, self._make_transport)

    def _watched_init(self, original: Callable[[Any], None]) -> Callable[[Any], None]:
        def init_impl(client: Any) -> None:
            __tracebackhide__ = True
            schedulers = self._profilers.schedulers
            original(client)
            self._profilers.note_set_up(client, schedulers)
            if isinstance(client.transport, RecordingTransport):
                self._adopt(client)

        return init_impl

    def _adopt(self, client: Any) -> None:
        self._owners[client] = self._owner()
        observe_callbacks(client.options, self._observer)
        self.integrations.update(map(str, client.integrations))
        note_entries(client.options, self._observer.ignored_errors)
        self._watch_scrubber(client.options.get("event_scrubber"))
        self.observe_buffers(client)
        self._on_client(client)

    def _watch_scrubber(self, scrubber: Any) -> None:
        self._watched_scrubbers.add(type(scrubber))
        scrubber_classes: tuple[Any, ...] = type(scrubber).__mro__
        for scrubber_class in scrubber_classes:
            if "scrub_event" in vars(scrubber_class) and scrubber_class not in self._replaced_scrubbers:
                self._replaced_scrubbers[scrubber_class] = scrub_event = vars(scrubber_class)["scrub_event"]
                scrubber_class.scrub_event = observed_scrubbing(scrub_event, self._observer)


def _as_given(options: Mapping[str, Any]) -> dict[str, Any]:
    given = dict(options)
    collection = given.get("data_collection")
    if isinstance(collection, dict) and not collection.get("provided_by_user"):
        del given["data_collection"]
    if type(given.get("event_scrubber")).__module__ == "sentry_sdk.scrubber":
        del given["event_scrubber"]
    return given

"""The SDK's clients: each is observed, belongs to who made it, and is closed with it."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any, Final, NamedTuple

from pytest_sentry_capture._sdk.call_stack import wrapping
from pytest_sentry_capture._sdk.identity import KnownOf
from pytest_sentry_capture._sdk.lifetimes import Lifetime
from pytest_sentry_capture._sdk.observing.hand_over import is_closed
from pytest_sentry_capture._sdk.observing.ignored_errors import note_entries
from pytest_sentry_capture._sdk.observing.observer import Attempt, Observer
from pytest_sentry_capture._sdk.observing.profilers import Profilers
from pytest_sentry_capture._sdk.observing.scrubbing import Scrubbing
from pytest_sentry_capture._sdk.observing.telemetry import Telemetry
from pytest_sentry_capture._sdk.patching.delivery import Delivery
from pytest_sentry_capture._sdk.patching.pytest_sentry import is_pytest_sentrys
from pytest_sentry_capture._sdk.patching.touchpoints import Touchpoints

_WITHOUT_DERIVATION: Final = "Values that the SDK derives from an option stay as they were when a test changes it."


class Given(NamedTuple):
    """The arguments with which a client was made."""

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]


class Clients:
    """Sees every client: made by ``init`` or by hand, unpickled, and made before this plugin was installed.

    Args:
        owner: tells what a client that is made now belongs to.
        new_options: the options that a client made now gets in addition.
        on_client: called with each client once it is ready, with one that was left over when it is used.

    Attributes:
        integrations: the identifiers of the integrations that were on in any client.
    """

    def __init__(
        self,
        touchpoints: Touchpoints,
        observer: Observer,
        delivery: Delivery,
        telemetry: Telemetry,
        owner: Callable[[], Lifetime],
        new_options: Callable[[], Mapping[str, Any]],
        on_client: Callable[[Any], None],
    ) -> None:
        self.integrations: set[str] = set()
        self._touchpoints = touchpoints
        self._profilers = Profilers(touchpoints.modules)
        self._scrubbing = Scrubbing(touchpoints, observer)
        self._observer = observer
        self._delivery = delivery
        self._telemetry = telemetry
        self._owner = owner
        self._new_options = new_options
        self._on_client = on_client
        self._owners: KnownOf[Lifetime] = KnownOf()
        self._given: KnownOf[Given] = KnownOf()
        self._given_by_test: KnownOf[frozenset[str]] = KnownOf()
        self._unused: KnownOf[None] = KnownOf()
        self._spotlights: list[tuple[Any, Any]] = []
        self._is_without_spotlight = False

    def install(self) -> None:
        """Raises ``UnsupportedSdkError`` where the SDK's clients can't be seen when they are made."""
        touchpoints = self._touchpoints
        self._get_options: Callable[..., dict[str, Any]] | None = None
        with touchpoints.missing_means(_WITHOUT_DERIVATION):
            self._get_options = touchpoints.find("client:get_options")
        touchpoints.replace("client:_Client.__init__", self._with_new_options)
        touchpoints.replace("client:_Client._init_impl", self._watched_init)

    def adopt_existing(self, active: Any) -> None:
        """Observe the clients that were made before.

        Args:
            active: the one that is active. Of the others, which may be left over, nothing is reported before they are
                used.
        """
        client_class = self._touchpoints.find("client:_Client")
        for candidate in gc.get_objects():  # tens of milliseconds for 100,000 objects: only where there may be some
            if not issubclass(type(candidate), client_class) or "transport" not in vars(candidate):
                continue  # something else, or a client whose initialization has failed
            if candidate in self._owners or is_closed(candidate) or is_pytest_sentrys(candidate.options):
                continue
            self._turn_off_spotlight(candidate)
            self._delivery.adopt(candidate.__dict__["transport"])
            self._adopt(candidate, is_used=candidate is active)

    def release(self) -> None:
        """Leave the clients as they were."""
        for client, spotlight in self._spotlights:
            client.spotlight = spotlight
        self._spotlights.clear()

    def observes(self, client: Any) -> bool:
        """Whether a client is one of the application's: pytest-sentry's own is left alone."""
        return client in self._owners

    def describe(self, attempt: Attempt, client: Any) -> None:
        """Say what is known of the client that an attempt is made with."""
        attempt.client = client
        self.note_use(client)
        transport = client.__dict__.get("transport")
        attempt.sends = transport is not None and self._delivery.is_http(transport)
        self._scrubbing.watch(client.options.get("event_scrubber"))

    def note_use(self, client: Any) -> None:
        """Describe a client that was left over, now that it captures something."""
        if client in self._unused:
            self._unused.pop(client)
            self._note(client)
            self._on_client(client)

    def observe_telemetry(self, client: Any) -> None:
        """Look after what a client collects now."""
        self._telemetry.observe(client)

    def alive(self) -> Iterator[Any]:
        """The clients that have been made and not closed."""
        return (client for client in self._all() if not is_closed(client))

    def given(self, client: Any) -> Given:
        """The arguments that a client was made with. For an unpickled one, what its options say."""
        if client not in self._given:
            self._given[client] = Given((), _as_given(client.options))
        return self._given[client]

    def note_given_by_test(self, client: Any, names: Iterable[str]) -> None:
        """Note that a test has given these options to a client, as it was made."""
        if client is not None:
            self._given_by_test[client] = self.given_by_test(client).union(names)

    def given_by_test(self, client: Any) -> frozenset[str]:
        """The names of the options that a test has given to a client as it was made."""
        return self._given_by_test.get(client) or frozenset()

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
                    nowhere = self._delivery.leads_nowhere(client.__dict__.get("transport"))
                    self._telemetry.close(client, leads_nowhere=nowhere)
                except Exception as error:
                    self._observer.sdk_failed(error)

    def belongs_to_test(self, client: Any) -> bool:
        owner = self._owners.get(client)
        return owner is not None and owner.is_test

    def _all(self) -> list[Any]:
        """The clients that are still there. To iterate over the dictionary fails while a thread makes one."""
        return [*self._owners]

    def _with_new_options(self, original: Callable[..., None]) -> Callable[..., None]:
        """Not around ``get_options``, which warns of deprecated options in the name of who calls it: the SDK."""

        @wrapping(original)
        def init(client: Any, *args: Any, **kwargs: Any) -> None:
            __tracebackhide__ = True
            self._given[client] = Given(args, kwargs)
            new_options = self._new_options()
            self.note_given_by_test(client, new_options)
            original(client, *args, **{**kwargs, **new_options})

        return init

    def _watched_init(self, original: Callable[[Any], None]) -> Callable[[Any], None]:
        @wrapping(original)
        def init_impl(client: Any) -> None:
            __tracebackhide__ = True
            if is_pytest_sentrys(client.options):
                original(client)
                return
            self._do_without_spotlight()
            schedulers = self._profilers.schedulers
            original(client)
            self._profilers.note_set_up(client, schedulers, self._owner())
            self._adopt(client)

        return init_impl

    def _adopt(self, client: Any, *, is_used: bool = True) -> None:
        self._owners[client] = self._owner()
        if not is_used:
            self._unused[client] = None
        self._scrubbing.watch(client.options.get("event_scrubber"))
        self._telemetry.observe(client)
        for scheduler in self._profilers.set_up_by(client):
            self._telemetry.observe_profiler(client, scheduler)
        if is_used:
            self._note(client)
            self._on_client(client)

    def _note(self, client: Any) -> None:
        """Note what the run's report says about its clients."""
        self.integrations.update(map(str, client.integrations))
        note_entries(client.options, self._observer.ignored_errors)

    def _do_without_spotlight(self) -> None:
        """It listens on this machine, and would be sent everything, and what is sampled depends on it."""
        if self._is_without_spotlight:
            return
        self._is_without_spotlight = True
        with self._touchpoints.missing_means("Captured items may be sent to Spotlight."):
            import_module("sentry_sdk.spotlight")
            touchpoint = self._touchpoints.features.spotlight_set_up
            self._touchpoints.replace(touchpoint, _no_spotlight)

    def _turn_off_spotlight(self, client: Any) -> None:
        spotlight = client.__dict__.get("spotlight")
        if spotlight is not None:
            client.spotlight = None
            self._spotlights.append((client, spotlight))


def _no_spotlight(original: Callable[..., Any]) -> Callable[..., None]:
    @wrapping(original)
    def setup_spotlight(*_: Any) -> None:
        return None

    return setup_spotlight


def _as_given(options: Mapping[str, Any]) -> dict[str, Any]:
    given = dict(options)
    collection = given.get("data_collection")
    if isinstance(collection, dict) and not collection.get("provided_by_user"):
        del given["data_collection"]
    if type(given.get("event_scrubber")).__module__ == "sentry_sdk.scrubber":
        del given["event_scrubber"]
    return given

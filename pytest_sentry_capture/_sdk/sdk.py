"""The SDK as the rest of the plugin sees it: this room's parts put together, once the SDK has been imported."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib.machinery import ModuleSpec
from types import FrameType
from typing import Any, Final

from pytest_sentry_capture._recording import SCOPE_SECTIONS, Recorder
from pytest_sentry_capture._sdk.django import IDENTIFIER as DJANGO
from pytest_sentry_capture._sdk.django import DjangoMiddleware
from pytest_sentry_capture._sdk.importing import LOGGER
from pytest_sentry_capture._sdk.isolation.dedupe import Dedupe
from pytest_sentry_capture._sdk.isolation.options import OptionOverrides
from pytest_sentry_capture._sdk.isolation.scopes import Isolation
from pytest_sentry_capture._sdk.lifetimes import Lifetime, Lifetimes
from pytest_sentry_capture._sdk.observing.callbacks import observe_callbacks
from pytest_sentry_capture._sdk.observing.capture_hooks import CaptureHooks
from pytest_sentry_capture._sdk.observing.clients import Clients
from pytest_sentry_capture._sdk.observing.event_loops import INTEGRATION, about_running_loop
from pytest_sentry_capture._sdk.observing.hand_over import HandOver
from pytest_sentry_capture._sdk.observing.ignored_loggers import IgnoredLoggers
from pytest_sentry_capture._sdk.observing.loggers import Loggers
from pytest_sentry_capture._sdk.observing.losses import Losses
from pytest_sentry_capture._sdk.observing.observer import Observer
from pytest_sentry_capture._sdk.observing.replacements import Replacements
from pytest_sentry_capture._sdk.observing.sampling import SamplingDecisions
from pytest_sentry_capture._sdk.observing.scope_values import held_scopes, scopes_of, values_of
from pytest_sentry_capture._sdk.observing.scope_writes import ScopeWrites
from pytest_sentry_capture._sdk.observing.sdk_log import watch_sdk_log
from pytest_sentry_capture._sdk.observing.telemetry import Telemetry
from pytest_sentry_capture._sdk.observing.unsampled import watch_unsampled
from pytest_sentry_capture._sdk.patching.delivery import Delivery
from pytest_sentry_capture._sdk.patching.naps import Naps
from pytest_sentry_capture._sdk.patching.network import Network
from pytest_sentry_capture._sdk.patching.otlp import block_exporter
from pytest_sentry_capture._sdk.patching.pytest_sentry import keep_tags_apart
from pytest_sentry_capture._sdk.patching.touchpoints import Modules, Touchpoints
from pytest_sentry_capture._sdk.versions import NEWEST_TESTED

_TEST_RUNNERS: Final = ("_pytest.", "pluggy.")


class Sdk:
    """The SDK, observed and steered.

    Args:
        on_client_made: called after each initialization of a client.
        ignored_errors: counts how often each entry of an application's ``ignore_errors`` was used.
        ignored_loggers: counts how often each logger was met that an application ignores.
        scopes_are_watched: note from the start which operation writes what on which scope.
    """

    is_observed = True
    problem = None

    def __init__(
        self,
        recorder: Recorder,
        lifetimes: Lifetimes,
        network: Network,
        on_client_made: Callable[[], None],
        ignored_errors: Counter[str],
        ignored_loggers: Counter[str],
        *,
        scopes_are_watched: bool,
    ) -> None:
        self._lifetimes = lifetimes
        self._network = network
        self._recorder = recorder
        self._modules = Modules()
        self._touchpoints = Touchpoints(self._modules)
        self._observer = Observer(recorder, ignored_errors)
        self._scope_writes = ScopeWrites(self._modules, recorder)
        self._scopes_are_watched = scopes_are_watched
        self._dedupe = Dedupe(self._modules.features)
        self._on_client_made = on_client_made
        self._hand_over = HandOver(self._observer)
        self._losses = Losses(self._observer)
        self._delivery = Delivery(network)
        self._naps = Naps()
        self._decisions = SamplingDecisions(
            self._touchpoints,
            self._observer,
            lambda: self.client,
            lambda client: self._overrides.given_to(client) if self._clients.observes(client) else None,
        )
        self._telemetry = Telemetry(
            self._observer, self._hand_over, self._losses, self._decisions, self._naps, self._touchpoints
        )
        self._clients = Clients(
            self._touchpoints,
            self._observer,
            self._delivery,
            self._telemetry,
            self._owner,
            self._new_options,
            self._client_made,
        )
        self._loggers = Loggers(
            self._modules,
            self._observer,
            self._clients,
            IgnoredLoggers(self._modules.features, ignored_loggers),
            lambda: self.client,
        )
        self._replacements = Replacements(self._touchpoints, recorder, self._clients.alive)
        self._isolation = Isolation(lifetimes)
        self._overrides = OptionOverrides(self._modules, self._clients)
        self._test_options: dict[str, Any] = {}
        self._django: DjangoMiddleware | None = None
        self._options_before: list[tuple[Any, dict[str, Any]]] = []

    def install(self, *, may_have_clients: bool) -> None:
        """Reach into the SDK. To look for its clients, where there may be some, takes a while.

        Raises:
            UnsupportedSdkError: the SDK is too old, or not built as this plugin knows it. Nothing is left behind then.
        """
        self._modules.check_supported()
        capture_hooks = CaptureHooks(
            self._modules,
            self._observer,
            self._clients,
            self._hand_over,
            self._dedupe.before_attempt,
            self._scope_writes,
        )
        touchpoints, observer = self._touchpoints, self._observer
        try:
            self._hand_over.install(touchpoints, self._clients.alive)
            self._clients.install()
            observe_callbacks(touchpoints, observer)
            self._losses.install(touchpoints)
            self._naps.install(touchpoints)
            self._delivery.install(touchpoints)  # after the others who replace methods of transports: see _is_unseen
            capture_hooks.install(touchpoints)
            watch_sdk_log(touchpoints, observer)
            self._decisions.install()
            watch_unsampled(touchpoints, observer, self._losses, self._decisions, lambda: self.client)
            if self._scopes_are_watched:
                self._scope_writes.install(touchpoints)
            keep_tags_apart(self._touchpoints)
            self._isolation.install(self._touchpoints, in_test=self._lifetimes.in_test)
            if may_have_clients:
                self._clients.adopt_existing(self.client)
            if self._modules.is_loaded("integrations.otlp"):
                self.watch_otlp()
            if self._modules.is_loaded("integrations.logging"):
                self.watch_logging()
            if self._lifetimes.in_test:
                self.watch_loggers()
            self._replacements.install()  # after all that replace something
            self._isolation.before_access(self._replacements.look_at_classes)
            for lifetime in self._lifetimes.of_fixtures:
                self.begin_fixture(lifetime)
        except BaseException:
            self.uninstall()
            raise

    def watch_scopes(self) -> None:
        """Note from now on which operation writes what on which scope, for the rule that judges it."""
        self._scope_writes.install(self._touchpoints)

    def suspend(self) -> None:
        self._loggers.suspend()
        self._touchpoints.suspend()

    def resume(self) -> None:
        self._touchpoints.resume()
        self._loggers.resume()

    def uninstall(self) -> None:
        """Leave the SDK as it was, except for the context variables of its scopes."""
        self._loggers.end_test()
        self._isolation.before_access(None)
        self._touchpoints.remove()
        self._telemetry.release()
        self._delivery.release()
        self._clients.release()

    def watch_otlp(self) -> None:
        """Hold the OTLP integration, which has just been imported, to the network policy."""
        with self._touchpoints.missing_means("OpenTelemetry spans may really be sent."):
            block_exporter(self._touchpoints, self._network)

    def watch_logging(self) -> None:
        """See which loggers the SDK ignores: its module for logging has just been imported."""
        self._loggers.install(self._touchpoints)

    def watch_loggers(self) -> None:
        """See which log records do not become events until the test ends, if it is one that looks at them."""
        if self._recorder.current.detailed:
            self._loggers.begin_test()

    def watch_logger(self) -> None:
        """Notice what takes the place of the functions for logs, whose module has just been imported."""
        self._replacements.watch_module(LOGGER)

    @property
    def gaps(self) -> Sequence[str]:
        """What can't be seen or done with this SDK, which lacks something, in words for users."""
        which = f"sentry-sdk {self.version} (tested up to {NEWEST_TESTED})"
        return [f"{which}: {reason}. {consequence}" for reason, consequence in self._touchpoints.gaps.items()]

    @property
    def version(self) -> str:
        """The SDK's own word for its version."""
        return self._modules.features.version

    @property
    def integrations(self) -> Sequence[str]:
        """The identifiers of the integrations that were on in any client."""
        return sorted(self._clients.integrations)

    @property
    def kinds_from_logging(self) -> frozenset[str] | None:
        """What the active client makes of what is logged: ``event``, ``log`` or both. Empty without a client.

        None where its integration for logging has been turned off.
        """
        client = self.client
        return self._modules.features.kinds_from_logging(client) if client is not None else frozenset()

    @property
    def about_loop(self) -> str | None:
        """Why exceptions of tasks of the event loop that runs now are not captured, or None if they are, or none runs.

        Said only where the active client has the integration that captures them.
        """
        module = f"integrations.{INTEGRATION}"
        if not self._modules.is_loaded(module) or INTEGRATION not in getattr(self.client, "integrations", ()):
            return None
        return about_running_loop(getattr(self._modules, module))

    @property
    def django_middleware(self) -> DjangoMiddleware | None:
        """What the SDK wraps around requests of Django, or None if its integration is not on."""
        modules = self._modules
        client = self.client if modules.features.has_hubs else modules.scope.Scope.get_client()
        integration = getattr(client, "integrations", {}).get(DJANGO)
        if integration is None:
            return None
        if self._django is None or self._django.integration is not integration:
            self._django = DjangoMiddleware(integration, has_hubs=self._modules.features.has_hubs)
        return self._django

    @property
    def without_transactions(self) -> str | None:
        """Why there are no transactions, in words for users, or None if there may be some."""
        return self._why_without_transactions(self.client)

    def begin_test(self, options: dict[str, Any]) -> None:
        """Isolate the test that begins, and apply the SDK options that it asks for.

        Raises:
            TypeError: the SDK has no such option.
            ValueError: an option has a wrong value, or can't be changed on the live client.
        """
        client = self.client
        if options:
            self._overrides.check(options)
        self._observer.forget_attempt()
        if client is not None:
            self._overrides.check_live(options)
            self._note_active(client)
        self._isolation.begin_test()
        self.watch_loggers()
        self._scope_writes.forget()
        # Tests write into the options of a client that outlives them, by hand or through other plugins.
        self._options_before = [(alive, {**alive.options}) for alive in self._clients.alive()]
        self._dedupe.forget()
        for alive, _ in self._options_before:
            self._dedupe.forget_last_of(alive)
        self._test_options = options
        if options:
            self._overrides.push(options, client)
        self._replacements.look_everywhere()

    def change_options(self, options: dict[str, Any]) -> None:
        """Apply other SDK options than the test has begun with. See ``begin_test`` for what is raised."""
        self._overrides.check(options)
        if (client := self.client) is not None:
            self._overrides.check_live(options)
        self._overrides.pop(self._test_options)
        self._test_options = options
        self._overrides.push(options, client)

    def check_test(self) -> None:
        """Raises ``ValueError`` when a fixture of a wider scope made a client that ignores options of this test."""
        self._replacements.look_everywhere()
        client = self.client if self._test_options else None
        if client is not None and not self._clients.belongs_to_test(client):
            self._overrides.check_live(self._test_options)

    def end_test(self, lifetime: Lifetime) -> None:
        """Undo what the test and its function-scoped fixtures did to the SDK."""
        self._loggers.end_test()
        self._replacements.look_everywhere()
        self._overrides.clear()
        self._telemetry.drain()
        self._clients.close(lifetime)
        for client, options in self._options_before:
            _put_back(client.options, options)
        self._options_before = []
        self._isolation.end_test()

    def begin_fixture(self, lifetime: Lifetime) -> None:
        self._isolation.begin_fixture(lifetime)

    def end_fixture(self, lifetime: Lifetime) -> None:
        self._isolation.end_fixture(lifetime)
        client = self.client
        if client is not None and not self._clients.belongs_to_test(client):
            self._overrides.apply_to(client)

    def finish_fixture(self, lifetime: Lifetime) -> None:
        """A fixture of a wider scope is over, and so are its clients."""
        self._clients.close(lifetime)
        self._isolation.finish_fixture(lifetime)

    @property
    def client(self) -> Any:
        """The active client of the calling context, or None. One that is not the SDK's is not asked."""
        if self._modules.features.has_hubs:
            client: Any = self._modules.hub.Hub.current.client
            return client if issubclass(type(client), self._modules.client._Client) else None
        of_sdk, client_on = self._modules.client._Client, self._modules.features.client_on
        for scope in held_scopes(self._modules):
            client = client_on(scope)
            if issubclass(type(client), of_sdk):
                if client.is_active():
                    return client
            elif client is not None and not type(client).__module__.startswith("sentry_sdk."):
                return None
        return None

    @property
    def scope_values(self) -> dict[str, dict[str, Any]]:
        """What the calling context's scopes hold: name of the scope, then sections such as ``tags``."""
        return {
            name: dict(zip(SCOPE_SECTIONS, values_of(scope), strict=True)) for name, scope in scopes_of(self._modules)
        }

    @property
    def options(self) -> dict[str, Any]:
        """The active client's options. Empty without a client."""
        client = self.client
        return client.options if client is not None else {}

    def init(self, options: dict[str, Any]) -> Any:
        """Initialize a client that belongs to the test. Raises ``TypeError`` for unknown options."""
        __tracebackhide__ = True
        self._overrides.check_names(options)
        sys.modules["sentry_sdk"].init(**options)
        client = self.client
        self._clients.note_given_by_test(client, options)
        return client

    def override(self, options: dict[str, Any]) -> AbstractContextManager[None]:
        """Change options of the active client, and of those made meanwhile, for a block of code.

        Raises:
            TypeError: the SDK has no such option.
            ValueError: an option has a wrong value, or can't be changed on the live client.
        """
        __tracebackhide__ = True
        self._overrides.check(options)
        if self.client is not None:
            self._overrides.check_live(options)
        return self._overridden(options)

    @contextmanager
    def _overridden(self, options: dict[str, Any]) -> Iterator[None]:
        try:
            self._overrides.push(options, self.client)
            yield
        finally:
            self._overrides.pop(options)

    def drain(self) -> None:
        """Have all buffered items handed over, and take note of what is in place of the SDK's functions."""
        self._telemetry.drain()
        self._replacements.look_everywhere()

    def flush(self) -> None:
        """Drain, and wait for what is really being sent."""
        self._telemetry.drain()
        for client in self._clients.alive():
            client.flush()

    def _client_made(self, client: Any) -> None:
        self._loggers.note_client(client)
        self._note_active(client)
        self._on_client_made()

    def note_active(self) -> None:
        """Note in the current recording that a client is active, if one is."""
        if (client := self.client) is not None:
            self._note_active(client)

    def _note_active(self, client: Any) -> None:
        recording = self._recorder.current
        recording.client_was_active = True
        recording.without_transactions = self._why_without_transactions(client)
        recording.left_out_of_spans = self._modules.features.left_out_of_spans(client)

    def _why_without_transactions(self, client: Any) -> str | None:
        features = self._modules.features
        if not features.has_transactions:
            return f"sentry-sdk {features.version} has no transactions"
        if client is not None and client.options.get("trace_lifecycle") == "stream":
            return "the active client, with trace_lifecycle='stream', has no transactions"
        return None

    def _owner(self) -> Lifetime:
        """Who a client that is made now belongs to: one that a test's import makes is made once, for all tests."""
        current = self._lifetimes.current
        if current.is_test and (module := _module_being_imported()) is not None:
            self._isolation.begin_import(module)
            return self._lifetimes.run
        return current

    def _new_options(self) -> Mapping[str, Any]:
        return self._overrides.asked_for if self._lifetimes.current.is_test else {}


def _module_being_imported() -> ModuleSpec | None:
    """The outermost module whose import is under way in this thread, within the code of the test that runs."""
    frame: FrameType | None = sys._getframe()
    outermost = None
    while frame is not None and not frame.f_globals.get("__name__", "").startswith(_TEST_RUNNERS):
        spec = frame.f_globals.get("__spec__") if frame.f_code.co_name == "<module>" else None
        if spec is not None and spec.origin == frame.f_code.co_filename:
            outermost = spec
        frame = frame.f_back
    return outermost


def _put_back(options: dict[str, Any], before: Mapping[str, Any]) -> None:
    """Give options the values that they had. At no time is one missing, for threads may be reading them."""
    options.update(before)
    if len(options) > len(before):
        for name in options.keys() - before.keys():
            options.pop(name, None)

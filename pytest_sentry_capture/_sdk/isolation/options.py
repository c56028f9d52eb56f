"""SDK options for one test: which can be changed on a live client, and how the change is made and undone."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from numbers import Real
from typing import Any, Final

from pytest_sentry_capture._sdk.identity import KnownOf
from pytest_sentry_capture._sdk.observing.clients import Clients, Given
from pytest_sentry_capture._sdk.patching.touchpoints import Modules
from pytest_sentry_capture._text import did_you_mean, listed

Check = tuple[Callable[[Any], bool], str]


def _or_none(check: Check) -> Check:
    is_valid, description = check
    return (lambda value: value is None or is_valid(value)), f"{description} or None"


def _is_list_of(kind: type | tuple[type, ...]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, (list, tuple)) and all(isinstance(each, kind) for each in value)


def _is_error_entry(value: object) -> bool:
    return isinstance(value, str) or (isinstance(value, type) and issubclass(value, BaseException))


_RATE: Final[Check] = (lambda value: isinstance(value, Real) and 0 <= float(value) <= 1, "a number from 0.0 to 1.0")
_CALLABLE: Final[Check] = (callable, "callable")
_TEXT: Final[Check] = (lambda value: isinstance(value, str), "a string")
_FLAG: Final[Check] = (lambda value: isinstance(value, bool), "True or False")
_COUNT: Final[Check] = (lambda value: type(value) is int and value >= 0, "a whole number that is not negative")
_TEXTS: Final[Check] = (_is_list_of(str), "a list of strings")
_ANYTHING: Final[Check] = (lambda _: True, "anything")
_BODY_SIZES: Final = ("never", "small", "medium", "always")

LIVE_OPTIONS: Final[Mapping[str, Check]] = {
    "sample_rate": _RATE,
    "error_sampler": _or_none(_CALLABLE),
    "traces_sample_rate": _or_none(_RATE),
    "traces_sampler": _or_none(_CALLABLE),
    "before_send": _or_none(_CALLABLE),
    "before_send_transaction": _or_none(_CALLABLE),
    "before_send_log": _or_none(_CALLABLE),
    "before_send_metric": _or_none(_CALLABLE),
    "before_send_span": _or_none(_CALLABLE),
    "ignore_spans": _or_none((lambda value: isinstance(value, (list, tuple)), "a list of names, patterns and rules")),
    "before_breadcrumb": _or_none(_CALLABLE),
    "max_breadcrumbs": _COUNT,
    "release": _or_none(_TEXT),
    "environment": _or_none(_TEXT),
    "dist": _or_none(_TEXT),
    "server_name": _or_none(_TEXT),
    "attach_stacktrace": _FLAG,
    "include_local_variables": _or_none(_FLAG),
    "include_source_context": _or_none(_FLAG),
    "ignore_errors": (
        lambda value: isinstance(value, (list, tuple)) and all(map(_is_error_entry, value)),
        "a list of exception classes and their names",
    ),
    "max_value_length": _or_none(_COUNT),
    "max_request_body_size": (lambda value: value in _BODY_SIZES, f"one of {', '.join(_BODY_SIZES)}"),
    "in_app_include": _TEXTS,
    "in_app_exclude": _TEXTS,
    "custom_repr": _or_none(_CALLABLE),
    "event_scrubber": _or_none((lambda value: hasattr(value, "scrub_event"), "an EventScrubber")),
    "enable_logs": _FLAG,
    "auto_session_tracking": _FLAG,
    "trace_propagation_targets": _or_none((lambda value: isinstance(value, (list, tuple)), "a list of patterns")),
    "trace_ignore_status_codes": (
        lambda value: isinstance(value, (set, frozenset)) and all(type(each) is int for each in value),
        "a set of whole numbers",
    ),
    "send_default_pii": _or_none(_FLAG),
    "data_collection": _or_none((lambda value: isinstance(value, dict), "a dictionary")),
}
"""The options that take effect when they are changed on a live client, where the SDK has them, and their values."""

_DERIVED: Final = ("event_scrubber", "data_collection")
_DERIVED_FROM: Final = {"send_default_pii", "data_collection", "include_local_variables", "include_source_context"}
_NOTHING_GIVEN: Final = Given((), {"release": ""})  # for which the SDK would ask git
_ON_GLOBAL_SCOPE: Final = {"release", "environment", "server_name"}


class OptionOverrides:
    """The options that the test under way has asked for: applied to live clients, and to those that it makes."""

    def __init__(self, modules: Modules, clients: Clients) -> None:
        self._modules = modules
        self._clients = clients
        self._asked: list[dict[str, Any]] = []
        self._before: KnownOf[dict[str, Any]] = KnownOf()
        self._attributes_before: dict[str, Any] | None = None

    @property
    def asked_for(self) -> dict[str, Any]:
        """All options asked for now. The latest wins."""
        return {name: value for options in self._asked for name, value in options.items()}

    def check_names(self, options: Mapping[str, Any]) -> None:
        """Raises ``TypeError`` for an option that the installed SDK does not have."""
        __tracebackhide__ = True
        valid, version = self._modules.consts.DEFAULT_OPTIONS, self._modules.features.version
        for name in options:
            if name in valid:
                continue
            if (replacement := self._modules.features.replacement_of(name)) is not None:
                raise TypeError(f"sentry-sdk {version} has no option {name!r} any more: {replacement}")
            raise TypeError(f"{did_you_mean('option', name, valid)} (sentry-sdk {version})")

    def check(self, options: Mapping[str, Any]) -> None:
        """Look at names and values.

        Raises:
            TypeError: the installed SDK has no such option.
            ValueError: an option can't have this value.
        """
        __tracebackhide__ = True
        self.check_names(options)
        for name, value in options.items():
            is_valid, description = LIVE_OPTIONS.get(name, _ANYTHING)
            if not is_valid(value):
                raise ValueError(f"option {name!r} must be {description}, not {value!r}")
        self._derived(_NOTHING_GIVEN, options)  # the SDK knows more of some, and must not say so half-way through

    def check_live(self, options: Mapping[str, Any]) -> None:
        """Raises ``ValueError`` for an option that a live client would ignore."""
        __tracebackhide__ = True
        for name in options:
            if name not in LIVE_OPTIONS:
                live = LIVE_OPTIONS.keys() & self._modules.consts.DEFAULT_OPTIONS.keys()
                raise ValueError(
                    f"option {name!r} can't be changed on a live client, which would ignore it. Pass it to a client"
                    f" made for the test (sentry_init). A live client accepts: {listed(live, near=name)}"
                )

    def push(self, options: dict[str, Any], client: Any) -> None:
        """Ask for options, and apply them to ``client`` if there is one that does not belong to the test."""
        self._asked.append(options)
        if client is not None:
            self.apply_to(client)

    def pop(self, options: dict[str, Any]) -> None:
        """Take back what was asked for."""
        self._asked = [asked for asked in self._asked if asked is not options]
        for client in list(self._before):
            self.apply_to(client)

    def given_to(self, client: Any) -> frozenset[str]:
        """The names of the options that a client has from the test that is under way, and not from the application."""
        return self._clients.given_by_test(client) | frozenset(self._before.get(client) or ())

    def clear(self) -> None:
        """Take back everything that was asked for."""
        if not self._asked:
            return
        self._asked = []
        for client in list(self._before):
            self.apply_to(client)

    def apply_to(self, client: Any) -> None:
        """Give a live client what is asked for now, starting from its own options."""
        self._restore(client)
        wanted = {name: value for name, value in self.asked_for.items() if name in LIVE_OPTIONS}
        if not wanted:
            return
        derived = self._derived(self._clients.given(client), wanted)
        names = {*wanted, *(_DERIVED if _DERIVED_FROM & wanted.keys() else ())} & client.options.keys() & derived.keys()
        self._before[client] = {name: client.options[name] for name in names}
        client.options.update({name: derived[name] for name in names})
        self._make_log_batcher(client)
        if _ON_GLOBAL_SCOPE & wanted.keys():
            self._renew_global_attributes()

    def _derived(self, given: Given, options: Mapping[str, Any]) -> dict[str, Any]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return self._clients.derive_options(given, options)

    def _restore(self, client: Any) -> None:
        client.options.update(self._before.pop(client) or {})
        if self._attributes_before is not None:
            self._modules.scope.Scope.get_global_scope()._attributes = self._attributes_before
            self._attributes_before = None

    def _renew_global_attributes(self) -> None:
        """What the SDK has copied of the options, it copies once more."""
        if self._modules.features.has_global_attributes:
            scope = self._modules.scope.Scope.get_global_scope()
            self._attributes_before = dict(scope._attributes)
            scope.set_global_attributes()

    def _make_log_batcher(self, client: Any) -> None:
        """Logs that are turned on need what the SDK makes only where they are on from the start."""
        features = self._modules.features
        if client.options.get("enable_logs") and features.lacks_log_batcher(client):
            capture = client.session_flusher.capture_func
            capture = getattr(capture, "__wrapped__", capture)
            client.log_batcher = features.new_log_batcher(capture, self._record_lost(client))
            self._clients.observe_telemetry(client)

    @staticmethod
    def _record_lost(client: Any) -> Callable[..., None]:
        def record_lost(**lost: Any) -> None:
            if client.transport is not None:
                client.transport.record_lost_event(**lost)

        return record_lost

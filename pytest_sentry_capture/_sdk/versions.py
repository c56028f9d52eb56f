"""What the supported versions of sentry-sdk do differently, as named features: nothing else in this room asks for it.

A feature is looked up where that is possible, so that it holds for versions that are newer than this module too.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from importlib import import_module
from inspect import signature
from typing import Any, Final, NamedTuple

OLDEST_SUPPORTED: Final = "1.40.0"
NEWEST_TESTED: Final = "3.0.0b2"

REMOVED_OPTIONS: Final[Mapping[str, str]] = {
    "before_send_transaction": "before_send_span changes spans, ignore_spans drops them",
    "enable_logs": "sentry_sdk.logger sends without it; LoggingIntegration(level=logging.INFO) sends what is logged",
    "enable_metrics": "metrics are sent without it; before_send_metric drops them",
    "enable_tracing": "traces_sample_rate=1.0 replaces it",
    "event_scrubber": "data_collection, before_send and before_send_span replace it",
    "include_local_variables": 'data_collection={"stack_frame_variables": False} replaces False',
    "include_source_context": 'data_collection={"frame_context_lines": 0} replaces False',
    "instrumenter": "OTLPIntegration replaces it",
    "profiles_sample_rate": 'profile_session_sample_rate with profile_lifecycle="trace" replaces it',
    "profiles_sampler": 'profile_session_sample_rate with profile_lifecycle="trace" replaces it',
    "propagate_traces": "trace_propagation_targets=[] replaces False",
    "send_default_pii": (
        'data_collection replaces it, such as {"user_info": False, "http_bodies": []} for False;'
        " what is collected by default is more than False ever sent"
    ),
    "stream_gen_ai_spans": "all spans are streamed without it",
    "trace_ignore_status_codes": "traces_sampler and ignore_spans decide before the status is known",
}
"""The options of sentry-sdk 2 that 3 has removed, and what replaces each, in words for users.

Source: https://docs.sentry.io/platforms/python/migration/2.x-to-3.x, and the options of both.
"""

_ENTRY_POINTS: Final[Mapping[str, str]] = {
    "_capture_log": "log",
    "_capture_experimental_log": "log",  # 2.25 to 2.40
    "_capture_metric": "metric",
    "_capture_span": "span",
}
_ENTRY_POINTS_SINCE_3: Final = ("_capture_log", "_capture_metric", "_capture_span")
_BATCHERS: Final[Mapping[str, str]] = {"log": "log_batcher", "metric": "metrics_batcher", "span": "span_batcher"}
_WIRE_FORMS: Final = ("_to_transport_format", "_log_to_transport_format", "_metric_to_transport_format")
_BATCHER_CLASSES: Final = {
    "log": ("_log_batcher", "LogBatcher"),
    "metric": ("_metrics_batcher", "MetricsBatcher"),
    "span": ("_span_batcher", "SpanBatcher"),
}
_HANDLERS: Final = (
    ("_event_handler", "event"),  # since 3
    ("_handler", "event"),
    ("_logs_handler", "log"),  # since 3
    ("_sentry_logs_handler", "log"),
)
"""Where the logging integration keeps its handlers, and what each makes of a record."""
LOGGERS_OF_INTEGRATIONS: Final = frozenset((
    "aiohttp.server", "ariadne", "arq.worker", "bundle_processor.create", "celery.app.trace", "celery.redirected",
    "celery.worker.job", "django.db.backends", "django.request", "django.server", "litestar", "root", "rq.worker",
    "sentry_sdk.errors", "strawberry.execution", "tornado.access", "trytond.wsgi", "urllib3.connection",
    "urllib3.connectionpool",
))  # fmt: skip
"""The loggers that the SDK ignores by itself, or that one of its integrations does (1.40 to 3.0)."""
_IGNORED_LOGGERS: Final = ("_IGNORED_LOGGERS_EVENTS", "_IGNORED_LOGGERS")  # the former since 3
_SAMPLED_SPANS: Final = ("Span", "StreamedSpan")
_UNSAMPLED_SPANS: Final = ("NoOpSpan", "NoOpStreamedSpan")
_BUFFERS: Final = ("_buffer", "_span_buffer", "_log_buffer", "_metric_buffer")
_SLEEPERS: Final = ("monitor", "sessions")
_HTTP_TRANSPORTS: Final = ("HttpTransport", "Http2Transport")  # the latter since 2.16
_ASYNC_HTTP_TRANSPORT: Final = "AsyncHttpTransport"  # since 2.57


class CollectingPart(NamedTuple):
    """A part of clients that collects items and hands them over later, beside the batchers.

    Attributes:
        name: the client's attribute that holds it.
        hands_over: its attribute that holds the function to which it hands an envelope.
        takes: its method that is called when it has taken something.
    """

    name: str
    hands_over: str
    takes: str


class Features:
    """What the SDK that is loaded now has, and how it calls it."""

    collecting_parts: Final = (
        CollectingPart("session_flusher", "capture_func", "add_session"),
        # Up to 2.x before batchers for metrics. Not ``add``, which counts frames up to its caller.
        CollectingPart("metrics_aggregator", "_capture_func", "_consider_force_flush"),
    )
    profiler_modules: Final = ("profiler", "profiler.transaction_profiler", "profiler.continuous_profiler")
    """The modules that hold a profiler's scheduler as ``_scheduler``: the first up to 2.5, the others since 2.8."""
    dropping_processor_logs: Final = (
        "%s (%s) dropped event",  # up to 2.x
        "%s (event processor) dropped event",
        "%s (error processor) dropped event",
    )
    """What is logged of a processor that has dropped an event, which is the last argument."""
    mark_of_captured: Final = "_handled_by_sentry"
    """What is set on an exception when it is captured (since 3)."""
    attributes_of_hubs: Final = ("_stack", "_last_event_id")
    """The state of a hub (1.x), whose class has no slots that would tell."""

    @cached_property
    def version(self) -> str:
        """The SDK's own word for it, such as ``"2.75.0"``."""
        return str(getattr(sys.modules.get("sentry_sdk.consts"), "VERSION", "of unknown version"))

    @property
    def is_too_old(self) -> bool:
        """Whether it is older than the oldest supported version."""
        return _numbers(self.version) < _numbers(OLDEST_SUPPORTED)

    @cached_property
    def has_hubs(self) -> bool:
        """Hubs carry the client and one merged scope, and there is no global scope (1.x)."""
        return self.version.startswith("1.")

    @property
    def sends_bare_events(self) -> bool:
        """Events go to the transport without an envelope unless something else travels with them (1.x)."""
        return self.has_hubs

    @cached_property
    def has_transactions(self) -> bool:
        """A trace's root is a transaction, an item that carries its spans (up to 2.x)."""
        return _module("tracing") is not None

    @property
    def processors_that_raise_lose_events(self) -> bool:
        """A processor that raises loses its event (since 3.0). Before, the event went on as it was."""
        return not self.has_transactions

    def left_out_of_spans(self, client: Any) -> tuple[str, ...]:
        """The beginnings of paths of transactions of which a client puts nothing into streamed spans.

        While it collects no personal data, 2.x leaves users and URLs out, which transactions have anyway. Where
        ``data_collection`` says what is collected, only users are left out, and only where it says so.
        """
        collection = client.options.get("data_collection")
        is_told = isinstance(collection, dict) and (not self.has_transactions or collection.get("provided_by_user"))
        if is_told:
            return () if collection.get("user_info", True) else ("user",)
        collects = not self.has_transactions or client.options.get("send_default_pii")
        return () if collects else ("user", "request.url", "request.query_string")

    def replacement_of(self, option: str) -> str | None:
        """What takes the place of an option that this SDK has removed, in words for users, or None for any other."""
        return REMOVED_OPTIONS.get(option) if self._is_3 else None

    @cached_property
    def guards_scopes(self) -> bool:
        """Scopes turn down what is captured during serialization (since 2.13). Before, clients do."""
        return hasattr(_module("scope"), "disable_capture_event")

    @cached_property
    def has_user_property(self) -> bool:
        """``scope.user = …`` sets the user (up to 2.x)."""
        return isinstance(getattr(self._scope_class, "user", None), property)

    @cached_property
    def sets_several_tags(self) -> bool:
        """Scopes have ``set_tags`` (since 2.0)."""
        return hasattr(self._scope_class, "set_tags")

    @cached_property
    def has_global_attributes(self) -> bool:
        """Some options are copied to the global scope, from where logs and metrics take them (2.54, not yet 2.40)."""
        return hasattr(self._scope_class, "set_global_attributes")

    @cached_property
    def telemetry_entry_points(self) -> dict[str, str]:
        """The client's methods that take logs, metrics and streamed spans, and the kind of each."""
        client_class = getattr(_module("client"), "_Client", None)
        expected = _ENTRY_POINTS_SINCE_3 if self._is_3 else ()
        there = (method for method in _ENTRY_POINTS if method in expected or hasattr(client_class, method))
        return {method: _ENTRY_POINTS[method] for method in there}

    def batchers(self, client: Any) -> dict[str, str]:
        """The attributes in which a client keeps what collects logs, metrics and spans, and the kind of each."""
        return {kind: name for kind, name in _BATCHERS.items() if self._is_3 or hasattr(client, name)}

    @cached_property
    def transports_that_count_losses(self) -> list[str]:
        """The classes of transports that have their own method for losses which the SDK reports to them."""
        return [name for name, each in _classes("transport") if "record_lost_event" in vars(each)]

    @cached_property
    def transports_that_take_envelopes(self) -> list[str]:
        """The classes of transports that have their own method for envelopes."""
        return [name for name, each in _classes("transport") if "capture_envelope" in vars(each)]

    @property
    def synchronous_http_transports(self) -> list[type]:
        """The classes of transports that send from their own thread."""
        return _found("transport", _HTTP_TRANSPORTS)

    @property
    def http_transports(self) -> list[type]:
        """All classes of transports that send."""
        return _found("transport", (*_HTTP_TRANSPORTS, _ASYNC_HTTP_TRANSPORT))

    @property
    def modules_that_sleep(self) -> list[str]:
        """The modules whose threads wait in ``time.sleep``: the monitor's. That of sessions does no more since 2.40."""
        return [name for name in _SLEEPERS if getattr(_module(name), "time", None) is time]

    @property
    def spotlight_set_up(self) -> str:
        """The touchpoint of what turns on Spotlight: where the module of clients takes it from."""
        return f"{'client' if hasattr(_module('client'), 'setup_spotlight') else 'spotlight'}:setup_spotlight"

    @cached_property
    def http_transport(self) -> str:
        """What all of the SDK's HTTP transports derive from. It has had three names."""
        names = ("HttpTransportCore", "BaseHttpTransport", "HttpTransport")
        module = _module("transport")
        return next((name for name in names if hasattr(module, name)), names[0])

    def collects(self, kind: str, options: Mapping[str, Any]) -> bool:
        """Whether logs, metrics or streamed spans are sent at all with these options."""
        has = {"log": "has_logs_enabled", "metric": "has_metrics_enabled"}.get(kind)
        ask = getattr(_module("utils"), has, None) if has is not None else None
        return bool(ask(options)) if ask is not None else True

    @staticmethod
    def traces(options: Mapping[str, Any]) -> bool:
        """Whether there are traces at all with these options."""
        has_rate = options.get("traces_sample_rate") is not None or options.get("traces_sampler") is not None
        return has_rate or bool(options.get("enable_tracing"))

    @cached_property
    def unsampled_span(self) -> str | None:
        """The touchpoint of the class of streamed spans that are not sampled, which has had two names."""
        traces = _module("traces")
        found = (f"traces:{name}" for name in _UNSAMPLED_SPANS if hasattr(traces, name))
        return next(found, f"traces:{_UNSAMPLED_SPANS[0]}" if self._is_3 else None)

    @cached_property
    def streamed_spans(self) -> list[str]:
        """The touchpoints of the classes of streamed spans, sampled and not. None where there are none."""
        if not hasattr(_module("scope"), "_make_sampling_decision") and not self._is_3:
            return []
        return [f"traces:{name}" for name in (*_SAMPLED_SPANS, *_UNSAMPLED_SPANS) if hasattr(_module("traces"), name)]

    @cached_property
    def modules_that_sample_traces(self) -> list[str]:
        """The modules that look at the answers of traces samplers, under their own name."""
        candidates = ("tracing", *(["tracing_utils"] if self.streamed_spans else []))
        return [name for name in candidates if _module(name) is not None]

    def client_of(self, transaction: Any) -> Any:
        """The client of a transaction that was started on a hub (1.x), or None if it has none."""
        return getattr(getattr(transaction, "hub", None), "client", None) if self.has_hubs else None

    @staticmethod
    def sampling_context(name: Any, attributes: Any, scope: Any) -> dict[str, Any]:
        """What a traces sampler is given for a streamed segment, as far as it is not the SDK's own."""
        propagation = scope.get_active_propagation_context()
        op = attributes.get("sentry.op") if type(attributes) is dict else None
        custom = getattr(propagation, "custom_sampling_context", None)
        return {
            "transaction_context": {"name": name, "op": op},
            "parent_sampled": getattr(propagation, "parent_sampled", None),
            **(custom if type(custom) is dict else {}),
        }

    def fit_sample_rand(self, transaction: Any, rate: float) -> None:
        """Give a transaction that is sampled after all a number that fits, for its headers. Not one of a caller's."""
        drawn = getattr(transaction, "_sample_rand", None)
        if drawn is not None and getattr(transaction, "_baggage", None) is None:
            transaction._sample_rand = _sample_rand(transaction.trace_id, rate, drawn)

    @staticmethod
    def sample_rand_below(propagation: Any, rate: float, drawn: Any) -> Any:
        """A number that fits a segment which is sampled after all. The caller's where there is one."""
        sent = getattr(propagation, "baggage", None) is not None
        return drawn if sent else _sample_rand(propagation.trace_id, rate, drawn)

    def kinds_from_logging(self, client: Any) -> frozenset[str] | None:
        """What a client makes of what is logged: up to 2.x events by default, since 3 nothing by default.

        None where the integration for logging, which is on by default up to 2.x, has been turned off.
        """
        integration = client.integrations.get("logging")
        if integration is None and not self._is_3:
            return None
        return frozenset(kind for name, kind in _HANDLERS if getattr(integration, name, None) is not None)

    @staticmethod
    def event_handler(client: Any) -> Any:
        """The handler by which a client's logging integration makes events, or None if it makes none."""
        integration = client.integrations.get("logging")
        handlers = (getattr(integration, name, None) for name, kind in _HANDLERS if kind == "event")
        return next((handler for handler in handlers if handler is not None), None)

    @property
    def event_handlers(self) -> type[Any] | None:
        """The class of the handlers that make events, or None if nobody has imported it."""
        found: type[Any] | None = getattr(_module("integrations.logging"), "EventHandler", None)
        return found

    @property
    def ignore_logger(self) -> str:
        """The name of the function by which loggers are kept out of events. Since 3, ``ignore_logger`` is for logs."""
        name = "ignore_logger_for_events"
        return name if hasattr(_module("integrations.logging"), name) else "ignore_logger"

    @property
    def ignored_loggers(self) -> frozenset[str]:
        """The names and patterns of loggers of which no events are made."""
        module = _module("integrations.logging")
        found = (getattr(module, name, None) for name in _IGNORED_LOGGERS)
        entries = next((each for each in found if isinstance(each, (set, frozenset))), frozenset())
        return frozenset(str.__str__(entry) for entry in (*entries,) if isinstance(entry, str))

    @staticmethod
    def client_on(scope: Any) -> Any:
        """The client that a scope has, or None. Up to 2.11 or so forked scopes have no such attribute."""
        return getattr(scope, "client", None)

    @staticmethod
    def turns_down_captures(scope: Any) -> bool:
        """Whether a scope is in the middle of another capture, and captures nothing meanwhile."""
        return not getattr(scope, "_should_capture", True)

    @staticmethod
    def last_seen_by(dedupe: Any) -> Any:
        """The context variable in which the dedupe integration keeps the last exception (up to 2.x), or None."""
        return getattr(dedupe, "_last_seen", None)

    @staticmethod
    def lacks_log_batcher(client: Any) -> bool:
        """Up to 2.66 a client has no batcher for logs where these are off from the start."""
        return hasattr(client, "log_batcher") and client.log_batcher is None

    @staticmethod
    def new_log_batcher(capture: Callable[..., Any], record_lost: Callable[..., None]) -> Any:
        """A batcher for logs, as clients make it. Up to 2.40 it takes no function for losses."""
        batcher_class = import_module("sentry_sdk._log_batcher").LogBatcher
        if "record_lost_func" in signature(batcher_class).parameters:
            return batcher_class(capture_func=capture, record_lost_func=record_lost)
        return batcher_class(capture_func=capture)

    @staticmethod
    def buffers_of(batcher: Any) -> list[Any]:
        """What a batcher holds. Some have called theirs by the kind."""
        return [buffer for name in _BUFFERS if (buffer := vars(batcher).get(name)) is not None]

    def wire_form(self, kind: str) -> Callable[[Any], Any]:
        """How the SDK turns a log, metric or span into what it sends. What it is, where that is not known."""
        module_name, class_name = _BATCHER_CLASSES[kind]
        batcher_class = getattr(_module(module_name), class_name, None)
        name = self.wire_form_of(batcher_class)
        return getattr(batcher_class, name) if name is not None else _unchanged

    @staticmethod
    def wire_form_of(batcher_class: Any) -> str | None:
        """The name of the method by which a batcher turns an item into what is sent, or None if it is not known."""
        return _wire_form_of(batcher_class)

    @cached_property
    def _is_3(self) -> bool:
        """Whether what 3.0 has is missing where it can't be found. What an older version lacks it never had."""
        return _numbers(self.version) >= (3,)

    @property
    def _scope_class(self) -> Any:
        return getattr(_module("scope"), "Scope", None)


def _sample_rand(trace_id: Any, rate: float, drawn: Any) -> Any:
    """A number below a rate, as the SDK generates it. The one that was drawn where the SDK has no such number."""
    generate = getattr(_module("tracing_utils"), "_generate_sample_rand", None)
    return generate(trace_id, interval=(0.0, rate)) if generate is not None else drawn


@lru_cache(maxsize=16)
def _wire_form_of(batcher_class: Any) -> str | None:  # which is asked for each span
    return next((name for name in _WIRE_FORMS if hasattr(batcher_class, name)), None)


def _unchanged(item: Any) -> Any:
    return item


def _module(name: str) -> Any:
    return sys.modules.get(f"sentry_sdk.{name}")


def _found(module: str, names: Sequence[str]) -> list[type]:
    """Those of some classes that one of the SDK's modules has."""
    found = (getattr(_module(module), name, None) for name in names)
    return [each for each in found if isinstance(each, type)]


def _classes(module: str) -> list[tuple[str, type]]:
    """The classes that one of the SDK's modules defines."""
    defined = vars(_module(module)) if _module(module) is not None else {}
    return [
        (name, each)
        for name, each in defined.items()
        if isinstance(each, type) and each.__module__ == f"sentry_sdk.{module}" and each.__name__ == name
    ]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])

"""The names in a payload that Sentry's protocol gives, where others are the application's or its users'.

A name that the protocol gives to what users and applications say of themselves (``user.email``, ``request.cookies``) is
not among them. The protocol: https://develop.sentry.dev/sdk/data-model/event-payloads/.
"""

from __future__ import annotations

import re
from typing import Any, Final

from pytest_sentry_capture._recording.payload_walk import Keys

Names = dict[str, "Names"]
"""Names at a place, each with those below it. ``*`` stands for any name."""


def _names(text: str, **below: Names) -> Names:
    return {**{name: {} for name in text.split()}, **below}


_ANY: Final[Names] = {}
_ANY["*"] = _ANY
_TRACE: Final = _names(
    "environment org_id public_key release replay_id sample_rand sample_rate sampled trace_id transaction"
)
_FRAME: Final = _names(
    "abs_path addr_mode colno context_line filename function image_addr in_app instruction_addr lineno module package"
    " platform post_context pre_context raw_function stack_start symbol symbol_addr trust vars"
)
_STACK: Final = _names("lang snapshot", frames=_FRAME)
_MECHANISM: Final = _names(
    "description exception_id handled help_link is_exception_group parent_id source synthetic type data", meta=_ANY
)
_EXCEPTION: Final = _names(
    "module thread_id type value", mechanism=_MECHANISM, stacktrace=_STACK, raw_stacktrace=_STACK
)
_THREAD: Final = _names("crashed current id main name state", stacktrace=_STACK, raw_stacktrace=_STACK)
_SDK: Final = _names("name version", features=_ANY, integrations=_ANY, packages=_ANY, settings=_ANY)
_TECHNICAL: Final = _names("build name raw_description type version")
_CONTEXTS: Final[Names] = {
    "app": _names("app_build app_id app_identifier app_memory app_name app_start_time app_version build_type type"),
    "browser": _TECHNICAL,
    "cloud_resource": _ANY,
    "culture": _names("calendar display_name is_24_hour_format locale timezone type"),
    "device": _names(
        "arch battery_level boot_time brand charging cpu_description family free_memory free_storage low_memory"
        " manufacturer memory_size model model_id name online orientation processor_count processor_frequency simulator"
        " storage_size type usable_memory"
    ),
    "feedback": _names("associated_event_id replay_id source type"),
    "flags": _names("type", values=_names("flag result")),
    "gpu": _names("api_type id name type vendor_id vendor_name version"),
    "os": _names(
        "build distribution_name distribution_version kernel_version name raw_description rooted type version"
    ),
    "otel": _names("attributes resource type"),
    "profile": _names("profile_id profiler_id type"),
    "replay": _names("replay_id type"),
    "response": _names("body_size status_code type"),
    "runtime": _TECHNICAL,
    "trace": _names(
        "client_sample_rate data description exclusive_time links op origin parent_span_id sampled span_id status"
        " trace_id type",
        dynamic_sampling_context=_TRACE,
    ),
}
_SPAN: Final = _names(
    "data description exclusive_time hash is_segment op origin parent_span_id same_process_as_parent segment_id span_id"
    " start_timestamp status tags timestamp trace_id",
    measurements=_ANY,
)
_BREADCRUMB: Final = _names("category data event_id level message origin timestamp type")
_OF_SDK: Final[Names] = {
    **_names(
        "abnormal body chunk_id crashed culprit did dist duration end_timestamp environment errored errors event_id"
        " exited extra fingerprint init is_segment kind level logger message monitor_slug name op origin"
        " parent_span_id platform profile_id profiler_id received release seq server_name severity_number sid span_id"
        " start_timestamp started status tags template timestamp trace_id type unit value version"
        " check_in_id items attachment_type content_type filename length"
    ),
    "aggregates": _ANY,
    "attributes": {},
    "attrs": _names("environment release"),
    "breadcrumbs": _BREADCRUMB,
    "client_sdk": _SDK,
    "contexts": _CONTEXTS,
    "debug_meta": _ANY,
    "device": _ANY,
    "discarded_events": _ANY,
    "exception": _EXCEPTION,
    "links": _ANY,
    "logentry": _names("formatted message params"),
    "measurements": _ANY,
    "modules": _ANY,
    "monitor_config": _ANY,
    "os": _ANY,
    "profile": _ANY,
    "request": _names("inferred_content_type method"),
    "runtime": _ANY,
    "sdk": _SDK,
    "spans": _SPAN,
    "stacktrace": _STACK,
    "threads": _THREAD,
    "transaction": _ANY,
    "transaction_info": _ANY,
    "transactions": _ANY,
    "envelope": {
        "headers": _names("dsn event_id sent_at", sdk=_SDK, trace=_TRACE),
        "items": _names("attachment_type content_type filename item_count length platform type", meta=_ANY),
    },
}
_INTERFACE: Final = "values"
"""Lists of exceptions and the like stand below this name, or are the list themselves."""
_WRAPPER: Final = frozenset(("value", "type", "unit"))
_ATTRIBUTES_OF_SDK: Final = (
    *("sentry.", "thread.", "code.", "process.runtime.", "process.executable.", "process.pid", "os.", "service."),
    *("server.", "telemetry.", "network.protocol.", "browser.", "device.", "db.system", "db.name", "db.namespace"),
    *("db.operation", "db.collection.", "db.driver.", "http.request.method", "http.response.", "http.route"),
    *("http.status_code", "messaging.system", "messaging.operation", "messaging.destination.", "rpc.", "url.scheme"),
)
"""What attributes of Sentry's conventions begin with whose values are of the SDK's own making."""
_DATA_OF_SDK: Final = ("sentry.message.parameter.", "http.response.header", "http.response.body")
"""What else begins so, and holds what the application logs or answers."""


_IDS: Final = frozenset(
    (
        "event_id", "trace_id", "span_id", "parent_span_id", "segment_id", "profile_id", "profiler_id", "replay_id",
        "check_in_id", "sid", "did", "sentry-trace", "traceparent", "sentry.trace.parent_span_id", "sentry.segment.id",
    )
)  # fmt: skip
_TRACE_HEADERS: Final = ("sentry-trace", "traceparent")
_ID: Final = re.compile(r"(?:00-)?[0-9a-f]{16}(?:[0-9a-f]{16})?(?:-[0-9a-f]{16}(?:-\w+)?)?")
_CLOCKS: Final = frozenset(
    (
        "timestamp", "start_timestamp", "end_timestamp", "received", "sent_at", "started", "sample_rand", "thread_id",
        "thread.id", "process.pid", "sentry.timestamp.sequence", "sentry.observed_timestamp_nanos",
    )
)  # fmt: skip
_CLOCK: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9:]+)")


def is_id(key: object, value: str) -> bool:
    """Whether a value below a key is an id of the SDK's own making, which is made of random digits."""
    return key in _IDS and _ID.fullmatch(value) is not None


def is_made_by_sdk(keys: Keys, value: Any) -> bool:
    """Whether a value of an item is an id, a clock's or a random number that the SDK makes: what is in it is chance."""
    place = keys[:-1] if keys[-1:] == ("value",) and is_attribute(keys[:-1]) else keys
    key = place[-1] if place else ""
    if key not in _IDS and key not in _CLOCKS:
        return False
    is_of_sdk = is_of_protocol(place) or key in _TRACE_HEADERS
    return is_of_sdk and (is_id(key, str(value)) or (key in _CLOCKS and _CLOCK.fullmatch(str(value)) is not None))


def is_of_protocol(keys: Keys) -> bool:
    """Whether the last of the keys to a place of a payload is a name that the protocol gives."""
    names = _OF_SDK
    for index, key in enumerate(keys):
        if isinstance(key, int) or (key == _INTERFACE and _INTERFACE not in names):
            continue
        if is_attribute(keys[: index + 1]):
            return _is_of_attribute(keys[index:])
        below = names.get(key, names.get("*"))
        if below is None:
            return False
        names = below
    return True


def is_attribute(keys: Keys) -> bool:
    """Whether the last key is the name of an attribute, as spans, logs and metrics have them, and transactions too."""
    match keys:
        case (*_, "attributes", _) | ("contexts", "trace", "data", _) | ("spans", int(), "data", _):
            return True
    return False


def _is_of_attribute(keys: Keys) -> bool:
    name, *rest = keys
    if rest:
        return len(rest) == 1 and rest[0] in _WRAPPER
    return str(name).startswith(_ATTRIBUTES_OF_SDK) and not str(name).startswith(_DATA_OF_SDK)

"""The form in which the facts of a kind are written down, which stand on the kind's class, and those of item types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final, Literal

from pytest_sentry_capture._recording.known_values import (
    AMOUNTS,
    HTTP_STATUSES,
    IDS,
    LEVELS,
    LISTS,
    MAPPINGS,
    METHODS,
    ORIGINS,
    PATHS,
    ROUTES,
    SOURCES,
    STATUSES_OF_JOBS,
    STATUSES_OF_SPANS,
    STATUSES_OF_TRANSACTIONS,
    TAGS,
    TEXTS,
    TRUTHS,
    KnownValues,
)

KIB: Final = 1024
MIB: Final = 1024 * KIB


class Sort(Enum):
    """Of what sort the value of a field always is, and so what can equal it."""

    ANY = auto()
    TEXT = auto()
    NUMBER = auto()
    TRUTH = auto()
    MAPPING = auto()
    LIST = auto()
    SEGMENT_STATUS = auto()
    EXCEPTION = auto()
    EXCEPTION_MESSAGE = auto()
    BREADCRUMBS = auto()
    PATHS = auto()


@dataclass(frozen=True)
class Field:
    """A field of a kind, by which its items can be asked for.

    Attributes:
        sort: of its values.
        is_section: whether the shortcut reads as empty where the payload has nothing.
        is_derived: whether a section stands elsewhere in the payload than its name says.
        is_of_payload: whether it is the payload's own field, without a shortcut.
        known: the values that it has where it follows Sentry's documentation, or None if it may have any of its sort.
        default: what Sentry takes for it where the payload has nothing, or None if nothing is.
    """

    sort: Sort = Sort.ANY
    is_section: bool = False
    is_derived: bool = False
    is_of_payload: bool = False
    known: KnownValues | None = None
    default: object = None


ANY: Final = Field()
TEXT: Final = Field(Sort.TEXT)
NUMBER: Final = Field(Sort.NUMBER)
TRUTH: Final = Field(Sort.TRUTH, known=TRUTHS)
AMOUNT: Final = Field(Sort.NUMBER, known=AMOUNTS)
TRACE_ID: Final = Field(Sort.TEXT, known=IDS)
ORIGIN: Final = Field(Sort.TEXT, known=ORIGINS)
SOURCE: Final = Field(Sort.TEXT, known=SOURCES)
SEGMENT_STATUS: Final = Field(Sort.SEGMENT_STATUS)
SECTION: Final = Field(Sort.MAPPING, is_section=True)
DERIVED_SECTION: Final = Field(Sort.MAPPING, is_section=True, is_derived=True)
EXCEPTION: Final = Field(Sort.EXCEPTION)
EXCEPTION_MESSAGE: Final = Field(Sort.EXCEPTION_MESSAGE)
BREADCRUMBS: Final = Field(Sort.BREADCRUMBS, is_section=True)
FINGERPRINT: Final = Field(Sort.LIST, is_section=True)
WHERE: Final = Field(Sort.PATHS)
OF_PAYLOAD: Final = Field(is_of_payload=True)
TEXT_OF_PAYLOAD: Final = Field(is_of_payload=True, known=TEXTS)
ID_OF_PAYLOAD: Final = Field(is_of_payload=True, known=IDS)
MAPPING_OF_PAYLOAD: Final = Field(is_of_payload=True, known=MAPPINGS)
LIST_OF_PAYLOAD: Final = Field(is_of_payload=True, known=LISTS)

OF_EXCHANGE: Final[Mapping[str, Field]] = {
    "status_code": Field(Sort.NUMBER, known=HTTP_STATUSES),
    "method": Field(Sort.TEXT, known=METHODS),
    "path": Field(Sort.TEXT, known=PATHS),
    "route": Field(Sort.TEXT, known=ROUTES),
}
"""What the items of an exchange are asked for by."""
OF_OPERATION: Final[Mapping[str, Field]] = {
    **OF_EXCHANGE,
    "job": Field(Sort.TEXT),
    "job_status": Field(Sort.TEXT, known=STATUSES_OF_JOBS),
}
"""What the items of an operation are asked for by: an exchange or a job."""

SAMPLED_TRACES: Final = ("traces_sample_rate", "traces_sampler")
"""The options that sample what belongs to traces."""

PATHS_OF_EVENTS: Final = (
    "_meta", "breadcrumbs", "check_in_id", "contexts", "culprit", "debug_meta", "dist", "duration", "environment",
    "errors", "event_id", "exception", "extra", "fingerprint", "level", "logentry", "logger", "measurements", "message",
    "modules", "monitor_config", "monitor_slug", "platform", "profile", "release", "request", "sdk", "server_name",
    "spans", "stacktrace", "start_timestamp", "status", "tags", "template", "threads", "timestamp", "transaction",
    "transaction_info", "type", "user",
)  # fmt: skip
"""The attributes of Sentry's event payloads (https://develop.sentry.dev/sdk/data-model/event-payloads/)."""
PATHS_OF_TELEMETRY: Final = ("attributes", "parent_span_id", "span_id", "timestamp", "trace_id")
PATHS_OF_SPANS: Final = (
    *PATHS_OF_TELEMETRY, "_metrics_summary", "data", "description", "end_timestamp", "is_segment", "links",
    "measurements", "name", "op", "origin", "same_process_as_parent", "sentry_tags", "start_timestamp", "status",
    "tags",
)  # fmt: skip

KNOWN_OF_EVENTS: Final[Mapping[str, KnownValues]] = {
    "level": LEVELS,
    "tags": TAGS,
    **dict.fromkeys(("user", "contexts", "contexts.*", "extra", "request", "transaction_info"), MAPPINGS),
    "request.method": METHODS,
    "contexts.response.status_code": HTTP_STATUSES,
    "contexts.trace.status": STATUSES_OF_TRANSACTIONS,
    "contexts.trace.origin": ORIGINS,
    "contexts.trace.trace_id": IDS,
    "contexts.trace.data": MAPPINGS,
    "transaction_info.source": SOURCES,
    "exception.values.*": MAPPINGS,
    "exception.values.*.mechanism": MAPPINGS,
    "exception.values.*.mechanism.handled": TRUTHS,
    "breadcrumbs.values.*": MAPPINGS,
    "breadcrumbs.values.*.level": LEVELS,
}
"""By place in the payload. ``*`` stands for any key, and for any element of a list."""
KNOWN_OF_ATTRIBUTES: Final[Mapping[str, KnownValues]] = {
    "attributes": MAPPINGS,
    **dict.fromkeys(("attributes.http.request.method", "attributes.http.method"), METHODS),
    **dict.fromkeys(("attributes.http.response.status_code", "attributes.http.status_code"), HTTP_STATUSES),
    "attributes.sentry.segment.name.source": SOURCES,
    "attributes.sentry.span.source": SOURCES,
    "attributes.sentry.origin": ORIGINS,
    "attributes.url.path": PATHS,
}
KNOWN_OF_TELEMETRY: Final[Mapping[str, KnownValues]] = {"trace_id": IDS, **KNOWN_OF_ATTRIBUTES}
KNOWN_OF_SPANS: Final[Mapping[str, KnownValues]] = {
    **KNOWN_OF_TELEMETRY,
    "status": STATUSES_OF_SPANS,
    "origin": ORIGINS,
    "data": MAPPINGS,
    "is_segment": TRUTHS,
}


@dataclass(frozen=True)
class ItemType:
    """A type of envelope items (https://develop.sentry.dev/sdk/foundations/transport/envelope-items/).

    Attributes:
        name: Sentry's, such as ``"trace_metric"``.
        category: Sentry's data category
            (https://develop.sentry.dev/sdk/foundations/transport/rate-limiting/#definitions).
        max_bytes: of the payload (https://develop.sentry.dev/sdk/foundations/transport/envelopes/#size-limits).
        is_json: whether the payload is a JSON object.
        makes_event: whether an envelope with such an item is that of an event, of which it has one at most.
    """

    name: str
    category: str
    max_bytes: int = MIB
    is_json: bool = True
    makes_event: bool = False


Count = Literal["always", "as trace", "never"]
"""Whether items count as captured for ``assert_nothing_captured``: those of traces do where it is asked for them."""


@dataclass(frozen=True, kw_only=True)
class KindFacts:
    """What is known of a kind of items.

    Attributes:
        fields: what its items are asked for by.
        paths: where a path in ``where`` may begin.
        known: the values at places in the payload that follow Sentry's documentation, as in ``KNOWN_OF_EVENTS``.
        item_types: Sentry's types for it, the one that is sent first. None where it is a view of other kinds' items.
        further_carriers: other item types, beside those, that carry its items.
        further_categories: Sentry's data categories for it, beside those of its item types.
        meant: names that other kinds or the SDK have for a field, and what it is called here.
        instead: what other kinds have and this one has not, with what there must be asked for in its place.
        text: the field that a person would read, empty if there is none.
        sampled_by: the options that sample it: a rate, and a function.
        callback: the option that may change or drop it.
        callback_can_drop: whether what that returns may be nothing.
        noun: what it is called in a sentence. The kind itself where it is empty.
        counts: whether its items count as captured.
        is_pinned: whether the contract has rows of it.
        is_shown_short: whether the short section of a failed test shows it.
    """

    fields: Mapping[str, Field]
    paths: tuple[str, ...]
    known: Mapping[str, KnownValues] = field(default_factory=dict)
    item_types: tuple[ItemType, ...] = ()
    further_carriers: tuple[str, ...] = ()
    further_categories: tuple[str, ...] = ()
    meant: Mapping[str, str] = field(default_factory=dict)
    instead: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    sampled_by: tuple[str, str] | None = None
    callback: str | None = None
    callback_can_drop: bool = True
    noun: str = ""
    counts: Count = "always"
    is_pinned: bool = True
    is_shown_short: bool = False

    @property
    def carriers(self) -> tuple[str, ...]:
        """Sentry's types of the items that carry what is of this kind."""
        return (*(item_type.name for item_type in self.item_types), *self.further_carriers)

    def known_values(self, path: str, *, in_payload: bool) -> KnownValues | None:
        """The values that follow Sentry's documentation: of a criterion, or at a dotted place below it.

        Args:
            path: the place, which begins with the criterion's name.
            in_payload: whether it is a path in ``where``, which begins with an attribute of the payload.
        """
        name, _, below = path.partition(".")
        own = self.fields.get(path)
        if own is not None and (own.is_of_payload or not in_payload):
            return own.known
        place = f"breadcrumbs.values.*.{below}" if name == "breadcrumbs" and not in_payload else path
        parts = place.removesuffix(".value").split(".")  # of an attribute, which is {value, type}
        return next((known for place, known in self.known.items() if _leads_to(place.split("."), parts)), None)


def _leads_to(place: list[str], parts: list[str]) -> bool:
    return len(place) == len(parts) and all(one in ("*", other) for one, other in zip(place, parts, strict=True))


OTHER_ITEM_TYPES: Final = (
    ItemType("user_report", "feedback"),
    ItemType("security", "security", is_json=False),
    ItemType("raw_security", "security", is_json=False),
    ItemType("replay_event", "replay"),
    ItemType("replay_recording", "replay", 10 * MIB, is_json=False),
    ItemType("replay_video", "replay", 10 * MIB, is_json=False),
    ItemType("statsd", "metric_bucket", is_json=False),
    ItemType("metric_buckets", "metric_bucket", is_json=False),
    ItemType("metric_meta", "metric_meta", is_json=False),
)
"""Those that are not a kind of this plugin's."""

"""The form in which the facts of a kind are written down, which stand on the kind's class, and those of item types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final, Literal

KIB: Final = 1024
MIB: Final = 1024 * KIB


class Sort(Enum):
    """Of what sort the value of a field always is, and so what can equal it."""

    ANY = auto()
    TEXT = auto()
    NUMBER = auto()
    TRUTH = auto()
    SEGMENT_STATUS = auto()
    EXCEPTION = auto()
    BREADCRUMBS = auto()
    PATHS = auto()


@dataclass(frozen=True)
class Field:
    """A field of a kind, by which its items can be asked for.

    Attributes:
        sort: of its values.
        is_searched: whether a plain text for it that looks like a regex is meant as one.
        is_section: whether the shortcut reads as empty where the payload has nothing.
        is_derived: whether a section stands elsewhere in the payload than its name says.
        is_of_payload: whether it is the payload's own field, without a shortcut.
    """

    sort: Sort = Sort.ANY
    is_searched: bool = False
    is_section: bool = False
    is_derived: bool = False
    is_of_payload: bool = False


ANY: Final = Field()
TEXT: Final = Field(Sort.TEXT)
SEARCHED_TEXT: Final = Field(Sort.TEXT, is_searched=True)
NUMBER: Final = Field(Sort.NUMBER)
TRUTH: Final = Field(Sort.TRUTH)
SEGMENT_STATUS: Final = Field(Sort.SEGMENT_STATUS)
SECTION: Final = Field(is_section=True)
DERIVED_SECTION: Final = Field(is_section=True, is_derived=True)
EXCEPTION: Final = Field(Sort.EXCEPTION, is_searched=True)
BREADCRUMBS: Final = Field(Sort.BREADCRUMBS, is_section=True)
WHERE: Final = Field(Sort.PATHS)
OF_PAYLOAD: Final = Field(is_of_payload=True)
SEARCHED_TEXT_OF_PAYLOAD: Final = Field(is_of_payload=True, is_searched=True)

OF_EXCHANGE: Final[Mapping[str, Field]] = {
    "status_code": NUMBER,
    "method": TEXT,
    "path": SEARCHED_TEXT,
    "route": TEXT,
}
"""What the items of an exchange are asked for by."""

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
        item_types: Sentry's types for it, the one that is sent first; none where it is a view of other kinds' items.
        further_categories: Sentry's data categories for it, beside those of its item types.
        meant: names that other kinds or the SDK have for a field, and what it is called here.
        instead: what other kinds have and this one has not, with what there is to be asked for in its place.
        text: the field that a person would read; empty where there is none.
        sampled_by: the options that sample it: a rate, and a function.
        callback: the option that may change or drop it.
        callback_can_drop: whether what that returns may be nothing.
        noun: what it is called in a sentence; the kind itself where it is empty.
        counts: whether its items count as captured.
        is_pinned: whether the contract has rows of it.
        is_shown_short: whether the short section of a failed test shows it.
    """

    fields: Mapping[str, Field]
    paths: tuple[str, ...]
    item_types: tuple[ItemType, ...] = ()
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
"""Those that are no kind of this plugin's."""

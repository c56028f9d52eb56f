"""Sentry's size limits (https://develop.sentry.dev/sdk/foundations/transport/envelopes/#size-limits), and our own.

Sizes are in bytes.
"""

from __future__ import annotations

from typing import Final

_KIB: Final = 1024
_MIB: Final = 1024 * _KIB

ENVELOPE: Final = 200 * _MIB
"""An envelope with all its items, after decompression."""

EVENT: Final = _MIB
"""An event; also the whole body of a store request or a security report."""

COMPRESSED_REQUEST: Final = 20 * _MIB
"""https://docs.sentry.io/platforms/python/enriching-events/attachments/"""

SESSIONS: Final = 100
"""Session items in an envelope, and buckets in a ``sessions`` item."""

METRIC: Final = 2 * _KIB
"""Each of the metrics in an item."""

_ATTACHMENT: Final = 100 * _MIB

_ITEMS: Final = {
    "event": EVENT,
    "transaction": EVENT,
    "feedback": EVENT,
    "user_report": EVENT,
    "security": EVENT,
    "raw_security": EVENT,
    "replay_event": EVENT,
    "span": EVENT,
    "log": EVENT,
    "trace_metric": EVENT,
    "statsd": EVENT,
    "metric_buckets": EVENT,
    "metric_meta": EVENT,
    "check_in": 100 * _KIB,
    "client_report": 4 * _KIB,
    "profile": 50 * _MIB,
    "profile_chunk": 50 * _MIB,
    "replay_recording": 10 * _MIB,
    "replay_video": 10 * _MIB,
}

ITEMS_IN_ENVELOPE: Final = 10_000
"""Not Sentry's, who documents none: what a small compressed body can make us store must have an end."""

HEADERS: Final = 64 * _KIB
"""Not Sentry's: the one line of an envelope's or an item's headers, and the head of a request."""

PATH_SHOWN: Final = 200
"""How much of the path of a request that is not complete is recorded."""


def of_item(item_type: str) -> int:
    """The limit for the payload of an item of a type."""
    return _ITEMS.get(item_type, _ATTACHMENT)

"""Sentry's size limits (https://develop.sentry.dev/sdk/foundations/transport/envelopes/#size-limits), and our own.

Sizes are in bytes.
"""

from __future__ import annotations

from typing import Final

from pytest_sentry_capture._recording import KIB, MIB
from pytest_sentry_capture._recording.kinds import ITEM_TYPES

ENVELOPE: Final = 200 * MIB
"""An envelope with all its items, after decompression."""

EVENT: Final = MIB
"""An event. Also the whole body of a store request or a security report."""

COMPRESSED_REQUEST: Final = 20 * MIB
"""https://docs.sentry.io/platforms/python/enriching-events/attachments/"""

SESSIONS: Final = 100
"""Session items in an envelope, and buckets in a ``sessions`` item."""

METRIC: Final = 2 * KIB
"""Each of the metrics in an item."""

ITEMS_IN_ENVELOPE: Final = 10_000
"""Not Sentry's, who documents none: what a small compressed body can make us store must have an end."""

HEADERS: Final = 64 * KIB
"""Not Sentry's: the one line of an envelope's or an item's headers, and the head of a request."""

PATH_SHOWN: Final = 200
"""How much of the path of a request that is not complete is recorded."""


def of_item(item_type: str) -> int:
    """The limit for the payload of an item of a type."""
    return ITEM_TYPES[item_type if item_type in ITEM_TYPES else "attachment"].max_bytes

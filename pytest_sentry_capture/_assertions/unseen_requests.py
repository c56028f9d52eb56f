"""Requests that the SDK saw and this plugin did not: their items have no exchange."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final

from pytest_sentry_capture._recording import Capture, CapturedItem, Discard, Exchange, Recording, mapping_of
from pytest_sentry_capture._recording.kinds import CapturedEvent, CapturedSegment

UNKNOWN_FRAMEWORK: Final = "unknown"

_IDENTIFIER: Final = re.compile(r"[a-z][a-z0-9_]{0,29}")
"""What the SDK's integrations are called."""
_OF_FRAMEWORKS: Final = frozenset(
    ("aws_lambda", "chalice", "gcp", "sanic", "serverless", "starlite", "tornado", "trytond")
)
"""Those that serve requests, of which no adapter tells."""
_OF_ANY_FRAMEWORK: Final = _OF_FRAMEWORKS | {"django"}
"""Also where an adapter does not see all, such as Channels: the SDK's name says only which frameworks are installed."""
_SERVES: Final = ".server"
"""The end of a segment's op, such as ``http.server``."""


def count_unseen_requests(recording: Recording) -> Counter[str]:
    """How many requests were not observed, by their frameworks, as the SDK calls these.

    An event of a thread that an observed request has started is of that request.
    """
    observed = {(exchange.method, exchange.path) for exchange in recording.entries_of(Exchange)}
    requests: dict[tuple[object, ...], Counter[str]] = defaultdict(Counter)
    frameworks: dict[tuple[object, ...], str] = {}
    for item in _reported(recording):
        if (
            item._capture.operation is None
            and item._came_of_request
            and (item.method, item.path) not in observed
            and _is_served(item)
        ):
            request: tuple[object, ...] = (item.trace_id, item.method, item.path)
            requests[request][item.kind] += 1
            frameworks[request] = frameworks.get(request) or _framework(item)
    found: Counter[str] = Counter()
    for request, kinds in requests.items():
        found[frameworks[request] or UNKNOWN_FRAMEWORK] += max(kinds[CapturedSegment.kind], 1)
    return found


def _reported(recording: Recording) -> Iterator[CapturedEvent | CapturedSegment]:
    """The events and segments that were captured, or discarded after they had been built."""
    for entry in recording.entries:
        items: list[CapturedItem] = []
        if isinstance(entry, Capture) and entry.operation is None:
            items = [*entry.items, *CapturedSegment._in_capture(entry)]
        elif isinstance(entry, Discard) and entry.operation is None and entry.payload is not None:
            items = [entry.item]
        yield from (item for item in items if isinstance(item, (CapturedEvent, CapturedSegment)))


def _is_served(item: CapturedEvent | CapturedSegment) -> bool:
    """Whether the application served the request: the SDK traces those that it makes itself too."""
    return isinstance(item, CapturedEvent) or (item.op or "").endswith(_SERVES)


def _framework(item: CapturedEvent | CapturedSegment) -> str:
    """What the SDK calls the framework, empty if the item does not tell it."""
    if isinstance(item, CapturedSegment):
        name = (item.origin or "").removeprefix("auto.http.")
        return name if _IDENTIFIER.fullmatch(name) and name != item.origin else ""
    sdk = mapping_of(item.get("sdk")).get("name")
    name = sdk.removeprefix("sentry.python.") if isinstance(sdk, str) else ""
    if item.mechanism in _OF_ANY_FRAMEWORK:
        return item.mechanism or ""
    return name if name in _OF_FRAMEWORKS else ""

"""The kinds of items, a file a kind: its class has the typed shortcuts, and all that is known of the kind.

A new kind is a file here, and a name in ``Kind`` below. What all items have is in ``entries``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, get_args

from pytest_sentry_capture._recording.entries import CLASS_OF_ITEM_TYPE, CLASS_OF_KIND
from pytest_sentry_capture._recording.facts import OTHER_ITEM_TYPES, Count, ItemType, KindFacts
from pytest_sentry_capture._recording.kinds.attachment import CapturedAttachment
from pytest_sentry_capture._recording.kinds.check_in import CapturedCheckIn
from pytest_sentry_capture._recording.kinds.client_report import CapturedClientReport
from pytest_sentry_capture._recording.kinds.event import CapturedEvent
from pytest_sentry_capture._recording.kinds.feedback import CapturedFeedback
from pytest_sentry_capture._recording.kinds.log import CapturedLog
from pytest_sentry_capture._recording.kinds.metric import CapturedMetric
from pytest_sentry_capture._recording.kinds.profile import CapturedProfile
from pytest_sentry_capture._recording.kinds.segment import CapturedSegment
from pytest_sentry_capture._recording.kinds.session import CapturedSession
from pytest_sentry_capture._recording.kinds.span import CapturedSpan
from pytest_sentry_capture._recording.kinds.transaction import CapturedTransaction

Kind = Literal[
    "event",
    "segment",
    "transaction",
    "span",
    "log",
    "metric",
    "check_in",
    "session",
    "profile",
    "attachment",
    "feedback",
    "client_report",
]

FACTS: Final[Mapping[str, KindFacts]] = {kind: CLASS_OF_KIND[kind]._facts for kind in get_args(Kind)}
"""What is known of each kind."""

ITEM_TYPES: Final[Mapping[str, ItemType]] = {
    item_type.name: item_type
    for item_types in (*(facts.item_types for facts in FACTS.values()), OTHER_ITEM_TYPES)
    for item_type in item_types
}
"""Sentry's item types, by their names."""

KIND_OF_CATEGORY: Final[Mapping[str, str]] = {
    category: kind
    for kind, facts in FACTS.items()
    for category in (*(item_type.category for item_type in facts.item_types), *facts.further_categories)
}
"""The kind of what Sentry counts in a data category."""

__all__ = [
    "CLASS_OF_KIND",
    "FACTS",
    "ITEM_TYPES",
    "KIND_OF_CATEGORY",
    "CapturedAttachment",
    "CapturedCheckIn",
    "CapturedClientReport",
    "CapturedEvent",
    "CapturedFeedback",
    "CapturedLog",
    "CapturedMetric",
    "CapturedProfile",
    "CapturedSegment",
    "CapturedSession",
    "CapturedSpan",
    "CapturedTransaction",
    "Kind",
    "category_of",
    "counts_of",
    "facts_of",
    "item_type_of",
    "kind_of",
]


def facts_of(kind: str) -> KindFacts | None:
    """What is known of a kind, or None for item types that are not a kind."""
    return FACTS.get(kind)


def kind_of(item_type: str) -> str:
    """The kind of the items of a type. The type itself where they are not a kind."""
    item_class = CLASS_OF_ITEM_TYPE.get(item_type)
    return item_class.kind if item_class is not None else item_type


def counts_of(kind: str) -> Count:
    """Whether the items of a kind count as captured. Those of unknown types do."""
    facts = FACTS.get(kind)
    return facts.counts if facts is not None else "always"


def category_of(kind: str) -> str:
    """Sentry's data category for the items of a kind. The kind itself where this plugin does not know it."""
    facts = FACTS.get(kind)
    return facts.item_types[0].category if facts is not None and facts.item_types else kind


def item_type_of(kind: str) -> str:
    """The item type of a kind's items. The kind itself where it has none."""
    facts = FACTS.get(kind)
    return facts.item_types[0].name if facts is not None and facts.item_types else kind

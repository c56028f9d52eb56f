"""Profiles."""

from __future__ import annotations

from typing import ClassVar, Final

from pytest_sentry_capture._public import export
from pytest_sentry_capture._recording.entries import CapturedItem
from pytest_sentry_capture._recording.facts import (
    ID_OF_PAYLOAD,
    MAPPING_OF_PAYLOAD,
    MIB,
    OF_PAYLOAD,
    TEXT_OF_PAYLOAD,
    WHERE,
    ItemType,
    KindFacts,
)

_FIELDS: Final = {
    **dict.fromkeys(("event_id", "profile_id", "profiler_id", "chunk_id"), ID_OF_PAYLOAD),
    **dict.fromkeys(("version", "platform", "environment", "release"), TEXT_OF_PAYLOAD),
    **dict.fromkeys(("timestamp", "transaction"), OF_PAYLOAD),
    "profile": MAPPING_OF_PAYLOAD,
}


class CapturedProfile(CapturedItem):
    """A transaction's profile, or a chunk of a continuous one.

    Payloads: https://develop.sentry.dev/sdk/telemetry/profiles/.
    """

    __slots__ = ()
    kind: ClassVar[str] = "profile"
    _facts: ClassVar[KindFacts] = KindFacts(
        fields={**_FIELDS, "where": WHERE},
        paths=(*_FIELDS, "client_sdk", "device", "measurements", "os", "runtime", "transactions"),
        item_types=(
            ItemType("profile", "profile", 50 * MIB),
            ItemType("profile_chunk", "profile_chunk", 50 * MIB, is_json=False),
        ),
        sampled_by=("profiles_sample_rate", "profiles_sampler"),
        counts="as trace",
        is_pinned=False,
    )


export(CapturedProfile)

"""Profiles."""

from __future__ import annotations

from typing import ClassVar, Final

from pytest_sentry_capture._public import export
from pytest_sentry_capture._recording.entries import CapturedItem
from pytest_sentry_capture._recording.facts import MIB, OF_PAYLOAD, SEARCHED_TEXT_OF_PAYLOAD, WHERE, ItemType, KindFacts

_FIELDS: Final = (
    "event_id", "profile_id", "profiler_id", "chunk_id", "version", "platform", "environment", "release",
    "timestamp", "transaction", "profile",
)  # fmt: skip


class CapturedProfile(CapturedItem):
    """A transaction's profile, or a chunk of a continuous one.

    Payloads: https://develop.sentry.dev/sdk/telemetry/profiles/.
    """

    __slots__ = ()
    kind: ClassVar[str] = "profile"
    _facts: ClassVar[KindFacts] = KindFacts(
        fields={
            **dict.fromkeys(_FIELDS, OF_PAYLOAD),
            **dict.fromkeys(("environment", "release"), SEARCHED_TEXT_OF_PAYLOAD),
            "where": WHERE,
        },
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

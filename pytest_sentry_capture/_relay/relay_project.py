"""Sentry's own engine as the project has configured it: what looks for personal data, and what servers would store."""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_sentry_capture._relay.ingestion import ServerScrubbing
from pytest_sentry_capture._relay.privacy import PiiSearch


@dataclass(frozen=True)
class RelayProject:
    """What a capture needs of Sentry's own engine.

    Attributes:
        search: looks for personal data.
        scrubbing: the project's settings for data scrubbing on Sentry's servers.
    """

    search: PiiSearch = field(default_factory=PiiSearch)
    scrubbing: ServerScrubbing = field(default_factory=ServerScrubbing)

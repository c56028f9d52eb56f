"""The places that Sentry's ingestion stores as they are sent, whatever a project scrubs."""

from __future__ import annotations

from pytest_sentry_capture._recording import Keys


def is_kept_by_ingestion(keys: Keys) -> bool:
    """Whether ingestion exempts a place by its name.

    The header ``User-Agent`` is what it reads the browser from (``DATASCRUBBER_IGNORE`` in ``relay-pii``). It is full
    of versions that look like IP addresses.
    """
    names = tuple(key.lower() for key in keys[:3] if isinstance(key, str))
    return names[:3] == ("request", "headers", "user-agent")

"""The project that a client sends to, from its DSN."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from pytest_sentry_capture._sdk.patching.network import is_loopback


def project_of(options: Mapping[str, Any]) -> str:
    """The project of a client with these options, empty if it has no DSN, none in text, or one of this machine.

    A server on this machine stands in for Sentry, and gives projects as it likes: ``sentry_server`` one to each test.
    """
    dsn = options.get("dsn")
    return _project_in(dsn) if type(dsn) is str else ""


@lru_cache(maxsize=64)
def _project_in(dsn: str) -> str:
    """The number at the end of a DSN (https://develop.sentry.dev/sdk/foundations/transport/authentication/)."""
    try:
        parts = urlsplit(dsn)
        host = parts.hostname or ""
    except ValueError:  # which the SDK refuses too
        return ""
    number = parts.path.rpartition("/")[2]
    return number if number.isdecimal() and not is_loopback(host) else ""

"""The project that a client sends to, from its DSN."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit


def project_of(options: Mapping[str, Any]) -> str:
    """The project of a client with these options; empty where it has no DSN, or none in text."""
    dsn = options.get("dsn")
    return _project_in(dsn) if type(dsn) is str else ""


@lru_cache(maxsize=64)
def _project_in(dsn: str) -> str:
    """The number at the end of a DSN (https://develop.sentry.dev/sdk/foundations/transport/authentication/)."""
    try:
        number = urlsplit(dsn).path.rpartition("/")[2]
    except ValueError:  # which the SDK refuses too
        return ""
    return number if number.isdecimal() else ""

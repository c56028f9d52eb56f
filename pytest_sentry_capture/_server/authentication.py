"""The public keys that a request names, wherever Sentry looks for them."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from pytest_sentry_capture._server.reasons import NotAcceptedError, Reason

_KEY: Final = re.compile(r"(?:^|[,\s])sentry_key\s*=\s*([^,\s]+)")


def key_in_request(headers: Mapping[str, str], query: Mapping[str, str]) -> str | None:
    """The public key in ``X-Sentry-Auth``, ``Authorization`` or the query, or None if there is none.

    Raises:
        NotAcceptedError: there are several that differ.
    """
    key = query.get("sentry_key") or None
    for name in ("x-sentry-auth", "authorization"):
        found = _key_in_header(headers[name]) if name in headers else None
        if found and key and found != key:
            raise NotAcceptedError(Reason.CONTRADICTING_KEYS)
        key = key or found
    return key


def key_and_project_in_envelope(headers: Mapping[str, Any]) -> tuple[str, str] | None:
    """The public key and the project of the DSN in an envelope's headers, or None if there is none.

    Raises:
        NotAcceptedError: it is not a DSN.
    """
    dsn = headers.get("dsn")
    if dsn is None:
        return None
    try:
        parts = urlsplit(dsn if isinstance(dsn, str) else "")
        key, project = parts.username, parts.path.rpartition("/")[2]
    except ValueError:
        key = project = None
    if not key or not project:
        raise NotAcceptedError(Reason.ENVELOPE_DSN)
    return key, project


def _key_in_header(header: str) -> str | None:
    scheme, _, rest = header.partition(" ")
    if scheme.lower() == "sentry":
        match = _KEY.search(rest)
        return match[1] if match is not None else None
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest, validate=True).decode().partition(":")[0]
        except ValueError:
            return None
    return None

"""Sentry's start-up, and the filter that keeps expected client errors from it."""

from __future__ import annotations

from typing import Any, Final

import sentry_sdk
from sentry_sdk.integrations.starlette import StarletteIntegration

from example_app.settings import SentrySettings

EXPECTED_STATUS_CODES: Final = frozenset({401, 403, 404, 422, 429})
"""Answers that say that the client made a mistake, not we."""


def start_sentry(settings: SentrySettings) -> None:
    """Initialise Sentry; without a DSN it stays off.

    The SDK is told to report client errors too, so that one place decides what is noise: ``drop_expected``. It would
    leave most of them out by itself, but not the same way on every path and in every version.
    """
    if settings.dsn is None:
        return
    sentry_sdk.init(
        dsn=settings.dsn,
        environment=settings.environment,
        release=settings.release,
        traces_sample_rate=settings.traces_sample_rate,
        before_send=drop_expected,
        integrations=[StarletteIntegration(failed_request_status_codes={*range(400, 600)})],
    )


def drop_expected(event: Any, hint: dict[str, Any]) -> Any:
    """Sentry's ``before_send``: None for an error whose answer is an expected one."""
    _, error, _ = hint.get("exc_info") or (None, None, None)
    return None if getattr(error, "status_code", None) in EXPECTED_STATUS_CODES else event

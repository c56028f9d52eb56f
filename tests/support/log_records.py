"""Log records that became no events, wherever a test finds them."""

from __future__ import annotations

from pytest_sentry_capture import Discard, SentryCapture


def discarded(sentry_capture: SentryCapture) -> list[Discard]:
    """What the view holds, and the records below the level of events, which it leaves out."""
    return [*below_level(sentry_capture), *sentry_capture.discarded]


def below_level(sentry_capture: SentryCapture) -> list[Discard]:
    """These records, where nothing was captured."""
    try:
        return sentry_capture.assert_discarded(reason="log_level")
    except AssertionError:
        return []

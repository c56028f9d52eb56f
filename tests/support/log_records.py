"""Log records that became no events, wherever a test finds them."""

from __future__ import annotations

from pytest_sentry_capture import Discard, SentryCapture


def discarded(sentry_capture: SentryCapture) -> list[Discard]:
    """What the view holds, and the records below the level of events, which it leaves out. Nothing may be captured."""
    in_view = sentry_capture.discarded
    of_records = [*below_level(sentry_capture), *discarded_for(sentry_capture, "ignored_logger")]
    return [*(each for each in of_records if each not in in_view), *in_view]


def below_level(sentry_capture: SentryCapture) -> list[Discard]:
    """These records, where nothing was captured."""
    return discarded_for(sentry_capture, "log_level")


def discarded_for(sentry_capture: SentryCapture, reason: str) -> list[Discard]:
    """The discards with a reason, where nothing was captured."""
    try:
        return sentry_capture.assert_discarded(reason=reason)
    except AssertionError:
        return []

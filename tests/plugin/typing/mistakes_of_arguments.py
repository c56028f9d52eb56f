"""Mistakes that type checkers find, each on its line. Pyright says of some that no overload fits, and why."""

from __future__ import annotations

import re

from pytest_sentry_capture import RuleViews, SentryCapture, SentryServer


def make_mistakes(sentry_capture: SentryCapture, sentry_server: SentryServer, views: RuleViews) -> None:
    sentry_capture.assert_captured("evnt")  # mistake: no kind
    sentry_capture.assert_count("2", "event")  # mistake: no number
    sentry_server.assert_discarded("event", reason=re.compile("before"))  # mistake: no reason
    views.find("span", description="SELECT 1")  # mistake: the SDK's word for a criterion

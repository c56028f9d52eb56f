"""Mistakes that type checkers find: one on each line that ends in a comment which names it."""

from __future__ import annotations

import re

from pytest_sentry_capture import RuleViews, SentryCapture, SentryInit, SentryServer


def make_mistakes(
    sentry_capture: SentryCapture, sentry_init: SentryInit, sentry_server: SentryServer, views: RuleViews
) -> None:
    sentry_capture.find(exc=1)  # mistake: a criterion that no kind has
    sentry_capture.assert_captured("evnt")  # mistake: no kind
    sentry_init(trace_sample_rate=1.0)  # mistake: no option
    sentry_capture.assert_not_captured("log", message="hello")  # mistake: a criterion of another kind
    sentry_capture.assert_count("2", "event")  # mistake: no number
    with sentry_capture.override(traces_sampel_rate=1.0):  # mistake: no option
        sentry_server.assert_discarded("event", reason=re.compile("before"))  # mistake: no reason
    views.find("span", description="SELECT 1")  # mistake: the SDK's word for a criterion

"""Mistakes that type checkers find: each line that ends in a comment which names it is one error, and no more."""

from __future__ import annotations

from pytest_sentry_capture import RuleViews, SentryCapture, SentryInit, SentryServer


def make_mistakes(
    sentry_capture: SentryCapture, sentry_init: SentryInit, sentry_server: SentryServer, views: RuleViews
) -> None:
    sentry_capture.find(exc=1)  # mistake: a criterion that no kind has
    sentry_init(trace_sample_rate=1.0)  # mistake: no option
    sentry_capture.assert_not_captured("log", message="hello")  # mistake: a criterion of another kind
    with sentry_capture.override(traces_sampel_rate=1.0):  # mistake: no option
        sentry_server.assert_discarded(raeson="before_send")  # mistake: no argument
    views.find(mesage="hello")  # mistake: no criterion
    sentry_capture.segments.name  # mistake: a view is a list
    sentry_capture.assert_captured("check_in").slug  # mistake: no shortcut

"""What a test asks of its recording: views, searches, assertions and waits, and what a failed one says.

Not here: what was seen (``_recording``), what every test of a run is judged by (``_rules``), and pytest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_sentry_capture._lazy import lazy_names

if TYPE_CHECKING:
    from pytest_sentry_capture._assertions.assertions import SentryAssertions as SentryAssertions
    from pytest_sentry_capture._assertions.comparisons import comparison as comparison
    from pytest_sentry_capture._assertions.doubts import Doubts as Doubts
    from pytest_sentry_capture._assertions.doubts import Uncertainty as Uncertainty
    from pytest_sentry_capture._assertions.doubts import UnlikelyValue as UnlikelyValue
    from pytest_sentry_capture._assertions.doubts import items_of_kind as items_of_kind
    from pytest_sentry_capture._assertions.endings import await_endings as await_endings
    from pytest_sentry_capture._assertions.failure_messages import about_view as about_view
    from pytest_sentry_capture._assertions.failure_messages import wrapped as wrapped
    from pytest_sentry_capture._assertions.formatting import Formatter as Formatter
    from pytest_sentry_capture._assertions.formatting import name_of as name_of
    from pytest_sentry_capture._assertions.hints import Evidence as Evidence
    from pytest_sentry_capture._assertions.matching import CRITERIA as CRITERIA
    from pytest_sentry_capture._assertions.matching import Matcher as Matcher
    from pytest_sentry_capture._assertions.matching import exception_names as exception_names
    from pytest_sentry_capture._assertions.sentry_capture import SentryCapture as SentryCapture
    from pytest_sentry_capture._assertions.sentry_capture import SentryInit as SentryInit
    from pytest_sentry_capture._assertions.typed_calls import TypedFind as TypedFind
    from pytest_sentry_capture._assertions.unseen_requests import UNKNOWN_FRAMEWORK as UNKNOWN_FRAMEWORK
    from pytest_sentry_capture._assertions.unseen_requests import count_unseen_requests as count_unseen_requests
    from pytest_sentry_capture._assertions.views import ApplicationViews as ApplicationViews
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "ApplicationViews": "_assertions.views:ApplicationViews",
            "CRITERIA": "_assertions.matching:CRITERIA",
            "Doubts": "_assertions.doubts:Doubts",
            "Evidence": "_assertions.hints:Evidence",
            "Matcher": "_assertions.matching:Matcher",
            "Formatter": "_assertions.formatting:Formatter",
            "SentryAssertions": "_assertions.assertions:SentryAssertions",
            "SentryCapture": "_assertions.sentry_capture:SentryCapture",
            "SentryInit": "_assertions.sentry_capture:SentryInit",
            "TypedFind": "_assertions.typed_calls:TypedFind",
            "UNKNOWN_FRAMEWORK": "_assertions.unseen_requests:UNKNOWN_FRAMEWORK",
            "Uncertainty": "_assertions.doubts:Uncertainty",
            "UnlikelyValue": "_assertions.doubts:UnlikelyValue",
            "about_view": "_assertions.failure_messages:about_view",
            "await_endings": "_assertions.endings:await_endings",
            "comparison": "_assertions.comparisons:comparison",
            "count_unseen_requests": "_assertions.unseen_requests:count_unseen_requests",
            "exception_names": "_assertions.matching:exception_names",
            "items_of_kind": "_assertions.doubts:items_of_kind",
            "name_of": "_assertions.formatting:name_of",
            "wrapped": "_assertions.failure_messages:wrapped",
        },
    )

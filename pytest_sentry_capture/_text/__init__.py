"""Pure functions of text, which know nothing of Sentry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_sentry_capture._lazy import lazy_names

if TYPE_CHECKING:
    from pytest_sentry_capture._text.decoded import readings as readings
    from pytest_sentry_capture._text.documentation import LIMITS as LIMITS
    from pytest_sentry_capture._text.documentation import LIVE_SERVERS as LIVE_SERVERS
    from pytest_sentry_capture._text.documentation import RULES as RULES
    from pytest_sentry_capture._text.documentation import reference as reference
    from pytest_sentry_capture._text.encoded import encoded_bytes as encoded_bytes
    from pytest_sentry_capture._text.encoded import encoded_forms as encoded_forms
    from pytest_sentry_capture._text.encoded import written_forms as written_forms
    from pytest_sentry_capture._text.names import masked_name as masked_name
    from pytest_sentry_capture._text.names import masked_words as masked_words
    from pytest_sentry_capture._text.names import printable as printable
    from pytest_sentry_capture._text.nouns import counted as counted
    from pytest_sentry_capture._text.nouns import plural as plural
    from pytest_sentry_capture._text.nouns import with_article as with_article
    from pytest_sentry_capture._text.suggestions import did_you_mean as did_you_mean
    from pytest_sentry_capture._text.suggestions import edits_between as edits_between
    from pytest_sentry_capture._text.suggestions import listed as listed
    from pytest_sentry_capture._text.suggestions import nearest as nearest
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "LIMITS": "_text.documentation:LIMITS",
            "LIVE_SERVERS": "_text.documentation:LIVE_SERVERS",
            "RULES": "_text.documentation:RULES",
            "counted": "_text.nouns:counted",
            "did_you_mean": "_text.suggestions:did_you_mean",
            "edits_between": "_text.suggestions:edits_between",
            "encoded_bytes": "_text.encoded:encoded_bytes",
            "encoded_forms": "_text.encoded:encoded_forms",
            "listed": "_text.suggestions:listed",
            "masked_name": "_text.names:masked_name",
            "masked_words": "_text.names:masked_words",
            "nearest": "_text.suggestions:nearest",
            "plural": "_text.nouns:plural",
            "printable": "_text.names:printable",
            "readings": "_text.decoded:readings",
            "reference": "_text.documentation:reference",
            "with_article": "_text.nouns:with_article",
            "written_forms": "_text.encoded:written_forms",
        },
    )

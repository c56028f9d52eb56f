"""Pure functions of text, which know nothing of Sentry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_sentry_capture._lazy import lazy_names

if TYPE_CHECKING:
    from pytest_sentry_capture._text.encoded import encoded_forms as encoded_forms
    from pytest_sentry_capture._text.nouns import counted as counted
    from pytest_sentry_capture._text.nouns import plural as plural
    from pytest_sentry_capture._text.nouns import with_article as with_article
    from pytest_sentry_capture._text.suggestions import did_you_mean as did_you_mean
    from pytest_sentry_capture._text.suggestions import edits_between as edits_between
    from pytest_sentry_capture._text.suggestions import nearest as nearest
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "counted": "_text.nouns:counted",
            "did_you_mean": "_text.suggestions:did_you_mean",
            "edits_between": "_text.suggestions:edits_between",
            "encoded_forms": "_text.encoded:encoded_forms",
            "nearest": "_text.suggestions:nearest",
            "plural": "_text.nouns:plural",
            "with_article": "_text.nouns:with_article",
        },
    )

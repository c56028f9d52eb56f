"""Which places of a payload a text with its values must leave out, whatever rules are on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pytest_sentry_capture._recording import CapturedItem, Recording, dotted
from pytest_sentry_capture._rules.built_in.forbidden_data import ForbiddenData
from pytest_sentry_capture._rules.built_in.forbidden_keys import ForbiddenKeys
from pytest_sentry_capture._rules.built_in.forbidden_search import ForbiddenSearch
from pytest_sentry_capture._rules.rule_run import EnforcedRule

_NAMES: Final = (
    "password", "passwd", "pwd", "passphrase", "secret", "token", "api_key", "apikey", "auth", "authorization",
    "credentials", "cookie", "cookies", "session", "sessionid", "sid", "csrf", "csrftoken", "xsrf", "jwt", "bearer",
    "sso", "saml", "private_key", "access_key",
)  # fmt: skip
"""What sentry-sdk takes out by itself: ``sentry_sdk.scrubber`` up to 2, the denylist of ``data_collection`` since 3."""


class SensitivePlaces:
    """Finds what ``forbidden-data`` would, as it is configured and by names that are secret everywhere.

    Args:
        rules: those that are on.
        recording: of the test: its secrets, and the masks that count there.
    """

    def __init__(self, rules: Iterable[EnforcedRule], recording: Recording) -> None:
        configured = [each.rule for each in rules if isinstance(each.rule, ForbiddenData)]
        self._searches = [
            ForbiddenSearch(ForbiddenKeys(_NAMES), (), recording),
            *(ForbiddenSearch(rule._keys, rule._patterns, recording) for rule in configured),
        ]

    def of(self, item: CapturedItem) -> set[str]:
        """The dotted places in an item. An empty one stands for all of it."""
        return {dotted(found.keys) for search in self._searches for found in search.found_in(item, "")}

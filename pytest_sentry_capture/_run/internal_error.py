"""What users are told where the plugin itself has failed."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_sentry_capture._assertions.formatting import redacted, redacting
from pytest_sentry_capture._rules.rule_run import traceback_of


def internal_error_text(error: Exception, secrets: Sequence[str]) -> str:
    """The error with the plugin's own frames, which a report of it needs, and without the test's secrets."""
    lines = ["pytest-sentry-contract itself has failed here. Please report it:", *traceback_of(error, ours=True)]
    with redacting(secrets):
        return redacted("\n".join(lines))

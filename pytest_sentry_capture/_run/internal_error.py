"""The message for users where the plugin itself has failed."""

from __future__ import annotations

from pytest_sentry_capture._assertions import Formatter
from pytest_sentry_capture._rules import traceback_of


def internal_error_text(formatter: Formatter, error: Exception) -> str:
    """The error with the plugin's own frames, which a report of it needs."""
    lines = ["Internal error in pytest-sentry-contract. Please report it:", *traceback_of(error, ours=True)]
    return formatter.redacted("\n".join(lines))

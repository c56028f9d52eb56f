"""What users are told where the plugin itself has failed."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_sentry_capture.rules.judging import traceback_of
from pytest_sentry_capture.wording import withheld, withholding


def told(error: Exception, secrets: Sequence[str]) -> str:
    """The error with the plugin's own frames, which a report of it needs, and without the test's secrets."""
    lines = ["pytest-sentry-contract itself has failed here. Please report it:", *traceback_of(error, ours=True)]
    with withholding(secrets):
        return withheld("\n".join(lines))

"""Why a run in which Sentry was never on proves nothing, in words for users."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

_WITHOUT_CLIENT: Final = "No Sentry client was active in this run, so nothing could be captured."
_DSN: Final = "SENTRY_DSN"
"""The environment variable in which the SDK looks for a DSN."""


def without_client(hints: Sequence[str], *, is_imported: bool) -> str:
    """One line: that no client was active, and the likely cause.

    Args:
        hints: what the adapters of frameworks know.
        is_imported: whether the SDK was imported in any process of the run.
    """
    return f"{_WITHOUT_CLIENT} Likely cause: {_likely_cause(hints, is_imported=is_imported)}"


def _likely_cause(hints: Sequence[str], *, is_imported: bool) -> str:
    if not is_imported:
        return "sentry_sdk was never imported."
    if hints:
        return f"{hints[0][0].lower()}{hints[0][1:]}"
    is_set = "" if _DSN in os.environ else ", which is not set"
    return f"sentry_sdk.init() was never called. It may depend on a test flag or on {_DSN}{is_set}."

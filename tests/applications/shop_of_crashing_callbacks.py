"""Callbacks that crash, and a report that meets one of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sentry_sdk

DSN = "https://key@sentry.invalid/1"


def crash(*args: object) -> Any:
    raise KeyError("oops")


def crash_too(*args: object) -> Any:
    raise ValueError("crashed too")


def report(before_send: Callable[..., Any] = crash) -> None:
    sentry_sdk.init(dsn=DSN, before_send=before_send)
    sentry_sdk.capture_message("hello")


waived = pytest.mark.sentry_allow("no-callback-errors", reason="it crashes on purpose")

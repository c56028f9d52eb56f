"""What an assertion about transactions says must be written where there are none."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from inspect import isawaitable
from typing import Any, Final

import pytest
from dirty_equals import IsStr

from pytest_sentry_capture import SentryCapture

IMPORTED: Final[dict[str, Any]] = {"re": re, "IsStr": IsStr}
"""The names that a test module has in which a suggestion is pasted."""


def suggestion(sentry_capture: SentryCapture, call: str, **arguments: Any) -> tuple[str, list[str]]:
    """What an assertion about transactions says must be written, and its hints."""
    positional = [value for name, value in arguments.items() if name == "n"]
    given = {name: value for name, value in arguments.items() if name != "n"}
    with pytest.raises(AssertionError) as caught:
        asyncio.run(_finished(lambda: getattr(sentry_capture, call)(*positional, "transaction", **given)))
    _, _, rest = str(caught.value).partition("Use segments instead:\n  ")
    written, *hints = rest.split("\n\nHint: ")
    return written, [" ".join(hint.split("\n")) for hint in hints]


async def _finished(call: Callable[[], object]) -> None:
    """Call it, and wait for what must be awaited."""
    asked = call()
    if isawaitable(asked):
        await asked

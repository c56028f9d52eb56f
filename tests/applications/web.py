"""What the applications of all web frameworks have in common."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import sentry_sdk

from any_sdk import logging_to_events


class Answer(NamedTuple):
    """What a client sees. The body of one that breaks off is None."""

    status: int
    body: str | None


class NotHereError(Exception):
    """What there is nothing of, where a framework has no word for it."""


def crash(number: int) -> str:
    return str(number // 0)


answered, may_crash = threading.Event(), threading.Event()


def crash_late() -> None:
    """Crash when the client has its whole answer, and a test says so."""
    answered.set()
    may_crash.wait(60)
    crash(1)


def hide_not_found(event: Any, hint: Any) -> Any:
    error = hint["exc_info"][1] if "exc_info" in hint else None
    is_missing = isinstance(error, NotHereError) or 404 in (
        getattr(error, "code", None),
        getattr(error, "status", None),
    )
    return None if is_missing else event


def act(what: str, *about: str) -> int:
    """What applications without a framework do for a path, except for the body: the status of the answer."""
    if what == "crash":
        crash(*map(int, about))
    if what in _REPORTED:
        raised, status = _REPORTED[what]
        try:
            raised()
        except Exception as error:
            sentry_sdk.capture_exception(error)
        return status
    if what == "logged":
        logging.getLogger("shop").error("payment %s failed", 17)
    if what == "tagged":
        sentry_sdk.set_tag("name", about[0])
        sentry_sdk.capture_message(f"hello {about[0]}")
    if what == "plain":
        sentry_sdk.capture_message("plain")
    return 503 if what == "silent" else 200


def _miss() -> None:
    raise NotHereError


_REPORTED: dict[str, tuple[Callable[[], object], int]] = {"handled": (lambda: crash(1), 500), "missing": (_miss, 404)}


def init() -> None:
    sentry_sdk.init(
        dsn="https://key@sentry.invalid/1", before_send=hide_not_found, integrations=logging_to_events(), release="r1"
    )

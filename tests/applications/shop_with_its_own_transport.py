"""A shop that keeps what it sends, so that its tests need no fixture to see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import sentry_sdk
from sentry_sdk.transport import Transport

import any_sdk

if TYPE_CHECKING:
    from sentry_sdk.envelope import Envelope
    from sentry_sdk.types import Event, Hint

kept: list[str | None] = []


class Kept(Transport):
    """Keeps what it is given."""

    def capture_envelope(self, envelope: Envelope) -> None:
        kept.extend(item.type for item in envelope.items)

    def flush(self, timeout: float, callback: Callable[[int, float], None] | None = None) -> None:
        """There is nothing to wait for."""


def before_send(event: Event, hint: Hint) -> Event | None:
    return None if isinstance(hint.get("exc_info", (None, None))[1], KeyError) else event


sentry_sdk.init(
    dsn="https://key@sentry.invalid/1",
    transport=Kept,
    before_send=before_send,
    traces_sample_rate=1.0,
    integrations=any_sdk.logging_to_events(),
    **any_sdk.logs_enabled(),
)


class ClosedError(Exception):
    """The shop's own exception."""


def sent() -> list[Any]:
    """Sent items since the last time."""
    sentry_sdk.flush()
    before, kept[:] = sorted(map(str, kept)), []
    return before


def pay(amount: float) -> float | None:
    try:
        return 100 / amount
    except ZeroDivisionError:
        sentry_sdk.capture_exception()
        return None


def order(article: str) -> int | None:
    try:
        return {"tea": 1}[article]
    except KeyError as error:
        sentry_sdk.capture_exception(error)
        return None


def log() -> None:
    sentry_sdk.logger.info("paid {amount}", amount=12)


def leak() -> None:
    sentry_sdk.set_tag("shop", "north")
    with any_sdk.new_scope() as scope:
        scope.set_extra("passport", "123456789")
        sentry_sdk.capture_message("hello")


def report() -> None:
    with any_sdk.segment("report"), any_sdk.span("rows"):
        pass

"""What users write around the assertions, in which type checkers find nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from dirty_equals import IsPartialDict, IsPositiveInt, IsStr

from pytest_sentry_capture import (
    CapturedEvent,
    CapturedItem,
    CapturedLog,
    Discard,
    Kind,
    SentryAssertions,
    SentryCapture,
    SentryInit,
    SentryServer,
)


def assert_one(capture: SentryAssertions, kind: Kind, **criteria: Any) -> CapturedItem:
    """Any kind, with whatever criteria."""
    with capture.expect_nothing(kind, **criteria), capture.expect(kind=kind, **criteria) as expected:
        pass
    capture.assert_captured(kind, **criteria)
    capture.assert_count(1, kind, **criteria)
    capture.assert_not_captured(kind, **criteria)
    capture.assert_discarded(kind, reason="before_send", by="shop.drop", **criteria)
    return expected.item


def found(capture: SentryAssertions, kind: Kind, **criteria: Any) -> Sequence[CapturedItem]:
    """A list of items of a kind that is not known before."""
    return capture.find(kind, **criteria)


async def reported(capture: SentryCapture, **criteria: Any) -> None:
    """Events, with whatever criteria."""
    capture.assert_captured(**criteria)
    await capture.await_for(timeout=1, **criteria)


def logs(server: SentryServer, options: dict[str, Any]) -> list[CapturedLog]:
    """Criteria that are kept in a dictionary."""
    return server.wait_for("log", **options)


def use(capture: SentryCapture, init: SentryInit, options: dict[str, Any]) -> tuple[CapturedEvent, list[Discard]]:
    """Values of all sorts."""
    client = init(traces_sample_rate=1.0, **options)
    assert client.is_active()
    with capture.override(release="2"):
        assert_one(capture, "metric", value=range(3), where={"attributes.shop.value": "north"})
    event = capture.assert_captured(
        exception=ZeroDivisionError,
        level=IsStr(regex="error|fatal"),
        message=re.compile("division"),
        status_code=IsPositiveInt(),
        tags=IsPartialDict(shop="north"),
        user=lambda user: "email" not in user,
    )
    return event, capture.assert_discarded("segment", name="nightly", reason="sample_rate")

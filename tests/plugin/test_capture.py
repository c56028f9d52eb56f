"""The assertions of ``SentryCapture``: what each accepts, what each refuses. The texts are in the gallery."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import sentry_sdk

from any_sdk import holder_of_sessions, logs_enabled, segment
from pytest_sentry_capture import SentryCapture, SentryInit

DSN = "https://key@sentry.invalid/1"


def drop(event: Any, hint: Any) -> None:
    return None


class Filter:
    def method(self, event: Any, hint: Any) -> None:
        return None

    def __call__(self, event: Any, hint: Any) -> None:
        return None


def expect_nothing(capture: SentryCapture) -> None:
    with capture.expect_nothing(level="error"):
        pass


ABSENCE: dict[str, Callable[[SentryCapture], object]] = {
    "assert_not_captured": lambda capture: capture.assert_not_captured(level="error"),
    "assert_not_captured a kind": lambda capture: capture.assert_not_captured("segment"),
    "assert_nothing_captured": lambda capture: capture.assert_nothing_captured(),
    "assert_nothing_captured with traces": lambda capture: capture.assert_nothing_captured(traces=True),
    "expect_nothing": expect_nothing,
    "assert_count 0": lambda capture: capture.assert_count(0),
}


@pytest.mark.parametrize("assertion", ABSENCE.values(), ids=ABSENCE)
def test_absence_is_never_vacuous(
    assertion: Callable[[SentryCapture], object], sentry_capture: SentryCapture, sentry_init: SentryInit
) -> None:
    with pytest.raises(AssertionError, match="No Sentry client was active during this test"):
        assertion(sentry_capture)
    sentry_capture.assert_inactive()

    sentry_init(dsn=DSN)

    assertion(sentry_capture)
    with pytest.raises(AssertionError, match="Expected no active Sentry client"):
        sentry_capture.assert_inactive()


@pytest.mark.parametrize("assertion", ABSENCE.values(), ids=ABSENCE)
def test_a_client_that_has_been_closed_meanwhile_was_active(
    assertion: Callable[[SentryCapture], object], sentry_capture: SentryCapture, sentry_init: SentryInit
) -> None:
    sentry_init(dsn=DSN).close()

    assertion(sentry_capture)


def test_nothing_captured_counts_traces_only_when_asked(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN, traces_sample_rate=1.0, release="shop@1")
    holder = holder_of_sessions()
    holder.start_session()
    with segment("nightly"):
        pass
    holder.end_session()

    sentry_capture.assert_nothing_captured()
    with pytest.raises(AssertionError, match="Expected nothing to be captured; found 1") as failure:
        sentry_capture.assert_nothing_captured(traces=True)
    assert "1. segment 'nightly'" in str(failure.value)


KINDS_THAT_COUNT: dict[str, Callable[[], object]] = {
    "event": lambda: sentry_sdk.capture_message("hello"),
    "check_in": lambda: sentry_sdk.crons.capture_checkin("nightly", status="ok"),
    "log": lambda: sentry_sdk.logger.info("hello"),
    "metric": lambda: sentry_sdk.metrics.count("orders", 1),
}


@pytest.mark.parametrize(
    "kind",
    [
        "event",
        "check_in",
        pytest.param("log", marks=pytest.mark.needs("logs")),
        pytest.param("metric", marks=pytest.mark.needs("metrics")),
    ],
)
def test_nothing_captured_counts(kind: str, sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN, **logs_enabled())
    KINDS_THAT_COUNT[kind]()

    with pytest.raises(AssertionError, match="found 1"):
        sentry_capture.assert_nothing_captured()


METHOD = Filter().method
CALLABLE = Filter()
PARTIAL = partial(drop)


@pytest.mark.parametrize(
    ("before_send", "by"),
    [
        (drop, drop),
        (drop, "drop"),
        (drop, f"{__name__}.drop"),
        (METHOD, METHOD),
        (METHOD, "Filter.method"),
        (CALLABLE, CALLABLE),
        (PARTIAL, PARTIAL),
        (PARTIAL, drop),
    ],
)
def test_who_discarded_is_given_by_callable_or_name(
    before_send: Any, by: Any, sentry_capture: SentryCapture, sentry_init: SentryInit
) -> None:
    sentry_init(dsn=DSN, before_send=before_send)
    sentry_sdk.capture_message("hello")

    [discard] = sentry_capture.assert_discarded(by=by, reason="before_send", message="hello")

    assert discard.by is not None
    assert discard.by.file == __file__
    with pytest.raises(AssertionError, match="found no such discard"):
        sentry_capture.assert_discarded(by="rop")
    with pytest.raises(AssertionError, match="found no such discard"):
        sentry_capture.assert_discarded(by=test_who_discarded_is_given_by_callable_or_name)


def test_without_a_client_only_its_absence_is_a_reason(sentry_capture: SentryCapture) -> None:
    sentry_sdk.capture_message("hello")

    assert len(sentry_capture.assert_discarded(reason="no_client", message="hello")) == 1
    with pytest.raises(AssertionError, match="no client was active, so this proves nothing"):
        sentry_capture.assert_discarded(message="hello")


def test_discarded_means_none_captured(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN, before_send=drop)
    sentry_sdk.capture_message("hello")
    sentry_init(dsn=DSN)
    sentry_sdk.capture_message("hello", level="error")

    assert len(sentry_capture.assert_discarded(level="info")) == 1
    with pytest.raises(AssertionError, match="1 event captured"):
        sentry_capture.assert_discarded(message="hello")


def test_a_block_expects_exactly_one_new_item(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN)
    sentry_sdk.capture_message("hello")

    with sentry_capture.expect(message="hello") as expected:
        with pytest.raises(LookupError, match="after the expect block, not inside it"):
            expected.item
        sentry_sdk.capture_message("other")
        sentry_sdk.capture_message("hello", level="error")

    assert expected.item.level == "error"
    assert expected.item is sentry_capture.events[-1]
    with pytest.raises(AssertionError, match="inside the block; found none"), sentry_capture.expect(message="hello"):
        sentry_sdk.capture_message("other")


def test_a_block_judges_what_is_new_after_clearing(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN)
    sentry_sdk.capture_message("hello")

    with sentry_capture.expect(message="hello"):
        sentry_capture.clear()
        sentry_sdk.capture_message("hello")


@pytest.mark.parametrize("block", ["expect", "expect_nothing"])
def test_an_exception_that_leaves_a_block_is_raised_on(
    block: str, sentry_capture: SentryCapture, sentry_init: SentryInit
) -> None:
    sentry_init(dsn=DSN)

    with pytest.raises(KeyError, match="mine"), getattr(sentry_capture, block)():
        raise KeyError("mine")


def test_views_are_new_lists_of_the_same_items(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN)
    sentry_sdk.capture_message("hello")

    sentry_capture.events.clear()
    sentry_capture.items.clear()

    assert [event.message for event in sentry_capture.events] == ["hello"]
    assert sentry_capture.events[0] is sentry_capture.items[0]


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [("", ValueError, "can't be empty"), (7, TypeError, "a secret must be a string, not int")],
)
def test_a_secret_is_a_text(value: Any, error: type[Exception], message: str, sentry_capture: SentryCapture) -> None:
    with pytest.raises(error, match=message):
        sentry_capture.secret(value)


@pytest.mark.sentry_allow("forbidden-data", reason="what is captured here is what messages must not show")
def test_no_message_shows_a_secret(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN)
    secret = 'it\'s "hunter2"\nof ünder'
    sentry_capture.secret(secret)
    sentry_capture.secret("hunter2")
    sentry_sdk.set_tag("password", secret)
    sentry_sdk.capture_message(f"signed in with {secret}")

    messages = []
    for fails in (
        lambda: sentry_capture.assert_captured(message=secret, tags={"password": f"{secret}!"}),
        sentry_capture.assert_not_captured,
        sentry_capture.assert_nothing_captured,
        lambda: sentry_capture.assert_discarded(message=f"signed in with {secret}"),
        lambda: sentry_capture.wait_for(message=secret, timeout=0),
    ):
        with pytest.raises(AssertionError) as failure:
            fails()
        messages.append(str(failure.value))

    assert not any("hunter2" in message or "ünder" in message for message in messages)
    assert all("[secret]" in message for message in messages)

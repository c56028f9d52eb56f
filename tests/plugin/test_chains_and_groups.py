"""Chains and groups of exceptions: what messages call them, and what asks for the message of one of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
import sentry_sdk

from pytest_sentry_capture import SentryCapture, SentryInit

if sys.version_info < (3, 11):
    from exceptiongroup import ExceptionGroup


class NotFound(Exception):  # noqa: N818
    pass


class ToolError(Exception):
    pass


def chained(*, suppressed: bool = False) -> Exception:
    try:
        try:
            raise NotFound("group 7")
        except NotFound as error:
            if suppressed:
                raise ToolError("tool failed") from None
            raise ToolError("tool failed") from error
    except ToolError as error:
        return error


def in_context() -> Exception:
    try:
        try:
            raise NotFound("group 7")
        except NotFound:
            raise ToolError("tool failed")  # noqa: B904
    except ToolError as error:
        return error


def group(*members: Exception) -> Exception:
    return ExceptionGroup("unhandled errors", [*members])


def from_error(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.fixture
def report(sentry_init: SentryInit) -> Callable[[Exception], Any]:
    client: Any = sentry_init(ignore_errors=[])

    def capture(error: Exception) -> Any:
        return sentry_sdk.capture_exception(error)

    assert client is not None
    return capture


def message_of(call: Callable[[], object]) -> str:
    with pytest.raises(AssertionError) as raised:
        call()
    return str(raised.value)


CHAINS = [
    pytest.param(chained, "ToolError from NotFound 'tool failed'", id="cause"),
    pytest.param(in_context, "ToolError from NotFound 'tool failed'", id="context"),
    pytest.param(lambda: chained(suppressed=True), "ToolError 'tool failed'", id="suppressed"),
    pytest.param(lambda: NotFound("group 7"), "NotFound 'group 7'", id="one"),
]
GROUPS = [
    pytest.param(
        lambda: group(NotFound("a"), KeyError("b")),
        "ExceptionGroup (NotFound, KeyError) 'unhandled errors'",
        id="group",
    ),
    pytest.param(
        lambda: group(NotFound("a"), group(KeyError("b"), ValueError("c"))),
        "ExceptionGroup (NotFound, ExceptionGroup (KeyError, ValueError)) 'unhandled errors'",
        id="group in a group",
    ),
    pytest.param(
        lambda: group(chained(), KeyError("b")),
        "ExceptionGroup (ToolError from NotFound, KeyError) 'unhandled errors'",
        id="chain in a group",
    ),
    pytest.param(  # of whose members sentry-sdk 2 sends nothing
        lambda: from_error(ToolError("tool failed"), group(NotFound("a"), KeyError("b"))),
        "ToolError from ExceptionGroup (NotFound, KeyError) 'tool failed'",
        id="group as a cause",
    ),
]


@pytest.mark.parametrize(("make", "words"), CHAINS)
def test_chains_are_named(
    report: Callable[[Exception], Any], sentry_capture: SentryCapture, make: Callable[[], Exception], words: str
) -> None:
    report(make())

    assert f"1. error {words}" in message_of(sentry_capture.assert_nothing_captured)
    assert f"1. error {words}" in message_of(lambda: sentry_capture.assert_not_captured(level="error"))


@pytest.mark.parametrize(("make", "words"), GROUPS)
def test_groups_are_named(
    report: Callable[[Exception], Any], sentry_capture: SentryCapture, make: Callable[[], Exception], words: str
) -> None:
    report(make())

    assert f"1. error {words}" in " ".join(message_of(sentry_capture.assert_nothing_captured).split())


def test_a_mismatch_names_the_chain(report: Callable[[Exception], Any], sentry_capture: SentryCapture) -> None:
    report(chained())

    message = message_of(lambda: sentry_capture.assert_captured(exception=KeyError))

    assert f"exception: expected KeyError, found {__name__}.ToolError from {__name__}.NotFound" in message


def test_the_message_of_one_exception(report: Callable[[Exception], Any], sentry_capture: SentryCapture) -> None:
    report(chained())

    event = sentry_capture.assert_captured(exception_message="group 7")
    sentry_capture.assert_captured(exception=NotFound, exception_message="group 7")
    sentry_capture.assert_captured(exception="ToolError", exception_message="tool failed")
    assert event.exception_message == ["tool failed", "group 7"]
    assert sentry_capture.find(exception=ToolError, exception_message="group 7") == []
    assert sentry_capture.find(exception="NotFound", exception_message="tool failed") == []
    message = message_of(lambda: sentry_capture.assert_captured(exception_message="group 8"))
    assert "exception_message: expected 'group 8', found ['tool failed', 'group 7']" in message


@pytest.mark.parametrize("asked", [7, {"a": 1}, ToolError])
def test_what_can_be_no_message(sentry_init: SentryInit, sentry_capture: SentryCapture, asked: Any) -> None:
    sentry_init()

    with pytest.raises(TypeError):
        sentry_capture.find(exception_message=asked)


@pytest.mark.parametrize("entry", [NotFound, "NotFound", f"{__name__}.NotFound"])
def test_ignore_errors_has_seen_the_outermost(
    sentry_init: SentryInit, sentry_capture: SentryCapture, entry: Any
) -> None:
    client: Any = sentry_init(ignore_errors=[entry])
    assert client.options["ignore_errors"] == [entry]
    sentry_sdk.capture_exception(chained())

    for call in (
        lambda: sentry_capture.assert_not_captured(exception=NotFound),
        sentry_capture.assert_nothing_captured,
        lambda: sentry_capture.assert_discarded(exception=NotFound, reason="ignore_errors"),
    ):
        text = " ".join(message_of(call).split())
        assert "Hint: ignore_errors checks only the outermost exception, which is ToolError" in text


def test_a_filter_has_seen_the_outermost(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    def drop_expected(event: Any, hint: Any) -> Any:
        return None if isinstance(hint["exc_info"][1], NotFound) else event

    sentry_init(before_send=drop_expected)
    sentry_sdk.capture_exception(chained())
    text = " ".join(message_of(lambda: sentry_capture.assert_not_captured(exception=NotFound)).split())
    assert "drop_expected (" in text
    assert ") was given ToolError in hint['exc_info']: the outermost exception." in text

    sentry_sdk.capture_exception(NotFound("alone"))
    sentry_capture.assert_discarded(reason="before_send", message="alone")


def test_without_a_chain_there_is_no_hint(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    sentry_init(before_send=lambda event, hint: event, ignore_errors=[KeyError])
    sentry_sdk.capture_exception(NotFound("alone"))

    assert "outermost" not in message_of(lambda: sentry_capture.assert_not_captured(exception=NotFound))

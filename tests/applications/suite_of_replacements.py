"""A suite whose tests put something in place of the SDK's functions, each in another way, and ask what is absent.

Tests find the SDK in its several versions: ``HOLDER`` is what captures go through, a scope or the hub of 1.x.
"""

from __future__ import annotations

import sys
import unittest
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from operator import attrgetter
from typing import Any
from unittest import mock

import pytest
import sentry_sdk
import sentry_sdk.api
from sentry_sdk.transport import HttpTransport, Transport

import any_sdk
from pytest_sentry_capture import SentryCapture, SentryCaptureMixin

DSN = "https://key@sentry.invalid/1"
SDK: Any = sentry_sdk
HOLDER: Any = sentry_sdk.Scope if hasattr(sentry_sdk, "get_client") else SDK.Hub
CAPTURE_EVENT = "capture_event"
Block = Callable[[pytest.MonkeyPatch], AbstractContextManager[object]]


@pytest.fixture(autouse=True)
def sdk() -> None:
    sentry_sdk.init(DSN)


def fake(*_: object, **__: object) -> None:
    """Captures nothing."""


@contextmanager
def patched(monkeypatch: pytest.MonkeyPatch, target: Callable[[], Any], name: str) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(target(), name, fake)
        yield


@contextmanager
def patched_by_name(monkeypatch: pytest.MonkeyPatch, name: str) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(name, fake)
        yield


@contextmanager
def assigned(_: pytest.MonkeyPatch, target: Callable[[], Any], name: str) -> Iterator[None]:
    owner = target()
    before = vars(owner).get(name)
    setattr(owner, name, fake)
    yield
    if before is None:
        delattr(owner, name)
    else:
        setattr(owner, name, before)


@contextmanager
def nested(_: pytest.MonkeyPatch) -> Iterator[None]:
    """The outer one hides what the inner one, which only spies, passes on to it."""
    with mock.patch("sentry_sdk.capture_message") as outer, mock.patch("sentry_sdk.capture_message", wraps=outer):
        yield


@contextmanager
def spy_that_is_told_to_return(_: pytest.MonkeyPatch) -> Iterator[None]:
    with mock.patch("sentry_sdk.capture_message", wraps=sentry_sdk.capture_message) as spy:
        spy.return_value = None
        yield


@contextmanager
def mock_that_is_told_to_call(_: pytest.MonkeyPatch) -> Iterator[None]:
    original = sentry_sdk.capture_message
    with mock.patch("sentry_sdk.capture_message") as spy:
        spy.side_effect = original
        yield


def mocked(name: str, **options: Any) -> Block:
    return lambda _: mock.patch(name, **options)


def mocked_on(target: Callable[[], Any], name: str, **options: Any) -> Block:
    return lambda _: mock.patch.object(target(), name, **options)


WAYS: dict[str, tuple[Block, str, str]] = {
    "mock.patch": (mocked("sentry_sdk.capture_message"), "sentry_sdk.capture_message", "a MagicMock"),
    "of the api": (mocked("sentry_sdk.api.capture_message"), "sentry_sdk.api.capture_message", "a MagicMock"),
    "autospec": (mocked("sentry_sdk.capture_message", autospec=True), "sentry_sdk.capture_message", "a MagicMock"),
    "a Mock": (mocked("sentry_sdk.capture_message", new_callable=mock.Mock), "sentry_sdk.capture_message", "a Mock"),
    "an AsyncMock": (
        mocked("sentry_sdk.capture_message", new_callable=mock.AsyncMock),
        "sentry_sdk.capture_message",
        "an AsyncMock",
    ),
    "side_effect": (
        mocked("sentry_sdk.capture_message", side_effect=fake),
        "sentry_sdk.capture_message",
        "a MagicMock",
    ),
    "monkeypatch": (
        partial(patched_by_name, name="sentry_sdk.capture_message"),
        "sentry_sdk.capture_message",
        "test_replacements.fake",
    ),
    "assignment": (
        partial(assigned, target=lambda: sentry_sdk, name="capture_message"),
        "sentry_sdk.capture_message",
        "test_replacements.fake",
    ),
    "nested": (nested, "sentry_sdk.capture_message", "a MagicMock"),
    "a spy that is told to return": (spy_that_is_told_to_return, "sentry_sdk.capture_message", "a MagicMock"),
    "of a scope or hub": (
        mocked_on(lambda: HOLDER, "capture_message"),
        f"sentry_sdk.{HOLDER.__name__}.capture_message",
        "a MagicMock",
    ),
    "of a scope or hub, autospec": (
        mocked_on(lambda: HOLDER, "capture_message", autospec=True),
        f"sentry_sdk.{HOLDER.__name__}.capture_message",
        "a MagicMock",
    ),
    "of all clients": (
        mocked_on(any_sdk.kind_of_clients, CAPTURE_EVENT),
        "sentry_sdk.Client.capture_event",
        "a MagicMock",
    ),
    "of all clients, monkeypatch": (
        partial(patched, target=any_sdk.kind_of_clients, name=CAPTURE_EVENT),
        "sentry_sdk.Client.capture_event",
        "test_replacements.fake",
    ),
    "of a client": (mocked_on(any_sdk.client, CAPTURE_EVENT), "capture_event of a client", "a MagicMock"),
    "of a client, autospec": (
        mocked_on(any_sdk.client, CAPTURE_EVENT, autospec=True),
        "capture_event of a client",
        "a MagicMock",
    ),
    "of a client, monkeypatch": (
        partial(patched, target=any_sdk.client, name=CAPTURE_EVENT),
        "capture_event of a client",
        "test_replacements.fake",
    ),
    "of a client, assignment": (
        partial(assigned, target=any_sdk.client, name=CAPTURE_EVENT),
        "capture_event of a client",
        "test_replacements.fake",
    ),
}
"""How something is put there, what it replaces, and what it is called."""


def say(way: str) -> None:
    """Capture something by what is replaced in one of these ways."""
    module: Any = sentry_sdk.api if way == "of the api" else sentry_sdk
    result = module.capture_message("hello")
    if way == "an AsyncMock":
        result.close()


def expect_nothing(capture: SentryCapture) -> None:
    with capture.expect_nothing():
        pass


ABSENCES: dict[str, Callable[[SentryCapture], object]] = {
    "assert_nothing_captured": SentryCapture.assert_nothing_captured,
    "assert_nothing_captured(traces=True)": lambda capture: capture.assert_nothing_captured(traces=True),
    "assert_not_captured": lambda capture: capture.assert_not_captured(message="hello"),
    "assert_not_captured(log)": lambda capture: capture.assert_not_captured("log"),
    "assert_count": lambda capture: capture.assert_count(0),
    "expect_nothing": expect_nothing,
    "find": lambda capture: capture.find(level="fatal"),
    **{
        view: attrgetter(view)
        for view in (
            *("events", "segments", "spans", "logs", "metrics", "check_ins", "sessions", "profiles", "attachments"),
            *("feedback", "client_reports", "envelopes", "items", "discarded", "callback_errors", "sdk_errors"),
        )
    },
}


@pytest.mark.parametrize("absence", ABSENCES)
@pytest.mark.parametrize("way", WAYS)
def test_absences_fail(way: str, absence: str, sentry_capture: SentryCapture, monkeypatch: pytest.MonkeyPatch) -> None:
    block, replaced, by = WAYS[way]

    with block(monkeypatch):
        say(way)

    with pytest.raises(AssertionError, match="cannot be determined") as failure:
        ABSENCES[absence](sentry_capture)
    message = " ".join(str(failure.value).split())
    assert f"{replaced} was replaced by {by}" in message
    assert "test_replacements.py:" in message


@pytest.mark.parametrize("way", WAYS)
def test_a_discard_proves_no_absence(way: str, sentry_capture: SentryCapture, monkeypatch: pytest.MonkeyPatch) -> None:
    block, replaced, _ = WAYS[way]
    with sentry_capture.override(before_send=lambda event, hint: None):
        sentry_sdk.capture_message("dropped")

    with block(monkeypatch):
        say(way)

    with pytest.raises(AssertionError, match="discarded and not captured, but the latter cannot be determined") as it:
        sentry_capture.assert_discarded(message="dropped")
    assert replaced in " ".join(str(it.value).split())


@pytest.mark.parametrize("way", WAYS)
def test_what_was_captured_is_found(way: str, sentry_capture: SentryCapture, monkeypatch: pytest.MonkeyPatch) -> None:
    with WAYS[way][0](monkeypatch):
        pass
    sentry_sdk.capture_message("hello")

    sentry_capture.assert_captured(message="hello")
    assert len(sentry_capture.events) == 1
    with pytest.raises(AssertionError, match="found 1"):
        sentry_capture.assert_not_captured(message="hello")


@pytest.mark.parametrize("way", WAYS)
def test_what_is_missing_has_a_hint(way: str, sentry_capture: SentryCapture, monkeypatch: pytest.MonkeyPatch) -> None:
    block, replaced, _ = WAYS[way]
    with block(monkeypatch):
        say(way)

    with pytest.raises(AssertionError, match="found none") as failure:
        sentry_capture.assert_captured(message="hello")
    assert f"Hint: {replaced} was replaced by" in " ".join(str(failure.value).split())


def test_nothing_is_left_for_the_next_test(sentry_capture: SentryCapture) -> None:
    sentry_capture.assert_nothing_captured()
    assert sentry_capture.events == []


def test_what_replaces_functions_for_one_kind_hides_that_kind(sentry_capture: SentryCapture) -> None:
    with mock.patch("sentry_sdk.crons.capture_checkin"):
        pass

    with pytest.raises(AssertionError, match="No check-in was seen"):
        sentry_capture.check_ins
    with pytest.raises(AssertionError, match="cannot be determined"):
        sentry_capture.assert_nothing_captured()
    sentry_capture.assert_not_captured("event")
    sentry_capture.assert_not_captured("log")


def test_traces_are_not_among_all_that_counts(sentry_capture: SentryCapture) -> None:
    with mock.patch("sentry_sdk.start_span"):
        pass

    sentry_capture.assert_nothing_captured()
    with pytest.raises(AssertionError, match="cannot be determined"):
        sentry_capture.assert_nothing_captured(traces=True)
    with pytest.raises(AssertionError, match="cannot be determined"):
        sentry_capture.assert_not_captured("segment")


@pytest.mark.skipif(not hasattr(SDK, "get_global_scope"), reason="the client is the hub's")
def test_a_stand_in_for_the_client(sentry_capture: SentryCapture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SDK.get_global_scope(), "client", mock.MagicMock())
    sentry_sdk.capture_message("hello")

    with pytest.raises(AssertionError, match="the active client was replaced by a MagicMock"):
        sentry_capture.assert_nothing_captured()


@pytest.mark.parametrize(
    ("put", "replaced"),
    [
        (lambda patch: patch.setitem(vars(sentry_sdk), "capture_message", fake), "sentry_sdk.capture_message"),
        (lambda patch: patch.setitem(sys.modules, "sentry_sdk", mock.MagicMock()), "the module sentry_sdk"),
        pytest.param(
            lambda patch: patch.setattr(SDK.Scope, "get_current_scope", fake),
            "sentry_sdk.Scope.get_current_scope",
            marks=pytest.mark.skipif(not hasattr(SDK, "get_client"), reason="what captures is the hub"),
        ),
    ],
    ids=["of a dictionary", "of sys.modules", "of a class"],
)
def test_what_tells_nobody_is_noticed_while_it_is_there(
    put: Callable[[pytest.MonkeyPatch], None],
    replaced: str,
    sentry_capture: SentryCapture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put(monkeypatch)

    with pytest.raises(AssertionError, match="cannot be determined") as failure:
        sentry_capture.assert_nothing_captured()
    assert f"{replaced} was replaced by" in " ".join(str(failure.value).split())


@contextmanager
def scope_with_a_client_of_another_kind() -> Iterator[None]:
    with SDK.new_scope() as scope:
        scope.set_client(mock.MagicMock())
        yield


@pytest.mark.skipif(not hasattr(SDK, "get_client"), reason="the client is the hub's")
@pytest.mark.parametrize(
    ("block", "replaced"),
    [
        (lambda: mock.patch.object(SDK.Scope, "get_client"), "sentry_sdk.Scope.get_client"),
        (scope_with_a_client_of_another_kind, "the active client"),
    ],
    ids=["get_client", "set_client"],
)
def test_what_gives_the_client_is_noticed_when_it_is_used(
    block: Callable[[], AbstractContextManager[object]], replaced: str, sentry_capture: SentryCapture
) -> None:
    with block():
        sentry_sdk.capture_message("hello")
        SDK.get_isolation_scope().set_tag("a", "b")

    with pytest.raises(AssertionError, match="cannot be determined") as failure:
        sentry_capture.assert_nothing_captured()
    assert f"{replaced} was replaced by a" in " ".join(str(failure.value).split())


@mock.patch("sentry_sdk.capture_message")
def test_a_decorated_test(capture_message: mock.Mock, sentry_capture: SentryCapture) -> None:
    sentry_sdk.capture_message("hello")

    capture_message.assert_called_once_with("hello")
    line = test_a_decorated_test.__wrapped__.__code__.co_firstlineno  # type: ignore[attr-defined]
    with pytest.raises(AssertionError, match=rf"by a MagicMock at test_replacements\.py:{line}"):
        sentry_capture.assert_nothing_captured()


class TestWithSetUp(SentryCaptureMixin, unittest.TestCase):
    def setUp(self) -> None:
        patch = mock.patch.multiple("sentry_sdk", capture_message=mock.DEFAULT, capture_event=mock.DEFAULT)
        patch.start()
        self.addCleanup(patch.stop)

    def test_absence(self) -> None:
        with pytest.raises(AssertionError, match=r"a MagicMock at test_replacements\.py:"):
            self.sentry_capture.assert_nothing_captured()


@mock.patch.object(sentry_sdk, "capture_message")
class TestDecoratedClass:
    def test_absence(self, capture_message: mock.Mock, sentry_capture: SentryCapture) -> None:
        with pytest.raises(AssertionError, match=r"a MagicMock at test_replacements\.py:"):
            sentry_capture.assert_nothing_captured()


@pytest.fixture
def quiet_clients() -> Iterator[None]:
    with mock.patch.object(any_sdk.kind_of_clients(), CAPTURE_EVENT):
        yield


def test_what_a_fixture_has_replaced(quiet_clients: None, sentry_capture: SentryCapture) -> None:
    with pytest.raises(AssertionError, match=r"sentry_sdk\.Client\.capture_event was replaced by a MagicMock"):
        sentry_capture.assert_nothing_captured()


# What hides nothing: absences stay what they were.


class Own(HttpTransport):
    """The application's own transport."""

    def capture_envelope(self, envelope: Any) -> None:
        """Send nothing."""

    def capture_event(self, event: Any) -> None:
        """sentry-sdk 1.x has two ways."""


class OwnClient(any_sdk.kind_of_clients()):  # type: ignore[misc]
    """The application's own client."""

    def capture_event(self, *args: Any, **kwargs: Any) -> Any:
        return super().capture_event(*args, **kwargs)


TRANSPARENT: dict[str, Block] = {
    "a spy": lambda _: mock.patch("sentry_sdk.capture_message", wraps=sentry_sdk.capture_message),
    "a side effect": lambda _: mock.patch("sentry_sdk.capture_message", side_effect=sentry_sdk.capture_message),
    "a spy of a spy": lambda _: mock.patch(
        "sentry_sdk.capture_message", wraps=mock.Mock(wraps=sentry_sdk.capture_message)
    ),
    "a mock that is told to call": mock_that_is_told_to_call,
    "a spy on a client": lambda _: mock.patch.object(
        any_sdk.client(), CAPTURE_EVENT, wraps=any_sdk.client().capture_event
    ),
    "a spy on all scopes or hubs": lambda _: mock.patch.object(
        HOLDER, CAPTURE_EVENT, autospec=True, side_effect=HOLDER.capture_event
    ),
    "a transport's method": lambda _: mock.patch.object(any_sdk.client().transport, "capture_envelope"),
    "a transport's method, monkeypatch": lambda patch: patched(
        patch, lambda: any_sdk.client().transport, "capture_envelope"
    ),
    "the method of HTTP transports": lambda _: mock.patch.object(HttpTransport, "capture_envelope"),
    "the method of all transports": lambda _: mock.patch.object(Transport, "capture_envelope"),
    "a transport": lambda _: mock.patch.object(any_sdk.client(), "transport"),
    "other functions": lambda _: mock.patch.multiple(
        "sentry_sdk", set_tag=mock.DEFAULT, add_breadcrumb=mock.DEFAULT, flush=mock.DEFAULT
    ),
}


@pytest.mark.parametrize("way", TRANSPARENT)
@pytest.mark.parametrize("options", [{}, {"transport": Own}], ids=["http", "own transport"])
def test_absence_is_known(
    way: str, options: dict[str, Any], sentry_capture: SentryCapture, monkeypatch: pytest.MonkeyPatch
) -> None:
    sentry_sdk.init(DSN, **options)

    with TRANSPARENT[way](monkeypatch):
        sentry_capture.assert_nothing_captured()
        assert sentry_capture.events == []
        sentry_sdk.capture_message("hello")
        sentry_capture.assert_captured(message="hello")

    sentry_capture.assert_not_captured(message="goodbye")
    with pytest.raises(AssertionError, match="found 1"):
        sentry_capture.assert_nothing_captured()


def test_a_client_of_the_applications_own(sentry_capture: SentryCapture) -> None:
    client = OwnClient(DSN)

    sentry_capture.assert_nothing_captured()
    client.capture_event({"message": "hello"})
    sentry_capture.assert_captured(message="hello")
    sentry_capture.assert_not_captured(message="goodbye")

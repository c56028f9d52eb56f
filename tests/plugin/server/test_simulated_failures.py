"""Simulating failures, as a real client lives through them: what it loses, and how long it takes to shut down."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
import sentry_sdk

from pytest_sentry_capture import SentryServer

ENVELOPE = b'{}\n{"type":"event"}\n{"message":"hello"}\n'


def post(server: SentryServer, timeout: float = 20) -> tuple[int, dict[str, str], bytes]:
    """Send an event as any client could."""
    key, _, rest = server.dsn.removeprefix("http://").partition("@")
    address, _, project = rest.partition("/")
    with closing(http.client.HTTPConnection(address, timeout=timeout)) as connection:
        path = f"/api/{project}/envelope/?sentry_key={key}"
        connection.request("POST", path, ENVELOPE)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()


@pytest.fixture
def client(sentry_server: SentryServer) -> Iterator[sentry_sdk.Client]:
    """This SDK with its own transport."""
    client = sentry_sdk.Client(sentry_server.dsn, default_integrations=False, auto_session_tracking=False)
    yield client
    client.close(timeout=0)


def capture(client: Any, message: str) -> None:
    client.capture_event({"message": message})


def test_connections_are_refused(sentry_server: SentryServer) -> None:
    with sentry_server.outage(), pytest.raises(ConnectionRefusedError):
        post(sentry_server)
    assert post(sentry_server)[0] == 200
    sentry_server.assert_count(1)
    assert sentry_server.rejections == []


def test_the_port_stays_ours_while_connections_are_refused(sentry_server: SentryServer) -> None:
    port = int(sentry_server.dsn.rpartition(":")[2].partition("/")[0])
    with sentry_server.outage("refuses"), closing(socket.socket()) as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", port))


def test_connections_that_are_open_end_when_they_are_refused(sentry_server: SentryServer) -> None:
    port = int(sentry_server.dsn.rpartition(":")[2].partition("/")[0])
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(b"POST ")
        with sentry_server.outage("refuses"), pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_connections_are_reset(sentry_server: SentryServer) -> None:
    with sentry_server.outage("resets"), pytest.raises(ConnectionResetError):
        post(sentry_server)
    check_lost(sentry_server, None, "outage: the connection was reset")


def test_answers_are_500(sentry_server: SentryServer) -> None:
    with sentry_server.outage("answers_500"):
        status, _, body = post(sentry_server)
    assert (status, json.loads(body)) == (500, {"detail": "outage: the answer was 500"})
    check_lost(sentry_server, 500, "outage: the answer was 500")


def test_answers_are_garbage(sentry_server: SentryServer) -> None:
    with sentry_server.outage("answers_garbage"), pytest.raises(http.client.BadStatusLine):
        post(sentry_server)
    check_lost(sentry_server, None, "outage: the answer was not HTTP")


def test_there_is_no_answer(sentry_server: SentryServer) -> None:
    with sentry_server.outage("hangs"), pytest.raises(TimeoutError):
        post(sentry_server, timeout=0.2)
    check_lost(sentry_server, None, "outage: there was no answer")


def test_those_who_wait_for_an_answer_are_let_go_when_the_outage_ends(sentry_server: SentryServer) -> None:
    errors: list[Exception] = []

    def wait() -> None:
        try:
            post(sentry_server)
        except OSError as error:
            errors.append(error)

    thread = threading.Thread(target=wait)
    with sentry_server.outage("hangs"):
        thread.start()
        give_up = time.monotonic() + 20
        while not sentry_server.rejections and time.monotonic() < give_up:
            thread.join(0.005)
        assert sentry_server.rejections
        assert thread.is_alive()
    thread.join(20)
    assert [type(error) for error in errors] == [ConnectionResetError]


def check_lost(server: SentryServer, status: int | None, reason: str) -> None:
    assert post(server)[0] == 200
    [rejection] = server.rejections
    assert (rejection.status, rejection.reason, rejection.during) == (status, reason, "outage")
    assert [item["message"] for item in rejection.items] == ["hello"]
    assert server.assert_captured(message="hello").envelope is not None


def test_outages_within_outages(sentry_server: SentryServer) -> None:
    with sentry_server.outage("refuses"):
        with (
            sentry_server.outage("answers_500"),
            sentry_server.outage("refuses"),
            pytest.raises(ConnectionRefusedError),
        ):
            post(sentry_server)
        with pytest.raises(ConnectionRefusedError):
            post(sentry_server)
    assert post(sentry_server)[0] == 200


def test_an_outage_goes_on_after_another_one_within_it(sentry_server: SentryServer) -> None:
    with sentry_server.outage("resets"), sentry_server.outage("hangs"):
        with sentry_server.outage("resets"):
            pass
        with pytest.raises(TimeoutError):
            post(sentry_server, timeout=0.2)
    assert post(sentry_server)[0] == 200


def no_sockets(*_: object, **__: object) -> None:
    """As pytest-socket replaces ``socket.socket``, at whatever moment of a test."""
    raise RuntimeError("no sockets here")


def test_an_outage_that_cannot_begin_is_none(
    sentry_server: SentryServer, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(socket, "socket", no_sockets)
        with pytest.raises(RuntimeError, match="no sockets here"), sentry_server.outage("refuses"):
            pass

    assert post(sentry_server)[0] == 200
    capture(client, "afterwards")
    sentry_server.wait_for(message="afterwards")
    assert sentry_server.rejections == []


def test_a_port_that_another_process_took_is_ours_again_after_the_outage(
    sentry_server: SentryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken(_socket: socket.socket, _address: object) -> None:
        raise OSError("Address already in use")

    with monkeypatch.context() as patch:
        patch.setattr(socket.socket, "bind", taken)
        with pytest.raises(OSError, match="already in use"), sentry_server.outage("refuses"):
            pass

    with sentry_server.outage("refuses"), pytest.raises(ConnectionRefusedError):
        post(sentry_server)
    assert post(sentry_server)[0] == 200


def test_nobody_is_kept_waiting_where_the_port_is_gone(
    sentry_server: SentryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> None:
        raise OSError("Address already in use")

    with sentry_server.slow(60):
        thread = threading.Thread(target=post, args=[sentry_server])
        thread.start()
        sentry_server.wait_for(message="hello")
        with monkeypatch.context() as patch:
            patch.setattr(sentry_server._thread, "listen_again", gone)
            with pytest.raises(OSError, match="already in use"):
                sentry_server._close()
        thread.join(20)
        assert not thread.is_alive()


def test_slow_answers(sentry_server: SentryServer) -> None:
    start = time.monotonic()
    with sentry_server.slow(0.3):
        assert post(sentry_server)[0] == 200
    assert time.monotonic() - start >= 0.3
    envelope = sentry_server.assert_captured(message="hello").envelope
    assert envelope is not None
    assert envelope.during == "slow"


def test_what_slow_answers_are_about_is_captured_at_once(sentry_server: SentryServer) -> None:
    with sentry_server.slow(60):
        thread = threading.Thread(target=post, args=[sentry_server])
        thread.start()
        sentry_server.wait_for(message="hello")
        sentry_server._close()  # at the end of the test nobody is kept waiting
        thread.join(20)
        assert not thread.is_alive()


def test_a_rate_limit_makes_the_sdk_hold_back(sentry_server: SentryServer, client: Any) -> None:
    with sentry_server.rate_limit("error", retry_after=60):
        capture(client, "first")
        client.flush()
        capture(client, "second")
        client.flush()
    capture(client, "third")
    client.flush()
    client.transport._fetch_pending_client_report(force=True)

    sentry_server.assert_not_captured()
    assert [item["message"] for each in sentry_server.rejections for item in each.items] == ["first"]
    assert [each.status for each in sentry_server.rejections] == [429]
    discards = sentry_server.assert_discarded(reason="ratelimit_backoff")
    assert {discard.category for discard in discards} == {"error"}
    with pytest.raises(AssertionError) as failed:
        sentry_server.assert_discarded(message="second")
    nearest = "discards:\n  event\n    ratelimit_backoff\n       its content is not known\n"
    assert nearest in str(failed.value)


def test_what_an_outage_costs(sentry_server: SentryServer, client: Any) -> None:
    """The recipe of the documentation: how many events are lost, and how long the shutdown takes."""
    with sentry_server.outage("hangs"):
        capture(client, "lost")
        start = time.monotonic()
        client.close(timeout=0.5)
        assert time.monotonic() - start < 2

    sentry_server.wait_for("client_report")
    sentry_server.assert_discarded(reason="network_error")
    [rejection] = sentry_server.rejections
    assert (rejection.during, [item["message"] for item in rejection.items]) == ("outage", ["lost"])


@pytest.mark.parametrize(
    ("mistake", "error", "message"),
    [
        (lambda server: server.outage("refuse"), ValueError, "unknown outage 'refuse'; did you mean 'refuses'?"),
        (lambda server: server.rate_limit("errors"), ValueError, "unknown category 'errors'; did you mean 'error'?"),
        (lambda server: server.rate_limit(retry_after=0), ValueError, "retry_after must be 1 or more seconds, not 0"),
        (lambda server: server.rate_limit(retry_after=1.5), TypeError, "a whole number of seconds, not 1.5"),
        (lambda server: server.slow(0), ValueError, "seconds must be a number above 0, and at most"),
        (lambda server: server.slow("long"), TypeError, "seconds must be a number, not 'long'"),
    ],
)
def test_mistakes(
    sentry_server: SentryServer, mistake: Callable[[SentryServer], object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message.replace("?", r"\?")):
        mistake(sentry_server)

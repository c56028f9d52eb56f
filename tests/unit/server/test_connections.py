"""What clients can do to a connection, and what ``sentry_server`` makes of it: an answer, a record, and no harm."""

from __future__ import annotations

import json
import resource
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from pytest_sentry_capture import SentryServer
from pytest_sentry_capture._assertions.waiting import wait_until
from pytest_sentry_capture._recording.entries import Capture
from pytest_sentry_capture._recording.rejections import Rejection
from pytest_sentry_capture._server.server_thread import ServerThread

if TYPE_CHECKING:
    from tests.unit.server.conftest import Sentry

PATIENCE = 0.3
ENVELOPE = b'{}\n{"type":"event"}\n{"message":"hello"}\n'


class Client:
    """A socket that is connected to the server."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """The next answer: status, headers with names in lower case, and body."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = self.socket.recv(1)
            if not byte:
                raise EOFError(head)
            head += byte
        status, *lines = head.decode().split("\r\n")[:-2]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = b""
        while missing := int(headers["content-length"]) - len(body):  # no more: the next answer may be there already
            body += self.socket.recv(missing)
        return int(status.split()[1]), headers, body

    def is_closed(self) -> bool:
        """Whether the server closes the connection. Waits for it."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True


class Served:
    """An ingest handler that is served from a thread, with little patience."""

    def __init__(self, sentry: Sentry) -> None:
        self.sentry = sentry
        self.host = ServerThread(sentry.ingest_handler, timeout=PATIENCE)
        self.stack = ExitStack()

    def connect(self) -> Client:
        client = Client(self.host.port)
        self.stack.callback(client.socket.close)
        return client

    def request(self, body: bytes = ENVELOPE, *headers: str, method: str = "POST", path: str = "") -> bytes:
        """A request as bytes. A length is given unless the headers say how the body is sent."""
        lines = [
            f"{method} {path or self.sentry.envelope_path} HTTP/1.1",
            "Host: x",
            f"X-Sentry-Auth: {self.sentry.auth}",
        ]
        if not any(header.lower().startswith(("content-length", "transfer-encoding")) for header in headers):
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join([*lines, *headers, "", ""]).encode() + body

    def captured(self) -> int:
        return len(self.sentry.recording.entries_of(Capture))

    def rejected(self, number: int = 1) -> list[tuple[int | None, str]]:
        """Status and reason of so many rejections. Waits for them."""
        recording = self.sentry.recording
        assert wait_until(lambda: len(recording.entries_of(Rejection)) >= number, recording, 10)
        return [(each.status, each.reason) for each in recording.entries_of(Rejection)]


@contextmanager
def serving(sentry: Sentry) -> Iterator[Served]:
    served = Served(sentry)
    served.host.start()
    try:
        with served.stack:
            yield served
    finally:
        served.host.stop()
    assert served.host.problems == []


@pytest.fixture
def served(sentry: Sentry) -> Iterator[Served]:
    with serving(sentry) as each:
        yield each


def no_sockets(*_: object, **__: object) -> None:
    raise OSError("no sockets here")


@pytest.mark.parametrize("missing", ["socket", "create_server"])
def test_a_server_that_cannot_listen_leaves_nothing_behind(
    sentry: Sentry, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    threads = threading.enumerate()
    host = ServerThread(sentry.ingest_handler)
    monkeypatch.setattr(socket if missing == "socket" else host._loop, missing, no_sockets)

    with pytest.raises(OSError, match="no sockets here"):
        host.start()

    assert threading.enumerate() == threads
    assert host._loop.is_closed()


def test_a_server_without_a_thread_leaves_nothing_behind(sentry: Sentry, monkeypatch: pytest.MonkeyPatch) -> None:
    def start() -> None:
        raise RuntimeError("can't start new thread")

    host = ServerThread(sentry.ingest_handler)
    monkeypatch.setattr(host._thread, "start", start)

    with pytest.raises(RuntimeError, match="can't start new thread"):
        host.start()

    assert host._loop.is_closed()


def test_a_server_that_fails_in_its_end_has_ended(sentry: Sentry, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("it failed")

    threads = threading.enumerate()
    host = ServerThread(sentry.ingest_handler)
    host.start()
    monkeypatch.setattr(host._connections, "relieve", fail)

    with pytest.raises(RuntimeError, match="it failed"):
        host.stop()

    assert threading.enumerate() == threads
    assert host._loop.is_closed()


def test_a_connection_is_kept(served: Served) -> None:
    client = served.connect()
    for _ in range(3):
        client.send(served.request())
        status, headers, body = client.answer()
        assert (status, len(json.loads(body)["id"])) == (200, 32)
        assert "connection" not in headers
    assert served.captured() == 3


@pytest.mark.parametrize("header", ["Connection: close", "HTTP/1.0"])
def test_a_connection_that_is_not_to_be_kept(served: Served, header: str) -> None:
    client = served.connect()
    if header == "HTTP/1.0":
        client.send(served.request().replace(b"HTTP/1.1", b"HTTP/1.0"))
    else:
        client.send(served.request(ENVELOPE, header))
    assert client.answer()[:2][1]["connection"] == "close"
    assert client.is_closed()


def test_requests_that_do_not_wait_for_answers(served: Served) -> None:
    client = served.connect()
    with served.sentry.project.faults.slow(0.01):
        client.send(served.request() * 20 + served.request(b"nonsense"))
        assert [client.answer()[0] for _ in range(21)] == [200] * 20 + [400]
    assert served.captured() == 20


def test_bodies_in_chunks(served: Served) -> None:
    client = served.connect()
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in ENVELOPE) + b"0\r\n\r\n"
    for piece in (served.request(chunks, "Transfer-Encoding: chunked")[n : n + 7] for n in range(0, 1000, 7)):
        client.send(piece)
    assert client.answer()[0] == 200
    assert served.captured() == 1


def test_expect_100_continue(served: Served) -> None:
    client = served.connect()
    head, body = served.request(ENVELOPE, "Expect: 100-continue").split(b"\r\n\r\n", 1)
    client.send(head + b"\r\n\r\n")
    assert client.socket.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.send(body)
    assert client.answer()[0] == 200


def test_head_requests_have_answers_without_a_body(served: Served) -> None:
    client = served.connect()
    client.send(served.request(b"", method="HEAD", path="/"))
    head = client.socket.recv(65536)
    assert head.startswith(b"HTTP/1.1 404 Not Found\r\n")
    assert head.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"hello\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x05",
        b"POST http://[ HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_not_http(served: Served, data: bytes) -> None:
    client = served.connect()
    client.send(data)
    status = client.answer()[0]
    assert client.is_closed()
    assert 400 <= status < 500
    assert [each for each, _ in served.rejected()] == [status]


@pytest.mark.parametrize("head", [b"POST /" + b"x" * 100_000, b"POST / HTTP/1.1\r\n" + b"A: b\r\n" * 20_000])
def test_a_head_without_end(served: Served, head: bytes) -> None:
    client = served.connect()
    client.send(head)
    assert client.answer()[0] == 431
    assert client.is_closed()
    assert served.rejected() == [(431, "the request's headers are too large")]


def test_a_body_that_is_too_large_is_not_waited_for(served: Served) -> None:
    client = served.connect()
    client.send(served.request(b"", f"Content-Length: {300 * 1024 * 1024}"))
    assert client.answer()[0] == 413
    [rejection] = served.sentry.rejections
    assert (rejection.method, rejection.path) == ("POST", served.sentry.envelope_path)


@pytest.mark.parametrize("sent", ["nothing", "a bit of the head", "half of the body"])
def test_slow_writers(served: Served, sent: str) -> None:
    client = served.connect()
    request = served.request()
    client.send({"nothing": b"", "a bit of the head": b"POS", "half of the body": request[:-10]}[sent])
    assert client.answer()[0] == 408
    assert client.is_closed()
    assert served.rejected() == [(408, "the request was not complete in time")]


def test_a_writer_of_a_byte_now_and_then(served: Served) -> None:
    """The time is that of the whole request: bytes that trickle do not prolong it."""
    client = served.connect()
    is_over = threading.Event()

    def trickle() -> None:
        for byte in served.request(b"x" * 5000):
            if is_over.wait(PATIENCE / 10):
                return
            try:
                client.send(bytes([byte]))
            except OSError:
                return

    thread = threading.Thread(target=trickle)
    thread.start()
    assert client.answer()[0] == 408
    is_over.set()
    thread.join()


def test_a_kept_connection_may_be_idle(served: Served) -> None:
    idle = served.connect()
    idle.send(served.request())
    assert idle.answer()[0] == 200
    assert served.connect().answer()[0] == 408  # so much time has passed
    idle.send(served.request())
    assert idle.answer()[0] == 200


def test_clients_that_go_away(served: Served) -> None:
    for sent in (b"POS", served.request()[:-5]):
        client = served.connect()
        client.send(sent)
        client.socket.close()
    abandoned = (None, "the client closed the connection before its request was complete")
    assert served.rejected(2) == [abandoned, abandoned]
    served.connect().socket.close()
    client = served.connect()
    client.send(served.request())
    assert client.answer()[0] == 200
    assert len(served.sentry.rejections) == 2


def test_thousands_of_idle_connections(served: Served) -> None:
    """They are more than may wait, so that the oldest give way. Who has something to say is heard."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    number = 3000
    if soft < 4 * number:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4 * number), hard))
    try:
        served.host._connections.timeout = 60
        clients = [served.connect() for _ in range(number)]
        for client in clients[:5]:
            assert client.answer()[0] == 408
        clients[-1].send(served.request())
        assert clients[-1].answer()[0] == 200
        assert served.connect().socket.fileno()
        assert len(served.host._connections.open) < number
    finally:
        served.stack.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_our_own_error_is_reported(sentry: Sentry, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(request: Any) -> Any:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(sentry.ingest_handler, "handle", fail)
    served = Served(sentry)
    served.host.start()
    with served.stack:
        client = served.connect()
        client.send(served.request())
        assert client.answer()[0] == 500
    served.host.stop()
    assert served.host.problems == ["ZeroDivisionError: ours"]


def test_the_port_is_not_fixed_and_on_loopback_only(sentry_server: SentryServer, sentry: Sentry) -> None:
    with serving(sentry) as served:
        assert f":{served.host.port}/" not in sentry_server.dsn
        listener = served.host._server
        assert listener is not None
        assert [each.getsockname()[0] for each in listener.sockets] == ["127.0.0.1"]

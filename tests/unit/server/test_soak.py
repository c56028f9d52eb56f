"""Many clients for a while, good ones and bad ones on changing days: nothing is lost, mixed up or left open.

``SOAK_EVENTS`` says how many events are sent. ``make soak`` sends many more than ``make test``.
"""

from __future__ import annotations

import gc
import gzip
import http.client
import json
import os
import random
import socket
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path

from pytest_sentry_capture import SentryServer

EVENTS = int(os.environ.get("SOAK_EVENTS", "1000"))
CLIENTS = 8
EVENT_SIZE = 3_500
TEXTS = [random.Random(number).randbytes(1_500).hex() for number in range(50)]


class Sender(threading.Thread):
    """A client that sends events one after the other on a kept connection, and now and then something else."""

    def __init__(self, server: SentryServer, number: int) -> None:
        super().__init__()
        key, _, rest = server.dsn.removeprefix("http://").partition("@")
        self.address, _, project = rest.partition("/")
        self.path = f"/api/{project}/envelope/?sentry_key={key}"
        self.random = random.Random(number)
        self.number = number
        self.accepted: list[str] = []
        self.answers: Counter[int] = Counter()
        self.sent = 0
        self.pause = threading.Event()

    def run(self) -> None:
        connection = http.client.HTTPConnection(self.address, timeout=60)
        for count in range(EVENTS // CLIENTS):
            name = f"{self.number}-{count}"
            try:
                status = self.send(connection, name)
            except (OSError, http.client.HTTPException):
                connection.close()
                status = 0
                self.pause.wait(0.01)  # as clients do that could not send
            self.answers[status] += 1
            self.sent += 1
            if status == 200:
                self.accepted.append(name)
            if self.random.random() < 0.05:
                self.misbehave()
        connection.close()

    def send(self, connection: http.client.HTTPConnection, name: str) -> int:
        event = json.dumps({"message": name, "extra": {"text": self.random.choice(TEXTS)}}).encode().ljust(EVENT_SIZE)
        body = gzip.compress(b'{}\n{"type":"event","length":%d}\n%b\n' % (len(event), event), 1)
        connection.request("POST", self.path, body, {"Content-Encoding": "gzip"})
        response = connection.getresponse()
        response.read()
        return response.status

    def misbehave(self) -> None:
        """Be one of the clients that a server wishes it had not."""
        host, _, port = self.address.partition(":")
        with suppress(OSError), socket.create_connection((host, int(port)), timeout=10) as connection:
            half = f"POST {self.path} HTTP/1.1\r\nContent-Length: 100\r\n\r\nhalf".encode()
            connection.sendall(
                self.random.choice([b"", b"PO", b"\x00\x01\x02\r\n\r\n", half, b"GET / HTTP/1.1\r\n\r\n"])
            )
            if self.random.random() < 0.5:
                connection.settimeout(0.01)
                connection.recv(100)


def open_files() -> int:
    return len([*Path("/proc/self/fd").iterdir()])


def memory() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def wait_for(senders: list[Sender], accepted: int = 0, answered: int = 0) -> bool:
    """Until so many more events have been accepted or answered. False once all have been sent."""

    def counts() -> tuple[int, int]:
        return sum(len(sender.accepted) for sender in senders), sum(sender.sent for sender in senders)

    before = counts()
    while sender := next((each for each in senders if each.is_alive()), None):
        now = counts()
        if now[0] - before[0] >= accepted and now[1] - before[1] >= answered:
            return True
        sender.join(0.005)
    return False


def test_many_clients_for_a_while(sentry_server: SentryServer) -> None:
    files = open_files()
    gc.collect()
    before = memory()
    senders = [Sender(sentry_server, number) for number in range(CLIENTS)]
    for sender in senders:
        sender.start()
    days = random.Random(EVENTS)
    while wait_for(senders, accepted=EVENTS // 10):
        faults = (
            sentry_server.outage("refuses"),
            sentry_server.outage("resets"),
            sentry_server.outage("answers_500"),
            sentry_server.rate_limit("error"),
            sentry_server.slow(0.01),
        )
        with days.choice(faults):
            wait_for(senders, answered=8)
    grown = memory() - before

    accepted = {name for sender in senders for name in sender.accepted}
    answers = sum((sender.answers for sender in senders), Counter[int]())
    print(f"\n{answers} {len(sentry_server.rejections)} rejections, {grown / 1e6:.0f} MB for {len(accepted)} events")
    assert set(answers) <= {0, 200, 429, 500}
    assert len(accepted) > EVENTS / 2
    received = [
        json.loads(capture.payload)["message"] for envelope in sentry_server.envelopes for capture in envelope._captures
    ]
    assert len(received) == len(set(received))
    assert accepted <= set(received)
    assert len(received) - len(accepted) <= answers[0]  # a connection may be reset between an answer and its reader
    if EVENTS >= 50_000:
        assert grown < 2 * EVENT_SIZE * len(accepted)
    with sentry_server.outage("refuses"):
        sentry_server._thread.relieve()
    gc.collect()
    assert open_files() <= files
    assert sentry_server._thread.problems == []

"""What ``sentry_server`` takes in per second against kent, in one run with the same load, and its memory.

The load: 64 connections that send gzipped events of 3.5 kB, each the next one as soon as the last is answered.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import random
import re
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.measures import Measure, report

CONNECTIONS = 64
EVENT_SIZE = 3_500
WARM_UP = 500
OF_KENT = 2_000
OF_OURS = 10_000
FOR_MEMORY = 100_000
ROUNDS = 3
KENT_VERSION = "2.2.0"
KENT = Path(__file__).parents[1] / "build" / "kent"

OUR_SERVER = """
import os, sys
from pytest_sentry_capture._relay.relay_project import RelayProject
from pytest_sentry_capture._recording.entries import CapturedEnvelope
from pytest_sentry_capture._recording.recording import Recording
from pytest_sentry_capture._server.server_run import ServerRun

def memory():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

run = ServerRun()
recording = Recording("benchmark")
server = run.begin_test(recording, RelayProject)
before = memory()
print(server.dsn, flush=True)
for _ in sys.stdin:
    print(len(recording.entries_of(CapturedEnvelope)), len(server.rejections), memory() - before, flush=True)
run.stop()
"""


def event(number: int) -> bytes:
    """An event of the size that is usual, and as compressible."""
    words = random.Random(number)
    payload = {
        "event_id": f"{number:032x}",
        "message": f"order {number} failed",
        "level": "error",
        "extra": {str(line): " ".join(words.choice(WORDS) for _ in range(8)) for line in range(200)},
    }
    text = json.dumps(payload)
    while len(text) > EVENT_SIZE - 2:
        payload["extra"].popitem()  # type: ignore[attr-defined]
        text = json.dumps(payload)
    return text.encode().ljust(EVENT_SIZE)


WORDS = [f"{random.Random(seed).getrandbits(40):x}" for seed in range(500)]
LENGTH = re.compile(rb"^content-length: *(\d+)", re.IGNORECASE | re.MULTILINE)
CLOSES = re.compile(rb"^HTTP/1\.0|^connection: close", re.IGNORECASE | re.MULTILINE)
EVENTS = [event(number) for number in range(200)]


def requests_for(dsn: str) -> list[bytes]:
    """Whole HTTP requests, as the SDK sends them."""
    parts = urlsplit(dsn)
    requests = []
    for payload in EVENTS:
        headers = json.dumps({"event_id": json.loads(payload)["event_id"], "sent_at": "2026-11-24T13:00:00.000000Z"})
        body = gzip.compress(b'%b\n{"type":"event","length":%d}\n%b\n' % (headers.encode(), len(payload), payload), 1)
        head = (
            f"POST /api{parts.path}/envelope/ HTTP/1.1\r\nHost: {parts.hostname}:{parts.port}\r\n"
            "Content-Type: application/x-sentry-envelope\r\nContent-Encoding: gzip\r\n"
            f"X-Sentry-Auth: Sentry sentry_key={parts.username}, sentry_version=7, sentry_client=benchmark/1\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        requests.append(head.encode() + body)
    return requests


class Sender(asyncio.Protocol):
    """One connection: sends the next request when the last is answered, until the numbers are used up.

    Streams would cost the sender as much as answering costs a server. Kent closes each connection after its answer.
    """

    def __init__(self, address: tuple[str, int], requests: list[bytes], numbers: Iterator[int]) -> None:
        self.accepted = 0
        self.done = asyncio.get_running_loop().create_future()
        self._address = address
        self._requests = requests
        self._numbers = numbers
        self._answer = b""

    async def connect(self) -> None:
        await asyncio.get_running_loop().create_connection(lambda: self, *self._address)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send_next()

    def _send_next(self) -> None:
        number = next(self._numbers, None)
        if number is None:
            self._transport.close()
            self.done.set_result(None)
        else:
            self._transport.write(self._requests[number % len(self._requests)])

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, end, body = self._answer.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not end or length is None or len(body) < int(length[1]):
            return
        self.accepted += head.startswith((b"HTTP/1.1 200", b"HTTP/1.0 200"))
        self._answer = b""
        if not CLOSES.search(head):
            self._send_next()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  (asyncio's signature)
        if not self.done.done():
            self._next = asyncio.ensure_future(self.connect())


async def _load(dsn: str, number: int) -> int:
    parts = urlsplit(dsn)
    address = str(parts.hostname), int(parts.port or 0)
    requests, numbers = requests_for(dsn), iter(range(number))
    senders = [Sender(address, requests, numbers) for _ in range(CONNECTIONS)]
    await asyncio.gather(*(sender.connect() for sender in senders))
    await asyncio.gather(*(sender.done for sender in senders))
    return sum(sender.accepted for sender in senders)


def rate(dsn: str, number: int) -> float:
    """Accepted events per second. All must be."""
    start = time.perf_counter()
    accepted = asyncio.run(_load(dsn, number))
    if accepted != number:
        raise RuntimeError(f"{number - accepted} of {number} were not accepted by {dsn}")
    return number / (time.perf_counter() - start)


@contextmanager
def our_server() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    command = [sys.executable, "-c", OUR_SERVER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield process.stdout.readline().strip(), process
        process.stdin.close()


def received(process: subprocess.Popen[str]) -> tuple[int, int, int]:
    """How many envelopes and rejections our server has, and by how many bytes its memory has grown."""
    assert process.stdout is not None
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
    envelopes, rejections, grown = map(int, process.stdout.readline().split())
    return envelopes, rejections, grown


@contextmanager
def kent() -> Iterator[str]:
    """Kent in its own environment."""
    if not (KENT / "bin" / "kent-server").exists():
        venv.create(KENT, with_pip=True)
        install = [str(KENT / "bin" / "python"), "-m", "pip", "install", "--quiet", f"kent=={KENT_VERSION}"]
        subprocess.run(install, check=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(KENT / "bin" / "kent-server"), "run", "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONWARNINGS": "ignore"}
    ) as process:
        try:
            _wait_for(port, process)
            yield f"http://public@127.0.0.1:{port}/1"
        finally:
            process.terminate()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    while True:
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            raise RuntimeError("kent has ended")
        time.sleep(0.05)


def main() -> int:
    kents, ours = [], []
    with kent() as kents_dsn, our_server() as (our_dsn, process):
        rate(kents_dsn, WARM_UP)
        rate(our_dsn, WARM_UP)
        for _ in range(ROUNDS):
            kents.append(rate(kents_dsn, OF_KENT))
            ours.append(rate(our_dsn, OF_OURS))
        envelopes, rejections, _ = received(process)
    with our_server() as (our_dsn, process):
        rate(our_dsn, FOR_MEMORY)
        kept, _, grown = received(process)
    print(f"events per second: kent {max(kents):.0f}, sentry_server {max(ours):.0f}")
    return report(
        [
            Measure("kent's events per second / sentry_server's", max(kents) / max(ours), 1 / 5),
            Measure(
                "events lost or rejected", WARM_UP + OF_OURS * ROUNDS - envelopes + rejections + FOR_MEMORY - kept, 0
            ),
            Measure("memory of 100 000 events / their size", grown / (FOR_MEMORY * EVENT_SIZE), 2),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())

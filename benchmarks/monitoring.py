"""What Sentry costs an application: time per request, memory and bytes, measured on the example.

Each variant is its own process, which serves its requests from a real database and sends its Sentry items to a
server on this machine. The processes take turns at short batches: what slows the machine slows all of them. Each turn
is compared with that of the process without Sentry, and the median of them counts: the least would be a turn in which
no request was traced, where one in ten is.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any, Final, NamedTuple

import brotli  # type: ignore[import-untyped]

TURNS: Final = 20
BATCH: Final = 20
FAILING: Final = "/debug/crash"
ANSWERED: Final = "/transactions?limit=20"
DECOMPRESS: Final = {"gzip": gzip.decompress, "br": brotli.decompress, None: bytes}
"""The SDK prefers Brotli, where it is installed."""

SERVICE: Final = """
import json, sys, time
import sentry_sdk
from fastapi.testclient import TestClient
from example_app.application import create_app
from example_app.settings import Settings
from example_app.tests.conftest import SPARKASSE, sign_in, upload

def resident():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS"))

settings = Settings(_env_file=None, **json.loads(sys.argv[1]))
with TestClient(create_app(settings), raise_server_exceptions=False) as client:
    if json.loads(sys.argv[2]):
        options = sentry_sdk.get_client().options
        if "include_local_variables" in options:
            options["include_local_variables"] = True
        else:  # since sentry-sdk 3
            options["data_collection"]["stack_frame_variables"] = True
    alice = sign_in(client, "alice")
    assert upload(client, alice, SPARKASSE).status_code == 201
    for line in sys.stdin:
        path, number = json.loads(line)
        start = time.perf_counter()
        for _ in range(number):
            client.get(path, headers=alice.headers)
        took = (time.perf_counter() - start) / number
        print(json.dumps(["TOOK", took, resident()]), flush=True)
    sentry_sdk.flush()
"""


class Variant(NamedTuple):
    """The example with Sentry in one way.

    Attributes:
        title: as in the table.
        settings: of the example.
        has_variables: whether events have the variables of frames, whatever the example sets.
    """

    title: str
    settings: Mapping[str, Any]
    has_variables: bool = False


OFF: Final = Variant("Sentry off", {"sentry_enabled": False})
ERRORS: Final = Variant("errors only", {"sentry_traces_sample_rate": 0.0})
ERRORS_WITH_VARIABLES: Final = Variant("errors only, frame variables", ERRORS.settings, has_variables=True)
TRACES: Final = Variant("traces at 1.0", {"sentry_traces_sample_rate": 1.0})
VARIANTS: Final = (
    ERRORS,
    ERRORS_WITH_VARIABLES,
    Variant("traces at 0.1", {"sentry_traces_sample_rate": 0.1}),
    TRACES,
    Variant(
        "traces at 1.0, personal data, nothing scrubbed",
        {"sentry_traces_sample_rate": 1.0, "sentry_send_default_pii": True},
    ),
)


class Cost(NamedTuple):
    """What a variant costs, beside the example without Sentry.

    Attributes:
        answered: seconds added to a request that is answered.
        failing: seconds added to one that fails and is reported.
        memory: MiB of resident memory added.
        error: bytes of an error event in its envelope, or None if there was none.
        trace: bytes of the spans of a request in their envelope, or None if there were none.
        compressed_error: bytes of the request that carries an error event.
    """

    answered: float
    failing: float
    memory: float
    error: float | None
    trace: float | None
    compressed_error: float | None


class Sink:
    """A server that takes envelopes, and notes their sizes by variant and type of the first item."""

    def __init__(self) -> None:
        self.sizes: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
        sizes = self.sizes

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                envelope = DECOMPRESS[self.headers["Content-Encoding"]](body)
                item_type = json.loads(envelope.split(b"\n")[1])["type"]
                project = self.path.strip("/").split("/")[1]
                sizes[project, item_type].append((len(envelope), len(body)))
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_request(self, *_: object) -> None:
                """Not on the terminal."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Take what is sent meanwhile."""
        self._thread.start()
        yield
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def dsn(self, project: int) -> str:
        """The DSN of its own project."""
        return f"http://key@127.0.0.1:{self._server.server_port}/{project}"

    def size(self, project: int, item_type: str) -> tuple[float | None, float | None]:
        """Bytes of the project's envelopes on average, as they are and as they travel."""
        sizes = self.sizes[str(project), item_type]
        return (mean(each for each, _ in sizes), mean(each for _, each in sizes)) if sizes else (None, None)


class Service:
    """The example in its own process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.memory = 0.0

    def batch(self, path: str) -> float:
        """Seconds per request."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([path, BATCH]), file=self._process.stdin, flush=True)
        for line in self._process.stdout:
            if line.startswith('["TOOK"'):
                _, took, self.memory = json.loads(line)
                return float(took)
        raise RuntimeError("the example ended early")


@contextmanager
def _service(variant: Variant, dsn: str, folder: Path) -> Iterator[Service]:
    folder.mkdir()
    settings = {"sentry_dsn": dsn, "database_url": f"sqlite:///{folder}/statements.db", **variant.settings}
    command = [sys.executable, "-c", SERVICE, json.dumps(settings), json.dumps(variant.has_variables)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=os.environ
    )
    assert process.stdin is not None
    try:
        yield Service(process)
    finally:
        process.stdin.close()
        process.wait()


def costs(variants: Sequence[Variant] = VARIANTS) -> dict[str, Cost]:
    """What each variant costs, by its title."""
    sink = Sink()
    with TemporaryDirectory() as name, sink.running():
        with ExitStack() as stack:
            services = [
                stack.enter_context(_service(variant, sink.dsn(project), Path(name, str(project))))
                for project, variant in enumerate([OFF, *variants])
            ]
            answered = _added(services, ANSWERED)
            failing = _added(services, FAILING)
            memory = [service.memory for service in services]
        return {
            variant.title: Cost(
                answered[project],
                failing[project],
                memory[project] - memory[0],
                sink.size(project, "event")[0],
                sink.size(project, "span")[0] or sink.size(project, "transaction")[0],
                sink.size(project, "event")[1],
            )
            for project, variant in enumerate(variants, start=1)
        }


def _added(services: Sequence[Service], path: str) -> list[float]:
    """Seconds per request that each service takes beyond the first."""
    turns = [[service.batch(path) for service in services] for _ in range(TURNS)]
    return [median(turn[number] - turn[0] for turn in turns) for number in range(len(services))]


if __name__ == "__main__":
    for title, cost in costs().items():
        print(title, cost)

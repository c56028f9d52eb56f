"""Real clients in their own processes: this SDK in a server and in a killed process, and those in JavaScript."""

from __future__ import annotations

import functools
import http.client
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

import any_sdk
from checkout import DOCS
from npm_packages import browser
from pytest_sentry_capture import SentryServer

if TYPE_CHECKING:
    from tests.plugin.server.conftest import JavaScript

PROGRAMS = Path(__file__).with_name("programs")
GUIDE = DOCS / "how-to" / "other-processes.md"


def with_support(environment: dict[str, str]) -> dict[str, str]:
    """An environment in which the programs can import what the tests share."""
    return {**environment, "PYTHONPATH": str(Path(any_sdk.__file__).parent)}


@contextmanager
def running(*command: str | Path, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is ended after the block, if it has not ended by then."""
    with subprocess.Popen([*map(str, command)], **options) as process:
        try:
            yield process
        finally:
            process.terminate()


@contextmanager
def service(environment: dict[str, str]) -> Iterator[tuple[str, int]]:
    """The address of the service under uvicorn, in its own process, which is ended after the block."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number = listener.fileno()
        command = (sys.executable, "-m", "uvicorn", "service:app", "--fd", str(number), "--log-level", "critical")
        with running(*command, cwd=PROGRAMS, env=with_support(environment), pass_fds=[number]):
            yield listener.getsockname()


def status_of(address: tuple[str, int], method: str, path: str) -> int:
    connection = http.client.HTTPConnection(*address, timeout=30)
    try:
        connection.request(method, path)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.needs("logs")
def test_a_service_under_uvicorn(sentry_server: SentryServer) -> None:
    with service(sentry_server.env) as address:
        assert status_of(address, "GET", "/orders/0") == 500
        assert status_of(address, "GET", "/orders/2") == 200
        assert status_of(address, "POST", "/opinions?message=It%20is%20slow") == 200
        sentry_server.wait_for(exception="ZeroDivisionError")

    event = sentry_server.assert_captured(handled=False, tags={"shop": "berlin"}, release="service@1")
    assert event.exception == "ZeroDivisionError"
    sentry_server.assert_captured("segment", name="/orders/{number}", status="ok", op="http.server")
    sentry_server.assert_captured("log", body="order 2 is looked up", level="warn")
    assert sentry_server.assert_captured("feedback")["contexts"]["feedback"]["message"] == "It is slow"
    assert sentry_server.rejections == []


@pytest.mark.needs("logs")
def test_a_process_that_is_killed(sentry_server: SentryServer) -> None:
    job = (sys.executable, PROGRAMS / "job.py")
    with running(*job, env=with_support(sentry_server.env), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"reported\n"
        process.kill()
        assert process.wait() == -signal.SIGKILL

    sentry_server.assert_captured(exception="ValueError", environment="test")
    sentry_server.assert_captured("segment", name="nightly import", op="task")
    sentry_server.assert_captured("log", body="imported 3 rows", attributes={"sentry.message.parameter.rows": 3})
    assert sentry_server.assert_captured("feedback")["contexts"]["feedback"] == {"message": "It is slow"}


@pytest.mark.parametrize("through_tunnel", [False, True])
def test_javascript_in_node(sentry_server: SentryServer, javascript: JavaScript, through_tunnel: bool) -> None:
    tunnel = {"TUNNEL": sentry_server.tunnel} if through_tunnel else {}
    subprocess.run(["node", "worker.js"], cwd=javascript.folder, env={**sentry_server.env, **tunnel}, check=True)

    event = sentry_server.assert_captured(exception="TypeError", tags={"worker": "nightly"}, environment="test")
    assert event.mechanism == "generic"
    sentry_server.assert_captured("transaction", transaction="nightly import", op="task")
    sentry_server.assert_captured("log", body="imported rows", level="info", attributes={"rows": 3})
    feedback = sentry_server.assert_captured("feedback")["contexts"]["feedback"]
    assert (feedback["message"], feedback["name"]) == ("It is slow", "Alice")
    [discard] = sentry_server.assert_discarded(reason="before_send", message=None)
    assert (discard.category, discard.quantity) == ("error", 1)


def test_javascript_of_the_guide(sentry_server: SentryServer, javascript: JavaScript) -> None:
    [(name, program)] = re.findall(
        r'```javascript title="([^"]+)"\n(.+?)```', GUIDE.read_text(encoding="utf-8"), re.DOTALL
    )
    (javascript.folder / name).write_text(program, encoding="utf-8")

    subprocess.run(["node", name], cwd=javascript.folder, env=sentry_server.env, check=True)

    sentry_server.assert_captured(exception="TypeError")


def test_javascript_in_a_browser(sentry_server: SentryServer, javascript: JavaScript, tmp_path: Path) -> None:
    bundle = javascript.bundled("page.js")
    (tmp_path / "index.html").write_text(f"<!doctype html><script>{bundle.read_text()}</script>", encoding="utf-8")
    with serving(tmp_path) as address:
        page = f"{address}/index.html?dsn={quote(sentry_server.dsn)}"
        profile = f"--user-data-dir={tmp_path / 'profile'}"
        options = (
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--remote-debugging-port=0",
            profile,
        )
        with running(browser(), *options, page, stderr=subprocess.DEVNULL):
            [event] = sentry_server.wait_for(exception="RangeError", timeout=60)
            [transaction] = sentry_server.wait_for("transaction", transaction="checkout", timeout=60)
            [log] = sentry_server.wait_for("log", body="cart filled", timeout=60)
            [feedback] = sentry_server.wait_for("feedback", timeout=60)

    assert event.handled is False
    assert event.tags == {"page": "cart"}
    assert event.message == "cart overflow"
    assert "HeadlessChrome" in event["request"]["headers"]["User-Agent"]
    assert transaction.op == "ui.action"
    assert log.attributes["items"] == 2
    assert feedback["contexts"]["feedback"]["contact_email"] == "bob@example.com"
    assert sentry_server.rejections == []


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of a server of files, whose origin is not that of ``sentry_server``."""
    handler = functools.partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (its name in the base class)
        pass

"""What the tests of the page share: Chromium, driven by puppeteer-core, with axe-core."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from checkout import CHECKOUT
from npm_packages import browser, installed

SOURCES = Path(__file__).with_name("javascript")
PATIENCE = 240
"""Seconds, after which Chromium hangs."""

Visit = Callable[[Path, str], Any]


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    """Opens a page in Chromium and tells what was found. The server has seen one request for each time."""
    folder, program = installed(SOURCES, CHECKOUT / "build" / "page-javascript"), browser()

    def visited(page: Path, name: str) -> Any:
        with serving(page) as (address, asked):
            command = ("node", "visit.mjs", program, tmp_path / "profile", address, name)
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=PATIENCE)
            assert done.returncode == 0, done.stderr
        assert {*asked} == {"/"}, "something else than the page was requested"
        return json.loads(done.stdout)

    return visited


@contextmanager
def serving(page: Path) -> Iterator[tuple[str, list[str]]]:
    """The address of a server that has only this page, and the paths that it is asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200 if self.path == "/" else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            if self.path == "/":
                self.wfile.write(page.read_bytes())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (its name in the base class)
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", asked
        server.shutdown()
        thread.join()

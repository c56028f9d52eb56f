"""Runs small programs that crash in frameworks, and keeps what the SDK would have sent.

Not part of any test: ``python -m tests.payloads.recorder`` writes ``crashes.jsonl.xz`` anew, with the frameworks that
are named in ``requirements.txt`` beside it.
"""

from __future__ import annotations

import json
import lzma
import re
import socket
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

FILE = Path(__file__).with_name("crashes.jsonl.xz")
HERE = Path(__file__).parent
DSN = "https://0123456789abcdef0123456789abcdef@o1.ingest.sentry.io/2"
REPLACED = (
    (re.escape(sysconfig.get_path("purelib")), "/srv/venv/lib/python3/site-packages"),
    (re.escape(sysconfig.get_path("stdlib")), "/usr/lib/python3"),
    (re.escape(str(HERE)), "/srv/shop"),
    (re.escape(str(HERE.parent.parent)), "/srv"),
    (re.escape(sys.prefix), "/srv/venv"),
    (re.escape(socket.gethostname()), "host"),
    (r"/tmp/[\w./-]*", "/tmp/file"),
    (r"/root\b", "/srv"),
)
Program = Callable[[], object]


class Recording(Transport):
    """Keeps the payloads of events and transactions."""

    payloads: list[dict[str, Any]]

    def __init__(self, options: dict[str, Any]) -> None:
        super().__init__(options)
        self.payloads = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.payloads += [
            json.loads(item.get_bytes()) for item in envelope.items if item.type in ("event", "transaction")
        ]


def record(programs: dict[str, Program], **options: Any) -> Iterator[dict[str, Any]]:
    """What each program makes the SDK send, as lines of the file."""
    for name, program in programs.items():
        sentry_sdk.init(
            DSN, transport=Recording, traces_sample_rate=1.0, shutdown_timeout=0, release="shop@1.2.3", **options
        )
        client = sentry_sdk.get_client()
        with sentry_sdk.isolation_scope():
            try:
                program()
            except Exception:
                sentry_sdk.capture_exception()
        client.flush()
        recorded = client.transport
        assert isinstance(recorded, Recording)
        for number in range(len(recorded.payloads)):
            payload = recorded.payloads.pop(0)
            yield {"name": f"{name} {number}", "payload": {**payload, "modules": {}}}
            del payload


def without_machine(text: str) -> str:
    """A text without what tells where it was made."""
    for pattern, replacement in REPLACED:
        text = re.sub(pattern, replacement, text)
    return text


def main() -> None:
    """Write the file."""
    from tests.payloads import clients, databases, django_app, fastapi_app, flask_app, starlette_app

    with lzma.open(
        FILE, "wt", encoding="utf-8", preset=9
    ) as file:  # no list: it would be a variable of each stack frame
        for module in fastapi_app, starlette_app, flask_app, django_app, databases, clients:
            for line in module.payloads():
                file.write(without_machine(json.dumps(line, sort_keys=True)) + "\n")
                print(line["name"], flush=True)
                del line


if __name__ == "__main__":
    main()

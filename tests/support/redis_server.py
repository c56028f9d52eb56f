"""A Redis server that a test starts and stops: it listens on a socket in its own folder, and keeps nothing."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

PROGRAM: Final = "redis-server"
_READY: Final = "ready to accept connections"


@contextmanager
def redis_server() -> Iterator[Path]:
    """Run a server meanwhile. The path of its socket."""
    with TemporaryDirectory() as folder:  # the path of a socket has at most some hundred characters
        socket = Path(folder, "redis.sock")
        options = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", folder]
        server = subprocess.Popen([PROGRAM, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            assert server.stdout is not None
            lines: list[str] = []
            for line in server.stdout:
                lines.append(line)
                if _READY in line.lower():
                    break
            else:
                raise RuntimeError("".join(lines))
            yield socket
        finally:
            server.terminate()
            server.communicate()

"""Where the server is reached."""

from __future__ import annotations

from typing import Final

LOOPBACK: Final = "127.0.0.1"
TUNNEL: Final = "/tunnel/"
"""The path of what applications offer to SDKs in browsers, which ad blockers block."""

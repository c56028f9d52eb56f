"""A framework that only tests know."""

from __future__ import annotations


class Application:
    """Answers 503 to everything, except for one path that crashes."""

    def handle(self, path: str) -> int:
        if path == "/crash":
            raise LookupError(path)
        return 503

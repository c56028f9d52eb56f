"""A framework that only tests know."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


class Application:
    """Answers every path with 503, except one that crashes."""

    def handle(self, path: str) -> int:
        if path == "/crash":
            raise LookupError(path)
        return 503


class Worker:
    """Runs functions as jobs of one queue."""

    def __init__(self, queue: str) -> None:
        self.queue = queue

    def run(self, job: Callable[[], Result]) -> Result:
        return job()

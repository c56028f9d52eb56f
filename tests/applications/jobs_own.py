"""An application with its own loop that takes jobs from a queue, which reports the exceptions that leave them."""

from __future__ import annotations

from contextlib import suppress
from queue import Queue
from typing import Any, Final, NamedTuple

import sentry_sdk
import work

SYSTEM: Final = "consumer"
QUEUE: Final = "money"
EVENTS_OF_RETRIES: Final = 1
KNOWS_EXPECTED: Final = False
ROW_OF_RETRY: Final = "nothing"


class Message(NamedTuple):
    job: str
    arguments: tuple[Any, ...]
    attempt: int = 1


work.init()


class Consumer:
    def __init__(self) -> None:
        self.messages: Queue[Message] = Queue()

    def run(self) -> None:
        while not self.messages.empty():
            self.handle(self.messages.get())

    def handle(self, message: Message) -> str:
        with work.isolated():
            try:
                getattr(work, message.job)(*message.arguments)
            except Exception as error:
                if message.job == "flake" and message.attempt < work.ATTEMPTS:
                    self.messages.put(message._replace(attempt=message.attempt + 1))
                    return "again"
                sentry_sdk.capture_exception(error)
                raise
        return "done"


def name_of(job: str) -> str:
    return job


def perform(*calls: tuple[Any, ...]) -> None:
    consumer = Consumer()
    for job, *args in calls:
        consumer.messages.put(Message(job, tuple(args)))
    while not consumer.messages.empty():
        with suppress(ZeroDivisionError, ConnectionError, work.RefusedError, work.ExpectedError):
            consumer.run()

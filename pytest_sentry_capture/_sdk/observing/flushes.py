"""The moments at which the SDK's threads hand over what they have collected: a view is complete once they are past."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition, get_ident
from typing import Any
from weakref import WeakKeyDictionary


class Flushes:
    """Which threads are just handing over what a batcher holds.

    The lock can be taken twice by a thread: a signal handler may capture something while this thread has it.

    Args:
        patience: seconds to wait for one of them.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._begin_process()

    def _begin_process(self) -> None:
        self._process_id = os.getpid()
        self._condition = Condition()
        self._under_way: WeakKeyDictionary[Any, list[int]] = WeakKeyDictionary()

    def _after_fork(self) -> None:
        """In a child the other threads are gone, and one of them may have had the lock."""
        if self._process_id != os.getpid():
            self._begin_process()

    @contextmanager
    def of(self, batcher: Any) -> Iterator[None]:
        """The calling thread hands over what a batcher holds, during the block."""
        self._after_fork()
        with self._condition:
            threads = self._under_way.setdefault(batcher, [])
            threads.append(get_ident())
        try:
            yield
        finally:
            with self._condition:
                threads.remove(get_ident())
                self._condition.notify_all()

    def wait_for(self, batcher: Any) -> None:
        """Wait until no other thread is handing over what a batcher held."""
        self._after_fork()
        with self._condition:
            self._condition.wait_for(lambda: not {*self._under_way.get(batcher, ())} - {get_ident()}, self._patience)

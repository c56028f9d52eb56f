"""Pools of worker processes, of the standard library and of Celery: their workers wait when there is nothing to do."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from typing import Any, Final
from weakref import ref

_POOLS: Final = (
    ("multiprocessing.pool", "Pool", "_cache", "_pool"),
    ("billiard.pool", "Pool", "_cache", "_pool"),
    ("concurrent.futures.process", "ProcessPoolExecutor", "_pending_work_items", "_processes"),
)
"""The module and the name of each, and its attributes for what must be done and for the workers."""


class Pools:
    """The pools of this process, which are looked for among all objects once after each fork."""

    def __init__(self) -> None:
        self._forks = 0
        self._found: list[tuple[ref[Any], str, str]] = []

    def idle_workers(self, forks: int) -> set[int]:
        """The numbers of the workers whose pool has nothing to do.

        Args:
            forks: how often this process has forked.
        """
        if forks != self._forks:
            self._forks, self._found = forks, [*_pools()]
        workers: set[int] = set()
        for reference, work, processes in self._found:
            pool = vars(reference() or _NONE)
            if not pool.get(work):
                workers.update(_numbers(pool.get(processes)))
        return workers


class _None:
    """In place of a pool that is gone."""


_NONE: Final = _None()


def _pools() -> Iterator[tuple[ref[Any], str, str]]:
    classes = [
        (getattr(sys.modules[module], name), work, processes)
        for module, name, work, processes in _POOLS
        if module in sys.modules and hasattr(sys.modules[module], name)
    ]
    for each in gc.get_objects() if classes else ():
        for pool_class, work, processes in classes:
            if issubclass(type(each), pool_class):
                yield ref(each), work, processes


def _numbers(processes: object) -> list[int]:
    """The numbers of the processes in a list, or in a dictionary by number."""
    if isinstance(processes, dict):
        return [*processes]
    return [process.pid for process in processes if process.pid] if isinstance(processes, list) else []

"""What a recording needs to know of other processes that the test process has started.

This module is imported by every pytest run, with or without Sentry, so it imports next to nothing itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple

UNSEEN_PROCESSES: Final = "unseen-processes"
"""What a test names in a waiver to state that the processes that it starts do not report to Sentry."""


class UnseenWork(NamedTuple):
    """Why something may have been captured in another process without being seen.

    Attributes:
        why: ``"running"``: a forked child has not ended. ``"lost"``: one could not pass on what it captured.
            ``"started"``: a process was started that does not share memory with this one.
        name: the process as a message calls it: its number, or its name and how it was started.
    """

    why: Literal["running", "lost", "started"]
    name: str


class SharedCounter(Counter[Any]):
    """A counter whose changes are passed on in a child process.

    Attributes:
        on_change: called in a child with the key and the difference, or None in the test process.
    """

    on_change: Callable[[Any, int], None] | None = None

    def __setitem__(self, key: Any, value: int) -> None:
        before = self.get(key, 0)
        super().__setitem__(key, value)
        if self.on_change is not None and value > before:
            self.on_change(key, value - before)

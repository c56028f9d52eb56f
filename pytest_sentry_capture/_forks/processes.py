"""Which processes there are, as far as the system tells."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_TASKS: Final = _PROC / "self" / "task"
_ENDED: Final = "ZX"
"""The states of processes that have ended (proc(5))."""


def is_alive(process: int) -> bool:
    """Whether a process has not ended; one that nobody has waited for yet has."""
    if _TASKS.exists():
        with suppress(OSError, IndexError):
            return _state(process) not in _ENDED
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return not _has_been_ended(process)


def tells_children() -> bool:
    """Whether the system tells which processes this one has started."""
    return (_TASKS / str(os.getpid()) / "children").exists()


def children() -> Iterator[int]:
    """The processes that this one has started and not waited for; none where the system does not tell."""
    with suppress(OSError):
        for thread in [*_TASKS.iterdir()]:
            with suppress(OSError):
                yield from map(int, (thread / "children").read_text().split())


def _state(process: int) -> str:
    return (_PROC / str(process) / "stat").read_text(errors="replace").rpartition(")")[2].split()[0]


def _has_been_ended(process: int) -> bool:
    """Whether a child has ended that nobody has waited for yet, where the system tells; it can be waited for still."""
    wait = getattr(os, "waitid", None)
    if wait is None:
        return False
    with suppress(OSError):
        return wait(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    return False

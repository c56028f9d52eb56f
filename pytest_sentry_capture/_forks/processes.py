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
    """Whether a process has not ended. One that nobody has waited for yet has."""
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


def can_list_children() -> bool:
    """Whether the system tells which processes this one has started."""
    return _TASKS.exists()


def children() -> Iterator[int]:
    """The processes that this one has started and that have not ended. None where the system does not tell."""
    if not _has_children():
        return
    parent = str(os.getpid())
    for status in [*_PROC.glob("[0-9]*/stat")]:
        with suppress(OSError, IndexError):
            state, its_parent = _fields(status)[:2]
            if its_parent == parent and state not in _ENDED:
                yield int(status.parent.name)


def _has_children() -> bool:
    """Whether there may be a process that this one has not waited for. None is waited for here."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    except (AttributeError, OSError):
        return True
    return True


def _state(process: int) -> str:
    return _fields(_PROC / str(process) / "stat")[0]


def _fields(status: Path) -> list[str]:
    """What stands after the name of the process, which may hold anything: its state and its parent first."""
    return status.read_text(errors="replace").rpartition(")")[2].split()


def _has_been_ended(process: int) -> bool:
    """Whether a child has ended that nobody has waited for yet, where the system tells. It can be waited for still."""
    wait = getattr(os, "waitid", None)
    if wait is None:
        return False
    with suppress(OSError):
        return wait(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    return False

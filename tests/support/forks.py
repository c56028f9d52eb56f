"""Children that tests fork, which can't outlive them: an alarm ends one that hangs."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable
from typing import Final

_SECONDS: Final = 60


def fork(work: Callable[[], object]) -> int:
    """Do something in a forked child. Returns its number. It ends with 0, or with 1 where the work raised."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(_SECONDS)
        work()
        status = 0
    finally:
        os._exit(status)


def join(children: Iterable[int]) -> None:
    """Wait until children have ended well."""
    for child in children:
        _, status = os.waitpid(child, 0)
        assert status == 0, f"the child ended with status {status}"


def run_in_child(work: Callable[[], object]) -> None:
    """Do something in a forked child, and wait for it."""
    join([fork(work)])

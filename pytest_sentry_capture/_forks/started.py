"""Processes that ``multiprocessing`` starts by other means than a fork: what they capture can't be seen."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

_MODULE: Final = "multiprocessing.process"
_UNSEEN: Final = ("spawn", "forkserver")
_SERVICES: Final = (("multiprocessing.managers", "BaseManager._run_server"),)
"""What serves the values that processes share, and runs nothing of the application by itself."""

Listener = Callable[[int, str | None], None]
"""Called with the number of a process, and with what a message calls it, or None for a service."""


class StartedProcesses:
    """Calls a function each time such a process has been started, or a service, in whatever way."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._original: Any = None
        self._ours: Any = None

    def install(self) -> None:
        """Look from now on, once the module has been imported. More than once where it was imported again."""
        process_class = getattr(sys.modules.get(_MODULE), "BaseProcess", None)
        original = getattr(process_class, "start", None)
        if process_class is None or original is None or original is self._ours:
            return

        @wraps(original)
        def start(process: Any) -> Any:
            __tracebackhide__ = True
            is_service = _is_service(process)  # which cannot be determined once it was started
            result = original(process)
            if is_service or _method(process) in _UNSEEN:
                self._listener(process.pid, None if is_service else _name(process))
            return result

        self._original, self._ours = original, start
        process_class.start = start

    def uninstall(self) -> None:
        """Leave the class as it was, unless somebody has replaced the method since."""
        process_class = getattr(sys.modules.get(_MODULE), "BaseProcess", None)
        if process_class is not None and vars(process_class).get("start") is self._ours:
            process_class.start = self._original

    @staticmethod
    def module() -> str:
        """The module whose import must be waited for."""
        return _MODULE


def _is_service(process: Any) -> bool:
    function = getattr(vars(process).get("_target"), "__func__", None)
    return (getattr(function, "__module__", None), getattr(function, "__qualname__", None)) in _SERVICES


def _method(process: Any) -> str | None:
    """By which means a process was started."""
    return getattr(vars(process).get("_popen"), "method", None)


def _name(process: Any) -> str:
    return f"{vars(process).get('_name')} ({_method(process)})"

"""Exceptions that stay in futures of a ``ThreadPoolExecutor``, or end a thread: a hint of why nobody reported them."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from pytest_sentry_capture._operations.adapter import OperationAdapter
from pytest_sentry_capture._recording import Remark, current_recording

_ADVICE: Final = "Call result() on its future, or capture the exception in the function."
_ADVICE_OF_THREADS: Final = (
    "The SDK does not report that, because its ThreadingIntegration is off. Turn it on, or capture the exception in the"
    " function."
)
_INTEGRATION: Final = "sentry_sdk.integrations.threading"


class ExecutorAdapter(OperationAdapter):
    """Looks at what has been executed: no exchange and no job, but what is captured meanwhile may be missed."""

    package = "concurrent.futures"

    def install(self) -> None:
        place = "concurrent.futures.thread:_WorkItem.run"
        self._wrap(place, self._running, "There are no hints about exceptions in futures.")

    def _running(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(inner)
        def run(work: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            result = inner(work, *args, **kwargs)
            error_type = type(getattr(work.future, "_exception", None))
            if self._is_active and issubclass(error_type, Exception) and not _is_awaited(work.future):
                text = f"{error_type.__name__} was raised in a ThreadPoolExecutor, and the SDK does not report that."
                current_recording(self._recorder).add(Remark(f"{text} {_ADVICE}"))
            return result

        return run


class ThreadAdapter(OperationAdapter):
    """Looks at what has ended threads. The SDK's own integration reports that, where it is on."""

    package = "threading"

    def install(self) -> None:
        place = "threading:_make_invoke_excepthook"
        self._wrap(place, self._making, "There are no hints about exceptions that end threads.")

    def _making(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        """Each thread calls what this makes when an exception ends it."""

        @wraps(inner)
        def make(*args: Any, **kwargs: Any) -> Callable[..., Any]:
            invoke = inner(*args, **kwargs)

            @wraps(invoke)
            def invoke_excepthook(*about: Any, **more: Any) -> Any:
                error = sys.exc_info()[1]
                if self._is_active and isinstance(error, Exception) and not _is_reported(error):
                    text = f"{type(error).__name__} has ended a thread. {_ADVICE_OF_THREADS}"
                    current_recording(self._recorder).add(Remark(text))
                return invoke(*about, **more)

            return invoke_excepthook

        return make


def _is_reported(error: BaseException) -> bool:
    """Whether an exception has left a thread through the SDK's integration."""
    frames = (frame for frame, _ in traceback.walk_tb(error.__traceback__))
    return any(frame.f_globals.get("__name__") == _INTEGRATION for frame in frames)


def _is_awaited(future: Any) -> bool:
    """Whether somebody has asked to be called with the future, as event loops do: the exception goes to them."""
    return bool(getattr(future, "_done_callbacks", None) or getattr(future, "_waiters", None))

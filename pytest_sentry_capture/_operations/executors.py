"""Exceptions that stay in the futures of a ``ThreadPoolExecutor``: a hint of why nobody has reported them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from pytest_sentry_capture._operations.adapter import OperationAdapter
from pytest_sentry_capture._recording import Remark, current_recording

_ADVICE: Final = "Call result() on its future, or capture the exception in the function."


class ExecutorAdapter(OperationAdapter):
    """Looks at what has been executed: no exchange and no job, but what is captured meanwhile may be missed."""

    package = "concurrent.futures"

    def install(self) -> None:
        place = "concurrent.futures.thread:_WorkItem.run"
        self._wrap(place, self._running, "Exceptions in futures are not hinted at.")

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


def _is_awaited(future: Any) -> bool:
    """Whether somebody has asked to be called with the future, as event loops do: the exception goes to them."""
    return bool(getattr(future, "_done_callbacks", None) or getattr(future, "_waiters", None))

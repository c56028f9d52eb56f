"""Errors of callbacks, of descriptions of jobs and in the Sentry SDK, which nobody else shows."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_sentry_capture._public import export
from pytest_sentry_capture._recording.callables import CallableLocation
from pytest_sentry_capture._recording.entries import Entry


@dataclass(eq=False, slots=True)
class CallbackError(Entry):
    """A callback of the application that raised, such as ``before_send``, a processor, a sampler or a ``JobSystem``.

    Attributes:
        by: the callback.
        exception_type: the class of what it raised.
        message: the exception as text.
        traceback: the text of its traceback.
        exception: the live exception, kept until the teardown of the test that uses ``sentry_capture`` ends.
    """

    by: CallableLocation
    exception_type: type[BaseException]
    message: str
    traceback: str
    exception: BaseException | None = None
    _consequence: str | None = None
    """The consequence in words for users, where the SDK has no part in it. None where the SDK swallows the error."""

    def _release_exceptions(self) -> None:
        self.exception = None


@dataclass(eq=False, slots=True)
class SdkError(Entry):
    """An error inside the SDK that the SDK swallowed and only logged.

    Attributes:
        exception_type: the class of the error.
        message: the error as text.
        traceback: the text of its traceback.
        exception: the live error, kept until the teardown of the test that uses ``sentry_capture`` ends.
    """

    exception_type: type[BaseException]
    message: str
    traceback: str
    exception: BaseException | None = None

    def _release_exceptions(self) -> None:
        self.exception = None


export(CallbackError, SdkError)

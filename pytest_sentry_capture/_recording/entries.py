"""What a recording holds beside items and discards: HTTP exchanges, and the errors that Sentry's SDK hides."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pytest_sentry_capture._recording.callables import CallableLocation
from pytest_sentry_capture._recording.exception_chain import ExceptionChain

if TYPE_CHECKING:
    from pytest_sentry_capture._recording.captures import Capture, CapturedItem
    from pytest_sentry_capture._recording.discards import Discard

Phase = Literal["setup", "call", "teardown"]


@dataclass(eq=False, slots=True)
class Entry:
    """Something seen during a test; ``phase`` is the phase of the test, None outside tests."""

    phase: Phase | None = field(default=None, kw_only=True)

    def join(self, phase: Phase | None) -> None:
        """Become part of a recording."""
        self.phase = phase

    def release_exceptions(self) -> None:
        """Let go of live exceptions; what is known of them otherwise stays."""


@dataclass(eq=False, slots=True)
class Exchange(Entry):
    """One HTTP request and its answer, as the application under test saw it.

    Attributes:
        method: of the request.
        path: of the request, without its query.
        route: the template that matched.
        status: of the answer; None until it starts.
        duration: seconds from the request until the answer was complete; None until then.
        parent: the exchange that was under way when the application called itself in process.
        hint: why something may not have been captured during it, in words for users, where its framework is the reason.
        authenticated: whether the request named its user and was not turned away.
        discarded: what was discarded meanwhile.
    """

    method: str
    path: str
    route: str | None = None
    status: int | None = None
    duration: float | None = None
    parent: Exchange | None = None
    hint: str | None = None
    authenticated: bool = False
    chain: ExceptionChain | None = None
    captures: list[Capture] = field(default_factory=list)
    discarded: list[Discard] = field(default_factory=list)

    def release_exceptions(self) -> None:
        self.chain = self.chain and self.chain.released()

    @property
    def exception(self) -> BaseException | None:
        """The live exception that left the application, kept like an event's ``original_exception``."""
        return self.chain.original if self.chain is not None else None

    @property
    def exception_type(self) -> type[BaseException] | None:
        """The class of the exception that left the application."""
        return self.chain[0].error_type if self.chain else None

    @property
    def items(self) -> list[CapturedItem]:
        """What was captured while the exchange ran, its background tasks included."""
        return [item for capture in self.captures for item in capture.items]

    def __repr__(self) -> str:
        return f"<Exchange {self.method} {self.path} -> {self.status}>"


@dataclass(eq=False, slots=True)
class CallbackError(Entry):
    """A callback of the application that raised, such as ``before_send``, a processor or a sampler.

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

    def release_exceptions(self) -> None:
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

    def release_exceptions(self) -> None:
        self.exception = None

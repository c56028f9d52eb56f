"""Items and requests that ``sentry_server`` did not accept."""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_sentry_capture._public import export
from pytest_sentry_capture._recording.entries import Capture, CapturedItem, Entry


@dataclass(eq=False, slots=True)
class Rejection(Entry):
    """A request to ``sentry_server`` that was not accepted, or the part of it that a rate limit held back.

    Attributes:
        status: the HTTP status of the answer, or None if there was none.
        reason: why, in words.
        method: the request's method, empty if no request could be read.
        path: the request's path, without the query.
        during: the simulated failures during which it came, such as ``"rate_limit"``, or None without such failures.
    """

    status: int | None
    reason: str
    method: str = ""
    path: str = ""
    during: str | None = None
    _captures: list[Capture] = field(default_factory=list)

    @property
    def items(self) -> list[CapturedItem]:
        """The typed items that were lost, in the order in which they traveled."""
        return [item for capture in self._captures for item in capture.items]

    def __repr__(self) -> str:
        request = f" {self.method} {self.path}" if self.method else ""
        return f"<Rejection{request} -> {self.status}: {self.reason}>"


export(Rejection)

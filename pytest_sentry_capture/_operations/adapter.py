"""What observes the operations of one framework."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_sentry_capture._recording import Recorder


class OperationAdapter(ABC):
    """Records what an application does for one trigger, for one framework.

    Args:
        recorder: knows the recording that an operation which begins now belongs to.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    @abstractmethod
    def install(self) -> None:
        """Observe the framework from now on, from outside of everything that others have wrapped around it.

        Called when the framework and the SDK have both been imported, and again whenever one of them was imported anew
        or a client was made: the SDK wraps frameworks then. Where this adapter is the outermost already, nothing is to
        be done. It should not raise, for the application's own import or ``init`` would fail.
        """

    @abstractmethod
    def uninstall(self) -> None:
        """Observe nothing any more, and leave the framework as it was, unless somebody has wrapped it since."""

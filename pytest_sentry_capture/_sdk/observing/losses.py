"""What the SDK reports as lost to its transport: what should have been sent, and was not, and why."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

from pytest_sentry_capture._sdk.call_stack import wrapping
from pytest_sentry_capture._sdk.observing.hand_over import is_closed
from pytest_sentry_capture._sdk.observing.observer import Observer
from pytest_sentry_capture._sdk.patching.pytest_sentry import is_pytest_sentrys
from pytest_sentry_capture._sdk.patching.touchpoints import Touchpoints

_METHOD: Final = "record_lost_event"
_TRANSPORTS: Final = "sentry_sdk.transport"
_MEANING: Final = "The discard reason is guessed from how far the SDK got."


class Losses:
    """Sees the losses that are reported to the transports of the SDK, and to those that derive from them.

    Where a transport counts losses by itself, or there is none at all, who sees a loss says so: ``note_unseen``.
    """

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._watched: set[Any] = set()

    def install(self, touchpoints: Touchpoints) -> None:
        with touchpoints.missing_means(_MEANING):
            touchpoints.find(f"transport:Transport.{_METHOD}")
            for name in touchpoints.features.transports_that_count_losses:
                touchpoints.replace(f"transport:{name}.{_METHOD}", self._watching)

    def note_unseen(self, client: Any, reason: str, category: str, quantity: int = 1) -> None:
        """Record a loss, unless it is seen on its way to the client's transport, or the client is closed."""
        transport = client.__dict__.get("transport")
        if getattr(type(transport), _METHOD, None) not in self._watched and not is_closed(client):
            self._observer.lost(reason, category, quantity, client.options)

    def _watching(self, original: Callable[..., None]) -> Callable[..., None]:
        @wrapping(original)
        def record_lost_event(
            transport: Any, reason: Any, data_category: Any = None, item: Any = None, *args: Any, **kwargs: Any
        ) -> None:
            __tracebackhide__ = True
            if _is_reported_by_the_sdk() and not self._is_anothers(transport):
                category, quantity = what_is_lost(data_category, item, kwargs.get("quantity", 1))
                self._observer.lost(reason, category, quantity, getattr(transport, "options", None) or {})
            original(transport, reason, data_category, item, *args, **kwargs)

        self._watched.add(record_lost_event)
        return record_lost_event

    def _is_anothers(self, transport: Any) -> bool:
        return self._observer.looks_away or is_pytest_sentrys(getattr(transport, "options", None) or {})


def what_is_lost(category: Any, item: Any, quantity: int) -> tuple[str, int]:
    """The category of what is reported as lost, and how many: of an item, if there is one."""
    return (category, quantity) if item is None else (item.data_category, item.headers.get("item_count") or 1)


def _is_reported_by_the_sdk() -> bool:
    """Whether the SDK says that it sends something not, and no transport that it could not deliver it."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if frame.f_code.co_name != _METHOD or module == _TRANSPORTS:  # else the method of a class that derives from it
            return module.startswith("sentry_sdk.") and module != _TRANSPORTS
        frame = frame.f_back
    return False

"""The naps of the SDK's threads, from which they can be woken: else they outlive their clients by seconds."""

from __future__ import annotations

import time
from threading import Event, Thread, current_thread
from typing import Any
from weakref import WeakKeyDictionary

from pytest_sentry_capture._sdk.patching.touchpoints import Touchpoints


class Naps:
    """Takes the place of the module ``time`` where threads of the SDK sleep, and is the same in everything else."""

    def __init__(self) -> None:
        self._awake: WeakKeyDictionary[Thread, Event] = WeakKeyDictionary()

    def install(self, touchpoints: Touchpoints) -> None:
        for name in touchpoints.features.modules_that_sleep:
            touchpoints.replace(f"{name}:time", lambda _: self)

    def sleep(self, seconds: float) -> None:
        """Like ``time.sleep``, until the calling thread is woken, which is for once."""
        event = self._event_of(current_thread())
        if event.wait(seconds):
            event.clear()

    def wake(self, thread: Thread) -> None:
        """Let a thread sleep no more."""
        self._event_of(thread).set()

    def _event_of(self, thread: Thread) -> Event:
        return self._awake.setdefault(thread, Event())

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

"""Waiting for what a recording will hold, in a thread or in a task of asyncio or trio: woken on arrival.

A forked child can wake nobody: once there was a fork, a wait looks for what its children have written, too.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from pytest_sentry_capture._recording import Recording

_INTERVAL: Final = 0.01
"""Seconds after which is looked for what children have written."""


def wait_until(condition: Callable[[], bool], recording: Recording, timeout: float) -> bool:
    """Block the thread until the condition holds. False after ``timeout`` seconds."""
    __tracebackhide__ = True  # a wait can be interrupted
    arrival = threading.Lock()  # an Event has its own lock, which deadlocks when a signal handler sets it
    arrival.acquire()

    def arrived() -> None:
        with suppress(RuntimeError):  # it has been released already
            arrival.release()

    deadline = time.monotonic() + timeout
    try:
        with recording.notifying(arrived):
            while not condition():
                rest = deadline - time.monotonic()
                has_come = arrival.acquire(timeout=_step(rest, recording))
                if not has_come and (rest <= _INTERVAL or not recording.waits_for_children):
                    return condition()
    except KeyboardInterrupt as interrupt:  # pytest names the place: let it be the test's
        raise interrupt.with_traceback(None) from None
    return True


def is_in_event_loop() -> bool:
    """Whether the calling code runs in an event loop of asyncio or trio, which it blocks while it waits."""
    if _is_in_trio():
        return True
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def until(condition: Callable[[], bool], recording: Recording, timeout: float) -> bool:
    """Suspend the task until the condition holds. False after ``timeout`` seconds."""
    __tracebackhide__ = True
    if _is_in_trio():
        return await _until_in_trio(condition, recording, timeout)
    loop = asyncio.get_running_loop()
    changed = asyncio.Event()
    deadline = loop.time() + timeout
    with recording.notifying(lambda: _call_soon(loop, changed.set)):
        while not condition():
            changed.clear()
            rest = deadline - loop.time()
            try:
                await asyncio.wait_for(changed.wait(), _step(rest, recording))
            except asyncio.TimeoutError:
                if rest <= _INTERVAL or not recording.waits_for_children:
                    return condition()
    return True


def _step(rest: float, recording: Recording) -> float:
    """How long to sleep of the rest of a wait, in seconds."""
    return max(0.0, min(rest, _INTERVAL) if recording.waits_for_children else rest)


def _is_in_trio() -> bool:
    trio = sys.modules.get("trio")
    if trio is None:
        return False
    try:
        trio.lowlevel.current_task()
    except RuntimeError:
        return False
    return True


def _call_soon(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    with suppress(RuntimeError):  # the loop has been closed
        loop.call_soon_threadsafe(callback)


async def _until_in_trio(condition: Callable[[], bool], recording: Recording, timeout: float) -> bool:
    __tracebackhide__ = True
    import trio

    token = trio.lowlevel.current_trio_token()
    send, receive = trio.open_memory_channel[None](1)

    def wake() -> None:
        with suppress(trio.WouldBlock):
            send.send_nowait(None)

    def wake_from_any_thread() -> None:
        with suppress(trio.RunFinishedError):
            token.run_sync_soon(wake, idempotent=True)

    with recording.notifying(wake_from_any_thread), trio.move_on_after(timeout):
        while not condition():
            with trio.move_on_after(_step(timeout, recording)):
                await receive.receive()
        return True
    return condition()

"""A crash after the answer, in a server that another thread runs: the framework is ``shop``."""

from __future__ import annotations

import threading
from importlib import import_module
from typing import Any

from waited_for import when_waited_for
from web import answered, may_crash

from pytest_sentry_capture import SentryCapture

shop: Any = import_module("shop")


def test_late_crash_is_captured_once(sentry_capture: SentryCapture) -> None:
    thread = threading.Thread(target=shop.get, args=["/late"])
    thread.start()
    assert answered.wait(60)

    when_waited_for(may_crash.set)
    event = sentry_capture.assert_captured(exception=ZeroDivisionError, path="/late", status_code=200)

    [exchange] = sentry_capture.exchanges
    assert event.exchange is exchange
    assert exchange.exception_type is ZeroDivisionError
    thread.join(60)

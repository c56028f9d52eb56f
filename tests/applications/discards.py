"""The discards, by a process without pytest and this plugin, and then by the test below in the same process."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sentry_sdk
from captures import BLOCKED, DELIVERED, PLAIN, direct, init, streamed, web

from any_sdk import IS_3

if TYPE_CHECKING:
    from pytest_sentry_capture import SentryCapture

CALLBACKS = ["before_send", "before_send_log", "before_send_metric"]
if not IS_3:
    CALLBACKS.append("before_send_transaction")  # no callback drops spans


def drop(item: Any, hint: Any) -> None:
    return None


def crash(item: Any, hint: Any) -> Any:
    raise RuntimeError("the filter is broken")


def drop_in_a_processor() -> None:
    sentry_sdk.get_isolation_scope().add_event_processor(drop)
    direct()


def crash_in_a_processor() -> None:
    sentry_sdk.get_isolation_scope().add_event_processor(crash)
    sentry_sdk.get_isolation_scope().add_error_processor(crash)
    direct()


def discards(dsn: str) -> None:
    for work, options in (
        (direct, dict.fromkeys(CALLBACKS, drop)),
        (direct, dict.fromkeys(CALLBACKS, crash)),
        (direct, {"sample_rate": 0.0, "traces_sample_rate": 0.0}),
        (drop_in_a_processor, {}),
        (crash_in_a_processor, {}),
        (web, dict.fromkeys(CALLBACKS, drop)),
        (streamed, {"trace_lifecycle": "stream", "traces_sample_rate": 0.0}),
        (streamed, {"trace_lifecycle": "stream", "ignore_spans": ["segment"]}),
        (streamed, {"trace_lifecycle": "stream", "ignore_spans": ["child"]}),
        (web, {"trace_lifecycle": "stream", "traces_sample_rate": 0.0}),
    ):
        with sentry_sdk.isolation_scope(), sentry_sdk.new_scope():
            init(dsn, **options)
            work()
            sentry_sdk.get_client().close()


@pytest.mark.sentry_allow("no-callback-errors", reason="the filter is broken on purpose")
@pytest.mark.parametrize(("name", "dsn"), [("blocked", BLOCKED), ("delivered", DELIVERED)])
def test(sentry_capture: SentryCapture, name: str, dsn: str) -> None:
    discards(dsn)
    with Path(f"{name}.txt").open("w") as file:
        for discard in sentry_capture.discarded:
            print(discard.reason, discard.category, discard.quantity, file=file)


if __name__ == "__main__":
    discards(PLAIN)
    assert "pytest_sentry_capture" not in sys.modules
    sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:randomly", __file__]))

"""What assertions cost in 10 000 captured events, against a list comprehension that checks the same fields."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from benchmarks.measures import Measure, report
from pytest_sentry_capture import CapturedEvent, SentryCapture
from pytest_sentry_capture._recording.entries import Capture
from pytest_sentry_capture._recording.recording import Recording
from pytest_sentry_capture._relay.relay_project import RelayProject

EVENTS = 10_000
ROUNDS = 7
WANTED = 7_654
LINES_OF_A_SCREEN = 40


class NoSdk:
    """An SDK without clients: everything is in the recording already."""

    client: Any = "active"
    options: Mapping[str, Any] = {}
    scope_values: Mapping[str, Mapping[str, Any]] = {}
    without_transactions: str | None = None
    kinds_from_logging: frozenset[str] = frozenset(("event", "log"))
    about_loop: str | None = None

    def drain(self) -> None: ...
    def flush(self) -> None: ...
    def override(self, options: dict[str, Any]) -> AbstractContextManager[None]:  # noqa: ARG002
        return nullcontext()


def payload(number: int) -> bytes:
    return json.dumps(
        {
            "level": "error" if number % 2 else "warning",
            "environment": "test",
            "transaction": f"/orders/{number % 100}",
            "tags": {"request_id": f"r-{number}", "region": "eu"},
            "user": {"id": number % 10},
            "exception": {"values": [{"type": "LookupError", "value": f"order {number}", "module": "builtins"}]},
        }
    ).encode()


def shortest(function: Callable[[], object]) -> float:
    """Seconds, the minimum of several runs."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def comprehension(events: list[CapturedEvent]) -> list[CapturedEvent]:
    return [
        event
        for event in events
        if event["level"] == "warning"
        and event["environment"] == "test"
        and event["exception"]["values"][-1]["type"] == "LookupError"
        and event["tags"].get("request_id") == f"r-{WANTED}"
    ]


def main() -> int:
    recording = Recording("benchmark")
    recording.client_was_active = True
    recording.add(*(Capture("event", payload(number)) for number in range(EVENTS)))
    capture = SentryCapture(recording, NoSdk(), RelayProject)
    events = capture.events

    def passes() -> None:
        capture.assert_captured(
            level="warning", environment="test", exception="LookupError", tags={"request_id": f"r-{WANTED}"}
        )

    def fails() -> str:
        try:
            capture.assert_captured(
                level="warning", exception="LookupError", tags={"request_id": "r-x", "region": "us"}
            )
        except AssertionError as error:
            return str(error)
        raise RuntimeError("the assertion must fail")

    assert len(comprehension(events)) == 1
    passing = shortest(passes)
    return report(
        [
            Measure(
                "assert_captured that passes / a comprehension", passing / shortest(lambda: comprehension(events)), 8
            ),
            Measure("assert_captured that passes", passing * 1000, 50, "ms"),
            Measure("assert_captured that fails", shortest(fails) * 1000, 200, "ms"),
            Measure("lines of its message", len(fails().splitlines()), LINES_OF_A_SCREEN, "lines"),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())

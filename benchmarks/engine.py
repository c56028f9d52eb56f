"""What judging events by Sentry's own engine costs, against the bare calls of the engine for the same events.

Both are given events that are parsed: rules share them, and ``benchmarks.rules`` measures parsing too.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import sentry_sdk
from sentry_relay.processing import StoreNormalizer, pii_strip_event

from benchmarks.measures import Measure, report
from pytest_sentry_capture._recording.entries import Capture
from pytest_sentry_capture._recording.kinds import CapturedEvent
from pytest_sentry_capture._relay.ingestion import Ingestion
from pytest_sentry_capture._relay.privacy import PiiSearch

EVENTS = 200
EVENTS_IN_A_TURN = 10
ROUNDS = 9


def captured() -> list[bytes]:
    """Distinct events with stack traces, variables and breadcrumbs. Personal data in every tenth."""
    payloads: list[bytes] = []

    def keep(event: Any, _: object) -> None:
        payloads.append(json.dumps(event, default=str).encode())

    with sentry_sdk.new_scope() as scope:
        scope.set_client(sentry_sdk.Client(before_send=keep, default_integrations=False))
        for number in range(EVENTS):
            scope.add_breadcrumb(category="query", message=f"SELECT {number}", data={"rows": number})
            scope.set_tag("order", f"o-{number}")
            scope.set_user({"id": str(number), "email": "jane@shop.example"} if number % 10 == 0 else {"id": "1"})
            scope.capture_exception(failure(number))
    return payloads


def failure(number: int) -> Exception | None:
    """An exception whose stack trace begins here: the variables of a caller would be sent too."""
    try:
        pay(number, depth=8)
    except ZeroDivisionError as error:
        return error
    return None


def pay(number: int, depth: int) -> float:
    order = {"number": number, "items": ["pen", "paper"], "price": number / 3, "customer": {"id": depth}}
    return pay(number, depth - 1) if depth else number / (len(order) - 4)


def shortest(*functions: Callable[[slice], object]) -> list[float]:
    """Seconds for each on all events: the sum of the shortest on a few events at a time, at which they take turns."""
    totals = [0.0] * len(functions)
    for start in range(0, EVENTS, EVENTS_IN_A_TURN):
        few = slice(start, start + EVENTS_IN_A_TURN)
        turns = [[_seconds(function, few) for function in functions] for _ in range(ROUNDS)]
        totals = [total + min(times) for total, times in zip(totals, zip(*turns, strict=True), strict=True)]
    return totals


def _seconds(function: Callable[[slice], object], few: slice) -> float:
    start = time.perf_counter()
    function(few)
    return time.perf_counter() - start


def main() -> int:
    payloads = captured()
    items = [item for each in payloads for item in Capture("event", each).items if isinstance(item, CapturedEvent)]
    events = [{**item} for item in items]
    config = json.loads(PiiSearch()._config)
    normalizer: Any = StoreNormalizer(project_id=1, remove_other=True, normalize_user_agent=True, enable_trimming=True)

    def bare_search(few: slice) -> list[object]:
        return [pii_strip_event(config, {"extra": {"data": event}}) for event in events[few]]

    def search(few: slice) -> list[int]:
        looking = PiiSearch()
        return [len(looking.findings(item)) for item in items[few]]

    def bare_normalization(few: slice) -> list[object]:
        return [normalizer.normalize_event(event) for event in events[few]]

    def normalization(few: slice) -> list[int]:
        ingestion = Ingestion()
        return [len(ingestion.objections(item)) for item in items[few]]

    every = slice(EVENTS)
    if len(set(payloads)) != EVENTS or sum(map(bool, search(every))) != EVENTS // 10 or any(normalization(every)):
        raise RuntimeError("the events are not what they must be")
    bare_searching, searching, bare_normalizing, normalizing = shortest(
        bare_search, search, bare_normalization, normalization
    )
    return report(
        [
            Measure("no-pii / bare pii_strip_event", searching / bare_searching, 1.2),
            Measure("accepted-by-sentry / bare normalize_event", normalizing / bare_normalizing, 1.2),
            Measure("no-pii, each event", searching / EVENTS * 1000, 20, "ms"),
            Measure("accepted-by-sentry, each event", normalizing / EVENTS * 1000, 20, "ms"),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())

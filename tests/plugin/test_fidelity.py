"""What is recorded is what the SDK's own HTTP transport delivers, byte for byte."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sentry_sdk.envelope import Item

import any_sdk
from applications import add_application
from pytest_sentry_capture import SentryCapture, SentryInit

if TYPE_CHECKING:
    from tests.conftest import Endpoint

KINDS = {
    *("event", "span", "log", "trace_metric", "check_in", "session", "sessions"),
    *("attachment", "feedback", "profile_chunk", "unheard_of"),
    *(() if any_sdk.IS_3 else ("transaction", "profile")),  # spans and chunks have taken their place
}


TEST = """
import pytest
from captures import BLOCKED, DELIVERED, FOLDER, captures, thread

@pytest.mark.parametrize(("name", "dsn"), [("blocked", BLOCKED), ("delivered", DELIVERED)])
def test(sentry_capture, name, dsn):
    thread.submit(captures, dsn).result()
    for number, envelope in enumerate(sentry_capture.envelopes):
        (FOLDER / f"{name}-{number:03}").write_bytes(envelope.serialize())
    assert sentry_capture.discarded == []
    assert sentry_capture.sdk_errors == []
"""

PLAIN_THEN_RECORDED = """
import sys
import pytest
from captures import PLAIN, captures, thread

thread.submit(captures, PLAIN).result()
assert "pytest_sentry_capture" not in sys.modules
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:randomly"]))
"""


NAMES_OF_CLOCKS_AND_IDS = (
    *("event_id", "trace_id", "span_id", "parent_span_id", "segment_id", r"sentry\.segment\.id"),
    *("sentry-trace", r"http\.request\.header\.sentry-trace"),
    *("profile_id", "profiler_id", r"sentry\.profiler_id", "chunk_id"),
    *("timestamp", "start_timestamp", "end_timestamp", "sent_at", "relative_start_ns", "relative_end_ns"),
    "sample_rand",  # the SDK draws it by a generator that is seeded with the trace_id
)
CLOCKS_AND_IDS = re.compile(rf'"({"|".join(NAMES_OF_CLOCKS_AND_IDS)})":(\{{"value":\[?)?("[^"]*"|[0-9.]+)'.encode())


@pytest.mark.needs("data_collection", "streamed spans")
def test_what_is_recorded_is_what_is_delivered(pytester: pytest.Pytester, endpoint: Endpoint) -> None:
    """By a plain process to an independent server, without this plugin. Then recorded in a test in the same process."""
    folder = pytester.mkdir("recorded")
    add_application(pytester, "captures", "captures")
    pytester.makepyfile(test_captures=TEST, run=PLAIN_THEN_RECORDED)

    result = pytester.run(sys.executable, "run.py", folder, str(endpoint.server_port), timeout=120)

    assert result.ret == 0
    plain, delivered = ([body for path, body in endpoint.requests if f"/api/{n}/" in path] for n in (1, 3))
    blocked, recorded = ([f.read_bytes() for f in sorted(folder.glob(f"{n}-*"))] for n in ("blocked", "delivered"))
    assert kinds(plain) == KINDS
    assert sorted(recorded) == sorted(delivered)
    expected = comparable(plain)
    assert comparable(blocked) == expected
    assert comparable(delivered) == expected


@pytest.mark.needs("data_collection", "streamed spans", "errors of callbacks that the SDK catches")
def test_discards_are_what_the_sdk_reports_to_sentry(pytester: pytest.Pytester, endpoint: Endpoint) -> None:
    """The client reports of a plain process. Then what is recorded as discarded by a test in the same process."""
    add_application(pytester, "captures", "captures")
    add_application(pytester, "discards", "test_discards")

    result = pytester.run(sys.executable, "test_discards.py", "unused", str(endpoint.server_port), timeout=120)

    assert result.ret == 0
    plain, delivered = (
        reported(body for path, body in endpoint.requests if f"/api/{project}/" in path) for project in (1, 3)
    )
    assert {reason for reason, _ in plain} == {
        *("before_send", "event_processor", "sample_rate", "callback_error", "ignored")
    }
    assert {category for _, category in plain} == {
        *("error", "span", "log_item", "log_byte", "trace_metric", "trace_metric_byte"),
        *(() if any_sdk.IS_3 else ("transaction",)),
    }
    assert delivered.keys() == plain.keys()
    assert without_bytes(delivered) == without_bytes(plain)
    for name in "blocked", "delivered":
        recorded: Counter[tuple[str, str]] = Counter()
        for line in Path(f"{name}.txt").read_text().splitlines():
            reason, category, quantity = line.split()
            recorded[reason, category] += int(quantity)
        assert recorded == without_bytes(plain)


@pytest.mark.needs("logs")
@pytest.mark.needs("discards of full buffers")
def test_a_batch_that_is_lost_counts_for_all_that_it_holds(
    sentry_capture: SentryCapture, sentry_init: SentryInit
) -> None:
    batcher: Any = sentry_init(dsn="https://key@sentry.invalid/1", **any_sdk.logs_enabled()).log_batcher
    item = Item(b"{}", {"item_count": 3}, type="log")

    batcher._record_lost_func(reason="queue_overflow", data_category="log_item", item=item)

    [discard] = sentry_capture.discarded
    assert (discard.reason, discard.category, discard.kind) == ("queue_overflow", "log_item", "log")
    assert discard.quantity == 3


def comparable(envelopes: Iterable[bytes]) -> list[list[bytes]]:
    """Without clocks and ids, and with each profile chunk once: how many there are depends on how long it took."""
    chunks: list[list[bytes]] = []
    others: list[list[bytes]] = []
    for envelope in map(without_clocks_and_ids, envelopes):
        if not any(b'"type":"profile_chunk"' in line for line in envelope):
            others.append(envelope)
        elif envelope not in chunks:
            chunks.append(envelope)
    return sorted([*chunks, *others])


def reported(envelopes: Iterable[bytes]) -> Counter[tuple[str, str]]:
    """What client reports say was discarded: how much, by reason and category."""
    discards: Counter[tuple[str, str]] = Counter()
    for body in envelopes:
        for header, payload in items(body):
            if json.loads(header).get("type") == "client_report":
                for lost in json.loads(payload)["discarded_events"]:
                    discards[lost["reason"], lost["category"]] += lost["quantity"]
    return discards


def without_bytes(discards: Counter[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Without the sizes, which are shown beside the numbers and vary with the clock."""
    return {lost: quantity for lost, quantity in discards.items() if not lost[1].endswith("_byte")}


def items(envelope: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The header of the envelope, then the header and the payload of each item."""
    header, _, rest = envelope.partition(b"\n")
    yield header, b""
    while rest:
        header, _, rest = rest.partition(b"\n")
        length = json.loads(header)["length"]
        assert rest[length : length + 1] == b"\n"
        yield header, rest[:length]
        rest = rest[length + 1 :]


def without_clocks_and_ids(envelope: bytes) -> list[bytes]:
    """The lines of an envelope. The length of a payload is seen to be right, and left out: it varies with the clock."""
    lines = []
    for header, payload in items(envelope):
        lines.append(re.sub(rb'"length": ?[0-9]+', b"", CLOCKS_AND_IDS.sub(rb'"\1"', header)))
        kind = json.loads(header).get("type")
        lines.append(CLOCKS_AND_IDS.sub(rb'"\1"', CHANCE[kind](payload) if kind in CHANCE else payload))
    return lines


def without_minutes(payload: bytes) -> bytes:
    """Sessions are counted by the minute in which they began, and a minute may end between two requests."""
    content = json.loads(payload)
    counts: Counter[str] = Counter()
    for minute in content["aggregates"]:
        counts.update({name: count for name, count in minute.items() if name != "started"})
    return json.dumps({**content, "aggregates": dict(counts)}, sort_keys=True).encode()


def without_samples(payload: bytes) -> bytes:
    """What a profiler met is chance. That it is recorded as it is delivered is seen without leaving it out."""
    content = json.loads(payload)
    assert content["profile"]["samples"]
    for transaction in content.get("transactions", ()):
        del transaction["id"]
    return json.dumps({**content, "profile": sorted(content["profile"])}, separators=(",", ":")).encode()


CHANCE = {"sessions": without_minutes, "profile": without_samples, "profile_chunk": without_samples}


def kinds(envelopes: Iterable[bytes]) -> set[str]:
    return {json.loads(header)["type"] for each in envelopes for header, _ in [*items(each)][1:]}

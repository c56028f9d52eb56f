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
from pytest_sentry_capture import SentryCapture, SentryInit

if TYPE_CHECKING:
    from tests.conftest import Endpoint

KINDS = {
    *("event", "span", "log", "trace_metric", "check_in", "session", "sessions"),
    *("attachment", "feedback", "profile_chunk", "unheard_of"),
    *(() if any_sdk.IS_3 else ("transaction", "profile")),  # spans and chunks have taken their place
}

CAPTURES = '''
"""The captures, by a process without pytest and this plugin, and then by a test in the same process."""
import asyncio, gc, json, logging, pathlib, sys, threading, time, uuid, warnings
from concurrent.futures import ThreadPoolExecutor

import any_sdk, fakeredis, httpx, pytest, sentry_sdk, sqlalchemy
from any_sdk import IS_3
from fastapi import FastAPI, HTTPException
from sentry_sdk.crons import capture_checkin
from sentry_sdk.envelope import Envelope, Item, PayloadRef
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.integrations.starlette import StarletteIntegration
from sentry_sdk.session import Session

FOLDER = pathlib.Path(sys.argv[1])
PORT = sys.argv[2]
PLAIN, BLOCKED, DELIVERED = f"http://key@127.0.0.1:{PORT}/1", "http://key@sentry.invalid/2", f"http://key@127.0.0.1:{PORT}/3"
TRACE = {
    "sentry-trace": f"{'a' * 32}-{'b' * 16}-1",
    "baggage": f"sentry-trace_id={'a' * 32},sentry-sample_rand=0.250000,sentry-sampled=true,sentry-release=1",
}


def init(dsn, integrations=(), **options):
    defaults = {
        "release": "shop@1", "environment": "test", "traces_sample_rate": 1.0, "attach_stacktrace": False,
        "integrations": [LoggingIntegration(level=logging.INFO, event_level=logging.ERROR), *integrations],
    }
    sentry_sdk.init(dsn, **{**defaults, **any_sdk.logs_enabled(), **options})


def fail(amount):
    price = {"euro": amount, "words": "zwölf €", "nothing": None, "list": [1.5, True, b"raw", {"deep": (1, 2)}]}
    return price["euro"] / 0


def direct():
    sentry_sdk.set_tag("shop", "berlin")
    sentry_sdk.set_user({"id": "7", "email": "jane@example.org", "password": "hunter2"})
    sentry_sdk.set_context("order", {"number": 17, "weight": 0.1, "huge": 2**70, "surrogate": "\\\\ud800"})
    sentry_sdk.add_breadcrumb(message="opened", data={"n": 1})
    sentry_sdk.capture_message("Grüße \\\\u2028 \\\\x00", level="warning")
    try:
        fail(12)
    except ZeroDivisionError as error:
        sentry_sdk.capture_exception(error)
        try:
            raise KeyError("jane") from error
        except KeyError:
            logging.getLogger("shop").exception("order %s of %s", 17, "jane")
    with sentry_sdk.new_scope() as scope:
        scope.add_attachment(bytes=b"a,b\\\\n\\\\x00\\\\xff\\\\n", filename="a.csv")
        scope.fingerprint = ["one", "{{ default }}"]
        sentry_sdk.capture_event({"message": "with an attachment", "extra": {"set": {1}, "object": fail.__name__}})
    schedule = {"schedule": {"type": "interval", "value": 1}}
    capture_checkin("nightly", check_in_id="7" * 32, status="in_progress", monitor_config=schedule)
    others = Envelope()  # which the Python SDK makes none of by itself
    others.add_item(Item(PayloadRef(json={"contexts": {"feedback": {"message": "fine"}}}), type="feedback"))
    others.add_item(Item(PayloadRef(bytes=b"\\\\x00\\\\n{}"), type="unheard_of", headers={"more": 1}))
    sentry_sdk.get_client().transport.capture_envelope(others)
    with any_sdk.segment("nightly", op="job"), any_sdk.span("select", op="db", rows=3):
        pass
    sentry_sdk.flush()
    sentry_sdk.logger.info("hello {name}", name="jane")
    sentry_sdk.logger.error("failed", attributes={"n": 1.5, "ok": True})
    sentry_sdk.metrics.count("orders", 1, attributes={"shop": "berlin"})
    sentry_sdk.metrics.distribution("weight", 1.5, unit="gram")
    started = sentry_sdk.utils.datetime_from_isoformat("2026-01-02T03:04:05Z")
    for mode in "application", "request":
        session = Session(sid=uuid.UUID(int=7), release="shop@1", environment="test", started=started,
                          timestamp=started, duration=2.5, status="ok", session_mode=mode, did="7")
        session.close()
        sentry_sdk.get_client().capture_session(session)


def with_stacktrace():
    sentry_sdk.capture_message("hello")
    logging.getLogger("shop").error("order %s", 17)


async def request_all(app):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False)) as client:
        for path in "/crash?token=abc&page=2", "/missing", "/fine":
            headers = {"Authorization": "Bearer x", "Cookie": "theme=dark; session=abc", "X-Forwarded-For": "10.0.0.1"}
            await client.post(f"http://shop{path}", json={"iban": "DE02", "n": [1]}, headers=headers)
            sentry_sdk.flush()  # else the SDK's thread sends the spans of one, two or three requests together


def web():
    """Starlette, FastAPI, SQLAlchemy, Redis and logging together, with callbacks that change what is sent."""
    # The SDK's worker belongs to the scope in which it starts, and takes its requests to a port for the application's.
    sentry_sdk.capture_message("outside of a request")
    app = FastAPI()
    engine = sqlalchemy.create_engine("sqlite://")
    redis = fakeredis.FakeRedis(host="localhost", server=fakeredis.FakeServer())

    @app.post("/{name}")
    async def serve(name: str):
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text("select :name"), {"name": name})
        redis.set("last", name)
        logging.getLogger("shop").warning("serving %s", name)
        if name == "missing":
            raise HTTPException(404, "no such order")
        return {"crash": 1 / 0} if name == "crash" else {}

    asyncio.run(request_all(app))


def add_tag(event, hint):
    event.setdefault("tags", {})["seen"] = "yes"
    return event


def add_attribute(span, hint):
    span["attributes"]["seen"] = "yes"
    return span


CHANGES = {"before_send_span": add_attribute} if IS_3 else {"before_send_transaction": add_tag}

LITTLE = {
    "user_info": False, "http_bodies": [], "cookies": {"mode": "off"}, "stack_frame_variables": False,
    "http_headers": {"request": {"mode": "allowlist", "terms": ["host"]}},
    "url_query_params": {"mode": "denylist", "terms": ["page"]}, "frame_context_lines": 0, "database_query_data": False,
}


def streamed():
    with sentry_sdk.traces.start_span(name="segment", attributes={"n": 1}):
        with sentry_sdk.traces.start_span(name="child"):
            pass


def profiled():
    with sentry_sdk.start_transaction(name="nightly") as transaction:
        while transaction._profile.unique_samples < 3:
            sum(range(1000))


def wait_for_samples():
    while len(sentry_sdk.profiler.continuous_profiler._scheduler.buffer.chunk.samples) < 3:
        sum(range(1000))


def profiled_continuously():
    sentry_sdk.profiler.start_profiler()
    wait_for_samples()
    sentry_sdk.profiler.stop_profiler()


def profiled_while_traced():
    with any_sdk.segment("nightly"):
        wait_for_samples()


def captures(dsn):
    for work, options in (
        (direct, {}),
        (with_stacktrace, {"attach_stacktrace": True, **any_sdk.without_local_variables()}),
        (web, {
            "before_send": add_tag, "before_send_log": lambda log, hint: log, **CHANGES,
            **any_sdk.with_personal_data(), **any_sdk.without_local_variables(),
            "integrations": [StarletteIntegration(failed_request_status_codes={404, 500})],
        }),
        (web, {"data_collection": LITTLE}),
        (streamed, {"trace_lifecycle": "stream"}),
        *(() if IS_3 else ((profiled, {"profiles_sample_rate": 1.0}),)),
        (profiled_continuously, {"profile_session_sample_rate": 1.0, "profile_lifecycle": "manual"}),
        (profiled_while_traced, {"profile_session_sample_rate": 1.0, "profile_lifecycle": "trace"}),
    ):
        with sentry_sdk.isolation_scope(), sentry_sdk.new_scope():
            init(dsn, **options)
            sentry_sdk.continue_trace(TRACE)
            work()
            sentry_sdk.get_client().close()


warnings.simplefilter("ignore")
gc.disable()  # CPython 3.10 and 3.11 can deadlock where a collection meets a profiler
thread = ThreadPoolExecutor(1)  # the same one for all: what is captured has its name, its identifier and its frames
'''

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

DISCARDS = """
import sys
import pytest, sentry_sdk
from any_sdk import IS_3
from captures import BLOCKED, DELIVERED, PLAIN, direct, init, streamed, web

CALLBACKS = ["before_send", "before_send_log", "before_send_metric"]
if not IS_3:
    CALLBACKS.append("before_send_transaction")  # no callback drops spans

def drop(item, hint):
    return None

def crash(item, hint):
    raise RuntimeError("the filter is broken")

def drop_in_a_processor():
    sentry_sdk.get_isolation_scope().add_event_processor(drop)
    direct()

def crash_in_a_processor():
    sentry_sdk.get_isolation_scope().add_event_processor(crash)
    sentry_sdk.get_isolation_scope().add_error_processor(crash)
    direct()

def discards(dsn):
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
def test(sentry_capture, name, dsn):
    discards(dsn)
    with open(f"{name}.txt", "w") as file:
        for discard in sentry_capture.discarded:
            print(discard.reason, discard.category, discard.quantity, file=file)

if __name__ == "__main__":
    discards(PLAIN)
    assert "pytest_sentry_capture" not in sys.modules
    sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:randomly", __file__]))
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
    """By a plain process to an independent server, without this plugin; then recorded in a test in the same process."""
    folder = pytester.mkdir("recorded")
    pytester.makepyfile(captures=CAPTURES, test_captures=TEST, run=PLAIN_THEN_RECORDED)

    result = pytester.run(sys.executable, "run.py", folder, str(endpoint.server_port), timeout=120)

    assert result.ret == 0
    plain, delivered = ([body for path, body in endpoint.requests if f"/api/{n}/" in path] for n in (1, 3))
    blocked, recorded = ([f.read_bytes() for f in sorted(folder.glob(f"{n}-*"))] for n in ("blocked", "delivered"))
    assert kinds(plain) == KINDS
    assert sorted(recorded) == sorted(delivered)
    expected = sorted(map(without_clocks_and_ids, plain))
    assert sorted(map(without_clocks_and_ids, blocked)) == expected
    assert sorted(map(without_clocks_and_ids, delivered)) == expected


@pytest.mark.needs("data_collection", "streamed spans", "errors of callbacks that the SDK catches")
def test_discards_are_what_the_sdk_reports_to_sentry(pytester: pytest.Pytester, endpoint: Endpoint) -> None:
    """The client reports of a plain process; then what is recorded as discarded by a test in the same process."""
    pytester.makepyfile(captures=CAPTURES, test_discards=DISCARDS)

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
    """Without the sizes, which are told beside the numbers and vary with the clock."""
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
    """The lines of an envelope; the length of a payload is seen to be right, and left out: it varies with the clock."""
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
    """What a profiler met is chance; that it is recorded as it is delivered is seen without leaving it out."""
    content = json.loads(payload)
    assert content["profile"]["samples"]
    for transaction in content.get("transactions", ()):
        del transaction["id"]
    return json.dumps({**content, "profile": sorted(content["profile"])}, separators=(",", ":")).encode()


CHANCE = {"sessions": without_minutes, "profile": without_samples, "profile_chunk": without_samples}


def kinds(envelopes: Iterable[bytes]) -> set[str]:
    return {json.loads(header)["type"] for each in envelopes for header, _ in [*items(each)][1:]}

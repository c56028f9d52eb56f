"""The captures, by a process without pytest and this plugin, and then by a test in the same process.

The command line has the folder for what is recorded, and the port of the Sentry to which the captures are delivered.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import uuid
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import fakeredis
import httpx
import sentry_sdk
import sqlalchemy
from fastapi import FastAPI, HTTPException
from sentry_sdk.crons import capture_checkin
from sentry_sdk.envelope import Envelope, Item, PayloadRef
from sentry_sdk.integrations import Integration
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.integrations.starlette import StarletteIntegration
from sentry_sdk.session import Session

import any_sdk
from any_sdk import IS_3

FOLDER = Path(sys.argv[1])
PORT = sys.argv[2]
PLAIN = f"http://key@127.0.0.1:{PORT}/1"
BLOCKED = "http://key@sentry.invalid/2"
DELIVERED = f"http://key@127.0.0.1:{PORT}/3"
TRACE = {
    "sentry-trace": f"{'a' * 32}-{'b' * 16}-1",
    "baggage": f"sentry-trace_id={'a' * 32},sentry-sample_rand=0.250000,sentry-sampled=true,sentry-release=1",
}
LITTLE = {
    "user_info": False,
    "http_bodies": [],
    "cookies": {"mode": "off"},
    "stack_frame_variables": False,
    "http_headers": {"request": {"mode": "allowlist", "terms": ["host"]}},
    "url_query_params": {"mode": "denylist", "terms": ["page"]},
    "frame_context_lines": 0,
    "database_query_data": False,
}
sdk: Any = sentry_sdk
"""The SDK, some versions of which have not all that is used here."""


def init(dsn: str, integrations: Sequence[Integration] = (), **options: Any) -> None:
    defaults: dict[str, Any] = {
        "release": "shop@1",
        "environment": "test",
        "traces_sample_rate": 1.0,
        "attach_stacktrace": False,
        "integrations": [LoggingIntegration(level=logging.INFO, event_level=logging.ERROR), *integrations],
    }
    sentry_sdk.init(dsn, **{**defaults, **any_sdk.logs_enabled(), **options})


def fail(amount: int) -> float:
    price: dict[str, Any] = {
        "euro": amount,
        "words": "zwölf €",
        "nothing": None,
        "list": [1.5, True, b"raw", {"deep": (1, 2)}],
    }
    broken: float = price["euro"] / 0
    return broken


def direct() -> None:
    sentry_sdk.set_tag("shop", "berlin")
    sentry_sdk.set_user({"id": "7", "email": "jane@example.org", "password": "hunter2"})
    sentry_sdk.set_context("order", {"number": 17, "weight": 0.1, "huge": 2**70, "surrogate": "\ud800"})
    sentry_sdk.add_breadcrumb(message="opened", data={"n": 1})
    sentry_sdk.capture_message("Grüße \u2028 \x00", level="warning")
    try:
        fail(12)
    except ZeroDivisionError as error:
        sentry_sdk.capture_exception(error)
        try:
            raise KeyError("jane") from error
        except KeyError:
            logging.getLogger("shop").exception("order %s of %s", 17, "jane")
    with sentry_sdk.new_scope() as scope:
        scope.add_attachment(bytes=b"a,b\n\x00\xff\n", filename="a.csv")
        scope.fingerprint = ["one", "{{ default }}"]
        sentry_sdk.capture_event({"message": "with an attachment", "extra": {"set": {1}, "object": fail.__name__}})
    schedule = {"schedule": {"type": "interval", "value": 1}}
    capture_checkin("nightly", check_in_id="7" * 32, status="in_progress", monitor_config=schedule)  # type: ignore[arg-type]
    others = Envelope()  # which the Python SDK makes none of by itself
    others.add_item(Item(PayloadRef(json={"contexts": {"feedback": {"message": "fine"}}}), type="feedback"))
    others.add_item(Item(PayloadRef(bytes=b"\x00\n{}"), type="unheard_of", headers={"more": 1}))
    sdk.get_client().transport.capture_envelope(others)
    with any_sdk.segment("nightly", op="job"), any_sdk.span("select", op="db", rows=3):
        pass
    sentry_sdk.flush()
    sentry_sdk.logger.info("hello {name}", name="jane")
    sentry_sdk.logger.error("failed", attributes={"n": 1.5, "ok": True})
    sentry_sdk.metrics.count("orders", 1, attributes={"shop": "berlin"})
    sentry_sdk.metrics.distribution("weight", 1.5, unit="gram")
    started = sentry_sdk.utils.datetime_from_isoformat("2026-01-02T03:04:05Z")
    for mode in "application", "request":
        session = Session(
            sid=uuid.UUID(int=7),
            release="shop@1",
            environment="test",
            started=started,
            timestamp=started,
            duration=2.5,
            status="ok",
            session_mode=mode,
            did="7",
        )
        session.close()
        sdk.get_client().capture_session(session)


def with_stacktrace() -> None:
    sentry_sdk.capture_message("hello")
    logging.getLogger("shop").error("order %s", 17)


async def request_all(app: FastAPI) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False)) as client:
        for path in "/crash?token=abc&page=2", "/missing", "/fine":
            headers = {"Authorization": "Bearer x", "Cookie": "theme=dark; session=abc", "X-Forwarded-For": "10.0.0.1"}
            await client.post(f"http://shop{path}", json={"iban": "DE02", "n": [1]}, headers=headers)
            sentry_sdk.flush()  # else the SDK's thread sends the spans of one, two or three requests together


def web() -> None:
    """Starlette, FastAPI, SQLAlchemy, Redis and logging together, with callbacks that change what is sent."""
    # The SDK's worker belongs to the scope in which it starts, and takes its requests to a port for the application's.
    sentry_sdk.capture_message("outside of a request")
    app = FastAPI()
    engine = sqlalchemy.create_engine("sqlite://")
    redis = fakeredis.FakeRedis(host="localhost", server=fakeredis.FakeServer())

    @app.post("/{name}")
    async def serve(name: str) -> dict[str, float]:
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text("select :name"), {"name": name})
        redis.set("last", name)
        logging.getLogger("shop").warning("serving %s", name)
        if name == "missing":
            raise HTTPException(404, "no such order")
        return {"crash": 1 / 0} if name == "crash" else {}

    asyncio.run(request_all(app))


def add_tag(event: Any, hint: Any) -> Any:
    event.setdefault("tags", {})["seen"] = "yes"
    return event


def add_attribute(span: Any, hint: Any) -> Any:
    span["attributes"]["seen"] = "yes"
    return span


CHANGES = {"before_send_span": add_attribute} if IS_3 else {"before_send_transaction": add_tag}


def streamed() -> None:
    with sentry_sdk.traces.start_span(name="segment", attributes={"n": 1}), sentry_sdk.traces.start_span(name="child"):
        pass


def profiled() -> None:
    with sdk.start_transaction(name="nightly") as transaction:
        while transaction._profile.unique_samples < 3:
            sum(range(1000))


def wait_for_samples() -> None:
    while len(sdk.profiler.continuous_profiler._scheduler.buffer.chunk.samples) < 3:
        sum(range(1000))


def profiled_continuously() -> None:
    sdk.profiler.start_profiler()
    wait_for_samples()
    sdk.profiler.stop_profiler()


def profiled_while_traced() -> None:
    with any_sdk.segment("nightly"):
        wait_for_samples()


def captures(dsn: str) -> None:
    changed = {
        "before_send": add_tag,
        "before_send_log": lambda log, hint: log,
        **CHANGES,
        **any_sdk.with_personal_data(),
        **any_sdk.without_local_variables(),
        "integrations": [StarletteIntegration(failed_request_status_codes={404, 500})],
    }
    for work, options in (
        (direct, {}),
        (with_stacktrace, {"attach_stacktrace": True, **any_sdk.without_local_variables()}),
        (web, changed),
        (web, {"data_collection": LITTLE}),
        (streamed, {"trace_lifecycle": "stream"}),
        *(() if IS_3 else ((profiled, {"profiles_sample_rate": 1.0}),)),
        (profiled_continuously, {"profile_session_sample_rate": 1.0, "profile_lifecycle": "manual"}),
        (profiled_while_traced, {"profile_session_sample_rate": 1.0, "profile_lifecycle": "trace"}),
    ):
        with sentry_sdk.isolation_scope(), sentry_sdk.new_scope():
            init(dsn, **options)
            sdk.continue_trace(TRACE)
            work()
            sentry_sdk.get_client().close()


warnings.simplefilter("ignore")
gc.disable()  # CPython 3.10 and 3.11 can deadlock where a collection meets a profiler
thread = ThreadPoolExecutor(1)  # the same one for all: what is captured has its name, its identifier and its frames

"""What segments are with the installed sentry-sdk: tests that write it to the file ``SEGMENTS``, as lines of JSON.

``python -m matrix.segments`` runs them with several SDKs, and the tests of the documentation with the installed one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
import sentry_sdk

from any_sdk import IS_3
from pytest_sentry_capture import CapturedSegment, SentryCapture

Case = tuple[str, Callable[[], object]]
"""What an application does, in words and in code. Most SDKs make one segment of it."""

sdk: Any = sentry_sdk  # whose functions depend on its version
CAN_STREAM: Final = "trace_lifecycle" in sdk.consts.DEFAULT_OPTIONS
LIFECYCLES: Final = ("", "stream") if CAN_STREAM and not IS_3 else ("",)
FAMILIES: Final = ("db", "http.request.header", "network", "process", "sentry", "server", "thread")
"""Attributes that are known by the beginning of their names."""
FIELDS: Final = (
    "name", "op", "status", "source", "origin", "environment", "release", "status_code", "method", "path", "route",
)  # fmt: skip


def of_fastapi(_: str) -> Iterator[Case]:
    fastapi = pytest.importorskip("fastapi")
    testclient = pytest.importorskip("fastapi.testclient")
    app = fastapi.FastAPI()

    def read_order(number: int, rows: int = 1, status: int = 200) -> float:
        if status != 200:
            raise fastapi.HTTPException(status)
        return number / rows

    app.get("/orders/{number}")(read_order)
    client = testclient.TestClient(app, raise_server_exceptions=False)
    yield "answered 200", partial(client.get, "/orders/1")
    yield "a crash", partial(client.get, "/orders/1?rows=0")
    yield "`HTTPException(404)`", partial(client.get, "/orders/1?status=404")
    yield "`HTTPException(503)`", partial(client.get, "/orders/1?status=503")


def of_flask(_: str) -> Iterator[Case]:
    flask = pytest.importorskip("flask")
    app = flask.Flask("shop")

    def read_order(number: int) -> str:
        if "status" in flask.request.args:
            flask.abort(int(flask.request.args["status"]))
        return str(number / int(flask.request.args.get("rows", 1)))

    app.route("/orders/<int:number>")(read_order)
    client = app.test_client()
    yield "answered 200", partial(client.get, "/orders/1")
    yield "a crash", partial(client.get, "/orders/1?rows=0")
    yield "`abort(404)`", partial(client.get, "/orders/1?status=404")
    yield "`abort(503)`", partial(client.get, "/orders/1?status=503")


def of_celery(_: str) -> Iterator[Case]:
    celery = pytest.importorskip("celery")
    exceptions = pytest.importorskip("celery.exceptions")
    app = celery.Celery("shop", broker="memory://")

    def raise_error(error: BaseException | None = None) -> None:
        if error is not None:
            raise error

    pack = app.task(name="shop.pack")(raise_error)
    yield "a task that succeeds", pack.apply
    yield "a task that fails", partial(pack.apply, [OSError()])
    yield "a task that raises `Ignore`", partial(pack.apply, [exceptions.Ignore()])


def of_application(lifecycle: str) -> Iterator[Case]:
    if not IS_3 and not lifecycle:
        start = partial(sdk.start_transaction, name="nightly import", op="task")
    else:
        start_span = sdk.traces.start_span if lifecycle else sdk.start_span
        start = partial(start_span, name="nightly import", attributes={"sentry.op": "task"})

    def nightly_import(rows: int) -> None:
        with suppress(ZeroDivisionError), start():
            12 / rows

    yield "a block that ends", partial(nightly_import, 1)
    yield "a block that an exception leaves", partial(nightly_import, 0)


def of_sqlalchemy(_: str) -> Iterator[Case]:
    sqlalchemy = pytest.importorskip("sqlalchemy")

    def query() -> None:
        engine = sqlalchemy.create_engine("sqlite://")
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text("select 1"))
        engine.dispose()

    yield "a query outside of all of these", query


ORIGINS: Final[dict[str, Callable[[str], Iterator[Case]]]] = {
    "FastAPI": of_fastapi,
    "Flask": of_flask,
    "Celery": of_celery,
    "started by the application": of_application,
    "SQLAlchemy": of_sqlalchemy,
}


@pytest.mark.parametrize("lifecycle", LIFECYCLES)
@pytest.mark.parametrize("origin", ORIGINS)
def test_segments(origin: str, lifecycle: str, sentry_capture: SentryCapture) -> None:
    options = {"trace_lifecycle": lifecycle} if lifecycle else {}
    sdk.init(
        dsn="https://public@sentry.invalid/1",
        release="shop@1.2",
        environment="test",
        traces_sample_rate=1.0,
        **options,
    )
    column = f"{sdk.VERSION}, streamed" if lifecycle else sdk.VERSION
    with Path(os.environ["SEGMENTS"]).open("a", encoding="utf-8") as file:
        for case, do in ORIGINS[origin](lifecycle):
            sentry_capture.clear()
            do()
            segments = [described(segment) for segment in sentry_capture.segments]
            file.write(json.dumps({"sdk": column, "origin": origin, "case": case, "segments": segments}) + "\n")


def described(segment: CapturedSegment) -> dict[str, Any]:
    """The segment's fields, the SDK's own word for its status, and the names of its attributes."""
    root = segment if segment.is_span else segment["contexts"]["trace"]
    return {
        **{name: getattr(segment, name) for name in FIELDS},
        "status, the SDK's own word": root.get("status"),
        "attributes": sorted({family(name) for name in segment.attributes}),
    }


def family(attribute: str) -> str:
    return next((f"{name}.*" for name in FAMILIES if attribute.startswith(f"{name}.")), attribute)

"""A shop that has data planted where only names belong: a function for each place, and what they plant."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sentry_sdk
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sentry_sdk.crons import capture_checkin

from any_sdk import logging_to_events, segment

PLANTED = {
    "an address": "alice@planted.example",
    "an encoded address": "alice%40planted.example",
    "a number": "4111111111111111",
    "an IP address": "203.0.113.7",
    "a token with a name": "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
    "a JSON Web Token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.dozjgNryP4J3jVmNHl0w5N",
    "a random token": "tok-x7Q2mK9pL4vB6nR1sT4zW8",
    "a script": "<script>window.touched=1</script>",
    "an event handler": 'x" onmouseover="window.touched=1',
    "an unquoted event handler": "<img src=x onerror=window.touched=1>",
    "the end of a script": "</script></style><b>planted</b>",
    "a link": "javascript:window.touched=1",
    "an override": "planted\u202egnp.exe",
    "an isolate": "planted\u2067gnp.exe\u2069",
    "an Arabic mark": "planted\u061cgnp.exe",
    "an escape sequence": "planted\x1b[31mred",
}
"""Each by what it is."""
sentry_sdk.init(
    dsn="https://key@sentry.invalid/1", traces_sample_rate=1.0, integrations=logging_to_events(), max_breadcrumbs=5
)


def crash(error: type[Exception] = LookupError, text: str = "", file: str = __file__) -> None:
    """Report an exception that a file has raised."""
    names: dict[str, object] = {"__name__": "shop", "raised": error(text)}
    try:
        exec(compile("raise raised", file, "exec"), names)
    except Exception:
        sentry_sdk.capture_exception()


def exception_text(planted: str) -> None:
    crash(text=planted)


def class_name(planted: str) -> None:
    crash(type(planted, (Exception,), {"__module__": planted}))


def tag_name(planted: str) -> None:
    sentry_sdk.set_tag(planted, "x")
    sentry_sdk.capture_message("no tea")


def tag_value(planted: str) -> None:
    sentry_sdk.set_tag("shop", planted)
    sentry_sdk.capture_message("no tea")


def route(planted: str) -> None:
    app = FastAPI()
    app.get(f"/orders/{planted}")(crash_in_request)
    TestClient(app, raise_server_exceptions=False).get(f"/orders/{quote(planted)}")


def logger(planted: str) -> None:
    logging.getLogger(planted).error("no tea for %s", planted)
    event: Any = {"message": "no tea", "logger": planted, "level": planted}
    sentry_sdk.capture_event(event)


def transaction(planted: str) -> None:
    with segment(planted, planted):
        sentry_sdk.capture_message("no tea")
    sentry_sdk.capture_event({"transaction": planted, "transaction_info": {"source": "route"}})


def monitor(planted: str) -> None:
    capture_checkin(monitor_slug=planted, status="ok")


def test_id(planted: str) -> None:
    """The test has it in its parameters."""
    crash()


def user(planted: str) -> None:
    sentry_sdk.set_user({"id": planted, planted: planted})
    sentry_sdk.capture_message("no tea")


def header(planted: str) -> None:
    sentry_sdk.capture_event({"request": {"headers": {planted: planted}, "url": planted, "query_string": planted}})


def file_path(planted: str) -> None:
    """One below the rootdir, one in the folder of a user, and one of a name that is planted."""
    name = planted.replace("/", "|")
    below = Path(__file__).with_name(name)
    for path in (below, below / "app.py", Path("/home", name, "app.py")):
        crash(file=str(path))


def other_names(planted: str) -> None:
    sentry_sdk.add_breadcrumb(category=planted, type=planted, message=planted, data={planted: planted})
    sentry_sdk.set_context(planted, {planted: planted})
    others: Any = {planted: {planted: planted}}
    event: Any = {"message": planted, "release": planted, "extra": others, **others}
    sentry_sdk.capture_event(event)


def callback(planted: str) -> None:
    def before_send(event: object, hint: object) -> None:
        return None

    before_send.__qualname__ = planted
    with sentry_sdk.Client(dsn="https://key@sentry.invalid/1", before_send=before_send) as client:
        client.capture_event({"message": "no tea"})


def job(planted: str) -> None:
    with suppress(LookupError):
        run_job(planted)


def run_job(name: str) -> None:
    """Run a job, as the project's own system does."""
    crash()
    raise LookupError(name)


def crash_in_request() -> None:
    raise LookupError


PLACES: dict[str, Callable[[str], None]] = {
    each.__name__: each
    for each in (
        *(exception_text, class_name, tag_name, tag_value, route, logger, transaction, monitor, test_id, user, header),
        *(file_path, other_names, callback, job),
    )
}
"""Where it can be planted: the function that does by the name of the place."""

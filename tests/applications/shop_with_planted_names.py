"""A shop that has values planted where only names belong: in twelve places of what it reports."""

from __future__ import annotations

import logging

import sentry_sdk
from fastapi import FastAPI, Header
from fastapi.testclient import TestClient
from sentry_sdk.crons import capture_checkin

from any_sdk import segment

ADDRESS = "alice@planted.example"
TOKEN = "sk_live_4eC39HqLyjWDarjtT1zdp7dc"
SCRIPT = "<script>window.touched=1</script>"
OVERRIDE = "\u202egnp.exe"
PLANTED = (ADDRESS, TOKEN, SCRIPT, OVERRIDE)
# Routes are shown as they are written, and Flask's have parts such as "<number>".
ROUTES = {each: "/orders" if each == SCRIPT else f"/orders/{each}" for each in PLANTED}

sentry_sdk.init(dsn="https://key@sentry.invalid/1", traces_sample_rate=1.0)
app = FastAPI()


def fail(planted: str) -> None:
    raised = type(planted, (Exception,), {"__module__": planted})
    code = compile("def crash(error): raise error", f"/home/{planted}/app.py", "exec")
    names: dict[str, object] = {"__name__": planted}
    exec(code, names)
    names["crash"](raised(planted))  # type: ignore[operator]


def add_route(planted: str) -> None:
    def answer(x_token: str = Header()) -> None:
        fail(planted)

    app.get(ROUTES[planted])(answer)


for each in PLANTED:
    add_route(each)
client = TestClient(app, raise_server_exceptions=False)


def report(planted: str) -> None:
    """Report something in each place."""
    sentry_sdk.set_tag(planted, planted)
    sentry_sdk.set_user({"id": planted, planted: planted})
    sentry_sdk.add_breadcrumb(category=planted, message=planted)
    client.get(ROUTES[planted], headers={"X-Token": TOKEN})
    logging.getLogger(planted).error(planted)
    with segment(planted, planted):
        sentry_sdk.capture_message(planted)
    capture_checkin(monitor_slug=planted, status="ok")

"""What the observation of a request costs: an application's of Flask and of Django, through its test client.

Ratios of two pytest runs side by side, which take turns at short batches, as in ``capture_core``: one with the plugin,
and one without it, whose client has a transport that appends to a list. All requests go through the SDK's middleware.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Final

from benchmarks.measures import Measure, report
from benchmarks.processes import LIST_TRANSPORT, PYTEST, talking

TURNS: Final = 150
BATCH: Final = 20

FLASK: Final = (
    LIST_TRANSPORT
    + """
import gc, sys, time
import sentry_sdk
from flask import Flask
from sentry_sdk.integrations.flask import FlaskIntegration
sentry_sdk.init(
    dsn="https://key@sentry.invalid/1",
    integrations=[FlaskIntegration()],
    auto_enabling_integrations=False,
    {options}
)
app = Flask("shop")

@app.get("/orders/<int:number>")
def order(number):
    return str(number)

def test({fixture}):
    client = app.test_client()
    gc.collect()
    gc.disable()
    for line in sys.stdin:
        start = time.perf_counter()
        for _ in range({batch}):
            client.get("/orders/7").close()
        took = time.perf_counter() - start
        {forget}
        print("TOOK", took, flush=True)
"""
)

DJANGO: Final = (
    LIST_TRANSPORT
    + """
import gc, sys, time
import django, sentry_sdk
from django.conf import settings
from django.http import HttpResponse
from django.urls import path
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.integrations.wsgi import SentryWsgiMiddleware
sentry_sdk.init(
    dsn="https://key@sentry.invalid/1",
    integrations=[DjangoIntegration()],
    auto_enabling_integrations=False,
    {options}
)
urlpatterns = [path("orders/<int:number>", lambda request, number: HttpResponse(str(number)))]
settings.configure(SECRET_KEY="x", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, DATABASES={{}})
django.setup()

from django.test.client import Client, ClientHandler

class MiddlewareByHand(ClientHandler):
    def __call__(self, environ):
        response = None

        def application(environ, start_response):
            nonlocal response
            response = super(MiddlewareByHand, self).__call__(environ)
            start_response(f"{{response.status_code}} {{response.reason_phrase}}", list(response.items()))
            return response

        middleware = SentryWsgiMiddleware(
            application, settings.USE_X_FORWARDED_HOST, span_origin=DjangoIntegration.origin
        )
        middleware(environ, lambda status, headers: None)
        return response

def test({fixture}):
    client = Client()
    if not {is_observed}:
        client.handler = MiddlewareByHand(False)
    gc.collect()
    gc.disable()
    for line in sys.stdin:
        start = time.perf_counter()
        for _ in range({batch}):
            client.get("/orders/7")
        took = time.perf_counter() - start
        {forget}
        print("TOOK", took, flush=True)
"""
)


def cost_of_requests(folder: Path, framework: str, tests: str, title: str, options: str, limit: float) -> Measure:
    """The ratio of the quickest turns."""
    (folder / "test_observed.py").write_text(
        tests.format(
            options=options, fixture="sentry_capture", forget="sentry_capture.clear()", batch=BATCH, is_observed=True
        )
    )
    (folder / "test_by_hand.py").write_text(
        tests.format(
            options=f"transport=transport, {options}",
            fixture="",
            forget="transport.envelopes.clear()",
            batch=BATCH,
            is_observed=False,
        )
    )
    with (
        talking([*PYTEST, "-s", "test_observed.py"], folder, "TOOK") as ours,
        talking([*PYTEST, "-s", "-p", "no:sentry_capture", "test_by_hand.py"], folder, "TOOK") as theirs,
    ):
        turns = [[float(ask("go")) for ask in (ours, theirs)] for _ in range(TURNS)]
    ratio = min(turn[0] for turn in turns) / min(turn[1] for turn in turns)
    return Measure(f"a {framework} request{title} / with a list transport", ratio, limit)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        measures = [
            cost_of_requests(folder, framework, tests, title, options, limit)
            for framework, tests in (("Flask", FLASK), ("Django", DJANGO))
            for title, options, limit in (("", "", 1.05), (", traced", "traces_sample_rate=1.0", 1.15))
        ]
        sys.exit(report(measures))

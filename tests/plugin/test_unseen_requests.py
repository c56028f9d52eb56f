"""Requests that the SDK saw and no adapter did: what can't be known of them is said, and proves no absence."""

from __future__ import annotations

from typing import Any

import pytest
import sentry_sdk
from dirty_equals import IsPositiveInt

from pytest_sentry_capture import SentryCapture, SentryInit
from run_output import summary_of

SHOP = '''
"""Serves requests as a framework does that has an integration and no adapter."""
import sentry_sdk

def init():
    sentry_sdk.init(dsn="https://key@sentry.invalid/1", traces_sample_rate=0.0)

def serve(path="/orders/7", framework="tornado", **more):
    mechanism = {"type": framework, "handled": False}
    sentry_sdk.capture_event({
        "exception": {"values": [{"type": "ZeroDivisionError", "value": "division by zero", "mechanism": mechanism}]},
        "request": {"url": f"http://shop{path}", "method": "GET"},
        **more,
    })
'''

CONFIGURATION = """
[rules]
server-errors-captured = true
no-scope-bleed = true
required-tags = ["order"]

[[expect]]
name = "not found"
status_code = [404]
captured = false

[[expect]]
name = "payments"
logger = "payments"
captured = true
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(shop=SHOP)
    pytester.syspathinsert()
    return pytester


def test_the_summary_says_how_many_and_of_which_framework(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest, shop
        shop.init()

        @pytest.mark.parametrize("number", range(3))
        def test_tornado(number):
            shop.serve(tags={"order": "7"})

        def test_sanic():
            shop.serve(framework="sanic", tags={"order": "7"})
            shop.serve("/other", framework="logging", tags={"order": "7"})
        """
    )
    (project.path / "sentry_capture.toml").write_text(CONFIGURATION, encoding="utf-8")

    result = project.runpytest_subprocess("-n", "2", "-p", "xdist")

    unseen = "5 requests were not observed (framework: sanic, tornado, unknown)"
    unknown = "status_code: expected [404], unknown because its request was not observed in this process"
    about = (
        'Their statuses and routes are unknown, and no rule judges their answers: see "Limits" in the documentation.'
    )
    assert summary_of(result)[1:] == [
        f"{unseen}. {about}",
        "Rules: 1 kept, 0 broken, 1 not judged, 3 not exercised.",
        f"  not judged     not found (sentry_capture.toml:7): {unknown}",
        f"  not exercised  server-errors-captured (sentry_capture.toml:3): {unseen}",
        f"  not exercised  no-scope-bleed (sentry_capture.toml:4): {unseen}",
        "  not exercised  payments (sentry_capture.toml:12)",
    ]


def test_the_fixture_is_enough_for_a_word(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import shop
        shop.init()

        def test_it(sentry_capture):
            shop.serve()
            shop.serve()
        """
    )

    result = project.runpytest_subprocess()

    assert summary_of(result)[0].startswith("1 request was not observed (framework: tornado).")


def test_runs_that_ask_for_nothing_get_no_message(project: pytest.Pytester) -> None:
    project.makepyfile("import shop\nshop.init()\n\ndef test_it():\n    shop.serve()\n")

    result = project.runpytest_subprocess()

    assert "not observed" not in result.stdout.str()


def test_threads_of_an_observed_request_are_not_further_requests(project: pytest.Pytester) -> None:
    """The SDK hands the request on to a thread that the application starts, and the exchange is not known there."""
    project.makepyfile(
        """
        import threading
        import sentry_sdk
        from fastapi import FastAPI
        from fastapi.testclient import TestClient

        sentry_sdk.init(dsn="https://key@sentry.invalid/1")
        app = FastAPI()

        @app.get("/orders/{number}")
        def order(number: int) -> str:
            thread = threading.Thread(target=sentry_sdk.capture_message, args=["in a thread"])
            thread.start()
            thread.join()
            return "ok"

        def test_it(sentry_capture):
            TestClient(app).get("/orders/7")
            assert len(sentry_capture.events) == 1
        """
    )

    result = project.runpytest_subprocess()

    result.assert_outcomes(passed=1)
    assert "not observed" not in result.stdout.str()


@pytest.mark.parametrize(
    "criteria",
    [
        {"status_code": 500},
        {"status_code": lambda code: code == 500},
        {"status_code": lambda code: (code or 0) >= 500},
        {"status_code": IsPositiveInt()},
        {"status_code": range(500, 600)},
        {"route": "/orders/{number}"},
        {"route": lambda route: route is not None},
        {"message": "hello", "status_code": [500, None, 503][:1]},
    ],
)
def test_an_absence_is_not_proven(
    sentry_init: SentryInit, sentry_capture: SentryCapture, criteria: dict[str, Any]
) -> None:
    sentry_init(dsn="https://key@sentry.invalid/1")
    sentry_sdk.capture_event({"message": "hello", "request": {"url": "http://shop/orders/7", "method": "GET"}})

    with pytest.raises(AssertionError, match="but this cannot be determined"):
        sentry_capture.assert_not_captured(**criteria)
    with (
        pytest.raises(AssertionError, match="but this cannot be determined"),
        sentry_capture.expect_nothing(**criteria),
    ):
        sentry_sdk.capture_event({"message": "hello", "request": {"url": "http://shop/orders/8", "method": "GET"}})
    sentry_capture.assert_not_captured(method="POST")
    sentry_capture.assert_not_captured(path="/")


def test_a_framework_without_what_must_be_reached_is_said_once(project: pytest.Pytester) -> None:
    """A framework of another version: a toy of Flask's name, which has a ``__call__`` and not all the rest."""
    folder = project.mkpydir("flask")
    (folder / "app.py").write_text(
        "class Flask:\n    def __call__(self, environ, start_response):\n"
        "        start_response('503 Down', [])\n        return []\n",
        encoding="utf-8",
    )
    project.makepyfile(
        """
        import sentry_sdk
        import flask.app

        def test_it(sentry_init, sentry_capture):
            for _ in range(2):
                sentry_init(dsn="https://key@sentry.invalid/1")
            flask.app.Flask()({"REQUEST_METHOD": "GET", "PATH_INFO": "/x"}, lambda status, headers: None)
            assert [exchange.status for exchange in sentry_capture.exchanges] == [503]
        """
    )

    result = project.runpytest_subprocess()

    result.assert_outcomes(passed=1)
    gaps = [line for line in summary_of(result) if " has no flask.app." in line]
    assert [line.partition(" has no ")[2] for line in gaps] == [
        "flask.app.Flask.wsgi_app. Exchanges of a Flask's wsgi_app alone are not observed.",
        "flask.app.Flask.full_dispatch_request. Routes of Flask are not known.",
        "flask.app.Flask.handle_exception. Exceptions that Flask answers with 500 are not known in its exchanges.",
    ]

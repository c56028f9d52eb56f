"""SDK options for one test: what each changes on a live client, and that nothing of it stays."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import sentry_sdk
import sentry_sdk.client
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from sentry_sdk import logger as sentry_logger
from sentry_sdk.scrubber import EventScrubber

from pytest_sentry_capture import SentryCapture, SentryInit
from pytest_sentry_capture.sdk.options import LIVE_OPTIONS

Probe = Callable[[SentryCapture], object]

app = FastAPI()


@app.post("/orders")
async def order(request: Request) -> None:
    await request.json()
    sentry_sdk.capture_message("ordered")


def message(capture: SentryCapture, text: str = "hello") -> Any:
    sentry_sdk.capture_message(text)
    return capture.events[-1] if capture.events else None


def crash(capture: SentryCapture) -> Any:
    secret_number = 42
    try:
        raise LookupError(f"no {secret_number}")
    except LookupError:
        sentry_sdk.capture_exception()
    return capture.events[-1] if capture.events else None


def number_of_events(capture: SentryCapture) -> int:
    capture.clear()
    sentry_sdk.capture_message("hello")
    return len(capture.events)


def number_of_crashes(capture: SentryCapture) -> int:
    capture.clear()
    crash(capture)
    return len(capture.events)


def number_of_transactions(capture: SentryCapture) -> int:
    capture.clear()
    with sentry_sdk.start_transaction(name="nightly"):
        pass
    return len(capture.transactions)


def transaction_status_200(capture: SentryCapture) -> int:
    capture.clear()
    with capture.override(traces_sample_rate=1.0), sentry_sdk.start_transaction(name="GET /") as transaction:
        transaction.set_http_status(404)
    return len(capture.transactions)


def marked_transaction(capture: SentryCapture) -> object:
    capture.clear()
    with capture.override(traces_sample_rate=1.0), sentry_sdk.start_transaction(name="nightly"):
        pass
    return capture.transactions[0].get("marked")


def log_bodies(capture: SentryCapture) -> list[str | None]:
    capture.clear()
    with capture.override(enable_logs=True):
        sentry_logger.info("hello")
    return [log.body for log in capture.logs]


def stdlib_logs(capture: SentryCapture) -> int:
    capture.clear()
    logging.getLogger("shop").warning("careful")
    return len(capture.logs)


def metric_names(capture: SentryCapture) -> list[str | None]:
    capture.clear()
    sentry_sdk.metrics.count("orders", 1)
    return [metric.name for metric in capture.metrics]


def breadcrumbs(capture: SentryCapture) -> list[object]:
    with sentry_sdk.isolation_scope():
        sentry_sdk.Scope.get_isolation_scope().clear_breadcrumbs()
        sentry_sdk.add_breadcrumb(message="one")
        sentry_sdk.add_breadcrumb(message="two")
        return [crumb.get("message") for crumb in message(capture).breadcrumbs]


def log_attribute(name: str) -> Probe:
    def probe(capture: SentryCapture) -> object:
        capture.clear()
        with capture.override(enable_logs=True):
            sentry_logger.info("hello")
        return message(capture).get(name.split()[0]), capture.logs[0].attributes.get(name.split()[1])

    return probe


def field(name: str) -> Probe:
    return lambda capture: message(capture).get(name)


def has_stacktrace(capture: SentryCapture) -> bool:
    return "threads" in message(capture)


def frame(capture: SentryCapture) -> Any:
    return crash(capture).exceptions[-1]["stacktrace"]["frames"][-1]


def frame_variable(capture: SentryCapture) -> object:
    return frame(capture).get("vars", {}).get("secret_number")


def has_source(capture: SentryCapture) -> bool:
    return "context_line" in frame(capture)


def is_in_app(capture: SentryCapture) -> object:
    return frame(capture)["in_app"]


def is_library_in_app(capture: SentryCapture) -> object:
    try:
        httpx.URL("x" * 70_000)
    except httpx.InvalidURL:
        sentry_sdk.capture_exception()
    return capture.events[-1].exceptions[-1]["stacktrace"]["frames"][-1]["in_app"]


def length_of_message(capture: SentryCapture) -> int:
    return len(message(capture, "x" * 200).message)


def request_body(capture: SentryCapture) -> object:
    capture.clear()
    with TestClient(app) as client:
        client.post("/orders", json={"amount": "1"})
    return capture.find(message="ordered")[0].request.get("data")


def secret(capture: SentryCapture) -> object:
    with sentry_sdk.new_scope() as scope:
        scope.set_extra("password", "hunter2")
        return message(capture).extra["password"]


def request_header(capture: SentryCapture) -> object:
    capture.clear()
    with TestClient(app) as client:
        client.post("/orders", json={}, headers={"X-Forwarded-For": "10.0.0.1"})
    return capture.find(message="ordered")[0].request["headers"]["x-forwarded-for"]


def sessions(capture: SentryCapture) -> int:
    capture.clear()
    with TestClient(app) as client:
        client.post("/orders", json={})
    return len(capture.sessions)


def outgoing_trace(capture: SentryCapture) -> bool:
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append("sentry-trace" in request.headers)
        return httpx.Response(200)

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        client.get("https://bank.example.org/")
    return seen[0]


def drop(payload: Any, hint: Any) -> None:
    return None


def mark(payload: Any, hint: Any) -> Any:
    payload["marked"] = True
    return payload


def representation(value: object) -> str | None:
    return "<withheld>" if value == 42 else None


class DenyNothing(EventScrubber):
    def scrub_event(self, event: Any) -> None:
        """Leave everything in clear."""


EFFECTS: dict[str, tuple[object, Probe, object, object]] = {
    "sample_rate": (0.0, number_of_events, 1, 0),
    "error_sampler": (lambda event, hint: 0.0, number_of_crashes, 1, 0),
    "traces_sample_rate": (1.0, number_of_transactions, 0, 1),
    "traces_sampler": (lambda context: 1.0, number_of_transactions, 0, 1),
    "before_send": (drop, number_of_events, 1, 0),
    "before_send_transaction": (mark, marked_transaction, None, True),
    "before_send_log": (drop, log_bodies, ["hello"], []),
    "before_send_metric": (drop, metric_names, ["orders"], []),
    "before_breadcrumb": (lambda crumb, hint: None, breadcrumbs, ["one", "two"], []),
    "max_breadcrumbs": (1, breadcrumbs, ["one", "two"], ["two"]),
    "release": ("2.0", log_attribute("release sentry.release"), ("1.0", "1.0"), ("2.0", "2.0")),
    "environment": (
        "staging",
        log_attribute("environment sentry.environment"),
        ("production", "production"),
        ("staging", "staging"),
    ),
    "dist": ("arm64", field("dist"), None, "arm64"),
    "server_name": ("web-7", log_attribute("server_name server.address"), ("web-1", "web-1"), ("web-7", "web-7")),
    "attach_stacktrace": (True, has_stacktrace, False, True),
    "include_local_variables": (False, frame_variable, "42", None),
    "include_source_context": (False, has_source, True, False),
    "ignore_errors": ([LookupError], number_of_crashes, 1, 0),
    "max_value_length": (20, length_of_message, 200, 20),
    "max_request_body_size": ("never", request_body, {"amount": "1"}, ""),
    "in_app_include": (["httpx"], is_library_in_app, False, True),
    "in_app_exclude": (["test_options", "tests"], is_in_app, True, False),
    "custom_repr": (representation, frame_variable, "42", "<withheld>"),
    "event_scrubber": (DenyNothing(), secret, "[Filtered]", "hunter2"),
    "enable_logs": (True, stdlib_logs, 0, 1),
    "auto_session_tracking": (False, sessions, 1, 0),
    "trace_propagation_targets": (["never.example.org"], outgoing_trace, True, False),
    "trace_ignore_status_codes": ({404}, transaction_status_200, 1, 0),
    "send_default_pii": (True, request_header, "[Filtered]", "10.0.0.1"),
    "data_collection": ({}, secret, "[Filtered]", "hunter2"),
}


@pytest.fixture
def live(sentry_init: SentryInit) -> None:
    sentry_init(
        dsn="https://key@sentry.invalid/1",
        release="1.0",
        server_name="web-1",
        auto_enabling_integrations=True,
        in_app_exclude=["nothing"],
    )


def test_every_live_option_is_shown() -> None:
    assert EFFECTS.keys() == LIVE_OPTIONS.keys()


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize(
    ("name", "value", "probe", "without", "with_option"), [(n, *e) for n, e in EFFECTS.items()], ids=EFFECTS
)
def test_a_live_option_takes_effect_and_is_undone(
    sentry_capture: SentryCapture, name: str, value: object, probe: Probe, without: object, with_option: object
) -> None:
    assert probe(sentry_capture) == without
    before = dict(sentry_capture.options)
    with sentry_capture.override(**{name: value}):
        assert probe(sentry_capture) == with_option
    assert probe(sentry_capture) == without
    assert dict(sentry_capture.options) == before


def test_overrides_nest_and_the_inner_one_wins(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init(environment="application", release="1")

    with sentry_capture.override(environment="outer", release="2"):
        with sentry_capture.override(environment="inner"):
            assert (message(sentry_capture).environment, message(sentry_capture).release) == ("inner", "2")
        assert (message(sentry_capture).environment, message(sentry_capture).release) == ("outer", "2")
    assert (message(sentry_capture).environment, message(sentry_capture).release) == ("application", "1")


def test_an_override_reaches_clients_made_in_its_block(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    with sentry_capture.override(environment="override"):
        sentry_init(environment="application")
        assert message(sentry_capture).environment == "override"


def test_options_are_shown_as_the_application_gave_them(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    assert (sentry_capture.options, sentry_capture.dsn) == ({}, None)
    sentry_init(dsn="https://key@sentry.invalid/1", before_send=mark)

    assert sentry_capture.options["before_send"] is mark
    assert sentry_capture.client.options["before_send"] == mark
    assert sentry_capture.dsn == "https://key@sentry.invalid/1"
    assert not hasattr(sentry_capture.options, "__setitem__")


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        (
            {"trace_sample_rate": 1.0},
            TypeError,
            "unknown option 'trace_sample_rate'; did you mean 'traces_sample_rate'?",
        ),
        ({"trace_lifecycle": "stream"}, ValueError, "option 'trace_lifecycle' can't be changed on a live client"),
        ({"dsn": None}, ValueError, "option 'dsn' can't be changed on a live client"),
        ({"sample_rate": 2.0}, ValueError, "option 'sample_rate' must be a number from 0.0 to 1.0, not 2.0"),
        ({"before_send": "drop"}, ValueError, "option 'before_send' must be callable or None, not 'drop'"),
        ({"max_breadcrumbs": True}, ValueError, "must be a whole number that is not negative, not True"),
        ({"max_request_body_size": "huge"}, ValueError, "must be one of never, small, medium, always, not 'huge'"),
        ({"ignore_errors": [ValueError("x")]}, ValueError, "must be a list of exception classes and names of such"),
        ({"in_app_include": "shop"}, ValueError, "must be a list of strings, not 'shop'"),
        ({"trace_ignore_status_codes": [404]}, ValueError, "must be a set of whole numbers"),
        ({"event_scrubber": True}, ValueError, "must be an EventScrubber or None"),
        ({"send_default_pii": "yes"}, ValueError, "must be True or False or None, not 'yes'"),
    ],
)
def test_a_wrong_override_changes_nothing_and_says_what_is_valid(
    sentry_capture: SentryCapture,
    sentry_init: SentryInit,
    options: dict[str, Any],
    error: type[Exception],
    text: str,
) -> None:
    sentry_init(environment="application")
    before = dict(sentry_capture.options)

    with pytest.raises(error) as raised, sentry_capture.override(**options):
        pass

    assert text in str(raised.value)
    assert dict(sentry_capture.options) == before


def test_an_unknown_option_of_sentry_init(sentry_init: SentryInit) -> None:
    with pytest.raises(TypeError, match="unknown option 'enviroment'; did you mean 'environment'"):
        sentry_init(enviroment="test")


SHOP = """
import sentry_sdk

sentry_sdk.init(dsn="https://key@sentry.invalid/1", environment="application", release="1")

def seen(capture):
    sentry_sdk.capture_message("hello")
    return capture.events[-1].environment, capture.events[-1].release, capture.events[-1].get("dist")
"""


def test_markers_of_class_and_function_merge_and_the_nearest_wins(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        shop=SHOP,
        test_shop="""
        import pytest
        from shop import seen

        pytestmark = pytest.mark.sentry_options(dist="module")

        @pytest.mark.sentry_options(environment="class", release="2")
        class TestShop:
            @pytest.mark.sentry_options(environment="function")
            def test_merged(self, sentry_capture):
                assert seen(sentry_capture) == ("function", "2", "module")

            def test_of_the_class(self, sentry_capture):
                assert seen(sentry_capture) == ("class", "2", "module")

        def test_of_the_module(sentry_capture):
            assert seen(sentry_capture) == ("application", "1", "module")
        """,
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=3)


def test_a_marker_needs_no_fixture_and_reaches_clients_of_any_kind(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest, sentry_sdk

        @pytest.fixture(scope="module")
        def of_the_module():
            sentry_sdk.init(environment="application")

        def environment():
            return sentry_sdk.get_client().options["environment"]

        @pytest.mark.sentry_options(environment="marker")
        def test_live_client_made_during_its_own_setup(of_the_module):
            assert environment() == "marker"

        def test_restored(of_the_module):
            assert environment() == "application"

        @pytest.mark.sentry_options(environment="marker")
        def test_live_client(of_the_module):
            assert environment() == "marker"

        @pytest.mark.sentry_options(environment="marker")
        def test_client_made_in_the_test(of_the_module):
            sentry_sdk.init(environment="test", debug=False)
            assert environment() == "marker"
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=4)


def test_every_option_applies_to_a_client_made_during_the_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest, sentry_sdk

        @pytest.mark.sentry_options(dsn="https://key@sentry.invalid/7", trace_lifecycle="stream", send_default_pii=True)
        @pytest.mark.filterwarnings("ignore::DeprecationWarning")
        def test(sentry_capture):
            sentry_sdk.init("https://key@sentry.invalid/1", traces_sample_rate=1.0)
            assert sentry_capture.dsn == "https://key@sentry.invalid/7"
            with sentry_sdk.traces.start_span(name="segment"):
                pass
            assert [span.name for span in sentry_capture.spans] == ["segment"]
            assert sentry_sdk.get_client().should_send_default_pii()
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        (
            "trace_sample_rate=1.0",
            "sentry_options: unknown option 'trace_sample_rate'; did you mean 'traces_sample_rate'? Valid: *",
        ),
        (
            "traces_sample_rate='all'",
            "sentry_options: option 'traces_sample_rate' must be a number from 0.0 to 1.0 or None, not 'all'",
        ),
        ("1.0", "sentry_options: takes keyword arguments only, such as sentry_options(traces_sample_rate=1.0)"),
        (
            "debug=True",
            (
                "sentry_options: option 'debug' can't be changed on a live client, which would ignore it."
                " Give it to a client made for the test (sentry_init). A live client takes: attach_stacktrace, *"
            ),
        ),
    ],
)
@pytest.mark.parametrize("made_by", ["the module", "a module fixture"])
def test_a_wrong_marker_fails_the_setup_in_one_line(
    pytester: pytest.Pytester, marker: str, message: str, made_by: str
) -> None:
    client = (
        "sentry_sdk.init()"
        if made_by == "the module"
        else "@pytest.fixture(scope='module', autouse=True)\ndef initialised():\n    sentry_sdk.init()"
    )
    pytester.makepyfile(
        f"import pytest, sentry_sdk\n{client}\n@pytest.mark.sentry_options({marker})\ndef test():\n    pass\n"
    )

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*_ ERROR at setup of test _*", message, "*= short test summary info =*"], consecutive=True
    )


def test_the_sdk_warns_of_options_in_its_own_name(sentry_init: SentryInit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its ``stacklevel`` counts on who calls ``get_options``, and filters for warnings count on its module."""
    make = sentry_sdk.client.get_options
    callers: list[str] = []

    def get_options(*args: Any, **kwargs: Any) -> dict[str, Any]:
        callers.append(sys._getframe(1).f_globals["__name__"])
        return make(*args, **kwargs)

    monkeypatch.setattr(sentry_sdk.client, "get_options", get_options)

    sentry_init(dsn="https://key@sentry.invalid/1")

    assert callers == ["sentry_sdk.client"]

"""SDK options for one test: what each changes on a live client, and that nothing of it stays."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import sentry_sdk
import sentry_sdk.client
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from sentry_sdk.consts import DEFAULT_OPTIONS
from sentry_sdk.integrations.logging import LoggingIntegration

from any_sdk import IS_3, logs_enabled, new_scope, segment, streamed_segment
from checkout import DOCS
from pytest_sentry_capture import SentryCapture, SentryInit

Probe = Callable[[SentryCapture], object]

HIDDEN = "[Filtered]" if "data_collection" in DEFAULT_OPTIONS else ""
"""What the SDK puts in place of a header that it does not send, on 2.x and before."""
HAS_LOGS = IS_3 or "enable_logs" in DEFAULT_OPTIONS

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


def number_of_segments(capture: SentryCapture) -> int:
    capture.clear()
    with segment("nightly"):
        pass
    return len(capture.segments)


def names_of_streamed_segments(capture: SentryCapture) -> list[str | None]:
    capture.clear()
    with capture.override(traces_sample_rate=1.0), streamed_segment("nightly"):
        pass
    return [segment.name for segment in capture.segments]


def transaction_status_200(capture: SentryCapture) -> int:
    capture.clear()
    with capture.override(traces_sample_rate=1.0), segment("GET /") as transaction:
        transaction.set_http_status(404)
    return len(capture.transactions)


def marked_transaction(capture: SentryCapture) -> object:
    capture.clear()
    with capture.override(traces_sample_rate=1.0), segment("nightly"):
        pass
    return capture.transactions[0].get("marked")


def log_bodies(capture: SentryCapture) -> list[str | None]:
    capture.clear()
    with capture.override(**logs_enabled()):
        sentry_sdk.logger.info("hello")
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
    with sentry_sdk.isolation_scope() if hasattr(sentry_sdk, "isolation_scope") else new_scope() as scope:
        scope.clear_breadcrumbs()
        sentry_sdk.add_breadcrumb(message="one")
        sentry_sdk.add_breadcrumb(message="two")
        return [crumb.get("message") for crumb in message(capture).breadcrumbs]


def event_and_log(field: str, attribute: str) -> Probe:
    """What an event says of an option, and what a log does, where the SDK has logs."""

    def probe(capture: SentryCapture) -> object:
        capture.clear()
        values = [message(capture).get(field)]
        if HAS_LOGS:
            with capture.override(**logs_enabled()):
                sentry_sdk.logger.info("hello")
            values.append(capture.logs[0].attributes.get(attribute))
        return values

    return probe


def twice_with_logs(value: str) -> list[str]:
    return [value, value] if HAS_LOGS else [value]


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
    with new_scope() as scope:
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


class DenyNothing:
    def scrub_event(self, event: Any) -> None:
        """Leave everything in clear."""


def rename(span: Any, hint: Any) -> Any:
    return {**span, "name": "renamed"}


EFFECTS: dict[str, tuple[object, Probe, object, object]] = {
    "sample_rate": (0.0, number_of_events, 1, 0),
    "error_sampler": (lambda event, hint: 0.0, number_of_crashes, 1, 0),
    "traces_sample_rate": (1.0, number_of_segments, 0, 1),
    "traces_sampler": (lambda context: 1.0, number_of_segments, 0, 1),
    "before_send": (drop, number_of_events, 1, 0),
    "before_send_transaction": (mark, marked_transaction, None, True),
    "before_send_log": (drop, log_bodies, ["hello"], []),
    "before_send_metric": (drop, metric_names, ["orders"], []),
    "before_send_span": (rename, names_of_streamed_segments, ["nightly"], ["renamed"]),
    "ignore_spans": (["nightly"], names_of_streamed_segments, ["nightly"], []),
    "before_breadcrumb": (lambda crumb, hint: None, breadcrumbs, ["one", "two"], []),
    "max_breadcrumbs": (1, breadcrumbs, ["one", "two"], ["two"]),
    "release": ("2.0", event_and_log("release", "sentry.release"), twice_with_logs("1.0"), twice_with_logs("2.0")),
    "environment": (
        "staging",
        event_and_log("environment", "sentry.environment"),
        twice_with_logs("production"),
        twice_with_logs("staging"),
    ),
    "dist": ("arm64", field("dist"), None, "arm64"),
    "server_name": (
        "web-7",
        event_and_log("server_name", "server.address"),
        twice_with_logs("web-1"),
        twice_with_logs("web-7"),
    ),
    "attach_stacktrace": (not IS_3, has_stacktrace, IS_3, not IS_3),  # since 3, it is on by default
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
    "send_default_pii": (True, request_header, HIDDEN, "10.0.0.1"),
    "data_collection": ({"stack_frame_variables": False}, frame_variable, "42", None),
}
REMOVED: dict[str, tuple[object, str]] = {
    "before_send_transaction": (mark, "before_send_span changes spans, ignore_spans drops them"),
    "enable_logs": (
        True,
        "sentry_sdk.logger sends without it; LoggingIntegration(level=logging.INFO) sends what is logged",
    ),
    "enable_metrics": (True, "metrics are sent without it; before_send_metric drops them"),
    "enable_tracing": (True, "traces_sample_rate=1.0 replaces it"),
    "event_scrubber": (DenyNothing(), "data_collection, before_send and before_send_span replace it"),
    "include_local_variables": (False, 'data_collection={"stack_frame_variables": False} replaces False'),
    "include_source_context": (False, 'data_collection={"frame_context_lines": 0} replaces False'),
    "instrumenter": ("sentry", "OTLPIntegration replaces it"),
    "profiles_sample_rate": (0.0, 'profile_session_sample_rate with profile_lifecycle="trace" replaces it'),
    "profiles_sampler": (None, 'profile_session_sample_rate with profile_lifecycle="trace" replaces it'),
    "propagate_traces": (False, "trace_propagation_targets=[] replaces False"),
    "send_default_pii": (
        False,
        (
            'data_collection replaces it, such as {"user_info": False, "http_bodies": []} for False;'
            " what is collected by default is more than False ever sent"
        ),
    ),
    "stream_gen_ai_spans": (True, "all spans are streamed without it"),
    "trace_ignore_status_codes": ({404}, "traces_sampler and ignore_spans decide before the status is known"),
}
NEEDED = {
    "before_send_log": ("logs",),
    "before_send_metric": ("before_send_metric",),
    "before_send_span": ("before_send_span",),
    "ignore_spans": ("streamed spans",),
    "custom_repr": ("custom_repr",),
    "enable_logs": ("logs",),
    "trace_ignore_status_codes": ("trace_ignore_status_codes",),
    "data_collection": ("data_collection",),
}


def about(name: str, *more: object, needs: tuple[str, ...] = (), id: str | None = None) -> Any:  # noqa: A002
    """What a test of an option gets, where the SDK has the option."""
    needed = (
        *NEEDED.get(name, ()),
        *(["options that 3 has removed"] if name in REMOVED else []),
        *needs,
    )
    return pytest.param(name, *more, marks=[pytest.mark.needs(*needed)] if needed else [], id=id or name)


@pytest.fixture
def live(name: str, sentry_init: SentryInit) -> None:
    """A client that is there when an option is changed. For some options, 2.x needs an option to stream spans."""
    streamed = {"trace_lifecycle": "stream"} if name in ("before_send_span", "ignore_spans") else {}
    sentry_init(
        dsn="https://key@sentry.invalid/1",
        release="1.0",
        server_name="web-1",
        auto_enabling_integrations=True,
        in_app_exclude=["nothing"],
        **streamed,
    )


WRONG = {"frame_context_lines": -1}
"""Data collection as only the SDK knows that it is wrong."""


def test_every_live_option_is_shown(sentry_capture: SentryCapture, sentry_init: SentryInit) -> None:
    sentry_init()

    with pytest.raises(ValueError, match="A live client accepts: ") as refused, sentry_capture.override(debug=True):
        pass

    shown, _, more = str(refused.value).rpartition(": ")[2].removesuffix(" more").rpartition(" and ")
    live = EFFECTS.keys() & DEFAULT_OPTIONS.keys()
    assert live.issuperset(shown.split(", "))
    assert len(shown.split(", ")) + int(more) == len(live)


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize(
    ("name", "value", "probe", "without", "with_option"),
    [
        *(about(name, *effect) for name, effect in EFFECTS.items()),
        about("data_collection", {}, secret, "[Filtered]", "hunter2", needs=("event scrubbers",), id="unscrubbed"),
    ],
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
    assert sentry_capture.client is not None
    assert sentry_capture.client.options["before_send"] == mark
    assert sentry_capture.dsn == "https://key@sentry.invalid/1"
    assert not hasattr(sentry_capture.options, "__setitem__")


@pytest.mark.parametrize(
    ("name", "value", "error", "text"),
    [
        about(
            "trace_sample_rate",
            1.0,
            TypeError,
            "unknown option 'trace_sample_rate'; did you mean 'traces_sample_rate'?",
        ),
        about(
            "trace_lifecycle",
            "stream",
            ValueError,
            "option 'trace_lifecycle' can't be changed on a live client",
            needs=("streamed spans",),
        ),
        about("dsn", None, ValueError, "option 'dsn' can't be changed on a live client"),
        about("sample_rate", 2.0, ValueError, "option 'sample_rate' must be a number from 0.0 to 1.0, not 2.0"),
        about("before_send", "drop", ValueError, "option 'before_send' must be callable or None, not 'drop'"),
        about("before_send_span", "drop", ValueError, "option 'before_send_span' must be callable or None, not 'drop'"),
        about("ignore_spans", "GET /", ValueError, "must be a list of names, patterns and rules or None, not 'GET /'"),
        about("max_breadcrumbs", True, ValueError, "must be a whole number that is not negative, not True"),
        about("max_request_body_size", "huge", ValueError, "must be one of never, small, medium, always, not 'huge'"),
        about("ignore_errors", [ValueError("x")], ValueError, "must be a list of exception classes and their names"),
        about("in_app_include", "shop", ValueError, "must be a list of strings, not 'shop'"),
        about("data_collection", True, ValueError, "must be a dictionary or None, not True"),
        about("data_collection", WRONG, ValueError, "Invalid `frame_context_lines` value", id="wrong for the SDK"),
        about("trace_ignore_status_codes", [404], ValueError, "must be a set of whole numbers"),
        about("event_scrubber", True, ValueError, "must be an EventScrubber or None"),
        about("send_default_pii", "yes", ValueError, "must be True or False or None, not 'yes'"),
    ],
)
def test_a_wrong_override_changes_nothing_and_says_what_is_valid(
    sentry_capture: SentryCapture,
    sentry_init: SentryInit,
    name: str,
    value: object,
    error: type[Exception],
    text: str,
) -> None:
    sentry_init(environment="application")

    with sentry_capture.override(release="outer"):
        before = dict(sentry_capture.options)
        with pytest.raises(error) as raised, sentry_capture.override(**{name: value}):
            pass
        assert dict(sentry_capture.options) == before

    assert text in str(raised.value)
    with sentry_capture.override(environment="afterwards"):
        assert message(sentry_capture).environment == "afterwards"
    sentry_init(environment="another")
    assert message(sentry_capture).environment == "another"


def test_an_unknown_option_of_sentry_init(sentry_init: SentryInit) -> None:
    with pytest.raises(TypeError, match="unknown option 'enviroment'; did you mean 'environment'"):
        sentry_init(enviroment="test")  # type: ignore[call-arg]


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
        import any_sdk, pytest, sentry_sdk

        @pytest.fixture(scope="module")
        def of_the_module():
            sentry_sdk.init(environment="application")

        def environment():
            return any_sdk.client().options["environment"]

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


@pytest.mark.needs("streamed spans")
def test_every_option_applies_to_a_client_made_during_the_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import any_sdk, pytest, sentry_sdk

        @pytest.mark.sentry_options(dsn="https://key@sentry.invalid/7", trace_lifecycle="stream", shutdown_timeout=7.5)
        def test(sentry_capture):
            sentry_sdk.init("https://key@sentry.invalid/1", traces_sample_rate=1.0)
            assert sentry_capture.dsn == "https://key@sentry.invalid/7"
            with any_sdk.streamed_segment("segment"):
                pass
            assert [span.name for span in sentry_capture.spans] == ["segment"]
            assert sentry_capture.options["shutdown_timeout"] == 7.5
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


@pytest.mark.needs("send_default_pii", "scopes without hubs")
def test_what_is_derived_from_an_option_follows_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest, sentry_sdk

        @pytest.mark.sentry_options(send_default_pii=True)
        @pytest.mark.filterwarnings("ignore::DeprecationWarning")
        def test(sentry_capture):
            sentry_sdk.init("https://key@sentry.invalid/1")
            assert sentry_capture.client.should_send_default_pii()
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


def refusal(name: str) -> str:
    return f"sentry-sdk {sentry_sdk.VERSION} has no option {name!r} any more: {REMOVED[name][1]}"


def test_every_removed_option_is_shown() -> None:
    compatibility = (DOCS / "compatibility.md").read_text(encoding="utf-8")
    _, _, section = compatibility.partition("## Options that sentry-sdk 3 has removed\n")
    documented = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", section, re.MULTILINE))

    assert {name: replacement for name, (_, replacement) in REMOVED.items()} == documented
    if IS_3:
        assert REMOVED.keys().isdisjoint(DEFAULT_OPTIONS)


@pytest.mark.needs("segments without transactions")
@pytest.mark.parametrize("name", REMOVED)
def test_a_removed_option_is_refused_with_what_replaces_it(
    sentry_capture: SentryCapture, sentry_init: SentryInit, name: str
) -> None:
    asked: dict[str, Any] = {name: REMOVED[name][0]}
    with pytest.raises(TypeError) as without_client, sentry_capture.override(**asked):
        pass
    with pytest.raises(TypeError) as at_init:
        sentry_init(dsn="https://key@sentry.invalid/1", **asked)
    sentry_capture.assert_inactive()
    sentry_init(environment="application")
    before = dict(sentry_capture.options)
    with pytest.raises(TypeError) as live, sentry_capture.override(**asked):
        pass

    assert [str(each.value) for each in (without_client, at_init, live)] == [refusal(name)] * 3
    assert dict(sentry_capture.options) == before


@pytest.mark.needs("segments without transactions")
def test_a_marker_with_a_removed_option_fails_the_setup_in_one_line(pytester: pytest.Pytester) -> None:
    tests = (
        f"@pytest.mark.sentry_options(environment='test', {name}=None)\ndef test_{name}():\n    pass\n"
        for name in REMOVED
    )
    pytester.makepyfile("\n".join(["import pytest\n", *tests]))

    result = pytester.runpytest_inprocess("--tb=short")

    result.assert_outcomes(errors=len(REMOVED))
    result.stdout.fnmatch_lines(
        [
            line
            for name in REMOVED
            for line in (f"*_ ERROR at setup of test_{name} _*", f"sentry_options: {refusal(name).replace('[', '[[]')}")
        ],
        consecutive=True,
    )


@pytest.mark.needs("options that 3 has removed")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", [about(name) for name in REMOVED if name in DEFAULT_OPTIONS or IS_3])
def test_until_it_is_removed_an_option_is_taken(
    sentry_capture: SentryCapture, sentry_init: SentryInit, name: str
) -> None:
    value = REMOVED[name][0]
    sentry_init(dsn="https://key@sentry.invalid/1", **{name: value})

    assert sentry_capture.options[name] == value


def is_traced(capture: SentryCapture) -> bool:
    return number_of_segments(capture) == 1


REPLACEMENTS: dict[str, tuple[dict[str, Any], Probe, object, object]] = {
    "enable_logs": ({"integrations": [LoggingIntegration()]}, stdlib_logs, 0, 1),
    "enable_tracing": ({"traces_sample_rate": 1.0}, is_traced, False, True),
    "include_local_variables": ({"data_collection": {"stack_frame_variables": False}}, frame_variable, "42", None),
    "include_source_context": ({"data_collection": {"frame_context_lines": 0}}, has_source, True, False),
    "propagate_traces": ({"trace_propagation_targets": []}, outgoing_trace, True, False),
    "send_default_pii": (
        {"data_collection": {"user_info": False, "http_bodies": []}},
        request_body,
        {"amount": "1"},
        None,
    ),
}


@pytest.mark.needs("segments without transactions")
@pytest.mark.parametrize(("instead", "probe", "without", "with_option"), REPLACEMENTS.values(), ids=REPLACEMENTS)
def test_what_is_said_to_replace_an_option_does(
    sentry_capture: SentryCapture,
    sentry_init: SentryInit,
    instead: dict[str, Any],
    probe: Probe,
    without: object,
    with_option: object,
) -> None:
    for options, expected in ({}, without), (instead, with_option):
        sentry_init(dsn="https://key@sentry.invalid/1", auto_enabling_integrations=True, **options)
        assert probe(sentry_capture) == expected


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
                " Pass it to a client made for the test (sentry_init). A live client accepts: attach_stacktrace, *"
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
        else "@pytest.fixture(scope='module', autouse=True)\ndef initialized():\n    sentry_sdk.init()"
    )
    pytester.makepyfile(
        f"import pytest, sentry_sdk\n{client}\n@pytest.mark.sentry_options({marker})\ndef test():\n    pass\n"
    )

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*_ ERROR at setup of test _*", message, "*= short test summary info =*"], consecutive=True
    )


@pytest.mark.needs("data_collection")
@pytest.mark.parametrize("made_by", ["the module", "a module fixture"])
def test_the_test_after_a_wrong_marker_is_like_any_other(pytester: pytest.Pytester, made_by: str) -> None:
    """Also where the SDK is the one to find out, in the middle of the set-up."""
    client = "def init():" if made_by == "the module" else "@pytest.fixture(scope='module', autouse=True)\ndef init():"
    pytester.makepyfile(
        f"""
import pytest, sentry_sdk

{client}
    sentry_sdk.init(environment="application")
{"init()" if made_by == "the module" else ""}

@pytest.mark.sentry_options(data_collection={WRONG})
def test_wrong():
    pass

def test_next(sentry_init, sentry_capture):
    assert sentry_capture.options["environment"] == "application"
    sentry_init(environment="of the test")
    sentry_sdk.set_tag("of", "the test")

@pytest.mark.sentry_options(release="1")
def test_after_that(sentry_capture):
    assert (sentry_capture.options["environment"], sentry_capture.options["release"]) == ("application", "1")
    sentry_sdk.capture_message("x")
    assert sentry_capture.events[0].tags == {{}}
"""
    )

    result = pytester.runpytest_inprocess("-p", "no:randomly")

    result.assert_outcomes(errors=1, passed=2)
    result.stdout.fnmatch_lines(["sentry_options: Invalid `frame_context_lines` value*"])


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

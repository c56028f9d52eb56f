"""Sentry in each environment, as ``.env.example`` configures it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from example_app import VERSION
from example_app.monitoring import FILTERED, SDK, SINCE_3
from example_app.settings import Settings
from example_app.tests.conftest import SPARKASSE, assert_nowhere, running, sign_in, upload, without_statements
from pytest_sentry_capture import SentryCapture

pytestmark = pytest.mark.sentry_options(trace_propagation_targets=[])
"""The client of the tests is not to replace the headers that say which trace a request belongs to."""

RATES = {"development": 1.0, "staging": 0.5, "production": 0.1}

TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture(params=RATES)
def environment(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def test_release_and_privacy(
    environment: str, configured: Callable[..., Settings], sentry_capture: SentryCapture
) -> None:
    settings = configured(environment)

    with running(settings) as client:
        client.headers["sentry-trace"] = f"{TRACE}-00f067aa0ba902b7-1"
        alice = sign_in(client, "alice")
        with without_statements(settings):
            client.get("/statements", headers=alice.headers)

    event = sentry_capture.assert_captured(transaction="/statements")
    assert event.environment == environment
    assert event.release == f"bank-statements@{VERSION}"
    assert event.user == {"id": alice.id}
    assert {each.environment for each in sentry_capture.segments} == {environment}
    assert not any("vars" in frame for frame in event["exception"]["values"][0]["stacktrace"]["frames"])
    assert personal_data_is_sent(sentry_capture) is False


def personal_data_is_sent(sentry_capture: SentryCapture) -> bool:
    """What the SDK has made of ``SENTRY_SEND_DEFAULT_PII``."""
    options = sentry_capture.options
    return bool(options["data_collection"]["user_info"] if SINCE_3 else options["send_default_pii"])


@pytest.mark.skipif(SDK < (2, 23), reason="before 2.23 the SDK draws a random number for each request itself")
def test_sample_rates(environment: str, configured: Callable[..., Settings], sentry_capture: SentryCapture) -> None:
    """A trace's random number is in the headers of its requests. It is traced if it is below the rate."""
    rate = RATES[environment]

    with running(configured(environment)) as client:
        client.get("/health", headers=_trace_headers(rate - 0.000001))
        sentry_capture.assert_captured("segment", name="/health", environment=environment)
        assert sentry_capture.options["profile_session_sample_rate" if SINCE_3 else "profiles_sample_rate"] == rate
        if rate == 1.0:
            assert "sample_rate" not in {discard.reason for discard in sentry_capture.discarded}
        else:
            sentry_capture.clear()
            client.get("/health", headers=_trace_headers(rate))
            sentry_capture.assert_discarded("segment", name="/health", reason="sample_rate")


def _trace_headers(random_number: float) -> dict[str, str]:
    return {
        "sentry-trace": f"{TRACE}-00f067aa0ba902b7",
        "baggage": f"sentry-trace_id={TRACE},sentry-sample_rand={random_number:.6f}",
    }


def test_production_has_no_debug_routes(configured: Callable[..., Settings], sentry_capture: SentryCapture) -> None:
    with running(configured("production")) as client:
        assert client.get("/debug/crash", headers=_trace_headers(0.0)).status_code == 404

    sentry_capture.assert_nothing_captured()


@pytest.mark.filterwarnings("ignore:The send_default_pii option:DeprecationWarning")
@pytest.mark.sentry_allow("no-pii", reason="a developer has asked for personal data, in frame variables too")
@pytest.mark.sentry_allow("accepted-by-sentry", reason="Sentry cuts long frame variables, which is no loss there")
def test_personal_data_that_may_be_sent(configured: Callable[..., Settings], sentry_capture: SentryCapture) -> None:
    with running(configured("development", sentry_send_default_pii=True)) as client:
        alice = sign_in(client, "alice")
        client.get("/debug/crash", headers=alice.headers)

    event = sentry_capture.assert_captured(exception=ZeroDivisionError)
    assert event.user["email"] == alice.email
    assert any("vars" in frame for frame in event["exception"]["values"][0]["stacktrace"]["frames"])
    segment = sentry_capture.assert_captured("segment", name="/users")
    body = json.loads(segment.attributes["http.request.body.data"]) if SINCE_3 else segment["request"]["data"]
    assert body == {"email": alice.email, "password": FILTERED}
    assert_nowhere(sentry_capture, alice.password)
    assert_nowhere(sentry_capture, alice.headers["Authorization"].split()[1])


@pytest.mark.usefixtures("parser_that_crashes")
@pytest.mark.filterwarnings("ignore:The send_default_pii option:DeprecationWarning")
@pytest.mark.sentry_allow("no-pii", reason="shows what Sentry's own engine would find without the filter")
@pytest.mark.sentry_allow("forbidden-data", reason="shows what would be sent without the filter")
@pytest.mark.sentry_allow("accepted-by-sentry", reason="frame variables are cut")
@pytest.mark.sentry_allow("contract", reason="no environment runs without the filter")
def test_an_upload_without_the_filter(configured: Callable[..., Settings], sentry_capture: SentryCapture) -> None:
    with running(configured("development", sentry_send_default_pii=True)) as client:
        upload(client, sign_in(client, "alice"), SPARKASSE)

    event = sentry_capture.assert_captured(exception=RuntimeError)
    found = {(finding.path, finding.rule) for finding in sentry_capture.pii(event)}
    assert found >= {
        ("exception.values.0.value", "@iban"),
        ("exception.values.0.value", "@creditcard"),
        (f"breadcrumbs.values.{len(event.breadcrumbs) - 1}.message", "@creditcard"),
        ("user.email", "@email"),
    }


@pytest.mark.parametrize("off", [{"sentry_enabled": False}, {"sentry_dsn": None}, {"sentry_dsn": ""}])
def test_sentry_is_off(
    configured: Callable[..., Settings], sentry_capture: SentryCapture, off: dict[str, object]
) -> None:
    with running(configured("development", **off)) as client:
        assert client.get("/debug/crash").status_code == 500

    sentry_capture.assert_inactive()

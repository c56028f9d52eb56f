"""Beside pytest-sentry, which reports flaky tests by its own client. Here with what matters of it."""

from __future__ import annotations

import sys

import pytest

PYTEST_SENTRY = """
import pytest, sentry_sdk
from sentry_sdk.integrations import Integration
from sentry_sdk.scope import Scope, use_scope
from sentry_sdk.transport import Transport

reported = []

class PytestIntegration(Integration):
    identifier = "pytest"

    @staticmethod
    def setup_once():
        pass

class ListTransport(Transport):
    def capture_envelope(self, envelope):
        reported.append(envelope.get_event() or envelope.get_transaction_event())

client = sentry_sdk.Client("https://key@sentry.invalid/9", transport=ListTransport, integrations=[PytestIntegration()])
scope = Scope(client=client)

@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    with use_scope(scope):
        sentry_sdk.set_tag("pytest.result", "pending")
    report = yield
    with use_scope(scope):
        sentry_sdk.set_tag("pytest.result", report.get_result().outcome)
        sentry_sdk.capture_event({"transaction": f"{item.name} {call.when}"})
"""

CONFTEST = """
import pytest_sentry

def pytest_configure(config):
    config.pluginmanager.register(pytest_sentry, "flaky tests")
"""

TESTS = """
import pytest, pytest_sentry, sentry_sdk

sentry_sdk.init("https://key@sentry.invalid/1")

@pytest.mark.parametrize("number", range(2))
def test(sentry_capture, number):
    sentry_sdk.set_tag("shop", "berlin")
    sentry_sdk.get_global_scope().add_event_processor(raise_without_message)
    sentry_sdk.capture_message("mine")
    event = sentry_capture.assert_captured(message="mine")
    assert event.tags == {"shop": "berlin"}

def raise_without_message(event, hint):
    return {**event, "message": event["message"]}

def test_what_it_has_reported():
    first, *_ = [event for event in pytest_sentry.reported if event["transaction"] == "test[1] setup"]
    assert first["tags"]["pytest.result"] == "passed"
    assert "shop" not in first["tags"]
"""


@pytest.mark.usefixtures("without_pytest_sentry")
@pytest.mark.needs("scopes without hubs")
def test_neither_is_notified_of_the_other(pytester: pytest.Pytester) -> None:
    """Its tags are not on the application's events, and what goes wrong while it reports is not a test's."""
    pytester.makepyfile(pytest_sentry=PYTEST_SENTRY, conftest=CONFTEST, test_shop=TESTS)

    result = pytester.run(sys.executable, "-m", "pytest")

    result.assert_outcomes(passed=3)
    result.stdout.no_fnmatch_line("*raise_without_message*")

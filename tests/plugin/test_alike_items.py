"""What would read alike in one list is told apart, by as little as is needed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sentry_sdk

from any_sdk import logging_to_events, new_scope
from pytest_sentry_capture import SentryCapture, SentryInit


def charge() -> None:
    raise ConnectionError("timeout")


def refund() -> None:
    raise ConnectionError("timeout")


def report(work: Callable[[], None]) -> None:
    try:
        work()
    except ConnectionError:
        sentry_sdk.capture_exception()


def in_segment(name: str) -> None:
    with new_scope() as scope:
        scope.set_transaction_name(name)
        report(charge)


def captured(sentry_capture: SentryCapture) -> list[str]:
    with pytest.raises(AssertionError) as raised:
        sentry_capture.assert_nothing_captured()
    return [line.strip() for line in str(raised.value).split("\n") if line[:3] == "  1" or line[:3] == "  2"]


def test_by_the_segment(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    sentry_init()
    in_segment("shop.charge")
    in_segment("shop.refund")

    lines = captured(sentry_capture)

    assert [line.rpartition(", ")[2] for line in lines] == ["segment 'shop.charge'", "segment 'shop.refund'"]


def test_by_the_place(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    sentry_init()
    report(charge)
    report(refund)

    one, other = (line.rpartition(", ")[2] for line in captured(sentry_capture))

    assert one.startswith("at ")
    assert one.endswith(f"test_alike_items.py:{charge.__code__.co_firstlineno + 1} in charge")
    assert other.endswith(f"test_alike_items.py:{refund.__code__.co_firstlineno + 1} in refund")


def test_what_differs_anyway_has_no_more(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    sentry_init()
    sentry_sdk.capture_message("one")
    sentry_sdk.capture_message("other")

    assert captured(sentry_capture) == ["1. info message 'one'", "2. info message 'other'"]


def test_what_nothing_tells_apart_reads_alike(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    sentry_init(attach_stacktrace=False)
    for _ in range(2):
        sentry_sdk.capture_message("again")

    assert captured(sentry_capture) == ["1. info message 'again'", "2. info message 'again'"]


def test_in_views(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    sentry_init(before_send=lambda event, hint: None)
    report(charge)
    report(refund)

    with pytest.raises(AssertionError) as raised:
        assert sentry_capture.discarded == []

    text = str(raised.value)
    assert " in charge: before_send" in text
    assert " in refund: before_send" in text


OWN_RULE = """
from pytest_sentry_capture import Rule

class TeamTag(Rule):
    name = "acme-team-tag"

    def judge(self, views):
        for event in views.events:
            yield self.kept(event) if event.tags.get("team") else self.broken(event, "no team")
        for discard in views.discarded:
            yield self.broken(discard, "lost")
        yield self.broken(None, "none at all")

def pytest_sentry_capture_rules(config):
    return [TeamTag()]
"""


def test_an_own_rule_names_the_item_and_where_it_was_registered(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(OWN_RULE)
    pytester.makepyfile(
        """
        import sentry_sdk

        def test(sentry_init):
            sentry_init(before_send=lambda event, hint: None if event.get("message") == "drop" else event)
            sentry_sdk.capture_message("drop")
            sentry_sdk.capture_exception(ZeroDivisionError())
        """
    )

    result = pytester.runpytest_inprocess("--sentry-report=report.json")

    line = OWN_RULE.partition("def pytest_sentry_capture_rules")[0].count("\n")
    result.stdout.fnmatch_lines(
        [
            f"Rule 'acme-team-tag' is broken (registered at conftest.py:{line}).",
            "",
            "  no team: error ZeroDivisionError *",
            "",
            "  lost: info message *",
            "",
            "  none at all",
        ]
    )


def test_of_several_hooks_each_has_its_place(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(OWN_RULE.replace("return [TeamTag()]", "return None"))
    pytester.mkpydir("api").joinpath("conftest.py").write_text(OWN_RULE.lstrip())
    pytester.path.joinpath("api", "test_api.py").write_text("def test(): pass\n")

    result = pytester.runpytest_inprocess("api")

    line = OWN_RULE.partition("def pytest_sentry_capture_rules")[0].count("\n")
    result.stdout.fnmatch_lines([f"Rule 'acme-team-tag' is broken (registered at api/conftest.py:{line})."])


def test_loggers_tell_apart(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    import logging

    sentry_init(integrations=logging_to_events(), attach_stacktrace=False)
    for name in "shop.mail", "shop.cart":
        logging.getLogger(name).error("failed")

    assert captured(sentry_capture) == [
        "1. error message 'failed', logger shop.mail",
        "2. error message 'failed', logger shop.cart",
    ]

"""No text for users shows a declared secret: neither as a whole nor a part of it, where a text is cut or broken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_sentry_capture import CapturedEvent, Judgement, RuleViews
from pytest_sentry_capture._assertions.comparisons import Mismatch
from pytest_sentry_capture._assertions.formatting import Formatter
from pytest_sentry_capture._assertions.matching import Matcher
from pytest_sentry_capture._recording.entries import Capture
from pytest_sentry_capture._recording.recording import Recording
from pytest_sentry_capture._rules.built_in.requirements import RequiredTags
from pytest_sentry_capture._rules.built_in.values import TagValues
from pytest_sentry_capture._rules.expect_rule import ExpectRule
from pytest_sentry_capture._rules.rule import Rule

SECRETS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).map(lambda text: f"hunter2{text}")
VALUES = st.recursive(
    st.none() | st.text(max_size=120),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(), values, max_size=3),
    max_leaves=5,
)


@st.composite
def planted(draw: st.DrawFn) -> tuple[Any, str]:
    """A value that holds a secret somewhere, and the secret."""
    secret = draw(SECRETS)
    value: Any = draw(st.text(max_size=120)) + secret
    for key in draw(st.lists(st.none() | st.text() | st.just(secret), max_size=3)):
        value = [draw(VALUES), value] if key is None else {"other": draw(VALUES), key: value}
    return value, secret


@given(planted(), VALUES)
def test_no_value_in_words_shows_a_part_of_a_secret(planted: tuple[Any, str], expected: object) -> None:
    value, secret = planted
    formatter = Formatter((secret,), masked=False)

    for text in (
        formatter.written(value),
        formatter.shown(value),
        formatter.as_source(value),
        formatter.described("event", {"extra": value}),
        formatter.difference(Mismatch("extra", expected, value)),
        formatter.difference(Mismatch("extra", value, value, ValueError(secret))),
        formatter.summary(CapturedEvent({"message": value})),
    ):
        assert "hunter2" not in text
    assert secret not in repr(formatter)


SECRET = "hunter2-hunter2-hunter2"
CUT = "x" * 90 + SECRET
"""What is shown of it, a hundred characters with quotes, ends within the secret."""


def texts(judgements: Iterator[Judgement]) -> str:
    return "\n".join(text for judgement in judgements for text in (judgement.problem or "", *judgement.details))


@pytest.mark.parametrize(
    ("rule", "payload"),
    [
        (TagValues(tags={"plan": ("free",)}), {"tags": {"plan": CUT}}),
        (RequiredTags(tags=("plan",)), {"logentry": {"message": f"{CUT} %s", "params": ["1"]}}),
        (
            ExpectRule(name="plans", matcher=Matcher("event", {}), captured=True, event={"logger": "shop"}),
            {"logger": CUT},
        ),
        (
            ExpectRule(name="plans", matcher=Matcher("event", {}), captured=True, event={"tags": {"a": 1}}),
            {"tags": {"a": [CUT]}},
        ),
    ],
    ids=["a tag's value", "a template", "a field", "a container"],
)
def test_what_a_rule_cuts_shows_no_part_of_a_secret(rule: Rule, payload: dict[str, Any]) -> None:
    recording = Recording("test_shop.py::test_order")
    recording.client_was_active = True
    recording.secrets.append(SECRET)
    recording.add(Capture("event", json.dumps(payload).encode()))

    told = texts(iter(rule.judge(RuleViews(recording))))

    assert "hunter" not in told
    assert "x" * 80 in told


CONFTEST = """
from pytest_sentry_capture import Rule

class Telling(Rule):
    name = "telling"

    def judge(self, views):
        for event in views.events:
            for secret in views._recording.secrets:
                problem = f"{'x' * 60} holds {secret}, which it must not"
                yield self.broken(event, problem, details=["there:", *secret.split("\\n")])

class Raising(Rule):
    name = "raising"

    def judge(self, views):
        for secret in views._recording.secrets:
            raise ValueError(secret)

def pytest_sentry_capture_rules():
    return [Telling(), Raising()]
"""
# The phrase is broken where lines are. Of the key, a traceback that is cut holds the end, and one that is indented
# holds each line otherwise.
TESTS = """
import pytest
import sentry_sdk

PHRASE = "correct horse " + "battery staple"
KEY = "\\n".join(f"line{number} of the key" for number in range(30))

@pytest.fixture(params=[PHRASE, KEY], ids=["phrase", "key"])
def secret(request, sentry_capture):
    sentry_capture.secret(request.param)
    return request.param

def test_rules(secret, sentry_init):
    sentry_init(dsn="https://key@sentry.invalid/1")
    sentry_sdk.capture_message("hello")

def test_a_callback_that_crashed(secret, sentry_capture, sentry_init):
    def before_send(event, hint):
        raise LookupError(secret)

    sentry_init(dsn="https://key@sentry.invalid/1", before_send=before_send)
    sentry_sdk.capture_message("hello")
    sentry_capture.assert_captured(message="hello")

def test_a_key_that_was_removed(secret, sentry_capture, sentry_init):
    def before_send(event, hint):
        del event["extra"]["a long name for this, which is in need of more than one line " + secret]
        return event

    sentry_init(dsn="https://key@sentry.invalid/1", before_send=before_send)
    sentry_sdk.set_extra("a long name for this, which is in need of more than one line " + secret, "x")
    sentry_sdk.capture_message("hello")
    sentry_capture.assert_captured(message="hello", where={"extra": {"x": 1}})
"""


def test_what_is_broken_into_lines_shows_no_part_of_a_secret(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(test_shop=TESTS)

    result = pytester.runpytest_inprocess("--tb=line", "--show-capture=no", "--sentry-report=report.json")

    result.assert_outcomes(failed=6)
    told = result.stdout.str()
    assert "[secret]" in told
    assert [line for line in told.splitlines() if "of the key" in line or "horse" in line or "staple" in line] == []
    assert "staple" not in (pytester.path / "report.json").read_text()

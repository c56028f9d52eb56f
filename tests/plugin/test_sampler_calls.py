"""What a traces sampler answered and was given: of a discard, and in the messages of assertions about sampling."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import sentry_sdk

import any_sdk
from pytest_sentry_capture import SentryCapture, SentryInit

ANSWERS: dict[Any, Any] = {
    None: 0,
    "": 0,
    "refused": 0,
    "false": False,
    "0.0": 0.0,
    "none": None,
    "text": "yes",
    "list": [],
}


def sampler(context: Mapping[str, Any]) -> Any:
    name = context["transaction_context"]["name"]
    if name == "raised":
        raise ValueError(name)
    return ANSWERS.get(name, 1.0)


def renamed(name: str, later: str) -> None:
    with any_sdk.segment(name, op="task") as segment:
        segment.name = later


@pytest.fixture
def client(sentry_init: SentryInit) -> Any:
    return sentry_init(traces_sampler=sampler)


@pytest.mark.parametrize(
    ("name", "answer"),
    [("refused", 0), ("false", False), ("0.0", 0.0), ("none", None), ("text", "yes"), ("list", "<list>")],
)
def test_sampling_of_a_discard(client: object, sentry_capture: SentryCapture, name: str, answer: object) -> None:
    renamed(name, "nightly")

    discard, *_ = sentry_capture.assert_discarded("segment", reason="sample_rate", by=sampler)

    assert discard.sampling == {"answer": answer, "name": name, "op": "task", "parent_sampled": None}
    assert discard.sampling is not None
    assert type(discard.sampling["answer"]) is type(answer)


@pytest.mark.needs("errors of callbacks that the SDK catches")
def test_sampling_without_an_answer(client: object, sentry_capture: SentryCapture) -> None:
    renamed("raised", "nightly")

    discard, *_ = sentry_capture.assert_discarded("segment", reason="callback_error")

    assert discard.sampling == {"answer": None, "name": "raised", "op": "task", "parent_sampled": None}


@pytest.mark.parametrize(("decision", "expected"), [("-1", True), ("-0", False), ("", None)])
def test_the_decision_of_a_caller(
    client: object, sentry_capture: SentryCapture, decision: str, expected: bool | None
) -> None:
    with any_sdk.continued_segment("refused", {"sentry-trace": f"{'1' * 32}-{'2' * 16}{decision}"}):
        pass

    discard, *_ = sentry_capture.assert_discarded("segment", by=sampler)

    assert discard.sampling is not None
    assert discard.sampling["parent_sampled"] is expected


def test_without_a_sampler_there_is_none(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    sentry_init(traces_sample_rate=0.0)
    renamed("a", "b")

    discard, *_ = sentry_capture.assert_discarded("segment", reason="sample_rate")

    assert discard.sampling is None


def test_an_event_has_none(sentry_init: SentryInit, sentry_capture: SentryCapture) -> None:
    client = sentry_init(error_sampler=lambda event, hint: 0)
    client.capture_event({"message": "refused"})

    discard, *_ = sentry_capture.assert_discarded(reason="sample_rate")

    assert discard.sampling is None


def message_of(call: Callable[[], object]) -> list[str]:
    with pytest.raises(AssertionError) as raised:
        call()
    return str(raised.value).split("\n")


def test_captured_anyway(client: object, sentry_capture: SentryCapture) -> None:
    renamed("generic request", "/health")

    lines = message_of(lambda: sentry_capture.assert_discarded("segment", reason="sample_rate", by=sampler))

    assert lines[2:] == [
        "Captured:",
        "  1. segment '/health', task",
        "       traces_sampler answered 1.0 for name='generic request', op='task', parent_sampled=None",
    ]


def test_what_was_expected_to_be_captured(client: object, sentry_capture: SentryCapture) -> None:
    renamed("refused", "nightly")

    lines = message_of(lambda: sentry_capture.assert_captured("segment", name="nightly"))

    assert "    traces_sampler answered 0 for name='refused', op='task', parent_sampled=None" in lines


class Hostile:
    """An argument that must not be asked anything."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __repr__(self) -> str:
        raise RuntimeError

    def __bool__(self) -> bool:
        raise RuntimeError


@pytest.mark.needs("transactions")
def test_of_the_rest_the_names_only(client: object, sentry_capture: SentryCapture) -> None:
    given: Any = {"tenant": "acme", "request": Hostile()}
    sdk: Any = sentry_sdk
    with sdk.start_transaction(name="nightly", op="task", custom_sampling_context=given):
        pass

    lines = message_of(lambda: sentry_capture.assert_discarded("segment", by=sampler))

    text = "\n".join(lines)
    assert "(also given: request, tenant)" in " ".join(text.split())
    assert "acme" not in text


@pytest.mark.parametrize("number", [1, 3])
def test_samplers_are_asked_as_without_the_plugin(
    sentry_init: SentryInit, sentry_capture: SentryCapture, number: int
) -> None:
    asked: list[Any] = []

    def keeps(context: Any) -> int:
        asked.append(context)
        context["seen"] = True
        return 1

    sentry_init(traces_sampler=keeps)
    for _ in range(number):
        renamed("nightly", "nightly")

    assert len(asked) == number
    assert all(type(each) is dict for each in asked)
    sentry_capture.assert_count(number, "segment")

"""Functions of text alone."""

from __future__ import annotations

import pytest

from pytest_sentry_capture._text.nouns import counted, with_article


@pytest.mark.parametrize(
    ("noun", "expected"),
    [
        ("event", "an event"),
        ("event with level='error'", "an event with level='error'"),
        ("attachment", "an attachment"),
        ("unreal report", "an unreal report"),
        ("user report", "a user report"),
        ("unit", "a unit"),
        ("check-in", "a check-in"),
        ("feedback", "feedback"),
        ("feedback with message='Slow'", "feedback with message='Slow'"),
    ],
)
def test_a_noun_with_its_article(noun: str, expected: str) -> None:
    assert with_article(noun) == expected


@pytest.mark.parametrize(
    ("number", "noun", "expected"),
    [
        (0, "event", "no event"),
        (1, "event", "1 event"),
        (2, "check-in", "2 check-ins"),
        (0, "feedback", "no feedback"),
        (2, "feedback", "2 feedback"),
    ],
)
def test_a_number_of_things(number: int, noun: str, expected: str) -> None:
    assert counted(number, noun) == expected

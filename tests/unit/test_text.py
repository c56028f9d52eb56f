"""Functions of text alone."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_sentry_capture._text.names import masked_name
from pytest_sentry_capture._text.nouns import counted, with_article
from pytest_sentry_capture._text.suggestions import edits_between, nearest


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


def naive_edits(one: str, other: str) -> int:
    """The same, one edit after the other."""
    if not one or not other:
        return len(one) + len(other)
    if one[0] == other[0]:
        return naive_edits(one[1:], other[1:])
    choices = [naive_edits(one[1:], other), naive_edits(one, other[1:]), naive_edits(one[1:], other[1:])]
    if one[:2] == other[1::-1] and len(other) > 1:
        choices.append(naive_edits(one[2:], other[2:]))
    return 1 + min(choices)


WORDS = st.text("abc", max_size=6)


@given(WORDS, WORDS, st.integers(1, 3))
@example("ab", "ba", 1)
@example("abc", "cab", 2)
def test_edits_between_words(one: str, other: str, most: int) -> None:
    edits = naive_edits(one, other)

    assert edits_between(one, other, most=most) == (edits if edits <= most else None)


def test_the_nearest_name() -> None:
    assert nearest("WARN", ["warning", "error"]) == "warning"
    assert nearest("x", ["warning", "error"]) is None
    assert nearest("x", []) is None


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("mail eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl sent", "mail <token> sent"),
        ("charge sk_live_51H8xQ2eZvKYlo2C", "charge <token>"),
        ("Key_ghp_16C7e42F292c6912E7710c838347Ae178B4a", "Key_<token>"),
        ("monitor-xoxb-123456789012-abcdef", "monitor-<token>"),
        ("risk_live_check", "risk_live_check"),
        ("eyJson.parse", "eyJson.parse"),
    ],
)
def test_tokens_that_say_what_they_are_are_no_names(name: str, shown: str) -> None:
    assert masked_name(name) == shown

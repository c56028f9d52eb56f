"""Functions of text alone."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_sentry_capture._text.names import masked_name, printable
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
        ("tok-x7Q2mK9pL4vB6nR1sT4zW8", "tok-<token>"),
        ("login_9f8b7c6d5k4m3n2p1q0r", "login_<token>"),
        ("shop.Xq3Lm8Zt5Rk1Vb7Nc.job", "shop.<token>.job"),
        ("reset-4f3a2b1c9d8e", "reset-<token>"),
        *(
            (name, name)
            for name in (
                *(
                    "OAuth2AuthorizationCodeBearer",
                    "GetItemInt64Borrow",
                    "v1beta2alpha3",
                    "sha256withrsa4096encryption",
                ),
                *("HTMLTo2D3DViewConverter", "test_2024Q1_report", "UTF16LEToUTF8BEDecoder", "internationalization"),
            )
        ),
    ],
)
def test_texts_that_look_random_are_not_names(name: str, shown: str) -> None:
    assert masked_name(name) == shown


@given(st.text(st.sampled_from("0123456789abcdefghijklmnopqrstuvwxyz"), max_size=40), st.text(max_size=10))
def test_what_is_masked_stays_as_it_is(random: str, name: str) -> None:
    masked = masked_name(random + name)

    assert masked_name(masked) == masked


@pytest.mark.parametrize(
    "steers", ["\u202e", "\u2067", "\u061c", "\u200b", "\u2060", "\xad", "\U000e0041", "\x1b", "\x85"]
)
def test_nothing_steers_a_terminal_or_the_direction_of_text(steers: str) -> None:
    assert printable(f"a{steers}b") == "a\N{REPLACEMENT CHARACTER}b"


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
def test_tokens_that_say_what_they_are_are_not_names(name: str, shown: str) -> None:
    assert masked_name(name) == shown

"""What stands in place of a value that was taken out, and what only looks like it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_sentry_capture._recording.assigned_values import AssignedValue
from pytest_sentry_capture._recording.masks import USUAL_MASKS, Masks, value_taken_for_mask
from pytest_sentry_capture._rules.built_in.forbidden_data import ForbiddenData
from pytest_sentry_capture._rules.rule import RuleViews
from recordings import capture, recording

MASKS = [
    *("[Filtered]", "[filtered]", "[FILTERED]", "[Scrubbed]", "[REDACTED]", "<redacted>", "<REDACTED>", "(hidden)"),
    *("[removed]", "[Masked]", "<masked>", "[secure]", "***REDACTED***", "*** redacted ***", "[ Filtered ]"),
    *("***", "****", "*" * 40, "•••", "•" * 12, "xxxxxxxx", "XXXXXXXX", "x" * 30),
    *("Bearer ***", "Bearer [Filtered]", "basic xxxxxxxx", "%5BFiltered%5D", "%2A%2A%2A", "%5bfiltered%5d"),
]
REPRESENTATIONS = ["{}", "'{}'", '"{}"', "b'{}'", r"\"{}\"", "SecretStr('{}')", "SecretBytes(b'{}')", " {} "]
VALUES = [
    *(
        "*",
        "**",
        "••",
        "x",
        "xxx",
        "xxxxxxx",
        "xxxxxxxy",
        "password1",
        "0",
        "redacted",
        "filtered out",
        "[name]",
        "<a>",
    ),
    *("***DE02120300000000202051", "****1234", "1234****", "[Filtered]x", "x[Filtered]", "[Filtered", "Filtered]"),
    *("[Filtered>", "*** ***x", "SecretStr('hunter2')", "'***'x", "Bearer ***x", "Bearer hunter2", "%5BFiltered%5Dx"),
    *("[[Filtered]]", "['***', 'x']", "{'a': '***'}", "None of them", "nullable", "[0]"),
]
NOTHING = ["", " ", "\n", "None", "null", "NULL", "''", '""', "b''", "SecretStr('')", "[]", "{}", "()"]


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("representation", REPRESENTATIONS)
def test_masks_in_any_representation(mask: str, representation: str) -> None:
    text = representation.format(mask)

    assert USUAL_MASKS.is_mask(text)
    assert USUAL_MASKS.says_nothing(text)


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("representation", ["{}", "'{}'", "b'{}'"])
def test_what_is_not_a_mask_as_a_whole(value: str, representation: str) -> None:
    text = representation.format(value)

    assert not USUAL_MASKS.is_mask(text)
    assert not USUAL_MASKS.says_nothing(text)


@pytest.mark.parametrize("text", NOTHING)
def test_what_is_empty_says_nothing_and_is_not_a_mask(text: str) -> None:
    assert USUAL_MASKS.says_nothing(text)
    assert not USUAL_MASKS.is_mask(text)


@pytest.mark.parametrize("value", [None, {}, [], ()])
def test_containers_that_are_empty(value: object) -> None:
    assert USUAL_MASKS.says_nothing(value)


@pytest.mark.parametrize("value", [0, False, 1.5, [""], {"a": None}, b"***"])
def test_values_that_are_not_texts(value: object) -> None:
    assert not USUAL_MASKS.says_nothing(value)


OWN = Masks(("n/a", "REDACTED"), (re.compile(r"\*{4}[0-9]{4}"), re.compile("<[a-z]+ left out>")))


@pytest.mark.parametrize("text", ["n/a", "N/A", "redacted", "****1234", "<name left out>", "'n/a'", "Secret('n/a')"])
def test_masks_of_a_project(text: str) -> None:
    assert OWN.is_mask(text)
    assert not USUAL_MASKS.is_mask(text)


@pytest.mark.parametrize("text", ["n/a x", "****12345", "x****1234", "REDACTED1", "<name left out>x", "'n/a"])
def test_masks_of_a_project_are_whole_values_too(text: str) -> None:
    assert not OWN.is_mask(text)


@pytest.mark.parametrize(
    ("mask", "value"),
    [
        *(("a*", ""), (".*", ""), ("a|b", "a"), ("[a-z]", "a"), ("[a-z]+", "a"), (r"\w{2,}", "password1")),
        *((r"[a-z]+\d", "password1"), (r"[0-9a-f-]{36}", "6fa459ea-ee8a-3ca4-894e-db77e160355e")),
        *((r"[0-9A-F]{8}-.*", "6FA459EA-EE8A-3CA4-894E-DB77E160355E"),),
        *(("[0-9a-f]{32}", "6fa459eaee8a3ca4894edb77e160355e"),),
        *((r"\*+", None), ("x{4,7}", None), ("[0-9]{4}", None), ("^REDACTED$", None), ("a", "a")),
    ],
)  # fmt: skip
def test_a_regex_that_takes_values_for_masks(mask: str, value: str | None) -> None:
    assert value_taken_for_mask(re.compile(mask)) == value


@pytest.mark.parametrize(("mask", "value"), [("", ""), ("a", "a"), ("PASSWORD1", "password1"), ("n/a", None)])
def test_a_text_that_is_a_value(mask: str, value: str | None) -> None:
    assert value_taken_for_mask(mask) == value


ENDS = ["", " x", ", x", "; x", "&x=1", "'", '"', ")", "]", "}", r"\n", "."]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize(
    "mask", ["***", "[Filtered]", "<redacted>", "xxxxxxxx", "(hidden)", "", "None", "%s", "?", "$1"]
)
def test_a_masked_value_in_a_text_ends_where_the_value_does(mask: str, end: str) -> None:
    assert not AssignedValue.at(f"iban={mask}{end}", 5).tells(USUAL_MASKS)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize(
    "value",
    [
        *("***DE02", "[Filtered]DE02", "<redacted>DE02", "xxxxxxxxDE02", "DE02***"),
        *("***-DE02", r"***\DE02", "***=DE02"),
        *("xxxxxxx", "**", "$2b$12$abc", "Nonesuch", "?x", "%sx", "{'a'", "[1, 2"),
    ],
)  # fmt: skip
def test_a_value_in_a_text_that_is_masked_in_part(value: str, end: str) -> None:
    assert AssignedValue.at(f"iban={value}{end}", 5).tells(USUAL_MASKS)


@pytest.mark.parametrize("quote", ["'", '"', r"\"", r"\\\""])
def test_a_value_in_quotes_is_what_is_between_them(quote: str) -> None:
    assert not AssignedValue.at(f"{quote}***{quote}, 'x'", 0).tells(USUAL_MASKS)
    assert AssignedValue.at(f"{quote}*** DE02{quote}", 0).tells(USUAL_MASKS)
    assert AssignedValue.at(f"{quote}DE02", 0).tells(USUAL_MASKS)


@given(st.text(max_size=20), st.sampled_from(MASKS))
def test_a_mask_with_something_beside_it_is_found(beside: str, mask: str) -> None:
    """By the rule, whatever the masks are: what is not wholly a mask is a value."""
    value = f"{mask}y{beside}"

    assert len(_found({"extra": {"iban": value}})) == 1


@given(
    st.sampled_from(MASKS),
    st.sampled_from(["iban={}", "iban={}&a=1", "a=1&iban={}", "{{'iban': '{}'}}", "(iban='{}')"]),
)
def test_a_masked_value_is_never_found(mask: str, text: str) -> None:
    assert _found({"extra": {"iban": mask, "text": text.format(mask)}}) == []


def _found(payload: dict[str, object]) -> list[str]:
    rule = ForbiddenData(keys=("iban",))
    return [each.problem for each in rule.judge(RuleViews(recording(capture(payload)))) if each.problem is not None]

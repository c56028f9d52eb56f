"""The places of payloads: what a walk gives is found again, however deep a payload is, and whatever its keys are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_sentry_capture import MISSING
from pytest_sentry_capture._recording.payload_walk import (
    Keys,
    at,
    containers,
    differing_places,
    dotted,
    is_within,
    names_and_texts,
    resolve,
    walk,
)

KEYS = st.text() | st.sampled_from(["a", "a.b", "b", "", ".", "0", "-1", "1"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(KEYS, children, max_size=4),
    max_leaves=12,
)
PAYLOADS = st.dictionaries(KEYS, VALUES, max_size=4)
DEPTH = 2000


def nested(value: Any, depth: int = DEPTH) -> dict[str, Any]:
    for _ in range(depth):
        value = {"in": [value]}
    return {"in": value}


@given(PAYLOADS)
def test_what_a_walk_gives_is_found_again(payload: dict[str, Any]) -> None:
    """Two places may be written alike, ``{"a": {"b": 1}, "a.b": 2}``: a path finds one of them."""
    written_alike: defaultdict[str, list[Any]] = defaultdict(list)
    for keys, value in walk(payload):
        assert at(payload, keys) is value
        written_alike[dotted(keys)].append(value)

    for path, values in written_alike.items():
        assert any(resolve(payload, path) is value for value in values)


@given(PAYLOADS, st.text() | st.sampled_from(["a.b.a", "a.0", "a.-1", ".", ""]))
def test_a_path_leads_to_what_stands_there_or_nowhere(payload: dict[str, Any], path: str) -> None:
    found = resolve(payload, path)

    assert found is MISSING or any(found is value for _, value in walk(payload))


@given(PAYLOADS)
def test_a_walk_meets_everything_in_the_order_of_the_payload(payload: dict[str, Any]) -> None:
    def expected(value: Any, keys: Keys) -> Iterator[tuple[Keys, Any]]:
        parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, part in parts:
            yield (*keys, key), part
            yield from expected(part, (*keys, key))

    found = [*walk(payload)]

    assert found == [*expected(payload, ())]
    assert [*walk(payload, start=("a", 0))] == [(("a", 0, *keys), value) for keys, value in found]
    assert [*containers(payload)] == [((), payload), *(each for each in found if isinstance(each[1], (dict, list)))]
    names, texts = names_and_texts(payload)
    assert names == {keys[-1] for keys, _ in found if isinstance(keys[-1], str)}
    assert sorted(texts) == sorted(str(value) for _, value in found if not isinstance(value, (dict, list, type(None))))


@given(PAYLOADS, PAYLOADS)
def test_where_two_payloads_differ(before: dict[str, Any], after: dict[str, Any]) -> None:
    differing = [*differing_places(before, after)]

    assert [*differing_places(before, before)] == []
    assert differing or before == after
    for keys, old, new in differing:
        assert (at(before, keys), at(after, keys)) == tuple(None if each is MISSING else each for each in (old, new))


def test_what_is_nested_deeply() -> None:
    payload = nested("x")
    path = "in." + "in.0." * DEPTH
    path = path.removesuffix(".")

    assert resolve(payload, path) == "x"
    assert resolve(payload, f"{path}.y") is MISSING
    assert sum(1 for _ in walk(payload)) == 1 + 2 * DEPTH
    assert [(dotted(keys), *values) for keys, *values in differing_places(payload, nested("y"))] == [(path, "x", "y")]


def test_what_stands_at_several_places_or_within_itself() -> None:
    shared = {"x": 1}
    payload: dict[str, Any] = {"a": shared, "b": [shared]}
    payload["self"] = payload

    assert [dotted(keys) for keys, _ in walk(payload)] == ["a", "a.x", "b", "b.0", "b.0.x", "self"]
    assert names_and_texts(payload) == ({"a", "b", "x", "self"}, ["1"])


def test_keys_that_are_not_texts() -> None:
    payload = {"shops": {7: "tea", None: {True: ("a", "b")}}}

    assert [(dotted(keys), value) for keys, value in walk(payload) if isinstance(value, str)] == [
        ("shops.7", "tea"),
        ("shops.None.True.0", "a"),
        ("shops.None.True.1", "b"),
    ]
    assert resolve(payload, "shops.7") == "tea"
    assert resolve(payload, "shops.None.True.1") == "b"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        *(("a", {"b": [1, 2]}), ("a.b.0", 1), ("a.b.-1", 2), ("a.b.2", MISSING), ("a.b.-3", MISSING)),
        *(("a.b.x", MISSING), ("a.b.c", 3), ("a.b.c.d", MISSING), ("", MISSING), ("e.", 4), ("a.b.²", MISSING)),
    ],
)
def test_how_a_path_is_read(path: str, expected: Any) -> None:
    assert resolve({"a": {"b": [1, 2]}, "a.b.c": 3, "e": {"": 4}}, path) == expected


def test_which_paths_lead_into_a_place() -> None:
    assert is_within("user.id", "user")
    assert is_within("user", "user")
    assert not is_within("user_id", "user")
    assert not is_within("user", "user.id")

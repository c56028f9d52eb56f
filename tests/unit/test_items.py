"""Items as the recording reads them: payloads of any content, and content that is kept in pieces."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pytest_sentry_capture import (
    CapturedAttachment,
    CapturedTransaction,
    RawItem,
)
from pytest_sentry_capture._recording.entries import Capture
from pytest_sentry_capture._recording.plain_json import PlainJson

DEEPER_THAN_PYTHON_READS = b'{"a":' * 100_000 + b"1" + b"}" * 100_000


def test_payloads_that_are_not_json_objects() -> None:
    assert [type(item) for item in Capture("event", b"{").items] == [RawItem]
    assert [type(item) for item in Capture("event", b"[1]").items] == [RawItem]
    assert [type(item) for item in Capture("event", DEEPER_THAN_PYTHON_READS).items] == [RawItem]
    assert [type(item) for item in Capture("transaction", b'{"spans": 3}').items] == [CapturedTransaction]
    assert [type(item) for item in Capture("attachment", b"{").items] == [CapturedAttachment]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
VERSIONS = st.dictionaries(st.sampled_from(["pip", "pytest", "sentry-sdk"]), st.sampled_from(["1", "2"]) | JSON)


@given(st.dictionaries(st.text(), JSON), VERSIONS | JSON, st.dictionaries(st.text(), JSON))
def test_plain_json_gives_back_what_it_was_given(
    before: dict[str, Any], modules: object, after: dict[str, Any]
) -> None:
    payload = {**before, "modules": modules, **after}

    found = PlainJson(payload).parsed()

    assert json.dumps(found) == json.dumps(payload)
    assert found is not payload


def test_plain_json_keeps_the_order_of_its_modules() -> None:
    versions = [{"shop": "1", "till": "2"}, {"till": "2", "shop": "1"}]

    found = [PlainJson({"modules": each}).parsed()["modules"] for each in versions]

    assert [[*each] for each in found] == [["shop", "till"], ["till", "shop"]]


def test_plain_json_differs_with_its_modules() -> None:
    contents = [PlainJson({"modules": {"shop": version}}) for version in ("1", "2", "1")]

    assert bytes(contents[0]) == bytes(contents[2]) != bytes(contents[1])
    assert [content.parsed()["modules"]["shop"] for content in contents] == ["1", "2", "1"]

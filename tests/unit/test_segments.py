"""What an assertion about transactions suggests where there are none can be run, whatever it asked for."""

from __future__ import annotations

import datetime as dt
import enum
import re
from inspect import signature
from typing import Any
from unittest.mock import ANY

from dirty_equals import IsStr
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from pytest_sentry_capture import SentryCapture
from pytest_sentry_capture._assertions.matching import CRITERIA, Matcher
from recordings import assertions_on, recording
from suggestions import IMPORTED, suggestion


class Shop(enum.Enum):
    BERLIN = "berlin"


class Opaque:
    """An object whose representation is not code."""


def is_right(value: object) -> bool:
    return bool(value)


NAMES: dict[str, Any] = {
    **IMPORTED,
    "ANY": ANY,
    "Shop": Shop,
    "Opaque": Opaque,
    "is_right": is_right,
    "datetime": dt,
}
WORDS = st.sampled_from(["ok", "internal_error", "a'b", 'a"b', "ü\n", "x" * 250]) | st.text(max_size=5)
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.binary(max_size=3) | WORDS
OBJECTS = st.sampled_from(
    [
        *(lambda value: True, is_right, "".join, len, Opaque(), Opaque, ANY, IsStr(), IsStr, Shop.BERLIN),
        *(re.compile("a" * 300), re.compile("o", re.IGNORECASE | re.MULTILINE), re.compile(b"o"), re.compile("^ok$")),
        *(dt.date(2026, 1, 2), range(3), float("inf"), 1j),
    ]
)
HASHABLE = PLAIN | OBJECTS.filter(lambda each: type(each).__hash__ is not None)
EXPECTED = st.recursive(
    PLAIN | OBJECTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=2).map(tuple)
        | st.dictionaries(WORDS | st.integers(), inner, max_size=3)
    ),
    max_leaves=5,
) | (st.sets(HASHABLE, max_size=3) | st.frozensets(HASHABLE, max_size=3))
SECTIONS = {
    "user": ("id", "email", "plan"),
    "request": ("url", "method", "headers", "data", "cookies", "env"),
    "contexts": ("trace", "response", "runtime", "cart"),
    "tags": ("plan",),
}
PATHS = (
    *("contexts.trace.status", "contexts.trace.op", "contexts.trace", "request.headers.X-A", "request.data", "spans"),
    *("request.data.a.0", "request.url", "user", "user.id", "tags.a", "start_timestamp", "timestamp", "transaction"),
    *("contexts.trace.data.a b", "extra.a", "type", "spans.0.op", "request"),
)


@st.composite  # by whose name Hypothesis calls it: all that it consists of is too long for it
def criteria_of_transactions(draw: st.DrawFn) -> dict[str, Any]:
    sections = {
        name: EXPECTED | st.dictionaries(st.sampled_from(keys), EXPECTED, max_size=3) for name, keys in SECTIONS.items()
    }
    where = st.dictionaries(st.sampled_from(PATHS), EXPECTED, max_size=4)
    others = {name: EXPECTED for name in CRITERIA["transaction"] if name not in (*SECTIONS, "where")}
    return draw(st.fixed_dictionaries({}, optional={**others, **sections, "where": where}))


METHODS: list[tuple[str, dict[str, Any]]] = [
    ("assert_captured", {}),
    ("assert_not_captured", {}),
    ("assert_count", {"n": 0}),
    ("assert_count", {"n": 12}),
    ("assert_discarded", {}),
    ("assert_discarded", {"reason": "before_send", "by": is_right}),
    ("assert_discarded", {"reason": "sample_rate", "by": lambda context: 0.0}),
    ("assert_discarded", {"by": Opaque().__class__}),
    ("expect", {}),
    ("expect_nothing", {}),
    ("wait_for", {"count": 2, "timeout": 0.0}),
    ("await_for", {"timeout": 0.0}),
]


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # the first takes seconds on a busy machine
@given(
    method=st.sampled_from(METHODS),
    criteria=criteria_of_transactions(),
    left_out=st.sampled_from([(), ("user", "request.url")]),
)
@example(METHODS[0], {"where": {"request.headers.X-A": [None, ([],)]}}, ())  # a tuple that has no hash
@example(METHODS[0], {"status": [(None,)]}, ())
@example(METHODS[0], {"transaction": ANY}, ())
def test_every_suggestion_can_be_run(
    method: tuple[str, dict[str, Any]], criteria: dict[str, Any], left_out: tuple[str, ...]
) -> None:
    call, arguments = method
    try:
        Matcher("transaction", criteria)
    except (TypeError, ValueError):
        assume(False)
    sentry_capture = assertions_on(recording(left_out_of_spans=left_out), "this SDK has no transactions")

    written, _ = suggestion(sentry_capture, call, **arguments, **criteria)

    run: list[str] = []
    eval(f"capture.{written}", {**NAMES, "capture": Bound(run)})
    assert run == [call]


class Bound:
    """Takes the calls of a capture, and only checks them."""

    def __init__(self, run: list[str]) -> None:
        self._run = run

    def __getattr__(self, name: str) -> Any:
        def call(*args: object, **kwargs: object) -> None:
            bound = signature(getattr(SentryCapture, name)).bind(self, *args, **kwargs).arguments
            Matcher(bound["kind"], bound.get("criteria", {}))
            self._run.append(name)

        return call

"""What took the place of a function of the SDK: what it is called, and whether it passes each call on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_sentry_capture._recording import CallableLocation
from pytest_sentry_capture._sdk.observing.foreign_callables import MISSING, described, is_mock, passes_calls_on

Layer = Callable[[Any], Any]


def drops(*_: object) -> None:
    """Passes nothing on."""


class Untouchable:
    """Nothing may be asked of it, least of all whether it is a mock."""

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError(name)

    def __eq__(self, other: object) -> bool:
        raise AssertionError

    def __bool__(self) -> bool:
        raise AssertionError

    def __repr__(self) -> str:
        raise AssertionError

    __hash__ = None  # type: ignore[assignment]


LAYERS: dict[str, Layer] = {
    "wraps": lambda inner: mock.Mock(wraps=inner),
    "magic wraps": lambda inner: mock.MagicMock(wraps=inner),
    "effect": lambda inner: mock.MagicMock(side_effect=inner),
    "partial": partial,
    "autospec": lambda inner: mock.create_autospec(drops, side_effect=inner),
    "wraps and returns": lambda inner: mock.Mock(wraps=inner, return_value=None),
    "wraps and drops": lambda inner: mock.Mock(wraps=inner, side_effect=drops),
    "wraps and yields": lambda inner: mock.Mock(wraps=inner, side_effect=[None]),
    "returns": lambda _: mock.Mock(return_value=None),
    "empty autospec": lambda _: mock.create_autospec(drops),
    "function": lambda _: drops,
}
"""How something is put around a function. The first five pass each call on."""


@given(st.lists(st.sampled_from(sorted(LAYERS)), max_size=5))
def test_layers_pass_a_call_on_where_it_arrives(names: list[str]) -> None:
    calls: list[object] = []

    def own(*args: object) -> None:
        calls.append(args)

    value: Any = own
    for name in names:
        value = LAYERS[name](value)

    passes = passes_calls_on(value, lambda each: each is own)
    value("hello")

    assert passes is bool(calls)


def test_a_circle_passes_nothing_on() -> None:
    value = mock.Mock()
    value.side_effect = value

    assert not passes_calls_on(value, lambda _: False)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (mock.Mock(), "a Mock"),
        (mock.MagicMock(), "a MagicMock"),
        (mock.AsyncMock(), "an AsyncMock"),
        (mock.create_autospec(drops), "a MagicMock"),
        (MISSING, "nothing"),
    ],
)
def test_mocks_are_called_by_their_class(value: object, name: str) -> None:
    assert described(value) == CallableLocation(name)
    assert is_mock(value) is (value is not MISSING)


def test_functions_are_called_by_their_name() -> None:
    location = described(drops)

    assert location.name.endswith("test_foreign_callables.drops")
    assert (location.file, location.line) == (__file__, drops.__code__.co_firstlineno)
    assert location._target is None


def test_nothing_is_asked_of_what_is_not_known() -> None:
    value = Untouchable()

    assert described(value).name.endswith("Untouchable")
    assert not is_mock(value)
    assert not passes_calls_on(value, lambda each: each is drops)

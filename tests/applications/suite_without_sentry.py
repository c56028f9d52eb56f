"""Tests that have nothing to do with Sentry, and end in every way that tests can end."""

from __future__ import annotations

import asyncio
import copy
import logging
import threading
import unittest
import warnings
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import pytest
from hostile import (
    HOSTILE,
    Counts,
    Endless,
    EqualsAnything,
    HasDescriptors,
    HostileList,
    OfHostileMeta,
    PretendsToBeAList,
    RaisesEverywhere,
    RaisesInDel,
    Raising,
    RefusesAttributes,
)

every_object = pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)


@every_object
def test_equals_an_empty_list(make: Callable[[], object]) -> None:
    assert make() == []


@every_object
def test_an_empty_list_equals(make: Callable[[], object]) -> None:
    assert [] == make()


@every_object
def test_equals_a_list(make: Callable[[], object]) -> None:
    assert [1] == make()


@every_object
def test_a_list_of_it(make: Callable[[], object]) -> None:
    assert [make()] == []


@every_object
def test_is_true(make: Callable[[], object]) -> None:
    assert not make()


@every_object
def test_is_contained(make: Callable[[], object]) -> None:
    assert make() in [1, 2]


@every_object
def test_is_a_local_variable(make: Callable[[], object]) -> None:
    thing, things = make(), [make()]  # noqa: F841
    raise LookupError("not found")


@pytest.fixture(params=[pytest.param(make, id=name) for name, make in HOSTILE.items()])
def thing(request: pytest.FixtureRequest) -> Iterator[object]:
    yield request.param()


def test_a_fixture(thing: object) -> None:
    assert thing is None


@pytest.fixture(scope="module", params=[1])
def wide(request: pytest.FixtureRequest) -> Iterator[object]:
    yield HOSTILE["counts"]()
    raise RuntimeError("torn down")


def test_a_wide_fixture(wide: Counts) -> None:
    assert wide.calls == []


@pytest.fixture(scope="module")
def mismatched(tmp_path: Path) -> Path:
    return tmp_path


def test_a_mismatched_scope(mismatched: Path) -> None:
    raise NotImplementedError


@pytest.mark.parametrize("value", [EqualsAnything(), OfHostileMeta(), PretendsToBeAList(), Endless()])
def test_an_id(value: object) -> None:
    assert value is None


@pytest.mark.hostile(Counts(), HasDescriptors(), HostileList([1]), key=RaisesEverywhere)
def test_a_marker() -> None:
    assert Counts.calls == []


@pytest.mark.skipif(Counts(), reason="is true")  # type: ignore[arg-type]
def test_a_condition() -> None:
    pass


@pytest.mark.xfail(raises=Raising, strict=True)
def test_an_expected_exception() -> None:
    RefusesAttributes().name


def test_a_base_exception() -> None:
    RefusesAttributes().name


class UnprintableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("can't be printed")


def test_an_unprintable_exception() -> None:
    raise UnprintableError(RaisesEverywhere())


def test_a_chain() -> None:
    try:
        raise KeyError("first")
    except KeyError as error:
        raise ValueError(HasDescriptors()) from error


def test_a_recursion() -> None:
    def recurse() -> None:
        recurse()

    recurse()


def test_warnings() -> None:
    warnings.warn(UserWarning(EqualsAnything()))
    warnings.warn("old", DeprecationWarning)


def test_recorded_warnings(recwarn: pytest.WarningsRecorder) -> None:
    warnings.warn("old", DeprecationWarning)
    assert [str(each.message) for each in recwarn] == []


def test_logs(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("a").error("%s", EqualsAnything(), extra={"thing": RaisesEverywhere()})
        logging.getLogger("b").debug("debugged")
    assert caplog.record_tuples == []


def test_a_log_of_an_unprintable_object() -> None:
    logging.getLogger("a").error("%s", RaisesEverywhere())


def test_captured_output(capsys: pytest.CaptureFixture[str]) -> None:
    print("printed", EqualsAnything())
    assert capsys.readouterr().out == ""


def test_output() -> None:
    print("printed")
    assert False


def test_a_weakref() -> None:
    thing = Counts()
    reference = weakref.ref(thing)
    del thing
    assert reference() is not None


def test_a_deleted_object() -> None:
    RaisesInDel()


def test_a_generator() -> None:
    generator = (number for number in range(3))
    assert generator == [0, 1, 2]  # type: ignore[comparison-overlap]


def test_a_generator_is_not_consumed() -> None:
    generator = (number for number in range(3))
    assert (generator == []) is False  # type: ignore[comparison-overlap]
    assert list(generator) == [0, 1]


def test_endless() -> None:
    assert Endless() == []  # type: ignore[comparison-overlap]


def test_a_mock() -> None:
    called = mock.Mock(name="called")
    called(RaisesEverywhere)
    called.assert_called_once_with(1)


def test_a_patched_builtin() -> None:
    with mock.patch("builtins.open", side_effect=TypeError):
        open("file")
    assert copy.copy([1]) == []


def test_views() -> None:
    assert {}.keys() == []


def test_a_subclass_of_list() -> None:
    class Rows(list[int]):
        pass

    assert Rows([1]) == []


def test_two_lists() -> None:
    assert [1, 2, 3] == []


def test_a_long_list() -> None:
    assert [] == list(range(100))


def test_strings() -> None:
    assert "one\ntwo" == "one\nthree"  # type: ignore[comparison-overlap]


def test_sets() -> None:
    assert {1, 2} == {2, 3}


def test_dicts() -> None:
    assert {"a": 1, "b": 2} == {"a": 1, "c": 2}


def test_approximately() -> None:
    assert [0.1 + 0.2] == pytest.approx([0.4])


def test_a_thread() -> None:
    def fail() -> None:
        raise LookupError("in a thread")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()


def test_a_coroutine_that_is_never_awaited() -> None:
    async def nobody() -> None:
        pass

    nobody()  # type: ignore[unused-coroutine]


def test_a_loop() -> None:
    async def fail() -> None:
        raise LookupError("in a loop")

    asyncio.run(fail())


async def test_async() -> None:
    pass


def test_exit_code() -> None:
    raise SystemExit(3)


def test_raises() -> None:
    with pytest.raises(ValueError, match="b"):
        raise ValueError("a")


def test_monkeypatch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hostile.Counts.calls", 1)
    assert Counts.calls == []


def test_properties(record_property: Callable[[str, object], None]) -> None:
    record_property("thing", HasDescriptors())


def test_imperative() -> None:
    pytest.skip("not today")


class TestClass:
    @pytest.fixture(autouse=True)
    def own(self) -> None:
        self.thing = EqualsAnything()

    def test_method(self) -> None:
        assert self.thing != []

    def test_method_fails(self) -> None:
        assert self.thing is None


class TestUnit(unittest.TestCase):
    def setUp(self) -> None:
        self.thing = Counts()

    def test_equal(self) -> None:
        self.assertEqual(self.thing, [])

    def test_sub(self) -> None:
        for number in range(2):
            with self.subTest(number=number):
                self.assertEqual(number, 0)

    @unittest.expectedFailure
    def test_expected(self) -> None:
        self.fail("expected")

    @unittest.skip("later")
    def test_skipped(self) -> None:
        raise NotImplementedError


def function(number: int) -> int:
    """An example.

    >>> function(1)
    2
    >>> function(2)
    5
    """
    return number + 1

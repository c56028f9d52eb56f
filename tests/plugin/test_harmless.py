"""Tests that have nothing to do with Sentry print the same with the plugin as without it, whatever they hold."""

from __future__ import annotations

import re
from typing import Final

import pytest

from applications import add_application
from two_runs import with_and_without

SUITE: Final = '''
    import asyncio
    import copy
    import logging
    import threading
    import unittest
    import warnings
    import weakref
    from unittest import mock

    import pytest

    from hostile import *

    every_object = pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)


    @every_object
    def test_equals_an_empty_list(make):
        assert make() == []


    @every_object
    def test_an_empty_list_equals(make):
        assert [] == make()


    @every_object
    def test_equals_a_list(make):
        assert [1] == make()


    @every_object
    def test_a_list_of_it(make):
        assert [make()] == []


    @every_object
    def test_is_true(make):
        assert not make()


    @every_object
    def test_is_contained(make):
        assert make() in [1, 2]


    @every_object
    def test_is_a_local_variable(make):
        thing, things = make(), [make()]
        raise LookupError("not found")


    @pytest.fixture(params=[pytest.param(make, id=name) for name, make in HOSTILE.items()])
    def thing(request):
        yield request.param()


    def test_a_fixture(thing):
        assert thing is None


    @pytest.fixture(scope="module", params=[1])
    def wide(request):
        yield HOSTILE["counts"]()
        raise RuntimeError("torn down")


    def test_a_wide_fixture(wide):
        assert wide.calls == []


    @pytest.fixture(scope="module")
    def mismatched(tmp_path):
        return tmp_path


    def test_a_mismatched_scope(mismatched):
        raise NotImplementedError


    @pytest.mark.parametrize("value", [EqualsAnything(), OfHostileMeta(), PretendsToBeAList(), Endless()])
    def test_an_id(value):
        assert value is None


    @pytest.mark.hostile(Counts(), HasDescriptors(), HostileList([1]), key=RaisesEverywhere)
    def test_a_marker():
        assert Counts.calls == []


    @pytest.mark.skipif(Counts(), reason="is true")
    def test_a_condition():
        pass


    @pytest.mark.xfail(raises=Raising, strict=True)
    def test_an_expected_exception():
        RefusesAttributes().name


    def test_a_base_exception():
        RefusesAttributes().name


    class Unprintable(Exception):
        def __str__(self):
            raise RuntimeError("can't be printed")


    def test_an_unprintable_exception():
        raise Unprintable(RaisesEverywhere())


    def test_a_chain():
        try:
            raise KeyError("first")
        except KeyError as error:
            raise ValueError(HasDescriptors()) from error


    def test_a_recursion():
        def recurse():
            recurse()

        recurse()


    def test_warnings():
        warnings.warn(UserWarning(EqualsAnything()))
        warnings.warn("old", DeprecationWarning)


    def test_recorded_warnings(recwarn):
        warnings.warn("old", DeprecationWarning)
        assert [str(each.message) for each in recwarn] == []


    def test_logs(caplog):
        with caplog.at_level(logging.DEBUG):
            logging.getLogger("a").error("%s", EqualsAnything(), extra={"thing": RaisesEverywhere()})
            logging.getLogger("b").debug("debugged")
        assert caplog.record_tuples == []


    def test_a_log_of_an_unprintable_object():
        logging.getLogger("a").error("%s", RaisesEverywhere())


    def test_captured_output(capsys):
        print("printed", EqualsAnything())
        assert capsys.readouterr().out == ""


    def test_output():
        print("printed")
        assert False


    def test_a_weakref():
        thing = Counts()
        reference = weakref.ref(thing)
        del thing
        assert reference() is not None


    def test_a_deleted_object():
        RaisesInDel()


    def test_a_generator():
        generator = (number for number in range(3))
        assert generator == [0, 1, 2]


    def test_a_generator_is_not_consumed():
        generator = (number for number in range(3))
        assert (generator == []) is False
        assert list(generator) == [0, 1]


    def test_endless():
        assert Endless() == []


    def test_a_mock():
        called = mock.Mock(name="called")
        called(RaisesEverywhere)
        called.assert_called_once_with(1)


    def test_a_patched_builtin():
        with mock.patch("builtins.open", side_effect=TypeError):
            open("file")
        assert copy.copy([1]) == []


    def test_views():
        assert {}.keys() == []


    def test_a_subclass_of_list():
        class Rows(list):
            pass

        assert Rows([1]) == []


    def test_two_lists():
        assert [1, 2, 3] == []


    def test_a_long_list():
        assert [] == list(range(100))


    def test_strings():
        assert "one\\ntwo" == "one\\nthree"


    def test_sets():
        assert {1, 2} == {2, 3}


    def test_dicts():
        assert {"a": 1, "b": 2} == {"a": 1, "c": 2}


    def test_approximately():
        assert [0.1 + 0.2] == pytest.approx([0.4])


    def test_a_thread():
        def fail():
            raise LookupError("in a thread")

        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()


    def test_a_coroutine_that_is_never_awaited():
        async def nobody():
            pass

        nobody()


    def test_a_loop():
        async def fail():
            raise LookupError("in a loop")

        asyncio.run(fail())


    async def test_async():
        pass


    def test_exit_code():
        raise SystemExit(3)


    def test_raises():
        with pytest.raises(ValueError, match="b"):
            raise ValueError("a")


    def test_monkeypatch(monkeypatch):
        monkeypatch.setattr("hostile.Counts.calls", 1)
        assert Counts.calls == []


    def test_properties(record_property):
        record_property("thing", HasDescriptors())


    def test_imperative():
        pytest.skip("not today")


    class TestClass:
        @pytest.fixture(autouse=True)
        def own(self):
            self.thing = EqualsAnything()

        def test_method(self):
            assert self.thing != []

        def test_method_fails(self):
            assert self.thing is None


    class TestUnit(unittest.TestCase):
        def setUp(self):
            self.thing = Counts()

        def test_equal(self):
            self.assertEqual(self.thing, [])

        def test_sub(self):
            for number in range(2):
                with self.subTest(number=number):
                    self.assertEqual(number, 0)

        @unittest.expectedFailure
        def test_expected(self):
            self.fail("expected")

        @unittest.skip("later")
        def test_skipped(self):
            raise NotImplementedError


    def function(number):
        """An example.

        >>> function(1)
        2
        >>> function(2)
        5
        """
        return number + 1
'''

SUBTESTS: Final = """
    from hostile import *


    def test_subtests(subtests):
        for name, make in HOSTILE.items():
            with subtests.test(name=name):
                assert make() is None
"""

SCIENCE: Final = """
    import numpy
    import pandas
    import pytest

    ARRAY = numpy.array([1, 2])
    FRAME = pandas.DataFrame({"a": [1, 2]})
    OBJECTS = [ARRAY, FRAME, FRAME["a"], numpy.float64(1), numpy.nan, pandas.NA, pandas.NaT, numpy.array([])]
    IDS = ["array", "frame", "series", "float", "nan", "NA", "NaT", "empty"]
    every_object = pytest.mark.parametrize("thing", OBJECTS, ids=IDS)


    @every_object
    def test_equals(thing):
        assert [1] == thing


    @every_object
    def test_equals_nothing(thing):
        assert thing == []


    @every_object
    def test_nothing_equals(thing):
        assert [] == thing


    @every_object
    def test_a_list(thing):
        assert [thing] == []


    @every_object
    def test_is_true(thing):
        assert not thing


    @every_object
    def test_without_an_id(thing):
        assert thing is None


    @pytest.mark.parametrize("thing", OBJECTS)
    def test_ids(thing):
        assert len([thing]) == 1


    def test_all():
        numpy.testing.assert_array_equal(ARRAY, numpy.array([1, 3]))


    def test_frames():
        pandas.testing.assert_frame_equal(FRAME, FRAME + 1)


    def test_approximately():
        assert ARRAY == pytest.approx(numpy.array([1, 3]))
"""

ROWS: Final = """
    import django
    import pytest
    from django.conf import settings
    from django.db import connection, models

    settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}})
    django.setup()


    class Customer(models.Model):
        name = models.CharField(max_length=20)

        class Meta:
            app_label = "shop"

        def __str__(self):
            return self.name


    @pytest.fixture(scope="module", autouse=True)
    def table():
        with connection.schema_editor() as editor:
            editor.create_model(Customer)
        Customer.objects.create(name="Ada")


    def test_a_query_is_not_made():
        with connection.execute_wrapper(lambda *arguments: pytest.fail("a query was made")):
            assert Customer.objects.all() is None


    def test_rows():
        assert Customer.objects.all() == []


    def test_no_rows():
        assert [] == Customer.objects.none()


    def test_lists():
        assert list(Customer.objects.all()) == []


    def test_an_unsaved_row():
        assert Customer(name="Bob") == Customer(name="Ada")


    def test_a_missing_row():
        Customer.objects.get(name="Bob")


    def test_a_condition():
        assert models.Q(name="Ada") == models.F("name")


    def test_a_related_object():
        assert Customer.objects.first().nothing
"""

OPTIONS: Final = {
    "short": (),
    "with variables": ("-vv", "--showlocals", "-rA"),
    "as Python shows it": ("--tb=native", "-W", "error"),
    "without rewritten assertions": ("--assert=plain", "--import-mode=importlib", "--doctest-modules"),
}
with_options = pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)


@with_options
def test_a_suite_without_sentry(options: tuple[str, ...], pytester: pytest.Pytester) -> None:
    _compare(pytester, options, test_suite=SUITE)


@with_options
@pytest.mark.needs("numpy and pandas")
def test_arrays_and_frames(options: tuple[str, ...], pytester: pytest.Pytester) -> None:
    _compare(pytester, options, test_science=SCIENCE)


@with_options
@pytest.mark.needs("Django")
def test_rows_of_django(options: tuple[str, ...], pytester: pytest.Pytester) -> None:
    _compare(pytester, options, test_rows=ROWS)


@pytest.mark.needs("subtests")
def test_subtests(pytester: pytest.Pytester) -> None:
    _compare(pytester, ("-v",), test_subtests=SUBTESTS)


def test_a_suite_that_loads_sentry(pytester: pytest.Pytester) -> None:
    """But makes no client."""
    pytester.makeconftest("import sentry_sdk")
    _compare(pytester, ("-vv", "--showlocals"), test_suite=SUITE)


def _compare(pytester: pytest.Pytester, options: tuple[str, ...], **files: str) -> None:
    pytester.makeini("[pytest]\npythonpath = .\nmarkers = hostile\naddopts = -p no:cacheprovider")
    add_application(pytester, "hostile", "hostile")
    pytester.makepyfile(**files)

    with_it, without_it = with_and_without(pytester, *options)

    assert with_it.unlike(without_it) == ""
    assert "INTERNALERROR" not in with_it.output
    assert re.search(r"\d+ failed", with_it.output)

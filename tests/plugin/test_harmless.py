"""Tests that have nothing to do with Sentry print the same with the plugin as without it, whatever they hold."""

from __future__ import annotations

import re
from typing import Final

import pytest

from applications import add_application
from two_runs import with_and_without

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
    add_application(pytester, "suite_without_sentry", "test_suite")
    _compare(pytester, options)


@with_options
@pytest.mark.needs("numpy and pandas")
def test_arrays_and_frames(options: tuple[str, ...], pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_science=SCIENCE)
    _compare(pytester, options)


@with_options
@pytest.mark.needs("Django")
def test_rows_of_django(options: tuple[str, ...], pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_rows=ROWS)
    _compare(pytester, options)


@pytest.mark.needs("subtests")
def test_subtests(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_subtests=SUBTESTS)
    _compare(pytester, ("-v",))


def test_a_suite_that_loads_sentry(pytester: pytest.Pytester) -> None:
    """But makes no client."""
    pytester.makeconftest("import sentry_sdk")
    add_application(pytester, "suite_without_sentry", "test_suite")
    _compare(pytester, ("-vv", "--showlocals"))


def _compare(pytester: pytest.Pytester, options: tuple[str, ...]) -> None:
    pytester.makeini("[pytest]\npythonpath = .\nmarkers = hostile\naddopts = -p no:cacheprovider")
    add_application(pytester, "hostile", "hostile")

    with_it, without_it = with_and_without(pytester, *options)

    assert with_it.unlike(without_it) == ""
    assert "INTERNALERROR" not in with_it.output
    assert re.search(r"\d+ failed", with_it.output)

"""The plugin's own frames are in no traceback that users see."""

from __future__ import annotations

import re

import pytest

FAILING = '''
import unittest
import pytest
import sentry_sdk


def fail():
    raise LookupError("of the test suite")


@pytest.fixture(scope="module")
def module_scoped():
    fail()


@pytest.fixture
def function_scoped():
    fail()


@pytest.fixture
def torn_down():
    yield
    fail()


@pytest.fixture(scope="module")
def torn_down_late():
    yield
    fail()


def test_module_scoped(module_scoped):
    pass


def test_function_scoped(sentry_capture, function_scoped):
    pass


def test_torn_down(sentry_capture, torn_down, torn_down_late):
    pass


def test_that_fails(sentry_capture):
    fail()


class TestOfUnittest(unittest.TestCase):
    def setUp(self):
        if self._testMethodName == "test_set_up":
            fail()

    def test_set_up(self):
        pass

    def test_that_fails(self):
        fail()


def test_documented():
    """
    >>> fail()
    """
'''


def test_tracebacks_are_those_of_a_run_without_the_plugin(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("import pytest\n\n\n@pytest.fixture\ndef sentry_capture():\n    pass\n")
    pytester.makepyfile(test_failing=FAILING)
    arguments = ["--doctest-modules", "-W", "ignore", "--show-capture=no", "--sentry-show=no"]

    run_with = pytester.runpytest_subprocess(*arguments)
    run_without = pytester.runpytest_subprocess(*arguments[:-1], "-p", "no:sentry_capture")

    run_with.assert_outcomes(passed=2, failed=4, errors=4)
    assert _tracebacks(run_with) == _tracebacks(run_without)


@pytest.mark.parametrize(
    "statement",
    [
        "with sentry_capture.override(trace_sample_rate=1.0): pass",
        "with sentry_capture.override(sample_rate=2.0): pass",
        "with sentry_capture.override(trace_lifecycle='stream'): pass",
        "sentry_init(dns='https://key@sentry.invalid/1')",
        "sentry_init(dsn='nonsense')",
    ],
)
def test_a_mistake_in_options_is_shown_where_it_was_made(pytester: pytest.Pytester, statement: str) -> None:
    pytester.makepyfile(f"""
        def test(sentry_init, sentry_capture):
            sentry_init()
            {statement}
    """)

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f">*{statement}"])
    result.stdout.no_fnmatch_line("*pytest_sentry_capture*py*")
    result.stdout.no_fnmatch_line("*contextlib.py*")


def _tracebacks(result: pytest.RunResult) -> list[str]:
    text = result.stdout.lines
    start = next(number for number, line in enumerate(text) if " ERRORS " in line)
    end = next(number for number, line in enumerate(text) if "short test summary" in line)
    return text[start:end]


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        ("sentry_capture.find('evnt')", "ValueError: unknown kind 'evnt'; did you mean 'event'? *"),
        ("sentry_capture.assert_discarded(by=5)", "TypeError: by must be the callable *"),
        ("sentry_capture.wait_for(count=0)", "ValueError: count must be 1 or more, not 0"),
        ("sentry_capture.secret(5)", "TypeError: a secret must be a string, not int"),
        ("sentry_capture.expect().__enter__().item", "LookupError: read expected.item after the expect block, *"),
        ("event.scope_of('tag', 'x')", "ValueError: unknown section 'tag'; did you mean 'tags'? *"),
    ],
)
def test_a_mistake_is_shown_where_it_was_made(mistake: str, message: str, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_mistake=f"""
        from pytest_sentry_capture import CapturedEvent

        def test(sentry_capture):
            event = CapturedEvent({{}})
            {mistake}
        """
    )

    result = pytester.runpytest_inprocess("--tb=short")

    result.stdout.fnmatch_lines(
        ["test_mistake.py:5: in test", f"    {mistake}", f"E   {message}".replace("[", "[[]")], consecutive=True
    )


def test_a_capture_is_named_by_its_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_shop="def test(sentry_capture): assert sentry_capture.events")

    result = pytester.runpytest_inprocess()

    result.stdout.fnmatch_lines(["E *where * = <SentryCapture of test_shop.py::test>.events"])


MISTAKEN = """
import pytest

MISTAKES = [
    lambda server: server.outage("refused"),
    lambda server: server.rate_limit("errors"),
    lambda server: server.rate_limit("error", retry_after=0),
    lambda server: server.slow("2"),
    lambda server: server.find("evnt"),
    lambda server: server.assert_captured(status_code="404"),
]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_it(sentry_server, mistake):
    mistake(sentry_server)
"""


def test_mistakes_are_shown_where_they_are_made(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_mistaken=MISTAKEN)

    result = pytester.runpytest_inprocess("-p", "no:randomly")

    result.assert_outcomes(failed=6)
    places = [line for line in result.stdout.lines if re.fullmatch(r"\S+\.py:\d+: \w+Error", line)]
    assert places == [
        f"test_mistaken.py:{line}: {error}Error"
        for line, error in zip(range(4, 10), ("Value", "Value", "Value", "Type", "Value", "Type"), strict=True)
    ]

"""The same monitoring tests of the same failing requests, for applications of every web framework."""

from __future__ import annotations

from typing import Final, NamedTuple

import pytest

from applications import add_application, copy_application
from run_output import outcomes

pytestmark = pytest.mark.slow


class Column(NamedTuple):
    """An application, as ``web_{name}`` of ``tests/applications``.

    Attributes:
        ends_late: whether it has something to do when its answer is complete. Behind a test client it has not.
    """

    name: str
    needs: tuple[str, ...] = ()
    ends_late: bool = True


COLUMNS: Final = (
    Column("django", ("Django",), ends_late=False),
    Column("django_async", ("Django",), ends_late=False),
    Column("django_rest", ("Django REST framework",), ends_late=False),
    Column("django_asgi", ("Django",), ends_late=False),
    Column("django_server", ("Django",)),
    Column("flask", ("Flask",)),
    Column("wsgi"),
    Column("asgi"),
    Column("aiohttp", ("aiohttp",)),
)

ROWS: Final = {
    "test_crash_is_captured_once": "passed",
    "test_handled_failure_is_captured_once": "passed",
    "test_not_found_is_filtered": "passed",
    "test_logged_error_is_captured": "passed",
    "test_silent_failure": "error",
    "test_silent_failure_that_should_be_captured": "failed",
    "test_tag_of_one_request_is_not_in_the_next": "passed",
    "test_crash_of_a_stream_is_captured_once": "passed",
    "test_error_at_teardown_is_captured_once": "passed",
}
"""The tests of ``monitoring_of_requests``, and what becomes of each: a rule that is broken fails a test at its end."""

RULES: Final = """
[rules]
server-errors-captured = true
no-scope-bleed = true
"""


@pytest.mark.parametrize(
    "column", [pytest.param(each, marks=pytest.mark.needs(*each.needs), id=each.name) for each in COLUMNS]
)
def test_monitoring_of_requests(pytester: pytest.Pytester, column: Column) -> None:
    add_application(pytester, f"web_{column.name}")
    copy_application("web", pytester.path, "web")
    copy_application("django_shop", pytester.path, "django_shop")
    copy_application("monitoring_of_requests", pytester.path, "test_monitoring")
    (pytester.path / "sentry_capture.toml").write_text(RULES, encoding="utf-8")

    result = pytester.runpytest_subprocess("-rA")

    assert outcomes(result) == ROWS
    result.stdout.fnmatch_lines(["*GET * answered 503, but no error event was captured."])
    result.stdout.fnmatch_lines(["Rules: 1 kept, 1 broken, 0 not judged, 0 not exercised."])


@pytest.mark.parametrize(
    "column",
    [pytest.param(each, marks=pytest.mark.needs(*each.needs), id=each.name) for each in COLUMNS if each.ends_late],
)
def test_late_crash(pytester: pytest.Pytester, column: Column) -> None:
    """With a grace of ten minutes, a test that passes was let go when the application had returned."""
    add_application(pytester, f"web_{column.name}")
    for name in "web", "waited_for", "django_shop":
        copy_application(name, pytester.path, name)
    copy_application("late_crash_of_requests", pytester.path, "test_late")
    (pytester.path / "sentry_capture.toml").write_text(RULES, encoding="utf-8")

    result = pytester.runpytest_subprocess("--sentry-grace=600", timeout=300)

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["Rules: 2 kept, 0 broken, 0 not judged, 0 not exercised."])


@pytest.mark.needs("tracebacks without the frames that pass exceptions on")
@pytest.mark.parametrize(
    "column", [pytest.param(each, marks=pytest.mark.needs(*each.needs), id=each.name) for each in COLUMNS]
)
def test_exceptions_have_passed_no_frame_of_the_plugin(pytester: pytest.Pytester, column: Column) -> None:
    """What a framework or a server writes into its log of a crash is what it writes without the plugin."""
    add_application(pytester, f"web_{column.name}")
    copy_application("web", pytester.path, "web")
    copy_application("django_shop", pytester.path, "django_shop")
    pytester.makepyfile(
        test_tracebacks="""
        import traceback

        import pytest
        import shop

        @pytest.mark.parametrize("path", ["/crash/7", "/stream", "/teardown"])
        def test_crash(path, sentry_capture):
            shop.get(path)
            event = sentry_capture.assert_captured(exception=ZeroDivisionError)
            frames = [frame for frame, _ in traceback.walk_tb(event.original_exception.__traceback__)]
            assert frames[-1].f_code.co_name == "crash"
            names = [frame.f_globals["__name__"] for frame in frames]
            assert [name for name in names if name.startswith("pytest_sentry_capture")] == []
        """
    )

    pytester.runpytest_subprocess().assert_outcomes(passed=3)

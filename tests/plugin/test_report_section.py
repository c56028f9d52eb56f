"""The section "Captured by Sentry" of a failed test's report: what happened, in order, and no values."""

from __future__ import annotations

import re

import pytest

from any_sdk import IS_3
from applications import add_application

TEST = """
import pytest, sentry_sdk
from any_sdk import logs_enabled, segment
from shop import client

@pytest.mark.sentry_options(traces_sample_rate=1.0, **logs_enabled())
def test(sentry_capture):
    client.get("/orders/404?token=planted-query")
    client.get("/orders/planted-path")
    with segment("planted", "task"):
        sentry_sdk.get_current_scope().set_transaction_name("/planted-transaction/1", source="url")
        sentry_sdk.Scope.get_current_scope().add_attachment(b"planted-content", filename="planted-file.txt")
        sentry_sdk.capture_message("planted-message")
    sentry_sdk.metrics.count("orders", 47110815)
    assert False
"""
SPANS = "2 spans, " if IS_3 else ""
"""Streamed spans are items, those of a transaction are parts of it."""
SHORT = f"""\
exchange   GET /orders/{{number}} answered 404
captured   error message 'order %s is odd', logger shop, GET /orders/{{number}} answered 404
captured   error message (30 characters), logger shop, GET /orders/{{number}} answered 404
discarded  error HTTPException (14 characters), handled, GET /orders/{{number}} answered 404: \
before_send by shop.hide_not_found (shop.py:37)
captured   segment '/orders/{{number}}', http.server, GET /orders/{{number}} answered 404
exchange   GET /orders/{{number}} answered 500
captured   error message 'order %s is odd', logger shop, GET /orders/{{number}} answered 500
captured   error message (30 characters), logger shop, GET /orders/{{number}} answered 500
captured   error KeyError (19 characters), unhandled, GET /orders/{{number}} answered 500
captured   segment '/orders/{{number}}', http.server, GET /orders/{{number}} answered 500
captured   info message (15 characters)
captured   segment (22 characters), task
captured   4 logs, {SPANS}1 attachment, 1 metric
"""


ON_SDKS_WITH_ALL_KINDS = pytest.mark.needs("logs", "metrics")


@pytest.fixture
def shop(pytester: pytest.Pytester) -> pytest.Pytester:
    add_application(pytester, "shop_with_planted_values")
    return pytester


def section(result: pytest.RunResult) -> str | None:
    """The text under the title, up to the next title."""
    found = re.search(r"-+ Captured by Sentry -+\n(.*?)^[-=_]{3,} ", result.stdout.str(), re.DOTALL | re.MULTILINE)
    return found and found[1]


@ON_SDKS_WITH_ALL_KINDS
@pytest.mark.parametrize("args", [(), ("--sentry-show=short",), ("-n1",)])
def test_one_line_for_each_in_order(args: tuple[str, ...], shop: pytest.Pytester) -> None:
    shop.makepyfile(TEST)

    assert section(shop.runpytest_subprocess(*args)) == SHORT


@ON_SDKS_WITH_ALL_KINDS
def test_in_full_names_are_shown_too(shop: pytest.Pytester) -> None:
    shop.makepyfile(TEST)

    lines = section(shop.runpytest_subprocess("--sentry-show=full"))

    assert lines is not None
    assert [line for line in lines.splitlines() if "KeyError" in line or "shop:" in line] == [
        "captured   error KeyError (19 characters), unhandled, GET /orders/{number} answered 500"
    ]
    after = lines.partition("KeyError")[2].splitlines()[1:6]
    assert after == [
        "             tags: shop",
        "             user: email, id",
        "             contexts: runtime, trace",
        "             breadcrumbs: 1 cart, 2 shop",
        "             changed: extra.hidden by shop.hide_not_found (shop.py:37)",
    ]
    assert "captured   error log " in lines
    assert ("captured   span db (19 characters), " in lines) is IS_3
    assert "captured   counter metric orders\n" in lines


@ON_SDKS_WITH_ALL_KINDS
@pytest.mark.parametrize("mode", ["short", "full"])
def test_no_value_is_shown(mode: str, shop: pytest.Pytester) -> None:
    shop.makepyfile(TEST)

    shown = section(shop.runpytest_subprocess(f"--sentry-show={mode}"))

    assert shown is not None
    assert "planted" not in shown
    assert "example.org" not in shown
    assert "47110815" not in shown


@pytest.mark.parametrize("rate", [0.0, 1.0])
@pytest.mark.parametrize("mode", ["short", "full"])
def test_no_url_is_shown_as_the_name_of_a_segment(mode: str, rate: float, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        f"""
        from fastapi import FastAPI
        from fastapi.testclient import TestClient

        def test(sentry_init):
            sentry_init(
                dsn="https://key@sentry.invalid/1", traces_sample_rate={rate}, auto_enabling_integrations=True
            )
            TestClient(FastAPI()).get("/nowhere/planted-path")
            assert False
        """
    )

    shown = section(pytester.runpytest_subprocess(f"--sentry-show={mode}"))

    assert shown is not None
    assert shown.count("segment (") == 1
    assert shown.count("sample_rate") >= (rate == 0)
    assert "planted" not in shown


@ON_SDKS_WITH_ALL_KINDS
def test_ini_option_and_command_line(shop: pytest.Pytester) -> None:
    shop.makepyfile(TEST)
    with (shop.path / "tox.ini").open("a") as ini:
        ini.write("\nsentry_show = no\n")

    assert section(shop.runpytest_subprocess()) is None
    assert section(shop.runpytest_subprocess("--sentry-show=short")) == SHORT


def test_a_wrong_mode_is_a_usage_error(shop: pytest.Pytester) -> None:
    result = shop.runpytest_subprocess("--sentry-show=sort")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: sentry_show: unknown value 'sort'; did you mean 'short'? Valid: full, no, short, values"]
    )


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("def test(): pass", None),
        ("def test(): assert False", None),
        ("import sentry_sdk\ndef test(): assert False", None),
        ("def test(sentry_capture): assert False", "Nothing was captured or discarded.\n"),
        (
            "import sentry_sdk as s\ndef test():\n    s.capture_event({'level': 'info', 'message': 'x'}); assert 0",
            "discarded  info message (1 character): no_client\n",
        ),
    ],
)
def test_only_where_it_is_of_use(test: str, expected: str | None, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test)

    assert section(pytester.runpytest_inprocess()) == expected


@pytest.mark.parametrize("phase", ["setup", "call", "teardown"])
def test_every_phase_that_fails_has_it(phase: str, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        f"""
        import pytest, sentry_sdk

        @pytest.fixture
        def resource(sentry_init):
            sentry_init(dsn="https://key@sentry.invalid/1")
            sentry_sdk.capture_message("up")
            assert "{phase}" != "setup"
            yield
            sentry_sdk.capture_message("down!")
            assert "{phase}" != "teardown"

        def test(resource):
            sentry_sdk.capture_message("call")
            assert "{phase}" != "call"
        """
    )
    lengths = {"setup": [2], "call": [2, 4], "teardown": [2, 4, 5]}[phase]

    expected = "".join(f"captured   info message ({length} characters)\n" for length in lengths)
    assert section(pytester.runpytest_inprocess()) == expected


def test_many_lines_are_cut(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sentry_sdk

        def test(sentry_init):
            sentry_init(dsn="https://key@sentry.invalid/1")
            for number in range(50):
                sentry_sdk.capture_message("hello")
            assert False
        """
    )
    line = "captured   info message (5 characters)\n"

    assert section(pytester.runpytest_inprocess()) == line * 40 + "… and 10 more lines; --sentry-show=full shows them\n"
    assert str(section(pytester.runpytest_inprocess("--sentry-show=full"))).count(line) == 50


@pytest.mark.parametrize("mode", ["short", "full"])
def test_no_declared_secret_is_shown(mode: str, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sentry_sdk

        def test(sentry_capture, sentry_init):
            sentry_init(dsn="https://key@sentry.invalid/1")
            sentry_capture.secret("hunter" + "2")
            sentry_sdk.set_tag("hunter" + "2", "yes")
            sentry_sdk.capture_event({"message": "hello hunter" + "2", "logger": "shop.hunter" + "2"})
            assert sentry_capture.events == []
        """
    )

    result = pytester.runpytest_inprocess(f"--sentry-show={mode}")

    result.stdout.fnmatch_lines(
        ["E * 1. message 'hello [[]secret]', logger shop.[[]secret]", "captured * logger shop.[[]secret]"]
    )
    result.stdout.no_fnmatch_line("*hunter2*")


@pytest.mark.parametrize(
    ("assertion", "lines"),
    [
        (
            "sentry_capture.events == []",
            ["E       AssertionError: assert 1 captured == []", "E         1. info message 'hi'"],
        ),
        (
            "[] == sentry_capture.events",
            ["E       AssertionError: assert 1 captured == []", "E         1. info message 'hi'"],
        ),
        (
            "sentry_capture.discarded == []",
            [
                "E       AssertionError: assert 1 discarded == []",
                "E         1. info message 'bye': before_send by *.before_send (*.py:4)",
            ],
        ),
        ("[1] == []", ["E       assert [1] == []", "E         Left contains one more item: 1"]),
    ],
)
def test_a_view_that_should_be_empty(assertion: str, lines: list[str], pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        f"""
        import sentry_sdk

        def test(sentry_capture, sentry_init):
            def before_send(event, hint):
                return event if event["message"] == "hi" else None

            sentry_init(dsn="https://key@sentry.invalid/1", before_send=before_send)
            sentry_sdk.capture_message("hi")
            sentry_sdk.capture_message("bye")
            assert {assertion}
        """
    )

    pytester.runpytest_inprocess().stdout.re_match_lines([re.escape(line).replace(r"\*", ".*") for line in lines])

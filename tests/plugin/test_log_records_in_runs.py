"""Log records that became no events, in whole runs: which tests see them, and who leaves them out."""

from __future__ import annotations

import json
import sys

import pytest

from any_sdk import IS_3

LOGGING = "any_sdk.logging_to_events()"
SHOP = f"""
import any_sdk, logging, sentry_sdk
from sentry_sdk.integrations import logging as sentry_logging

logger = logging.getLogger("shop")
noise = logging.getLogger("shop.noise")
disabled = logging.getLogger("shop.disabled")
disabled.disabled = True
ignore_logger = getattr(sentry_logging, "ignore_logger_for_events", sentry_logging.ignore_logger)

def init():
    sentry_sdk.init("https://key@sentry.invalid/1", integrations={LOGGING})
    ignore_logger("shop.noise")

def log_all():
    logger.warning("low on milk")
    noise.error("odd host")
    disabled.error("no milk")

def reasons(capture):
    try:
        below_level = capture.assert_discarded(reason="log_level")
    except AssertionError:
        below_level = []
    return sorted(discard.reason for discard in (*below_level, *capture.discarded))

ALL = ["ignored_logger", "log_level", "logger_disabled"]
"""
IGNORE_LOGGER = "ignore_logger_for_events" if IS_3 else "ignore_logger"


@pytest.fixture
def shop(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(shop=SHOP)
    return pytester


class TestTestsThatUseTheFixture:
    def test_see_them_alone(self, shop: pytest.Pytester) -> None:
        shop.makepyfile(
            """
            import logging, shop, pytest

            shop.init()
            METHODS = "isEnabledFor", "filter", "handle"
            BEFORE = {name: getattr(logging.Logger, name) for name in METHODS}

            def is_as_before():
                return BEFORE == {name: getattr(logging.Logger, name) for name in METHODS} and "filter" not in vars(
                    logging.Logger
                )

            @pytest.fixture(autouse=True)
            def log_around():
                shop.log_all()
                yield
                shop.log_all()

            def test_with_it(sentry_capture):
                assert shop.reasons(sentry_capture) == shop.ALL
                shop.log_all()
                assert shop.reasons(sentry_capture) == sorted(shop.ALL * 2)

            def test_without_it(request):
                shop.log_all()
                assert is_as_before()

            def test_that_asks_for_it_in_its_call(request):
                assert is_as_before()
                shop.log_all()
                capture = request.getfixturevalue("sentry_capture")
                assert shop.reasons(capture) == []
                shop.log_all()
                assert shop.reasons(capture) == shop.ALL

            def test_after_it():
                assert is_as_before()
            """
        )

        shop.runpytest_inprocess("-p", "no:randomly").assert_outcomes(passed=4)

    def test_see_them_when_the_sdk_is_imported_during_the_test(self, shop: pytest.Pytester) -> None:
        shop.makepyfile(
            """
            import sys

            def test(sentry_capture):
                assert "sentry_sdk" not in sys.modules
                import shop
                shop.init()
                shop.log_all()
                assert shop.reasons(sentry_capture) == shop.ALL
            """
        )

        shop.runpytest_subprocess("-p", "no:randomly").assert_outcomes(passed=1)

    def test_see_what_was_ignored_before_the_run(self, shop: pytest.Pytester) -> None:
        """Who ignored a logger is not known then, except for those that the SDK's integrations ignore."""
        shop.makepyfile(
            earlier="import shop\nshop.init()\nshop.ignore_logger('django.request')",
            test_shop="""
            import logging, shop

            def test(sentry_capture):
                shop.noise.error("odd host")
                logging.getLogger("django.request").error("Internal Server Error: /")
                assert shop.reasons(sentry_capture) == ["ignored_logger"]
            """,
        )
        shop.syspathinsert()

        run = "import earlier, pytest, sys; sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider']))"
        shop.run(sys.executable, "-c", run).assert_outcomes(passed=1)

    def test_see_none_without_a_client(self, shop: pytest.Pytester) -> None:
        shop.makepyfile(
            """
            import shop

            def test(sentry_capture):
                shop.ignore_logger("shop.noise")
                shop.log_all()
                assert shop.reasons(sentry_capture) == []
                sentry_capture.assert_inactive()
            """
        )

        shop.runpytest_subprocess().assert_outcomes(passed=1)

    def test_see_their_own_alone_where_runs_are_nested(self, shop: pytest.Pytester) -> None:
        shop.makepyfile(
            test_inner="""
            import shop

            def test_inner(sentry_capture):
                shop.init()
                shop.log_all()
                assert shop.reasons(sentry_capture) == shop.ALL
            """,
            test_outer="""
            import logging, pytest, shop

            def test_outer(sentry_capture):
                shop.init()
                shop.log_all()
                watched = logging.Logger.handle
                assert pytest.main(["-q", "-p", "no:cacheprovider", "test_inner.py"]) == 0
                assert logging.Logger.handle is watched
                assert shop.reasons(sentry_capture) == shop.ALL
                shop.log_all()
                assert shop.reasons(sentry_capture) == sorted(shop.ALL * 2)
            """,
        )

        shop.runpytest_subprocess("test_outer.py").assert_outcomes(passed=1)


def test_logging_is_what_it_is_without_the_fixture(shop: pytest.Pytester) -> None:
    shop.makepyfile(
        """
        import inspect, io, logging, sys, traceback
        import any_sdk, pytest, sentry_sdk, shop

        class Walker(logging.Handler):
            "Looks for who has logged, as handlers do that pass records on to other libraries."

            def __init__(self):
                super().__init__()
                self.seen = []

            def emit(self, record):
                frame = sys._getframe(1)
                while frame.f_code.co_filename == logging.__file__:
                    frame = frame.f_back
                self.seen.append((record.funcName, record.lineno, record.getMessage(), frame.f_code.co_name))

        class Broken(logging.Handler):
            def emit(self, record):
                try:
                    raise KeyError("broken")
                except KeyError:
                    self.handleError(record)

        def log_it(logger):
            logger.error("one")
            logger.error("two", stacklevel=2)
            logger.warning("three", stack_info=True)
            logger.debug("four")
            logging.LoggerAdapter(logger, {}).error("five")

        def observe(logger, capsys):
            walker, broken = Walker(), Broken()
            logger.addHandler(walker)
            logger.propagate = False
            log_it(logger)
            logger.addHandler(broken)
            log_it(logger)
            output = capsys.readouterr().err
            logger.handlers.clear()
            with pytest.raises(TypeError) as caught:
                logger.isEnabledFor("error")
            return (
                walker.seen,
                output.count("broken"), "sentry_capture" in output,
                str(caught.value),
                {name: described(getattr(logging.Logger, name)) for name in ("handle", "filter", "isEnabledFor")},
            )

        def described(method):
            names = method.__name__, method.__qualname__, method.__module__
            return *names, method.__doc__, str(inspect.signature(method))

        observed = {}

        def test_without(capsys):
            observed["without"] = observe(logging.getLogger("shop.walked"), capsys)

        def test_with(capsys, sentry_capture):
            observed["with"] = observe(logging.getLogger("shop.walked"), capsys)
            assert observed["with"] == observed["without"]

        def test_stack_traces_without():
            observed["stacks"] = stacks()

        def test_stack_traces_with(sentry_capture):
            assert stacks() == observed["stacks"] != []

        def stacks():
            events = []
            sentry_sdk.init(
                "https://key@sentry.invalid/1", integrations=any_sdk.logging_to_events(), attach_stacktrace=True,
                before_send=lambda event, hint: events.append(event),
            )
            logging.getLogger("shop.traced").error("hello", stack_info=True)
            [event] = events
            [thread] = event["threads"]["values"]
            return [(each["module"], each["function"]) for each in thread["stacktrace"]["frames"][-4:]]
        """
    )

    result = shop.runpytest_inprocess("-p", "no:randomly", "-p", "no:logging")
    result.assert_outcomes(passed=4)


BANK = """
import pytest, shop, sentry_sdk
from fastapi import FastAPI
from fastapi.responses import Response
from fastapi.testclient import TestClient

@pytest.fixture
def client():
    shop.init()
    app = FastAPI()

    @app.get("/orders/{number}")
    def read_order(number: int):
        shop.log_all()
        return Response(status_code=number)

    return TestClient(app)

def test_orders(client, sentry_capture):
    client.get("/orders/503")
    assert shop.reasons(sentry_capture) == shop.ALL
    assert [discard.exchange.route for discard in sentry_capture.discarded] == ["/orders/{number}"] * 2
"""


class TestRules:
    def test_a_silent_answer_stays_silent(self, shop: pytest.Pytester) -> None:
        shop.makefile(".toml", sentry_capture="rules.server-errors-captured = true\nrules.no-silent-loss = true")
        shop.makepyfile(test_bank=BANK)

        result = shop.runpytest_inprocess()

        result.assert_outcomes(passed=1, errors=1)
        result.stdout.fnmatch_lines(
            [
                "Rule 'server-errors-captured' is broken (sentry_capture.toml:1).",
                "  GET /orders/{number} answered 503, but no error event*",
                "    discarded: warning message (11 characters), logger shop, GET /orders/{number} answered 503",
                "      log_level",
                "    discarded: error message (8 characters), logger shop.noise, GET /orders/{number} answered 503",
                "      ignored_logger",
                "Rules: 0 kept, 1 broken, 0 not judged, 1 not exercised.",
            ]
        )

    def test_do_not_know_them(self, shop: pytest.Pytester) -> None:
        """They are seen in some tests only, so that a rule could not hold for all."""
        expect = '[[expect]]\nname = "payments"\nlogger = "shop.noise"\ncaptured = true\n'
        shop.makefile(".toml", sentry_capture=f"rules.no-silent-loss = true\n{expect}")
        shop.makeconftest(
            """
            from pytest_sentry_capture import Rule

            class NothingIsDiscarded(Rule):
                name = "nothing-is-discarded"

                def judge(self, views):
                    yield self.kept()
                    for discard in views.discarded:
                        yield self.broken(discard, "discarded")

            def pytest_sentry_capture_rules(config):
                return [NothingIsDiscarded()]
            """
        )
        shop.makepyfile(
            """
            import shop

            def test(sentry_capture):
                shop.init()
                shop.log_all()
                assert shop.reasons(sentry_capture) == shop.ALL
            """
        )

        result = shop.runpytest_inprocess()

        result.assert_outcomes(passed=1)
        result.stdout.fnmatch_lines(["Rules: 1 kept, 0 broken, 0 not judged, 2 not exercised."])


class TestReports:
    def test_leave_them_out(self, shop: pytest.Pytester) -> None:
        shop.makepyfile(test_bank=BANK)

        result = shop.runpytest_inprocess(
            "--sentry-report=report.json", "--sentry-contract=update", "--junitxml=junit.xml"
        )

        result.assert_outcomes(passed=1)
        report = json.loads((shop.path / "report.json").read_text())
        assert [(row["status"], row["discarded"]) for row in report["rows"]] == [(503, None)]
        del report["shard"]  # which describes what the application ignores
        for text in json.dumps(report), (shop.path / "sentry-contract.toml").read_text():
            assert "shop" not in text
            assert "log_level" not in text
        assert '<property name="sentry_discarded" value="0" />' in (shop.path / "junit.xml").read_text()

    def test_of_a_failed_test_list_what_would_have_been_an_event(self, shop: pytest.Pytester) -> None:
        shop.makepyfile(
            """
            import shop

            def test(sentry_capture):
                shop.init()
                shop.log_all()
                shop.logger.warning("low on bread")
                assert 0
            """
        )

        short, full = shop.runpytest_inprocess(), shop.runpytest_inprocess("--sentry-show=full")

        short.stdout.fnmatch_lines(
            [
                "*- Captured by Sentry -*",
                "discarded  error message (8 characters), logger shop.noise: ignored_logger",
                "discarded  error message (7 characters), logger shop.disabled: logger_disabled",
                "discarded  2 log records below the level of events",
                "*= short test summary info =*",
            ],
            consecutive=True,
        )
        full.stdout.fnmatch_lines(
            [
                "discarded  warning message (11 characters), logger shop: log_level",
                "discarded  error message (8 characters), logger shop.noise: ignored_logger",
                "discarded  error message (7 characters), logger shop.disabled: logger_disabled",
                "discarded  warning message (12 characters), logger shop: log_level",
                "*= short test summary info =*",
            ],
            consecutive=True,
        )


class TestUnused:
    UNUSED = f"  unused         {IGNORE_LOGGER}('{{}}'): no test with sentry_capture logged to it"

    @pytest.fixture
    def tests(self, shop: pytest.Pytester) -> pytest.Pytester:
        shop.makepyfile(
            test_shop="""
            import shop

            shop.init()
            shop.ignore_logger("shop.never")
            shop.ignore_logger("never.*")
            shop.ignore_logger("shop.p*t")

            def test_that_logs(sentry_capture):
                shop.noise.error("odd host")

            def test_by_a_pattern(sentry_capture):
                shop.logging.getLogger("shop.present").error("hello")

            def test_without_it():
                shop.logging.getLogger("shop.never").error("hello")
            """
        )
        return shop

    @pytest.mark.parametrize("workers", [[], ["-n2"]])
    def test_entries_are_named_and_fail_no_strict_run(self, tests: pytest.Pytester, workers: list[str]) -> None:
        result = tests.runpytest_subprocess("--sentry-strict", *workers)

        assert result.ret == pytest.ExitCode.OK
        named = [line for line in result.stdout.lines if line.startswith("  unused")]
        assert named == [self.UNUSED.format("never.*"), self.UNUSED.format("shop.never")]
        result.stdout.no_fnmatch_line("*--sentry-strict*")

    def test_entries_are_not_named_where_nobody_asks(self, tests: pytest.Pytester) -> None:
        tests.runpytest_inprocess().stdout.no_fnmatch_line("  unused *")

    @pytest.mark.parametrize("selection", ["test_that_logs", "test_without_it"])
    def test_entries_are_not_named_after_a_partial_run(self, tests: pytest.Pytester, selection: str) -> None:
        result = tests.runpytest_inprocess("--sentry-strict", "-k", selection)

        assert result.ret == pytest.ExitCode.OK
        result.stdout.no_fnmatch_line("  unused *")

    def test_entries_are_not_named_where_no_test_could_have_seen_them(self, shop: pytest.Pytester) -> None:
        shop.makepyfile("import shop\n\ndef test():\n    shop.init()\n    shop.ignore_logger('shop.never')\n")

        result = shop.runpytest_inprocess("--sentry-strict")

        assert result.ret == pytest.ExitCode.OK
        result.stdout.no_fnmatch_line("  unused *")

    def test_entries_of_integrations_are_not_named(self, shop: pytest.Pytester) -> None:
        shop.makepyfile(
            """
            import shop

            def test(sentry_capture):
                shop.init()
                namespace = {"__name__": "sentry_sdk.integrations.celery", "ignore": shop.ignore_logger}
                exec("ignore('celery.worker.new')", namespace)
                shop.noise.error("odd host")
            """
        )

        result = shop.runpytest_subprocess("--sentry-strict")

        assert result.ret == pytest.ExitCode.OK
        result.stdout.no_fnmatch_line("  unused *")

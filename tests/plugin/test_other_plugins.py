"""What runs beside this plugin: other plugins of pytest, patched standard libraries, and pytest's own modes.

For each of them, an application that uses Sentry is tested with the fixtures, and tests that don't use them end, and
print, as they do where this plugin is not installed.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import pytest

from applications import add_application
from run_output import summary_of
from two_runs import ended, run, with_and_without

PLAIN: Final = """
    import logging
    import warnings

    import pytest
    import sentry_sdk

    import any_sdk
    import shop


    def test_an_event():
        shop.pay(0)
        assert shop.sent() == ["event"]


    def test_a_discarded_event():
        shop.order("milk")
        assert shop.sent() == []


    @pytest.mark.skipif(not hasattr(sentry_sdk, "logger"), reason="has no logs")
    def test_a_log():
        shop.log()
        assert shop.sent() == ["log"]


    def test_a_segment():
        shop.report()
        assert set(shop.sent()) == {any_sdk.TRACE_KIND}


    def test_a_logged_error(caplog):
        logging.getLogger("shop").error("empty")
        assert caplog.messages == ["empty"]
        assert "event" in shop.sent()


    def test_a_warning():
        warnings.warn("old", DeprecationWarning)
        print("printed")


    def test_fails():
        shop.leak()
        assert shop.sent() == ["transaction", "log"], "this is not what was sent"


    def test_crashes():
        print("about to crash")
        raise shop.ClosedError(ZeroDivisionError("closed"))


    @pytest.mark.xfail(strict=True)
    def test_does_not_fail_as_expected():
        shop.pay(1)


    @pytest.fixture
    def broken():
        shop.pay(0)
        yield
        raise RuntimeError("torn down")


    def test_errs(broken):
        pass


    @pytest.mark.skip
    def test_is_skipped():
        shop.pay(0)
"""

PASSING: Final = PLAIN.partition("def test_a_warning")[0]

OBSERVED: Final = """
    import pytest
    import sentry_sdk

    import shop


    def test_an_event(sentry_capture):
        shop.pay(0)
        event = sentry_capture.assert_captured(exception=ZeroDivisionError)
        assert event.tags == {}


    def test_a_discarded_event(sentry_capture):
        shop.order("milk")
        sentry_capture.assert_discarded(exception=KeyError, reason="before_send")


    @pytest.mark.skipif(not hasattr(sentry_sdk, "logger"), reason="has no logs")
    def test_a_log(sentry_capture):
        shop.log()
        assert sentry_capture.assert_captured("log").body == "paid 12"


    def test_a_segment(sentry_capture):
        shop.report()
        sentry_capture.assert_captured("segment", name="report")


    def test_breaks_a_rule():
        shop.leak()


    def test_its_own_client(sentry_init, sentry_capture):
        sentry_init(dsn="https://key@sentry.invalid/2")
        sentry_sdk.capture_message("for this test")
        sentry_capture.assert_captured(message="for this test")


    def test_the_next_event(sentry_capture):
        sentry_sdk.capture_message("hello")
        sentry_capture.assert_captured(message="hello")


    def test_a_separate_process(sentry_server):
        import subprocess
        import sys

        code = "import sys, sentry_sdk as s; s.init(sys.argv[1], default_integrations=False); s.capture_message('x')"
        command = [sys.executable, "-W", "ignore", "-c", f"{code}; s.flush()", sentry_server.dsn]
        subprocess.run(command, env=sentry_server.env)
        sentry_server.assert_captured(message="x")
"""
RULES: Final = '[tool.sentry_capture.rules]\nforbidden-data = { keys = ["passport"] }\n'


@dataclass(frozen=True)
class Company:
    """What the tests of the shop run beside.

    Attributes:
        options: pytest's options.
        beside: the entry points of the plugins that are loaded.
        interpreter: Python's own options.
        ini: further lines of the ini file.
        plain: the tests without our fixtures.
        files: further modules: a conftest, and tests in the style of a plugin, which use none of our fixtures.
        observed: further tests with the fixtures.
        outcomes: what is added to the outcomes of ``OBSERVED``.
        typed: what comes on standard input.
        needs: the capabilities of what is installed.
    """

    options: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    interpreter: tuple[str, ...] = ()
    ini: tuple[str, ...] = ()
    plain: str = PLAIN
    files: dict[str, str] = field(default_factory=dict)
    observed: str = ""
    outcomes: dict[str, int] = field(default_factory=dict)
    typed: bytes = b""
    needs: tuple[str, ...] = ()


BDD: Final = """
    from pytest_bdd import given, scenario, then, when

    import any_sdk
    import shop


    @scenario("pay.feature", "Nothing is paid")
    def test_nothing_is_paid{name}():
        pass


    @given("a shop", target_fixture="amount")
    def amount():
        return 0


    @when("somebody pays")
    def pay(amount{fixture}):
        shop.pay(amount)


    @then("Sentry is told")
    def told({fixture_alone}):
        {assertion}


    @then("the customer is told")
    def customer():
        raise LookupError("there is none")


    @scenario("pay.feature", "It fails")
    def test_it_fails{name}():
        pass
"""
FEATURE: Final = """Feature: Payments
    Scenario: Nothing is paid
        Given a shop
        When somebody pays
        Then Sentry is told

    Scenario: It fails
        Given a shop
        When somebody pays
        Then the customer is told
"""

DJANGO: Final = """
    import pytest
    import sentry_sdk
    from django.contrib.auth.models import Group
    from django.http import HttpResponse
    from django.urls import path

    import shop


    def fail(request):
        shop.pay(0)
        return HttpResponse("failed", status=503)


    urlpatterns = [path("pay/", fail)]


    @pytest.mark.django_db
    def test_rows():
        Group.objects.create(name="customers")
        assert list(Group.objects.all()) == [Group(name="staff")]


    @pytest.mark.urls(__name__)
    def test_a_view(client):
        assert client.get("/pay/").status_code == 503
        assert "event" in shop.sent()


    def test_without_a_database():
        Group.objects.count()


    @pytest.mark.urls(__name__)
    def test_a_live_server(live_server):
        from urllib.error import HTTPError
        from urllib.request import urlopen

        try:
            urlopen(f"{live_server.url}/pay/")
        except HTTPError as error:
            assert error.code == 503
        assert "event" in shop.sent()
"""
DJANGO_SETTINGS: Final = """
    SECRET_KEY = "-"
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
    INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth"]
    ALLOWED_HOSTS = ["*"]
    ROOT_URLCONF = "test_django"
    STATIC_URL = "static/"
    USE_TZ = True
"""

TRIO: Final = """
    import trio
    import sentry_sdk

    import shop


    async def test_tasks(nursery):
        async def fail():
            shop.pay(0)

        nursery.start_soon(fail)
        await trio.testing.wait_all_tasks_blocked()
        assert shop.sent() == ["event"]


    async def test_fails(autojump_clock):
        await trio.sleep(10)
        raise LookupError("late")
"""

MOCK: Final = """
    import sentry_sdk

    import shop


    def test_a_patched_function(mocker):
        captured = mocker.patch("sentry_sdk.capture_exception")
        shop.pay(0)
        captured.assert_called_once_with()


    def test_a_spy(mocker):
        captured = mocker.spy(sentry_sdk.Client, "capture_event")
        shop.pay(0)
        assert captured.call_count == 2


    def test_a_patched_transport(mocker):
        captured = mocker.patch.object(shop.Kept, "capture_envelope")
        shop.pay(0)
        assert [len(call.args) for call in captured.mock_calls] == [2]


    def test_a_stub(mocker):
        assert shop.sent() == []
        stub = mocker.stub(name="stub")
        stub(1)
        stub.assert_called_once_with(2)
"""

SOCKETS: Final = """
    import socket

    import pytest


    def test_no_socket():
        socket.socket()


    @pytest.mark.enable_socket
    def test_a_socket():
        socket.socket().close()
"""

GREENLETS: Final = """
    import threading
    import time

    import shop


    def test_threads():
        threads = [threading.Thread(target=shop.pay, args=[0]) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        time.sleep(0)
        assert shop.sent() == ["event"] * 3


    def test_fails():
        with threading.Lock():
            raise LookupError("locked")
"""
EVENTLET: Final = """
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import eventlet

    eventlet.monkey_patch()
"""
OBSERVED_GREENLETS: Final = """
    import threading

    import shop


    def test_threads(sentry_capture):
        threads = [threading.Thread(target=shop.pay, args=[0]) for _ in range(3)]
        for thread in threads:
            thread.start()
        sentry_capture.wait_for(count=3)
        sentry_capture.assert_count(3, exception=ZeroDivisionError)


    def test_in_its_own_thread(sentry_capture, sentry_server):
        import sentry_sdk
        threading.Timer(0.01, shop.pay, [0]).start()
        sentry_capture.wait_for()
        assert sentry_server.items == []
"""

PARALLEL: Final = """
    import threading

    import pytest

    import shop

    threads = set()


    def test_in_several_threads():
        threads.add(threading.get_ident())
        shop.pay(0)
        shop.order("milk")
        shop.report()


    @pytest.mark.thread_unsafe
    def test_that_it_was():
        assert len(threads) == 3
        assert shop.sent().count("event") == 3


    def test_fails():
        raise LookupError("in a thread")
"""

NOT_RUN: Final = {"passed": -7, "failed": -1}

COMPANY: Final = {
    "nobody": Company(),
    "forked": Company(("--forked",), ("pytest_forked",), needs=("pytest-forked", "reports that can be marshalled")),
    "run-parallel": Company(
        ("--parallel-threads=3", "-v"),
        ("run-parallel",),
        plain=PARALLEL,
        outcomes={"failed": -1, "errors": 1},  # as it calls tests that fail in several threads
        needs=("pytest-run-parallel",),
    ),
    "iterations": Company(("--iterations=3", "-v"), ("run-parallel",), needs=("pytest-run-parallel",)),
    "socket": Company(
        ("--disable-socket", "--allow-hosts=127.0.0.1"),
        ("socket",),
        files={"test_sockets": SOCKETS},
        needs=("pytest-socket",),
    ),
    "mock": Company(beside=("pytest_mock",), files={"test_mocks": MOCK}, needs=("pytest-mock",)),
    "django": Company(
        ("-o", "DJANGO_SETTINGS_MODULE=django_settings"),
        ("django",),
        files={"test_django": DJANGO, "django_settings": DJANGO_SETTINGS},
        needs=("pytest-django",),
    ),
    "bdd": Company(
        beside=("pytest-bdd",),
        files={
            "test_bdd": BDD.format(name="", fixture="", fixture_alone="", assertion='assert shop.sent() == ["event"]')
        },
        observed=BDD.format(
            name="_observed",
            fixture=", sentry_capture",
            fixture_alone="sentry_capture",
            assertion="sentry_capture.assert_captured(exception=ZeroDivisionError)",
        ),
        outcomes={"passed": 1, "failed": 1},
        needs=("pytest-bdd",),
    ),
    "trio": Company(
        beside=("trio",),
        ini=("trio_mode = true",),
        files={"test_trio": TRIO},
        observed="""
            import trio

            import shop


            async def test_tasks(nursery, sentry_capture):
                async def fail():
                    shop.pay(0)

                nursery.start_soon(fail)
                await trio.to_thread.run_sync(shop.pay, 0)
                await sentry_capture.await_for(count=2)
        """,
        outcomes={"passed": 1},
        needs=("pytest-trio",),
    ),
    "gevent": Company(
        files={"conftest": "from gevent import monkey\n\nmonkey.patch_all()", "test_greenlets": GREENLETS},
        observed=OBSERVED_GREENLETS,
        outcomes={"passed": 2},
        needs=("gevent",),
    ),
    "eventlet": Company(
        files={"conftest": EVENTLET, "test_greenlets": GREENLETS},
        observed=OBSERVED_GREENLETS,
        outcomes={"passed": 2},
        needs=("eventlet",),
    ),
    "xdist": Company(("-n", "1"), ("xdist",)),
    "warnings are errors": Company(("-W", "error"), interpreter=("-W", "error")),
    "development mode": Company(interpreter=("-X", "dev")),
    "importmode prepend": Company(("--import-mode=prepend",)),
    "importmode append": Company(("--import-mode=append",)),
    "importmode importlib": Company(("--import-mode=importlib",)),
    "debugger": Company(("--pdb",), typed=b"p 'asked'\nwhere\nc\n" * 9),
    "trace": Company(("--trace",), typed=b"c\n" * 99),
    "setup plan": Company(("--setup-plan",), outcomes=NOT_RUN),
    "setup show": Company(("--setup-show",)),
    "setup only": Company(("--setup-only",), outcomes=NOT_RUN),
}


def write(pytester: pytest.Pytester, company: Company) -> None:
    pytester.makeini("\n".join(["[pytest]", "addopts = -p no:cacheprovider", "pythonpath = .", *company.ini]))
    add_application(pytester, "shop_with_its_own_transport")
    (pytester.path / "pay.feature").write_text(FEATURE)


with_company = pytest.mark.parametrize(
    "company",
    [pytest.param(company, id=name, marks=[pytest.mark.needs(*company.needs)]) for name, company in COMPANY.items()],
)


@with_company
def test_tests_without_the_fixtures_end_as_they_do_without_the_plugin(
    company: Company, pytester: pytest.Pytester
) -> None:
    write(pytester, company)
    pytester.makepyfile(**{"test_plain": company.plain, **company.files})

    with_it, without_it = with_and_without(
        pytester,
        *company.options,
        beside=company.beside,
        interpreter=company.interpreter,
        typed=company.typed,
    )

    assert with_it.unlike(without_it) == ""
    assert company.outcomes is NOT_RUN or re.search(r"\d+ passed", with_it.output)


@with_company
def test_tests_with_the_fixtures(company: Company, pytester: pytest.Pytester, can: Callable[[str], bool]) -> None:
    write(pytester, company)
    pytester.makepyprojecttoml(RULES)
    files = {name: text for name, text in company.files.items() if not name.startswith("test_")}
    pytester.makepyfile(
        test_shop=OBSERVED, **({"test_observed": company.observed} if company.observed else {}), **files
    )

    result = run(
        pytester, *company.options, beside=company.beside, interpreter=company.interpreter, typed=company.typed
    )

    assert Counter(result.parseoutcomes()) == expected_outcomes(company, has_logs=can("logs"))
    if company.outcomes is not NOT_RUN:
        result.stdout.fnmatch_lines(["Rule 'forbidden-data' is broken (pyproject.toml:2).", "*extra.passport*"])


def expected_outcomes(company: Company, *, has_logs: bool) -> Counter[str]:
    expected = Counter(passed=7, failed=1)
    if not has_logs:
        expected.update(passed=-1, skipped=1)
    expected.update(company.outcomes)
    return +expected


@pytest.mark.needs("pytest-run-parallel")
def test_run_parallel_shows_why_a_test_runs_in_one_thread(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        def test_events(sentry_capture): ...
        @pytest.mark.usefixtures("sentry_init")
        def test_client(): ...
        @pytest.mark.force_parallel_threads(4)
        @pytest.mark.iterations(5)
        def test_server(sentry_server): ...
        @pytest.mark.thread_unsafe(reason="a reason of its own")
        def test_marked(sentry_capture): ...
        def test_nothing(): ...
        """
    )

    result = run(pytester, "-v", "--parallel-threads=2", beside=["run-parallel"])

    why = "records what the whole process captures, so the test runs once, in one thread"
    result.stdout.fnmatch_lines(
        [
            f"*::test_events PASSED [[]thread-unsafe]: sentry_capture {why}*",
            f"*::test_client PASSED [[]thread-unsafe]: sentry_init {why}*",
            f"*::test_server PASSED [[]thread-unsafe]: sentry_server {why}*",
            "*::test_marked PASSED [[]thread-unsafe]: a reason of its own*",
            "*::test_nothing PARALLEL PASSED*",
        ]
    )


@pytest.mark.needs("pytest-run-parallel")
def test_a_fixture_that_threads_of_a_test_request(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test(request): request.getfixturevalue('sentry_capture')")

    result = run(pytester, "--parallel-threads=2", beside=["run-parallel"])

    name_it = "name it among the arguments of the test, which then runs in one thread where that matters"
    result.stdout.fnmatch_lines([f"sentry_capture can't be requested in a thread of the test: {name_it}"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


TWO_THREADS = """
    import threading
    from concurrent.futures import ThreadPoolExecutor

    import _pytest.runner
    import pytest

    import turns


    class SetupState(threading.local, _pytest.runner.SetupState):
        pass


    def reports_of(*items):
        return [each for item in items for each in _pytest.runner.runtestprotocol(item, log=False, nextitem=None)]


    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(session):
        session._setupstate = SetupState()
        first, *others = session.items
        with ThreadPoolExecutor(2) as threads:
            reports_of_first = threads.submit(reports_of, first)
            assert turns.first_is_under_way.wait(30)
            reports = threads.submit(reports_of, *others).result()
            turns.others_are_over.set()
            for each in [*reports_of_first.result(), *reports]:
                session.config.hook.pytest_runtest_logreport(report=each)
        return True
"""
"""A conftest that runs the first test in one thread, and all others in another one meanwhile."""


def test_tests_that_two_threads_run_at_the_same_time(pytester: pytest.Pytester) -> None:
    """A fixture that is asked for then fails at once, and the test that already had it when it ends."""
    pytester.makepyprojecttoml(RULES)
    pytester.makeconftest(TWO_THREADS)
    add_application(pytester, "shop_with_its_own_transport")
    pytester.makepyfile(
        turns="""
            import threading

            first_is_under_way, others_are_over = threading.Event(), threading.Event()
            """,
        test_shop="""
            import pytest
            import sentry_sdk

            import shop
            import turns


            def test_first(sentry_capture):
                sentry_sdk.set_tag("seen", "by all")
                turns.first_is_under_way.set()
                assert turns.others_are_over.wait(30)
                shop.pay(0)
                assert len(sentry_capture.events) == 1


            def test_second(sentry_capture):
                raise NotImplementedError


            def test_client(sentry_init):
                raise NotImplementedError


            @pytest.mark.sentry_options(release="shop@1")
            def test_options():
                raise NotImplementedError


            def test_server(sentry_server):
                assert sentry_server.items == []


            def test_leaks():
                shop.leak()


            def test_no_fixture():
                shop.pay(0)
                assert shop.sent() == ["event", "event"]
            """,
    )

    result = run(pytester, "-rA")

    first, second = (
        f"test_shop.py::test_{name} runs in another thread of this process" for name in ("first", "second")
    )
    what_to_do = "run tests one after the other, or in several processes"
    result.stdout.fnmatch_lines(
        [
            "*ERROR at setup of test_second*",
            f"sentry_capture can't serve two tests at a time, and {first}: {what_to_do}",
            "*ERROR at setup of test_client*",
            f"sentry_init can't serve two tests at a time, and {first}: {what_to_do}",
            "*ERROR at setup of test_options*",
            f"sentry_options: the SDK's options can't serve two tests at a time, and {first}: {what_to_do}",
            "*_ test_first _*",
            f"sentry_capture can't serve two tests at a time, and {second}: {what_to_do}",
            "*_ test_leaks _*",
            "Rule 'forbidden-data' is broken (pyproject.toml:2).",
            "PASSED test_shop.py::test_server",
            "PASSED test_shop.py::test_no_fixture",
        ]
    )
    result.assert_outcomes(passed=2, failed=2, errors=3)


@pytest.mark.needs("pytest-socket")
@pytest.mark.parametrize("options", [["--disable-socket"], ["--disable-socket", "--allow-unix-socket"]])
def test_sockets_that_are_blocked(options: list[str], pytester: pytest.Pytester) -> None:
    """The server says what to allow, whether it runs already, and what it says is enough."""
    pytester.makepyfile(
        """
        import subprocess
        import sys

        import pytest

        REPORT = "import sys, sentry_sdk as s; s.init(sys.argv[1], default_integrations=False); s.capture_message('x')"


        def report(server):
            subprocess.run([sys.executable, "-c", f"{REPORT}; s.flush()", server.dsn], env=server.env, check=True)
            server.assert_captured(message="x")


        def test_before(sentry_server): ...


        @pytest.mark.allow_hosts(["127.0.0.1"])
        def test_host(sentry_server):
            report(sentry_server)


        @pytest.mark.enable_socket
        def test_all(sentry_server):
            report(sentry_server)


        def test_after(sentry_server): ...
        """
    )

    blocked = run(pytester, *options, "-W", "error", beside=["socket"])
    allowed = run(pytester, *options, "--allow-hosts=127.0.0.1", "-W", "error", beside=["socket"])

    blocked.assert_outcomes(passed=2, errors=2)
    what_to_allow = (
        "sentry_server listens on 127.0.0.1, and pytest-socket blocks all sockets of this test: allow the address with"
        ' --allow-hosts=127.0.0.1 or @pytest.mark.allow_hosts([[]"127.0.0.1"]), or all with'
        " @pytest.mark.enable_socket"
    )
    blocked.stdout.fnmatch_lines(
        ["*ERROR at setup of test_before*", what_to_allow, "*ERROR at setup of test_after*", what_to_allow]
    )
    blocked.stdout.no_fnmatch_line("*SocketBlockedError*")
    allowed.assert_outcomes(passed=4)


def test_sockets_that_a_test_suite_blocks_itself(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import socket

        import pytest


        @pytest.fixture(autouse=True)
        def no_sockets(monkeypatch):
            def refuse(*args, **kwargs):
                raise RuntimeError("no sockets in unit tests")

            monkeypatch.setattr(socket, "socket", refuse)


        def test(sentry_server): ...
        """
    )

    result = run(pytester)

    result.stdout.fnmatch_lines(
        ["sentry_server listens on 127.0.0.1, and no socket may be made: RuntimeError: no sockets in unit tests"]
    )
    result.assert_outcomes(errors=1)


@pytest.mark.needs("pytest-forked", "reports that can be marshalled")
@pytest.mark.parametrize("options", [[], ["-n", "1"]], ids=["alone", "in a worker"])
def test_forked_tests_add_the_same_to_the_results(options: list[str], pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml(RULES)
    with add_application(pytester, "shop_with_its_own_transport").open("a", encoding="utf-8") as shop:
        shop.write(
            "\n\nsentry_sdk.init(dsn='https://key@sentry.invalid/1', ignore_errors=[KeyError, OSError])\n"
            "sentry_sdk.capture_message('at import')\nsentry_sdk.flush()\n"
        )
    pytester.makepyfile(
        test_shop="""
            import pytest
            import sentry_sdk

            import shop


            @pytest.mark.parametrize("number", range(3))
            def test_events(number):
                shop.pay(0)


            def test_ignored():
                shop.order("milk")


            def test_leaks():
                shop.leak()


            def test_server(sentry_server):
                sentry_sdk.init(dsn=sentry_server.dsn)
                shop.pay(0)
                sentry_sdk.flush()
                assert len(sentry_server.events) == 1
            """,
    )
    beside = ["xdist", "pytest_forked"]

    unforked = run(pytester, *options, "--sentry-report=unforked.txt", "--sentry-strict", beside=beside)
    forked = run(pytester, *options, "--sentry-report=forked.txt", "--sentry-strict", "--forked", beside=beside)

    assert summary_of(forked) == [line.replace("unforked", "forked") for line in summary_of(unforked)]
    assert summary_of(forked)[0] == "Failed: 2 rules are broken."
    assert (pytester.path / "forked.txt").read_text() == (pytester.path / "unforked.txt").read_text()


def test_stepwise(pytester: pytest.Pytester) -> None:
    """A run that stops at a broken rule goes on there."""
    write(pytester, Company())
    (pytester.path / "tox.ini").write_text("[pytest]\npythonpath = .\n")
    pytester.makepyprojecttoml(RULES)
    pytester.makepyfile(test_shop=OBSERVED)

    first, second = run(pytester, "--sw", "-v"), run(pytester, "--sw", "-v")

    first.stdout.fnmatch_lines(["*::test_breaks_a_rule FAILED*", "*1 failed*"])
    first.stdout.no_fnmatch_line("*::test_its_own_client*")
    second.stdout.fnmatch_lines(["*::test_breaks_a_rule FAILED*", "*1 failed, * deselected*"])
    second.stdout.no_fnmatch_line("*::test_a_segment*")


def test_stepwise_without_the_fixtures(pytester: pytest.Pytester) -> None:
    write(pytester, Company())
    (pytester.path / "tox.ini").write_text("[pytest]\npythonpath = .\n")
    pytester.makepyfile(test_plain=PLAIN)

    with_it = [ended(run(pytester, "--sw")) for _ in range(2)]
    shutil.rmtree(pytester.path / ".pytest_cache")
    without_it = [ended(run(pytester, "--sw", without=["sentry_capture"])) for _ in range(2)]

    assert [one.unlike(other) for one, other in zip(with_it, without_it, strict=True)] == ["", ""]
    assert "6 deselected" in with_it[1].output

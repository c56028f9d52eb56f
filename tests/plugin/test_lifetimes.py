"""Clients and what is set on scopes live as long as the code that made them: a test, a fixture, an imported module."""

from __future__ import annotations

import pytest

import any_sdk

SHOP = """
import sentry_sdk

def init(name):
    sentry_sdk.init(dsn="https://key@sentry.invalid/1", environment=name)
    sentry_sdk.set_tag(name, "yes")

def seen(capture):
    sentry_sdk.capture_message("hello")
    return [(event.environment, sorted(event.tags)) for event in capture.events]
"""


@pytest.fixture
def shop(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(shop=SHOP)
    return pytester


def assert_passes(run: pytest.Pytester, passed: int, *files: str) -> None:
    run.runpytest_inprocess(*files).assert_outcomes(passed=passed)


def test_a_client_of_a_test_ends_with_it(shop: pytest.Pytester) -> None:
    shop.makepyfile(
        """
        import pytest, sentry_sdk
        from shop import init, seen

        clients = []

        def test_in_the_test(sentry_capture):
            init("first")
            clients.append(sentry_capture.client)
            assert seen(sentry_capture) == [("first", ["first"])]

        @pytest.fixture
        def initialized():
            init("second")

        def test_in_a_fixture(initialized, sentry_capture):
            clients.append(sentry_capture.client)
            assert seen(sentry_capture) == [("second", ["second"])]

        def test_afterwards(sentry_capture):
            assert sentry_capture.client is None
            assert [client.transport for client in clients] == [None, None]
            sentry_capture.assert_inactive()
        """
    )
    assert_passes(shop, 3)


def test_a_client_that_a_test_replaces_is_there_again_afterwards(shop: pytest.Pytester) -> None:
    shop.makepyfile(
        """
        from shop import init, seen

        init("application")

        def test_replaces_it(sentry_capture):
            init("first")
            init("second")
            assert seen(sentry_capture) == [("second", ["application", "first", "second"])]

        def test_finds_it(sentry_capture):
            assert seen(sentry_capture) == [("application", ["application"])]
        """
    )
    assert_passes(shop, 2)


def test_a_client_of_a_module_fixture_ends_with_its_module(shop: pytest.Pytester) -> None:
    module = """
        import pytest
        from shop import init, seen

        @pytest.fixture(scope="module")
        def initialized():
            init(__name__)

        def test_one(initialized, sentry_capture):
            assert seen(sentry_capture) == [(__name__, [__name__])]

        def test_two(initialized, sentry_capture):
            assert seen(sentry_capture) == [(__name__, [__name__])]
    """
    shop.makepyfile(
        test_a=module,
        test_b="def test(sentry_capture):\n    sentry_capture.assert_inactive()\n",
        test_c=module,
    )
    assert_passes(shop, 5)


def test_fixtures_of_wider_scopes_keep_what_they_set_up_in_whatever_order(shop: pytest.Pytester) -> None:
    shop.makepyfile(
        conftest="""
        import any_sdk, pytest
        from shop import init

        @pytest.fixture(scope="session")
        def session():
            init("session")
            yield
            assert any_sdk.client().options["environment"] == "session"
        """,
        test_a="""
        import pytest
        from shop import init, seen

        @pytest.fixture(scope="module")
        def module():
            init("module")

        def test_module_first(module, sentry_capture):
            assert seen(sentry_capture) == [("module", ["module"])]

        def test_session_later(module, session, sentry_capture):
            assert seen(sentry_capture) == [("session", ["module", "session"])]
        """,
        test_b="""
        from shop import seen

        def test_session_alone(session, sentry_capture):
            assert seen(sentry_capture) == [("session", ["session"])]
        """,
    )
    assert_passes(shop, 3)


def test_a_wider_fixture_requested_within_a_test_takes_nothing_of_the_test_along(shop: pytest.Pytester) -> None:
    shop.makepyfile(
        """
        import pytest, sentry_sdk
        from shop import init, seen

        @pytest.fixture(scope="module")
        def module():
            init("module")

        def test_requests_it_late(request, sentry_capture):
            sentry_sdk.set_tag("test", "yes")
            request.getfixturevalue("module")
            assert seen(sentry_capture) == [("module", ["module", "test"])]

        def test_has_it(module, sentry_capture):
            assert seen(sentry_capture) == [("module", ["module"])]
        """
    )
    assert_passes(shop, 2)


@pytest.mark.needs("scopes without hubs")
def test_an_application_imported_by_a_test_stays_initialized_like_its_module(shop: pytest.Pytester) -> None:
    shop.makepyfile(
        application="""
        import sentry_sdk
        from shop import init

        sentry_sdk.set_tag("before", "yes")
        init("application")
        sentry_sdk.set_tag("after", "yes")
        """,
        test_application="""
        import pytest, sentry_sdk
        from shop import seen

        @pytest.fixture
        def application():
            sentry_sdk.Scope.get_global_scope().set_tag("fixture", "yes")
            import application
            sentry_sdk.set_tag("fixture too", "yes")

        @pytest.mark.parametrize("number", [1, 2, 3])
        def test(application, sentry_capture, number):
            [(environment, tags)] = seen(sentry_capture)
            assert environment == "application"
            assert {"application", "after", "fixture", "fixture too"} <= set(tags)
            sentry_sdk.set_tag(f"test {number}", "yes")
        """,
    )
    assert_passes(shop, 3)


def test_options_and_the_last_seen_exception_do_not_leak(shop: pytest.Pytester) -> None:
    shop.makepyfile(
        """
        import pytest, sentry_sdk
        from shop import init

        init("application")
        error = ValueError("the same instance")

        @pytest.mark.parametrize("number", [1, 2])
        def test(sentry_capture, number):
            sentry_sdk.capture_exception(error)
            event = sentry_capture.assert_captured(exception=ValueError)
            assert event.environment == "application"
            sentry_capture.client.options["environment"] = "spoilt"
            sentry_capture.client.options["before_send"] = lambda event, hint: None
        """
    )
    assert_passes(shop, 2)


@pytest.mark.needs("event scrubbers")
def test_the_scrubber_changes_no_scope_permanently(shop: pytest.Pytester) -> None:
    shop.makepyfile(
        """
        import pytest, sentry_sdk
        from shop import init

        init("application")
        user = {"id": "1", "email": "a@example.org", "ip_address": "10.0.0.1", "password": "hunter2"}
        sentry_sdk.set_user(user)

        @pytest.mark.parametrize("number", [1, 2])
        def test(sentry_capture, number):
            sentry_sdk.capture_message("hello")
            [event] = sentry_capture.events
            assert event.user["password"] == "[Filtered]"
            assert [change.path for change in event.changes] == ["user.ip_address", "user.password"]
            assert user["password"] == "hunter2"
        """
    )
    assert_passes(shop, 2)


@pytest.mark.needs("streamed spans")
def test_a_closed_client_leaves_no_thread_behind(shop: pytest.Pytester) -> None:
    shop.makepyfile(
        """
        import any_sdk, sentry_sdk, threading

        before = set(threading.enumerate())

        def test_uses_everything(sentry_capture):
            sentry_sdk.init(
                dsn="https://key@sentry.invalid/1", release="1", traces_sample_rate=1.0, trace_lifecycle="stream",
                **any_sdk.logs_enabled(),
            )
            with sentry_sdk.traces.start_span(name="segment"):
                sentry_sdk.logger.info("hello")
                sentry_sdk.metrics.count("orders", 1)
            with sentry_sdk.isolation_scope() as scope:
                scope.start_session()
                scope.end_session()
            assert len(sentry_capture.spans) == len(sentry_capture.logs) == len(sentry_capture.metrics) == 1
            assert len(sentry_capture.sessions) == 1
            assert sentry_sdk.get_client().monitor.is_healthy()

        def test_afterwards():
            assert set(threading.enumerate()) == before
        """
    )
    assert_passes(shop, 2)


def test_a_thread_that_outlives_its_client_sleeps_on(shop: pytest.Pytester) -> None:
    shop.makepyfile(
        """
        import threading
        import any_sdk
        from sentry_sdk.transport import Transport

        turns = []
        woken, spins = threading.Event(), threading.Event()

        class Nowhere(Transport):
            def capture_envelope(self, envelope):
                pass

        class NeverClosed(any_sdk.kind_of_clients()):
            def close(self, *args, **kwargs):
                pass

        def test_that_makes_it():
            global client
            client = NeverClosed("https://key@sentry.invalid/1", transport=Nowhere, traces_sample_rate=1.0)
            client.monitor.run = turn
            client.monitor._ensure_running()

        def turn():
            turns.append(1)
            woken.set()
            if len(turns) > 2:
                spins.set()

        def test_afterwards():
            assert woken.wait(30)
            assert not spins.wait(0.2)
        """
    )
    assert_passes(shop, 2)


@pytest.mark.needs("profiles of sessions")
@pytest.mark.usefixtures("without_garbage_collection")
def test_a_profiler_ends_with_its_client(shop: pytest.Pytester) -> None:
    shop.makepyfile(
        """
        import any_sdk, pytest, sentry_sdk, threading
        from sentry_sdk import profiler

        before = set(threading.enumerate())
        pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

        def init(**options):
            sentry_sdk.init(dsn="https://key@sentry.invalid/1", traces_sample_rate=1.0, **options)

        def init_continuous():
            init(profile_session_sample_rate=1.0, profile_lifecycle="manual")

        @pytest.fixture(scope="module")
        def application():
            init_continuous()

        WHILE_TRACED = [{"profile_session_sample_rate": 1.0, "profile_lifecycle": "trace"}]
        if not any_sdk.IS_3:
            WHILE_TRACED.append({"profiles_sample_rate": 1.0})

        @pytest.mark.parametrize("options", WHILE_TRACED)
        def test_profiles_what_is_traced(options):
            assert set(threading.enumerate()) == before
            init(**options)
            with any_sdk.segment("nightly"):
                assert set(threading.enumerate()) > before

        def test_profiles_continuously():
            assert set(threading.enumerate()) == before
            init_continuous()
            init_continuous()
            profiler.start_profiler()
            assert set(threading.enumerate()) > before

        def test_replaces_the_profiler_of_the_application(application):
            assert set(threading.enumerate()) == before
            profiler.start_profiler()
            init_continuous()
            assert set(threading.enumerate()) == before
            profiler.start_profiler()

        def test_the_application_has_its_own_again(application):
            assert set(threading.enumerate()) == before
            profiler.start_profiler()
            assert set(threading.enumerate()) > before

        def test_the_profiler_of_the_application_lives_as_long_as_its_client(application):
            assert set(threading.enumerate()) > before
        """,
        test_last="""
        import threading

        before = set(threading.enumerate())

        def test_it_ended_with_its_module():
            assert set(threading.enumerate()) <= before
        """,
    )
    assert_passes(shop, 6 if any_sdk.IS_3 else 7)


def test_a_recording_is_released_once_its_report_is_made(shop: pytest.Pytester) -> None:
    shop.makepyfile(
        conftest="""
        import gc, weakref

        recordings = []

        def pytest_runtest_teardown(item):
            recordings.append(weakref.ref(item.funcargs["sentry_capture"]._recording))

        def pytest_runtest_logfinish():
            gc.collect()
            assert [recording() for recording in recordings] == [None] * len(recordings)
        """,
        test_shop="""
        import pytest
        from shop import init, seen

        @pytest.mark.parametrize("number", [1, 2])
        def test(sentry_capture, number):
            init("test")
            assert seen(sentry_capture)
        """,
    )
    assert_passes(shop, 2)


def test_live_exceptions_are_kept_for_tests_with_the_fixture_only(shop: pytest.Pytester) -> None:
    shop.makepyfile(
        """
        import any_sdk, gc, sentry_sdk, weakref
        from shop import init

        init("application")

        class BrokenError(Exception):
            pass

        errors = []

        def fail():
            error = BrokenError()
            errors.append(weakref.ref(error))
            try:
                raise error
            except BrokenError:
                sentry_sdk.capture_exception()

        def still_there():
            dedupe = any_sdk.client().integrations["dedupe"]
            if hasattr(dedupe, "_last_seen"):  # up to 2.x it keeps the last exception
                dedupe._last_seen.set(None)
            gc.collect()
            return [error() is not None for error in errors]

        def test_with_the_fixture(sentry_capture):
            fail()
            assert still_there() == [True]
            assert sentry_capture.events[0].original_exception is errors[0]()

        def test_without_the_fixture():
            assert still_there() == [False]
            fail()
            assert still_there() == [False, False]
        """
    )
    assert_passes(shop, 2)

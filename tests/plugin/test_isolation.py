"""Tests start alike, whatever ran before them, in every context that the frameworks of the field create."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from applications import add_application

SETUPS = {
    "TestClient with a lifespan, per function": """
        import pytest
        from fastapi.testclient import TestClient
        from shop import app, check, mark_here

        @pytest.fixture
        def client():
            with TestClient(app) as client:
                yield client

        @pytest.mark.parametrize("name", ["a", "b", "c"])
        def test(client, sentry_capture, name):
            mark_here(name)
            client.get(f"/mark/{name}")
            [event] = sentry_capture.find(message=name)
            assert {tag for tag in event.tags if "test" in tag} >= {"global test " + name}
            others = set("abc") - {name}
            assert not any(other in tag.split()[-1] for other in others for tag in event.tags if " " in tag)
            assert event.tags["service"] == "shop"
    """,
    "TestClient with a lifespan, per module": """
        import pytest
        from fastapi.testclient import TestClient
        from shop import app, check

        @pytest.fixture(scope="module")
        def client():
            with TestClient(app) as client:
                yield client

        @pytest.mark.parametrize("name", ["a", "b", "c"])
        def test(client, sentry_capture, name):
            client.get(f"/mark/{name}")
            check(sentry_capture, name)
    """,
    "TestClient with a lifespan, per session": """
        import pytest
        from fastapi.testclient import TestClient
        from shop import app, check

        @pytest.fixture(scope="session")
        def client():
            with TestClient(app) as client:
                yield client

        @pytest.mark.parametrize("name", ["a", "b", "c"])
        def test(client, sentry_capture, name):
            client.get(f"/mark/{name}")
            check(sentry_capture, name)
    """,
    "TestClient without a lifespan, initialized at import": """
        import pytest
        from fastapi.testclient import TestClient
        from shop import plain_app, check, init, mark_here

        init()

        @pytest.mark.parametrize("name", ["a", "b", "c"])
        def test(sentry_capture, name):
            mark_here(name)
            TestClient(plain_app).get(f"/mark/{name}")
            check(sentry_capture, name, outer=True)
    """,
    "ASGITransport with pytest-asyncio, per function": """
        import httpx, pytest
        from shop import plain_app, check, init, mark_here

        init()

        @pytest.mark.asyncio
        @pytest.mark.parametrize("name", ["a", "b", "c"])
        async def test(sentry_capture, name):
            mark_here(name)
            async with httpx.AsyncClient(transport=httpx.ASGITransport(plain_app), base_url="http://shop") as client:
                await client.get(f"/mark/{name}")
            check(sentry_capture, name, outer=True)
    """,
    "ASGITransport with pytest-asyncio, one loop per module": """
        import httpx, pytest, pytest_asyncio
        from shop import plain_app, check, init, mark_here

        @pytest_asyncio.fixture(loop_scope="module", scope="module")
        async def client():
            init()
            async with httpx.AsyncClient(transport=httpx.ASGITransport(plain_app), base_url="http://shop") as client:
                yield client

        @pytest.mark.asyncio(loop_scope="module")
        @pytest.mark.parametrize("name", ["a", "b", "c"])
        async def test(client, sentry_capture, name):
            mark_here(name)
            await client.get(f"/mark/{name}")
            check(sentry_capture, name, outer=True)
    """,
    "ASGITransport with anyio, asyncio and trio, per function": """
        import httpx, pytest
        from shop import plain_app, check, init, mark_here

        init()

        @pytest.fixture(params=["asyncio", "trio"])
        def anyio_backend(request):
            return request.param

        @pytest.mark.anyio
        @pytest.mark.parametrize("name", ["a", "b", "c"])
        async def test(sentry_capture, name):
            mark_here(name)
            async with httpx.AsyncClient(transport=httpx.ASGITransport(plain_app), base_url="http://shop") as client:
                await client.get(f"/mark/{name}")
            check(sentry_capture, name, outer=True)
    """,
    "ASGITransport with anyio, asyncio and trio, one runner per module": """
        import httpx, pytest
        from shop import plain_app, check, init, mark_here

        @pytest.fixture(scope="module", params=["asyncio", "trio"])
        def anyio_backend(request):
            return request.param

        @pytest.fixture(scope="module")
        async def client(anyio_backend):
            init()
            async with httpx.AsyncClient(transport=httpx.ASGITransport(plain_app), base_url="http://shop") as client:
                yield client

        @pytest.mark.anyio
        @pytest.mark.parametrize("name", ["a", "b", "c"])
        async def test(client, sentry_capture, name):
            mark_here(name)
            await client.get(f"/mark/{name}")
            check(sentry_capture, name, outer=True)
    """,
    "a scope that a test leaves open in the task of its module": """
        import pytest, sentry_sdk
        from shop import check, global_scope, init, mark_here

        @pytest.fixture(scope="module")
        def anyio_backend():
            return "asyncio"

        @pytest.fixture(scope="module")
        async def initialized(anyio_backend):
            init()

        @pytest.mark.anyio
        @pytest.mark.parametrize("name", ["a", "b", "c"])
        async def test(initialized, sentry_capture, name):
            sentry_sdk.isolation_scope().__enter__()
            sentry_sdk.new_scope().__enter__()
            mark_here(name)
            sentry_sdk.set_tag(name, "in the test")
            global_scope().set_tag("global " + name, "in the test")
            sentry_sdk.set_user({"id": name})
            sentry_sdk.add_breadcrumb(message=name)
            sentry_sdk.capture_message(name)
            check(sentry_capture, name, outer=True)
    """,
    "threads": """
        import threading, pytest, sentry_sdk
        from shop import check, global_scope, init, mark_here

        init()

        def work(name):
            sentry_sdk.set_tag(name, "in the thread")
            global_scope().set_tag("global " + name, "in the thread")
            sentry_sdk.set_user({"id": name})
            sentry_sdk.add_breadcrumb(message=name)
            sentry_sdk.capture_message(name)

        @pytest.mark.parametrize("name", ["a", "b", "c"])
        def test(sentry_capture, name):
            mark_here(name)
            thread = threading.Thread(target=work, args=(name,))
            thread.start()
            thread.join()
            check(sentry_capture, name, outer=True)
    """,
    "threads that share the scopes of the test": """
        import threading, pytest, sentry_sdk
        from sentry_sdk.scope import use_isolation_scope, use_scope
        from shop import check, current_scope, global_scope, init, isolation_scope, mark_here

        init()

        def work(name, isolation, current):
            with use_isolation_scope(isolation), use_scope(current):
                sentry_sdk.set_tag(name, "in the thread")
                global_scope().set_tag("global " + name, "in the thread")
                sentry_sdk.set_user({"id": name})
                sentry_sdk.add_breadcrumb(message=name)
                sentry_sdk.capture_message(name)

        @pytest.mark.parametrize("name", ["a", "b", "c"])
        def test(sentry_capture, name):
            mark_here(name)
            scopes = isolation_scope(), current_scope()
            thread = threading.Thread(target=work, args=(name, *scopes))
            thread.start()
            thread.join()
            check(sentry_capture, name, outer=True)
    """,
    "an executor that outlives the tests": """
        import pytest, sentry_sdk
        from concurrent.futures import ThreadPoolExecutor
        from shop import check, global_scope, init, mark_here

        init()

        @pytest.fixture(scope="session")
        def executor():
            with ThreadPoolExecutor(1) as executor:
                yield executor

        def work(name):
            sentry_sdk.set_tag(name, "in the thread")
            global_scope().set_tag("global " + name, "in the thread")
            sentry_sdk.set_user({"id": name})
            sentry_sdk.add_breadcrumb(message=name)
            sentry_sdk.capture_message(name)

        @pytest.mark.parametrize("name", ["a", "b", "c"])
        def test(executor, sentry_capture, name):
            mark_here(name)
            executor.submit(work, name).result()
            check(sentry_capture, name, outer=True)
    """,
    "a worker thread with a queue that the first test starts": """
        import pytest, queue, sentry_sdk, threading
        from shop import check, global_scope, init

        init()
        jobs = queue.Queue()
        done = queue.Queue()
        started = []

        def work():
            while (name := jobs.get()) is not None:
                sentry_sdk.set_tag(name, "in the thread")
                global_scope().set_tag("global " + name, "in the thread")
                sentry_sdk.set_user({"id": name})
                sentry_sdk.add_breadcrumb(message=name)
                sentry_sdk.capture_message(name)
                done.put(name)

        @pytest.fixture(scope="session", autouse=True)
        def stopped():
            yield
            jobs.put(None)
            started[0].join()

        @pytest.mark.parametrize("name", ["a", "b", "c"])
        def test(sentry_capture, name):
            if not started:
                started.append(threading.Thread(target=work))
                started[0].start()
            jobs.put(name)
            done.get()
            check(sentry_capture, name)
    """,
    "unittest": """
        import pytest, sentry_sdk, unittest
        from fastapi.testclient import TestClient
        from pytest_sentry_capture import SentryCaptureMixin
        from shop import app, check

        class TestShop(SentryCaptureMixin, unittest.TestCase):
            @classmethod
            def setUpClass(cls):
                cls.client = TestClient(app)
                cls.client.__enter__()

            @classmethod
            def tearDownClass(cls):
                cls.client.__exit__(None, None, None)

            def see(self, name):
                self.client.get(f"/mark/{name}")
                check(self.sentry_capture, name)

            def test_a(self):
                self.see("a")

            def test_b(self):
                self.see("b")

            def test_c(self):
                self.see("c")
    """,
}


NEEDED = {
    "ASGITransport with pytest-asyncio, one loop per module": "loop scopes",
    "a scope that a test leaves open in the task of its module": "scopes without hubs",
    "threads that share the scopes of the test": "scopes without hubs",
}


@pytest.fixture
def shop(pytester: pytest.Pytester) -> pytest.Pytester:
    add_application(pytester, "shop_that_marks_scopes")
    return pytester


@pytest.mark.parametrize(
    "setup",
    [
        pytest.param(setup, id=name, marks=pytest.mark.needs(NEEDED[name]) if name in NEEDED else ())
        for name, setup in SETUPS.items()
    ],
)
def test_tests_start_alike(shop: pytest.Pytester, setup: str) -> None:
    shop.makepyfile(setup)
    result = shop.runpytest_inprocess()

    passed = 6 if '"trio"' in setup else 3
    result.assert_outcomes(passed=passed)


@pytest.mark.parametrize("options", [("-n", "2"), ("-p", "randomly")], ids=["xdist", "randomly"])
def test_tests_start_alike_in_any_order_and_process(
    shop: pytest.Pytester, options: tuple[str, ...], can: Callable[[str], bool]
) -> None:
    setups = [setup for name, setup in SETUPS.items() if name not in NEEDED or can(NEEDED[name])]
    for number, setup in enumerate(setups):
        shop.makepyfile(**{f"test_{number}": setup})
    result = shop.runpytest_subprocess(*options)

    result.assert_outcomes(passed=3 * len(setups) + 6)


@pytest.mark.needs("streamed spans")
def test_attributes_traces_and_open_spans_do_not_leak(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import any_sdk, pytest, sentry_sdk

        sentry_sdk.init(
            "https://key@sentry.invalid/1", traces_sample_rate=1.0, trace_lifecycle="stream", **any_sdk.logs_enabled()
        )
        SCOPES = [sentry_sdk.get_global_scope, sentry_sdk.get_isolation_scope, sentry_sdk.get_current_scope]
        spans = []

        @pytest.mark.parametrize("name", ["a", "b", "c"])
        def test(sentry_capture, name):
            sentry_sdk.logger.info("at first")
            with any_sdk.streamed_segment(name):
                pass
            [log], [segment] = sentry_capture.logs, sentry_capture.segments
            assert log.trace_id == segment.trace_id
            assert log.trace_id not in ("a" * 32, "b" * 32, "c" * 32)
            assert [attribute for attribute in log.attributes if attribute.startswith("shop")] == []

            for number, scope in enumerate(SCOPES):
                scope().set_attribute(f"shop.{number}.{name}", "set in the test")
            sentry_sdk.traces.continue_trace({"sentry-trace": f"{name * 32}-{'b' * 16}-1"})
            spans.append(any_sdk.streamed_segment(f"left open by {name}"))
            sentry_sdk.logger.info("at last")
            log = sentry_capture.assert_captured("log", body="at last")
            assert log.trace_id == name * 32
            assert len([attribute for attribute in log.attributes if attribute.startswith("shop")]) == 3
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=3)


@pytest.mark.needs("scopes without hubs")
def test_a_thread_that_is_older_than_the_run_leaves_its_scope(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        early="""
        import threading
        import sentry_sdk

        inside, go_on, raised = threading.Event(), threading.Event(), []

        def work():
            try:
                with sentry_sdk.new_scope():
                    inside.set()
                    go_on.wait(60)
            except BaseException as error:
                raised.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        inside.wait(60)
        """,
        test_shop="""
        import early

        def test():
            early.go_on.set()
            early.thread.join()
            assert early.raised == []
        """,
    )
    pytester.syspathinsert()

    pytester.runpytest_subprocess("-p", "early").assert_outcomes(passed=1)


def test_doctest_items_are_isolated_too(shop: pytest.Pytester) -> None:
    shop.makepyfile(
        '''
        def one():
            """
            >>> import sentry_sdk
            >>> sentry_sdk.init() and None
            >>> sentry_sdk.set_tag("one", "1")
            >>> _ = sentry_sdk.capture_message("hello")
            >>> [event.tags for event in getfixture("sentry_capture").events]
            [{'one': '1'}]
            """

        def two():
            """
            >>> import sentry_sdk
            >>> getfixture("sentry_capture").client
            >>> sentry_sdk.init() and None
            >>> _ = sentry_sdk.capture_message("hello")
            >>> [event.tags for event in getfixture("sentry_capture").events]
            [{}]
            """
        '''
    )
    result = shop.runpytest_inprocess("--doctest-modules")

    result.assert_outcomes(passed=2)


def test_a_rerun_starts_its_own_recording(shop: pytest.Pytester) -> None:
    shop.makepyfile(
        """
        import sentry_sdk
        from shop import init

        init()
        attempts = []

        def test(sentry_capture):
            attempts.append(1)
            sentry_sdk.set_tag(f"attempt {len(attempts)}", "yes")
            sentry_sdk.capture_message("hello")
            [event] = sentry_capture.events
            assert set(event.tags) == {"service", "region", f"attempt {len(attempts)}"}
            assert len(attempts) == 3
        """
    )
    result = shop.runpytest_inprocess("-p", "rerunfailures", "--reruns", "5")

    assert result.parseoutcomes() == {"passed": 1, "rerun": 2}

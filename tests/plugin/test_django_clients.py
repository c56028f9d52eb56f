"""Django's test clients: their requests are reported as those of a server are, and nothing else about them changes."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent
from typing import Final

import pytest

from run_output import outcomes, summary_of

pytestmark = pytest.mark.needs("Django", "pytest-django")

SETTINGS: Final = """
import sentry_sdk

sentry_sdk.init(dsn="https://key@sentry.invalid/1", traces_sample_rate=1.0)
SECRET_KEY = "x"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
STATIC_URL = "static/"
"""

URLS: Final = """
import sentry_sdk
from django.contrib.auth.models import User
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.urls import include, path, re_path

def message(request, **about):
    sentry_sdk.set_tag("path", request.path)
    sentry_sdk.capture_message(f"seen {request.path}")
    return HttpResponse("seen")

async def message_async(request):
    return message(request)

def crash(request):
    return HttpResponse(str(1 // 0))

def down(request):
    return HttpResponse(status=503)

def users(request):
    list(User.objects.all())
    return HttpResponse(str(User.objects.count()))

def make_user(request):
    User.objects.create(username=request.GET["name"])
    request.session["made"] = request.GET["name"]
    return HttpResponse(status=201)

def whoami(request):
    sentry_sdk.capture_message("who")
    return HttpResponse(request.user.username)

def stream(request):
    def parts():
        yield b"one"
        sentry_sdk.capture_message("half way")
        yield "two"
    return StreamingHttpResponse(parts())

def stream_async(request):
    async def parts():
        yield b"one"
        sentry_sdk.capture_message("half way")
        yield "two"
    return StreamingHttpResponse(parts())

urlpatterns = [
    path("message/", message),
    path("async/", message_async),
    path("crash/", crash),
    path("down/", down),
    path("users/", users),
    path("make/", make_user),
    path("whoami/", whoami),
    path("stream/", stream),
    path("stream-async/", stream_async),
    path("shops/<slug:shop>/", include([re_path(r"^orders/(?P<number>[0-9]+)/$", message)])),
    re_path(r"^year/(?P<year>[0-9]{4})/$", message),
]
"""

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Run tests with pytest-django, and with what is given on the command line."""
    pytester.syspathinsert()
    pytester.makepyfile(project_settings=SETTINGS, urls=URLS)
    with (pytester.path / "tox.ini").open("a", encoding="utf-8") as ini:
        ini.write("\nDJANGO_SETTINGS_MODULE = project_settings\n")

    def run(tests: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(test_project=dedent(tests))
        return pytester.runpytest_subprocess("-rA", "-p", "no:logging", *arguments)

    return run


def test_event_has_what_one_of_production_has(run: Run) -> None:
    result = run(
        """
        import sentry_sdk

        def test_event(client, sentry_capture):
            client.get("/message/?page=2", headers={"X-Shop": "tea"})
            event = sentry_capture.assert_captured(
                message="seen /message/", method="GET", path="/message/", route="/message/", status_code=200
            )
            assert event.request["url"] == "http://testserver/message/"
            assert event.request["query_string"] == "page=2"
            assert event.request["headers"]["X-Shop"] == "tea"
            assert event.tags["path"] == "/message/"
            [segment] = sentry_capture.segments
            assert (segment.op, segment.status_code) == ("http.server", 200)
            assert event.trace_id == segment.trace_id

        async def get(path):
            from django.test import AsyncClient
            return await AsyncClient().get(path, headers={"X-Shop": "tea"})

        def test_event_of_async_client(sentry_capture):
            from asgiref.sync import async_to_sync
            async_to_sync(get)("/async/?page=2")
            event = sentry_capture.assert_captured(message="seen /async/", route="/async/", status_code=200)
            assert event.request["url"].endswith("/async/")
            assert event.request["query_string"] == "page=2"
            if sentry_sdk.VERSION >= "2":  # 1.x takes them from the scope, where Django's client has none
                assert event.request["headers"]["x-shop"] == "tea"
            [segment] = sentry_capture.segments
            assert (segment.op, segment.status_code) == ("http.server", 200)
        """
    )

    assert set(outcomes(result).values()) == {"passed"}
    result.assert_outcomes(passed=2)


def test_routes(run: Run) -> None:
    result = run(
        r"""
        def test_routes(client, sentry_capture):
            for path in "/shops/tea/orders/7/", "/year/2024/", "/nowhere/":
                client.get(path)
            assert [(each.path, each.route, each.status) for each in sentry_capture.exchanges] == [
                ("/shops/tea/orders/7/", "/shops/<slug:shop>/orders/(?P<number>[0-9]+)/$", 200),
                ("/year/2024/", "/^year/(?P<year>[0-9]{4})/$", 200),
                ("/nowhere/", None, 404),
            ]
        """
    )

    result.assert_outcomes(passed=1)


def test_requests_share_no_scope(run: Run) -> None:
    result = run(
        """
        def test_scopes(client, sentry_capture):
            client.get("/message/")
            client.get("/whoami/")
            assert "path" not in sentry_capture.assert_captured(message="who").tags
        """,
        "--sentry-report=table.txt",
    )

    result.assert_outcomes(passed=1)


def test_plain_client_reports_as_django_does(run: Run, pytester: pytest.Pytester) -> None:
    tests = """
        import pytest

        def test_plain(client, sentry_capture):
            client.get("/message/")
            event = sentry_capture.assert_captured(message="seen /message/", route="/message/", status_code=200)
            assert "url" not in (event.request or {})
            assert sentry_capture.find("segment", op="http.server") == []
            [exchange] = sentry_capture.exchanges
            assert event.exchange is exchange

        def test_stream(client, sentry_capture):
            assert client.get("/stream/").getvalue() == b"onetwo"
            event = sentry_capture.assert_captured(message="half way")
            assert event.exchange is sentry_capture.exchanges[0]

        def test_crash(client, sentry_capture):
            with pytest.raises(ZeroDivisionError):
                client.get("/crash/")
            event = sentry_capture.assert_captured(exception=ZeroDivisionError, status_code=500)
            assert event.exchange.exception_type is ZeroDivisionError
        """
    run(tests, "--sentry-django-client=plain").assert_outcomes(passed=3)
    with (pytester.path / "tox.ini").open("a", encoding="utf-8") as ini:
        ini.write("\nsentry_django_client = plain\n")
    run(tests).assert_outcomes(passed=3)


def test_where_nothing_is_asked_the_client_is_left_alone(run: Run) -> None:
    """Without the fixture, a rule, a report or the contract, no scope and no segment is made for a request."""
    tests = """
        import sentry_sdk

        def test_left_alone(client):
            sentry_sdk.set_tag("who", "test")
            client.get("/message/")
            has_hubs = not hasattr(sentry_sdk, "get_isolation_scope")
            scope = sentry_sdk.Hub.current.scope if has_hubs else sentry_sdk.get_isolation_scope()
            assert scope._tags.get("path") == "/message/"
            assert "close" not in vars(client.get("/stream/"))
        """
    run(tests).assert_outcomes(passed=1)
    run(tests, "--sentry-report=table.txt").assert_outcomes(failed=1)


def test_wrong_mode(run: Run) -> None:
    result = run("", "--sentry-django-client=production-like")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*sentry_django_client: unknown value 'production-like'*Valid: plain, production*"])


KEPT: Final = """
    import gc
    import pytest
    from django.core.signals import got_request_exception, request_finished, request_started
    from django.db import connection
    from django.test import Client, TestCase, TransactionTestCase

    class TestDatabase(TestCase):
        def test_first(self):
            assert self.client.get("/make/?name=alice").status_code == 201
            assert self.client.get("/users/").content == b"1"
            assert self.client.session["made"] == "alice"

        def test_second(self):
            self.test_first()

        def test_queries(self):
            with self.assertNumQueries(2):
                self.client.get("/users/")

        def test_login(self):
            from django.contrib.auth.models import User
            self.client.force_login(User.objects.create(username="bob"))
            gc.collect()  # of requests that are alive still, the SDK asks for the user, where all share one scope
            with self.assertNumQueries(2):
                assert self.client.get("/whoami/").content == b"bob"

    def test_response(client):
        response = client.get("/year/2024/")
        assert response.resolver_match.kwargs == {"year": "2024"}
        assert response.wsgi_request.path == "/year/2024/"
        assert response.request["PATH_INFO"] == "/year/2024/"
        assert response.closed
        assert response.client is client
        assert response.json is not None

    def test_signals(client):
        seen = []
        def started(sender, environ, **_):
            seen.append(("started", sender.__name__, environ["PATH_INFO"]))
        def finished(sender, **_):
            seen.append(("finished", sender and sender.__name__))
        def crashed(sender, request, **_):
            seen.append(("crashed", request.path))
        request_started.connect(started)
        request_finished.connect(finished)
        got_request_exception.connect(crashed)
        try:
            client.get("/message/")
            with pytest.raises(ZeroDivisionError) as raised:
                client.get("/crash/")
            response = client.get("/stream/")
            assert not response.closed
            assert list(response.streaming_content) == [b"one", b"two"]
            assert response.closed
            assert list(response.streaming_content) == []
        finally:
            request_started.disconnect(started)
            request_finished.disconnect(finished)
            got_request_exception.disconnect(crashed)
        assert raised.traceback[-1].name == "crash"
        assert seen == [
            ("started", "ClientHandler", "/message/"), ("finished", None),
            ("started", "ClientHandler", "/crash/"), ("crashed", "/crash/"), ("finished", None),
            ("started", "ClientHandler", "/stream/"), ("finished", None),
        ]

    @pytest.mark.django_db
    def test_closed_before_it_is_read(client):
        response = client.get("/stream/")
        response.close()
        assert response.closed

    def test_crash_as_an_answer():
        response = Client(raise_request_exception=False).get("/crash/")
        assert (response.status_code, response.exc_info[0]) == (500, ZeroDivisionError)

    def test_async_stream_in_sync_client(client):
        response = client.get("/stream-async/")
        assert response.is_async
        async def read():
            return [part async for part in response.streaming_content]
        from asgiref.sync import async_to_sync
        assert async_to_sync(read)() == [b"one", b"two"]

    def test_async_client(async_client):
        from asgiref.sync import async_to_sync
        async def read():
            plain = await async_client.get("/async/")
            assert (plain.status_code, plain.content) == (200, b"seen")
            assert plain.asgi_request.path == "/async/"
            response = await async_client.get("/stream-async/")
            parts = [part async for part in response.streaming_content]
            assert response.closed
            return parts
        assert async_to_sync(read)() == [b"one", b"two"]
"""
"""What users rely on, whether or not the plugin does something."""


@pytest.mark.parametrize(
    "arguments",
    [
        ("-p", "no:sentry_capture"),
        (),
        ("--sentry-report=table.txt",),
        ("--sentry-django-client=plain", "--sentry-report=t.txt"),
    ],
    ids=["without the plugin", "merely installed", "with a report", "with a report of the plain client"],
)
def test_all_else_stays_as_it_is(run: Run, arguments: tuple[str, ...]) -> None:
    result = run(KEPT, *arguments)

    result.assert_outcomes(passed=10)


def test_streams_belong_to_their_exchange(run: Run) -> None:
    result = run(
        """
        def test_sync(client, sentry_capture):
            response = client.get("/stream/")
            [exchange] = sentry_capture.exchanges
            assert exchange.duration is None
            assert b"".join(response) == b"onetwo"
            assert exchange.duration is not None
            event = sentry_capture.assert_captured(message="half way", path="/stream/", status_code=200)
            assert event.exchange is exchange
            assert event.request["url"] == "http://testserver/stream/"

        def test_async(async_client, sentry_capture):
            from asgiref.sync import async_to_sync
            async def read():
                response = await async_client.get("/stream-async/")
                return b"".join([part async for part in response])
            assert async_to_sync(read)() == b"onetwo"
            event = sentry_capture.assert_captured(message="half way", path="/stream-async/", status_code=200)
            assert event.request["url"].endswith("/stream-async/")
            assert event.exchange.duration is not None

        def test_async_stream_in_sync_client_stays_outside(client, sentry_capture):
            from asgiref.sync import async_to_sync
            response = client.get("/stream-async/")
            async def read():
                return [part async for part in response.streaming_content]
            async_to_sync(read)()
            assert sentry_capture.assert_captured(message="half way").exchange is None
        """
    )

    result.assert_outcomes(passed=3)


def test_user_of_a_session_is_known_as_one(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml(
        """
        [tool.sentry_capture.rules]
        required-context = { when_authenticated = ["user.company"] }
        """
    )
    result = run(
        """
        import pytest

        @pytest.mark.django_db
        def test_known(client, django_user_model):
            client.force_login(django_user_model.objects.create(username="bob"))
            client.get("/whoami/")

        def test_unknown(client):
            client.get("/message/")
        """
    )

    assert outcomes(result) == {"test_known": "failed", "test_unknown": "passed"}


def test_no_breadcrumbs_of_migrations_and_wider_fixtures(run: Run) -> None:
    """The fixture's own breadcrumbs stay, also where the queries would have displaced them."""
    result = run(
        """
        import pytest, sentry_sdk

        @pytest.fixture(scope="module")
        def stock(django_db_setup, django_db_blocker):
            sentry_sdk.add_breadcrumb(message="stock is loaded", category="stock")
            with django_db_blocker.unblock():
                from django.contrib.auth.models import User
                for number in range(120):
                    User.objects.filter(pk=number).exists()

        @pytest.mark.parametrize("number", [1, 2])
        @pytest.mark.django_db
        def test_message(sentry_capture, number):
            from django.contrib.auth.models import User
            User.objects.count()
            sentry_sdk.capture_message("hello")
            crumbs = sentry_capture.assert_captured().breadcrumbs
            assert len([each for each in crumbs if each.get("category") == "query"]) <= 3
            assert "COUNT" in crumbs[-1]["message"]

        @pytest.mark.django_db
        def test_with_fixture(sentry_capture, stock):
            sentry_sdk.capture_message("hello")
            assert len(sentry_capture.assert_captured().breadcrumbs) <= 3
        """
    )

    result.assert_outcomes(passed=3)


def test_live_server(run: Run) -> None:
    result = run(
        """
        from urllib.request import urlopen

        def test_served(live_server, sentry_capture):
            urlopen(live_server.url + "/year/2024/").close()
            event = sentry_capture.assert_captured(message="seen /year/2024/", status_code=200)
            assert event.exchange.route == "/^year/(?P<year>[0-9]{4})/$"
        """
    )

    result.assert_outcomes(passed=1)


def test_what_an_unknown_django_lacks_is_said_once(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        other_django="""
        import django.core.handlers.exception as handling
        from django.http import StreamingHttpResponse

        def set_streaming_content(self, value):
            self.__dict__["_iterator"] = iter(value)

        StreamingHttpResponse._set_streaming_content = set_streaming_content
        handling.response_for_uncaught = handling.__dict__.pop("handle_uncaught_exception")
        """
    )
    (pytester.path / "project_settings.py").write_text(f"import other_django\n{SETTINGS}", encoding="utf-8")
    result = run(
        """
        def test_one(client, sentry_capture):
            client.get("/message/")
            sentry_capture.assert_captured(route="/message/")

        test_two = test_one
        """
    )

    result.assert_outcomes(passed=2)
    said = " ".join(summary_of(result))
    assert said.count("has no django.core.handlers.exception.handle_uncaught_exception.") == 1
    assert said.count("has no django.http.response.StreamingHttpResponse._iterator.") == 1


def test_contract_holds_routes_of_django(run: Run, pytester: pytest.Pytester) -> None:
    """A view that stops to report a failure is a difference, named by its route."""
    tests = """
        def test_crash(client):
            client.raise_request_exception = False
            client.get("/crash/")

        def test_order(client):
            client.get("/shops/tea/orders/7/")
    """
    run(tests, "--sentry-contract=update")
    contract = (pytester.path / "sentry-contract.toml").read_text(encoding="utf-8")
    (pytester.path / "urls.py").write_text(URLS.replace("HttpResponse(str(1 // 0))", "HttpResponse(status=500)"))

    result = run(tests, "--sentry-contract=check")

    assert 'request = "GET /crash/"' in contract
    assert 'request = "GET /shops/<slug:shop>/orders/(?P<number>[0-9]+)/$"' in contract
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            "  new      GET /crash/ 500: silent [[]test_project.py::test_crash]",
            "  gone     event ZeroDivisionError, GET /crash/ 500: was captured",
        ]
    )

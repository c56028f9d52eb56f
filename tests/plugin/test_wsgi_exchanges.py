"""WSGI applications under observation: what servers and applications see stays what it is without the plugin."""

from __future__ import annotations

import contextvars
import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple
from wsgiref.handlers import SimpleHandler
from wsgiref.util import FileWrapper, setup_testing_defaults

import pytest
import sentry_sdk
from hypothesis import given
from hypothesis import strategies as st
from sentry_sdk.integrations.wsgi import SentryWsgiMiddleware

from pytest_sentry_capture import Exchange, SentryCapture, SentryInit

DSN = "https://key@sentry.invalid/1"
StartResponse = Callable[..., Callable[[bytes], object]]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]

pytestmark = pytest.mark.needs("Flask")


@pytest.fixture(autouse=True)
def initialized(sentry_init: SentryInit) -> None:
    sentry_init(dsn=DSN)  # no integration: Flask is observed anyway


def observed(application: Application) -> Any:
    """A Flask application whose ``wsgi_app`` is another, as middleware replaces it."""
    from flask import Flask

    app = Flask("shop")
    app.wsgi_app = application  # type: ignore[method-assign, assignment]
    return app


def environ(path: str = "/orders/7", **values: str) -> dict[str, Any]:
    made: dict[str, Any] = {"PATH_INFO": path, **values}
    setup_testing_defaults(made)
    return made


def start_response(*args: Any) -> Callable[[bytes], object]:
    return lambda data: None


def answering(body: Any, status: str = "200 OK", *headers: tuple[str, str]) -> Application:
    def application(environ: dict[str, Any], start_response: StartResponse) -> Any:
        start_response(status, [*headers])
        return body

    return application


def shown(exchange: Exchange) -> tuple[object, ...]:
    return exchange.method, exchange.path, exchange.status, exchange.exception_type, exchange.duration is not None


class Rows:
    """A body with a length, as a list has it, that is closed."""

    def __init__(self, *parts: bytes) -> None:
        self.parts = parts
        self.closed = 0

    def __len__(self) -> int:
        return len(self.parts)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.parts)

    def close(self) -> None:
        self.closed += 1


class File(io.BytesIO):
    def fileno(self) -> int:
        return 3


@pytest.mark.parametrize("body", [[b"one", b"two"], (b"one",), []])
def test_a_list_is_returned_as_it_is(sentry_capture: SentryCapture, body: object) -> None:
    assert observed(answering(body))(environ(), start_response) is body

    [exchange] = sentry_capture.exchanges
    assert shown(exchange) == ("GET", "/orders/7", 200, None, True)


@pytest.mark.parametrize(
    ("body", "wrapper"), [(FileWrapper(io.BytesIO(b"file")), FileWrapper), (File(b"file"), lambda file: file)]
)
def test_a_file_that_servers_send_themselves_is_returned_as_it_is(
    sentry_capture: SentryCapture, body: object, wrapper: object
) -> None:
    request = {**environ(), "wsgi.file_wrapper": wrapper}

    assert observed(answering(body))(request, start_response) is body
    assert shown(sentry_capture.exchanges[0]) == ("GET", "/orders/7", 200, None, True)


def test_a_file_is_a_body_like_others_where_servers_send_none(sentry_capture: SentryCapture) -> None:
    body = observed(answering(File(b"one\ntwo")))(environ(), start_response)

    assert [*body] == [b"one\n", b"two"]
    assert body.fileno() == 3


def test_a_body_keeps_its_length_and_is_closed_once(sentry_capture: SentryCapture) -> None:
    rows = Rows(b"one", b"two")
    body = observed(answering(rows))(environ(), start_response)

    assert len(body) == 2
    assert [*body] == [b"one", b"two"]
    assert [*body] == [b"one", b"two"]
    assert rows.closed == 0
    body.close()
    assert rows.closed == 1
    assert body.parts is rows.parts
    assert isinstance(body, Rows)


def test_a_body_without_a_length_has_none() -> None:
    body = observed(answering(iter([b"one"])))(environ(), start_response)

    with pytest.raises(TypeError):
        len(body)
    assert next(body) == b"one"
    body.close()  # as for a body that has nothing to close


def test_an_answer_is_complete_when_all_that_was_announced_is_there(sentry_capture: SentryCapture) -> None:
    announced = ("Content-Type", "text/plain"), ("content-length", "6")
    body = observed(answering(iter([b"one", b"two"]), "200 OK", *announced))(environ(), start_response)
    [exchange] = sentry_capture.exchanges

    next(body)
    assert exchange.duration is None
    next(body)
    assert exchange.duration is not None


def test_a_client_that_leaves_closes_the_stream(sentry_capture: SentryCapture) -> None:
    ends = []

    def parts() -> Iterator[bytes]:
        try:
            yield b"one"
            yield b"two"
        finally:
            ends.append("closed")
            sentry_sdk.capture_message("the client has left")

    body = observed(answering(parts()))(environ(), start_response)
    assert next(iter(body)) == b"one"
    body.close()

    assert ends == ["closed"]
    [exchange] = sentry_capture.exchanges
    assert shown(exchange) == ("GET", "/orders/7", 200, None, True)
    assert sentry_capture.assert_captured(message="the client has left").exchange is exchange


def test_streams_that_are_read_in_turns_do_not_mix(sentry_capture: SentryCapture) -> None:
    def application(environ: dict[str, Any], start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", [])
        for number in range(2):
            sentry_sdk.capture_message(environ["PATH_INFO"])
            yield str(number).encode()

    app = observed(application)
    bodies = [iter(app(environ(path), start_response)) for path in ("/a", "/b")]
    for _ in range(2):
        assert [next(body) for body in bodies] in ([b"0", b"0"], [b"1", b"1"])
    sentry_sdk.capture_message("outside")

    linked = [(event.message, event.path) for event in sentry_capture.events]
    assert linked == [("/a", "/a"), ("/b", "/b"), ("/a", "/a"), ("/b", "/b"), ("outside", None)]


VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


def test_context_variables_of_the_application_stay_set(sentry_capture: SentryCapture) -> None:
    def application(environ: dict[str, Any], start_response: StartResponse) -> Iterator[bytes]:
        VARIABLE.set("set by the body")
        start_response("200 OK", [])
        yield b"one"
        yield VARIABLE.get().encode()

    def read() -> tuple[list[bytes], str]:
        return [*observed(application)(environ(), start_response)], VARIABLE.get()

    assert contextvars.copy_context().run(read) == ([b"one", b"set by the body"], "set by the body")


def test_the_environment_is_not_changed(sentry_capture: SentryCapture) -> None:
    seen = []

    def application(environ: dict[str, Any], start_response: StartResponse) -> list[bytes]:
        seen.append((environ, {**environ}))
        start_response("200 OK", [])
        return []

    given_environ = environ()
    before = {**given_environ}
    observed(application)(given_environ, start_response)

    assert seen[0][0] is given_environ
    assert seen[0][1] == before == given_environ


def test_start_response_gets_what_it_is_given_and_returns_what_writes(sentry_capture: SentryCapture) -> None:
    calls: list[tuple[object, ...]] = []
    written: list[bytes] = []

    def server(*args: object) -> Callable[[bytes], object]:
        calls.append(args)
        return written.append

    error = RuntimeError("late"), None

    def application(environ: dict[str, Any], start_response: StartResponse) -> list[bytes]:
        start_response("200 OK", [("X-A", "1")])
        write = start_response("500 Sorry", [("X-B", "2")], error)
        write(b"sorry")
        return []

    observed(application)(environ(), server)

    assert calls == [("200 OK", [("X-A", "1")]), ("500 Sorry", [("X-B", "2")], error)]
    assert written == [b"sorry"]
    assert sentry_capture.exchanges[0].status == 500


def test_a_status_that_the_server_refuses_does_not_count(sentry_capture: SentryCapture) -> None:
    def server(status: str, headers: object, exc_info: object = None) -> Callable[[bytes], object]:
        if exc_info is not None:
            raise ValueError("headers were sent already")
        return lambda data: None

    def application(environ: dict[str, Any], start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield b"one"
        with pytest.raises(ValueError, match="sent already"):
            start_response("500 Sorry", [], (ValueError, ValueError(), None))

    assert [*observed(application)(environ(), server)] == [b"one"]
    assert sentry_capture.exchanges[0].status == 200


@pytest.mark.parametrize("status", ["", "teapot", "204", "200 "])
def test_odd_statuses_are_left_to_the_server(sentry_capture: SentryCapture, status: str) -> None:
    observed(answering([], status))(environ(), start_response)

    assert sentry_capture.exchanges[0].status == (int(status) if status.strip().isdigit() else None)


def test_a_crash_before_anything_was_sent_is_answered_500(sentry_capture: SentryCapture) -> None:
    def application(environ: dict[str, Any], start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield str(1 // 0).encode()

    output = io.BytesIO()
    handler = SimpleHandler(io.BytesIO(), output, io.StringIO(), environ())
    handler.log_exception = lambda exc_info: None  # type: ignore[method-assign]
    handler.run(observed(application))

    assert output.getvalue().split()[1] == b"500"
    assert shown(sentry_capture.exchanges[0])[2:4] == (500, ZeroDivisionError)


def test_an_exception_that_ends_the_process_is_not_an_answer(sentry_capture: SentryCapture) -> None:
    def application(environ: dict[str, Any], start_response: StartResponse) -> list[bytes]:
        raise SystemExit

    with pytest.raises(SystemExit):
        observed(application)(environ(), start_response)
    assert shown(sentry_capture.exchanges[0]) == ("GET", "/orders/7", None, SystemExit, False)


def test_the_path_is_that_of_the_client(sentry_capture: SentryCapture) -> None:
    request = environ("/b\u00fccher/\u20ac".encode().decode("latin-1"), SCRIPT_NAME="/shop", QUERY_STRING="token=x")

    observed(answering([]))(request, start_response)

    assert sentry_capture.exchanges[0].path == "/shop/bücher/€"


@pytest.mark.parametrize("copies", [False, True])
def test_the_middleware_within_is_the_same_exchange(sentry_capture: SentryCapture, copies: bool) -> None:
    inner = SentryWsgiMiddleware(answering([b"one"]))
    app = observed(lambda environ, start_response: inner({**environ} if copies else environ, start_response))

    [*app(environ(), start_response)]

    assert len(sentry_capture.exchanges) == 1


def test_a_request_that_the_application_makes_to_itself_is_a_child(sentry_capture: SentryCapture) -> None:
    inner = observed(answering([b"one"], "404 Not Found"))

    def application(outer_environ: dict[str, Any], start_response: StartResponse) -> Any:
        [*inner(environ("/inner"), start_response)]
        start_response("200 OK", [])
        return []

    observed(application)(environ("/outer"), start_response)

    outer, child = sentry_capture.exchanges
    assert (outer.path, outer.status, child.path, child.status) == ("/outer", 200, "/inner", 404)
    assert child.parent is outer


class Plan(NamedTuple):
    """What an application does."""

    parts: list[bytes]
    status: str
    length: int | None
    crashes_after: int | None
    is_lazy: bool


def planned(plan: Plan) -> Application:
    headers = [("Content-Length", str(plan.length))] if plan.length is not None else []

    def body(start: StartResponse) -> Iterator[bytes]:
        if plan.is_lazy:
            start(plan.status, headers)
        for number, part in enumerate(plan.parts):
            if number == plan.crashes_after:
                raise LookupError(number)
            yield part

    def application(environ: dict[str, Any], start_response: StartResponse) -> Any:
        if not plan.is_lazy:
            start_response(plan.status, headers)
            if plan.crashes_after == 0:
                raise LookupError("at once")
        return body(start_response)

    return application


def seen_by_server(app: Any, read: int) -> list[object]:
    seen: list[object] = []

    def start(*args: object) -> Callable[[bytes], object]:
        seen.append(args)
        return seen.append

    try:
        body = app(environ(), start)
        iterator = iter(body)
        seen.extend(next(iterator, "end") for _ in range(read))
        body.close()
    except LookupError as error:
        seen.append(str(error))
    return seen


@given(
    plan=st.builds(
        Plan,
        parts=st.lists(st.sampled_from([b"", b"one", b"two"]), max_size=4),
        status=st.sampled_from(["200 OK", "204 No Content", "503 Down"]),
        length=st.none() | st.integers(0, 9),
        crashes_after=st.none() | st.integers(0, 4),
        is_lazy=st.booleans(),
    ),
    read=st.integers(0, 5),
)
def test_servers_see_the_same(plan: Plan, read: int) -> None:
    """Whatever an application does, and however much of it is read, a server sees what it would see without us."""
    assert seen_by_server(observed(planned(plan)), read) == seen_by_server(planned(plan), read)

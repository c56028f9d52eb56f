"""What an application can see of the SDK: tests that are run with this plugin and without it, and must see the same.

Each test asserts what holds on every SDK, and notes what may differ between SDKs, which the two runs compare.
"""

from __future__ import annotations

import contextvars
import copy
import functools
import gc
import http.server
import inspect
import json
import logging
import os
import re
import signal
import threading
import traceback
import types
import warnings
import weakref
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar
from unittest import mock

import pytest
import sentry_sdk
import sentry_sdk.api
import sentry_sdk.scope
import sentry_sdk.transport
import sentry_sdk.utils
import urllib3
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import HttpTransport, Transport

import any_sdk

PATIENCE = 60
DSN = "https://key@sentry.invalid/1"
HAS_LOGS = hasattr(sentry_sdk, "logger")
HAS_SCOPE_VARIABLES = hasattr(sentry_sdk.scope, "_current_scope")
DEBUGGED = logging.getLogger("sentry_sdk.errors")


class Kept(Transport):
    """An application's own transport, which keeps what it is given."""

    def __init__(self, options: Any = None) -> None:
        super().__init__(options)
        self.items: list[Any] = []
        self.came = threading.Event()

    def capture_envelope(self, envelope: Any) -> None:
        self.items += envelope.items
        self.came.set()

    def capture_event(self, event: Any) -> None:
        """sentry-sdk 1.x has two ways."""
        envelope = Envelope()
        envelope.add_event(event)
        self.items += envelope.items

    def flush(self, timeout: float, callback: Any = None) -> None:
        """There is nothing to wait for."""

    def of(self, *types: str) -> list[Any]:
        """The payloads of a type."""
        return [item.payload.json for item in self.items if item.type in types]


class Asked:
    """Counts what is asked of its objects, and how often."""

    def __init__(self, on_repr: Callable[[Asked], object] | None = None) -> None:
        self.__dict__.update(counts={}, on_repr=on_repr)

    def _note(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    def __repr__(self) -> str:
        self._note("repr")
        if self.on_repr is not None and self.counts["repr"] < 5:
            self.on_repr(self)
        return "<asked>"

    def __str__(self) -> str:
        self._note("str")
        return "asked"

    def __eq__(self, other: object) -> bool:
        self._note("eq")
        return NotImplemented

    def __hash__(self) -> int:
        self._note("hash")
        return 1

    def __bool__(self) -> bool:
        self._note("bool")
        raise ValueError("the truth of this is ambiguous")

    def __iter__(self) -> Iterator[object]:
        self._note("iter")
        return iter(())

    def __len__(self) -> int:
        self._note("len")
        return 3

    def __getattr__(self, name: str) -> Any:
        self._note(name)
        raise AttributeError(name)


class AskedMapping(Mapping[str, str]):
    """Counts how often it is read."""

    def __init__(self) -> None:
        self.counts = 0

    def __getitem__(self, key: str) -> str:
        self.counts += 1
        return "value"

    def __iter__(self) -> Iterator[str]:
        self.counts += 1
        return iter(["one", "two"])

    def __len__(self) -> int:
        return 2


@pytest.fixture
def noted(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """What a test has seen, for the comparison of the two runs."""
    seen: dict[str, Any] = {}
    yield seen
    with Path(os.environ["OBSERVATIONS"]).open("a", encoding="utf-8") as file:
        file.write(json.dumps([request.node.name, seen], default=str, sort_keys=True) + "\n")


@pytest.fixture(autouse=True)
def _end_of_client() -> Iterator[None]:
    yield
    client = any_sdk.client()
    if client is not None:
        client.close(timeout=0)


def init(**options: Any) -> Kept:
    transport = Kept()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sentry_sdk.init(**{"dsn": DSN, "transport": transport, "release": "1", "server_name": "here", **options})
    return transport


def crash(value: object) -> None:
    raise LookupError("crashed")


def captured_crash(value: object) -> None:
    try:
        crash(value)
    except LookupError:
        sentry_sdk.capture_exception()


def log_it(value: Asked) -> None:
    logging.getLogger("orm").error("detached", extra={"row": value})


def recurse(value: Asked) -> None:
    captured_crash(value)


def raise_it(value: Asked) -> None:
    raise RuntimeError("no text")


LOCK = threading.Lock()


def lock_it(value: Asked) -> None:
    assert LOCK.acquire(timeout=PATIENCE)
    LOCK.release()


def fork_it(value: Asked) -> None:
    pid = os.fork()
    if not pid:
        os._exit(0)
    os.waitpid(pid, 0)


def tell_it(value: Asked) -> None:
    sentry_sdk.capture_message("from repr")


@pytest.mark.parametrize("on_repr", [None, log_it, tell_it, recurse, raise_it, lock_it, fork_it])
def test_reprs_while_an_event_is_serialized(on_repr: Callable[[Asked], object] | None, noted: dict[str, Any]) -> None:
    transport = init(integrations=any_sdk.logging_to_events())
    value = Asked(on_repr)

    captured_crash(value)

    noted["counts"] = value.counts
    noted["events"] = [describe(event) for event in transport.of("event")]


def described(thread: threading.Thread | None) -> list[object]:
    """What a thread is, except for the number in its name."""
    assert isinstance(thread, threading.Thread)
    return [re.sub(r"\d+", "", thread.name), thread.daemon, thread.is_alive()]


def describe(event: dict[str, Any]) -> Any:
    exceptions = (event.get("exception") or {}).get("values") or []
    frames = [
        (Path(frame["filename"]).name, frame["function"], frame["lineno"])
        for each in exceptions
        for frame in (each.get("stacktrace") or {}).get("frames") or []
    ]
    return [[each["type"] for each in exceptions], frames, event.get("message"), event.get("logentry")]


def test_values_of_scopes(noted: dict[str, Any]) -> None:
    transport = init(before_send=lambda event, hint: event)
    values = {name: Asked() for name in ("tag", "extra", "context", "user", "breadcrumb", "key", "local", "hint")}
    tags = AskedMapping()

    with any_sdk.new_scope() as scope:
        scope.set_tag("tag", values["tag"])
        scope.set_extra("extra", values["extra"])
        scope.set_context("context", {"value": values["context"]})
        scope.set_user({"id": values["user"]})
        scope.set_extra(values["key"], "value")
        if hasattr(scope, "set_tags"):
            scope.set_tags(tags)
        sentry_sdk.add_breadcrumb({"data": {"value": values["breadcrumb"]}}, hint={"value": values["hint"]})
        captured_crash(values["local"])

    noted["counts"] = {name: value.counts for name, value in values.items()}
    noted["tags"] = tags.counts
    noted["events"] = [describe(event) for event in transport.of("event")]


def test_values_of_segments_and_logs(noted: dict[str, Any]) -> None:
    init(traces_sample_rate=1.0, **any_sdk.logs_enabled())
    values = {name: Asked() for name in ("data", "log")}

    with any_sdk.segment("nightly") as segment:
        set_value = getattr(segment, "set_data", None) or segment.set_attribute
        set_value("value", values["data"])
    if HAS_LOGS:
        sentry_sdk.logger.info("hello", attributes={"value": values["log"]})
    sentry_sdk.flush()

    noted["counts"] = {name: value.counts for name, value in values.items()}


def test_the_transport_is_the_applications_own() -> None:
    transport = init()
    client = any_sdk.client()

    assert client.transport is transport
    assert isinstance(client.transport, Kept)
    items: list[Any] = []
    client.transport.items = items
    assert transport.items is items
    with (
        mock.patch.object(client.transport, "capture_envelope") as envelopes,
        mock.patch.object(client.transport, "capture_event") as events,
    ):
        sentry_sdk.capture_message("hello")
    assert envelopes.called or events.called
    other = client.transport = Kept()
    sentry_sdk.capture_message("hello")
    assert client.transport is other
    assert other.of("event")
    assert not transport.of("event")
    assert "transport" in vars(client)
    del client.transport
    assert not hasattr(client, "transport")
    client.transport = other


def test_an_http_transport_is_made_for_any_host(noted: dict[str, Any]) -> None:
    sentry_sdk.init(DSN, release="1")
    transport = any_sdk.client().transport

    assert isinstance(transport, HttpTransport)
    noted["attributes"] = sorted(vars(transport))
    noted["pool"] = type(transport._pool).__name__
    with (
        mock.patch.object(type(transport), "capture_envelope") as envelopes,
        mock.patch.object(type(transport), "capture_event", create=True) as events,
    ):
        sentry_sdk.capture_message("hello")
    assert envelopes.called or events.called


def test_callbacks_keep_what_they_are(noted: dict[str, Any]) -> None:
    class BeforeSend:
        """A callback with a state."""

        calls = 0

        def __call__(self, event: Any, hint: Any) -> Any:
            self.calls += 1
            return event

    before_send = BeforeSend()
    crumbs = mock.Mock(side_effect=lambda crumb, hint: crumb)
    sampler = functools.partial(lambda rate, context: rate, 1.0)
    transport = init(before_send=before_send, before_breadcrumb=crumbs, traces_sampler=sampler)
    options = any_sdk.client().options

    assert options["before_send"] is before_send
    assert options["before_breadcrumb"] is crumbs
    assert options["traces_sampler"] is sampler
    sentry_sdk.add_breadcrumb({"message": "crumb"})
    with any_sdk.segment("nightly"):
        sentry_sdk.capture_message("hello")
    assert before_send.calls == 1
    crumbs.assert_called_once()
    noted["items"] = [item.type for item in transport.items]
    noted["crumb"] = sorted(crumbs.call_args.args[0]), crumbs.call_args.args[1], crumbs.call_args.kwargs


@pytest.mark.skipif(not HAS_LOGS, reason="this SDK has no logs")
def test_what_is_collected_reaches_the_transport_by_time(noted: dict[str, Any]) -> None:
    transport = init(**any_sdk.logs_enabled())
    client = any_sdk.client()

    with mock.patch.object(type(client.log_batcher), "FLUSH_WAIT_TIME", 0.01):
        sentry_sdk.logger.info("hello")
        assert transport.came.wait(PATIENCE)

    noted["thread"] = described(client.log_batcher._flusher)
    noted["attributes"] = sorted(vars(client.log_batcher))
    assert [len(each["items"]) for each in transport.of("log")] == [1]


@pytest.mark.skipif(not HAS_LOGS, reason="this SDK has no logs")
def test_a_patched_method_sees_what_is_collected() -> None:
    init(**any_sdk.logs_enabled())

    with mock.patch.object(Kept, "capture_envelope") as capture_envelope:
        sentry_sdk.logger.info("hello")
        sentry_sdk.flush()

    [call] = capture_envelope.call_args_list
    [envelope] = call.args
    assert [item.type for item in envelope.items] == ["log"]


def test_after_a_fork() -> None:
    transport = init(traces_sample_rate=1.0, **any_sdk.logs_enabled())
    read, write = os.pipe()

    pid = os.fork()
    if not pid:
        signal.alarm(PATIENCE)
        try:
            sentry_sdk.capture_message("hello")
            with any_sdk.segment("nightly"):
                pass
            if HAS_LOGS:
                sentry_sdk.logger.info("hello")
                sentry_sdk.flush()
            os.write(write, " ".join(sorted({item.type for item in transport.items})).encode())
        finally:
            os._exit(0)
    os.waitpid(pid, 0)

    sent = os.read(read, 1000).decode().split()
    assert "event" in sent
    assert {"transaction", "span"} & {*sent}
    assert ("log" in sent) == HAS_LOGS


def test_monitor_and_sessions(noted: dict[str, Any]) -> None:
    init(traces_sample_rate=1.0)
    client = any_sdk.client()

    any_sdk.holder_of_sessions().start_session()
    any_sdk.holder_of_sessions().end_session()
    flusher = client.session_flusher
    noted["flusher"] = sorted(vars(flusher)), described(flusher._thread)
    monitor = getattr(client, "monitor", None)
    if monitor is not None:
        assert monitor.is_healthy()
        noted["monitor"] = sorted(vars(monitor)), monitor.downsample_factor, described(monitor._thread)
        monitor.kill()
        assert not monitor._running


@pytest.mark.skipif(not HAS_SCOPE_VARIABLES, reason="this SDK has hubs")
@pytest.mark.parametrize("name", ["_current_scope", "_isolation_scope"])
def test_context_variables_of_scopes(name: str, noted: dict[str, Any]) -> None:
    variable = getattr(sentry_sdk.scope, name)

    def use() -> None:
        assert variable.get() is not None
        assert variable.get("default") is variable.get()
        before, scope, other = variable.get(), sentry_sdk.scope.Scope(), sentry_sdk.scope.Scope()
        token = variable.set(scope)
        assert token.var is variable
        assert token.old_value is before
        assert variable.get() is scope
        second = variable.set(other)
        assert second.old_value is scope
        variable.reset(second)
        assert variable.get() is scope
        with pytest.raises(RuntimeError, match="already been used"):
            variable.reset(second)
        variable.reset(token)
        assert variable.get() is before
        with pytest.raises(TypeError, match="expected an instance of Token"):
            variable.reset(1)
        other_variable: contextvars.ContextVar[int] = contextvars.ContextVar("other")
        foreign = other_variable.set(1)
        with pytest.raises((TypeError, ValueError)):
            variable.reset(foreign)

    sentry_sdk.scope.Scope.get_current_scope()
    sentry_sdk.scope.Scope.get_isolation_scope()
    contextvars.copy_context().run(use)
    noted["name"] = variable.name


def test_places_of_warnings_and_log_records(caplog: pytest.LogCaptureFixture, noted: dict[str, Any]) -> None:
    caplog.set_level(logging.DEBUG)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        sentry_sdk.init(DSN, transport=Kept, debug=True, release="1", traces_sample_rate=1.0)
        with any_sdk.new_scope() as scope:
            if "user" in vars(type(scope)):
                scope.user = {"id": "1"}
            if hasattr(sentry_sdk, "configure_scope"):
                with sentry_sdk.configure_scope():
                    pass
            sentry_sdk.capture_message("hello")
            with any_sdk.segment("nightly"):
                pass

    noted["warnings"] = [(Path(each.filename).name, each.lineno, str(each.message)[:60]) for each in caught]
    # what "kill" logs comes when an earlier client is collected
    records = [each for each in caplog.records if "sentry" in each.name and each.funcName != "kill"]
    noted["records"] = sorted({(each.name, Path(each.pathname).name, each.funcName) for each in records})


def test_stacks(noted: dict[str, Any]) -> None:
    transport = init(attach_stacktrace=True, integrations=any_sdk.logging_to_events(), before_send=raises)

    sentry_sdk.capture_message("hello")
    logging.getLogger("shop").error("closed")
    captured_crash(1)
    try:
        sentry_sdk.scope.Scope().set_tag()  # type: ignore[call-arg]
    except TypeError as error:
        noted["error"] = [frame.name for frame in traceback.extract_tb(error.__traceback__)]

    stacks = [
        [(Path(frame["filename"]).name, frame["function"]) for frame in stack["frames"]]
        for event in transport.of("event")
        for stack in [each["stacktrace"] for each in (event.get("threads") or {}).get("values") or []]
    ]
    noted["stacks"] = [stack[-3:] for stack in stacks]
    noted["events"] = [describe(event) for event in transport.of("event")]


def raises(event: Any, hint: Any) -> Any:
    """A callback that shows who has called it."""
    stack = [frame.name for frame in traceback.extract_stack()]
    event["extra"] = {**(event.get("extra") or {}), "stack": "sentry_capture" in " ".join(stack)}
    return event


@pytest.mark.parametrize("with_dsn", [False, True])
def test_json_that_is_written(with_dsn: bool, noted: dict[str, Any]) -> None:
    sentry_sdk.init(DSN if with_dsn else None, transport=Kept() if with_dsn else None, traces_sample_rate=1.0)

    with mock.patch("json.dumps", wraps=json.dumps) as dumps:
        sentry_sdk.capture_message("hello")
        captured_crash(Asked())
        with any_sdk.segment("nightly", op="queue"), any_sdk.span("inner"):
            pass
        any_sdk.holder_of_sessions().start_session()
        any_sdk.holder_of_sessions().end_session()
        sentry_sdk.flush()

    if not with_dsn:
        noted["calls"] = dumps.call_count


def test_attachments_are_read_when_the_sdk_reads_them(tmp_path: Path) -> None:
    file = tmp_path / "attached.txt"
    file.write_text("before")
    transport = init()

    with any_sdk.new_scope() as scope:
        scope.add_attachment(path=str(file))
        sentry_sdk.capture_message("hello")
    file.write_text("after")

    [attachment] = [item for item in transport.items if item.type == "attachment"]
    assert attachment.get_bytes() == b"after"


def test_the_place_of_a_metric_is_the_callers() -> None:
    metrics = pytest.importorskip("sentry_sdk.metrics")
    if not hasattr(metrics, "increment"):
        pytest.skip("this SDK has no metrics of this kind")
    transport = init(_experiments={"enable_metrics": True, "metric_code_locations": True})

    metrics.increment("orders")
    sentry_sdk.flush()

    [meta] = [json.loads(item.get_bytes()) for item in transport.items if item.type == "metric_meta"]
    [[location]] = meta["mapping"].values()
    assert Path(location["filename"]).name == Path(__file__).name


def test_copies_of_a_client(noted: dict[str, Any]) -> None:
    init()
    client = any_sdk.client()

    other = copy.copy(client)

    assert other.transport is client.transport
    assert other.options is client.options
    noted["attributes"] = sorted(vars(client))


class UntoldError(Exception):
    """An exception whose text is code of the application, as are its attributes."""

    counts: ClassVar[dict[str, int]] = {}

    def _note(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1
        if self.counts[what] < 5:
            logging.getLogger("shop").error("asked for %s", what)

    def __str__(self) -> str:
        self._note("str")
        return "text"

    @property
    def status_code(self) -> int:
        self._note("status_code")
        return 500

    @property
    def exceptions(self) -> list[Exception]:
        self._note("exceptions")
        return []


def test_exceptions_of_callbacks_are_not_asked(noted: dict[str, Any]) -> None:
    def before_send(event: Any, hint: Any) -> Any:
        raise UntoldError(Asked())

    UntoldError.counts.clear()
    transport = init(before_send=before_send)

    sentry_sdk.capture_message("hello")

    noted["counts"] = dict(UntoldError.counts)
    noted["events"] = [describe(event) for event in transport.of("event")]


def test_captured_exceptions_are_asked_what_the_sdk_asks(noted: dict[str, Any]) -> None:
    UntoldError.counts.clear()
    transport = init(integrations=any_sdk.logging_to_events())
    try:
        raise UntoldError("text")
    except UntoldError:
        sentry_sdk.capture_exception()

    noted["counts"] = dict(UntoldError.counts)
    noted["events"] = len(transport.of("event"))


class Unbound:
    """A callback behind a proxy that is bound to nothing when it is asked for anything."""

    def __init__(self) -> None:
        self.__dict__["asked"] = []

    def __getattr__(self, name: str) -> Any:
        self.asked.append(name)
        raise RuntimeError("unbound")

    def __call__(self, event: Any, hint: Any) -> Any:
        return event


def test_callbacks_are_not_asked(noted: dict[str, Any]) -> None:
    callback = Unbound()
    transport = init(before_send=callback)

    sentry_sdk.capture_message("hello")

    noted["asked"] = callback.asked
    assert transport.of("event")


@pytest.mark.skipif(not HAS_LOGS, reason="this SDK has no logs")
def test_attributes_of_logs_are_asked_when_the_sdk_asks_them() -> None:
    lock = threading.Lock()

    class Locked:
        text = "before"

        def __repr__(self) -> str:
            assert lock.acquire(timeout=PATIENCE)
            lock.release()
            return self.text

    def add(log: Any, hint: Any) -> Any:
        log["attributes"]["value"] = value
        return log

    value = Locked()
    transport = init(before_send_log=add, **any_sdk.logs_enabled())
    with lock:
        sentry_sdk.logger.info("hello")
    value.text = "after"
    sentry_sdk.flush()

    [batch] = transport.of("log")
    assert "after" in json.dumps(batch["items"])


def test_clients_end_when_nobody_has_them() -> None:
    clients = []
    for _ in range(4):
        init(traces_sample_rate=1.0, **any_sdk.logs_enabled())
        clients.append(weakref.ref(any_sdk.client()))
        any_sdk.client().close(timeout=0)
    init()
    gc.collect()

    # sentry-sdk 1.x keeps the last one by itself, the profiler of some 2.x the first one
    assert [client() for client in clients[1:-1]] == [None, None]


class Shared(HttpTransport):
    """Sends with a pool that the application uses for other hosts too, and in its own way."""

    pool = urllib3.PoolManager()

    def _make_pool(self, *args: Any, **kwargs: Any) -> Any:
        return self.pool


def test_a_shared_pool_reaches_other_hosts() -> None:
    answers = []

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: Any) -> None:
            """Not on stderr."""

    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        sentry_sdk.init(DSN, transport=Shared, release="1")
        response = Shared.pool.request("GET", f"http://127.0.0.1:{server.server_port}/other")
        thread.join(PATIENCE)

    assert response.data == b"ok"
    assert answers == ["/other"]


def test_patches_behind_the_transport_are_called() -> None:
    with mock.patch("urllib3.PoolManager.urlopen", return_value=urllib3.HTTPResponse(b"", status=200)) as urlopen:
        sentry_sdk.init(DSN, release="1")
        sentry_sdk.capture_message("hello")
        sentry_sdk.flush(PATIENCE)

    assert urlopen.called


def answer(*_: Any, **__: Any) -> urllib3.HTTPResponse:
    return urllib3.HTTPResponse(b"", status=200)


def refuse(*_: Any, **__: Any) -> urllib3.HTTPResponse:
    return urllib3.HTTPResponse(b"", status=429, headers={"retry-after": "60"})


@pytest.mark.parametrize("way", ["request", "urlopen"])
def test_patches_of_a_pool_itself_are_called(way: str) -> None:
    sentry_sdk.init(DSN, release="1")
    pool = any_sdk.client().transport._pool

    with mock.patch.object(pool, way, side_effect=answer) as method:
        sentry_sdk.capture_message("hello")
        sentry_sdk.flush(PATIENCE)

    assert method.called


def test_rate_limits_of_a_patched_answer_hold(noted: dict[str, Any]) -> None:
    with mock.patch("urllib3.PoolManager.urlopen", side_effect=refuse) as urlopen:
        sentry_sdk.init(DSN, release="1")
        sentry_sdk.capture_message("hello")
        sentry_sdk.flush(PATIENCE)
        sentry_sdk.capture_message("again")
        sentry_sdk.flush(PATIENCE)

    assert any_sdk.client().transport._disabled_until
    noted["calls"] = urlopen.call_count


Client: Any = any_sdk.kind_of_clients()


class WithTransportOfItsOwn(Client):  # type: ignore[misc]
    """Keeps its transport in its own place."""

    @property
    def transport(self) -> Any:
        return self.__dict__.get("own")

    @transport.setter
    def transport(self, transport: Any) -> None:
        self.__dict__["own"] = transport


class EqualByOptions(Client):  # type: ignore[misc]
    """Has an equality, and with it a hash, that need its options."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Client) and bool(self.options == other.options)

    def __hash__(self) -> int:
        return hash(self.options["dsn"])


class Unhashable(Client):  # type: ignore[misc]
    """Has an equality and no hash."""

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize("kind", [WithTransportOfItsOwn, EqualByOptions, Unhashable])
def test_clients_of_the_applications_own(kind: Any) -> None:
    transport = Kept()
    client = kind(dsn=DSN, transport=transport, release="1")

    assert client.capture_event({"message": "hello"})
    client.close(timeout=0)

    assert [event["message"] for event in transport.of("event")] == ["hello"]
    assert client.transport is None


def described_calls(method: Any) -> list[object]:
    """How a mock was called."""
    calls = [(call.args, call.kwargs) for call in method.call_args_list]
    return [[*(type(each).__name__ for each in args), *sorted(kwargs)] for args, kwargs in calls]


@pytest.mark.parametrize("autospec", [None, True], ids=["mock", "autospec"])
@pytest.mark.parametrize("owner", ["transport", "its class", "the base class"])
def test_replaced_methods_of_transports_are_called(owner: str, autospec: bool | None, noted: dict[str, Any]) -> None:
    sentry_sdk.init(DSN, release="1", traces_sample_rate=1.0, **any_sdk.logs_enabled())
    transport = any_sdk.client().transport
    target = {"transport": transport, "its class": type(transport), "the base class": Transport}[owner]

    for name in "capture_envelope", "capture_event":
        if hasattr(target, name):
            with mock.patch.object(target, name, autospec=autospec) as method:
                assert owner != "transport" or getattr(transport, name) is method
                sentry_sdk.capture_message("hello")
                with any_sdk.segment("nightly"):
                    pass
                if HAS_LOGS:
                    sentry_sdk.logger.info("hello")
                sentry_sdk.flush(0.1)
            noted[name] = sorted(map(str, described_calls(method)))


HOLDER: Any = sentry_sdk.Scope if HAS_SCOPE_VARIABLES else vars(sentry_sdk)["Hub"]


@pytest.mark.parametrize("autospec", [None, True], ids=["mock", "autospec"])
@pytest.mark.parametrize("owner", ["package", "api", "client", "class of clients", "class of scopes"])
def test_replaced_functions_are_called(owner: str, autospec: bool | None, noted: dict[str, Any]) -> None:
    transport = init()
    client = any_sdk.client()
    owners = {"package": sentry_sdk, "api": sentry_sdk.api, "client": client, "class of clients": type(client)}
    target = owners.get(owner, HOLDER)
    before = dict(vars(target))

    with mock.patch.object(target, "capture_event", autospec=autospec) as replaced:
        assert getattr(target, "capture_event") is replaced  # noqa: B009
        sentry_sdk.capture_event({"message": "hello"})
    noted["calls"] = described_calls(replaced)
    noted["events"] = len(transport.of("event"))

    assert dict(vars(target)) == before
    with mock.patch.object(target, "capture_event", wraps=target.capture_event):
        pass
    sentry_sdk.capture_event({"message": "hello"})
    assert [event["message"] for event in transport.of("event")][-1] == "hello"


def test_modules_are_what_they_were(noted: dict[str, Any]) -> None:
    assert isinstance(sentry_sdk, types.ModuleType)
    assert inspect.ismodule(sentry_sdk)
    assert copy.copy(vars(sentry_sdk)) == vars(sentry_sdk)
    with mock.patch("sentry_sdk.capture_event") as capture_event:
        assert sentry_sdk.capture_event is capture_event
    with pytest.raises(AttributeError, match="has no attribute 'no_such_thing'"):
        sentry_sdk.no_such_thing  # type: ignore[attr-defined]
    with pytest.raises(AttributeError):
        del sentry_sdk.no_such_thing  # type: ignore[attr-defined]
    noted["repr"] = repr(sentry_sdk)
    noted["attributes"] = sorted(dir(sentry_sdk))


class Stub:
    """What an application has in a client's place."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def is_active(self) -> bool:
        return True

    def capture_event(self, event: Any, hint: Any = None, scope: Any = None) -> str:
        self.events.append(event)
        return "1"


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    yield from in_place_of_a_client(Stub())


@pytest.fixture(scope="module")
def mocked() -> Iterator[Any]:
    yield from in_place_of_a_client(mock.MagicMock())


def in_place_of_a_client(stand_in: Any) -> Iterator[Any]:
    scope: Any = sentry_sdk.scope.Scope.get_global_scope()
    client, scope.client = scope.client, stand_in
    yield stand_in
    scope.client = client


@pytest.mark.skipif(not HAS_SCOPE_VARIABLES, reason="this SDK has hubs")
@pytest.mark.parametrize("turn", [1, 2])
class TestInPlaceOfAClient:
    """What stands in for a client over several tests is not asked for anything between them."""

    @pytest.fixture(autouse=True)
    def _end_of_client(self) -> None:
        """There is no client that could be closed."""

    def test_a_stub(self, stub: Stub, turn: int) -> None:
        assert stub.events == []

    def test_a_mock(self, mocked: Any, turn: int) -> None:
        assert mocked.mock_calls == []

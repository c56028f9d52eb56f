"""Nothing leaves the machine, whatever the application does, and what may leave is what was recorded."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import pytest

from run_output import summary_of

if TYPE_CHECKING:
    from tests.conftest import Endpoint

AUDIT = """
import sys

def audit(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.gethostbyname"):
        address = args[1] if event == "socket.connect" else args[0]
        if isinstance(address, (tuple, str, bytes)):
            with open({file!r}, "a") as connections:
                print(event, address, file=connections)

sys.addaudithook(audit)
"""

BUSY_RUN = """
import any_sdk, logging, pickle, sentry_sdk
from sentry_sdk import Client, Scope

DSN = "https://key@o1.sentry.invalid/1"
sentry_sdk.init(DSN, shutdown_timeout=0.2, traces_sample_rate=1.0)
sentry_sdk.capture_message("at import")

def test_reinitializes():
    for number in range(3):
        sentry_sdk.init(DSN, release=str(number), shutdown_timeout=0.2, **any_sdk.logs_enabled())
        sentry_sdk.capture_message("again")
        if hasattr(sentry_sdk, "logger"):
            sentry_sdk.logger.info("hello")
        sentry_sdk.flush(0.2)

def test_builds_clients_by_hand():
    client = Client(DSN, shutdown_timeout=0.2)
    client.capture_event({"message": "by hand"})
    copy = pickle.loads(pickle.dumps(client))
    copy.capture_event({"message": "by a copy"})
    client.close()
    copy.close()

def test_logs():
    client = Client(DSN, shutdown_timeout=0.2, integrations=any_sdk.logging_to_events())
    if hasattr(sentry_sdk, "new_scope"):
        with sentry_sdk.new_scope() as scope:
            scope.set_client(client)
            logging.getLogger("shop").error("through logging")
    client.close()

def test_traces():
    with any_sdk.segment("nightly"):
        pass
    sentry_sdk.flush(0.2)
"""


def connections(run: pytest.Pytester) -> list[str]:
    file = run.path / "connections.txt"
    return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def audited(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    pytester.makeconftest(AUDIT.format(file=str(pytester.path / "connections.txt")))
    for name in "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "no_proxy", "NO_PROXY":
        monkeypatch.delenv(name, raising=False)
    return pytester


WAYS_OUT = [
    pytest.param({}, "o1.sentry.invalid", id="plain"),
    pytest.param({"SENTRY_SPOTLIGHT": "1"}, "8969", id="spotlight", marks=pytest.mark.needs("SENTRY_SPOTLIGHT")),
    pytest.param({"HTTPS_PROXY": "http://proxy.invalid:3128"}, "proxy.invalid", id="proxy"),
    pytest.param(
        {"SENTRY_PRINT_ENVELOPES": "1"},
        "--- Sentry Envelope ---",
        id="printing",
        marks=pytest.mark.needs("SENTRY_PRINT_ENVELOPES"),
    ),
]
"""What the environment says, and what then shows that the run below sends by this way."""


@pytest.mark.usefixtures("without_pytest_sentry")
@pytest.mark.parametrize(("environment", "sign"), WAYS_OUT)
def test_nothing_leaves(
    audited: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], sign: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    audited.makepyfile(BUSY_RUN)

    audited.runpytest_subprocess().assert_outcomes(passed=4)

    assert connections(audited) == []


@pytest.mark.usefixtures("without_pytest_sentry")
@pytest.mark.parametrize(("environment", "sign"), WAYS_OUT)
def test_without_the_plugin_the_same_run_does_try_to_send(
    audited: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], sign: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    audited.makepyfile(BUSY_RUN)

    result = audited.runpytest_subprocess("-p", "no:sentry_capture", "-s")

    result.assert_outcomes(passed=4)
    assert any(sign in line for line in [*connections(audited), *result.errlines])


OTHER_TRANSPORT = """
import asyncio, sentry_sdk
from sentry_sdk import transport
from sentry_sdk.integrations.asyncio import AsyncioIntegration

used = []

class Mine(transport.{transport}):
    pass

def noted(request):
    def request_noted(self, *args):
        used.append(type(self))
        return request(self, *args)
    return request_noted

transport.{transport}._request = noted(transport.{transport}._request)

async def work():
    sentry_sdk.init(
        "https://key@o1.sentry.invalid/1", shutdown_timeout=0.2, integrations=[AsyncioIntegration()], {choice}
    )
    sentry_sdk.capture_message("hello")
    if hasattr(sentry_sdk, "flush_async"):
        await sentry_sdk.flush_async(0.2)
    sentry_sdk.flush(0.2)

def test():
    asyncio.run(work())
    assert used
"""

OTHER_TRANSPORTS = [
    pytest.param("Http2Transport", "transport_http2", id="HTTP/2", marks=pytest.mark.needs("an HTTP/2 transport")),
    pytest.param("AsyncHttpTransport", "transport_async", id="async", marks=pytest.mark.needs("an async transport")),
]
"""Those that the SDK builds on httpcore, and the experiment that chooses each."""


@pytest.fixture
def httpcore_with_http2(pytester: pytest.Pytester) -> None:
    """The SDK has an HTTP/2 transport where h2 can be imported. Httpcore imports it only once it is connected."""
    pytester.makepyfile(h2="")


@pytest.mark.usefixtures("httpcore_with_http2")
@pytest.mark.parametrize("given", ["as an experiment", "as a class"])
@pytest.mark.parametrize(("transport", "experiment"), OTHER_TRANSPORTS)
def test_nothing_leaves_by_other_transports(
    audited: pytest.Pytester, transport: str, experiment: str, given: str
) -> None:
    choices = {"as an experiment": f"_experiments={{{experiment!r}: True}}", "as a class": "transport=Mine"}
    audited.makepyfile(OTHER_TRANSPORT.format(transport=transport, choice=choices[given]))

    with_the_plugin = audited.runpytest_subprocess("-v")
    with_the_plugin.assert_outcomes(passed=1)
    with_the_plugin.stdout.fnmatch_lines(["Blocked 1 envelope to o1.sentry.invalid."])
    assert connections(audited) == []

    audited.runpytest_subprocess("-p", "no:sentry_capture").assert_outcomes(passed=1)
    assert any("o1.sentry.invalid" in line for line in connections(audited))


TRANSPORTS_WITH_POOLS_OF_THEIR_OWN = """
import pytest, sentry_sdk, urllib3
from sentry_sdk.transport import HttpTransport

class BeforeTheSdks(HttpTransport):
    def __init__(self, options):
        self._pool = urllib3.PoolManager()
        super().__init__(options)

class OfTheClass(HttpTransport):
    _pool = None

class ByUrlopen(HttpTransport):
    def _send_request(self, body, headers, *args, **kwargs):
        self._pool.urlopen("POST", "https://o1.sentry.invalid/api/1/envelope/", body=body, headers=headers)

class AroundTheSdks(HttpTransport):
    def _make_pool(self, *args, **kwargs):
        return Wrapped(super()._make_pool(*args, **kwargs))

class Wrapped:
    def __init__(self, pool):
        self.pool = pool

    def request(self, *args, **kwargs):
        return self.pool.request(*args, **kwargs)

class Shared(HttpTransport):
    pool = urllib3.PoolManager()

    def _make_pool(self, *args, **kwargs):
        return self.pool

@pytest.mark.parametrize("transport", [BeforeTheSdks, OfTheClass, ByUrlopen, AroundTheSdks, Shared])
def test(transport):
    sentry_sdk.init("https://key@o1.sentry.invalid/1", transport=transport, shutdown_timeout=0.2)
    sentry_sdk.capture_message("hello")
    sentry_sdk.flush(5)
"""


def test_nothing_leaves_by_pools_of_the_users_own(audited: pytest.Pytester) -> None:
    audited.makepyfile(TRANSPORTS_WITH_POOLS_OF_THEIR_OWN)

    with_the_plugin = audited.runpytest_subprocess("-v")

    with_the_plugin.assert_outcomes(passed=5)
    with_the_plugin.stdout.fnmatch_lines(["Blocked 5 envelopes to o1.sentry.invalid."])
    assert connections(audited) == []
    for transport in "BeforeTheSdks", "OfTheClass", "ByUrlopen", "AroundTheSdks", "Shared":
        audited.runpytest_subprocess("-p", "no:sentry_capture", "-k", transport).assert_outcomes(passed=1, deselected=4)
        assert any("o1.sentry.invalid" in line for line in connections(audited)), transport


EARLIER_CLIENTS = [
    pytest.param("transport=None", id="plain"),
    pytest.param("spotlight='http://spotlight.invalid/stream'", id="spotlight"),
    pytest.param("_experiments={'transport_http2': True}", id="HTTP/2", marks=pytest.mark.needs("an HTTP/2 transport")),
]


@pytest.mark.usefixtures("httpcore_with_http2")
@pytest.mark.parametrize("printed", ["0", "1"])
@pytest.mark.parametrize("option", EARLIER_CLIENTS)
def test_nothing_leaves_a_client_that_an_earlier_plugin_made(
    audited: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, option: str, printed: str
) -> None:
    monkeypatch.setenv("SENTRY_PRINT_ENVELOPES", printed)
    audited.makepyfile(
        earlier=f"""
        import sentry_sdk

        sentry_sdk.init("https://key@o1.sentry.invalid/1", shutdown_timeout=0.2, environment="earlier", {option})
        """,
        test_earlier="""
        import sentry_sdk

        def test(sentry_capture):
            sentry_sdk.capture_message("hello")
            [event] = sentry_capture.events
            assert event.environment == "earlier"
            sentry_sdk.flush(0.2)
        """,
    )
    audited.syspathinsert()

    audited.runpytest_subprocess("-p", "earlier").assert_outcomes(passed=1)

    assert connections(audited) == []


SENDING_RUN = """
import any_sdk, pathlib, sentry_sdk
from sentry_sdk.crons import capture_checkin

sentry_sdk.init({dsn!r}, release="1", traces_sample_rate=1.0, **any_sdk.logs_enabled())

def test(sentry_capture):
    sentry_sdk.Scope.get_isolation_scope().add_attachment(bytes=b"x,y", filename="a.csv")
    try:
        1 / 0
    except ZeroDivisionError:
        sentry_sdk.capture_exception()
    with any_sdk.segment("nightly"), any_sdk.span("select", op="db"):
        pass
    capture_checkin(monitor_slug="nightly", status="ok")
    if {can_log}:
        sentry_sdk.logger.info("hello {{name}}", name="you")
    if {can_count}:
        sentry_sdk.metrics.count("orders", 1)
    with sentry_sdk.isolation_scope() as scope:
        scope.start_session()
        scope.end_session()
    sentry_capture.flush()
    for number, envelope in enumerate(sentry_capture.envelopes):
        pathlib.Path(f"recorded-{{number}}").write_bytes(envelope.serialize())
    assert len(sentry_capture.envelopes) == {sent}
"""


class SendingRun(NamedTuple):
    """The application, with every kind of item that its SDK has, and how many envelopes these are."""

    can_log: bool
    can_count: bool

    @property
    def sent(self) -> int:
        return 4 + self.can_log + self.can_count

    def source(self, dsn: str) -> str:
        return SENDING_RUN.format(dsn=dsn, can_log=self.can_log, can_count=self.can_count, sent=self.sent)


@pytest.fixture
def sending_run(can: Callable[[str], bool]) -> SendingRun:
    return SendingRun(can("logs"), can("metrics"))


@pytest.mark.needs("scopes without hubs")
@pytest.mark.parametrize(
    ("host", "options"),
    [
        ("localhost", ()),
        ("127.0.0.1", ("--sentry-network=allow",)),
    ],
)
def test_what_arrives_is_what_was_recorded(
    pytester: pytest.Pytester, endpoint: Endpoint, sending_run: SendingRun, host: str, options: tuple[str, ...]
) -> None:
    dsn = f"http://key@{host}:{endpoint.server_port}/1"
    pytester.makepyfile(sending_run.source(dsn))

    result = pytester.runpytest_subprocess(*options)

    result.assert_outcomes(passed=1)
    recorded = sorted(file.read_bytes() for file in pytester.path.glob("recorded-*"))
    assert sorted(endpoint.bodies) == recorded
    result.stdout.no_fnmatch_line("*Blocked*")


DELIVERED_BY_OTHER_TRANSPORT = """
import any_sdk, asyncio, pathlib, sentry_sdk
from sentry_sdk.integrations.asyncio import AsyncioIntegration

async def work():
    sentry_sdk.init(
        {dsn!r}, traces_sample_rate=1.0, integrations=[AsyncioIntegration()], _experiments={{{experiment!r}: True}}
    )
    sentry_sdk.capture_message("hello")
    with any_sdk.segment("nightly"), any_sdk.span("select", op="db"):
        pass
    if hasattr(sentry_sdk, "flush_async"):
        await sentry_sdk.flush_async()
    sentry_sdk.flush()

def test(sentry_capture):
    asyncio.run(work())
    for number, envelope in enumerate(sentry_capture.envelopes):
        pathlib.Path(f"recorded-{{number}}").write_bytes(envelope.serialize())
    assert len(sentry_capture.envelopes) == 2
"""


@pytest.mark.usefixtures("httpcore_with_http2")
@pytest.mark.parametrize(("transport", "experiment"), OTHER_TRANSPORTS)
def test_what_arrives_by_other_transports_is_what_was_recorded(
    pytester: pytest.Pytester, endpoint: Endpoint, transport: str, experiment: str
) -> None:
    dsn = f"http://key@{endpoint.address}/1"
    pytester.makepyfile(DELIVERED_BY_OTHER_TRANSPORT.format(dsn=dsn, experiment=experiment))

    pytester.runpytest_subprocess().assert_outcomes(passed=1)

    recorded = sorted(file.read_bytes() for file in pytester.path.glob("recorded-*"))
    assert sorted(endpoint.bodies) == recorded


@pytest.mark.needs("an async transport")
@pytest.mark.parametrize("dsn", ["https://key@sentry.invalid/1", "http://key@127.0.0.1:9/1"])
def test_close_async_closes_a_client_with_the_async_transport(pytester: pytest.Pytester, dsn: str) -> None:
    """As it does without the plugin: what comes later is lost."""
    pytester.makepyfile(
        f"""
        import asyncio, sentry_sdk
        from sentry_sdk.integrations.asyncio import AsyncioIntegration

        async def work():
            sentry_sdk.init(
                {dsn!r}, shutdown_timeout=0.1, integrations=[AsyncioIntegration()],
                _experiments={{"transport_async": True}},
            )
            sentry_sdk.capture_message("before")
            await sentry_sdk.get_client().close_async()
            sentry_sdk.capture_message("after")

        def test(sentry_capture):
            asyncio.run(work())
            sentry_capture.assert_captured(message="before")
            sentry_capture.assert_discarded(message="after", reason="closed_client")
        """
    )

    pytester.runpytest_subprocess().assert_outcomes(passed=1)


@pytest.mark.needs("SENTRY_PRINT_ENVELOPES", "scopes without hubs")
def test_what_is_printed_arrives_as_it_was_recorded(
    pytester: pytest.Pytester, endpoint: Endpoint, sending_run: SendingRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTRY_PRINT_ENVELOPES", "1")
    pytester.makeconftest(  # else what is printed is taken for logs of the application, where logging is integrated
        """
        from sentry_sdk.integrations import logging

        ignore = getattr(logging, "ignore_logger_for_sentry_logs", logging.ignore_logger)
        ignore("sentry_sdk.envelopes")
        """
    )
    pytester.makepyfile(sending_run.source(f"http://key@{endpoint.address}/1"))

    result = pytester.runpytest_subprocess("-s")

    result.assert_outcomes(passed=1)
    recorded = sorted(file.read_bytes() for file in pytester.path.glob("recorded-*"))
    assert sorted(endpoint.bodies) == recorded
    assert result.errlines.count("--- Sentry Envelope ---") == sending_run.sent


def test_spotlight_is_off(pytester: pytest.Pytester, endpoint: Endpoint) -> None:
    """Though it listens on this machine, and would be sent everything."""
    pytester.makepyfile(
        f"""
        import sentry_sdk

        def test():
            for dsn in None, "https://key@sentry.invalid/1":
                sentry_sdk.init(dsn, spotlight="http://{endpoint.address}/stream", shutdown_timeout=0.1)
                sentry_sdk.capture_event({{"message": "hello"}})
                sentry_sdk.flush(0.1)
        """
    )

    pytester.runpytest_subprocess().assert_outcomes(passed=1)
    assert endpoint.requests == []

    pytester.runpytest_subprocess("-p", "no:sentry_capture").assert_outcomes(passed=1)
    assert {path for path, _ in endpoint.requests} == {"/stream"}


@pytest.mark.needs("scopes without hubs")
def test_a_loopback_dsn_is_blocked_when_a_proxy_would_take_it_away(
    audited: pytest.Pytester, endpoint: Endpoint, sending_run: SendingRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:3128")
    audited.makepyfile(sending_run.source(f"http://key@{endpoint.address}/1"))

    result = audited.runpytest_subprocess("-v")

    result.assert_outcomes(passed=1)
    assert endpoint.bodies == []
    assert connections(audited) == []
    result.stdout.fnmatch_lines([f"Blocked {sending_run.sent} envelopes to proxy.invalid."])


@pytest.mark.needs("scopes without hubs")
def test_a_proxy_on_loopback_receives(
    pytester: pytest.Pytester, endpoint: Endpoint, sending_run: SendingRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://{endpoint.address}")
    pytester.makepyfile(sending_run.source("http://key@sentry.localhost/1"))

    pytester.runpytest_subprocess().assert_outcomes(passed=1)

    assert len(endpoint.bodies) == sending_run.sent
    assert {path for path, _ in endpoint.requests} == {"http://sentry.localhost/api/1/envelope/"}


@pytest.mark.needs("scopes without hubs")
def test_a_proxy_exception_of_the_environment_is_honored(
    pytester: pytest.Pytester, endpoint: Endpoint, sending_run: SendingRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:3128")
    monkeypatch.setenv("no_proxy", "example.org, 127.0.0.1")
    pytester.makepyfile(sending_run.source(f"http://key@{endpoint.address}/1"))

    pytester.runpytest_subprocess().assert_outcomes(passed=1)

    assert len(endpoint.bodies) == sending_run.sent


HOSTS = ("b.sentry.internal", "a.sentry.internal", "a.sentry.internal", "localhost.example", "EXAMPLE.com", "o1.test")


def test_the_summary_names_each_blocked_host_and_how_to_allow_it(pytester: pytest.Pytester) -> None:
    """With ``-v`` also those of domains that are reserved for tests: nobody would want to send anything there."""
    pytester.makepyfile(
        f"""
        import pytest, sentry_sdk

        @pytest.mark.parametrize("host", {HOSTS})
        def test(host):
            sentry_sdk.init(f"https://key@{{host}}/1")
            sentry_sdk.capture_message("hello")
        """
    )
    named = [
        "Blocked 2 envelopes to a.sentry.internal. To send them, set sentry_network_hosts = a.sentry.internal",
        "Blocked 1 envelope to b.sentry.internal. To send it, set sentry_network_hosts = b.sentry.internal",
    ]
    reserved = [f"Blocked 1 envelope to {host}." for host in ("example.com", "localhost.example", "o1.test")]

    serial = pytester.runpytest_inprocess()
    assert summary_of(serial) == named
    serial.stdout.fnmatch_lines(["sentry: network blocked"])
    assert summary_of(pytester.runpytest_subprocess("-n", "2")) == named
    assert summary_of(pytester.runpytest_inprocess("-v")) == [*named, *reserved]


def test_the_summary_says_nothing_where_only_test_hosts_are_blocked(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sentry_sdk

        def test():
            sentry_sdk.init("https://key@sentry.invalid/1")
            sentry_sdk.capture_message("hello")
        """
    )

    pytester.runpytest_inprocess().stdout.no_fnmatch_line("*= sentry =*")


@pytest.mark.parametrize(
    ("options", "header"),
    [
        (("--sentry-network=allow",), "sentry: events are sent (sentry_network = allow)"),
        (
            ("--sentry-network-hosts=one.example.org,Two.Example.Org",),
            "sentry: network blocked, except to one.example.org, two.example.org",
        ),
    ],
)
def test_the_header_says_what_may_leave(pytester: pytest.Pytester, options: tuple[str, ...], header: str) -> None:
    pytester.runpytest_inprocess(*options).stdout.fnmatch_lines([header])


def test_ini_options_and_their_command_line_twins(pytester: pytest.Pytester) -> None:
    pytester.makeini(
        """
        [pytest]
        asyncio_default_fixture_loop_scope = function
        sentry_network = allow
        sentry_network_hosts = one.example.org two.example.org
        """
    )
    pytester.runpytest_inprocess().stdout.fnmatch_lines(["sentry: events are sent (sentry_network = allow)"])
    pytester.runpytest_inprocess("--sentry-network=block").stdout.fnmatch_lines(
        ["sentry: network blocked, except to one.example.org, two.example.org"]
    )
    pytester.runpytest_inprocess(
        "--sentry-network=block", "--sentry-network-hosts=three.example.org"
    ).stdout.fnmatch_lines(["sentry: network blocked, except to three.example.org"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ("--sentry-network=alow",),
            "ERROR: sentry_network: unknown value 'alow'; did you mean 'allow'? Valid: allow, block",
        ),
        (
            ("--sentry-network=ALLOW",),
            "ERROR: sentry_network: unknown value 'ALLOW'; did you mean 'allow'? Valid: allow, block",
        ),
        (("--sentry-network=",), "ERROR: sentry_network: unknown value ''. Valid: allow, block"),
        (("-o", "sentry_network="), "ERROR: sentry_network: unknown value ''. Valid: allow, block"),
        (
            ("--sentry-network-hosts=https://sentry.example.org/1",),
            (
                "ERROR: sentry_network_hosts: 'https://sentry.example.org/1' is not a host"
                " name. Write it without scheme, port and path: o1.ingest.sentry.io"
            ),
        ),
        (
            ("--sentry-report=table.pdf",),
            "ERROR: sentry_report: 'table.pdf' has an unknown suffix; valid: .html, .json, .md, .txt",
        ),
    ],
)
def test_a_wrong_value_is_a_usage_error(pytester: pytest.Pytester, options: tuple[str, ...], message: str) -> None:
    result = pytester.runpytest_subprocess(*options)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.stderr.lines[0] == message
    result.stderr.no_fnmatch_line("*Traceback*")


def test_every_wrong_value_is_reported_at_once(pytester: pytest.Pytester) -> None:
    pytester.makeini(
        """
        [pytest]
        asyncio_default_fixture_loop_scope = function
        sentry_network = blok
        sentry_network_hosts = a:1 b/c
        """
    )

    result = pytester.runpytest_subprocess()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert [line.split(";")[0] for line in result.stderr.lines if line] == [
        "ERROR: sentry_network: unknown value 'blok'",
        "sentry_network_hosts: 'a:1' is not a host name. Write it without scheme, port and path: o1.ingest.sentry.io",
        "sentry_network_hosts: 'b/c' is not a host name. Write it without scheme, port and path: o1.ingest.sentry.io",
    ]


@pytest.mark.needs("errors in envelopes")
def test_allowed_hosts_are_sent_to_and_others_are_not(pytester: pytest.Pytester, endpoint: Endpoint) -> None:
    pytester.makepyfile(
        f"""
        import sentry_sdk, socket

        real = socket.getaddrinfo
        socket.getaddrinfo = lambda host, *args, **kwargs: real("127.0.0.1", *args, **kwargs)

        def test():
            for host in "sentry.example.org", "evil.sentry.example.org", "localhost.example.org":
                sentry_sdk.init(f"http://key@{{host}}:{endpoint.server_port}/1")
                sentry_sdk.capture_message(host)
                sentry_sdk.flush()
        """
    )

    pytester.runpytest_subprocess("--sentry-network-hosts=sentry.example.org").assert_outcomes(passed=1)

    [body] = endpoint.bodies
    assert json.loads(body.splitlines()[2])["message"] == "sentry.example.org"


@pytest.mark.needs("errors in envelopes")
def test_a_transport_of_the_users_own_receives_everything(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest, sentry_sdk
        from sentry_sdk.transport import HttpTransport, Transport

        class ListTransport(Transport):
            def __init__(self, options=None):
                super().__init__(options)
                self.envelopes = []

            def capture_envelope(self, envelope):
                self.envelopes.append(envelope)

        class OwnHttpTransport(HttpTransport):
            def __init__(self, options):
                super().__init__(options)
                self.seen = []

            def capture_envelope(self, envelope):
                self.seen.append("envelope")
                super().capture_envelope(envelope)

            def _send_request(self, *args, **kwargs):
                self.seen.append("request")
                super()._send_request(*args, **kwargs)

        DSN = "https://key@sentry.invalid/1"

        def test_an_instance(sentry_capture):
            transport = ListTransport()
            sentry_sdk.init(DSN, transport=transport)
            sentry_sdk.capture_message("hello")
            assert [envelope.get_event()["message"] for envelope in transport.envelopes] == ["hello"]
            assert len(sentry_capture.events) == 1

        def test_a_class(sentry_capture):
            sentry_sdk.init(DSN, transport=ListTransport)
            sentry_sdk.capture_message("hello")
            assert len(sentry_sdk.get_client().transport.envelopes) == 1
            assert len(sentry_capture.events) == 1

        def test_one_that_is_put_into_a_live_client(sentry_capture):
            sentry_sdk.init(DSN)
            transport = sentry_sdk.get_client().transport = ListTransport()
            sentry_sdk.capture_message("hello")
            assert len(transport.envelopes) == 1
            assert len(sentry_capture.events) == 1

        @pytest.mark.parametrize("transport", [OwnHttpTransport, OwnHttpTransport(sentry_sdk.Client(DSN).options)])
        def test_one_that_sends_over_http_and_would_reach_nobody(sentry_capture, transport):
            sentry_sdk.init(DSN, transport=transport)
            sentry_sdk.capture_message("hello")
            sentry_sdk.flush()
            assert type(sentry_sdk.get_client().transport) is OwnHttpTransport
            assert sentry_sdk.get_client().transport.seen == ["envelope", "request"]
            assert len(sentry_capture.events) == 1
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=5)


@pytest.mark.needs("errors in envelopes", "function transports")
def test_a_function_of_the_users_own_receives_everything(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest, sentry_sdk

        @pytest.mark.filterwarnings("ignore::DeprecationWarning")
        def test(sentry_capture):
            received = []
            sentry_sdk.init("https://key@sentry.invalid/1", transport=received.append)
            sentry_sdk.capture_message("hello")
            assert [event["message"] for event in received] == ["hello"]
            assert len(sentry_capture.events) == 1
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


CAPTURES = [
    pytest.param("event", "sentry_sdk.capture_message('hello')", id="event"),
    pytest.param("check_in", "capture_checkin('nightly', status='ok')", id="check_in"),
    pytest.param("session", "scope.start_session(), scope.end_session()", id="session"),
    pytest.param("log", "sentry_sdk.logger.info('hello')", id="log", marks=pytest.mark.needs("logs")),
    pytest.param("metric", "sentry_sdk.metrics.count('orders', 1)", id="metric", marks=pytest.mark.needs("metrics")),
    pytest.param(
        "span", "any_sdk.streamed_segment('nightly').end()", id="span", marks=pytest.mark.needs("streamed spans")
    ),
]


@pytest.mark.needs("errors in envelopes")
@pytest.mark.parametrize(("kind", "capture"), CAPTURES)
def test_nothing_leaves_by_an_http_transport_that_is_put_into_a_live_client(
    audited: pytest.Pytester, kind: str, capture: str
) -> None:
    """Even where nothing else was captured since."""
    audited.makepyfile(
        f"""
        import any_sdk, sentry_sdk
        from sentry_sdk.consts import DEFAULT_OPTIONS
        from sentry_sdk.crons import capture_checkin
        from sentry_sdk.transport import HttpTransport

        STREAM = {{"trace_lifecycle": "stream"}} if "trace_lifecycle" in DEFAULT_OPTIONS else {{}}

        def test(sentry_capture):
            sentry_sdk.init(
                "https://key@o1.sentry.invalid/1", release="1", traces_sample_rate=1.0, shutdown_timeout=0.2,
                **any_sdk.logs_enabled(), **STREAM,
            )
            client = sentry_sdk.get_client()
            client.transport = HttpTransport(client.options)
            with sentry_sdk.isolation_scope() as scope:
                {capture}
            sentry_sdk.flush(0.2)
            client.close(0.2)
            assert [item.kind for item in sentry_capture.items] == [{kind!r}]
        """
    )

    result = audited.runpytest_subprocess()

    assert connections(audited) == []
    result.assert_outcomes(passed=1)


@pytest.mark.needs("errors in envelopes")
def test_an_exception_of_the_users_own_transport_is_not_swallowed(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest, sentry_sdk
        from sentry_sdk.transport import Transport

        class BrokenTransport(Transport):
            def capture_envelope(self, envelope):
                raise ConnectionError("no route")

        def test(sentry_capture):
            sentry_sdk.init(transport=BrokenTransport())
            with pytest.raises(ConnectionError, match="no route"):
                sentry_sdk.capture_message("hello")
            assert len(sentry_capture.events) == 1
            assert sentry_capture.discarded == []
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


def test_an_unreachable_sentry_is_not_an_error_of_a_callback(pytester: pytest.Pytester) -> None:
    with socket.socket() as refusing:
        refusing.bind(("127.0.0.1", 0))
        pytester.makepyfile(
            f"""
            import sentry_sdk

            def test(sentry_capture):
                sentry_sdk.init("http://key@127.0.0.1:{refusing.getsockname()[1]}/1")
                sentry_sdk.capture_message("hello")
                sentry_capture.flush()
                sentry_capture.assert_captured(message="hello")
                assert [error.by.name for error in sentry_capture.callback_errors] == []
            """
        )
        result = pytester.runpytest_inprocess()

    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*no-callback-errors*")


def test_the_client_of_pytest_sentry_is_left_alone(pytester: pytest.Pytester, endpoint: Endpoint) -> None:
    pytester.makepyfile(
        f"""
        import sentry_sdk
        from sentry_sdk.integrations import Integration
        from sentry_sdk.transport import HttpTransport

        class PytestIntegration(Integration):
            identifier = "pytest"

            @staticmethod
            def setup_once():
                pass

        def test(sentry_capture):
            client = sentry_sdk.Client("http://key@{endpoint.address}/1", integrations=[PytestIntegration()])
            assert type(client.transport) is HttpTransport
            client.capture_event({{"message": "a flaky test"}})
            client.flush()
            assert sentry_capture.items == []
            assert sentry_capture.discarded == []
            sentry_capture.assert_inactive()
        """
    )

    pytester.runpytest_inprocess().assert_outcomes(passed=1)

    assert len(endpoint.bodies) == 1


def test_a_malformed_dsn_raises_what_the_sdk_raises(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest, sentry_sdk
        from sentry_sdk.utils import BadDsn

        def test():
            with pytest.raises(BadDsn, match="Unsupported scheme"):
                sentry_sdk.init("nonsense")
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


@pytest.mark.needs("OTLP exporters")
def test_the_otlp_exporter_is_blocked_and_counted(audited: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")  # the seconds for which it tries to send
    audited.makepyfile(
        """
        import sentry_sdk
        from opentelemetry import trace
        from sentry_sdk.integrations.otlp import OTLPIntegration

        def test():
            sentry_sdk.init("https://key@o1.sentry.invalid/1", integrations=[OTLPIntegration()])
            for number in range(3):
                with trace.get_tracer("shop").start_as_current_span("segment"):
                    pass
            trace.get_tracer_provider().force_flush()
        """
    )

    result = audited.runpytest_subprocess("-v")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["Blocked 3 OpenTelemetry spans to o1.sentry.invalid."])
    assert connections(audited) == []

    audited.runpytest_subprocess("-p", "no:sentry_capture").assert_outcomes(passed=1)
    assert any("o1.sentry.invalid" in line for line in connections(audited))

"""What the plugin's own tests share."""

from __future__ import annotations

import gc
import gzip
import importlib
import logging
import os
import pkgutil
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

# Imported here so that the pytest runs inside tests find them loaded: pytester drops what such a run imports.
import brotli  # type: ignore[import-untyped]  # which the SDK takes where it is installed
import pytest
import sentry_sdk
import trio  # noqa: F401
import xdist.plugin  # type: ignore[import-untyped]
from packaging.version import Version

import pytest_sentry_capture
from any_sdk import logs_enabled, nothing_scrubbed
from redis_server import PROGRAM

if TYPE_CHECKING:
    from pytest_sentry_capture import SentryInit

with suppress(ImportError):
    import sentry_relay.processing  # noqa: F401

# The plugin imports its own modules where it needs them first, and if that is in such a run, there are two of a class.
for module in pkgutil.walk_packages(pytest_sentry_capture.__path__, "pytest_sentry_capture."):
    with suppress(ImportError):  # of an extra that is not installed
        importlib.import_module(module.name)

pytest_plugins = ["pytester"]

SUPPORT = Path(__file__).parent / "support"
"""What tests share, and the pytest runs inside of them."""
# So that workers find it with pytest 7 and 8, where pytest-xdist looks at the path before `pythonpath` changes it.
if str(SUPPORT) not in xdist.plugin._sys_path:
    xdist.plugin._sys_path.insert(0, str(SUPPORT))


class Installed(NamedTuple):
    """A package that comes with an extra."""

    package: str

    @property
    def is_here(self) -> bool:
        return find_spec(self.package) is not None

    @property
    def when(self) -> str:
        return self.package


class Program(NamedTuple):
    """A program that the system has."""

    name: str

    @property
    def is_here(self) -> bool:
        return shutil.which(self.name) is not None

    @property
    def when(self) -> str:
        return self.name


class Since(NamedTuple):
    """The release of a package that was the first to have something."""

    package: str
    version: str

    @property
    def is_here(self) -> bool:
        return Version(version(self.package)) >= Version(self.version)

    @property
    def when(self) -> str:
        return f"{self.package} since {self.version}"


class PythonSince(NamedTuple):
    """The release of Python that was the first to have something."""

    version: tuple[int, int]

    @property
    def is_here(self) -> bool:
        return sys.version_info >= self.version

    @property
    def when(self) -> str:
        return f"Python since {self.version[0]}.{self.version[1]}"


class Until(NamedTuple):
    """The release of a package that was the first to have something no more, its own pre-releases included."""

    package: str
    version: str

    @property
    def is_here(self) -> bool:
        return Version(version(self.package)).release < Version(self.version).release

    @property
    def when(self) -> str:
        return f"{self.package} until {self.version}"


CAPABILITIES: dict[str, Installed | Program | PythonSince | Since | Until] = {
    "recursive scrubbers": Since("sentry-sdk", "1.41"),
    "errors in envelopes": Since("sentry-sdk", "2.0"),
    "refusals of events without an id": Since("sentry-sdk", "2.0"),
    "scopes without hubs": Since("sentry-sdk", "2.0"),
    "failed_request_status_codes": Since("sentry-sdk", "2.5"),
    "discards of spans": Since("sentry-sdk", "2.9"),
    "an integration of Dramatiq": Since("sentry-sdk", "2.20"),
    "an integration of Litestar": Since("sentry-sdk", "2.13"),
    "reloads of the client's module": Since("sentry-sdk", "2.11"),
    "variables of frames as they are given": Since("sentry-sdk", "2.13"),
    "scopes that turn down captures": Since("sentry-sdk", "2.13"),
    "custom_repr": Since("sentry-sdk", "2.13"),
    "SENTRY_SPOTLIGHT": Since("sentry-sdk", "2.14"),
    "names of spans": Since("sentry-sdk", "2.15"),
    "an HTTP/2 transport": Since("sentry-sdk", "2.16"),
    "random numbers in headers": Since("sentry-sdk", "2.25"),
    "profiles of sessions": Since("sentry-sdk", "2.24"),
    "logs": Since("sentry-sdk", "2.35"),
    "trace_ignore_status_codes": Since("sentry-sdk", "2.40"),
    "metrics": Since("sentry-sdk", "2.43"),
    "before_send_metric": Since("sentry-sdk", "2.44"),
    "discards of full buffers": Since("sentry-sdk", "2.44"),
    "OTLP exporters": Since("sentry-sdk", "2.45"),
    "a limit of spans": Since("sentry-sdk", "2.50"),
    "guarded buffers": Since("sentry-sdk", "2.55"),
    "an async transport": Since("sentry-sdk", "2.57"),
    "SENTRY_PRINT_ENVELOPES": Since("sentry-sdk", "2.60"),
    "streamed spans": Since("sentry-sdk", "2.66"),
    "before_send_span": Since("sentry-sdk", "2.67"),
    "logs without enable_logs": Since("sentry-sdk", "2.68"),
    "errors of callbacks that the SDK catches": Since("sentry-sdk", "2.71"),
    "builds of the package": Installed("hatchling"),
    "pytest-split": Installed("pytest_split"),
    "hubs": Until("sentry-sdk", "2"),
    "before_send_transaction": Until("sentry-sdk", "3"),
    "event scrubbers": Until("sentry-sdk", "3"),
    "function transports": Until("sentry-sdk", "3"),
    "profiles of transactions": Until("sentry-sdk", "3"),
    "events kept when processors raise": Until("sentry-sdk", "3"),
    "push_scope": Until("sentry-sdk", "3"),
    "assignment of the user": Until("sentry-sdk", "3"),
    "send_default_pii": Until("sentry-sdk", "3"),
    "options that 3 has removed": Until("sentry-sdk", "3"),
    "transactions": Until("sentry-sdk", "3"),
    "data_collection": Since("sentry-sdk", "2.65"),
    "segments without transactions": Since("sentry-sdk", "3.0.0a1"),
    "messages of the gallery": Since("sentry-sdk", "3.0.0b2"),
    "all batchers in every client": Since("sentry-sdk", "3.0.0a1"),
    "filters that replace log records": PythonSince((3, 12)),
    "tracebacks without the frames that pass exceptions on": PythonSince((3, 11)),
    "loggers that are ignored for logs alone": Since("sentry-sdk", "3.0.0a1"),
    "loop scopes": Since("pytest-asyncio", "0.24"),
    "subtests": Since("pytest", "9.0"),
    "Sentry's own engine": Installed("sentry_relay"),
    "aiohttp": Installed("aiohttp"),
    "Bottle": Installed("bottle"),
    "Celery": Installed("celery"),
    "Django": Installed("django"),
    "Django REST framework": Installed("rest_framework"),
    "Dramatiq": Installed("dramatiq"),
    "eventlet": Installed("eventlet"),
    "Falcon": Installed("falcon"),
    "Flask": Installed("flask"),
    "gevent": Installed("gevent"),
    "Litestar": Installed("litestar"),
    "mypy and pyright": Installed("pyright"),
    "numpy and pandas": Installed("pandas"),
    "pytest-bdd": Installed("pytest_bdd"),
    "pytest-django": Installed("pytest_django"),
    "pytest-forked": Installed("pytest_forked"),
    "reports that can be marshalled": Until("pytest", "9.2"),
    "pytest-mock": Installed("pytest_mock"),
    "pytest-run-parallel": Installed("pytest_run_parallel"),
    "pytest-socket": Installed("pytest_socket"),
    "pytest-trio": Installed("pytest_trio"),
    "Pyramid": Installed("pyramid"),
    "Quart": Installed("quart"),
    "Redis": Program(PROGRAM),
    "Redis from Python": Installed("redis"),
    "RQ": Installed("rq"),
}
"""What not every supported version can do. A test that is about it says so: ``@pytest.mark.needs("logs")``."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-gallery", action="store_true", help="Write the gallery's messages anew.")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: starts many processes, or long ones; run by `make test-slow`.")
    config.addinivalue_line("markers", "needs(*capabilities): skips the test where a version can't do this.")
    if config.getoption("update_gallery") and os.environ.get("CI"):
        raise pytest.UsageError("--update-gallery is for people who read what it writes, not for CI")


def pytest_runtest_setup(item: pytest.Item) -> None:
    for capability in (name for marker in item.iter_markers("needs") for name in marker.args):
        found = CAPABILITIES[capability]
        if not found.is_here:
            item.user_properties.append(("needs", f"{capability}: {found.when}"))
            pytest.skip(f"needs {capability}: {found.when}")


def pytest_collection_finish() -> None:
    """What is imported by now is left out when runs inside of tests look for clients, and Python for garbage."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def can() -> Callable[[str], bool]:
    """Whether the versions here have one of the ``CAPABILITIES``."""
    return lambda capability: CAPABILITIES[capability].is_here


@pytest.fixture
def without_garbage_collection() -> Iterator[None]:
    """For profilers: CPython 3.10 and 3.11 can deadlock where they collect garbage in ``sys._current_frames``.

    https://github.com/python/cpython/issues/106883
    """
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def without_pytest_sentry(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """For runs that pytest-sentry would be in the way of, where it is installed.

    It imports the SDK at start, fails where that is not as it knows it, and its own client sends to Spotlight.
    """
    monkeypatch.setenv("PYTEST_ADDOPTS", f"{os.environ['PYTEST_ADDOPTS']} -p no:sentry")


@pytest.fixture
def unscrubbed(sentry_init: SentryInit) -> None:
    """A client that filters nothing, sends all kinds, and adds no stack of this test, as it would since 3."""
    sentry_init(
        dsn="https://key@sentry.invalid/1",
        attach_stacktrace=False,
        traces_sample_rate=1.0,
        **logs_enabled(),
        **nothing_scrubbed(),
    )


sentry_sdk.Client()  # imports every integration that enables itself


@pytest.fixture
def without_leftover_threads() -> Iterator[None]:
    """The SDK's batchers draw random numbers in their threads, of which hypothesis would take note in later tests.

    A client that an application makes at its import outlives the pytest run in which it is imported.
    """
    yield
    for thread in threading.enumerate():
        batcher = getattr(getattr(thread, "_target", None), "__self__", None)
        if batcher is not None and type(batcher).__module__.startswith("sentry_sdk."):
            batcher.kill()


@pytest.fixture
def without_leftover_clients() -> Iterator[None]:
    """Clients that live on are observed by the next run in this process, as if its own application had made them."""
    yield
    for client in gc.get_objects():
        if issubclass(type(client), sentry_sdk.client._Client):
            client.close(timeout=0)


@pytest.fixture
def same_environment() -> Iterator[None]:
    """What a pytest run in this process leaves in the environment is not there for later tests.

    pytest-django puts the name of its settings there.
    """
    before = dict(os.environ)
    yield
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)


@pytest.fixture
def same_logging() -> Iterator[None]:
    """What a pytest run in this process has made of ``logging`` is not there for later tests.

    Celery's workers set the level of the root logger and have their own handlers there.
    """
    root = logging.getLogger()
    before = root.level, root.handlers[:], root.manager.disable
    yield
    level, handlers, root.manager.disable = before
    root.setLevel(level)
    for handler in [*root.handlers]:
        if handler not in handlers:
            root.removeHandler(handler)
    for handler in handlers:
        if handler not in root.handlers:
            root.addHandler(handler)


@pytest.fixture
def pytester(
    without_leftover_threads: None,
    same_environment: None,
    same_logging: None,
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
) -> pytest.Pytester:
    """A folder for its own pytest run, which treats warnings as pytest does by default.

    It prints the same on a developer's machine and in CI, where pytest would shorten nothing. Plugins that take long to
    import or leave threads behind are left out. A test that needs one names it: ``-p syrupy``. Frameworks that no file
    of the run names are left out too. Its tests can import ``any_sdk``.
    """
    monkeypatch.syspath_prepend(SUPPORT)
    monkeypatch.setenv("PYTHONPATH", str(SUPPORT), prepend=os.pathsep)
    for name in "CI", "BUILD_NUMBER", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE":
        monkeypatch.delenv(name, raising=False)
    # pytest 7, with pluggy 1.4, says so of every usage error
    monkeypatch.setenv("PYTHONWARNINGS", "ignore:A plugin raised an exception during an old-style hookwrapper")
    # pytest-asyncio before 1.0 warns where it is unset, and pytest 8 overrides no ini option for addopts
    options = "--override-ini=asyncio_default_fixture_loop_scope=function -p frameworks_in_use"
    monkeypatch.setenv("PYTEST_ADDOPTS", options)
    pytester.makeini(
        """
        [pytest]
        addopts =
            -p no:cacheprovider -p no:randomly -p no:hypothesispytest
            -p no:schemathesis -p no:syrupy -p no:inline_snapshot -p no:rerunfailures
        filterwarnings = default
        """
    )
    return pytester


class Endpoint(ThreadingHTTPServer):
    """A Sentry endpoint on loopback that keeps the paths and bodies it was sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), EndpointHandler)
        self.requests: list[tuple[str, bytes]] = []

    @property
    def bodies(self) -> list[bytes]:
        return [body for _, body in self.requests]

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class EndpointHandler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        decompress = {"gzip": gzip.decompress, "br": brotli.decompress}.get(self.headers["Content-Encoding"], bytes)
        self.server.requests.append((self.path, decompress(body)))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _ignored_loggers_as_before() -> Iterator[None]:
    """What a test has the SDK ignore, later runs in the same process would take for their own entries."""
    from sentry_sdk.integrations import logging

    sets = [each for name, each in vars(logging).items() if name.startswith("_IGNORED_LOGGERS") and type(each) is set]
    before = [frozenset(each) for each in sets]
    yield
    for each, entries in zip(sets, before, strict=True):
        each.intersection_update(entries)

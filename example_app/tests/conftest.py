"""The application as ``.env.example`` configures it for development, with a DSN, a database and a Redis for tests.

``TEST_DATABASE_URL`` and ``TEST_REDIS_URL`` choose servers for it. What is in them is lost.
"""

from __future__ import annotations

import gc
import logging
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.orm import sessionmaker
from starlette.datastructures import State

from example_app import accounts, banks
from example_app.application import create_app
from example_app.cache import connected_redis, embedded_redis
from example_app.database import Base, connect
from example_app.monitoring import SDK, before_send
from example_app.settings import Settings
from pytest_sentry_capture import SentryCapture

DSN = "https://public@sentry.invalid/1"

ENV_EXAMPLE = Path(__file__).parents[1] / ".env.example"

SPARKASSE = """\
"Auftragskonto";"Buchungstag";"Verwendungszweck";"Beguenstigter/Zahlungspflichtiger";"Betrag";"Waehrung"
"DE02120300000000202051";"02.01.26";"Gehalt Januar";"Muster GmbH";"3.210,00";"EUR"
"DE02120300000000202051";"05.01.26";"Karte 4111 1111 1111 1111";"REWE Markt";"-54,30";"EUR"
"DE02120300000000202051";"07.01.26";"An DE89 3704 0044 0532 0130 00";"Stadtwerke";"-80,00";"EUR"
"""

SECRETS_OF_SPARKASSE = ("DE02120300000000202051", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00", "3.210,00")

WRONG_PASSWORD = "correct horse battery staple"
"""Here, and not in the tests, because Sentry gets the lines around each frame of a traceback."""


@dataclass(frozen=True)
class SignedIn:
    """A user with a token."""

    id: str
    email: str
    password: str
    headers: dict[str, str]


@pytest.fixture(scope="session", autouse=True)
def _environment() -> Iterator[None]:
    """Settings of the developer's own environment are not those of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in Settings.model_fields:
            patch.delenv(name.upper(), raising=False)
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_garbage_collection_in_the_profiler() -> Iterator[None]:
    """Before Python 3.12, garbage is only collected between modules: the SDK's profiler can crash the process.

    The profiler's thread reads the stacks of other threads. Reading a frame allocates an object, which can start a
    collection, in which other threads can run and end the frame that is being read.
    """
    if sys.version_info >= (3, 12):
        yield
        return
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(scope="module", autouse=True)
def _garbage_of_other_modules() -> None:
    gc.collect()


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Passwords are hashed as before, only not as slowly as they must be in earnest."""
    quick = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "passwords", quick)
        patch.setattr(accounts, "NO_PASSWORD", quick.hash("nobody's"))
        yield


@pytest.fixture(scope="session")
def database_url(worker_id: str) -> str | None:
    """A database on the server that was chosen: that of its URL, or one for each process of pytest-xdist."""
    url = os.environ.get("TEST_DATABASE_URL") or None
    if url is None or worker_id == "master":
        return url
    server = create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {worker_id}"))
        connection.execute(text(f"CREATE DATABASE {worker_id}"))
    server.dispose()
    return make_url(url).set(database=worker_id).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def redis_url(worker_id: str) -> str | None:
    """The Redis that was chosen. Of its sixteen databases, one for each process of pytest-xdist."""
    url = os.environ.get("TEST_REDIS_URL") or None
    if url is None or worker_id == "master":
        return url
    return f"{url}{'&' if '?' in url else '?'}db={worker_id.removeprefix('gw')}"


@pytest.fixture(scope="session")
def broker_url(worker_id: str) -> str | None:
    """A broker on the Redis that was chosen, in the upper half of its databases."""
    url = os.environ.get("TEST_REDIS_URL") or None
    number = 8 + (0 if worker_id == "master" else int(worker_id.removeprefix("gw")) % 8)
    if url is None:
        return None
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"redis+socket://{parts.path}?virtual_host={number}"
    return parts._replace(path=f"/{number}").geturl()


@pytest.fixture(scope="session")
def configured(
    tmp_path_factory: pytest.TempPathFactory, database_url: str | None, redis_url: str | None, broker_url: str | None
) -> Callable[..., Settings]:
    """What somebody gets who copies ``.env.example``, chooses an environment in it and fills in the DSN."""

    def configure(environment: str, **values: Any) -> Settings:
        folder = tmp_path_factory.mktemp(environment)
        env_file = folder / ".env"
        env_file.write_text(_env_file_for(environment))
        defaults: dict[str, Any] = {
            "sentry_dsn": DSN,
            "database_url": database_url or f"sqlite:///{folder}/statements.db",
            "redis_url": redis_url,
            "broker_url": broker_url,
        }
        return Settings(_env_file=env_file, **{**defaults, **values})  # type: ignore[call-arg]

    return configure


def _env_file_for(environment: str) -> str:
    """``.env.example`` with the lines of one environment in force."""
    lines, section = [], None
    for line in ENV_EXAMPLE.read_text(encoding="utf-8").splitlines():
        heading = re.match(r"# \[(\w+)\]", line)
        section = heading[1] if heading else section if line else None
        setting = re.fullmatch(r"(?:# )?(SENTRY_\w+=.*)", line)
        if section and setting:
            lines.append(setting[1] if section == environment else f"# {setting[1]}")
        else:
            lines.append(line)
    return "\n".join(lines)


@contextmanager
def running(settings: Settings) -> Iterator[TestClient]:
    """A client of the service with these settings, whose database and Redis are empty."""
    engine = connect(settings.database_url)
    Base.metadata.drop_all(engine)
    engine.dispose()
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        state_of(client).redis.flushdb()
        yield client


def state_of(client: TestClient) -> State:
    """Where the service keeps its connections."""
    app = client.app
    assert isinstance(app, FastAPI)
    return app.state


@contextmanager
def replaced(client: TestClient, name: str, connection: object) -> Iterator[None]:
    """The service uses another connection for a while."""
    state = state_of(client)
    kept = getattr(state, name)
    setattr(state, name, connection)
    yield
    setattr(state, name, kept)


@pytest.fixture(scope="module")
def settings(configured: Callable[..., Settings]) -> Settings:
    return configured("development")


@pytest.fixture(scope="module")
def service(settings: Settings) -> Iterator[TestClient]:
    with running(settings) as client:
        yield client


@pytest.fixture
def client(service: TestClient) -> Iterator[TestClient]:
    """The service, whose Redis forgets after the test how often it was called: the next user may want to sign in."""
    yield service
    state_of(service).redis.flushdb()


@pytest.fixture(scope="module")
def alice(service: TestClient) -> SignedIn:
    return sign_in(service, "alice")


@pytest.fixture(scope="module")
def bob(service: TestClient) -> SignedIn:
    return sign_in(service, "bob")


@pytest.fixture
def parser_that_crashes(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """It crashes at a statement's second line, with account and card numbers in hand."""
    caplog.set_level(logging.INFO, "example_app")

    def read_line(row: dict[str, str], layout: banks.Layout, number: int) -> banks.Line:
        account, reference = row["Auftragskonto"], row["Verwendungszweck"]
        logging.getLogger("example_app.banks").info("reading %s", reference)
        if number == 2:
            return banks.Line(date(2026, 1, 2), row[layout.payee], reference, Decimal(1), "EUR")
        raise RuntimeError(f"{account}: no rule for {reference!r}")

    monkeypatch.setattr(banks, "read_line", read_line)


def sign_in(client: TestClient, name: str) -> SignedIn:
    """Open an account, and sign in."""
    account = {"email": f"{name}@example.com", "password": f"the password of {name}"}
    registered = client.post("/users", json=account)
    assert registered.status_code == 201, registered.text
    token = client.post("/tokens", json=account).json()["access_token"]
    return SignedIn(str(registered.json()["id"]), **account, headers={"Authorization": f"Bearer {token}"})


def upload(client: TestClient, user: SignedIn, content: str | bytes, media_type: str = "text/csv") -> Response:
    """Upload a file as a bank statement."""
    return client.post("/statements", files={"file": ("january.csv", content, media_type)}, headers=user.headers)


def assert_nowhere(sentry_capture: SentryCapture, *values: str) -> None:
    """None of the values is in the bytes that Sentry would have got."""
    envelopes = [envelope.serialize().decode() for envelope in sentry_capture.envelopes]
    assert envelopes
    for value in values:
        assert not any(value in envelope for envelope in envelopes), value


def assert_filtered(sentry_capture: SentryCapture, **criteria: Any) -> None:
    """The client's error was seen and filtered out."""
    if SDK >= (2, 5):
        sentry_capture.assert_discarded(**criteria, reason="before_send", by=before_send)
    else:  # the SDK does not look at client errors, and no option changes that
        sentry_capture.assert_nothing_captured()


@contextmanager
def without_statements(settings: Settings) -> Iterator[None]:
    """The tables of statements are gone for a while."""
    tables = [Base.metadata.tables[name] for name in ("transactions", "statements")]
    engine = connect(settings.database_url)
    Base.metadata.drop_all(engine, tables)
    yield
    Base.metadata.create_all(engine, tables)
    engine.dispose()


@pytest.fixture
def without_tables(client: TestClient, settings: Settings) -> Iterator[None]:
    """The tables of statements are gone during the test."""
    with without_statements(settings):
        yield


@pytest.fixture
def closed_database(client: TestClient) -> Iterator[str]:
    """The service's database is one that answers on no port. Its password."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        engine = connect(f"postgresql+psycopg://bank:open-sesame@127.0.0.1:{listener.getsockname()[1]}/bank")
        with replaced(client, "sessions", sessionmaker(engine)):
            yield "open-sesame"
        engine.dispose()


@pytest.fixture
def stop_redis(client: TestClient, redis_url: str | None) -> Iterator[Callable[[], None]]:
    """The service uses a Redis of this test's own, which this stops."""
    with ExitStack() as server:
        url = server.enter_context(_redis_server() if redis_url else embedded_redis())
        with connected_redis(url) as redis, replaced(client, "redis", redis):
            yield server.close


@contextmanager
def _redis_server() -> Iterator[str]:
    """A ``redis-server``, on its own socket. Yields its URL."""
    executable = shutil.which("redis-server")
    assert executable, "TEST_REDIS_URL is set, but there is no redis-server to start and to stop"
    with tempfile.TemporaryDirectory() as folder:
        socket = Path(folder, "redis.sock")
        server = subprocess.Popen(
            [executable, "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", folder],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert server.stdout
            assert any("eady to accept connections" in line for line in server.stdout)
            yield f"unix://{socket}"
        finally:
            server.terminate()
            server.communicate()

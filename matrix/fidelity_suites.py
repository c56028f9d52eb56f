"""The SDK's own tests: where they come from, what they need, and how they are run without the plugin and with it.

Left out are gevent's tests, and those of integrations that need the network, a service, or a service's client: all of
Celery's that need a Redis and all of Django's that need PostgreSQL are among them.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from matrix.environments import BEFORE_3
from matrix.fidelity_outcomes import CouldNotRunError, Outcomes, read_outcomes
from matrix.sdks import CHECKOUT, python_with
from pytest_sentry_capture._sdk.versions import NEWEST_TESTED

SDKS: Final = ("1.45.1", "2.20.0", BEFORE_3, NEWEST_TESTED)
SDKS_OF_SHORT: Final = (BEFORE_3, NEWEST_TESTED)

FOLDER: Final = CHECKOUT / "build" / "fidelity"

_CONFTEST: Final = CHECKOUT / "matrix" / "fidelity_conftest.py"
_PYTEST_INI: Final = """\
[pytest]
asyncio_mode = strict
asyncio_default_fixture_loop_scope = function
markers =
    tests_internal_exceptions: exceptions inside of the SDK do not fail the test.
"""
"""What of the SDK's own configuration its tests need: none of its ``addopts``."""

_STATUSES: Final = (0, 1)
"""With which pytest ends when all tests have run: they pass, or some fail."""

_SECONDS_OF_A_TEST: Final = 60
_SECONDS_OF_A_RUN: Final = 30 * 60
_KIBIBYTES: Final = 8 * 1024 * 1024
"""The address space of a run, so that one that grows without end is not a danger to the machine."""

_COMMON: Final = (
    "asttokens",
    "brotli",
    "executing",
    "httpcore[asyncio,http2]",
    "jsonschema",
    "pure-eval",
    "pysocks",
    "pytest>=8,<9",  # pytest-forked is older than 9
    "pytest-asyncio",
    "pytest-forked",
    "pytest-localserver",
    "pytest-timeout",
    "responses",
    "setuptools",
    "socksio",
    "werkzeug",
)

ENVIRONMENTS: Final[Mapping[str, Sequence[str]]] = {
    "core": _COMMON,
    "integrations": (
        *_COMMON,
        "async-asgi-testclient",
        "celery",
        "fakeredis",
        "fastapi",
        "flask",
        "flask-login",
        "httpx",
        "httpx2",
        "itsdangerous",
        "jinja2",
        "loguru",
        "newrelic<10.17",  # which has what Celery's tests patch
        "pytest-httpx",
        "python-multipart",
        "redis",
        "requests",
        "rq",
        "sqlalchemy",
        "starlette",
    ),
    # Where Django is installed the SDK wants its settings, in the tests of all else too. Without psycopg2 the tests of
    # PostgreSQL are skipped.
    "django": (*_COMMON, "channels[daphne]", "django", "djangorestframework", "pytest-django", "six"),
}
"""What is installed beside the SDK and the plugin."""


@dataclass(frozen=True)
class Group:
    """Tests that run in one process."""

    name: str
    environment: str
    tests: Sequence[str]
    """Patterns of files and folders."""
    slow: Sequence[str] = ()
    """Tests that the short form leaves out."""
    variables: Mapping[str, str] = field(default_factory=dict)


_INTEGRATIONS: Final = (
    *("asgi", "asyncio", "fastapi", "flask", "httpx", "logging", "loguru", "rq", "sqlalchemy", "starlette", "stdlib"),
    *("threading", "wsgi"),
)

GROUPS: Final = (
    Group(
        "core",
        "core",
        ("tests/test_*.py", "tests/new_scopes_compat"),
        slow=("tests/test_client.py::test_atexit", "tests/test_logs.py::test_auto_flush_logs_after_5s"),
    ),
    Group("tracing", "core", ("tests/tracing",)),
    Group("profiler", "core", ("tests/profiler",)),
    Group("utils", "core", ("tests/utils",)),
    *(Group(name, "integrations", (f"tests/integrations/{name}",)) for name in _INTEGRATIONS),
    Group("celery", "integrations", ("tests/integrations/celery/test_*.py",)),
    # The client and the cluster, one after the other in one process, find each other's patches.
    Group("redis", "integrations", ("tests/integrations/redis/test_*.py", "tests/integrations/redis/asyncio")),
    Group("redis-cluster", "integrations", ("tests/integrations/redis/cluster*",)),
    Group(
        "django",
        "django",
        ("tests/integrations/django",),
        variables={"DJANGO_SETTINGS_MODULE": "tests.integrations.django.myapp.settings"},
    ),
)
GROUPS_OF_SHORT: Final = ("core", "tracing", "utils")


@dataclass(frozen=True)
class Suite:
    """The unpacked tests of an SDK."""

    sdk: str
    folder: Path

    def has(self, group: Group) -> bool:
        """Whether the SDK has tests of a group."""
        return any(self._paths(group))

    def _paths(self, group: Group) -> Iterator[str]:
        for pattern in group.tests:
            yield from sorted(str(path.relative_to(self.folder)) for path in self.folder.glob(pattern))

    def run(self, python: Path, group: Group, *, plugin: bool, short: bool = False) -> Outcomes:
        """Run the tests of a group.

        Args:
            python: the Python of an environment with the SDK, the plugin, and what the tests need.
            group: the group.
            plugin: whether the plugin is active.
            short: whether slow tests are left out.

        Raises:
            CouldNotRunError: they did not run to their end.
        """
        report = self.folder / "reports" / f"{group.name}-{'with' if plugin else 'without'}.xml"
        report.parent.mkdir(exist_ok=True)
        report.unlink(missing_ok=True)
        options = [] if plugin else ["-p", "no:sentry_capture"]
        options += [f"--deselect={test}" for test in (group.slow if short else ())]
        pytest = [str(python), "-m", "pytest", *_OPTIONS, f"--junit-xml={report}", *options, *self._paths(group)]
        output = report.with_suffix(".txt")
        status = self._status_of(pytest, group.variables, output)
        try:
            outcomes = read_outcomes(report)
        except (OSError, ET.ParseError) as error:
            raise CouldNotRunError(f"the run ended without a report: {_last_line(output)}") from error
        if status not in _STATUSES:
            raise CouldNotRunError(f"the run ended with status {status}: {_last_line(output)}")
        return outcomes

    def _status_of(self, command: Sequence[str], variables: Mapping[str, str], output: Path) -> int:
        limited = ["sh", "-c", 'ulimit -v "$0" && exec "$@"', str(_KIBIBYTES), *command]
        with (
            output.open("wb") as file,
            subprocess.Popen(  # noqa: S603
                limited,
                cwd=self.folder,
                env=_variables(variables),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            ) as process,
        ):
            try:
                return process.wait(_SECONDS_OF_A_RUN)
            except subprocess.TimeoutExpired:
                raise CouldNotRunError(f"the run did not end in {_SECONDS_OF_A_RUN // 60} minutes") from None
            finally:
                _end(process)


def _last_line(output: Path) -> str:
    return "".join(output.read_text(encoding="utf-8", errors="replace").splitlines()[-1:])


_OPTIONS: Final = (
    *("-q", "-c", "pytest.ini", "-p", "no:cacheprovider", "-p", "no:randomly", "-o", "junit_family=xunit1"),
    *("--tb=short", "--continue-on-collection-errors", f"--timeout={_SECONDS_OF_A_TEST}"),
)


def _variables(own: Mapping[str, str]) -> dict[str, str]:
    """Nothing of CI's, and no DSN."""
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", **own}


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a run and all that it has started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def unpacked(sdk: str) -> Suite:
    """The tests of an SDK, as its sdist has them, in a folder without the SDK: the installed one must be imported.

    Raises:
        subprocess.CalledProcessError: the sdist could not be fetched.
    """
    folder = FOLDER / sdk
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tarfile.open(_sdist(sdk)) as archive:
        members = [member for member in archive if Path(member.name).parts[1:2] == ("tests",)]
        for member in members:
            member.name = str(Path(*Path(member.name).parts[1:]))
        archive.extractall(folder, members, filter="data")
    if not (folder / "tests" / "conftest.py").exists():
        shutil.copyfile(_CONFTEST, folder / "tests" / "conftest.py")
        (folder / "tests" / "__init__.py").touch()
    for left_out in folder.glob("tests/test_gevent.py"):
        left_out.unlink()
    (folder / "pytest.ini").write_text(_PYTEST_INI, encoding="utf-8")
    return Suite(sdk, folder)


def _sdist(sdk: str) -> Path:
    folder = FOLDER / "sdists"
    file = folder / f"sentry_sdk-{sdk}.tar.gz"
    if not file.exists():
        pip = [sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check", "--no-deps"]
        pip += ["--no-binary", "sentry-sdk", "--dest", str(folder), f"sentry-sdk=={sdk}"]
        subprocess.run(pip, check=True)  # noqa: S603
    return file


def python_of(sdk: str, environment: str) -> Path:
    """The Python of an environment, which is made or brought up to date.

    Raises:
        subprocess.CalledProcessError: something could not be installed.
    """
    return python_with(sdk, ENVIRONMENTS[environment], f"fidelity-{environment}")

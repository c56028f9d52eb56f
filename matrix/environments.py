"""The environments of the matrix: which version of what is installed beside the plugin, on which Python.

Every pair of an SDK and a Python, an SDK and a pytest, and a Python and a pytest is in one of them, not every triple,
except for pairs that do not work together, and for SDK 2.11, which is there for Python 3.13 alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

RESULTS: Final = Path(__file__).parents[1] / "build" / "matrix"

PYTHONS: Final = ("3.10", "3.11", "3.12", "3.13")

OF_PYENV: Final = sorted(str(folder) for folder in Path.home().glob(".pyenv/versions/3.1*/bin"))
"""Where Pythons are that can be found without being chosen for the folder."""

OLDEST: Final = "1.40.0"

NEWEST: Final = "newest"
"""The version in ``constraints.txt``."""

BEFORE_3: Final = "2.75.0"
"""The last version with transactions."""

OLDEST_PYTEST: Final = "7.4"

OLDEST_PYTEST_OPTIONS: Final = ("-W", "ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")
"""The last pytest-asyncio for it leaves sockets of event loops open."""

NEWEST_PYTEST: Final = "9"

PYTESTS: Final[dict[str, tuple[str | None, ...]]] = {
    OLDEST: ("7.4", "8", "9", None),
    "1.45.1": ("8", "9", "7.4", None),
    "2.0.1": ("9", "7.4", "8", None),
    "2.11": (None, None, None, "7.4"),  # the first that captures a crash of FastAPI on Python 3.13
    "2.20": ("7.4", "8", "9", "8"),
    "2.40": ("8", "9", "7.4", "9"),
    "2.60": ("9", "7.4", "8", "7.4"),
    BEFORE_3: ("8", "9", "7.4", "9"),
    NEWEST: ("7.4", "8", "9", "9"),
}
"""For each SDK, which pytest it is tried with on each of ``PYTHONS``."""

OF_ITS_DAY: Final = {
    (OLDEST, "3.10"): (
        "sentry-sdk[fastapi]==1.40.0",
        "fastapi==0.109.0",
        "starlette==0.35.1",
        "httpx==0.26.0",
        "anyio==4.2.0",
        "trio==0.24.0",
    ),
}
"""What was current when an SDK was released, where it is tried with that and not ``OF_TODAY``."""

OF_TODAY: Final = ("fastapi", "httpx2")  # the latter is what Starlette's TestClient asks for since 1.10

SDKS_OF_FRAMEWORKS: Final = ("1.45.1", BEFORE_3, NEWEST)
"""With which SDKs frameworks and job systems are tried."""

FRAMEWORKS: Final = (
    "aiohttp", "bottle", "django", "djangorestframework", "falcon", "flask", "litestar", "pyramid", "pytest-django",
    "quart",
)  # fmt: skip
"""The web frameworks whose requests are observed, beside FastAPI."""

FRAMEWORKS_OF_ITS_DAY: Final = {
    "1.45.1": (
        "aiohttp==3.9.5",
        "bottle==0.13.4",
        "django==5.0.4",
        "djangorestframework==3.15.1",
        "falcon==3.1.3",
        "flask==3.0.3",
        "multidict==6.0.5",
        "pyramid==2.0.2",
        "pytest-django==4.8.0",
        "quart==0.19.5",
        "werkzeug==3.0.2",
        "yarl==1.9.4",
    ),
}
"""What was current when an SDK was released. It had no integration of Litestar. Older Bottles warn when imported."""

TESTS_OF_FRAMEWORKS: Final = tuple(
    f"tests/plugin/test_{name}.py"
    for name in (
        "aiohttp_exchanges",
        "asgi_exchanges",
        "django_clients",
        "exchanges",
        "flask_exchanges",
        "generic_frameworks",
        "unseen_requests",
        "web_frameworks",
        "wsgi_exchanges",
    )
)

JOBS: Final = ("celery", "click", "django", "dramatiq", "fakeredis", "redis", "rq")
"""What runs the jobs that are observed."""

JOBS_OF_ITS_DAY: Final = {
    "1.45.1": ("celery==5.4.0", "click==8.1.7", "django==5.0.4", "fakeredis", "redis", "rq==1.16.2")
}
"""What was current when an SDK was released. It had no integration of Dramatiq."""

TESTS_OF_JOBS: Final = tuple(
    f"tests/plugin/test_{name}.py"
    for name in (
        "chains_and_groups",
        "described_jobs",
        "forked_children",
        "job_systems",
        "jobs_in_runs",
        "jobs_of_children",
        "statuses_of_jobs",
    )
)

PLUGINS_THAT_FOLLOW_PYTEST: Final = (
    "inline-snapshot>=0.13",
    "pytest-asyncio>=0.23",
    "pytest-randomly>=3.15",
    "pytest-rerunfailures>=14",
    "pytest-xdist>=3.6",
    "syrupy>=4.6",
)
"""With an older pytest, these are installed in the newest version that allows it."""

USERS_EXTRAS: Final = ("relay", "server")

SHORT: Final = ("short",)
"""The tag of what CI runs."""

OF_CI: Final = ((OLDEST, "3.10"), (BEFORE_3, "3.12"), (NEWEST, "3.13"))
"""With which SDK on which Python CI runs the tests that tell most, beside the lowest versions of everything."""

COMMON_TESTS: Final = (
    *(
        f"tests/plugin/test_{name}.py"
        for name in (
            "capture",
            "discards",
            "every_sdk",
            "exchanges",
            "isolation",
            "items",
            "network",
            "sdk_as_it_is",
            "segments",
            "touchpoints",
        )
    ),
    *(f"tests/unit/test_{name}.py" for name in ("importing", "items", "segments")),
)
"""Those to which versions matter most."""


HOSTILE: Final = (
    "django",
    "eventlet",
    "gevent",
    "numpy",
    "pandas",
    "pytest-bdd",
    "pytest-django",
    "pytest-forked",
    "pytest-mock",
    "pytest-run-parallel",
    "pytest-socket",
    "pytest-trio",
)
"""What reaches into pytest or into the standard library, or compares as few objects do."""

HOSTILE_PYTEST: Final = "9.1"
"""The last with which pytest-forked works."""

HOSTILE_OPTIONS: Final = tuple(
    option
    for plugin in ("django", "pytest-bdd", "pytest_forked", "pytest_mock", "run-parallel", "socket", "trio")
    for option in ("-p", f"no:{plugin}")
)
"""The runs inside of the tests load the plugins, each for itself. The tests do without."""

TESTS_OF_EXTRAS: Final = (
    *(f"tests/plugin/test_{name}.py" for name in ("configuration", "ingestion", "no_pii_rule", "pii", "rules")),
    *(f"tests/unit/test_{name}.py" for name in ("ingestion", "no_pii_rule", "pii")),
    "tests/plugin/server",
    "tests/unit/server",
)
"""Those of what the lowest versions of cattrs and of the users' extras are there for."""


@dataclass(frozen=True)
class Environment:
    """What the plugin is tried with. Versions are as users write them: ``2.20`` is the last 2.20.x."""

    name: str
    python: str
    requirements: tuple[str, ...]
    tests: tuple[str, ...]
    options: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def result(self) -> Path:
        """The JUnit report of the last run."""
        return RESULTS / f"{self.name}.xml"

    @property
    def versions(self) -> Path:
        """What was installed in the last run, as ``pip list --format=json`` says it."""
        return self.result.with_suffix(".json")


def _pairs() -> Iterator[Environment]:
    for sdk, pytests in PYTESTS.items():
        for python, pytest in zip(PYTHONS, pytests, strict=True):
            if pytest is None:
                continue
            requirements = [] if sdk == NEWEST else [_of_series("sentry-sdk", sdk)]
            requirements += OF_ITS_DAY.get((sdk, python), OF_TODAY)
            if pytest != NEWEST_PYTEST:
                requirements += [_of_series("pytest", pytest), *PLUGINS_THAT_FOLLOW_PYTEST]
            yield Environment(
                f"sdk-{sdk}-python-{python}-pytest-{pytest}",
                python,
                tuple(requirements),
                COMMON_TESTS,
                OLDEST_PYTEST_OPTIONS if pytest == OLDEST_PYTEST else (),
                SHORT if (sdk, python) in OF_CI else (),
            )


def _of_sdk(version: str) -> tuple[str, ...]:
    return () if version == NEWEST else (f"sentry-sdk=={version}",)


def _of_series(package: str, version: str) -> str:
    return f"{package}=={version}" if version.count(".") == 2 else f"{package}=={version}.*"


def _lowest(project: Mapping[str, Any]) -> Iterator[str]:
    """The lowest version that ``pyproject.toml`` declares of each dependency, those of the users' extras included."""
    extras = project["optional-dependencies"]
    for requirement in (*project["dependencies"], *(each for name in USERS_EXTRAS for each in extras[name])):
        lowest, _, marker = requirement.partition(";")
        yield lowest.partition(",")[0].replace(">=", "==", 1) + (f";{marker}" if marker else "")


def _beside_pytest(requirements: Iterable[str]) -> Iterator[str]:
    """Those that do not follow from which pytest and which SDK is installed."""
    return (each for each in requirements if not each.startswith(("pluggy", "pytest", "sentry-sdk")))


def environments(project: Mapping[str, Any]) -> list[Environment]:
    """Every environment of the matrix.

    Args:
        project: the table ``project`` of ``pyproject.toml``.
    """
    lowest = (*_lowest(project), *PLUGINS_THAT_FOLLOW_PYTEST, *OF_ITS_DAY[OLDEST, PYTHONS[0]])
    return [
        *_pairs(),
        Environment("lowest", PYTHONS[0], lowest, COMMON_TESTS, OLDEST_PYTEST_OPTIONS, SHORT),
        Environment(
            "lowest-extras", PYTHONS[0], (*_beside_pytest(_lowest(project)), *OF_TODAY, "uvicorn"), TESTS_OF_EXTRAS
        ),
        Environment(
            "hostile",
            "3.12",
            (_of_series("pytest", HOSTILE_PYTEST), *HOSTILE, *OF_TODAY),
            ("tests/plugin/test_harmless.py", "tests/plugin/test_other_plugins.py"),
            HOSTILE_OPTIONS,
        ),
        *(
            Environment(
                f"frameworks-{sdk}",
                "3.11",
                (*_of_sdk(sdk), *FRAMEWORKS_OF_ITS_DAY.get(sdk, FRAMEWORKS), *OF_TODAY, "httpx"),
                TESTS_OF_FRAMEWORKS,
            )
            for sdk in SDKS_OF_FRAMEWORKS
        ),
        *(
            Environment(
                f"jobs-{sdk}",
                "3.11",
                (*_of_sdk(sdk), *JOBS_OF_ITS_DAY.get(sdk, JOBS), *OF_TODAY),
                TESTS_OF_JOBS,
            )
            for sdk in SDKS_OF_FRAMEWORKS
        ),
        Environment("neighbors", "3.12", (f"sentry-sdk=={BEFORE_3}", "pytest-sentry", *OF_TODAY), COMMON_TESTS),
    ]

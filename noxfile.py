"""The support matrix, ``make matrix``: the built wheel, tried with the versions that users have."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import nox

from matrix.environments import OF_PYENV, Environment, environments

nox.options.envdir = "build/matrix/environments"
nox.options.error_on_missing_interpreters = True
nox.options.stop_on_first_error = False

CHECKOUT = Path(__file__).parent
WHEELS = CHECKOUT / "build" / "matrix" / "wheel"
os.environ["PATH"] = os.pathsep.join([*OF_PYENV, os.environ["PATH"]])  # found without being chosen for the folder

NEEDED_BY_TESTS = ("README.md", "conftest.py", "docs", "pyproject.toml", "tests")


@nox.session(venv_backend="none", default=False)
def wheel(session: nox.Session) -> None:
    """Build the wheel that every other session installs."""
    shutil.rmtree(WHEELS, ignore_errors=True)
    session.run(sys.executable, "-m", "pip", "--quiet", "wheel", "--no-deps", "--wheel-dir", str(WHEELS), str(CHECKOUT))


def try_out(session: nox.Session, environment: Environment) -> None:
    """Run the tests, copied to where the package's source is not, with the wheel."""
    [built] = WHEELS.iterdir()
    session.install("--constraint", _constraints(session, environment), f"{built}[test]", *environment.requirements)
    folder = Path(session.create_tmp(), "tests").absolute()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in NEEDED_BY_TESTS:
        copy = shutil.copytree if Path(name).is_dir() else shutil.copy
        copy(name, folder / name)
    pytest = ["python", "-m", "pytest", "-n", "2", *environment.options]
    if session.posargs:  # a part of the tests, of which the tables are not made
        pytest += session.posargs
    else:
        environment.result.parent.mkdir(parents=True, exist_ok=True)
        environment.result.unlink(missing_ok=True)
        with environment.versions.open("w", encoding="utf-8") as file:
            session.run("python", "-m", "pip", "list", "--format=json", stdout=file, stderr=None)
        pytest += [f"--junit-xml={environment.result}", *environment.tests]
    session.chdir(folder)
    session.run(*pytest, env={"FAIL_ON_SKIPPED_TESTS": "1"})


def _constraints(session: nox.Session, environment: Environment) -> str:
    """The versions of ``constraints.txt``, except for the packages of which an environment says the version itself."""
    own = {_package(requirement) for requirement in environment.requirements if re.search("[<=>]", requirement)}
    lines = (CHECKOUT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    file = Path(session.create_tmp(), "constraints.txt").absolute()
    file.write_text("\n".join(line for line in lines if _package(line) not in own), encoding="utf-8")
    return str(file)


def _package(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\s\[<>=!~;#]", requirement, maxsplit=1)[0]).lower()


def add_session(environment: Environment) -> None:
    """Make an environment known to nox."""

    def in_environment(session: nox.Session) -> None:
        try_out(session, environment)

    in_environment.__doc__ = " ".join(environment.requirements)
    as_session = nox.session(
        name=environment.name,
        python=environment.python,
        venv_backend="venv",
        tags=environment.tags,
        requires=["wheel"],
    )
    as_session(in_environment)


for each in environments(nox.project.load_toml("pyproject.toml")["project"]):
    add_session(each)

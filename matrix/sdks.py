"""Runs of the same tests with several versions of sentry-sdk, of which the documentation tells.

Each version has its own virtual environment, in which all else is the same.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).parents[1]
FOLDER: Final = CHECKOUT / "build" / "sdks"


def python_with(sentry_sdk: str, requirements: Sequence[str], purpose: str) -> Path:
    """The Python of an environment with this version of sentry-sdk, with the plugin, and with what else is required.

    All else has the versions of ``constraints.txt``, except for the requirements that say a version themselves.
    An environment that is there is brought up to date.

    Args:
        sentry_sdk: the version.
        requirements: what else is installed.
        purpose: what environments of the same version with other requirements are told apart by.
    """
    folder = FOLDER / f"{purpose}-{sentry_sdk}"
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)  # noqa: S603
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join([*constraining(requirements), f"sentry-sdk=={sentry_sdk}\n"]), encoding="utf-8")
    pip = [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--constraint", str(constraints)]
    subprocess.run([*pip, "--editable", str(CHECKOUT), *requirements], check=True)  # noqa: S603
    return python


def constraining(requirements: Sequence[str]) -> list[str]:
    """The lines of ``constraints.txt``, except for sentry-sdk and the requirements that say a version themselves."""
    own = {"sentry-sdk", *(_package(each) for each in requirements if re.search("[<=>]", each))}
    lines = (CHECKOUT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if _package(line) not in own]


def _package(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\s\[<>=!~;#]", requirement, maxsplit=1)[0]).lower()


def run_tests(python: Path, folder: Path, arguments: Sequence[str], variables: Mapping[str, str] | None = None) -> None:
    """Run pytest in a folder, with no configuration but that of the folder.

    Raises:
        subprocess.CalledProcessError: a test fails.
    """
    configuration = folder / "pytest.ini"
    configuration.touch()
    pytest = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", str(configuration)]
    environment = {"PYTHONDONTWRITEBYTECODE": "1", **(variables or {})}  # nothing of CI's, and no DSN
    subprocess.run([*pytest, *arguments], cwd=folder, env=environment, check=True)  # noqa: S603


def between_markers(page: Path, name: str) -> str:
    """The text between the markers ``<!-- NAME:begin -->`` and ``<!-- NAME:end -->`` of a page."""
    return _parts(page, name)[1]


def write_between_markers(page: Path, name: str, text: str) -> None:
    """Put another text between the markers of a page."""
    before, _, after = _parts(page, name)
    page.write_text(f"{before}\n\n{text}\n\n{after}", encoding="utf-8")


def _parts(page: Path, name: str) -> tuple[str, str, str]:
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    before, _, rest = page.read_text(encoding="utf-8").partition(begin)
    text, _, after = rest.partition(end)
    return f"{before}{begin}", text.strip("\n"), f"{end}{after}"

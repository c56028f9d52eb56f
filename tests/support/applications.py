"""Puts modules of ``tests/applications`` where the pytest runs inside of tests find them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import pytest

from checkout import TESTS

APPLICATIONS: Final = TESTS / "applications"


def copy_application(name: str, folder: Path, module: str = "shop") -> Path:
    """Copy an application into a folder.

    Args:
        name: which of ``tests/applications``.
        folder: where tests will import it.
        module: what they will call it.
    """
    return Path(shutil.copyfile(APPLICATIONS / f"{name}.py", folder / f"{module}.py"))


def add_application(pytester: pytest.Pytester, name: str, module: str = "shop") -> Path:
    """Copy an application into the folder of a run, whose tests can import it."""
    pytester.syspathinsert()
    return copy_application(name, pytester.path, module)

"""Puts the modules of ``tests/applications`` where the pytest runs inside of tests find them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import pytest

from checkout import TESTS

APPLICATIONS: Final = TESTS / "applications"


def add_application(pytester: pytest.Pytester, name: str, module: str = "shop") -> Path:
    """Copy an application into the folder of a run, whose tests can import it.

    Args:
        name: which of ``tests/applications``.
        module: what it is called there.
    """
    pytester.syspathinsert()
    return Path(shutil.copyfile(APPLICATIONS / f"{name}.py", pytester.path / f"{module}.py"))

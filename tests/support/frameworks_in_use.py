"""A pytest plugin: frameworks that no file in the folder of a run names are not installed for it.

``sentry_sdk.init`` imports each framework that it finds and has an integration for. In a short run in a separate
process, that takes longer than everything else. What the process has imported before stays as it is.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

FRAMEWORKS = ("aiohttp", "celery", "django", "dramatiq", "fastapi", "flask", "redis", "rq", "sqlalchemy", "starlette")
NEEDED_BY = {"redis": "rq", "starlette": "fastapi"}
SUFFIXES = (".py", ".toml", ".ini", ".cfg")


def not_in_use(folder: Path) -> set[str]:
    """The frameworks that none of its files names."""
    texts = [path.read_text(errors="replace") for path in folder.rglob("*") if path.suffix in SUFFIXES]
    words = {word for text in texts for word in re.findall(r"[a-z]+", text)}
    return {name for name in FRAMEWORKS if not words & {name, NEEDED_BY.get(name, name)}}


HIDDEN = not_in_use(Path.cwd())
for name in HIDDEN:
    sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # how Python marks what cannot be imported


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    if "django" in HIDDEN:
        pluginmanager.set_blocked("django")  # pytest-django

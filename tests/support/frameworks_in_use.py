"""A pytest plugin: frameworks that no file in the folder of a run names are not installed for it.

``sentry_sdk.init`` imports each framework that it finds and has an integration for, and the pytest plugin of anyio
imports trio. In a short run in a separate process, that takes longer than everything else. What the process has
imported before stays as it is.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

FRAMEWORKS = ("aiohttp", "celery", "django", "dramatiq", "fastapi", "flask", "redis", "rq", "sqlalchemy", "starlette")
PLUGINS = ("anyio", "django")
IMPORTED_BY = {"anyio": {"trio"}, "redis": {"celery", "dramatiq", "rq"}, "starlette": {"fastapi"}}
SUFFIXES = (".py", ".toml", ".ini", ".cfg")


def named_words(folder: Path) -> set[str]:
    """All words in the files of a run."""
    files = [path for path in folder.rglob("*") if path.suffix in SUFFIXES and path.is_file()]
    texts = [path.read_text(errors="replace") for path in files]
    return {word for text in texts for word in re.findall(r"[a-z]+", text)}


WORDS = named_words(Path.cwd())


def is_in_use(name: str) -> bool:
    return not WORDS.isdisjoint({name, *IMPORTED_BY.get(name, ())})


for name in FRAMEWORKS:
    if not is_in_use(name):
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # how Python marks what cannot be imported


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    for name in PLUGINS:
        if not is_in_use(name):
            pluginmanager.set_blocked(name)

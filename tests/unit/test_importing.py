"""Imports that are watched go on as they would without it."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from pytest_sentry_capture._sdk.importing import ImportWatcher


def test_watched_imports_leave_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "watched_module.py").write_text("value = __spec__.loader.__class__.__name__\n")
    monkeypatch.syspath_prepend(tmp_path)
    seen = []
    watcher = ImportWatcher()
    watcher.watch("watched_module", lambda: seen.append(sys.modules["watched_module"].value))
    watcher.watch("no_such_module", lambda: seen.append("never"))
    watcher.install()
    try:
        watched_module = importlib.import_module("watched_module")
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module("no_such_module")
    finally:
        watcher.uninstall()
        sys.modules.pop("watched_module", None)

    assert seen == [watched_module.value]
    assert watched_module.__spec__ is not None
    assert seen[0] == type(watched_module.__loader__).__name__ == type(watched_module.__spec__.loader).__name__
    assert "Watch" not in seen[0]
    assert watcher not in sys.meta_path

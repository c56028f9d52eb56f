"""The ``paths`` of rules that match no file: a rule with them is on and judges nothing."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from pytest_sentry_capture._rules import EnforcedRule

_IGNORED: Final = ("__pycache__", "node_modules")


def paths_without_files(enforced: EnforcedRule, root: Path, test_files: Collection[str]) -> list[str]:
    """The entries of a rule's ``paths`` that match no file.

    It walks through the project's folders where no collected test tells.

    Args:
        enforced: the rule.
        root: the rootdir.
        test_files: files of tests that were collected, relative to the rootdir and with slashes.
    """
    unmatched = [path for path in enforced.rule.paths if not any(enforced.covers(path, file) for file in test_files)]
    if not unmatched:
        return []
    for file in _files(root / enforced.folder, root):
        unmatched = [path for path in unmatched if not enforced.covers(path, file)]
        if not unmatched:
            break
    return unmatched


def _files(folder: Path, root: Path) -> Iterator[str]:
    """The files in a folder, relative to the rootdir, without those of tools."""
    for parent, folders, files in os.walk(folder):
        folders[:] = [
            each
            for each in folders
            if not each.startswith(".") and each not in _IGNORED and not Path(parent, each, "pyvenv.cfg").exists()
        ]
        relative = Path(parent).relative_to(root)
        yield from ((relative / file).as_posix() for file in files)

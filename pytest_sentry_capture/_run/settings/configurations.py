"""Which configuration a test has: the nearest one above its file, up to pytest's rootdir.

This module is imported by every pytest run, with or without Sentry, so it imports next to nothing itself.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_sentry_capture._run.settings.configuration import Configuration, source_in, source_of
from pytest_sentry_capture._run.settings.options import SettingsError

if TYPE_CHECKING:
    from pytest_sentry_capture._run.settings.source import Source


class Configurations:
    """The configurations of a run: that of the rootdir, and those of folders below it.

    Args:
        root: pytest's rootdir.
        file: the file of the rootdir's configuration, or None for the one that stands in the rootdir.

    Attributes:
        of_rootdir: the rootdir's configuration, which what comes outside of tests is judged by too.
        outside: stands for the tests outside of the rootdir, which no configuration is about.

    Raises:
        SettingsError: the rootdir's configuration has mistakes. The message names every one with its place.
    """

    def __init__(self, root: Path, file: Path | None = None) -> None:
        self.root = root
        self._sources: dict[str, Source | SettingsError] = {}
        self._folders: dict[str, str | None] = {}
        self._configurations: dict[str | None, Configuration] = {}
        source = source_in(root, root) if file is None else source_of(file, root)
        if source is not None:
            self._sources[""] = source
        self.of_rootdir = self.at("")
        self.outside = self._configurations[None] = Configuration(None)

    def folder_of(self, test_file: Path | str) -> str | None:
        """The folder of the configuration of a test, as ``Configuration`` has it. Nothing is checked yet.

        Args:
            test_file: the test's file. One that is not absolute starts from the rootdir.
        """
        folder = os.path.dirname(test_file)  # noqa: PTH120  (each test asks)
        if folder not in self._folders:
            whole = Path(os.path.normpath(self.root / folder))
            self._folders[folder] = self._nearest(whole if self._is_inside(whole) else self._resolved(whole))
        return self._folders[folder]

    def at(self, folder: str | None) -> Configuration:
        """The configuration of a folder that ``folder_of`` has named.

        Raises:
            SettingsError: it has mistakes. The message names every one with its place.
        """
        if folder not in self._configurations:
            assert folder is not None  # noqa: S101  (the outside is always known)
            source = self._sources.get(folder)
            if isinstance(source, SettingsError):
                raise source
            found = Configuration(folder, self.root) if source is None else Configuration.of(source, folder, self.root)
            self._configurations[folder] = found
        return self._configurations[folder]

    def relative_path(self, file: Path) -> str:
        """A file as seen from the rootdir, with slashes."""
        return os.path.relpath(file, self.root).replace(os.sep, "/")

    def is_configured(self, test_file: Path | str) -> bool:
        """Whether any folder above a test file has a configuration, in the rootdir or outside of it."""
        folder = Path(os.path.normpath(self.root / test_file)).parent
        try:
            return any(source_in(each, self.root) is not None for each in (folder, *folder.parents))
        except SettingsError:
            return True

    def _nearest(self, folder: Path) -> str | None:
        """The folder, at or above this one, whose configuration counts in it."""
        if folder == self.root:
            return ""
        if not self._is_inside(folder):
            return None
        above = self.folder_of(folder)
        return self._relative(folder) if self._is_nesting(above) and self._has_source(folder) else above

    def _has_source(self, folder: Path) -> bool:
        """Whether a configuration stands in a folder, mistakes and all: those are reported when it is asked for."""
        found: Source | SettingsError | None
        try:
            found = source_in(folder, self.root)
        except SettingsError as error:
            found = error
        if found is not None:
            self._sources[self._relative(folder)] = found
        return found is not None

    def _relative(self, folder: Path) -> str:
        return folder.relative_to(self.root).as_posix()

    def _is_nesting(self, folder: str | None) -> bool:
        source = self._sources.get(folder or "")
        return source is None or isinstance(source, SettingsError) or source.content.get("nested") is not False

    def _is_inside(self, folder: Path) -> bool:
        return folder == self.root or self.root in folder.parents

    def _resolved(self, folder: Path) -> Path:
        """The folder below the rootdir that links lead to. The folder itself where they lead elsewhere."""
        try:
            return self.root / folder.resolve().relative_to(self.root.resolve())
        except (OSError, ValueError):
            return folder

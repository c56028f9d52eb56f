"""Whether a run was partial for the tests of a configuration: which it left out, and why.

How pytest was called, the door to pytest says in plain data.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from pytest_sentry_capture._run.omissions import Omissions
from pytest_sentry_capture._run.settings.configurations import Configurations


class Invocation(NamedTuple):
    """How pytest was called, and whether it came to the end.

    Attributes:
        root: pytest's rootdir.
        folder: the folder that relative arguments start from.
        arguments: the files, folders and node ids that tests were collected from.
        are_test_paths: whether the arguments are what ``test_paths`` says.
        test_paths: the folders of the project's tests, as patterns (ini option ``testpaths``).
        test_files: the names of test files, as patterns (``python_files``).
        ignored_folders: the names of folders that are not searched, as patterns (``norecursedirs``).
        options: the options given that leave tests out before they are collected, or run them in part.
        ignored: the files and folders that were ignored for this run alone (``--ignore``).
        has_ended: whether it ran to its end.
        pytest_version: that of pytest.
        had_no_tests: whether no test was there to run.
        split: which of how many groups of the tests it ran, by a plugin that splits them, or None if none does.
    """

    root: Path
    folder: Path
    arguments: Sequence[str]
    are_test_paths: bool
    test_paths: Sequence[str]
    test_files: Sequence[str]
    ignored_folders: Sequence[str]
    options: Sequence[str]
    ignored: Sequence[Path]
    has_ended: bool
    pytest_version: str = ""
    had_no_tests: bool = False
    split: tuple[int, int] | None = None


def omissions_of(
    invocation: Invocation,
    configurations: Configurations,
    folder: str,
    *,
    deselected: int,
    not_collected: Collection[str],
    lost_workers: Sequence[str],
    failed_tests: int,
) -> Omissions:
    """What a run left out of the tests of a configuration.

    It may walk through the project's folders.

    Args:
        invocation: how pytest was called.
        configurations: which configuration each test has.
        folder: that of the configuration, relative to the rootdir.
        deselected: how many of its tests were deselected.
        not_collected: the node ids of what could not be collected, of its tests.
        lost_workers: the names of the workers that died.
        failed_tests: how many of its tests failed, and so may not have done all that they do.
    """
    # The ini option testpaths says where the rootdir's tests are. It is not that of other configurations.
    are_all_meant = invocation.are_test_paths and not folder
    ignored = [invocation.folder / path for path in invocation.ignored]
    return Omissions(
        only_some=not are_all_meant and not _covers_all_tests(invocation, configurations, folder),
        has_ended=invocation.has_ended,
        options=invocation.options,
        ignored=[configurations.relative_path(path) for path in ignored if _concerns(path, configurations, folder)],
        deselected=deselected,
        not_collected=sorted(not_collected),
        lost_workers=lost_workers,
        failed_tests=failed_tests,
    )


def _concerns(ignored: Path, configurations: Configurations, folder: str) -> bool:
    """Whether tests of a configuration may be in what was ignored."""
    path, home = Path(os.path.normpath(ignored)), configurations.root / folder
    return path in (home, *home.parents) or configurations.folder_of(path / "test" if path.is_dir() else path) == folder


def _covers_all_tests(invocation: Invocation, configurations: Configurations, folder: str) -> bool:
    """Whether the arguments name all of ``test_paths`` or, where there are none, all folders with test files."""
    named = [
        invocation.folder.joinpath(argument).resolve() for argument in invocation.arguments if "::" not in argument
    ]
    wanted = () if folder else [*_test_paths(invocation, configurations)]
    return all(
        any(path == each or each in path.parents for each in named)
        for path in wanted or _test_files(invocation, named, configurations, folder)
    )


def _test_paths(invocation: Invocation, configurations: Configurations) -> Iterator[Path]:
    """What ``test_paths`` stands for, without the folders of other configurations."""
    for pattern in invocation.test_paths:
        for path in invocation.root.glob(pattern):
            if configurations.folder_of(path / "test" if path.is_dir() else path) == "":
                yield path.resolve()


def _test_files(
    invocation: Invocation, named: Sequence[Path], configurations: Configurations, folder: str
) -> Iterator[Path]:
    """The files that pytest would take for tests of the configuration, without the folders ``named``."""
    root = invocation.root.resolve()
    for parent, folders, files in os.walk(root / folder):
        path = Path(parent)
        folders[:] = [
            each
            for each in folders
            if path / each not in named
            and not any(fnmatchcase(each, pattern) for pattern in invocation.ignored_folders)
            and not (path / each / "pyvenv.cfg").exists()
        ]
        tests = [file for file in files if any(_fits(path / file, pattern) for pattern in invocation.test_files)]
        if tests and configurations.folder_of(invocation.root / path.relative_to(root) / tests[0]) == folder:
            yield from (path / file for file in tests)


def _fits(file: Path, pattern: str) -> bool:
    """Whether pytest looks for tests in a file: a pattern with a slash is one of its path, else of its name."""
    if os.sep not in pattern:
        return fnmatchcase(file.name, pattern)
    return fnmatchcase(str(file), pattern if Path(pattern).is_absolute() else f"*{os.sep}{pattern}")

"""``extends``: a configuration that is made of others, the last of which wins key by key.

A policy is a file of an installed package, which is found without being imported, or a file beside the configuration.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from pytest_sentry_capture._rules import BUILT_IN_RULES
from pytest_sentry_capture._run.settings.options import SettingsError
from pytest_sentry_capture._run.settings.source import KeyPath, Source

EXTENDS: Final = "extends"
_NESTED: Final = "nested"
_IN_PACKAGE: Final = re.compile(r"(?P<package>[^\W\d]\w*(?:\.[^\W\d]\w*)*):(?![\\/])(?P<file>.+)")
_FORMS: Final = "'acme_policy:sentry.toml' for a file of an installed package, or a path such as '../policy.toml'"
_CHAIN: Final = " → "

ReadSource = Callable[[Path, str], Source | None]
"""Reads a configuration from a file, which messages call by this name, or None if there is none in it."""


class ExtendedSource:
    """A configuration with the policies that it extends, each key as the last of them has it.

    Args:
        layers: what was read, the policies first and in the order in which they count, and the configuration last.

    Attributes:
        name: the file of the configuration itself, as messages name it.
        file: where that is.
        table: the table of that file that the configuration is.
        content: what holds in the end.
        policies: what messages call the policies.
    """

    def __init__(self, layers: Sequence[Source]) -> None:
        own = layers[-1]
        self.name = own.name
        self.file = own.file
        self.table = own.table
        self.policies = [*dict.fromkeys(layer.name for layer in layers[:-1])]
        self._layers = [(layer, _normal(layer.content)) for layer in layers]
        self.content: Mapping[str, Any] = {}
        for _, content in self._layers:
            self.content = _merged(self.content, content)

    def place(self, *path: str | int) -> str:
        """The file that has the last word about a key or an element, and the line of that."""
        layer, there = self._deciding(path)
        return layer.place(*there)

    def folder_of(self, *path: str | int) -> Path:
        """The folder that a file starts from which is named there: that of the policy that names it."""
        return self._deciding(path)[0].file.parent

    def _deciding(self, path: KeyPath) -> tuple[Source, KeyPath]:
        """The last layer that has this key, or else most of the way to it, and the way within that layer."""
        name = self._name_of_entry(path)
        ways = [(layer, _way(content, path, name)) for layer, content in self._layers]
        longest = max(len(there) for _, there in ways)
        return next((layer, there) for layer, there in reversed(ways) if len(there) == longest)

    def _name_of_entry(self, path: KeyPath) -> object:
        """What an entry of ``expect`` is called that has this number in the end. The entry itself without a name."""
        entries = self.content.get("expect")
        if path[:1] != ("expect",) or len(path) < 2 or not isinstance(entries, list):
            return None
        entry = next((each for index, each in enumerate(entries) if index == path[1]), None)
        return _name(entry) or entry


def extended(source: Source, root: Path, read: ReadSource) -> ExtendedSource:
    """A configuration with all that it extends.

    Args:
        source: the configuration as it stands in its file.
        root: pytest's rootdir, which the names of files in messages start from.
        read: reads a policy. Raises ``SettingsError`` where it is damaged.

    Raises:
        SettingsError: a policy is missing or damaged, extends itself, or is named in a way that is not valid. The
            message names the chain of files that leads there.
    """
    return ExtendedSource([*_layers(source, root, read, {source.file: source.name})])


def _layers(source: Source, root: Path, read: ReadSource, chain: Mapping[Path, str]) -> Iterator[Source]:
    """What a configuration extends, in the order in which it counts, and the configuration itself at last."""
    names = source.content.get(EXTENDS, [])
    if not isinstance(names, list) or not all(isinstance(name, str) and name.strip() for name in names):
        raise SettingsError(f"{source.place(EXTENDS)}: extends must be a list of strings: {_FORMS}; not {names!r}")
    for index, name in enumerate(names):
        place = f"{source.place(EXTENDS, index)}: extends"
        try:
            file, shown = _located(name, source, root)
        except LookupError as error:
            raise SettingsError(f"{place}: {error} ({_CHAIN.join([*chain.values(), name])})") from None
        if file in chain:
            cycle = _CHAIN.join([*chain.values(), chain[file]])
            raise SettingsError(f"{place}: {chain[file]} extends itself ({cycle})")
        policy = _read(read, file, shown, _CHAIN.join([*chain.values(), shown]))
        if policy is None:
            what = f"{shown} has no table [tool.sentry_capture]" if file.is_file() else _missing(shown)
            raise SettingsError(f"{place}: {what} ({_CHAIN.join([*chain.values(), shown])})")
        if _NESTED in policy.content:
            raise SettingsError(
                f"{policy.place(_NESTED)}: a policy cannot set nested. Set it in the configuration of the rootdir"
            )
        yield from _layers(policy, root, read, {**chain, file: shown})
    yield source


def _read(read: ReadSource, file: Path, shown: str, chain: str) -> Source | None:
    try:
        return read(file, shown)
    except SettingsError as error:
        raise SettingsError(f"{error} ({chain})") from None


def _missing(shown: str) -> str:
    """What a message says of a file that is missing. The name to install a package by may not be that to import it."""
    package, separator, inside = shown.partition(":")
    meant = f"{package.replace('-', '_')}:{inside}"
    is_misspelled = bool(separator) and meant != shown and _IN_PACKAGE.fullmatch(meant)
    return f"there is no file {shown}" + (f"; did you mean {meant!r}?" if is_misspelled else "")


def _located(name: str, source: Source, root: Path) -> tuple[Path, str]:
    """Where a policy is, and what messages call it.

    Raises:
        LookupError: there is no such package, with the reason in words for users.
    """
    in_package = _IN_PACKAGE.fullmatch(name)
    if in_package is None:
        file = Path(os.path.normpath(source.file.parent / name))
        return file, _shown(file, source, root)
    package, inside = in_package["package"], in_package["file"]
    folders = _folders_of(package)
    files = [Path(os.path.normpath(Path(folder) / inside)) for folder in folders]
    return next((file for file in files if file.is_file()), files[0]), name


def _shown(file: Path, source: Source, root: Path) -> str:
    """A file that a configuration names by its path: of the same package, or relative to the rootdir."""
    package, separator, inside = source.name.partition(":")
    if separator:
        home = source.file.parents[len(Path(inside).parts) - 1]
        if file.is_relative_to(home):
            return f"{package}:{file.relative_to(home).as_posix()}"
    try:
        return os.path.relpath(file, root).replace(os.sep, "/")
    except ValueError:  # on another drive
        return str(file)


def _folders_of(package: str) -> Sequence[str]:
    """The folders of an installed package. Neither it nor a package above it is imported.

    Raises:
        LookupError: there is none.
    """
    first, *others = package.split(".")
    try:
        spec = find_spec(first)
    except ValueError:  # a module that was not imported, such as __main__
        spec = None
    for name in others:  # without the names above it, which would have to be imported for a folder without __init__.py
        locations = spec.submodule_search_locations if spec is not None else None
        spec = PathFinder.find_spec(name, [*locations]) if locations else None
    if spec is None:
        raise LookupError(f"there is no package {package!r} installed for {sys.executable}")
    if not spec.submodule_search_locations:
        raise LookupError(f"{package!r} is a module and not a package, so there is no file in it")
    return [*spec.submodule_search_locations]


def _normal(content: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration in which the rules' options have their names, so that they can be merged."""
    rules = content.get("rules")
    if not isinstance(rules, Mapping):
        return dict(content)
    return {**content, "rules": {name: _options(name, value) for name, value in rules.items()}}


def _options(rule: str, value: object) -> object:
    shorthand = BUILT_IN_RULES[rule]._built_in_needs.shorthand if rule in BUILT_IN_RULES else None
    if value is True:
        return {}
    return value if value is False or isinstance(value, Mapping) or shorthand is None else {shorthand: value}


def _merged(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Two tables, of which the second wins: tables key by key, ``expect`` entries by name, lists as a whole."""
    return {**before, **{key: _winning(key, before.get(key), value) for key, value in after.items()}}


def _winning(key: str, before: object, after: object) -> object:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return _merged(before, after)
    is_entries = key == "expect" and isinstance(before, list) and isinstance(after, list)
    return _with_entries(before, after) if is_entries else after  # type: ignore[arg-type]


def _with_entries(before: Sequence[object], after: Sequence[object]) -> list[object]:
    """Entries of ``expect``: a later one of the same name changes the earlier, in its place."""
    entries = [*before]
    for entry in after:
        name = _name(entry)
        known = next((index for index, each in enumerate(before) if name is not None and _name(each) == name), None)
        if known is None:
            entries.append(entry)
        else:
            entries[known] = _merged(entries[known], entry)  # type: ignore[arg-type]  # both have names
    return entries


def _name(entry: object) -> str | None:
    name = entry.get("name") if isinstance(entry, Mapping) else None
    return name if isinstance(name, str) else None


def _way(content: object, path: KeyPath, name: object) -> KeyPath:
    """As much of a path as there is in a layer, in the numbers of that layer."""
    way: list[str | int] = []
    for key in path:
        there: str | int | None = None
        if isinstance(content, Mapping):
            there = key if key in content else None
        elif isinstance(content, list) and isinstance(key, int):
            there = _index(content, name) if way == ["expect"] else key if key < len(content) else None
        if there is None:
            break
        content = content[there]  # type: ignore[index]  # a table, or a list and a number
        way.append(there)
    return (*way,)


def _index(entries: Sequence[object], name: object) -> int | None:
    """The number of an entry of ``expect`` in a layer: by its name or, without one, by being the very entry."""
    if isinstance(name, str):
        return next((index for index, entry in enumerate(entries) if _name(entry) == name), None)
    return next((index for index, entry in enumerate(entries) if entry is name), None)

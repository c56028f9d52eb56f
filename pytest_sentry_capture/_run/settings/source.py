"""A configuration as it was written: its content, and on which line each key of it stands."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from pytest_sentry_capture._run.settings.options import SettingsError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

KeyPath = tuple[str | int, ...]
"""Where something stands in a configuration: keys, and elements of arrays counted from 0."""

_TOKEN: Final = re.compile(
    r"""
    \"{3} (?: [^\\] | \\. )*? \"{3}
    | '{3} .*? '{3}
    | " (?: [^"\\\n] | \\. )* "
    | ' [^'\n]* '
    | \# [^\n]*
    | [\[\]{},]
    | [^\s\[\]{},\#"']+
    """,
    re.DOTALL | re.VERBOSE,
)
"""Of the value of a key: strings and comments, what opens, parts and closes, and all else."""

_KEY: Final = re.compile(r"""[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*'""")
_HEADER: Final = re.compile(r"^\s*\[\[?\s*(?P<name>[^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_ASSIGNMENT: Final = re.compile(rf"^\s*(?P<name>(?:{_KEY.pattern})(?:\s*\.\s*(?:{_KEY.pattern}))*)\s*=")


class Source(NamedTuple):
    """A configuration.

    Attributes:
        name: the file as messages name it: relative to pytest's rootdir.
        file: where it is.
        text: the file's whole text.
        table: the table of the file that the configuration is.
        content: what it holds.
    """

    name: str
    file: Path
    text: str
    table: tuple[str, ...]
    content: Mapping[str, Any]

    def place(self, *path: str | int) -> str:
        """The file and, where it is known, the line of a key or an element, else of what it is in."""
        line = _line(self.text, (*self.table, *path))
        return f"{self.name}:{line}" if line else self.name

    def folder_of(self, *path: str | int) -> Path:  # noqa: ARG002  (one that extends others has several)
        """The folder that a file starts from which is named there."""
        return self.file.parent


def parsed(name: str, content: bytes, table: tuple[str, ...], file: Path) -> Source | None:
    """The configuration that a table of a file is, or None if the file does not have it.

    Raises:
        SettingsError: the file is not valid, or what stands there is no table.
    """
    try:
        text = content.decode()
        value: Any = tomllib.loads(text)
    except ValueError as error:
        raise SettingsError(f"{name} is not valid TOML: {error}") from None
    for key in table:
        value = value.get(key) if isinstance(value, dict) else None
    if value is None:
        return None
    if not isinstance(value, dict):
        raise SettingsError(f"{name}: {'.'.join(table)} must be a table, not {value!r}")
    return Source(name, file, text, table, value)


def content_of_toml(file: Path) -> Mapping[str, Any]:
    """What a file of others holds. Nothing where it is missing or damaged, which they will say."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _line(text: str, path: KeyPath) -> int | None:
    """The line on which a table, a key or an element of an array begins. Tables of arrays are counted."""
    table: KeyPath = ()
    counts: dict[tuple[str, ...], int] = {}
    end = 0
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        start, end = end, end + len(line)
        if header := _HEADER.match(line):
            names = _names(header["name"])
            table = names
            if line.lstrip().startswith("[["):
                counts[names] = counts.get(names, -1) + 1
                table = (*names, counts[names])
            if table == path:
                return number
        elif assignment := _ASSIGNMENT.match(line):
            key = (*table, *_names(assignment["name"]))
            if key[: len(path)] == path:
                return number
            if key == path[: len(key)]:
                return number + _lines_down_to(text[start + assignment.end() :], path[len(key) :])
    return _line(text, path[:-1]) if len(path) > 1 else None


def _lines_down_to(value: str, path: KeyPath) -> int:
    """How many lines below the beginning of a value something in it begins, else the innermost that it is in."""
    start = 0
    for step in path:
        rest = value[start:]
        if isinstance(step, str):  # the name of a main option is left out where its value stands for the rule
            start += _start_in_table(rest, step) or 0
        elif (within := _start_in_array(rest, step)) is not None:
            start += within
        else:
            break
    return value.count("\n", 0, start)


def _start_in_array(value: str, index: int) -> int | None:
    """Where in the text of an array an element of it begins, or None if it has no such element."""
    return next((token.start() for number, token in enumerate(_elements(value, "[")) if number == index), None)


def _start_in_table(value: str, key: str) -> int | None:
    """Where in the text of an inline table the value of a key begins, or None if it does not have the key."""
    for token in _elements(value, "{"):
        assignment = _ASSIGNMENT.match(value[token.start() :])
        if assignment and _names(assignment["name"]) == (key,):
            rest = value[token.start() + assignment.end() :]
            return token.start() + assignment.end() + len(rest) - len(rest.lstrip())
    return None


def _elements(value: str, opening: str) -> Iterator[re.Match[str]]:
    """The first token of each element of an array, or of each key of an inline table."""
    depth, is_expected = 0, False
    for token in _TOKEN.finditer(value):
        if token[0].startswith("#"):
            continue
        is_end = token[0] in ("]", "}")
        if depth == 0 and token[0] != opening:
            return
        if depth == 1 and is_expected and not is_end:
            yield token
            is_expected = False
        depth += (token[0] in ("[", "{")) - is_end
        if depth == 0:
            return
        is_expected = is_expected or (depth == 1 and token[0] in (opening, ",") and not is_end)


def _names(dotted: str) -> tuple[str, ...]:
    return tuple(name.strip("\"'") for name in _KEY.findall(dotted))

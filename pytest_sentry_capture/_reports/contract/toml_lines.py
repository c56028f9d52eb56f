"""The lines of a contract file: where its rows, keys and comments stand, so that an update leaves alone what stays.

The grammar is a small part of TOML: keys of the file, and tables headed ``[[row]]`` with keys, values and comments.
tomlkit (0.15.2) does not do for it: there a comment above a row belongs to the row before, with which it is moved or
removed, keys have no line numbers, and new lines of a file with CRLF end with LF.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROW: Final = "row"
_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")
_TOKEN: Final = re.compile(
    r"""
    \"{3} (?: [^\\] | \\. )*? \"{3}
    | '{3} .*? '{3}
    | " (?: [^"\\\n] | \\. )* "
    | ' [^'\n]* '
    | \# [^\r\n]*
    """,
    re.DOTALL | re.VERBOSE,
)
"""Strings, in which a ``#`` begins no comment, and comments."""
_LONGEST_LINE: Final = 120
_ESCAPES: Final = {
    "\\": "\\\\",
    '"': '\\"',
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\f": "\\f",
    "\r": "\\r",
}
_TO_ESCAPE: Final = re.compile(r'[\x00-\x1f\x7f-\x9f\u2028\u2029"\\]')


@dataclass
class Line:
    """A key with its value, which may take several lines, and the blank lines and comments above it.

    Attributes:
        number: of its first line, counted from 1. 0 where it is new.
        above: blank lines and comments.
        text: the key and the value, with what stands beside them.
    """

    number: int
    key: str
    value: Any
    above: list[str]
    text: str

    @property
    def comments(self) -> list[str]:
        """Those beside the value and inside of it."""
        return _comments(self.text)

    def with_value(self, key: str, value: Any, newline: str) -> Line:
        """Another value in the same place, with its comments: the last one beside it, others above."""
        first, *more = written(key, value).split("\n")
        comments = self.comments
        is_beside = bool(comments) and self.text.rstrip("\r\n").endswith(comments[-1])
        beside = f"  {comments.pop()}" if is_beside else ""
        above = [f"{comment}{newline}" for comment in comments]
        text = newline.join([first, *more]) + beside + newline
        return Line(self.number, key, value, self.above + above, text)


@dataclass
class Table:
    """A row: its header, its keys, and the comments around them.

    Attributes:
        above: blank lines and comments above the header.
        end: comments directly under the last key.
    """

    number: int
    above: list[str]
    header: str
    keys: list[Line] = field(default_factory=list)
    end: list[str] = field(default_factory=list)

    @property
    def values(self) -> dict[str, Any]:
        return {line.key: line.value for line in self.keys}

    @property
    def text(self) -> str:
        keys = (part for line in self.keys for part in (*line.above, line.text))
        return "".join([*self.above, self.header, *keys, *self.end])

    def remains(self, newline: str) -> list[str]:
        """What a person has written of the table: its comments, each a line, and the blank lines above the header."""
        lines = self.above + [f"{comment}{newline}" for comment in _comments(self.header)]
        for key in self.keys:
            lines += [line for line in key.above if line.strip()]
            lines += [f"{comment}{newline}" for comment in key.comments]
        lines += self.end
        return lines if any(line.strip() for line in lines) else []


@dataclass
class Layout:
    """A contract file's lines.

    Attributes:
        head: the keys of the file, with the comments above them.
        head_end: comments directly under them.
        tables: the rows.
        tail: blank lines and comments at the end.
        foreign: headers of tables that are not rows, by line number.
    """

    head: list[Line] = field(default_factory=list)
    head_end: list[str] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    tail: list[str] = field(default_factory=list)
    foreign: dict[int, str] = field(default_factory=dict)
    newline: str = "\n"

    @classmethod
    def of(cls, text: str) -> Layout:
        """The layout of valid TOML.

        Raises:
            tomllib.TOMLDecodeError: it is not valid TOML.
        """
        tomllib.loads(text)
        layout = cls(newline="\r\n" if "\r\n" in text else "\n")
        waiting: list[str] = []
        for number, statement, content in _statements(text):
            if not content:
                waiting.append(statement)
                continue
            above, waiting = waiting, []
            if statement.lstrip().startswith("["):
                above = layout._end_of_block(above)
                layout.tables.append(Table(number, above, statement))
                if content != {ROW: [{}]}:
                    layout.foreign[number] = statement.strip()
            else:
                [(key, value)] = content.items()
                layout._keys.append(Line(number, key, value, above, statement))
        layout.tail = layout._end_of_block([*waiting, "\n"])[:-1]
        return layout

    @property
    def text(self) -> str:
        head = (part for line in self.head for part in (*line.above, line.text))
        return "".join([*head, *self.head_end, *(table.text for table in self.tables), *self.tail])

    @property
    def _keys(self) -> list[Line]:
        return self.tables[-1].keys if self.tables else self.head

    def _end_of_block(self, lines: list[str]) -> list[str]:
        """Give the lines up to the first blank one to the block above, if there is one. The others are returned.

        Comments with no blank line before the next header belong to that header.
        """
        first_blank = next((index for index, line in enumerate(lines) if not line.strip()), None)
        if first_blank is None or not self._keys:
            return lines
        if self.tables:
            self.tables[-1].end = lines[:first_blank]
        else:
            self.head_end = lines[:first_blank]
        return lines[first_blank:]


def written(key: str, value: Any) -> str:
    """A key and its value as TOML, without the end of the line. Long lists have a line for each entry."""
    if isinstance(value, bool):
        return f"{key} = {str(value).lower()}"
    if isinstance(value, int):
        return f"{key} = {value}"
    if isinstance(value, str):
        return f"{key} = {_string(value)}"
    entries = [_string(entry) for entry in value]
    line = f"{key} = [{', '.join(entries)}]"
    return line if len(line) <= _LONGEST_LINE else "\n".join([f"{key} = [", *(f"    {each}," for each in entries), "]"])


def new_table(values: Mapping[str, Any], newline: str) -> Table:
    """A row with a blank line above it."""
    keys = [
        Line(0, key, value, [], written(key, value).replace("\n", newline) + newline) for key, value in values.items()
    ]
    return Table(0, [newline], f"[[{ROW}]]{newline}", keys)


def _statements(text: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Blank lines, comments, headers, and keys with the whole of their values.

    Each with the number of its first line and what it says, which is nothing for blank lines and comments.
    """
    unfinished, first = "", 1
    for number, line in enumerate(_LINE.findall(text), 1):
        first = first if unfinished else number
        unfinished += line
        try:  # only a parser knows where strings and lists end
            content = tomllib.loads(unfinished)
        except tomllib.TOMLDecodeError:
            continue
        yield first, unfinished, content
        unfinished = ""


def _comments(text: str) -> list[str]:
    return [token for token in _TOKEN.findall(text) if token.startswith("#")]


def _string(text: str) -> str:
    return '"' + _TO_ESCAPE.sub(lambda match: _ESCAPES.get(match[0], f"\\u{ord(match[0]):04x}"), text) + '"'

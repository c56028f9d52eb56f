"""The keys of ``forbidden-data``: which names they are, in payloads and in texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from pytest_sentry_capture._recording import (
    AssignedValue,
    Keys,
    Masks,
    is_attribute,
    is_of_protocol,
    transaction_paths,
)
from pytest_sentry_capture._rules.rule import pattern_in_toml

_EXACT: Final = "="
_OF_REGEX: Final = re.compile(r"[*^$\\|+?(){}]")
"""What no name has, and regexes have."""
_PART: Final = re.compile(r"[^\W_]+")
_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
_BETWEEN_WORDS: Final = r"[\W_]{0,2}"
_OF_NAME: Final = re.compile(r"[\w.\-\[\]]*")
_LONGEST_REST: Final = 100
"""Characters on each side of a key in a text that may belong to the same name."""
_SEPARATOR: Final = re.compile(
    r"(?P<quote>\\*['\"`])?\)?(?P<before>\s*)(?P<sign>=>|:=|=(?!=)|:(?!:|//))(?P<after>\s*)"
    r"|(?P<pair>['\"]\s*,\s*)(?=b['\"])"
    r"|(?P<tag>>)(?=[^<]*</)"
)
"""What stands between a name and its value: ``name=``, ``'name':``, ``(b'name', b'…')``, ``<name>…</name>``."""
_CONTENT_OF_TAG: Final = re.compile(r"[^<]*")
_BEGINNING_OF_TAG: Final = re.compile(r"<(?:\w+:)?$")
_BEGINNINGS_OF_BYTES: Final = ("b'", 'b"')


class _Name(NamedTuple):
    """A name in its words, in lower case.

    Attributes:
        parts: what ``_``, ``-``, ``.`` and the like separate.
        words: these in turn, separated where camelCase and digits begin.
    """

    parts: tuple[str, ...]
    words: tuple[str, ...]

    @classmethod
    def of(cls, name: str) -> _Name:
        parts = _PART.findall(name)
        words = (word for part in parts for word in _HUMP.split(part))
        return cls(tuple(map(str.lower, parts)), tuple(map(str.lower, words)))

    def has(self, key: _Name) -> bool:
        """Whether a key's words are among its own in a row: ``auth-token`` among those of ``xAuthToken``."""
        in_one = "".join(key.parts)
        return (
            _is_within(key.words, self.words)
            or _is_within(key.parts, self.parts)
            or in_one in self.parts
            or in_one in self.words
        )


class ForbiddenKeys:
    """Names whose values must be masked or empty.

    Args:
        keys: as they are configured: the words of a name, or a whole name after ``=``.

    Raises:
        ValueError: one of them is not a name.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self._exact: frozenset[str] = frozenset()
        self._by_words: tuple[_Name, ...] = ()
        for index, key in enumerate(keys):
            self._add(key, index)
        names = (*self._by_words, *map(_Name.of, self._exact))
        self._quick = frozenset(max(name.words, key=len) for name in names)
        self._in_texts = re.compile("|".join(map(_source, names)), re.IGNORECASE)
        self.may_be = lru_cache(maxsize=4096)(self._may_be)

    def __bool__(self) -> bool:
        return bool(self._quick)

    def are_at(self, keys: Keys, name: str, *, in_protocol: bool) -> bool:
        """Whether one of them stands at a place, as the last of its keys.

        Args:
            keys: the keys to the place.
            name: the last of them, or what stands for it.
            in_protocol: whether Sentry's protocol gives names there.
        """
        if not self.may_be(name):
            return False
        names = _names_of_attribute(name) if is_attribute(keys) else frozenset((name,))
        return self._is_exactly(names) or (self._has_words(names) and not (in_protocol and is_of_protocol(keys)))

    def may_be_in(self, text: str) -> bool:
        """Whether it is worth looking for them in a text."""
        lowered = text.lower()
        return any(word in lowered for word in self._quick)

    def have_value_in(self, text: str, masks: Masks) -> bool:
        """Whether a text gives one of them a value."""
        return any(value.tells(masks) for value in self._values_in(text))

    def _add(self, key: str, index: int) -> None:
        name = key.removeprefix(_EXACT)
        if _OF_REGEX.search(name):
            raise ValueError(
                f"keys[{index}]: {key!r} looks like a regex. Keys are whole words of names; a regex stands in patterns:"
                f" patterns = [{pattern_in_toml(name)}]"
            )
        if not _PART.search(name):
            why = "has no letters or digits; keys look like 'password' or '=password'"
            raise ValueError(f"keys[{index}]: {key!r} {why}")
        if name == key:
            self._by_words += (_Name.of(name),)
        else:
            self._exact |= {name.lower()}

    def _may_be(self, name: str) -> bool:
        """Whether a name is one of them at some place: as it is, or as an attribute's."""
        names = _names_of_attribute(name)
        return self._is_exactly(names) or self._has_words(names)

    def _is_exactly(self, names: frozenset[str]) -> bool:
        return bool(self._exact) and any(name.lower() in self._exact for name in names)

    def _has_words(self, names: frozenset[str]) -> bool:
        return any(name.has(key) for name in map(_Name.of, names) for key in self._by_words)

    def _values_in(self, text: str) -> Iterator[AssignedValue]:
        for found in self._in_texts.finditer(text):
            start = _start_of_name(text, found.start())
            end = _end_of_name(text, found.end())
            separator = _SEPARATOR.match(text, end)
            name = frozenset((text[start:end].strip(".-[]"),))
            if separator is not None and (self._is_exactly(name) or self._has_words(name)):
                yield _value_after(text, start, end, separator)


def _is_within(words: tuple[str, ...], others: tuple[str, ...]) -> bool:
    number = len(words)
    return any(others[start : start + number] == words for start in range(len(others) - number + 1))


@lru_cache(maxsize=1024)
def _names_of_attribute(name: str) -> frozenset[str]:
    """The names by which an attribute is found.

    They are its own, the last part of it, and the keys that lead to the same in a transaction, where ``user.email`` is
    ``email`` below ``user``, and ``http.request.header.x-customer`` is ``x-customer`` below ``headers``.
    """
    if "." not in name:
        return frozenset((name,))
    names = {name, name.rpartition(".")[2]}
    for path in transaction_paths(name):
        parts = path.split(".")
        names.update(parts, (".".join(parts[start:]) for start in range(1, len(parts))))
    return frozenset(names)


def _source(name: _Name) -> str:
    """The source of a regex for a name's words in a text."""
    return _BETWEEN_WORDS.join(map(re.escape, name.words))


def _start_of_name(text: str, position: int) -> int:
    """Where the name begins that has something at a position in it."""
    before = text[max(0, position - _LONGEST_REST) : position][::-1]
    found = _OF_NAME.match(before)
    return position - (found.end() if found is not None else 0)


def _end_of_name(text: str, position: int) -> int:
    found = _OF_NAME.match(text, position, position + _LONGEST_REST)
    return found.end() if found is not None else position


def _value_after(text: str, start: int, end: int, separator: re.Match[str]) -> AssignedValue:
    """What a text gives a name, which stands from ``start`` to ``end``."""
    position = separator.end()
    if separator["tag"]:
        content = _CONTENT_OF_TAG.match(text, position)
        is_tag = (
            content is not None and _BEGINNING_OF_TAG.search(text[max(0, start - _LONGEST_REST) : start]) is not None
        )
        return AssignedValue(content[0] if content is not None and is_tag else "", is_quoted=True)
    if separator["pair"]:
        is_of_bytes = text[max(0, start - 2) : start] in _BEGINNINGS_OF_BYTES
        return AssignedValue.at(text, position) if is_of_bytes else AssignedValue("")
    if separator["quote"]:
        return AssignedValue.at(text, position)
    spaces = separator["before"] + separator["after"]
    if "\n" in spaces:
        return AssignedValue("")
    if separator["sign"] == ":" and not spaces and "." in text[start:end]:  # a host with its port, a file with a line
        return AssignedValue("")
    is_plain = separator["sign"] != ":" and not spaces
    return AssignedValue.at(text, position) if is_plain else AssignedValue.in_prose(text, position)

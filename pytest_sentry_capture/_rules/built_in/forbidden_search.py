"""The search of ``forbidden-data``: where in what is captured a key, a pattern or a declared secret stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from pytest_sentry_capture._recording import (
    CONTAINERS,
    SOURCE_LINES,
    CapturedItem,
    Keys,
    Recording,
    bytes_of,
    is_attribute,
    is_in_file,
    is_made_by_sdk,
    letters_of,
    names_and_texts,
    parts_of,
    payloads_of,
    unwrapped,
    walk,
)
from pytest_sentry_capture._rules.built_in.forbidden_keys import ForbiddenKeys
from pytest_sentry_capture._text import encoded_bytes, encoded_forms, readings

_NOTES_OF_THE_SDK: Final = "_meta"
_BETWEEN: Final = "\n\x1e\n"
"""Stands between texts that are searched together. What matches across it is looked at closely, and turned down."""
_ANCHOR: Final = re.compile(r"[$^]|\\[AZbB]|\(\?<?[=!]")
_DECLARED: Final = "a declared secret"
_VALUE_OF_A_KEY: Final = "the value of a forbidden key"
_LISTS_OF_PAIRS: Final = frozenset(("headers", "cookies", "query_string", "tags", "env"))
"""What the protocol allows to be a list of names with their values."""
_LONGEST_NAME: Final = 100
_BYTES: Final = re.compile(r"b(['\"])(.*)\1", re.DOTALL)


class Found(NamedTuple):
    """Something forbidden.

    Attributes:
        keys: the keys to its place.
        value: what stands there.
        reason: what it is, in words for users.
    """

    keys: Keys
    value: Any
    reason: str


class ForbiddenSearch:
    """Finds what is forbidden in one test, as it is and where it is escaped or encoded.

    Args:
        keys: the forbidden keys.
        patterns: the forbidden patterns.
        recording: of the test: its secrets, and the masks that count there.
    """

    def __init__(self, keys: ForbiddenKeys, patterns: Sequence[re.Pattern[str]], recording: Recording) -> None:
        self._keys = keys
        self._patterns = patterns
        self._anchored = [pattern for pattern in patterns if _ANCHOR.search(pattern.pattern)]
        self._anywhere = [pattern for pattern in patterns if pattern not in self._anchored]
        self._secrets = tuple(recording.secrets)
        self._forms = tuple(form for secret in self._secrets for form in encoded_forms(secret))
        self._masks = recording.masks

    @property
    def is_for_something(self) -> bool:
        """Whether anything is forbidden."""
        return bool(self._secrets or self._keys or self._patterns)

    def may_find_in(self, payload: Mapping[str, Any]) -> bool:
        """Whether it is worth looking closely: all texts of a payload at once, without their places."""
        names, texts = names_and_texts(payload)
        together = _BETWEEN.join((*names, *texts))
        if self._keys and (any(map(self._keys.may_be, names)) or self._may_be_in_pairs(together, texts)):
            return True
        whole = [*readings(together)]
        if any(self._reason_anywhere(reading) for reading in whole):
            return True
        if not self._anchored:
            return False
        parts = (*names, *texts)
        return any(
            pattern.search(each)
            for part in parts
            for each in (readings(part) if len(whole) > 1 else (part,))
            for pattern in self._anchored
        )

    def found_in(self, item: CapturedItem, test_file: str) -> Iterator[Found]:
        """What is forbidden in an item, once at each place. Without the source code of the test itself."""
        known: set[tuple[Keys, str]] = set()
        for payload in payloads_of(item):
            is_item = payload is item
            places = _places_of(payload, test_file if is_item else "")
            for found in self.found_at(places, in_protocol=is_item):
                if (found.keys, found.reason) not in known:
                    known.add((found.keys, found.reason))
                    yield found
        found_reasons = {reason for _, reason in known}
        for reason in dict.fromkeys(self._reasons_in_bytes(item)):
            if reason not in found_reasons:
                yield Found((), item.payload, reason)

    def found_at(self, places: Iterable[tuple[Keys, Any]], *, in_protocol: bool = True) -> Iterator[Found]:
        """What is forbidden at these places, which are keys and what they lead to.

        Args:
            places: the places.
            in_protocol: whether Sentry's protocol gives names there, as it does not within attachments.
        """
        for keys, value in places:
            if reason := self._reason(keys, value, in_protocol):
                yield Found(keys, value, reason)

    def is_in_path(self, path: str) -> bool:
        """Whether something that is forbidden stands in a path itself, so that it can't be shown."""
        return any(map(self._reason_in_name, (path, *path.split("."))))

    def _reason(self, keys: Keys, value: Any, in_protocol: bool) -> str:
        """Why a value at a place is forbidden, empty if it is not."""
        name = keys[-1] if keys and isinstance(keys[-1], str) else ""
        is_forbidden = bool(name) and bool(self._keys) and self._keys.are_at(keys, name, in_protocol=in_protocol)
        if is_forbidden and self._has_value(keys, value):
            return _VALUE_OF_A_KEY
        if name and (reason := self._reason_in_name(name)):
            return reason
        if isinstance(value, CONTAINERS):
            return _VALUE_OF_A_KEY if self._is_forbidden_pair(keys, value) else ""
        text = value if isinstance(value, str) else str(value)
        if in_protocol and is_made_by_sdk(keys, value):
            return _DECLARED if text in self._secrets else ""
        is_source = not SOURCE_LINES.isdisjoint(keys[-2:])  # where a keyword argument is not a value
        return self._reason_in_text(text, with_keys=not is_source)

    def _has_value(self, keys: Keys, value: Any) -> bool:
        if not is_attribute(keys):
            return not (self._masks.says_nothing(value) or self._is_list_of_masks(value))
        content = unwrapped(value)
        parts = content if isinstance(content, list) else [content]  # which headers have since sentry-sdk 3
        return not all(map(self._masks.says_nothing, parts))

    def _is_list_of_masks(self, value: Any) -> bool:
        """Whether each value of a name that has several, as in forms, was taken out."""
        return (
            type(value) is list
            and bool(value)
            and all(type(each) is str and self._masks.is_mask(each) for each in value)
        )

    def _is_forbidden_pair(self, keys: Keys, pair: Any) -> bool:
        """Whether a list is a forbidden name and its value: in a list of headers and the like, or of bytes."""
        if not self._keys or isinstance(pair, dict) or len(pair) != 2 or not isinstance(pair[0], str):
            return False
        name = _without_bytes(pair[0])
        if name == pair[0] and not (len(keys) > 1 and keys[-2] in _LISTS_OF_PAIRS):
            return False
        return self._keys.are_at(keys, name, in_protocol=False) and not self._masks.says_nothing(pair[1])

    def _may_be_in_pairs(self, together: str, texts: Iterable[str]) -> bool:
        return self._keys.may_be_in(together) and any(
            self._keys.may_be(_without_bytes(text)) for text in texts if len(text) < _LONGEST_NAME
        )

    def _reason_in_name(self, name: str) -> str:
        return self._reason_in_text(name, with_keys=False)

    def _reason_in_text(self, text: str, *, with_keys: bool) -> str:
        for reading in readings(text):
            reason = self._reason_anywhere(reading, with_keys=with_keys) or self._matching(self._anchored, reading)
            if reason:
                return reason
        return ""

    def _reason_anywhere(self, text: str, *, with_keys: bool = True) -> str:
        """Why a text is forbidden, as it is and wherever it begins and ends."""
        if any(form in text for form in self._forms):
            return _DECLARED
        if with_keys and self._keys.may_be_in(text) and self._keys.have_value_in(text, self._masks):
            return "a forbidden key with its value"
        return self._matching(self._anywhere, text)

    @staticmethod
    def _matching(patterns: Iterable[re.Pattern[str]], text: str) -> str:
        for pattern in patterns:
            if pattern.search(text):
                return f"what matches the forbidden pattern {pattern.pattern!r}"
        return ""

    def _reasons_in_bytes(self, item: CapturedItem) -> Iterator[str]:
        """Why the bytes of an attachment are forbidden, whatever they are."""
        encoded = [each for secret in self._secrets for each in encoded_bytes(secret)]
        if any(each in data for data in bytes_of(item) for each in encoded):
            yield _DECLARED
        for letters in letters_of(item):
            if reason := self._reason_anywhere(letters):
                yield reason


def _without_bytes(text: str) -> str:
    """A name, of the representation of its bytes."""
    in_bytes = _BYTES.fullmatch(text)
    return text if in_bytes is None else in_bytes[2]


def _places_of(payload: Any, test_file: str) -> Iterator[tuple[Keys, Any]]:
    """Every place of a payload. Of an item without the SDK's notes and the source code of the test itself."""

    def parts(keys: Keys, container: Any) -> Iterable[tuple[Any, Any]]:
        if not keys and is_item:
            return ((key, value) for key, value in container.items() if key != _NOTES_OF_THE_SDK)
        if is_item and isinstance(container, dict) and is_in_file(container, test_file):
            return ((key, value) for key, value in container.items() if key not in SOURCE_LINES)
        return parts_of(container)

    is_item = isinstance(payload, CapturedItem)
    if isinstance(payload, str):
        yield (), payload
    else:
        yield from walk(payload, parts)

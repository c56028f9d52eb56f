"""Payloads that may hold anything, as plain data, without running any code of the objects in them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

_SCALARS: Final = frozenset((str, int, bool, type(None)))
_TEXT: Final = frozenset((str,))
_DEEPEST: Final = 30
_MOST_VALUES: Final = 20_000


def as_json(payload: Any, wire_form: Callable[[Any], Any] | None = None) -> bytes | None:
    """A payload as JSON, with the names of types in place of what is not plain data, or None if it is not a mapping.

    Args:
        payload: what should have been sent.
        wire_form: what the SDK makes of it before it sends it.
    """
    if type(payload) is not dict:
        return None
    plain = plain_copy(payload)
    try:
        return json.dumps(wire_form(plain) if wire_form is not None else plain).encode()
    except Exception:
        return json.dumps(plain).encode()


def plain_copy(value: Any) -> Any:
    """A copy that consists of plain data: objects of other types are not asked anything, not even for their text."""
    return _Copying().copy(value, _DEEPEST)


def json_data(value: Any) -> Any:
    """What JSON would make of a value, as plain data, without JSON being written and without any code of its objects.

    Raises:
        TypeError: JSON can't say it.
        ValueError: it is a number that JSON can't say.
        RecursionError: it is nested too deeply, or contains itself.
    """
    kind = type(value)
    if kind in _SCALARS:
        return value
    if kind is dict:  # nearly everything is in plain dictionaries: to call less halves the time
        return {
            key if type(key) is str else _json_key(key): each if type(each) in _SCALARS else json_data(each)
            for key, each in value.items()
        }
    if issubclass(kind, str):
        return str.__str__(value)
    if issubclass(kind, int):
        return int.__int__(value)
    if issubclass(kind, float):
        number = float.__float__(value)
        if number - number != 0:
            raise ValueError("Out of range float values are not JSON compliant")
        return number
    if issubclass(kind, dict):
        return {_json_key(key): json_data(each) for key, each in dict.items(value)}
    if issubclass(kind, list):
        return [each if type(each) in _SCALARS else json_data(each) for each in list.__iter__(value)]
    if issubclass(kind, tuple):
        return [json_data(each) for each in tuple.__iter__(value)]
    raise TypeError(f"Object of type {kind.__name__} is not JSON serializable")


def flat_copy(value: dict[Any, Any]) -> dict[str, Any] | None:
    """A copy of a dictionary of texts, numbers and lists of such, which is its own JSON, or None for any other.

    All types are looked at together, for what looks at each value takes three times as long.
    """
    if not _TEXT.issuperset(map(type, value)):
        return None
    kinds = {*map(type, value.values())}
    if list not in kinds:
        return {**value} if _are_scalars(value.values(), kinds) else None
    copy = {name: [*each] if type(each) is list else each for name, each in value.items()}
    kinds.discard(list)
    lists = [each for each in copy.values() if type(each) is list]
    are_plain = _are_scalars(copy.values(), kinds) and all(_are_scalars(each, {*map(type, each)}) for each in lists)
    return copy if are_plain else None


def _are_scalars(values: Iterable[Any], kinds: set[type]) -> bool:
    """Whether values of these types, and the lists among them, are what JSON can say."""
    if kinds <= _SCALARS:
        return True
    kinds.discard(float)
    return kinds <= _SCALARS and all(each - each == 0 for each in values if type(each) is float)


def _json_key(key: Any) -> str:
    plain = json_data(key) if not issubclass(type(key), (dict, list, tuple)) else key
    if plain is None or plain is True or plain is False:
        return {None: "null", True: "true", False: "false"}[plain]
    if isinstance(plain, (str, int, float)):
        return plain if isinstance(plain, str) else repr(plain)
    raise TypeError(f"keys must be str, int, float, bool or None, not {type(key).__name__}")


class _Copying:
    def __init__(self) -> None:
        self._left = _MOST_VALUES

    def copy(self, value: Any, depth: int) -> Any:
        kind = type(value)
        self._left -= 1
        if kind in _SCALARS:
            return value
        if kind is float:
            return value if value - value == 0 else str(value)  # JSON has no infinity
        if depth and self._left > 0:
            if kind is dict:
                return {_key(key): self.copy(each, depth - 1) for key, each in [*value.items()]}
            if kind in (list, tuple):
                return [self.copy(each, depth - 1) for each in [*value]]
        if issubclass(kind, str):  # such as a member of an enum, which the SDK sends as the text that it is
            return str.__str__(value)
        if issubclass(kind, int):
            return int.__int__(value)
        if kind is datetime:
            return value.isoformat()
        if kind.__name__ == "AnnotatedValue" and kind.__module__.startswith("sentry_sdk."):
            return self.copy(value.value, depth - 1)
        return f"<{kind.__name__}>"


def _key(key: Any) -> str:
    return key if type(key) is str else str(key) if type(key) in _SCALARS else f"<{type(key).__name__}>"

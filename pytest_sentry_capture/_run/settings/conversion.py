"""Structures what TOML has into typed options, and turns nothing into something else on the way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, MutableSequence, Sequence
from dataclasses import fields
from typing import Any, Final, Literal, get_args, get_origin

from cattrs import ClassValidationError, Converter, ForbiddenExtraKeysError, IterableValidationError
from cattrs.errors import StructureHandlerNotFoundError

from pytest_sentry_capture._rules import Pattern, Regex, pattern_in_toml
from pytest_sentry_capture._text import did_you_mean

_PLAIN: Final[dict[type, str]] = {str: "a string", bool: "true or false", int: "a whole number", float: "a number"}
NOT_CONVERTED: Final = (
    ClassValidationError,
    IterableValidationError,
    StructureHandlerNotFoundError,
    ValueError,
    TypeError,
)
"""What converters raise where a value is not of its type."""


def strict_converter() -> Converter:
    """A converter that changes no types: a text is neither a number nor a list of characters."""
    converter = Converter(forbid_extra_keys=True)
    for plain in _PLAIN:
        converter.register_structure_hook(plain, _plain_hook)
    converter.register_structure_hook_func(_is_generic(Literal), _literal)
    converter.register_structure_hook_func(lambda wanted: wanted is Regex, _regex)
    converter.register_structure_hook_factory(
        lambda wanted: wanted is Pattern,
        lambda wanted: _pattern_hook(converter.gen_structure_attrs_fromdict(wanted)),
    )
    converter.register_structure_hook_factory(_is_tuple_of_any_length, lambda wanted: _tuple_hook(wanted, converter))
    for collection in (list, set, frozenset, Sequence):  # of a project's own rules
        converter.register_structure_hook_factory(
            _is_generic(collection), lambda wanted: _collection_hook(wanted, converter)
        )
    converter.register_structure_hook_factory(
        _is_generic(dict), lambda wanted: _dict_hook(converter.gen_structure_mapping(wanted))
    )
    converter.register_structure_hook(tuple[str, ...] | Pattern, lambda value, _: _values_or_pattern(value, converter))
    return converter


def _is_generic(origin: object) -> Callable[[Any], bool]:
    return lambda wanted: get_origin(wanted) is origin


def _is_tuple_of_any_length(wanted: Any) -> bool:
    return get_origin(wanted) is tuple and get_args(wanted)[1:] == (...,)


def _plain_hook(value: object, expected: type) -> Any:
    accepted = (int, float) if expected is float else expected
    if isinstance(value, accepted) and not (expected is not bool and isinstance(value, bool)):
        return value
    raise TypeError(f"must be {_PLAIN[expected]}, not {value!r}")


def _literal(value: object, expected: Any) -> Any:
    if value in get_args(expected):
        return value
    raise ValueError(did_you_mean("value", str(value), get_args(expected)))


def _regex(value: object, _: object) -> str:
    text: str = _plain_hook(value, str)
    if not text:
        raise ValueError("must not be empty: an empty regex is found in everything")
    re.compile(text)
    return text


def _pattern_hook(structure: Callable[[Any, Any], Any]) -> Callable[[object, Any], Any]:
    def pattern(value: object, wanted: Any) -> Any:
        if isinstance(value, str):
            _regex(value, wanted)  # which is what was intended, and has its own mistakes
            raise TypeError(f"a string is not a pattern; write {pattern_in_toml(value)}")
        if not isinstance(value, Mapping):
            raise TypeError(f"must be a pattern, such as {pattern_in_toml('[0-9]{16}')}, not {value!r}")
        return structure(value, wanted)

    return pattern


def _tuple_hook(expected: Any, converter: Converter) -> Callable[[object, Any], Any]:
    elements: Any = MutableSequence[get_args(expected)[0]]  # type: ignore[misc]

    def structure(value: object, _: Any) -> Any:
        if not isinstance(value, list):
            raise TypeError(f"must be a list, not {value!r}")
        found: Iterable[Any] = converter.structure(value, elements)
        return tuple(found)

    return structure


def _collection_hook(expected: Any, converter: Converter) -> Callable[[object, Any], Any]:
    """Lists, sets and the like. A text is not one of characters."""
    [element] = get_args(expected)
    kind = get_origin(expected)

    def structure(value: object, _: Any) -> Any:
        found = _tuple_hook(tuple[element, ...], converter)(value, None)  # type: ignore[valid-type]
        return kind(found) if kind in (set, frozenset) else list(found)

    return structure


def _dict_hook(structure: Callable[[Any, Any], Any]) -> Callable[[object, Any], Any]:
    def checked(value: object, wanted: Any) -> Any:
        if not isinstance(value, Mapping):
            raise TypeError(f"must be a table, not {value!r}")
        return structure(value, wanted)

    return checked


def _values_or_pattern(value: object, converter: Converter) -> tuple[str, ...] | Pattern:
    if isinstance(value, Mapping):
        return converter.structure(value, Pattern)
    if isinstance(value, str):
        raise TypeError(f"a string is neither a list nor a pattern; write [{value!r}] or {pattern_in_toml(value)}")
    return converter.structure(value, tuple[str, ...])


def mistake_in_words(error: BaseException, _: object) -> str:
    """What is wrong, in words for users. For ``cattrs.transform_error``."""
    if isinstance(error, ForbiddenExtraKeysError):
        valid = [each.name for each in fields(error.cl) if each.init]
        return "; ".join(did_you_mean("option", name, valid) for name in sorted(error.extra_fields))
    if isinstance(error, KeyError):
        return f"{error.args[0]} is missing"
    if isinstance(error, re.error):
        return f"not a valid regex: {error}"
    if isinstance(error, StructureHandlerNotFoundError):
        return "this option has a type that can't be given in a configuration"
    return str(error)

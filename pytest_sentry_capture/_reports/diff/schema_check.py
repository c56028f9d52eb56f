"""Whether a report is what its JSON Schema says, as far as reports are combined from it.

Of the schema's words it knows those that ``report.schema.json`` uses. What the schema does not name may stand there: a
later version may have added it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from pytest_sentry_capture._reports.diff.parts import DamagedError

_SCHEMA: Final = Path(__file__).parents[1] / "report.schema.json"
_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_NAMES: Final = {
    "object": "an object",
    "array": "a list",
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
_CONCERNED: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("minimum", "maximum"), ("integer", "number")),
    **dict.fromkeys(("required", "properties", "additionalProperties", "unevaluatedProperties"), ("object",)),
    **dict.fromkeys(("items", "prefixItems", "minItems", "maxItems", "uniqueItems"), ("array",)),
    "pattern": ("string",),
}
"""The types of the values of which a word of the schema asks something."""
_Check = Callable[[Any], None]
"""Raises what is wrong with a value."""


class _WrongError(Exception):
    """What is wrong with a value.

    Attributes:
        steps: the names and positions that lead to it, the last first.
        what: in words for users.
    """

    def __init__(self, what: str, *steps: str | int) -> None:
        super().__init__(what)
        self.what = what
        self.steps = [*steps]


def check_by_schema(value: object, *names: str) -> None:
    """Check a part of a report.

    Args:
        value: that part.
        names: where it stands in the report.

    Raises:
        DamagedError: it is not what the schema says; in words for users, with the place.
    """
    try:
        _check_of(names)(value)
    except _WrongError as wrong:
        steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in reversed(wrong.steps))
        raise DamagedError(f"{'.'.join(names)}{steps} {wrong.what}") from None


@cache
def _check_of(names: Sequence[str]) -> _Check:
    schema = content = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    for name in names:
        content = content["properties"][name]
    return _Compiler(schema["$defs"]).check(content)


class _Compiler:
    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions

    def check(self, schema: Mapping[str, Any]) -> _Check:
        """All that a schema asks of a value. Most values are asked one thing, for reports have many of them."""
        schema = self._whole(schema)
        checks = [*self._of_objects(schema), *self._of_lists(schema)]
        checks += [] if checks and schema.get("type") in ("object", "array") else _of_type(schema)
        checks += [*_of_values(schema)]
        checks += [self._any(schema["anyOf"])] if "anyOf" in schema else []
        return checks[0] if len(checks) == 1 else _all(checks)

    def _whole(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """A schema together with those that it refers to: an object need not be looked through for each of them."""
        whole = {word: each for word, each in schema.items() if word not in ("$ref", "allOf")}
        named = [self._definitions[schema["$ref"].rpartition("/")[2]]] if "$ref" in schema else []
        for part in map(self._whole, [*named, *schema.get("allOf", ())]):
            properties = {**part.get("properties", {}), **whole.get("properties", {})}
            required = [*part.get("required", ()), *whole.get("required", ())]
            whole = {**part, **whole, "properties": properties, "required": required}
        return whole

    def _any(self, schemas: Sequence[Mapping[str, Any]]) -> _Check:
        by_type = frozenset[type]().union(*map(_right_types, schemas))
        checks = [self.check(each) for each in schemas if not _is_of_types(each)]
        if len(checks) == 1:
            return _unless(by_type, checks[0])

        def check(value: Any) -> None:
            if type(value) not in by_type and not any(_is_right(value, each) for each in checks):
                raise _WrongError("holds a value that cannot stand there")

        return check

    def _of_objects(self, schema: Mapping[str, Any]) -> list[_Check]:
        required = schema.get("required", ())
        properties = {name: self._asked(each) for name, each in schema.get("properties", {}).items()}
        others = schema.get("additionalProperties")
        other = self._asked(others) if isinstance(others, dict) else None
        if not (required or properties or other):
            return []
        is_one = schema.get("type") == "object"
        names = frozenset(required)
        valid = other.valid if other is not None and not properties else None

        def check(value: Any) -> None:
            if type(value) is not dict:
                if is_one:
                    raise _WrongError("must be an object")
                return
            if not names <= value.keys():
                raise _WrongError("is missing", next(name for name in required if name not in value))
            if valid is not None and _are_among(value.values(), valid):
                return
            for name, each in value.items():
                asked = properties.get(name, other)
                if asked is not None and type(each) not in asked.right_types:
                    try:
                        asked.check(each)
                    except _WrongError as wrong:
                        wrong.steps.append(name)
                        raise

        return [check]

    def _of_lists(self, schema: Mapping[str, Any]) -> list[_Check]:
        first = [self._asked(each) for each in schema.get("prefixItems", ())]
        other = self._asked(schema["items"]) if schema.get("items") else None
        least, most = schema.get("minItems", 0), schema.get("maxItems")
        if not (first or other or least or most):
            return []
        is_one = schema.get("type") == "array"

        def check(value: Any) -> None:
            if type(value) is not list:
                if is_one:
                    raise _WrongError("must be a list")
                return
            if len(value) < least or (most is not None and len(value) > most):
                raise _WrongError("has too few or too many entries")
            for index, each in enumerate(value):
                asked = first[index] if index < len(first) else other
                if asked is not None and type(each) not in asked.right_types:
                    try:
                        asked.check(each)
                    except _WrongError as wrong:
                        wrong.steps.append(index)
                        raise

        return [check]

    def _asked(self, schema: Mapping[str, Any]) -> _Asked:
        valid = frozenset(schema["enum"]) if "enum" in schema else None
        return _Asked(self.check(schema), _right_types(schema), valid)


class _Asked(NamedTuple):
    """What is asked of an entry of an object or a list.

    Attributes:
        check: asks all of it.
        right_types: the types of which every value is right. Most values have one, and need no further look.
        valid: the values that are right, or None if they can't be listed.
    """

    check: _Check
    right_types: frozenset[type]
    valid: frozenset[Any] | None


def _right_types(schema: Mapping[str, Any]) -> frozenset[type]:
    words = schema.keys() - {"description"}
    if words == {"anyOf"}:
        return frozenset().union(*map(_right_types, schema["anyOf"]))
    if "type" not in words or words & {"enum", "const", "anyOf", "allOf", "$ref"}:
        return frozenset()
    names = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    concerned = {name for word in words for name in _CONCERNED.get(word, ())}
    return frozenset(each for name in names if name not in concerned for each in _TYPES[name])


def _is_of_types(schema: Mapping[str, Any]) -> bool:
    """Whether a schema asks for types alone."""
    return schema.keys() <= {"type", "description"}


def _unless(types: frozenset[type], check: _Check) -> _Check:
    def check_others(value: Any) -> None:
        if type(value) not in types:
            check(value)

    return check_others


def _are_among(values: Collection[Any], valid: frozenset[Any]) -> bool:
    try:
        return valid.issuperset(values)
    except TypeError:  # a list or an object
        return False


def _is_right(value: Any, check: _Check) -> bool:
    try:
        check(value)
    except _WrongError:
        return False
    return True


def _all(checks: Sequence[_Check]) -> _Check:
    def check(value: Any) -> None:
        for each in checks:
            each(value)

    return check


def _of_type(schema: Mapping[str, Any]) -> list[_Check]:
    names = schema.get("type", ())
    names = [names] if isinstance(names, str) else names
    if not names or names == ["integer"]:
        return []
    types = frozenset(each for name in names for each in _TYPES[name])
    what = f"must be {' or '.join(_NAMES[name] for name in names)}"

    def check(value: Any) -> None:
        if type(value) not in types:
            raise _WrongError(what)

    return [check]


def _of_values(schema: Mapping[str, Any]) -> list[_Check]:
    checks: list[_Check] = []
    if schema.get("type") == "integer" or "minimum" in schema:
        checks.append(_in_range(schema.get("minimum"), schema.get("maximum"), is_whole=schema.get("type") == "integer"))
    if "pattern" in schema:
        checks.append(_like(re.compile(schema["pattern"])))
    valid = schema.get("enum", [schema["const"]] if "const" in schema else None)
    return [*checks, _one_of(valid)] if valid is not None else checks


def _in_range(least: float | None, most: float | None, *, is_whole: bool) -> _Check:
    lowest = least if least is not None else float("-inf")
    highest = most if most is not None else float("inf")
    wanted = f"must be {least} or more" if most is None else f"must be from {least} to {most}"

    def check(value: Any) -> None:
        if type(value) is not int:  # True is not a number here
            if is_whole:
                raise _WrongError("must be a whole number")
            if type(value) is not float:
                return
        if not lowest <= value <= highest:
            raise _WrongError(wanted)

    return check


def _like(pattern: re.Pattern[str]) -> _Check:
    def check(value: Any) -> None:
        if type(value) is str and not pattern.search(value):
            raise _WrongError("is not written as it has to be")

    return check


def _one_of(valid: Sequence[Any]) -> _Check:
    what = f"must be {' or '.join(json.dumps(each) for each in valid)}"
    texts = frozenset(each for each in valid if isinstance(each, str))
    others = [each for each in valid if not isinstance(each, str)]

    def check(value: Any) -> None:
        is_valid = value in texts if type(value) is str else any(value is each for each in others)
        if not is_valid:
            raise _WrongError(what)

    return check

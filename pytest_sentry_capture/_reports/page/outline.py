"""An example item as indented lines: shorter than JSON, and easier to read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

_FRAME: Final = frozenset(("function", "module", "file", "line", "variables"))
_SCOPED: Final = frozenset(("scope", "value"))


def outline(item: Any) -> Iterator[str]:
    """The lines of an item.

    A stack frame and a tag with its scope are a line each, and so are lists of plain values.
    """
    return _lines(item, "")


def _lines(value: Any, indent: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{indent}{_inline(value)}"
        return
    for name, each in value.items():
        if (text := _inline(each)) is not None:
            yield f"{indent}{name}: {text}"
        elif isinstance(each, Mapping):
            yield f"{indent}{name}:"
            yield from _lines(each, f"{indent}  ")
        else:
            yield f"{indent}{name}:"
            yield from _entries(each, f"{indent}  ")


def _entries(values: list[Any], indent: str) -> Iterator[str]:
    """A dash before the first line of each."""
    for each in values:
        text = _inline(each)
        first, *others = [text] if text is not None else [*_lines(each, "")] or ["none"]
        yield f"{indent}- {first}"
        yield from (f"{indent}  {line}" for line in others)


def _inline(value: Any) -> str | None:
    """A value in one line, or None for what needs several."""
    if isinstance(value, list):
        if any(isinstance(each, (list, Mapping)) for each in value):
            return None
        return ", ".join(map(_plain, value)) or "none"
    if not isinstance(value, Mapping):
        return _plain(value)
    if not value:
        return "none"
    if value.keys() <= _FRAME and "function" in value:
        return _frame(value)
    if value.keys() == _SCOPED:
        scope = "" if value["scope"] is None else f" (scope: {_plain(value['scope'])})"
        text = _inline(value["value"])
        return f"{text}{scope}" if text is not None else None
    return None


def _frame(frame: Mapping[str, Any]) -> str:
    """``shop/orders.py:12 in order, variables number, user``."""
    place = ":".join(_plain(frame[name]) for name in ("file", "line") if frame.get(name) is not None)
    module = frame.get("module")
    where = place or (_plain(module) if module is not None else "")
    variables = _inline(frame["variables"]) if frame.get("variables") else None
    about = f", variables {variables}" if variables is not None else ""
    return f"{where} in {_plain(frame['function'])}{about}" if where else f"{_plain(frame['function'])}{about}"


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

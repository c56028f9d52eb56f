"""The exceptions of a payload in a few words: ``ToolError from NotFound``, ``ExceptionGroup (NotFound, KeyError)``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from pytest_sentry_capture._recording.fields import mapping_of

_MOST_NAMES: Final = 8


def exception_words(exceptions: Sequence[Mapping[str, Any]], name_of: Callable[[Mapping[str, Any]], str]) -> str:
    """What the exceptions are called, and how they belong together.

    Args:
        exceptions: those of a payload, the outermost first.
        name_of: what one is called.
    """
    return _Words(exceptions, name_of).text


class _Words:
    def __init__(self, exceptions: Sequence[Mapping[str, Any]], name_of: Callable[[Mapping[str, Any]], str]) -> None:
        self._exceptions = exceptions
        self._name_of = name_of
        self._left = [*range(len(exceptions))]
        self._number = 0
        self._by_id = {id_: index for index, each in enumerate(exceptions) if (id_ := _id_of(each)) is not None}

    @property
    def text(self) -> str:
        """The first exception with all that belongs to it. Where nothing says how, one comes from the next."""
        parts = []
        while self._left:
            parts.append(self._with_others(self._left[0]))
        shown = parts if self._number <= _MOST_NAMES or len(parts) <= _MOST_NAMES else [*parts[:_MOST_NAMES], "…"]
        return " from ".join(shown)

    def _with_others(self, index: int) -> str:
        self._left.remove(index)
        self._number += 1
        text = self._name_of(self._exceptions[index])
        members = [self._with_others(each) for each in self._children(index, are_members=True) if each in self._left]
        if members:
            more = len(members) - _MOST_NAMES
            listed = ", ".join([*members[:_MOST_NAMES], *([f"… and {more} more"] if more > 0 else [])])
            text = f"{text} ({listed})"
        causes = [self._with_others(each) for each in self._children(index, are_members=False) if each in self._left]
        return " from ".join([text, *causes])

    def _children(self, index: int, *, are_members: bool) -> list[int]:
        parent = _id_of(self._exceptions[index])
        return [*self._children_of(parent, are_members=are_members)] if parent is not None else []

    def _children_of(self, parent: int, *, are_members: bool) -> Iterator[int]:
        for id_, index in sorted(self._by_id.items()):
            mechanism = mapping_of(self._exceptions[index].get("mechanism"))
            is_member = "[" in str(mechanism.get("source"))
            if id_ != parent and mechanism.get("parent_id") == parent and is_member is are_members:
                yield index


def _id_of(exception: Mapping[str, Any]) -> int | None:
    identity = mapping_of(exception.get("mechanism")).get("exception_id")
    return identity if type(identity) is int else None

"""What is known of the application's objects for as long as they live: by identity, for their equality is their own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, Generic, TypeVar
from weakref import ref

Value = TypeVar("Value")


class KnownOf(Generic[Value]):
    """A dictionary whose keys are objects of any class, which it neither keeps alive nor asks anything."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[ref[Any], Value]] = {}

    def __contains__(self, key: object) -> bool:
        return id(key) in self._known

    def __getitem__(self, key: object) -> Value:
        return self._known[id(key)][1]

    def __setitem__(self, key: object, value: Value) -> None:
        self._known[id(key)] = ref(key, partial(self._forget, id(key))), value

    def __iter__(self) -> Iterator[Any]:
        """The objects that live still, as they are now: threads may add some meanwhile."""
        for reference, _ in [*self._known.values()]:
            if (key := reference()) is not None:
                yield key

    def get(self, key: object, default: Value | None = None) -> Value | None:
        """What is known of an object."""
        known = self._known.get(id(key))
        return default if known is None else known[1]

    def pop(self, key: object, default: Value | None = None) -> Value | None:
        """What was known of an object, from now on no more."""
        known = self._known.pop(id(key), None)
        return default if known is None else known[1]

    def pop_any(self) -> Any:
        """Take out any object, and return it, or None if there is none."""
        while True:
            try:
                _, (reference, _) = self._known.popitem()
            except KeyError:
                return None
            if (key := reference()) is not None:
                return key

    def _forget(self, identity: int, reference: ref[Any]) -> None:
        known = self._known.get(identity)
        if known is not None and known[0] is reference:
            del self._known[identity]

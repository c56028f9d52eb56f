"""Parts of a file that may hold anything until they are checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")


class DamagedError(Exception):
    """Which part of a file is missing or not what it has to be, in words for users."""


@dataclass(frozen=True)
class Part:
    """A part of what JSON has brought.

    Attributes:
        value: what stands there.
        place: where it stands, such as ``rows[3].status``. Empty for the whole.
    """

    value: Any
    place: str = ""

    @property
    def is_null(self) -> bool:
        """Whether nothing stands there."""
        return self.value is None

    def at(self, name: str) -> Part:
        """The part of that name.

        Raises:
            DamagedError: there is none.
        """
        place = f"{self.place}.{name}" if self.place else name
        values = self._of_type(dict, "an object")
        if name not in values:
            raise DamagedError(f"{place} is missing")
        return Part(values[name], place)

    def has(self, name: str) -> bool:
        """Whether there is a part of that name.

        Raises:
            DamagedError: it is not an object.
        """
        return name in self._of_type(dict, "an object")

    def entries(self) -> list[Part]:
        """The entries of a list.

        Raises:
            DamagedError: it is not one.
        """
        values = self._of_type(list, "a list")
        return [Part(value, f"{self.place}[{index}]") for index, value in enumerate(values)]

    def values(self) -> Iterator[tuple[str, Part]]:
        """The names and values of an object.

        Raises:
            DamagedError: it is not one.
        """
        for name, value in self._of_type(dict, "an object").items():
            yield name, Part(value, f"{self.place}.{name}")

    def text(self) -> str:
        """The text that stands there.

        Raises:
            DamagedError: it is not one.
        """
        return self._of_type(str, "a string")

    def text_or_none(self) -> str | None:
        """The text that stands there, or None for null.

        Raises:
            DamagedError: it is neither.
        """
        return None if self.is_null else self.text()

    @property
    def is_text(self) -> bool:
        """Whether a text stands there."""
        return isinstance(self.value, str)

    def number(self) -> int:
        """The whole number, not below 0, that stands there.

        Raises:
            DamagedError: it is not one.
        """
        value = self._of_type(int, "a number")
        if isinstance(value, bool) or value < 0:
            raise self._damage("a number")
        return value

    def number_or_none(self) -> int | None:
        """The whole number that stands there, or None for null.

        Raises:
            DamagedError: it is neither.
        """
        return None if self.is_null else self.number()

    def truth(self) -> bool:
        """The true or false that stands there.

        Raises:
            DamagedError: it is neither.
        """
        return self._of_type(bool, "true or false")

    def one_of(self, valid: Sequence[T]) -> T:
        """The one of these values that stands there.

        Raises:
            DamagedError: it is not one of them.
        """
        if self.value not in valid:
            raise self._damage(f"one of {', '.join(map(str, valid))}")
        return valid[valid.index(self.value)]

    def _of_type(self, wanted: type[T], what: str) -> T:
        if not isinstance(self.value, wanted):
            raise self._damage(what)
        return self.value

    def _damage(self, what: str) -> DamagedError:
        return DamagedError(f"{self.place} must be {what}")

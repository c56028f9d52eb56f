"""Objects of which next to nothing can be asked, as those of applications may be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar, NoReturn
from unittest import mock


class RaisesEverywhere:
    """Nothing can be asked of it."""

    def _refuse(self, *args: object, **kwargs: object) -> Any:
        raise RuntimeError("leave me alone")

    __eq__ = __ne__ = __lt__ = __bool__ = __len__ = __iter__ = __contains__ = __getitem__ = _refuse
    __hash__ = __str__ = __repr__ = __format__ = __index__ = __call__ = __enter__ = __dir__ = _refuse


class HasEveryAttribute:
    asked: list[str]

    def __init__(self) -> None:
        self.__dict__["asked"] = []

    def __getattr__(self, name: str) -> HasEveryAttribute:
        self.asked.append(name)
        return HasEveryAttribute()

    def __repr__(self) -> str:
        return f"<asked for {self.asked}>"


class Raising(BaseException):
    pass


class RefusesAttributes:
    def __getattribute__(self, name: str) -> NoReturn:
        raise Raising(name)


class PretendsToBeAList:
    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return list

    def __repr__(self) -> str:
        return "<not a list>"


class EqualsAnything:
    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "<anything>"


class Elementwise:
    """Compares as arrays do."""

    __hash__: ClassVar[None]  # type: ignore[assignment]

    def __init__(self, *values: object) -> None:
        self.values = values

    def __eq__(self, other: object) -> Any:
        return Elementwise(*(value == other for value in self.values))

    def __bool__(self) -> bool:
        raise ValueError("the truth value is ambiguous")

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[object]:
        return iter(self.values)

    def __repr__(self) -> str:
        return f"Elementwise{self.values}"


class HostileList(list[object]):
    __hash__: ClassVar[None]

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("not comparable")

    def __bool__(self) -> bool:
        raise RuntimeError("neither true nor false")

    def __len__(self) -> int:
        raise RuntimeError("endless")


class HostileMeta(type):
    def __eq__(cls, other: object) -> bool:
        raise RuntimeError("classes don't compare")

    def __instancecheck__(cls, instance: object) -> bool:
        raise RuntimeError("no instances")

    def __hash__(cls) -> int:
        return 1

    def __repr__(cls) -> str:
        return "<a class>"


class OfHostileMeta(metaclass=HostileMeta):
    def __repr__(self) -> str:
        return "<an instance>"


class Descriptor:
    def __get__(self, instance: object, owner: object) -> NoReturn:
        raise RuntimeError("read")

    def __set__(self, instance: object, value: object) -> None:
        raise RuntimeError("written")


class HasDescriptors:
    nodeid = fixturenames = when = detailed = Descriptor()

    def __repr__(self) -> str:
        return "<has descriptors>"


class Counts:
    """Counts how often its methods are called."""

    calls: ClassVar[list[str]] = []

    def __eq__(self, other: object) -> bool:
        self.calls.append("eq")
        return False

    def __bool__(self) -> bool:
        self.calls.append("bool")
        return True

    def __len__(self) -> int:
        self.calls.append("len")
        return 3

    def __iter__(self) -> Iterator[str]:
        self.calls.append("iter")
        return iter("abc")

    def __repr__(self) -> str:
        self.calls.append("repr")
        return f"<called {self.calls}>"

    __hash__ = object.__hash__


class Endless:
    def __iter__(self) -> Iterator[int]:
        while True:
            yield 1

    def __repr__(self) -> str:
        return "<endless>"


class RaisesInDel:
    def __del__(self) -> None:
        raise RuntimeError("deleted")


HOSTILE: dict[str, Callable[[], object]] = {
    "raises everywhere": RaisesEverywhere,
    "every attribute": HasEveryAttribute,
    "refuses attributes": RefusesAttributes,
    "pretends": PretendsToBeAList,
    "anything": EqualsAnything,
    "elementwise": lambda: Elementwise(1, 2),
    "list": lambda: HostileList([1]),
    "meta": lambda: OfHostileMeta,
    "instance of meta": OfHostileMeta,
    "descriptors": HasDescriptors,
    "counts": Counts,
    "mock": lambda: mock.MagicMock(name="magic"),
    "sealed": lambda: mock.create_autospec(Counts, name="spec"),
}

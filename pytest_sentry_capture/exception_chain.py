"""The exceptions behind a captured event, in the order in which Sentry reports them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class ExceptionLink(NamedTuple):
    """One exception of a chain: its class, its HTTP status code if it has one, and the live object while it is kept."""

    error_type: type[BaseException]
    status_code: int | None
    value: BaseException | None

    def is_a(self, expected: type[BaseException]) -> bool:
        return isinstance(self.value, expected) if self.value is not None else issubclass(self.error_type, expected)

    def is_named(self, name: str) -> bool:
        """Whether any class that the exception derives from has this bare or dotted name."""
        return any(
            name in (base.__name__, f"{base.__module__}.{base.__qualname__}") for base in self.error_type.__mro__
        )


class ExceptionChain(tuple[ExceptionLink, ...]):
    """The exception, its cause (else its context, unless suppressed) and the members of groups; outermost first."""

    __slots__ = ()

    @classmethod
    def of(cls, error: BaseException, *, live: bool) -> ExceptionChain:
        """The chain of ``error``; with ``live`` it keeps the exception objects, else only their classes."""
        is_alone = error.__cause__ is None and error.__context__ is None and not _members(error)
        links = [error] if is_alone else _reported(error, set())
        return cls([ExceptionLink(type(link), _status_code(link), link if live else None) for link in links])

    def released(self) -> ExceptionChain:
        """The chain without the live objects."""
        return type(self)([link._replace(value=None) for link in self])

    @property
    def original(self) -> BaseException | None:
        """The live outermost exception, or None where only the classes were kept."""
        return self[0].value if self else None

    @property
    def status_code(self) -> int | None:
        """The HTTP status code of the outermost exception that has one."""
        return next((link.status_code for link in self if link.status_code is not None), None)


def _reported(error: BaseException, seen: set[int]) -> Iterator[BaseException]:
    if id(error) in seen:
        return
    seen.add(id(error))
    yield error
    for member in _members(error):
        yield from _reported(member, seen)
    if error.__cause__ is not None:
        yield from _reported(error.__cause__, seen)
    elif error.__context__ is not None and not error.__suppress_context__:
        yield from _reported(error.__context__, seen)


def _members(error: BaseException) -> tuple[BaseException, ...]:
    members = getattr(error, "exceptions", None)
    if members and any(base.__name__ == "BaseExceptionGroup" for base in type(error).__mro__):
        return tuple(member for member in members if isinstance(member, BaseException))
    return ()


def _status_code(error: BaseException) -> int | None:
    try:
        status_code = getattr(error, "status_code", None)
    except Exception:
        return None
    return status_code if isinstance(status_code, int) else None

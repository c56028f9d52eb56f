"""The exceptions behind a captured event, in the order in which Sentry reports them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple, cast

_DICTIONARY: Final[Any] = vars(BaseException)["__dict__"]


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
        links = _reported(error, set())
        return cls([ExceptionLink(type(link), _status_code(link), link if live else None) for link in links])

    def released(self) -> ExceptionChain:
        """The chain without the live objects, whose tracebacks keep the locals of the whole test alive."""
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
    for member in members_of(error):
        yield from _reported(member, seen)
    if error.__cause__ is not None:
        yield from _reported(error.__cause__, seen)
    elif error.__context__ is not None and not error.__suppress_context__:
        yield from _reported(error.__context__, seen)


def members_of(error: BaseException) -> tuple[BaseException, ...]:
    """The members of a group; empty for other exceptions."""
    group = next((base for base in type(error).__mro__ if base.__name__ == "BaseExceptionGroup"), None)
    if group is None or "exceptions" not in vars(group):
        return ()
    members = vars(group)["exceptions"].__get__(error)  # the group's own, whatever derives from it
    return tuple(member for member in members if isinstance(member, BaseException))


def _status_code(error: BaseException) -> int | None:
    """What the exception or its class holds, for a property would be code of the application."""
    status_code = _held(error, "status_code")
    return status_code if isinstance(status_code, int) else None


def own_attributes(error: BaseException) -> dict[str, Any]:
    """An exception's own dictionary, whatever its class makes of ``__dict__``."""
    return cast("dict[str, Any]", _DICTIONARY.__get__(error))


def _held(error: BaseException, name: str) -> object:
    own = own_attributes(error)
    if name in own:
        return own[name]
    return next((vars(base)[name] for base in type(error).__mro__ if name in vars(base)), None)

"""The exceptions behind a captured event, in the order in which Sentry reports them."""

from __future__ import annotations

from typing import Any, Final, NamedTuple, cast

_DICTIONARY: Final[Any] = vars(BaseException)["__dict__"]


class ExceptionLink(NamedTuple):
    """One exception of a chain.

    Attributes:
        error_type: its class.
        status_code: its HTTP status code, if it has one.
        value: the live object, while it is kept.
        parent: the place in the chain of the group that it is a member of, or of the exception that came from it.
        is_member: whether it is a member of a group.
    """

    error_type: type[BaseException]
    status_code: int | None
    value: BaseException | None
    parent: int | None = None
    is_member: bool = False

    def is_a(self, expected: type[BaseException]) -> bool:
        return isinstance(self.value, expected) if self.value is not None else issubclass(self.error_type, expected)

    def is_named(self, name: str) -> bool:
        """Whether any class that the exception derives from has this bare or dotted name."""
        return any(
            name in (base.__name__, f"{base.__module__}.{base.__qualname__}") for base in self.error_type.__mro__
        )


class ExceptionChain(tuple[ExceptionLink, ...]):
    """The exception, its cause (else its context, unless suppressed) and the members of groups. Outermost first."""

    __slots__ = ()

    @classmethod
    def of(cls, error: BaseException, *, live: bool) -> ExceptionChain:
        """The chain of ``error``. With ``live`` it keeps the exception objects, else only their classes."""
        reported: list[_Reported] = []
        _report(_Reported(error), reported, set())
        return cls(
            [
                ExceptionLink(type(each.error), _status_code(each.error), each.error if live else None, *each[1:])
                for each in reported
            ]
        )

    def released(self) -> ExceptionChain:
        """The chain without the live objects, whose tracebacks keep the locals of the whole test alive."""
        return type(self)([link._replace(value=None) for link in self])

    @property
    def original(self) -> BaseException | None:
        """The live outermost exception, or None where only the classes were kept."""
        return self[0].value if self else None

    def described(self) -> list[dict[str, Any]]:
        """The exceptions with what payloads have of each: class, module, and how they belong together."""
        return [
            {
                "type": link.error_type.__qualname__,
                "module": link.error_type.__module__,
                "mechanism": {
                    "exception_id": place,
                    "parent_id": link.parent,
                    "source": "exceptions[]" if link.is_member else "__cause__",
                },
            }
            for place, link in enumerate(self)
        ]

    @property
    def status_code(self) -> int | None:
        """The HTTP status code of the outermost exception that has one."""
        return next((link.status_code for link in self if link.status_code is not None), None)


class _Reported(NamedTuple):
    error: BaseException
    parent: int | None = None
    is_member: bool = False


def _report(new: _Reported, reported: list[_Reported], seen: set[int]) -> None:
    """Add an exception, the members of a group, and what it came from. Each once."""
    error, place = new.error, len(reported)
    if id(error) in seen:
        return
    seen.add(id(error))
    reported.append(new)
    for member in members_of(error):
        _report(_Reported(member, place, is_member=True), reported, seen)
    if error.__cause__ is not None:
        _report(_Reported(error.__cause__, place), reported, seen)
    elif error.__context__ is not None and not error.__suppress_context__:
        _report(_Reported(error.__context__, place), reported, seen)


def members_of(error: BaseException) -> tuple[BaseException, ...]:
    """The members of a group. Empty for other exceptions."""
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

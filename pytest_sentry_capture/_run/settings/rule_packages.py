"""Rules that installed packages ship: entry points of a group, imported for the names that a configuration uses."""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING, Final

from pytest_sentry_capture._rules import Rule, UnusableRulesError, traceback_of

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint
    from types import TracebackType

GROUP: Final = "pytest_sentry_capture.rules"
_OF_IMPORT: Final = ("importlib", "<frozen importlib")


def is_in_package(name: str) -> bool:
    """Whether an installed package has a rule of this name. Nothing of the package is imported."""
    return bool(_entry_points(name))


def rule_in_package(name: str) -> type[Rule]:
    """The rule of this name that an installed package has.

    Raises:
        UnusableRulesError: its import raises, it is not a rule or has another name, or several packages have one.
    """
    entry_points = _entry_points(name)
    value = entry_points[0].value
    if any(each.value != value for each in entry_points):
        found = ", ".join(sorted({*map(_with_package, entry_points)}))
        raise UnusableRulesError(f"several packages have a rule of this name: {found}. Uninstall all but one")
    try:
        found = entry_points[0].load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # pytest.skip() is not an Exception
        error.__traceback__ = _without_import(error.__traceback__)
        lines = "\n".join(f"  {line}" for line in traceback_of(error))
        raise UnusableRulesError(f"the import of {value} raised {type(error).__name__}:\n{lines}") from None
    if not (isinstance(found, type) and issubclass(found, Rule)):
        raise UnusableRulesError(f"{value} is not a class that derives from pytest_sentry_capture.Rule")
    if found.name != name:
        raise UnusableRulesError(f"{value} has the name {found.name!r}; its entry point must have the same name")
    return found


def _entry_points(name: str) -> list[EntryPoint]:
    return [each for each in _of_path(tuple(sys.path)) if each.name == name]


def _with_package(entry_point: EntryPoint) -> str:
    package = f" of {entry_point.dist.name}" if entry_point.dist is not None else ""
    return entry_point.value + package


@cache
def _of_path(_: tuple[str, ...]) -> tuple[EntryPoint, ...]:
    from importlib.metadata import entry_points  # which only names ask for that are not built in

    return tuple(entry_points(group=GROUP))


def _without_import(of: TracebackType | None) -> TracebackType | None:
    """A traceback from where the imported module's own code begins. All of it where there is no such code."""
    rest = of
    while rest is not None:
        file = rest.tb_frame.f_code.co_filename
        if not (file.startswith(_OF_IMPORT[1]) or f"/{_OF_IMPORT[0]}/" in file.replace("\\", "/")) and rest is not of:
            return rest
        rest = rest.tb_next
    return of

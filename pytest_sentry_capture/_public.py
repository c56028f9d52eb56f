"""The public boundary: what users import, they import from the package itself, and its classes say so."""

from __future__ import annotations

from typing import Final, TypeVar

PACKAGE: Final = __name__.partition(".")[0]

AnyClass = TypeVar("AnyClass", bound=type)


def public(exported: AnyClass) -> AnyClass:
    """Have a class call the package its module, in its ``repr``, tracebacks and pickles.

    It has to be the outermost decorator: ``dataclass`` looks into the module that the class names.
    """
    exported.__module__ = PACKAGE
    return exported

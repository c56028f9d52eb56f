"""The public boundary: what users import, they import from the package itself, and its classes say so."""

from __future__ import annotations

import inspect
from contextlib import suppress
from typing import Final

PACKAGE: Final = __name__.partition(".")[0]


def export(*classes: type) -> None:
    """Have classes call the package their module, in their ``repr``, tracebacks and pickles.

    To be called at the end of the module that defines them: their annotations are resolved, as far as they can be at
    run time, for who asks for them would look into the package, where the names are not.
    """
    for exported in classes:
        with suppress(NameError):  # what is imported for type checkers only
            exported.__annotations__ = inspect.get_annotations(exported, eval_str=True)
        exported.__module__ = PACKAGE

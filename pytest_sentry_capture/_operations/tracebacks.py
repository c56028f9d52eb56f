"""What this plugin puts between an application and its framework is in no traceback that either of them writes down."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Final

_OWN: Final = f"{__name__.partition('.')[0]}."
_TRACEBACK: Final[Any] = BaseException.__dict__["__traceback__"]
"""The attribute itself: the class of an exception may forbid that attributes are set."""


def hide_own_frames(error: BaseException) -> None:
    """Take this plugin's frames out of the traceback of an exception that is passed on with ``raise``.

    Python 3.10 puts the frame back that does so.
    """
    first: TracebackType | None = _TRACEBACK.__get__(error)
    while first is not None and first.tb_next is not None and _is_own(first):
        first = first.tb_next
    _TRACEBACK.__set__(error, first)
    while first is not None and (following := first.tb_next) is not None:
        if following.tb_next is not None and _is_own(following):
            first.tb_next = following.tb_next
        else:
            first = following


def _is_own(traceback: TracebackType) -> bool:
    module = traceback.tb_frame.f_globals.get("__name__")
    return isinstance(module, str) and module.startswith(_OWN)

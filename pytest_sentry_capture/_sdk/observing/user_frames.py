"""Where in the code of users something happens: in the application, a test or a conftest, not in a library."""

from __future__ import annotations

import os
import sys
import sysconfig
from types import FrameType, FunctionType
from typing import Final, NamedTuple

from pytest_sentry_capture._sdk.call_stack import INVISIBLE

_MOCKS: Final = ("unittest.mock", "mock.mock")
_PATCHERS: Final = (*_MOCKS, "_pytest.monkeypatch", "pytest_mock")
_TEST_RUNNERS: Final = ("_pytest.", "pluggy.")
_OURS: Final = f"{__name__.partition('.')[0]}."
_INSTALLED: Final = tuple(f"{os.sep}{folder}{os.sep}" for folder in ("site-packages", "dist-packages", "sentry_sdk"))
_STANDARD_LIBRARY: Final = (f"{sysconfig.get_path('stdlib')}{os.sep}", "<")


class Place(NamedTuple):
    """A line of a file, counted from 1, or None if it is not known."""

    file: str | None = None
    line: int | None = None


NOWHERE: Final = Place()


def place_in_user_code() -> Place:
    """The innermost line of users that is being run. Of a test that ``mock.patch`` decorates, the test's own."""
    frame: FrameType | None = sys._getframe(1)
    decorated = NOWHERE
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module.startswith(_PATCHERS):
            decorated = _decorated_in(frame) or decorated
        elif module.startswith(_TEST_RUNNERS):
            break
        elif not module.startswith(_OURS) and _is_of_users(frame.f_code.co_filename):
            return Place(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back
    return decorated


def _decorated_in(frame: FrameType) -> Place | None:
    """The function that a decorator of mocks is just calling with its patches."""
    function = frame.f_locals.get("func") if frame.f_code.co_name == "patched" else None
    if type(function) is not FunctionType:
        return None
    return Place(function.__code__.co_filename, function.__code__.co_firstlineno)


def _is_of_users(file: str) -> bool:
    is_installed = any(folder in file for folder in _INSTALLED)
    return not is_installed and not file.startswith((*_STANDARD_LIBRARY, INVISIBLE))

"""What is said of an error that the SDK has swallowed: whose code it arose in, its text and its traceback.

No code of the application is run for it: an error's own ``__str__`` may capture something, or raise.
"""

from __future__ import annotations

import os
import sysconfig
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import CodeType, FrameType, FunctionType, MethodType, WrapperDescriptorType
from typing import Any, Final

from pytest_sentry_capture._recording import CallableLocation, location_of, location_of_frame, members_of
from pytest_sentry_capture._sdk.call_stack import INVISIBLE

_STANDARD_LIBRARY: Final = sysconfig.get_path("stdlib")
_DELIVERY: Final = frozenset({"sentry_sdk.transport", "sentry_sdk.worker"})
_OUR_FOLDER: Final = f"{Path(__file__).parents[2]}{os.sep}"
_SDK_FOLDER: Final = f"{os.sep}sentry_sdk{os.sep}"
_ARGUMENTS: Final[Any] = vars(BaseException)["args"]
_PLAIN: Final = (str, int, float, bool, bytes, type(None))


def application_frame(error: BaseException, options: Mapping[str, Any]) -> CallableLocation | None:
    """The application's function that the SDK had called when ``error`` arose, or None if it arose in the SDK.

    Args:
        error: with its traceback.
        options: of the client: a callback among them is called what it is called elsewhere.
    """
    in_sdk = False
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if frame.f_globals.get("__name__", "").startswith("sentry_sdk."):
            in_sdk = True
        elif in_sdk and not _is_ours(frame.f_code.co_filename) and not _is_standard_library(frame):
            return _callback_in(options, frame.f_code) or location_of_frame(frame)
    return None


def _callback_in(options: Mapping[str, Any], code: CodeType) -> CallableLocation | None:
    """Python 3.10's frames don't tell a function's qualified name."""
    functions = (each for each in options.values() if type(each) in (FunctionType, MethodType))
    return next((location_of(each) for each in functions if each.__code__ is code), None)


def arose_in_delivery(error: BaseException) -> bool:
    """Whether an error arose where the SDK really sends: Sentry can't be reached, say."""
    modules = (frame.f_globals.get("__name__") for frame, _ in traceback.walk_tb(error.__traceback__))
    return not _DELIVERY.isdisjoint(modules)


def _is_ours(file: str) -> bool:
    return file.startswith((_OUR_FOLDER, INVISIBLE))


def _is_standard_library(frame: FrameType) -> bool:
    file = frame.f_code.co_filename
    return file.startswith((_STANDARD_LIBRARY, "<frozen ")) and "site-packages" not in file


def message_of(error: BaseException) -> str:
    """The error's text, where no code of the application makes it, else the plain ones of its arguments."""
    arguments = _ARGUMENTS.__get__(error)
    plain = [each for each in arguments if type(each) in _PLAIN]
    makes_text = next(vars(base)["__str__"] for base in type(error).__mro__ if "__str__" in vars(base))
    if len(plain) == len(arguments) and type(makes_text) is WrapperDescriptorType:
        return str(error)
    return ", ".join(map(str, plain))


def traceback_text(error: BaseException) -> str:
    """The error's traceback, from where the SDK called the application's code, without our own frames."""
    rendered = _rendered(error, set())
    _leave_out_our_frames(rendered)
    _begin_at_the_application(rendered)
    return "".join(rendered.format())


def _rendered(error: BaseException, seen: set[int]) -> traceback.TracebackException:
    """The traceback of an error and of those that it comes from. A stand-in is asked for the text, and for advice."""
    seen.add(id(error))
    stand_in = SyntaxError if issubclass(type(error), SyntaxError) else Exception
    rendered = traceback.TracebackException(type(error), stand_in(message_of(error)), error.__traceback__)
    if error.__cause__ is not None and id(error.__cause__) not in seen:
        rendered.__cause__ = _rendered(error.__cause__, seen)
    if error.__context__ is not None and id(error.__context__) not in seen:
        rendered.__context__ = _rendered(error.__context__, seen)
    rendered.__suppress_context__ = error.__suppress_context__
    members = [_rendered(each, seen) for each in members_of(error) if id(each) not in seen]
    if members and hasattr(rendered, "exceptions"):
        rendered.exceptions = members
    return rendered


def _begin_at_the_application(rendered: traceback.TracebackException) -> None:
    """Leave out how the SDK came to call the application's code, if it is in there that the error arose."""
    called = next((n for n, frame in enumerate(rendered.stack) if _SDK_FOLDER not in frame.filename), 0)
    del rendered.stack[:called]


def _is_from_within(context: traceback.TracebackException, rendered: traceback.TracebackException) -> bool:
    functions = {(frame.filename, frame.name) for frame in rendered.stack}
    return bool(context.stack) and (context.stack[0].filename, context.stack[0].name) in functions


def _leave_out_our_frames(rendered: traceback.TracebackException) -> None:
    """Leave out what users have no need of: our frames, and what was being handled before the error's own code ran."""
    context = rendered.__context__
    if context is not None and not _is_from_within(context, rendered):
        rendered.__context__ = None
    rendered.stack[:] = [frame for frame in rendered.stack if not _is_ours(frame.filename)]
    for linked in rendered.__cause__, rendered.__context__, *(getattr(rendered, "exceptions", None) or ()):
        if linked is not None:
            _leave_out_our_frames(linked)

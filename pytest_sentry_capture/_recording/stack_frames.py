"""Stack frames that no production has: those of the test runner, and the source of the test itself.

They are not part of what an application sends.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from pytest_sentry_capture._recording.fields import interfaces_of, mapping_of
from pytest_sentry_capture._recording.payload_walk import at

SOURCE_LINES: Final = frozenset(("pre_context", "context_line", "post_context"))
"""The keys of a frame under which its lines of source code stand."""
_RUNNERS: Final = ("_pytest.", "pluggy.")
_PLACE_IN_FRAME: Final = re.compile(
    r"(?P<stack>(?:(?:exception|threads)(?:\.values)?\.\d+\.)?(?:raw_)?stacktrace)"
    r"\.frames\.(?P<index>\d+)\.(?P<within>.*)",
    re.DOTALL,
)
_FRAME: Final = re.compile(r"((?:exception|threads)(?:\.values)?\.\d+)\.stacktrace\.frames\.(\d+)\b")


class FramePlace(NamedTuple):
    """A place in a stack frame, as people look for it: indices of frames change with every version of a library.

    Attributes:
        function: of the frame, empty if it has none.
        file: of the frame, or its module, empty if it has none.
        within: the dotted path from the frame on, such as ``"vars.headers.0"``.
        named: the dotted path with the function in place of the frame's index.
    """

    function: str
    file: str
    within: str
    named: str

    @classmethod
    def of(cls, payload: Mapping[str, Any], path: str) -> FramePlace | None:
        """The frame to which a dotted path of a payload leads, or None if it leads to none."""
        found = _PLACE_IN_FRAME.fullmatch(path)
        frame = mapping_of(at(payload, f"{found['stack']}.frames.{found['index']}".split("."))) if found else {}
        if found is None or not frame:
            return None
        function = str(frame.get("function") or "")
        file = str(frame.get("filename") or frame.get("module") or "")
        named = f"{found['stack']}.frames.{function or found['index']}.{found['within']}"
        return cls(function, file, found["within"], named)

    @property
    def in_words(self) -> str:
        """What stands there, with the function and the file: ``variable 'token' in login (shop/views.py)``."""
        where = f"{self.function} ({self.file})" if self.function and self.file else self.function or self.file
        return f"{self._what} in {where}" if where else self._what

    @property
    def _what(self) -> str:
        key, _, rest = self.within.partition(".")
        if key in SOURCE_LINES:
            return "a source line"
        if key != "vars":
            return self.within
        variable, _, inner = rest.partition(".")
        if not variable:
            return "the variables"
        return f"{inner} of variable {variable!r}" if inner else f"variable {variable!r}"


def is_in_file(frame: Mapping[str, Any], file: str) -> bool:
    """Whether a stack frame is one of a file, which is given relative to pytest's rootdir. No frame is in no file.

    The source lines of a test's own file don't count: a test has to write its secrets somewhere.
    """
    path = frame.get("abs_path") if file else None
    return isinstance(path, str) and f"/{path}".replace("\\", "/").endswith(f"/{file}")


def first_own_frame(frames: Sequence[Any]) -> int:
    """The index of the first frame that the test runner has called. 0 where it is in none."""
    first = 0
    for index, frame in enumerate(frames):
        if str(mapping_of(frame).get("module")).startswith(_RUNNERS):
            first = index + 1
    return first


def is_of_test_runner(payload: Mapping[str, Any], path: str) -> bool:
    """Whether a dotted path leads into a frame of the test runner, or of what has started it."""
    match = _FRAME.match(path)
    if match is None:
        return False
    error = at(payload, match[1].split("."))
    return int(match[2]) < first_own_frame(_frames_of(error))


def bytes_of_test_runner(payload: Mapping[str, Any]) -> int:
    """How many bytes of a payload as JSON are the frames of the test runner."""
    stacks = (_frames_of(value) for name in ("exception", "threads") for value in interfaces_of(payload.get(name)))
    left_out = [frame for frames in stacks for frame in frames[: first_own_frame(frames)]]
    return len(json.dumps(left_out, separators=(",", ":"))) if left_out else 0


def _frames_of(value: object) -> list[Any]:
    frames = mapping_of(mapping_of(value).get("stacktrace")).get("frames")
    return frames if isinstance(frames, list) else []

"""Stack frames of the test runner, which in production nothing has: they are no part of what an application sends."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pytest_sentry_capture._recording.fields import interfaces_of, mapping_of

_RUNNERS: Final = ("_pytest.", "pluggy.")
_FRAME: Final = re.compile(r"(exception|threads)\.values\.(\d+)\.stacktrace\.frames\.(\d+)\b")


def first_own_frame(frames: Sequence[Any]) -> int:
    """The index of the first frame that the test runner has called; 0 where it is in none."""
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
    values = interfaces_of(payload.get(match[1]))
    frames = _frames_of(values[int(match[2])]) if int(match[2]) < len(values) else []
    return int(match[3]) < first_own_frame(frames)


def bytes_of_test_runner(payload: Mapping[str, Any]) -> int:
    """How many bytes of a payload as JSON are the frames of the test runner."""
    stacks = (_frames_of(value) for name in ("exception", "threads") for value in interfaces_of(payload.get(name)))
    left_out = [frame for frames in stacks for frame in frames[: first_own_frame(frames)]]
    return len(json.dumps(left_out, separators=(",", ":"))) if left_out else 0


def _frames_of(value: Mapping[str, Any]) -> list[Any]:
    frames = mapping_of(value.get("stacktrace")).get("frames")
    return frames if isinstance(frames, list) else []

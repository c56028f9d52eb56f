"""Places of items, as rules name them and as ``allow`` lists allow them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from pytest_sentry_capture._recording import CapturedItem, FramePlace, paths_in_transaction
from pytest_sentry_capture._recording.kinds import CapturedSpan

LONGEST_PATH: Final = 120
_VARIABLE: Final = re.compile(r"(?:(?<=\.)|^)(?:\d+|\[[^\]]+\])(?=\.|$)")
"""An index, or a key that is not shown. Places that differ in nothing else are alike."""


class AllowedPlace:
    """A place that is allowed, with all below it.

    A stack frame goes by its index or by the name of its function: ``exception.values.*.stacktrace.frames.login.vars``.

    Args:
        path: a dotted path, in which ``*`` stands for one element.
    """

    def __init__(self, path: str) -> None:
        self._pattern = re.compile(re.escape(path).replace(r"\*", r"[^.]+") + r"(?:\.|$)")

    def includes(self, path: str, item: CapturedItem) -> bool:
        """Whether a place of an item is it. Of a span, a path may be that of the same in a transaction."""
        if self._pattern.match(path):
            return True
        frame = FramePlace.of(item, path)
        if frame is not None and self._pattern.match(frame.named):
            return True
        in_any_case = re.compile(self._pattern.pattern, re.IGNORECASE)  # headers, which spans have in lower case
        paths = paths_in_transaction(path) if isinstance(item, CapturedSpan) else ()
        return any(in_any_case.match(each) for each in paths)


def pattern_of(path: str) -> str:
    """The path of a place and of all that are alike."""
    return _VARIABLE.sub("*", path)


def place_in_words(item: CapturedItem, path: str) -> str:
    """A place for people: in a stack frame the variable, function and file, elsewhere the path. Empty for all of it."""
    if frame := FramePlace.of(item, path):
        return frame.in_words
    return path if len(path) <= LONGEST_PATH else f"…{path[-LONGEST_PATH:]}"


def allowing_path(item: CapturedItem, paths: Sequence[str]) -> str:
    """The narrowest path that allows all of some places that are alike."""
    frames = [FramePlace.of(item, path) for path in paths]
    named = {pattern_of(frame.named) for frame in frames if frame is not None}
    path = named.pop() if len(named) == 1 and all(frames) else pattern_of(paths[0])
    while len(path) > LONGEST_PATH and "." in path:
        path = path.rpartition(".")[0]
    return path

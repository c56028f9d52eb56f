"""An event that carries a payload, under ``extra`` and with nothing else.

There Relay's rules reach every place, which on an event itself they do not: tags, URLs, descriptions of spans and more
are out of their reach.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any, Final

from pytest_sentry_capture._recording import CONTAINERS, Masks, is_id
from pytest_sentry_capture._recording.kinds import CapturedEvent, CapturedTransaction
from pytest_sentry_capture._relay.privacy.false_alarms import holds_nothing

DATA: Final = "data"
NAMES: Final = "names"
CODE: Final = "code"

_VERSIONS: Final = ("_meta", "modules", "sdk")
"""What events hold about the SDK and the installed packages alone."""
CODE_KEYS: Final = frozenset(
    (
        "function", "raw_function", "module", "filename", "abs_path", "package",
        "context_line", "pre_context", "post_context",
    )
)  # fmt: skip
_DEEPEST: Final = 100
"""Containers in one another that a probe event holds. Relay reads 128."""


class ProbeEvent:
    """An event that carries a payload where Relay's rules reach all of it.

    Source code, and names (keys, and what may be one in a pair), stand apart, because not every rule makes sense there.

    Args:
        payload: a container.
        masks: what is left out.
    """

    def __init__(self, payload: Any, masks: Masks) -> None:
        self._masks = masks
        is_event = isinstance(payload, (CapturedEvent, CapturedTransaction))
        self.roots = [{key: payload[key] for key in payload if key not in _VERSIONS} if is_event else payload]
        self._open: set[int] = set()
        self._names: set[Any] = set()
        self._code: set[str] = set()
        self.data = {str(number): self._rebuilt(root, 1) for number, root in enumerate(self.roots)}  # which grow
        self.names = [*map(str, self._names)]
        self.code = [*self._code]
        self.text = as_json({DATA: self.data, NAMES: numbered(self.names), CODE: numbered(self.code)})

    def _rebuilt(self, container: Any, depth: int) -> Any:
        if depth > _DEEPEST:
            if not any(root is container for root in self.roots):
                self.roots.append(container)
            return ""
        if id(container) in self._open:
            return ""
        self._open.add(id(container))
        contents = self._contents(container, depth)
        self._open.discard(id(container))
        return contents

    def _contents(self, container: Any, depth: int) -> Any:
        if isinstance(container, dict):
            self._names.update(container)
            return {
                key: kept
                for key, value in container.items()
                if (kept := self._frames(value, depth) if key == "frames" else self._kept(key, value, depth)) != ""
            }
        if len(container) == 2 and type(container[0]) is str:
            self._names.add(container[0])
        return [self._kept("", value, depth) for value in container]

    def _kept(self, key: Any, value: Any, depth: int) -> Any:
        """What a probe event holds for a value. An empty text where there is nothing to find."""
        kind = type(value)
        if kind is str:
            return "" if holds_nothing(value, self._masks) or is_id(key, value) else value
        if kind is dict or kind is list:
            if kind is dict and is_id(key, str(value.get("value"))):
                return ""
            return self._rebuilt(value, depth + 1)
        if kind is int:
            return str(value)
        if value is None or kind is bool:
            return ""
        return self._rare(value, depth)

    def _rare(self, value: Any, depth: int) -> Any:
        """What a probe event holds for what no JSON holds, and for the numbers that are never personal."""
        if isinstance(value, float):
            return value if isfinite(value) else ""
        if isinstance(value, CONTAINERS):
            return self._rebuilt(value, depth + 1)
        if isinstance(value, bytes):
            return value.decode(errors="replace")
        try:
            return str(value)
        except Exception:
            return ""

    def _frames(self, frames: Any, depth: int) -> Any:
        if not isinstance(frames, list):
            return self._kept("", frames, depth)
        return [self._frame(frame, depth + 1) if isinstance(frame, dict) else "" for frame in frames]

    def _frame(self, frame: Mapping[str, Any], depth: int) -> Any:
        rest = {}
        for key, value in frame.items():
            if key not in CODE_KEYS:
                rest[key] = value
            elif isinstance(value, str):
                self._code.add(value)
            elif isinstance(value, list):
                self._code.update(line for line in value if isinstance(line, str))
        return self._rebuilt(rest, depth)


def numbered(values: Sequence[Any]) -> dict[str, Any]:
    """Values under their numbers, as paths have them."""
    return {str(number): value for number, value in enumerate(values)}


_encode: Final = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode
"""Without a check for circles, which are out already: with it, it takes 1.3 times as long."""


def as_json(extra: Mapping[str, Any]) -> str:
    """A probe event as JSON, with replacement characters for halves of surrogate pairs, which have no encoding."""
    text = _encode({"extra": extra})
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text

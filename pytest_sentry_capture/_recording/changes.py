"""What a callback or the scrubber altered in a payload."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from pytest_sentry_capture._public import export
from pytest_sentry_capture._recording.callables import CallableLocation


class Missing(Enum):
    """Stands for a value that is not there, which ``None`` would not say."""

    MISSING = "<missing>"

    def __repr__(self) -> str:
        return self.value


MISSING: Final = Missing.MISSING


@dataclass(frozen=True, repr=False)
class Change:
    """One altered place of a payload.

    ``path`` is dotted (``"request.headers.Authorization"``, ``"breadcrumbs.values.0.message"``). If the place was
    added, ``before`` is ``MISSING``. If it was removed, ``after`` is ``MISSING``. ``by`` is the callable that altered
    it. If a scrubber removed a value, ``scrubbed`` is true. The value is still in ``before``, but its representation
    shows only type and length.
    """

    path: str
    before: Any
    after: Any
    by: CallableLocation | None = None
    scrubbed: bool = False

    def __repr__(self) -> str:
        before = redacted_value(self.before) if self.scrubbed else repr(self.before)
        return f"Change({self.path}: {before} -> {self.after!r}, by {self.by})"


def redacted_value(value: object) -> str:
    """What may be shown of a value that was taken out: its type and length."""
    length = f" of length {len(value)}" if isinstance(value, (str, bytes, list, dict, tuple)) else ""
    return f"<{type(value).__name__}{length}>"


export(Change)

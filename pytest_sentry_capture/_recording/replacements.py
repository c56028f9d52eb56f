"""What took the place of the SDK's own functions in a test: what was passed to it is not in the recording."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_sentry_capture._recording.callables import CallableLocation


@dataclass(frozen=True)
class Replacement:
    """Something in place of a function of the SDK.

    Attributes:
        name: what was replaced, such as ``"sentry_sdk.capture_message"``.
        by: what took its place.
        kinds: the kinds of items that may be missing for it, or None for all, empty where Sentry may be off for it.
        file: where it was put there or, unless ``is_exact``, where it was first noticed, or None if that is not known.
        line: counted from 1.
        is_exact: whether the place is the one where it was put there.
    """

    name: str
    by: CallableLocation
    kinds: frozenset[str] | None = None
    file: str | None = None
    line: int | None = None
    is_exact: bool = True

    @property
    def keeps_sentry_off(self) -> bool:
        """Whether no item is missing for it, but Sentry may be off."""
        return self.kinds == frozenset()

    def hides(self, kind: str) -> bool:
        """Whether items of this kind may be missing for it."""
        return self.kinds is None or kind in self.kinds

"""What is found, and what may be shown of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from pytest_sentry_capture._public import export
from pytest_sentry_capture._recording import CapturedItem, redacted_value
from pytest_sentry_capture._relay.privacy.addresses import is_private
from pytest_sentry_capture._relay.privacy.built_in_rules import IP, PASSWORD, RELAY_RULES

REFUSED: Final = "(refused)"
"""What stands for a rule where Relay has refused to read a payload. The excerpt is its reason."""
_SHAPELESS: Final = (PASSWORD, "@bearer", "@pemkey", "@urlauth")
"""The rules of whose finds even the shape would tell too much."""
_LONGEST_EXCERPT: Final = 40


@dataclass(frozen=True)
class PiiFinding:
    """A place at which a captured item holds personal data or a secret, or which Relay has refused to read.

    Attributes:
        path: the dotted place in the item, as in the criterion ``where``. In the content of an attachment that is
            JSON, the place there.
        rule: Relay's rule: ``"@email"``, or the name of a rule of the project.
        kind: what the rule finds, in words: ``"an email address"``.
        excerpt: the shape of what was found, or its length: never the value itself, unless it is an address of a
            private network.
        item: where it was found.
        place: the path for people: in a stack frame the variable, the function and the file.
    """

    path: str
    rule: str
    kind: str
    excerpt: str
    item: CapturedItem = field(repr=False, compare=False)
    place: str = ""


class Found(NamedTuple):
    """A finding in a payload.

    Attributes:
        path: the dotted place.
        rule: Relay's rule.
        excerpt: what may be shown of it.
        values: the values themselves, see ``hidden_values``.
    """

    path: str
    rule: str
    excerpt: str
    values: tuple[str, ...] = ()

    @property
    def hidden_values(self) -> tuple[str, ...]:
        """The values that no message may show: all but the addresses of private networks."""
        return tuple(value for value in self.values if self.rule != IP or not is_private(value))

    @property
    def kind(self) -> str:
        """What was found, in words."""
        if self.rule == REFUSED:
            return "a value that Relay refuses to read"
        return RELAY_RULES.get(self.rule, f"a match of the rule {self.rule!r}")


def excerpt(rule: str, value: Any, values: Sequence[str]) -> str:
    """What may be shown of what a rule has found.

    Args:
        rule: the rule.
        value: the whole value at the place.
        values: what the rule has marked in it.
    """
    if rule == PASSWORD:
        return redacted_value(value)
    if rule == IP and values and all(map(is_private, values)):
        return ", ".join(dict.fromkeys(values))
    times = f" ({len(values)} times)" if len(values) > 1 else ""
    if rule not in RELAY_RULES or rule in _SHAPELESS:
        return f"{redacted_value(value if len(values) != 1 else values[0])}{times}"
    shape = "".join("*" if char.isalnum() else char for char in values[0])
    return f"{shape[:_LONGEST_EXCERPT]}{'…' if len(shape) > _LONGEST_EXCERPT else ''}{times}"


export(PiiFinding)

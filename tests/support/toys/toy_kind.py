"""Toys, which no SDK sends."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from pytest_sentry_capture._public import export
from pytest_sentry_capture._recording.entries import CapturedItem, Words
from pytest_sentry_capture._recording.facts import NUMBER, TEXT, WHERE, ItemType, KindFacts
from pytest_sentry_capture._recording.fields import text_at


class CapturedToy(CapturedItem):
    """A toy."""

    __slots__ = ()
    kind: ClassVar[str] = "toy"
    _facts: ClassVar[KindFacts] = KindFacts(
        fields={"name": TEXT, "wheels": NUMBER, "where": WHERE},
        paths=("name", "wheels"),
        item_types=(ItemType("toy_item", "toy_item"),),
        text="name",
    )

    @property
    def name(self) -> str | None:
        """What it is called."""
        return text_at(self, "name")

    @property
    def wheels(self) -> object:
        """How many it has."""
        return self.get("wheels")

    def _title(self, words: Words) -> Iterable[str | None]:
        return f"toy {words.text(self.name)}", f"on {words.shown(self.wheels)} wheels"


export(CapturedToy)

"""``no-toys``: nothing is captured that is called a toy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from pytest_sentry_capture._rules.rule import Judgement, Needs, Rule, RuleViews


@dataclass(kw_only=True)
class NoToys(Rule):
    """No event's message has the word in it.

    Attributes:
        word: the word.
    """

    name = "no-toys"
    _built_in_needs: ClassVar[Needs] = Needs(
        shorthand="word", on_with_fixture_if=lambda recording: bool(recording.entries)
    )
    word: str = "toy"

    def judge(self, views: RuleViews) -> Iterator[Judgement]:
        for event in views.events:
            is_toy = self.word in (event.message or "")
            yield self.broken(event, "it is a toy", path="message") if is_toy else self.kept(event)

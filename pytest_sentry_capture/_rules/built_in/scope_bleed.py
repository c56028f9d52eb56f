"""``no-scope-bleed``: nothing that one request or job puts on a scope arrives in another one's event."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from pytest_sentry_capture._assertions import Formatter
from pytest_sentry_capture._recording import MISSING, Capture, Job, is_within, resolve
from pytest_sentry_capture._rules.rule import Judgement, Needs, Rule, RuleViews


@dataclass(kw_only=True)
class NoScopeBleed(Rule):
    """No event of one request or job carries a tag, user field, context or extra that another one wrote.

    What counts is who wrote last (recorded at ``set_tag`` and its like, inherited when a scope is forked), never the
    value. What is written or captured outside of both is not judged.

    Attributes:
        allow: what is shared by the whole process on purpose: ``"tags.plan"``, ``"user"``, ``"contexts.queue"``.
    """

    name = "no-scope-bleed"
    _built_in_needs: ClassVar[Needs] = Needs(scope_writes=True, exchanges=True, judges_traces=False)
    allow: tuple[str, ...] = ()

    @property
    def allow_list(self) -> tuple[str, ...]:
        return self.allow

    def judge(self, views: RuleViews) -> Iterator[Judgement]:
        formatter = Formatter.for_reports(views._recording)
        for capture in views._recording.entries_of(Capture):
            if capture.kind == "event" and capture.operation is not None:
                yield from self._judged(formatter, capture)

    def _judged(self, formatter: Formatter, capture: Capture) -> Iterator[Judgement]:
        [event] = capture.items
        foreign = [each for each in capture.context.foreign_writes if resolve(event, each.path) is not MISSING]
        for write in foreign:
            if (allowed := self._allowing(write.path)) is not None:
                yield self.kept(event, allowed=allowed)
                continue
            sort = "job" if isinstance(write.operation, Job) else "request"
            writer = f"another {sort} ({formatter.operation_name(write.operation)})"
            problem = f"{formatter.name(write.path)} was written by {writer}: {formatter.summary(event)}"
            yield self.broken(event, problem, path=write.path)
        if not foreign:
            yield self.kept(event)

    def _allowing(self, path: str) -> str | None:
        return next((each for each in self.allow if is_within(path, each)), None)
